//! The front door: owns peers and rooms. Inputs go in with the time they happened, outputs come out until a
//! deadline does.

mod adopt;
#[cfg(test)]
mod audit;
mod commands;
mod control;
mod deadlines;
mod demand;
mod exchange;
mod exports;
mod feedback;
mod imports;
mod ingress;
mod keyframes;
mod link_lines;
mod link_words;
mod links;
mod member;
mod members;
mod moving;
mod owed;
mod pace;
mod publishers;
mod reports;
mod routes;
mod settle;
mod stills;
mod turn;
mod write;

use member::Member;
pub(crate) use members::{MemberIndex, Members};
use owed::Owed;
pub(crate) use publishers::Publishers;

use crate::crossing::{Crossing, Parcel};
use crate::datagram::{Arena, Datagram, Letter, Transmit};
use crate::demux::Demux;
use crate::link::Link;
use crate::peer::TransportFactory;
use crate::receive::{StreamId, Streams};
use crate::room::Room;
use crate::send::Bursts;
use crate::stats::Counters;
use crate::timer::{Timer, Timers};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use sfu_control::{NodeNumber, PeerId, RoomId, SfuCommand, SfuEvent, Source};
use std::collections::{BTreeMap, VecDeque};
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

/// Bytes the shell is asked to send before more are written: what one call of the system takes, fifty full packets, so
/// that the first receiver does not wait for the thousandth one's, and what was written is still in the nearest caches.
const FLUSH_BYTES: usize = 64 * 1024;

/// Everything that can wake the engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram(Datagram<'a>),
    /// Signaling asks for something.
    Command(SfuCommand),
    /// Another worker of this node tells something.
    Crossed(&'a Parcel),
    /// The deadline of the last [`Output::Timeout`] passed.
    Timeout,
}

/// Everything the engine gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this; its bytes are in the arena.
    Transmit(Transmit),
    /// Carry this to other workers; its bytes are in the arena.
    Cross(Crossing),
    /// Tell signaling this.
    Event(SfuEvent),
    /// Much waits in the arena: send it and clear the arena, then go on.
    Flush,
    /// Nothing more to do before this instant.
    Timeout(Instant),
}

/// What waits to be given.
#[derive(Debug)]
enum Pending {
    Letter(Letter),
    Event(SfuEvent),
}

/// An SFU without sockets, threads or a clock.
///
/// **Drain rule.** After one input, or a batch of inputs that arrived together, call [`Engine::poll_output`]
/// until it gives [`Output::Timeout`]; then wait for the next input or that instant, whichever is first, and in
/// the latter case hand in [`Input::Timeout`]. `now` never goes back. At [`Output::Flush`] and at [`Output::Timeout`]
/// the shell sends what it was told of and clears the arena, and at no other time.
///
/// ```
/// use sfu_core::{Arena, Engine, EngineConfig, Input, Output};
/// # #[expect(clippy::disallowed_methods, reason = "an example plays the shell")]
/// let now = std::time::Instant::now();
/// let config = EngineConfig { local_addresses: vec!["192.0.2.1:40000".parse()?], max_peers: 100 };
/// let mut engine = Engine::new(config, [7; 32], now)?;
/// let room = sfu_control::RoomId::new(1);
/// engine.handle_input(now, Input::Command(sfu_control::SfuCommand::OpenRoom { room }));
/// let mut arena = Arena::default();
/// assert!(matches!(engine.poll_output(&mut arena), Output::Timeout(at) if at > now));
/// assert_eq!(engine.counters().rooms, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    now: Instant,
    started: Instant,
    max_peers: usize,
    rng: ChaCha20Rng,
    factory: TransportFactory,
    demux: Demux,
    members: Members,
    publishers: Publishers,
    exchange: exchange::Exchange,
    streams: Streams,
    links: BTreeMap<PeerId, Link>,
    /// The node whose peers connect here, once one did: no other node has any of them.
    own_node: Option<NodeNumber>,
    turn: turn::Turn,
    amid_picture: bool,
    bursts: Bursts,
    rooms: BTreeMap<RoomId, Room>,
    timers: Timers,
    /// Peers whose control side was changed and has not been asked since.
    unflushed: Owed<PeerId>,
    /// Reports that are due.
    owed_reports: Owed<(PeerId, Timer)>,
    /// Keyframes to ask for.
    owed_keyframes: Owed<(PeerId, StreamId)>,
    /// Peers whose waiting packets may go on.
    owed_pacing: Owed<PeerId>,
    /// Slots that can be shown a kept keyframe at once.
    replays: Owed<(PeerId, usize)>,
    /// Sources of which something else may be had.
    unsettled_sources: Owed<Source>,
    /// Rooms in which anybody's slots may want something else.
    unsettled_rooms: Owed<RoomId>,
    /// Peers whose own slots may want something else.
    unsettled_peers: Owed<PeerId>,
    /// Slots that show or wait for something else.
    stale_routes: Owed<(PeerId, usize)>,
    /// Sources of which something else may be needed.
    undemanded: Owed<Source>,
    /// Rooms of which links may have to be told something else.
    unsaid: Owed<RoomId>,
    scratch: reports::Scratch,
    output: VecDeque<Pending>,
    counters: Counters,
    /// Whether anything was settled since that was audited.
    #[cfg(test)]
    unaudited: bool,
}

impl Engine {
    /// Makes an engine. All its own randomness comes from `seed`, which must be unpredictable in production: it
    /// makes the ICE passwords.
    pub fn new(config: EngineConfig, seed: [u8; 32], now: Instant) -> Result<Self, EngineError> {
        let EngineConfig { local_addresses, max_peers } = config;
        if local_addresses.is_empty() {
            return Err(EngineError::NoAddress);
        }
        Ok(Self {
            now,
            started: now,
            max_peers,
            rng: ChaCha20Rng::from_seed(seed),
            factory: TransportFactory::new(&local_addresses)?,
            demux: Demux::default(),
            members: Members::default(),
            publishers: Publishers::default(),
            exchange: exchange::Exchange::default(),
            streams: Streams::default(),
            links: BTreeMap::new(),
            own_node: None,
            turn: turn::Turn::default(),
            amid_picture: false,
            bursts: Bursts::default(),
            rooms: BTreeMap::new(),
            timers: Timers::default(),
            unflushed: Owed::default(),
            owed_reports: Owed::default(),
            owed_keyframes: Owed::default(),
            owed_pacing: Owed::default(),
            scratch: reports::Scratch::default(),
            replays: Owed::default(),
            unsettled_sources: Owed::default(),
            unsettled_rooms: Owed::default(),
            unsettled_peers: Owed::default(),
            stale_routes: Owed::default(),
            undemanded: Owed::default(),
            unsaid: Owed::default(),
            output: VecDeque::new(),
            counters: Counters::default(),
            #[cfg(test)]
            unaudited: false,
        })
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Datagram(datagram) => self.on_datagram(datagram),
            Input::Command(command) => self.on_command(command),
            Input::Crossed(parcel) => self.on_parcel(parcel),
            Input::Timeout => self.on_deadlines(),
        }
    }

    /// Gives the next output; see the drain rule.
    pub fn poll_output(&mut self, arena: &mut Arena) -> Output {
        loop {
            if let Some(transmit) = self.bursts.pop() {
                self.counters.datagrams_out += transmit.datagrams() as u64;
                self.counters.bytes_out += transmit.length as u64;
                return Output::Transmit(transmit);
            }
            if let Some(crossing) = self.exchange.pop() {
                self.counters.crossings_out += 1;
                return Output::Cross(crossing);
            }
            if arena.len() >= FLUSH_BYTES {
                return Output::Flush;
            }
            match self.output.pop_front() {
                Some(Pending::Letter(letter)) => {
                    self.counters.datagrams_out += 1;
                    self.counters.bytes_out += letter.contents.len() as u64;
                    return Output::Transmit(letter.post(arena));
                }
                Some(Pending::Event(event)) => return Output::Event(event),
                None => {}
            }
            self.settle();
            if let Some(peer) = self.unflushed.pop_first() {
                self.flush(peer);
            } else if !self.step(arena) && self.output.is_empty() && self.exchange.is_quiet() {
                return Output::Timeout(self.timers.next().unwrap_or(self.now + IDLE));
            }
        }
    }

    /// One step of what writes into the arena. Gives false when there is nothing to write.
    fn step(&mut self, arena: &mut Arena) -> bool {
        self.step_turn(arena)
            || self.step_exports(arena)
            || self.step_replay(arena)
            || self.step_reports(arena)
            || self.step_words(arena)
            || self.step_pacers(arena)
    }

    /// Whether the datagram handed in last was a picture's packet and not its end: the rest, sent at the same time, may
    /// be there already, and is cheaper to send on together with it.
    pub fn is_amid_picture(&self) -> bool {
        self.amid_picture
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
