//! The world of a scenario: one engine, some clients, the link between them, and a clock that only we turn.

use super::Client;
use super::allocations::{Allocations, Cause};
use crate::{Arena, Datagram, Engine, EngineConfig, Input, Output, Parcel, WorkerId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{Demand, Gate, PeerId, RoomId, SfuCommand, SfuEvent, Slot, Source, SourceKind, View};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What lies between engine and clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// One way.
    pub(crate) delay: Duration,
    /// Added at random, so packets overtake each other.
    pub(crate) jitter: Duration,
    /// Media packets of a thousand that never arrive; the handshake is spared.
    pub(crate) loss_permille: u32,
    /// What a downlink carries, bits per second; none when it carries everything.
    pub(crate) capacity_bps: Option<u64>,
    /// Whose downlink that is.
    pub(crate) bottleneck: Bottleneck,
    /// What arrives within so long arrives together, as a network card hands it over; zero when each arrives alone.
    pub(crate) grain: Duration,
}

/// Who stands in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bottleneck {
    /// Every client has its own.
    Each,
    /// All clients share one.
    Shared,
}

/// A bottleneck holds this much; what comes on top is dropped.
const QUEUE_MAX: Duration = Duration::from_millis(300);

impl Default for Link {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            loss_permille: 0,
            capacity_bps: None,
            bottleneck: Bottleneck::Each,
            grain: Duration::ZERO,
        }
    }
}

/// A datagram under way.
#[derive(Debug)]
struct Flight {
    source: SocketAddr,
    destination: SocketAddr,
    contents: Vec<u8>,
}

/// See the module.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) start: Instant,
    pub(crate) engine: Engine,
    /// The other workers of the node, and when each is due; peers are dealt out over all by their numbers.
    beside: Vec<(Engine, Instant)>,
    /// What crosses between workers, and whether it does.
    crossing: VecDeque<(WorkerId, Parcel)>,
    pub(crate) crossings_lost: bool,
    pub(crate) clients: BTreeMap<PeerId, Client>,
    pub(crate) events: Vec<(Duration, SfuEvent)>,
    pub(crate) link: Link,
    /// Datagrams that arrive at one instant and are handed in before the engine is asked what it has to say.
    pub(crate) together: usize,
    /// How many that ever were.
    pub(crate) together_max: usize,
    /// What the engines allocated, and what they were woken by last.
    pub(crate) allocations: Allocations,
    cause: Cause,
    /// Bytes the engines asked for and have not given back.
    pub(crate) held: i64,
    /// What an engine writes into.
    arena: Arena,
    flights: BTreeMap<(Instant, u64), Flight>,
    next_flight: u64,
    /// When each client's downlink has sent what it holds.
    free_at: BTreeMap<SocketAddr, Instant>,
    engine_due: Instant,
    rng: ChaCha20Rng,
}

pub(crate) const SERVER: &str = "192.0.2.1:40000";

impl World {
    /// A world with some rooms. The seed can be replayed with `SIM_SEED`.
    pub(crate) fn new(rooms: u32) -> Self {
        let seed = std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u8);
        Self::seeded(rooms, seed)
    }

    pub(crate) fn seeded(rooms: u32, seed: u8) -> Self {
        Self::with_workers(rooms, seed, 1)
    }

    /// A world whose node has several workers.
    pub(crate) fn with_workers(rooms: u32, seed: u8, workers: usize) -> Self {
        println!("SIM_SEED={seed}");
        let now = crate::testing::epoch();
        let worker = |number: usize| {
            let config = EngineConfig { local_addresses: vec![address_of(number)], max_peers: 16 };
            let seed = [seed.wrapping_add(u8::try_from(number).unwrap().wrapping_mul(100)); 32];
            Engine::new(config, seed, now).unwrap().among(WorkerId::new(number).unwrap(), workers)
        };
        let engine = worker(0);
        let mut world = Self {
            now,
            start: now,
            engine,
            beside: Vec::new(),
            crossing: VecDeque::new(),
            crossings_lost: false,
            clients: BTreeMap::new(),
            events: Vec::new(),
            link: Link::default(),
            together: 1,
            together_max: 0,
            allocations: Allocations::default(),
            cause: Cause::Control,
            held: 0,
            arena: Arena::default(),
            flights: BTreeMap::new(),
            next_flight: 0,
            free_at: BTreeMap::new(),
            engine_due: now,
            rng: ChaCha20Rng::from_seed([seed; 32]),
        };
        world.beside = (1..workers).map(|number| (worker(number), now)).collect();
        for room in 0..rooms {
            world.command(SfuCommand::OpenRoom { room: RoomId::new(room.into()) });
        }
        world
    }

    /// Brings a client into a room and waits until it is connected.
    pub(crate) fn join(&mut self, number: u32, room: u32) -> PeerId {
        let peer = self.connect(number, room, Client::new(number, self.now));
        self.run(Duration::from_secs(2));
        assert!(self.saw(|event| *event == SfuEvent::Connected { peer }), "peer {number} did not connect");
        peer
    }

    /// Offers a client to a room without waiting.
    pub(crate) fn connect(&mut self, number: u32, room: u32, mut client: Client) -> PeerId {
        let peer = PeerId::new(number.into());
        let offer = client.offer();
        self.clients.insert(peer, client);
        self.command(SfuCommand::Connect { peer, room: RoomId::new(room.into()), offer });
        peer
    }

    /// Opens every gate of a peer.
    pub(crate) fn open(&mut self, peer: PeerId) {
        for kind in SourceKind::ALL {
            self.gate(peer, kind, Gate::Open);
        }
    }

    pub(crate) fn gate(&mut self, peer: PeerId, kind: SourceKind, gate: Gate) {
        self.command(SfuCommand::SetGate { peer, kind, gate });
    }

    /// Puts a peer's camera on stage.
    pub(crate) fn programme(&mut self, room: u32, peer: Option<PeerId>) {
        let source = peer.map(camera);
        self.command(SfuCommand::SetProgramme { room: RoomId::new(room.into()), source, reverse: None });
    }

    pub(crate) fn view(&mut self, peer: PeerId, view: View) {
        self.command(SfuCommand::SetView { peer, view });
    }

    #[expect(clippy::needless_pass_by_value, reason = "a story hands in what it just made")]
    pub(crate) fn command(&mut self, command: SfuCommand) {
        let peer = match &command {
            SfuCommand::OpenRoom { .. }
            | SfuCommand::CloseRoom { .. }
            | SfuCommand::SetProgramme { .. }
            | SfuCommand::SetSlides { .. }
            | SfuCommand::SetFloor { .. }
            | SfuCommand::DialLink { .. }
            | SfuCommand::AcceptLink { .. }
            | SfuCommand::CompleteLink { .. }
            | SfuCommand::SetLinkLimits { .. }
            | SfuCommand::CloseLink { .. }
            | SfuCommand::Span { .. }
            | SfuCommand::Unspan { .. } => None,
            SfuCommand::Connect { peer, .. }
            | SfuCommand::Renegotiate { peer, .. }
            | SfuCommand::Disconnect { peer }
            | SfuCommand::MoveTo { peer, .. }
            | SfuCommand::SetGate { peer, .. }
            | SfuCommand::SetView { peer, .. } => Some(*peer),
        };
        let workers = self.beside.len() + 1;
        let all = 0..workers;
        let only = peer.map(|peer| usize::try_from(peer.number()).unwrap() % workers);
        for worker in all.filter(|worker| only.is_none_or(|only| only == *worker)) {
            self.input(worker, Input::Command(command.clone()));
        }
    }

    /// Lets one worker have an input, and everybody what follows from it.
    fn input(&mut self, worker: usize, input: Input<'_>) {
        self.hand_in(worker, input);
        self.drain(worker);
    }

    fn hand_in(&mut self, worker: usize, input: Input<'_>) {
        let now = self.now;
        self.cause = Cause::of(&input);
        let engine = self.engine_at(worker);
        let allocated = allocation_counter::measure(|| engine.handle_input(now, input));
        self.allocations.count(self.cause, allocated.count_total);
        self.held += allocated.bytes_current;
    }

    fn drain(&mut self, worker: usize) {
        self.drain_engine(worker);
        while let Some((worker, parcel)) = self.crossing.pop_front() {
            self.hand_in(worker.number(), Input::Crossed(&parcel));
            self.drain_engine(worker.number());
        }
    }

    pub(crate) fn engine_at(&mut self, worker: usize) -> &mut Engine {
        match worker {
            0 => &mut self.engine,
            other => &mut self.beside[other - 1].0,
        }
    }

    /// Puts a datagram into the engine as if it came from somewhere.
    pub(crate) fn inject(&mut self, source: SocketAddr, contents: &[u8]) {
        let destination = SERVER.parse().unwrap();
        let contents = &mut contents.to_vec();
        self.input(0, Input::Datagram(Datagram { source, destination, contents }));
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let clients = self.clients.values().map(Client::due).min();
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let beside = self.beside.iter().map(|(_, due)| *due).min();
            let next =
                [Some(self.engine_due), beside, clients, flight].into_iter().flatten().min().unwrap_or(until);
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            self.deliver();
            for worker in 0..=self.beside.len() {
                let due = if worker == 0 { self.engine_due } else { self.beside[worker - 1].1 };
                if due <= self.now {
                    self.input(worker, Input::Timeout);
                }
            }
            self.tick_clients();
        }
        self.now = until;
    }

    /// Whether an event of this kind was seen.
    pub(crate) fn saw(&self, which: impl Fn(&SfuEvent) -> bool) -> bool {
        self.events.iter().any(|(_, event)| which(event))
    }

    /// The events of this kind since a moment, mapped.
    pub(crate) fn since<T>(&self, moment: Duration, which: impl Fn(&SfuEvent) -> Option<T>) -> Vec<T> {
        self.events.iter().filter(|(at, _)| *at >= moment).filter_map(|(_, event)| which(event)).collect()
    }

    /// How long the world has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub(crate) fn client(&self, peer: PeerId) -> &Client {
        &self.clients[&peer]
    }

    pub(crate) fn client_mut(&mut self, peer: PeerId) -> &mut Client {
        self.clients.get_mut(&peer).unwrap()
    }

    /// Forgets what was received so far, so that a story can speak of what comes after.
    pub(crate) fn forget_received(&mut self) {
        for client in self.clients.values_mut() {
            client.received.clear();
        }
    }

    fn deliver(&mut self) {
        let mut waiting = 0;
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let mut flight = entry.remove();
            if let Some(worker) = worker_of(flight.destination) {
                let datagram = Datagram {
                    source: flight.source,
                    destination: flight.destination,
                    contents: &mut flight.contents,
                };
                self.hand_in(worker, Input::Datagram(datagram));
                waiting += 1;
                self.together_max = self.together_max.max(waiting);
                if waiting >= self.together {
                    waiting = 0;
                    self.drain_all();
                }
            } else if let Some(client) =
                self.clients.values_mut().find(|client| client.address == flight.destination)
            {
                client.receive(self.now, flight.source, &flight.contents);
            }
        }
        if waiting > 0 {
            self.drain_all();
        }
    }

    fn drain_all(&mut self) {
        (0..=self.beside.len()).for_each(|worker| self.drain(worker));
    }

    fn tick_clients(&mut self) {
        let mut sent = Vec::new();
        for client in self.clients.values_mut() {
            client.tick(self.now, &mut sent);
        }
        for (source, destination, contents) in sent {
            self.fly(source, destination, contents);
        }
    }

    fn drain_engine(&mut self, worker: usize) {
        let mut arena = std::mem::take(&mut self.arena);
        arena.clear();
        loop {
            match self.poll(worker, &mut arena) {
                Output::Timeout(at) if worker == 0 => {
                    self.engine_due = at;
                    break;
                }
                Output::Timeout(at) => {
                    self.beside[worker - 1].1 = at;
                    break;
                }
                Output::Cross(_) if self.crossings_lost => {}
                Output::Cross(crossing) => {
                    let parcel = crossing.parcel(&arena);
                    self.crossing.extend(crossing.to.iter().map(|to| (to, parcel.clone())));
                }
                Output::Transmit(transmit) => {
                    for contents in arena.contents(&transmit).chunks(transmit.segment) {
                        self.fly(transmit.source, transmit.destination, contents.to_vec());
                    }
                }
                Output::Event(event) => self.on_event(event),
                Output::Flush => arena.clear(),
            }
        }
        self.arena = arena;
        self.engine_at(worker).assert_settled();
    }

    fn poll(&mut self, worker: usize, arena: &mut Arena) -> Output {
        let engine = self.engine_at(worker);
        let mut output = None;
        let allocated = allocation_counter::measure(|| output = Some(engine.poll_output(arena)));
        self.allocations.count(self.cause, allocated.count_total);
        self.held += allocated.bytes_current;
        output.expect("the engine was asked")
    }

    /// Plays signaling: hands answers and demands to the clients.
    fn on_event(&mut self, event: SfuEvent) {
        match &event {
            SfuEvent::Answered { peer, answer, slots } => {
                if let Some(client) = self.clients.get_mut(peer) {
                    client.accept(answer, slots);
                }
            }
            SfuEvent::Demanded { peer, kind, demand } => {
                if let Some(client) = self.clients.get_mut(peer) {
                    client.demanded.insert(*kind, *demand);
                }
            }
            SfuEvent::Refused { .. }
            | SfuEvent::Connected { .. }
            | SfuEvent::Disconnected { .. }
            | SfuEvent::SlotSwitched { .. }
            | SfuEvent::Speaking { .. }
            | SfuEvent::Line { .. }
            | SfuEvent::LinkOffered { .. }
            | SfuEvent::LinkAnswered { .. }
            | SfuEvent::LinkRefused { .. }
            | SfuEvent::LinkUp { .. }
            | SfuEvent::LinkDown { .. }
            | SfuEvent::LinkLine { .. } => {}
        }
        self.events.push((self.elapsed(), event));
    }

    fn fly(&mut self, source: SocketAddr, destination: SocketAddr, contents: Vec<u8>) {
        let media = contents.first().is_some_and(|first| *first >= 128);
        if media && self.rng.random_range(0..1_000) < self.link.loss_permille {
            return;
        }
        let jitter = self.link.jitter.mul_f64(self.rng.random());
        self.next_flight += 1;
        let Some(leaves) = self.leaves(destination, contents.len()) else { return };
        let key = (self.at_once(leaves + self.link.delay + jitter), self.next_flight);
        self.flights.insert(key, Flight { source, destination, contents });
    }
}

impl World {
    /// When something that arrives is handed over.
    fn at_once(&self, arrives: Instant) -> Instant {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
        match micros(self.link.grain) {
            0 => arrives,
            grain => self.start + Duration::from_micros(micros(arrives - self.start).next_multiple_of(grain)),
        }
    }

    /// When a datagram leaves the bottleneck in front of a client; none when its queue is full.
    fn leaves(&mut self, destination: SocketAddr, bytes: usize) -> Option<Instant> {
        let Some(capacity) = self.link.capacity_bps.filter(|_| worker_of(destination).is_none()) else {
            return Some(self.now);
        };
        let whose = match self.link.bottleneck {
            Bottleneck::Each => destination,
            Bottleneck::Shared => SERVER.parse().unwrap(),
        };
        let free = self.free_at.entry(whose).or_insert(self.now);
        let start = self.now.max(*free);
        if start - self.now > QUEUE_MAX {
            return None;
        }
        *free = start + Duration::from_micros(bytes as u64 * 8_000_000 / capacity);
        Some(*free)
    }
}

/// Where a worker is reached.
fn address_of(worker: usize) -> SocketAddr {
    let first: SocketAddr = SERVER.parse().unwrap();
    SocketAddr::new(first.ip(), first.port() + u16::try_from(worker).unwrap())
}

/// Whose address it is.
fn worker_of(address: SocketAddr) -> Option<usize> {
    let first: SocketAddr = SERVER.parse().unwrap();
    (address.ip() == first.ip()).then(|| usize::from(address.port() - first.port()))
}

pub(crate) fn camera(peer: PeerId) -> Source {
    Source { peer, kind: SourceKind::Camera }
}

pub(crate) fn microphone(peer: PeerId) -> Source {
    Source { peer, kind: SourceKind::Microphone }
}

/// Picks switches of one slot of one peer.
pub(crate) fn switches(peer: PeerId, slot: Slot) -> impl Fn(&SfuEvent) -> Option<Option<Source>> {
    move |event| match event {
        SfuEvent::SlotSwitched { peer: whose, slot: which, source, .. }
            if *whose == peer && *which == slot =>
        {
            Some(*source)
        }
        _ => None,
    }
}

/// Picks demands on a peer's camera.
pub(crate) fn demands(peer: PeerId) -> impl Fn(&SfuEvent) -> Option<Demand> {
    move |event| match event {
        SfuEvent::Demanded { peer: whose, kind: SourceKind::Camera, demand } if *whose == peer => {
            Some(*demand)
        }
        _ => None,
    }
}
