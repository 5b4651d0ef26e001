//! A str0m client on a real UDP socket, driven step by step.

use crate::clock;
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpPacket, RtpWrite},
};

/// How long one step waits for a datagram: a packet's worth of Opus.
const STEP: Duration = Duration::from_millis(20);

pub(super) struct Client {
    rtc: Rtc,
    socket: UdpSocket,
    pending: Option<SdpPendingOffer>,
    microphone: Mid,
    sent: u32,
    /// Outer and inner address of the node, if a one-to-one NAT is between.
    pub(super) nat: Option<(IpAddr, IpAddr)>,
    pub(super) connected: bool,
    pub(super) packets: Vec<RtpPacket>,
}

impl Client {
    /// A client with one address, and its offer in the layout every client negotiates, with the smallest pool.
    pub(super) fn new(address: IpAddr) -> (Self, String) {
        let socket = UdpSocket::bind((address, 0)).unwrap();
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let mut rtc = RtcConfig::new().set_crypto_provider(crypto).set_rtp_mode(true).build(clock::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let mut add = |kind, direction| changes.add_media(kind, direction, None, None, None);
        let microphone = add(MediaKind::Audio, Direction::SendOnly);
        for kind in [MediaKind::Video, MediaKind::Video, MediaKind::Audio] {
            add(kind, Direction::SendOnly);
        }
        for kind in [[MediaKind::Audio; 4].as_slice(), &[MediaKind::Video; 2]].concat() {
            add(kind, Direction::RecvOnly);
        }
        let (offer, pending) = changes.apply().unwrap();
        let (pending, packets) = (Some(pending), Vec::new());
        let client = Self { rtc, socket, pending, microphone, sent: 0, nat: None, connected: false, packets };
        (client, offer.to_sdp_string())
    }

    pub(super) fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    /// Sends the next packet of sound.
    pub(super) fn speak(&mut self, payload: &[u8]) {
        self.sent += 1;
        let payload_type = self.rtc.media(self.microphone).unwrap().remote_pts()[0];
        let level = ExtensionValues {
            audio_level: Some(-20),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let number = u64::from(self.sent).into();
        let packet =
            RtpWrite::new(payload_type, number, 960 * self.sent, clock::now(), payload).ext_vals(level);
        self.rtc.direct_api().stream_tx_by_mid(self.microphone, None).unwrap().write_rtp(packet);
    }

    /// Sends bytes that are nobody's idea of a packet, from the address the node knows.
    pub(super) fn send_raw(&self, contents: &[u8], destination: SocketAddr) {
        self.socket.send_to(contents, destination).unwrap();
    }

    /// Does what is due, then waits a little for what arrives.
    pub(super) fn step(&mut self) {
        self.handle(Input::Timeout(clock::now()));
        let due = self.drain();
        self.receive(due.saturating_duration_since(clock::now()).clamp(Duration::from_millis(1), STEP));
    }

    /// Waits so long for a datagram and takes it in.
    fn receive(&mut self, wait: Duration) {
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 2_000];
        let received = self.socket.recv_from(&mut buffer);
        if let Err(error) = &received {
            assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
            return;
        }
        let (length, mut source) = received.unwrap();
        if let Some((outer, _)) = self.nat {
            source.set_ip(outer);
        }
        let destination = self.socket.local_addr().unwrap();
        let contents = buffer[..length].try_into().unwrap();
        self.handle(Input::Receive(
            clock::now(),
            Receive { proto: Protocol::Udp, source, destination, contents },
        ));
        self.drain();
    }

    /// Lets what was said leave.
    pub(super) fn flush(&mut self) {
        self.handle(Input::Timeout(clock::now()));
        self.drain();
    }

    /// Waits for the next packet of sound, but no longer than a step.
    pub(super) fn wait_for_packet(&mut self) {
        let (before, deadline) = (self.packets.len(), clock::now() + STEP);
        while self.packets.len() == before && clock::now() < deadline {
            self.receive(Duration::from_millis(1));
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.rtc.handle_input(input).unwrap();
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Transmit(transmit) => {
                    let mut destination = transmit.destination;
                    if let Some((_, inner)) = self.nat {
                        destination.set_ip(inner);
                    }
                    // A candidate of the node that this socket cannot reach is ICE's business.
                    let _unreachable = self.socket.send_to(&transmit.contents, destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.packets.push(packet),
                Output::Event(_) => {}
                Output::Timeout(deadline) => return deadline,
            }
        }
    }
}
