//! What tests share: where virtual time starts, and a client with a real WebRTC stack. Cores never take an instant
//! themselves; this is the one place where tests do.

#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a client of tests stops at what fails, and speaks of the events it is about"
)]
#[cfg_attr(not(test), expect(dead_code, reason = "the stories of this crate use more of it than others"))]
#[path = "tests/client.rs"]
pub(crate) mod client;

use client::Client;
use sfu_control::{Demand, Slot, SourceKind};
use std::net::SocketAddr;
use std::time::Instant;

/// Where virtual time starts.
pub fn epoch() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "an Instant cannot be made otherwise; tests only add to it"
    )]
    Instant::now()
}

/// A datagram of a test: from where, to where, what.
pub type Flight = (SocketAddr, SocketAddr, Vec<u8>);

/// A client for stories beyond this crate: a real WebRTC stack that sends marked frames and writes down what it gets.
///
/// It wakes at `due`, sends what `tick` gives, and is told by its harness what signaling would tell a browser.
pub struct TestClient(Client);

impl TestClient {
    /// A delegate with two mosaic slots and VP8; its number is painted into all it sends.
    pub fn new(number: u32, now: Instant) -> Self {
        Self(Client::new(number, now))
    }

    /// Where it sends from.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Makes its offer.
    pub fn offer(&mut self) -> String {
        self.0.offer()
    }

    /// Takes the answer, and which m-line carries which slot.
    pub fn accept(&mut self, answer: &str, slots: &[(Slot, String)]) {
        self.0.accept(answer, slots);
    }

    /// Is told which encodings of a source are needed.
    pub fn demand(&mut self, kind: SourceKind, demand: Demand) {
        self.0.demanded.insert(kind, demand);
    }

    /// Sends pictures as they are demanded.
    pub fn start_camera(&mut self) {
        self.0.sends_camera = true;
    }

    /// Sends sound of this RFC 6464 level, whatever signaling says of its microphone.
    pub fn speak(&mut self, level: u8) {
        self.0.voice = Some(level);
    }

    /// When it wants to be woken.
    pub fn due(&self) -> Instant {
        self.0.due()
    }

    /// Wakes it; what it sends is added.
    pub fn tick(&mut self, now: Instant, sent: &mut Vec<Flight>) {
        self.0.tick(now, sent);
    }

    /// Hands it a datagram.
    pub fn receive(&mut self, now: Instant, source: SocketAddr, contents: &[u8]) {
        self.0.receive(now, source, contents);
    }

    /// Whose packets came on a slot since a moment, in order.
    pub fn heard_on(&self, slot: Slot, since: Instant) -> Vec<u32> {
        self.0.on(slot).into_iter().filter(|frame| frame.at >= since).map(|frame| frame.sender).collect()
    }
}
