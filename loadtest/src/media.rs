//! A participant's peer connection: one offer in the layout every client negotiates, what it sends when it is asked
//! to, and what it counts of what comes.

use crate::source::{self, LAYERS, LayerShape, Piece};
use serde::Serialize;
use signaling_protocol::{Microphone, PublishDemand};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Instant,
};
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig, RtcError,
    change::{SdpAnswer, SdpPendingOffer},
    crypto::CryptoProvider,
    format::Codec,
    media::{Direction, KeyframeRequest, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpPacket, RtpWrite},
};

/// Slots of a delegate's receive pool: three for the loudest and one for the floor.
const AUDIO_SLOTS: usize = 4;
/// Programme and slides.
const MAIN_PICTURES: usize = 2;
/// Small pictures.
const MOSAIC_SLOTS: usize = 6;

/// Why a peer connection failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MediaError {
    /// The library refused.
    #[error("WebRTC: {0}")]
    Rtc(#[from] RtcError),
    /// The node's answer is not SDP.
    #[error("the answer is not valid SDP")]
    Answer,
    /// The local address cannot be a candidate.
    #[error("the local address cannot be a candidate")]
    Candidate,
    /// An answer without an offer.
    #[error("there is no offer to be answered")]
    NoOffer,
}

/// What came in by media of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Packets received, retransmitted ones included.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets whose number was skipped and never came.
    pub lost: u64,
}

/// What a peer connection met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Received {
    /// Sound.
    pub(crate) audio: Tally,
    /// Pictures.
    pub(crate) video: Tally,
    /// When the first sound came.
    pub(crate) first_audio: Option<Instant>,
    /// When the first picture came.
    pub(crate) first_video: Option<Instant>,
}

/// How far the transport has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// ICE and DTLS are under way.
    Connecting,
    /// Media flows.
    Connected,
    /// It was up and is lost.
    Lost,
}

/// One incoming stream's numbers.
#[derive(Debug, Clone, Copy)]
struct Stream {
    kind: MediaKind,
    first: u64,
    last: u64,
    packets: u64,
    bytes: u64,
}

/// Where a packet goes out.
#[derive(Debug, Clone, Copy)]
struct Line {
    mid: Mid,
    rid: Option<Rid>,
    codec: Codec,
}

/// A peer connection.
pub(crate) struct MediaPeer {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    local: SocketAddr,
    microphone_line: Mid,
    microphone: Microphone,
    sent_sound: u64,
    camera_line: Mid,
    camera: PublishDemand,
    sent_pictures: u64,
    /// Packet numbers of the camera's layers.
    layer_numbers: [u64; LAYERS.len()],
    keyframe_wanted: [bool; LAYERS.len()],
    ticks: u32,
    streams: BTreeMap<u32, Stream>,
    received: Received,
    transport: Transport,
}

/// One crypto provider and one DTLS certificate for all participants: making them is what a join costs most.
fn crypto() -> &'static Arc<CryptoProvider> {
    static CRYPTO: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    CRYPTO.get_or_init(|| Arc::new(str0m::crypto::from_feature_flags()))
}

impl MediaPeer {
    /// Makes a connection and its offer.
    pub(crate) fn new(now: Instant, local: SocketAddr) -> Result<(Self, String), MediaError> {
        let mut rtc =
            RtcConfig::new().set_crypto_provider(Arc::clone(crypto())).set_rtp_mode(true).build(now);
        let candidate = Candidate::host(local, "udp").map_err(|_| MediaError::Candidate)?;
        rtc.add_local_candidate(candidate).ok_or(MediaError::Candidate)?;

        let mut changes = rtc.sdp_api();
        let mut add = |kind, direction, simulcast| changes.add_media(kind, direction, None, None, simulcast);
        let microphone_line = add(MediaKind::Audio, Direction::SendOnly, None);
        let camera_line = add(MediaKind::Video, Direction::SendOnly, Some(simulcast()));
        add(MediaKind::Video, Direction::SendOnly, None);
        add(MediaKind::Audio, Direction::SendOnly, None);
        for _ in 0..AUDIO_SLOTS {
            add(MediaKind::Audio, Direction::RecvOnly, None);
        }
        for _ in 0..MAIN_PICTURES + MOSAIC_SLOTS {
            add(MediaKind::Video, Direction::RecvOnly, None);
        }
        let (offer, pending) = changes.apply().ok_or(MediaError::NoOffer)?;

        let peer = Self {
            rtc,
            pending: Some(pending),
            local,
            microphone_line,
            microphone: Microphone::Locked,
            sent_sound: 0,
            camera_line,
            camera: PublishDemand::Paused,
            sent_pictures: 0,
            layer_numbers: [0; LAYERS.len()],
            keyframe_wanted: [true; LAYERS.len()],
            ticks: 0,
            streams: BTreeMap::new(),
            received: Received::default(),
            transport: Transport::Connecting,
        };
        Ok((peer, offer.to_sdp_string()))
    }

    /// Takes the node's answer.
    pub(crate) fn accept(&mut self, answer: &str) -> Result<(), MediaError> {
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|_| MediaError::Answer)?;
        let pending = self.pending.take().ok_or(MediaError::NoOffer)?;
        Ok(self.rtc.sdp_api().accept_answer(pending, answer)?)
    }

    /// The microphone is locked, off or open; sound is sent while it is open.
    pub(crate) fn set_microphone(&mut self, microphone: Microphone) {
        self.microphone = microphone;
    }

    /// Which layers of the camera are wanted.
    pub(crate) fn demand_camera(&mut self, demand: PublishDemand) {
        self.camera = demand;
    }

    /// Takes a datagram; one that is not WebRTC is ignored.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        source: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), MediaError> {
        let Ok(contents) = bytes.try_into() else { return Ok(()) };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        Ok(self.rtc.handle_input(Input::Receive(now, receive))?)
    }

    /// The deadline of the last drain passed.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), MediaError> {
        Ok(self.rtc.handle_input(Input::Timeout(now))?)
    }

    /// Carries out what the connection wants; gives its next deadline.
    pub(crate) fn drain(&mut self, mut send: impl FnMut(SocketAddr, &[u8])) -> Result<Instant, MediaError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Transmit(transmit) => send(transmit.destination, &transmit.contents),
                Output::Event(event) => self.on_event(event),
                Output::Timeout(deadline) => return Ok(deadline),
            }
        }
    }

    /// Sends what is due at one tick of [`source::AUDIO_RATE`]; called as often as that, followed by a drain.
    pub(crate) fn publish(&mut self, now: Instant) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.transport != Transport::Connected {
            return;
        }
        if self.microphone == Microphone::Open {
            self.sent_sound += 1;
            let (number, piece) = (self.sent_sound, source::audio(self.ticks));
            let line = Line { mid: self.microphone_line, rid: None, codec: Codec::Opus };
            self.write(now, line, number, piece);
        }
        let every = source::AUDIO_RATE / source::PICTURE_RATE;
        if self.ticks.is_multiple_of(every) {
            self.publish_picture(now, self.ticks / every);
        }
    }

    /// How far the transport has come.
    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Received {
        let mut received = self.received;
        for stream in self.streams.values() {
            let tally = match stream.kind {
                MediaKind::Audio => &mut received.audio,
                MediaKind::Video => &mut received.video,
            };
            let expected = stream.last - stream.first + 1;
            tally.packets += stream.packets;
            tally.bytes += stream.bytes;
            tally.lost += expected.saturating_sub(stream.packets);
        }
        received
    }

    /// Packets sent.
    pub(crate) fn sent_packets(&self) -> u64 {
        self.sent_sound + self.sent_pictures
    }

    fn publish_picture(&mut self, now: Instant, number: u32) {
        let wanted = match self.camera {
            PublishDemand::Paused => 0,
            PublishDemand::Low => 1,
            PublishDemand::Medium => 2,
            PublishDemand::High => 3,
        };
        let layers = LAYERS.iter().zip(&mut self.layer_numbers).zip(&mut self.keyframe_wanted);
        let mut pictures: Vec<(LayerShape, u64, Piece)> = Vec::new();
        for (index, ((layer, last), keyframe_wanted)) in layers.enumerate() {
            if index >= wanted {
                // A layer that comes back begins with a keyframe, as a browser's does.
                *keyframe_wanted = true;
                continue;
            }
            let keyframe = std::mem::take(keyframe_wanted) || source::is_scheduled_keyframe(number);
            for piece in source::picture(*layer, number, keyframe) {
                *last += 1;
                pictures.push((*layer, *last, piece));
            }
        }
        for (layer, number, piece) in pictures {
            self.sent_pictures += 1;
            let rid = Some(Rid::from(layer.rid));
            self.write(now, Line { mid: self.camera_line, rid, codec: Codec::Vp8 }, number, piece);
        }
    }

    fn write(&mut self, now: Instant, line: Line, number: u64, piece: Piece) {
        let Some(payload_type) = self.payload_type(line.mid, line.codec) else { return };
        let is_audio = line.codec == Codec::Opus;
        let level = ExtensionValues {
            audio_level: is_audio.then_some(-20),
            voice_activity: is_audio.then_some(true),
            ..ExtensionValues::default()
        };
        let packet = RtpWrite::new(payload_type, number.into(), piece.timestamp, now, piece.payload)
            .marker(piece.marker)
            .ext_vals(level)
            .nackable(!is_audio);
        let mut direct = self.rtc.direct_api();
        if let Some(stream) = direct.stream_tx_by_mid(line.mid, line.rid) {
            stream.write_rtp(packet);
        }
    }

    fn payload_type(&self, mid: Mid, codec: Codec) -> Option<Pt> {
        let negotiated = self.rtc.media(mid)?.remote_pts();
        let fits = |pt: &Pt| {
            self.rtc.codec_config().params().iter().any(|p| p.pt() == *pt && p.spec().codec == codec)
        };
        negotiated.iter().copied().find(fits)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's events grow; a receiver minds four of them"
    )]
    fn on_event(&mut self, event: Event) {
        match event {
            // Connecting => Connected
            Event::Connected => self.transport = Transport::Connected,
            // Connected => Lost
            Event::IceConnectionStateChange(IceConnectionState::Disconnected)
                if self.transport == Transport::Connected =>
            {
                self.transport = Transport::Lost;
            }
            Event::RtpPacket(packet) => self.on_packet(&packet),
            Event::KeyframeRequest(request) => self.on_keyframe_request(&request),
            _ => {}
        }
    }

    fn on_keyframe_request(&mut self, request: &KeyframeRequest) {
        for (layer, wanted) in LAYERS.iter().zip(&mut self.keyframe_wanted) {
            *wanted |= request.rid.is_none_or(|rid| rid == Rid::from(layer.rid));
        }
    }

    fn on_packet(&mut self, packet: &RtpPacket) {
        let params = self.rtc.codec_config().params();
        let codec = params.iter().find(|p| p.pt() == packet.header.payload_type).map(|p| p.spec().codec);
        let Some(codec) = codec else { return };
        let (kind, first) = if codec.is_audio() {
            (MediaKind::Audio, &mut self.received.first_audio)
        } else {
            (MediaKind::Video, &mut self.received.first_video)
        };
        first.get_or_insert(packet.timestamp);
        let number = *packet.seq_no;
        let fresh = Stream { kind, first: number, last: number, packets: 0, bytes: 0 };
        let stream = self.streams.entry(*packet.header.ssrc).or_insert(fresh);
        stream.first = stream.first.min(number);
        stream.last = stream.last.max(number);
        stream.packets += 1;
        stream.bytes += u64::try_from(packet.payload.len()).unwrap_or(u64::MAX);
    }
}

fn simulcast() -> Simulcast {
    let layers = LAYERS.iter().map(|layer| SimulcastLayer::new(layer.rid));
    Simulcast { send: layers.collect(), recv: Vec::new() }
}

#[cfg(test)]
mod tests;
