//! The front door: owns peers and rooms. Inputs go in with the time they happened, outputs come out until a
//! deadline does.

mod adopt;
mod commands;
mod deadlines;
mod exchange;
mod exports;
mod feedback;
mod imports;
mod ingress;
mod keyframes;
mod member;
mod members;
mod owed;
mod pace;
mod publishers;
mod reports;
mod settle;
mod stills;
mod turn;

use member::Member;
pub(crate) use members::{MemberIndex, Members};
use owed::Owed;
pub(crate) use publishers::Publishers;

use crate::crossing::{Crossing, Parcel};
use crate::datagram::{Arena, Datagram, Letter, Transmit};
use crate::demux::Demux;
use crate::peer::{Exported, PeerOutput, TransportFactory};
use crate::receive::{StreamId, Streams};
use crate::room::Room;
use crate::send::Bursts;
use crate::stats::Counters;
use crate::timer::{Timer, Timers};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use sfu_control::{DisconnectReason, PeerId, RoomId, SfuCommand, SfuEvent};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What [`Output::Timeout`] says when nothing at all is armed.
const IDLE: Duration = Duration::from_secs(3_600);
/// A transport that gives more outputs than this without a pause is broken; it is left for the next turn.
const OUTPUTS_PER_TURN_MAX: usize = 100_000;

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

/// Bytes the shell is asked to send before more are written: as many as stay in a core's second-level cache.
const FLUSH_BYTES: usize = 256 * 1024;

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
    turn: turn::Turn,
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
    /// Rooms in which anybody's slots may want something else.
    unsettled_rooms: Owed<RoomId>,
    /// Peers whose own slots may want something else.
    unsettled_peers: Owed<PeerId>,
    /// Rooms whose fan-out is to be compiled.
    stale_routes: Owed<RoomId>,
    scratch: reports::Scratch,
    output: VecDeque<Pending>,
    counters: Counters,
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
            turn: turn::Turn::default(),
            bursts: Bursts::default(),
            rooms: BTreeMap::new(),
            timers: Timers::default(),
            unflushed: Owed::default(),
            owed_reports: Owed::default(),
            owed_keyframes: Owed::default(),
            owed_pacing: Owed::default(),
            scratch: reports::Scratch::default(),
            replays: Owed::default(),
            unsettled_rooms: Owed::default(),
            unsettled_peers: Owed::default(),
            stale_routes: Owed::default(),
            output: VecDeque::new(),
            counters: Counters::default(),
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
            || self.step_pacers(arena)
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Lets a peer's control side send what was queued on it.
    fn flush(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.peer.handle_timeout(self.now);
            self.drain(peer);
        }
    }

    /// Takes everything a peer's control side gives.
    fn drain(&mut self, peer: PeerId) {
        for _ in 0..OUTPUTS_PER_TURN_MAX {
            let Some(member) = self.members.get_mut(&peer) else { return };
            match member.peer.poll_output(self.now) {
                PeerOutput::Timeout(at) => return self.timers.arm(Timer::Transport(peer), at.max(self.now)),
                PeerOutput::Letter(letter) => self.post(peer, letter),
                PeerOutput::Keys(exported) => self.on_keys(peer, &exported),
                PeerOutput::Connected => self.on_connected(peer),
                PeerOutput::Gone { reason, panicked } => {
                    self.counters.peers_panicked += u64::from(panicked);
                    return self.lose_peer(peer, reason);
                }
            }
        }
        self.timers.arm(Timer::Transport(peer), self.now);
    }

    /// A control side answers only addresses that know its password, so its destinations are its addresses.
    fn post(&mut self, peer: PeerId, letter: Letter) {
        self.demux.learn_address(peer, letter.destination);
        self.output.push_back(Pending::Letter(letter));
    }

    fn on_keys(&mut self, peer: PeerId, exported: &Exported) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let unlocked = member.uplink.unlock(exported) && member.downlink.unlock(exported);
        if !unlocked {
            self.lose_peer(peer, DisconnectReason::Failed);
        }
    }

    fn event(&mut self, event: SfuEvent) {
        self.output.push_back(Pending::Event(event));
    }

    fn on_connected(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        if member.is_connected() {
            return;
        }
        member.connected_at = Some(self.now);
        member.heard_at = self.now;
        self.unsettled_rooms.insert(member.room);
        self.timers.arm(Timer::Silence(peer), self.now + deadlines::SILENCE_MAX);
        self.timers.arm(Timer::Line(peer), self.now + deadlines::LINE_INTERVAL);
        self.timers.arm(Timer::Reports(peer), self.now + reports::REPORT_INTERVAL);
        self.expect_keyframes(peer);
        self.event(SfuEvent::Connected { peer });
    }

    /// Ends a peer that went by itself.
    fn lose_peer(&mut self, peer: PeerId, reason: DisconnectReason) {
        self.remove_peer(peer);
        self.event(SfuEvent::Disconnected { peer, reason });
    }

    /// Forgets a peer and takes its sources out of everybody's slots.
    fn remove_peer(&mut self, peer: PeerId) -> Option<Box<Member>> {
        let member = self.members.remove(&peer)?;
        self.withdraw(peer, member.room);
        self.forget_publisher(peer);
        self.demux.forget(peer);
        self.timers.forget_peer(peer);
        self.unflushed.retain(|whose| whose != peer);
        self.unsettled_peers.retain(|whose| whose != peer);
        self.replays.retain(|(whose, _)| whose != peer);
        self.counters.peers = self.members.len() as u64;
        Some(member)
    }

    /// Takes what a peer sent, here or at another worker, out of its room and of everybody's slots.
    fn forget_publisher(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.remove(peer, &mut self.streams) else { return };
        self.exchange.forget(peer);
        let Some(room) = self.rooms.get_mut(&publisher.room) else { return };
        room.remove(peer);
        let others: Vec<_> = room.members.iter().copied().collect();
        for other in others {
            self.empty_slots_of(other, peer);
        }
        // Its place may be given to another: no packet may find it by an old route.
        self.stale_routes.insert(publisher.room);
        self.unsettled_rooms.insert(publisher.room);
    }
}

#[cfg(test)]
impl Engine {
    /// Lets a peer's transport panic as a defect of the library would.
    pub(crate) fn break_transport(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.peer.panic_inside();
        }
        self.unflushed.insert(peer);
    }
}
