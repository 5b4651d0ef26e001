//! Several nodes in virtual time: each with engines of its own, joined by links whose wires lose, delay and limit, with real
//! WebRTC clients at any of them. It plays the signaling of all nodes: carries offers and answers of links between them, and
//! tells every node what concerns a room.

use super::super::Client;
use crate::{Arena, Counters, Datagram, Engine, EngineConfig, Input, Output, Parcel, WorkerId};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{
    Gate, LinkId, LinkLimits, LinkReport, NodeNumber, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent,
    Source, SourceKind, View,
};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(super) const ROOM: RoomId = RoomId::new(1);
/// What IP and UDP add to a datagram.
const BELOW_BYTES: u64 = 28;
/// A wire holds this much; what comes on top is dropped.
const QUEUE_MAX: Duration = Duration::from_millis(300);

/// What lies between two nodes, each way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire {
    pub(super) delay: Duration,
    pub(super) loss_permille: u32,
    pub(super) capacity_bps: Option<u64>,
    pub(super) is_cut: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self { delay: Duration::from_millis(5), loss_permille: 0, capacity_bps: None, is_cut: false }
    }
}

/// What one way of a wire carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// Everything, headers of IP and UDP included.
    pub(super) bytes: u64,
    /// Media packets, repairs among them.
    pub(super) media: u64,
}

/// One end of a link.
#[derive(Debug, Clone, Copy)]
struct End {
    other: usize,
    other_link: LinkId,
}

struct Node {
    engines: Vec<Engine>,
    dues: Vec<Instant>,
    crossing: VecDeque<(WorkerId, Parcel)>,
    links: BTreeMap<LinkId, End>,
    events: Vec<(Duration, SfuEvent)>,
}

/// See the module.
pub(super) struct Tree {
    pub(super) now: Instant,
    pub(super) start: Instant,
    nodes: Vec<Node>,
    pub(super) clients: BTreeMap<PeerId, Client>,
    wires: BTreeMap<(usize, usize), Wire>,
    carried: BTreeMap<(usize, usize), Carried>,
    /// Bytes to clients, headers included.
    shown: BTreeMap<SocketAddr, Carried>,
    free_at: BTreeMap<(usize, usize), Instant>,
    flights: BTreeMap<(Instant, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    next_flight: u64,
    next_link: u32,
    arena: Arena,
    rng: ChaCha20Rng,
}

impl Tree {
    /// So many nodes without links, each of so many workers, all with the room.
    pub(super) fn of(workers: &[usize]) -> Self {
        let seed = std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u8);
        println!("SIM_SEED={seed}");
        let now = crate::testing::epoch();
        let node = |(number, workers): (usize, &usize)| {
            let engine = |worker: usize| {
                let config =
                    EngineConfig { local_addresses: vec![address_of(number, worker)], max_peers: 64 };
                let mark = u8::try_from(number * 8 + worker).unwrap();
                let engine = Engine::new(config, [seed.wrapping_add(mark.wrapping_mul(7)); 32], now).unwrap();
                engine.among(WorkerId::new(worker).unwrap(), *workers)
            };
            Node {
                engines: (0..*workers).map(engine).collect(),
                dues: vec![now; *workers],
                crossing: VecDeque::new(),
                links: BTreeMap::new(),
                events: Vec::new(),
            }
        };
        let mut tree = Self {
            now,
            start: now,
            nodes: workers.iter().enumerate().map(node).collect(),
            clients: BTreeMap::new(),
            wires: BTreeMap::new(),
            carried: BTreeMap::new(),
            shown: BTreeMap::new(),
            free_at: BTreeMap::new(),
            flights: BTreeMap::new(),
            next_flight: 0,
            next_link: 0,
            arena: Arena::default(),
            rng: ChaCha20Rng::from_seed([seed; 32]),
        };
        tree.tell_all(&SfuCommand::OpenRoom { room: ROOM });
        tree
    }

    /// Nodes in a chain, each of which has dialled the one before, over this wire.
    pub(super) fn chain(length: usize, wire: Wire) -> Self {
        let mut tree = Self::of(&vec![1; length]);
        for node in 1..length {
            tree.link(node, node - 1, wire);
        }
        tree.run(Duration::from_secs(2));
        tree
    }

    /// Lets one node dial another and the room go on beyond that link.
    pub(super) fn link(&mut self, child: usize, parent: usize, wire: Wire) -> (LinkId, LinkId) {
        self.wires.insert(pair(child, parent), wire);
        self.dial(child, parent, LinkLimits::default())
    }

    /// Dials over a wire that is there.
    pub(super) fn dial(&mut self, child: usize, parent: usize, limits: LinkLimits) -> (LinkId, LinkId) {
        let ends = (LinkId::new(self.next_link), LinkId::new(self.next_link + 1));
        self.next_link += 2;
        self.nodes[child].links.insert(ends.0, End { other: parent, other_link: ends.1 });
        self.nodes[parent].links.insert(ends.1, End { other: child, other_link: ends.0 });
        self.command(child, SfuCommand::DialLink { link: ends.0, limits });
        self.command(child, SfuCommand::Span { room: ROOM, link: ends.0 });
        ends
    }

    pub(super) fn wire_mut(&mut self, one: usize, other: usize) -> &mut Wire {
        self.wires.get_mut(&pair(one, other)).unwrap()
    }

    /// Brings a client to a node and waits until it is connected; its gates are open.
    pub(super) fn join(&mut self, number: u32, node: usize) -> PeerId {
        let node_number = NodeNumber::new(u32::try_from(node).unwrap() + 1);
        let peer = PeerId::at(node_number, number);
        let mut client = Client::new(number, self.now);
        let offer = client.offer();
        self.clients.insert(peer, client);
        self.command(node, SfuCommand::Connect { peer, room: ROOM, offer });
        for kind in SourceKind::ALL {
            self.command(node, SfuCommand::SetGate { peer, kind, gate: Gate::Open });
        }
        self.run(Duration::from_secs(1));
        assert!(self.saw(node, |event| *event == SfuEvent::Connected { peer }), "{peer:?} did not connect");
        peer
    }

    /// Brings a client that sends large layers and nothing else.
    pub(super) fn join_camera(&mut self, number: u32, node: usize) -> PeerId {
        let peer = self.join(number, node);
        let client = self.client_mut(peer);
        client.sends_full_layers();
        client.sends_camera = true;
        peer
    }

    /// Puts a peer's camera on every stage.
    pub(super) fn programme(&mut self, peer: Option<PeerId>) {
        let source = peer.map(|peer| Source { peer, kind: SourceKind::Camera });
        self.tell_all(&SfuCommand::SetProgramme { room: ROOM, source, reverse: None });
    }

    /// Lets a peer see the stage at a height; 0 for nothing at all.
    pub(super) fn look(&mut self, peer: PeerId, height: u16) {
        let profile = if height == 0 { ReceiveProfile::AudioOnly } else { ReceiveProfile::Full };
        let view = View { profile, programme_height: height, slides_height: 0, mosaic: Vec::new() };
        self.command(node_of(peer), SfuCommand::SetView { peer, view });
    }

    pub(super) fn tell_all(&mut self, command: &SfuCommand) {
        (0..self.nodes.len()).for_each(|node| self.command(node, command.clone()));
    }

    #[expect(clippy::needless_pass_by_value, reason = "a story hands in what it just made")]
    pub(super) fn command(&mut self, node: usize, command: SfuCommand) {
        let whose = match &command {
            SfuCommand::Connect { peer, .. }
            | SfuCommand::Renegotiate { peer, .. }
            | SfuCommand::Disconnect { peer }
            | SfuCommand::SetGate { peer, .. }
            | SfuCommand::SetView { peer, .. } => Some(peer.number()),
            other => other.link().map(|link| u64::from(link.number() / 2)),
        };
        let workers = self.nodes[node].engines.len();
        let only = whose.map(|number| usize::try_from(number).unwrap() % workers);
        for worker in (0..workers).filter(|worker| only.is_none_or(|only| only == *worker)) {
            self.input(node, worker, Input::Command(command.clone()));
        }
    }

    fn input(&mut self, node: usize, worker: usize, input: Input<'_>) {
        self.nodes[node].engines[worker].handle_input(self.now, input);
        self.drain(node, worker);
        while let Some((to, parcel)) = self.nodes[node].crossing.pop_front() {
            self.nodes[node].engines[to.number()].handle_input(self.now, Input::Crossed(&parcel));
            self.drain(node, to.number());
        }
    }

    fn drain(&mut self, node: usize, worker: usize) {
        let mut arena = std::mem::take(&mut self.arena);
        arena.clear();
        let mut told = Vec::new();
        loop {
            match self.nodes[node].engines[worker].poll_output(&mut arena) {
                Output::Timeout(at) => {
                    self.nodes[node].dues[worker] = at;
                    break;
                }
                Output::Cross(crossing) => {
                    let parcel = crossing.parcel(&arena);
                    self.nodes[node].crossing.extend(crossing.to.iter().map(|to| (to, parcel.clone())));
                }
                Output::Transmit(transmit) => {
                    for contents in arena.contents(&transmit).chunks(transmit.segment) {
                        self.fly(transmit.source, transmit.destination, contents.to_vec());
                    }
                }
                Output::Event(event) => told.push(event),
                Output::Flush => arena.clear(),
            }
        }
        self.arena = arena;
        told.into_iter().for_each(|event| self.on_event(node, event));
    }

    /// Plays signaling.
    fn on_event(&mut self, node: usize, event: SfuEvent) {
        let at = self.now - self.start;
        self.nodes[node].events.push((at, event.clone()));
        match event {
            SfuEvent::Answered { peer, answer, slots } => {
                self.clients.get_mut(&peer).unwrap().accept(&answer, &slots);
            }
            SfuEvent::Demanded { peer, kind, demand } => {
                if let Some(client) = self.clients.get_mut(&peer) {
                    client.demanded.insert(kind, demand);
                }
            }
            SfuEvent::LinkOffered { link, offer } => {
                let End { other, other_link } = self.nodes[node].links[&link];
                let limits = LinkLimits::default();
                self.command(other, SfuCommand::AcceptLink { link: other_link, offer, limits });
                self.command(other, SfuCommand::Span { room: ROOM, link: other_link });
            }
            SfuEvent::LinkAnswered { link, answer } => {
                let End { other, other_link } = self.nodes[node].links[&link];
                self.command(other, SfuCommand::CompleteLink { link: other_link, answer });
            }
            _ => {}
        }
    }

    fn fly(&mut self, source: SocketAddr, destination: SocketAddr, contents: Vec<u8>) {
        let bytes = contents.len() as u64 + BELOW_BYTES;
        let is_rtp = matches!(contents.as_slice(), [128..=191, kind, ..] if !(192..=223).contains(kind));
        let ends = (node_at(source), node_at(destination));
        let (mut leaves, mut delay) = (self.now, Duration::from_millis(5));
        if let (Some(from), Some(to)) = ends {
            let wire = self.wires[&pair(from, to)];
            let carried = self.carried.entry((from, to)).or_default();
            carried.bytes += bytes;
            carried.media += u64::from(is_rtp);
            let lost = contents[0] >= 128 && self.rng.random_range(0..1_000) < wire.loss_permille;
            if wire.is_cut || lost {
                return;
            }
            delay = wire.delay;
            if let Some(capacity) = wire.capacity_bps {
                let free = self.free_at.entry((from, to)).or_insert(self.now);
                let start = self.now.max(*free);
                if start - self.now > QUEUE_MAX {
                    return;
                }
                *free = start + Duration::from_micros(bytes * 8_000_000 / capacity);
                leaves = *free;
            }
        } else if ends.1.is_none() {
            let shown = self.shown.entry(destination).or_default();
            shown.bytes += bytes;
            shown.media += u64::from(is_rtp);
        }
        self.next_flight += 1;
        self.flights.insert((leaves + delay, self.next_flight), (source, destination, contents));
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let dues = self.nodes.iter().flat_map(|node| &node.dues).copied();
            let clients = self.clients.values().map(Client::due);
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let next = dues.chain(clients).chain(flight).min().unwrap_or(until);
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            self.deliver();
            for node in 0..self.nodes.len() {
                for worker in 0..self.nodes[node].engines.len() {
                    if self.nodes[node].dues[worker] <= self.now {
                        self.input(node, worker, Input::Timeout);
                    }
                }
            }
            let mut sent = Vec::new();
            for client in self.clients.values_mut() {
                client.tick(self.now, &mut sent);
            }
            for (source, destination, contents) in sent {
                self.fly(source, destination, contents);
            }
        }
        self.now = until;
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (source, destination, mut contents) = entry.remove();
            if let Some(node) = node_at(destination) {
                let worker = usize::from(destination.port() - PORT);
                let datagram = Datagram { source, destination, contents: &mut contents };
                self.input(node, worker, Input::Datagram(datagram));
            } else if let Some(client) =
                self.clients.values_mut().find(|client| client.address == destination)
            {
                client.receive(self.now, source, &contents);
            }
        }
    }
}

impl Tree {
    pub(super) fn saw(&self, node: usize, which: impl Fn(&SfuEvent) -> bool) -> bool {
        self.nodes[node].events.iter().any(|(_, event)| which(event))
    }

    /// What a node reported since a moment.
    pub(super) fn told<T>(
        &self,
        node: usize,
        since: Duration,
        which: impl Fn(&SfuEvent) -> Option<T>,
    ) -> Vec<(Duration, T)> {
        let events = self.nodes[node].events.iter().filter(|(at, _)| *at >= since);
        events.filter_map(|(at, event)| Some((*at, which(event)?))).collect()
    }

    /// The last figures of a node's link.
    pub(super) fn line(&self, node: usize, link: LinkId) -> LinkReport {
        let lines = self.told(node, Duration::ZERO, |event| match event {
            SfuEvent::LinkLine { link: whose, report } if *whose == link => Some(*report),
            _ => None,
        });
        lines.last().expect("the link has a line").1
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub(super) fn client(&self, peer: PeerId) -> &Client {
        &self.clients[&peer]
    }

    pub(super) fn client_mut(&mut self, peer: PeerId) -> &mut Client {
        self.clients.get_mut(&peer).unwrap()
    }

    pub(super) fn forget_received(&mut self) {
        self.clients.values_mut().for_each(|client| client.received.clear());
    }

    /// What went from one node to another while something happened.
    pub(super) fn carried(&mut self, from: usize, to: usize, during: impl FnOnce(&mut Self)) -> Carried {
        let of = |tree: &Self| tree.carried.get(&(from, to)).copied().unwrap_or_default();
        let before = of(self);
        during(self);
        let after = of(self);
        Carried { bytes: after.bytes - before.bytes, media: after.media - before.media }
    }

    /// What went over every way of every wire so far.
    pub(super) fn all_carried(&self) -> BTreeMap<(usize, usize), Carried> {
        self.carried.clone()
    }

    /// What went to a client so far.
    pub(super) fn shown_to(&self, peer: PeerId) -> Carried {
        self.shown.get(&self.client(peer).address).copied().unwrap_or_default()
    }

    pub(super) fn counters(&self, node: usize) -> Vec<Counters> {
        self.nodes[node].engines.iter().map(|engine| *engine.counters()).collect()
    }
}

const PORT: u16 = 40_000;

/// Where a client is connected.
fn node_of(peer: PeerId) -> usize {
    usize::try_from(peer.node().number()).unwrap() - 1
}

fn address_of(node: usize, worker: usize) -> SocketAddr {
    let last = u8::try_from(node + 1).unwrap();
    SocketAddr::from(([192, 0, 2, last], PORT + u16::try_from(worker).unwrap()))
}

fn node_at(address: SocketAddr) -> Option<usize> {
    match address {
        SocketAddr::V4(v4) => match v4.ip().octets() {
            [192, 0, 2, last] => Some(usize::from(last) - 1),
            _ => None,
        },
        SocketAddr::V6(_) => None,
    }
}

fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}
