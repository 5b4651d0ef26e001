//! A client with a real stack: what it offers, and the packets its camera sends.

use super::server;
use std::net::SocketAddr;
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Rtc};

const PAYLOAD_BYTES: usize = 1_172;

/// A real stack as client.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    camera: Mid,
}

impl Client {
    pub(crate) fn new(number: u32, now: Instant) -> (Self, String) {
        let [_, high, middle, low] = number.to_be_bytes();
        let address = SocketAddr::from(([10, high, middle, low], 5_000));
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let mut add = |kind, direction| changes.add_media(kind, direction, None, None, None);
        add(MediaKind::Audio, Direction::SendOnly);
        let camera = add(MediaKind::Video, Direction::SendOnly);
        add(MediaKind::Video, Direction::SendOnly);
        add(MediaKind::Audio, Direction::SendOnly);
        for _ in 0..4 {
            add(MediaKind::Audio, Direction::RecvOnly);
        }
        for _ in 0..2 {
            add(MediaKind::Video, Direction::RecvOnly);
        }
        let (offer, pending) = changes.apply().unwrap();
        let offer = offer.to_sdp_string();
        (Self { address, rtc, pending: Some(pending), camera }, offer)
    }

    pub(crate) fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    pub(crate) fn receive(&mut self, now: Instant, contents: &[u8]) {
        let received = Receive::new(Protocol::Udp, server(), self.address, contents).unwrap();
        self.rtc.handle_input(str0m::Input::Receive(now, received)).unwrap();
    }

    /// What it sends now.
    pub(crate) fn drain(&mut self, now: Instant) -> Vec<Vec<u8>> {
        self.rtc.handle_input(str0m::Input::Timeout(now)).unwrap();
        let mut sent = Vec::new();
        loop {
            match self.rtc.poll_output().unwrap() {
                str0m::Output::Timeout(_) => return sent,
                str0m::Output::Transmit(transmit) => sent.push(transmit.contents.into()),
                str0m::Output::Event(_) => {}
            }
        }
    }

    /// One packet of its camera, sealed.
    pub(crate) fn media(&mut self, now: Instant, number: u64) -> Vec<Vec<u8>> {
        let mut payload =
            vec![0x90, 0x80, 0x80 | (number >> 8 & 0x7F) as u8, number as u8, u8::from(number > 1)];
        payload.resize(PAYLOAD_BYTES, 0xAA);
        let write =
            RtpWrite::new(Pt::from(96), number.into(), (number * 720) as u32, now, payload).marker(true);
        let mut direct = self.rtc.direct_api();
        direct.stream_tx_by_mid(self.camera, None).unwrap().write_rtp(write);
        self.drain(now).into_iter().filter(|sent| sent[0] >= 128 && !(192..224).contains(&sent[1])).collect()
    }
}
