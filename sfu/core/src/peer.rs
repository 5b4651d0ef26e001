//! One client's transport: negotiation, ICE, DTLS, SRTP, RTCP, retransmission, pacing and bandwidth estimation,
//! carried by str0m. Everything beyond this door speaks in our own packets, slots and layers, so that what carries
//! media here can be replaced without touching room, route, select or send.

mod answer;
mod codec;
mod factory;
mod offer;
mod packet;

pub(crate) use codec::{Codec, Format};
pub(crate) use factory::TransportFactory;
pub(crate) use offer::{Offer, Role};
pub(crate) use packet::{Extensions, Health, Incoming, Outgoing, PeerOutput};

use crate::datagram::{Datagram, Letter};
use crate::units::{Bitrate, MediaTime, SeqNo};
use rand_chacha::ChaCha20Rng;
use sfu_control::{ConnectRefusal, DisconnectReason, Layer, Slot, SourceKind};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::bwe::{Bitrate as NegotiatedBitrate, BweKind};
use str0m::change::SdpOffer;
use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Event, Input, Output, Rtc};

/// A slot as negotiated.
#[derive(Debug, Clone)]
struct SlotLine {
    slot: Slot,
    mid: Mid,
    ssrc: Option<Ssrc>,
    payload_type: Option<(Format, Option<Pt>)>,
}

/// A source as negotiated.
#[derive(Debug, Clone)]
struct SourceLine {
    kind: SourceKind,
    mid: Mid,
    encodings: Vec<(Rid, Layer)>,
}

/// Whether a transport can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Alive,
    /// To be reported by the next poll.
    Failed {
        reason: DisconnectReason,
        panicked: bool,
    },
    Over,
}

/// One client's transport.
#[derive(Debug)]
pub(crate) struct Peer {
    rtc: Box<Rtc>,
    phase: Phase,
    sources: Vec<SourceLine>,
    slots: Vec<SlotLine>,
    streams: HashMap<Ssrc, (SourceKind, Layer)>,
    /// How many NACKs the library had counted at its last report, by line, encoding and direction.
    nacks: HashMap<(Mid, Option<Rid>, Side), u64>,
}

/// Whose side of a line a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Sent,
    Received,
}

impl Peer {
    /// Answers a first offer.
    pub(crate) fn connect(
        factory: &TransportFactory,
        offer: &Offer,
        rng: &mut ChaCha20Rng,
        now: Instant,
    ) -> Result<(Self, String), ConnectRefusal> {
        let rtc = catch_unwind(AssertUnwindSafe(|| factory.build(rng, now))).map_err(|_| library_failed())?;
        let mut peer = Self {
            rtc: Box::new(rtc),
            phase: Phase::Alive,
            sources: Vec::new(),
            slots: Vec::new(),
            streams: HashMap::new(),
            nacks: HashMap::new(),
        };
        let answer = peer.renegotiate(offer)?;
        Ok((peer, answer))
    }

    /// Answers a further offer: an ICE restart or more slots.
    pub(crate) fn renegotiate(&mut self, offer: &Offer) -> Result<String, ConnectRefusal> {
        let keeps = offer.lines.iter().map(|line| Mid::from(line.mid.as_str()));
        let known = self.sources.iter().map(|line| line.mid).chain(self.slots.iter().map(|line| line.mid));
        if !known.eq(keeps.take(self.sources.len() + self.slots.len())) {
            return Err(ConnectRefusal::UnexpectedLayout { detail: "known media lines moved".to_owned() });
        }
        let sdp = SdpOffer::from_sdp_string(&offer.sdp)
            .map_err(|error| ConnectRefusal::MalformedOffer { detail: first_words(&error.to_string()) })?;
        let answer = self
            .guarded(|peer| peer.rtc.sdp_api().accept_offer(sdp))
            .ok_or_else(library_failed)?
            .map_err(|error| ConnectRefusal::MalformedOffer { detail: first_words(&error.to_string()) })?;
        self.read_lines(offer)?;
        Ok(answer::finish(&answer.to_sdp_string()))
    }

    /// The user name clients introduce themselves with; an ICE restart changes it.
    pub(crate) fn ufrag(&mut self) -> String {
        self.guarded(|peer| peer.rtc.direct_api().local_ice_credentials().ufrag).unwrap_or_default()
    }

    /// Takes a datagram. Gives false when it could not be read.
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let received = Receive::new(Protocol::Udp, datagram.source, datagram.destination, datagram.contents);
        let Ok(received) = received else { return false };
        self.guarded(|peer| peer.rtc.handle_input(Input::Receive(now, received)).is_ok()).unwrap_or(false)
    }

    /// Moves the transport's time on; what was sent since leaves with the next polls.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.guarded(|peer| peer.rtc.handle_input(Input::Timeout(now)).is_err()).unwrap_or(false) {
            self.fail(DisconnectReason::Failed, false);
        }
    }

    /// Queues a packet on a slot. Gives false when the client has no codec for it.
    pub(crate) fn send(&mut self, now: Instant, packet: &Outgoing<'_>) -> bool {
        self.guarded(|peer| peer.write(now, packet)).unwrap_or(false)
    }

    /// Whether a slot's line negotiated a format, as often as slots are filled.
    pub(crate) fn could_take(&self, slot: usize, format: Format) -> bool {
        self.slots.get(slot).is_some_and(|line| self.negotiated(line.mid, format).is_some())
    }

    /// Whether a slot's line negotiated a format, as often as a packet comes.
    pub(crate) fn takes(&mut self, slot: usize, format: Format) -> bool {
        self.guarded(|peer| peer.payload_type(slot, format).is_some()).unwrap_or(false)
    }

    /// Asks the client for a keyframe. Gives false when that stream was never heard.
    pub(crate) fn request_keyframe(&mut self, kind: SourceKind, layer: Layer) -> bool {
        self.guarded(|peer| {
            let Some(line) = peer.sources.iter().find(|line| line.kind == kind) else { return false };
            let rid = line.encodings.iter().find(|(_, known)| *known == layer).map(|(rid, _)| *rid);
            let mut direct = peer.rtc.direct_api();
            let Some(stream) = direct.stream_rx_by_mid(line.mid, rid) else { return false };
            stream.request_keyframe(KeyframeRequestKind::Pli);
            true
        })
        .unwrap_or(false)
    }

    /// Tells the bandwidth estimator how much there is to find.
    pub(crate) fn set_desired_bitrate(&mut self, desired: Bitrate) {
        self.guarded(|peer| {
            peer.rtc.bwe().set_bitrate(NegotiatedBitrate::ZERO, NegotiatedBitrate::bps(desired.as_bps()));
        });
    }

    /// Says farewell; the last transmits follow.
    pub(crate) fn close(&mut self) {
        self.guarded(|peer| {
            let _ = peer.rtc.close();
        });
    }

    /// Gives the next output.
    pub(crate) fn poll_output(&mut self, now: Instant) -> PeerOutput {
        loop {
            match self.phase {
                Phase::Alive => {}
                Phase::Failed { reason, panicked } => {
                    self.phase = Phase::Over;
                    return PeerOutput::Gone { reason, panicked };
                }
                Phase::Over => return PeerOutput::Timeout(now + Duration::from_secs(3_600)),
            }
            match self.guarded(|peer| peer.rtc.poll_output()) {
                None => {}
                Some(Err(_)) => self.fail(DisconnectReason::Failed, false),
                Some(Ok(Output::Timeout(at))) if self.rtc.is_alive() => return PeerOutput::Timeout(at),
                Some(Ok(Output::Timeout(_))) => self.fail(DisconnectReason::Closed, false),
                Some(Ok(Output::Transmit(transmit))) => {
                    return PeerOutput::Transmit(Letter {
                        source: transmit.source,
                        destination: transmit.destination,
                        contents: transmit.contents.into(),
                    });
                }
                Some(Ok(Output::Event(event))) => {
                    if let Some(output) = self.on_event(event) {
                        return output;
                    }
                }
            }
        }
    }

    /// Which slot is on which mid.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (Slot, String)> {
        self.slots.iter().map(|line| (line.slot, line.mid.to_string()))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's event enum is non-exhaustive")]
    fn on_event(&mut self, event: Event) -> Option<PeerOutput> {
        match event {
            Event::Connected => Some(PeerOutput::Connected),
            Event::RtpPacket(packet) => {
                Some(self.incoming(packet).map_or(PeerOutput::Stray, PeerOutput::Media))
            }
            Event::KeyframeRequest(request) => {
                let slot = self.slots.iter().position(|line| line.mid == request.mid)?;
                Some(PeerOutput::KeyframeWanted { slot })
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                Some(PeerOutput::Estimate(Bitrate::bps(estimate.as_u64())))
            }
            Event::PeerStats(stats) => Some(PeerOutput::Health(Health {
                rtt: stats.rtt,
                down_loss_permille: permille(stats.egress_loss_fraction),
                up_loss_permille: permille(stats.ingress_loss_fraction),
            })),
            Event::MediaIngressStats(stats) => {
                let sent = self.count_nacks((stats.mid, stats.rid, Side::Sent), stats.nacks);
                (sent > 0).then_some(PeerOutput::Nacks { sent, received: 0 })
            }
            Event::MediaEgressStats(stats) => {
                let received = self.count_nacks((stats.mid, stats.rid, Side::Received), stats.nacks);
                (received > 0).then_some(PeerOutput::Nacks { sent: 0, received })
            }
            Event::Closed => {
                self.fail(DisconnectReason::Closed, false);
                None
            }
            _ => None,
        }
    }

    /// How many NACKs came on top of what was known of a stream.
    fn count_nacks(&mut self, stream: (Mid, Option<Rid>, Side), total: u64) -> u64 {
        let before = self.nacks.insert(stream, total).unwrap_or(0);
        // A stream that began anew counts from zero.
        total.checked_sub(before).unwrap_or(total)
    }

    /// Turns a received packet into ours; none when its stream was not negotiated.
    fn incoming(&mut self, packet: RtpPacket) -> Option<Incoming> {
        let header = &packet.header;
        let (kind, layer) = self.stream_of(header.ssrc)?;
        let params = self.rtc.codec_config().find(|params| params.pt() == header.payload_type)?;
        let format = Format::of(*params)?;
        let values = &header.ext_vals;
        Some(Incoming {
            kind,
            layer,
            ssrc: *header.ssrc,
            seq: SeqNo::new(*packet.seq_no),
            time: MediaTime::new(header.timestamp),
            marker: header.marker,
            format,
            audio_level: values.audio_level.map(i8::unsigned_abs),
            extensions: Extensions { voice: values.voice_activity, orientation: values.video_orientation },
            payload: packet.payload,
        })
    }

    /// Which source and layer a stream carries; asked of the library once per stream.
    fn stream_of(&mut self, ssrc: Ssrc) -> Option<(SourceKind, Layer)> {
        if let Some(known) = self.streams.get(&ssrc) {
            return Some(*known);
        }
        let (mid, rid) = self.rtc.direct_api().stream_rx(&ssrc).map(|stream| (stream.mid(), stream.rid()))?;
        let line = self.sources.iter().find(|line| line.mid == mid)?;
        let layer = match rid {
            Some(rid) => line.encodings.iter().find(|(known, _)| *known == rid)?.1,
            None if line.encodings.is_empty() => Layer::Low,
            None => return None,
        };
        let kind = line.kind;
        // A restarted stream has a new number; the old one must not linger, or restarts could fill the map.
        self.streams.retain(|_, known| *known != (kind, layer));
        self.streams.insert(ssrc, (kind, layer));
        Some((kind, layer))
    }

    fn write(&mut self, now: Instant, packet: &Outgoing<'_>) -> bool {
        let Some(payload_type) = self.payload_type(packet.slot, packet.format) else { return false };
        let Some(ssrc) = self.slots.get(packet.slot).and_then(|line| line.ssrc) else { return false };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx(&ssrc) else { return false };
        let payload: Arc<[u8]> = if packet.patch.is_empty() {
            Arc::clone(packet.payload)
        } else {
            let mut patched = packet.payload.to_vec();
            packet.patch.apply(&mut patched);
            patched.into()
        };
        let values = ExtensionValues {
            audio_level: packet.audio_level.map(|level| -i8::try_from(level).unwrap_or(i8::MAX)),
            voice_activity: packet.extensions.voice,
            video_orientation: packet.extensions.orientation,
            ..ExtensionValues::default()
        };
        let seq = packet.seq.extended().into();
        stream.write_rtp(
            RtpWrite::new(payload_type, seq, packet.time.rtp(), now, payload)
                .marker(packet.marker)
                .ext_vals(values)
                .nackable(packet.format.codec != Codec::Opus),
        );
        true
    }

    /// The payload type of a format on a slot, looked up when the format changes.
    fn payload_type(&mut self, slot: usize, format: Format) -> Option<Pt> {
        let line = self.slots.get(slot)?;
        if let Some((known, payload_type)) = &line.payload_type
            && *known == format
        {
            return *payload_type;
        }
        let payload_type = self.negotiated(line.mid, format);
        self.slots.get_mut(slot)?.payload_type = Some((format, payload_type));
        payload_type
    }

    /// What the client calls a format on a line.
    fn negotiated(&self, mid: Mid, format: Format) -> Option<Pt> {
        let offered = self.rtc.media(mid)?.remote_pts();
        format.payload_type_at(&self.rtc).filter(|payload_type| offered.contains(payload_type))
    }

    /// Takes over the lines of an accepted offer.
    fn read_lines(&mut self, offer: &Offer) -> Result<(), ConnectRefusal> {
        self.sources.clear();
        let mut slots = Vec::with_capacity(offer.lines.len());
        for line in &offer.lines {
            let mid = Mid::from(line.mid.as_str());
            let agreed = self.rtc.media(mid).is_some_and(|media| !media.remote_pts().is_empty());
            if !agreed {
                return Err(ConnectRefusal::NoCommonCodec { mid: line.mid.clone() });
            }
            match line.role {
                Role::Source(kind) => {
                    let rid = |(rid, layer): &(String, Layer)| (Rid::from(rid.as_str()), *layer);
                    self.sources.push(SourceLine {
                        kind,
                        mid,
                        encodings: line.encodings.iter().map(rid).collect(),
                    });
                }
                Role::Slot(slot) => {
                    let ssrc = self.rtc.direct_api().stream_tx_by_mid(mid, None).map(|stream| stream.ssrc());
                    slots.push(SlotLine { slot, mid, ssrc, payload_type: None });
                }
            }
        }
        self.slots = slots;
        Ok(())
    }

    /// Runs a call into the library, which fails fast by policy: a panic ends this peer and nobody else.
    fn guarded<R>(&mut self, call: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.phase != Phase::Alive {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| call(self))) {
            Ok(result) => Some(result),
            Err(_) => {
                self.fail(DisconnectReason::Failed, true);
                None
            }
        }
    }

    /// What a defect of the library would do.
    #[cfg(test)]
    pub(crate) fn panic_inside(&mut self) {
        self.guarded(|_| panic!("made by a test"));
    }

    fn fail(&mut self, reason: DisconnectReason, panicked: bool) {
        if self.phase == Phase::Alive {
            self.phase = Phase::Failed { reason, panicked };
        }
    }
}

/// A fraction in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 before")]
fn permille(fraction: Option<f32>) -> u16 {
    (fraction.unwrap_or(0.0).clamp(0.0, 1.0) * 1_000.0) as u16
}

/// The library's words for what is wrong, without room for quoting an offer's secrets.
fn first_words(text: &str) -> String {
    text.split('"').next().unwrap_or_default().chars().take(120).collect()
}

fn library_failed() -> ConnectRefusal {
    ConnectRefusal::MalformedOffer { detail: "the negotiation failed on it".to_owned() }
}
