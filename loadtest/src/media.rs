//! A participant's peer connection: one offer in the layout every client negotiates, what it sends when it is asked
//! to, and what it counts of what comes.

mod publish;

use crate::{
    clock,
    hearing::Hearing,
    source::LAYERS,
    stamp::{Name, Stamp},
};
pub(crate) use publish::Sent;
use publish::{Camera, Screen};
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
    media::{Direction, KeyframeRequest, MediaKind, Mid, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::RtpPacket,
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

/// A peer connection.
pub(crate) struct MediaPeer {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    local: SocketAddr,
    /// Whose packets these are, in their stamps.
    name: Name,
    microphone_line: Mid,
    microphone: Microphone,
    camera: Camera,
    screen: Screen,
    sent: Sent,
    ticks: u32,
    hearing: Hearing,
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
    pub(crate) fn new(now: Instant, local: SocketAddr, name: &str) -> Result<(Self, String), MediaError> {
        let mut rtc =
            RtcConfig::new().set_crypto_provider(Arc::clone(crypto())).set_rtp_mode(true).build(now);
        let candidate = Candidate::host(local, "udp").map_err(|_| MediaError::Candidate)?;
        rtc.add_local_candidate(candidate).ok_or(MediaError::Candidate)?;

        let mut changes = rtc.sdp_api();
        let mut add = |kind, direction, simulcast| changes.add_media(kind, direction, None, None, simulcast);
        let microphone_line = add(MediaKind::Audio, Direction::SendOnly, None);
        let camera_line = add(MediaKind::Video, Direction::SendOnly, Some(simulcast()));
        let screen_line = add(MediaKind::Video, Direction::SendOnly, None);
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
            name: Name::new(name),
            microphone_line,
            microphone: Microphone::Locked,
            camera: Camera::new(camera_line),
            screen: Screen::new(screen_line),
            sent: Sent::default(),
            ticks: 0,
            hearing: Hearing::default(),
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
        self.camera.demand = demand;
    }

    /// Whether the screen is wanted.
    pub(crate) fn demand_screen(&mut self, demand: PublishDemand) {
        self.screen.demand = demand;
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

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Sent {
        self.sent
    }

    /// Goes on counting where an earlier connection of the same participant ended.
    pub(crate) fn carry_on(&mut self, sent: Sent, hearing: Hearing) {
        (self.sent, self.hearing) = (sent, hearing);
    }

    /// What came of each other participant.
    pub(crate) fn hearing(&mut self) -> &mut Hearing {
        &mut self.hearing
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
        if request.mid == self.screen.line {
            self.screen.keyframe_wanted = true;
            return;
        }
        for (layer, wanted) in LAYERS.iter().zip(&mut self.camera.keyframe_wanted) {
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
        if let Some(stamp) = Stamp::read(&packet.payload) {
            self.hearing.on(clock::wall_nanos(), &stamp, packet.payload.len());
        }
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
