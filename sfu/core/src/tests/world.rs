//! The world of a scenario: one engine, some clients, the link between them, and a clock that only we turn.

use super::Client;
use crate::{Arena, Datagram, Engine, EngineConfig, Input, Output};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{Demand, Gate, PeerId, RoomId, SfuCommand, SfuEvent, Slot, Source, SourceKind, View};
use std::collections::BTreeMap;
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
    pub(crate) clients: BTreeMap<PeerId, Client>,
    pub(crate) events: Vec<(Duration, SfuEvent)>,
    pub(crate) link: Link,
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
        println!("SIM_SEED={seed}");
        let now = crate::testing::epoch();
        let config = EngineConfig { local_addresses: vec![SERVER.parse().unwrap()], max_peers: 16 };
        let engine = Engine::new(config, [seed; 32], now).unwrap();
        let mut world = Self {
            now,
            start: now,
            engine,
            clients: BTreeMap::new(),
            events: Vec::new(),
            link: Link::default(),
            flights: BTreeMap::new(),
            next_flight: 0,
            free_at: BTreeMap::new(),
            engine_due: now,
            rng: ChaCha20Rng::from_seed([seed; 32]),
        };
        for room in 0..rooms {
            world.command(SfuCommand::OpenRoom { room: RoomId::new(room) });
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
        let peer = PeerId::new(number);
        let offer = client.offer();
        self.clients.insert(peer, client);
        self.command(SfuCommand::Connect { peer, room: RoomId::new(room), offer });
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
        self.command(SfuCommand::SetProgramme { room: RoomId::new(room), source, reverse: None });
    }

    pub(crate) fn view(&mut self, peer: PeerId, view: View) {
        self.command(SfuCommand::SetView { peer, view });
    }

    pub(crate) fn command(&mut self, command: SfuCommand) {
        self.engine.handle_input(self.now, Input::Command(command));
        self.drain_engine();
    }

    /// Puts a datagram into the engine as if it came from somewhere.
    pub(crate) fn inject(&mut self, source: SocketAddr, contents: &[u8]) {
        let destination = SERVER.parse().unwrap();
        let contents = &mut contents.to_vec();
        self.engine.handle_input(self.now, Input::Datagram(Datagram { source, destination, contents }));
        self.drain_engine();
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let clients = self.clients.values().map(Client::due).min();
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let next = [Some(self.engine_due), clients, flight].into_iter().flatten().min().unwrap_or(until);
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            self.deliver();
            if self.engine_due <= self.now {
                self.engine.handle_input(self.now, Input::Timeout);
                self.drain_engine();
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
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let mut flight = entry.remove();
            if flight.destination == SERVER.parse().unwrap() {
                let datagram = Datagram {
                    source: flight.source,
                    destination: flight.destination,
                    contents: &mut flight.contents,
                };
                self.engine.handle_input(self.now, Input::Datagram(datagram));
                self.drain_engine();
            } else if let Some(client) =
                self.clients.values_mut().find(|client| client.address == flight.destination)
            {
                client.receive(self.now, flight.source, &flight.contents);
            }
        }
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

    fn drain_engine(&mut self) {
        let mut arena = Arena::default();
        loop {
            match self.engine.poll_output(&mut arena) {
                Output::Timeout(at) => {
                    self.engine_due = at;
                    return;
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
            | SfuEvent::Line { .. } => {}
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
        let key = (leaves + self.link.delay + jitter, self.next_flight);
        self.flights.insert(key, Flight { source, destination, contents });
    }
}

impl World {
    /// When a datagram leaves the bottleneck in front of a client; none when its queue is full.
    fn leaves(&mut self, destination: SocketAddr, bytes: usize) -> Option<Instant> {
        let Some(capacity) = self.link.capacity_bps.filter(|_| destination != SERVER.parse().unwrap()) else {
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
