//! The front door: owns peers and rooms. Inputs go in with the time they happened, outputs come out until a
//! deadline does.

use crate::datagram::{Datagram, Transmit};
use crate::demux::{Demux, Stray};
use crate::stats::Counters;
use crate::timer::Timers;
use sfu_control::{SfuCommand, SfuEvent};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What [`Output::Timeout`] says when nothing at all is armed.
const IDLE: Duration = Duration::from_secs(3_600);

/// What an engine is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// The addresses clients reach this engine at, IPv4 and IPv6: each becomes a host candidate of every answer,
    /// and `Datagram::destination` and `Transmit::source` are always one of them.
    pub local_addresses: Vec<SocketAddr>,
    /// How many peers may be connected at once; further ones are refused as `Full`.
    pub max_peers: usize,
}

/// Why an engine could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// There is no address to offer.
    #[error("no local address is configured")]
    NoAddress,
    /// An address cannot be a candidate.
    #[error("{address} cannot be offered to clients: it must be a concrete address with a port")]
    BadAddress {
        /// The address.
        address: SocketAddr,
    },
    /// The crypto library gave no certificate.
    #[error("no DTLS certificate could be made")]
    NoCertificate,
}

/// Everything that can wake the engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram(Datagram<'a>),
    /// Signaling asks for something.
    Command(SfuCommand),
    /// The deadline of the last [`Output::Timeout`] passed.
    Timeout,
}

/// Everything the engine gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this.
    Transmit(Transmit),
    /// Tell signaling this.
    Event(SfuEvent),
    /// Nothing more to do before this instant.
    Timeout(Instant),
}

/// An SFU without sockets, threads or a clock.
///
/// **Drain rule.** After one input, or a batch of inputs that arrived together, call [`Engine::poll_output`]
/// until it gives [`Output::Timeout`]; then wait for the next input or that instant, whichever is first, and in
/// the latter case hand in [`Input::Timeout`]. `now` never goes back.
#[derive(Debug)]
pub struct Engine {
    now: Instant,
    demux: Demux,
    timers: Timers,
    output: VecDeque<Output>,
    counters: Counters,
}

impl Engine {
    /// Makes an engine. All its own randomness comes from `seed`, which must be unpredictable in production: it
    /// makes the ICE passwords.
    pub fn new(config: EngineConfig, seed: [u8; 32], now: Instant) -> Result<Self, EngineError> {
        if config.local_addresses.is_empty() {
            return Err(EngineError::NoAddress);
        }
        let _ = seed;
        Ok(Self {
            now,
            demux: Demux::default(),
            timers: Timers::default(),
            output: VecDeque::new(),
            counters: Counters::default(),
        })
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Datagram(datagram) => self.handle_datagram(datagram),
            Input::Command(_) => self.counters.commands_unknown += 1,
            Input::Timeout => {}
        }
    }

    /// Gives the next output; see the drain rule.
    pub fn poll_output(&mut self) -> Output {
        match self.output.pop_front() {
            Some(output) => output,
            None => Output::Timeout(self.timers.next().unwrap_or(self.now + IDLE)),
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn handle_datagram(&mut self, datagram: Datagram<'_>) {
        self.counters.datagrams_in += 1;
        self.counters.bytes_in += datagram.contents.len() as u64;
        match self.demux.owner(&datagram) {
            Ok(_) => {}
            Err(Stray::Size) => self.counters.dropped_size += 1,
            Err(Stray::Kind) => self.counters.dropped_kind += 1,
            Err(Stray::Address) => self.counters.dropped_address += 1,
            Err(Stray::Ufrag) => self.counters.dropped_ufrag += 1,
        }
    }
}
