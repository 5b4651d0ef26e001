//! What forwarding costs the engine, without sockets: one publisher, N who watch, packets of 1,200 bytes at 125 a second
//! of virtual time, one at a time and eight together. Thread CPU time per forwarded packet, timers included; the viewers'
//! feedback is not, since they are real stacks and would fill the caches. `cargo bench -p sfu-core`.
//!
//! Then the same viewers dealt out over workers. Each worker's time is taken by itself on one processor, so what is
//! measured is how the work divides, crossings included, and not how many processors were free. A node is as fast as
//! its busiest worker.
//!
//! Last, what it costs when one more comes to a room in which so many watch already: offer, ICE, DTLS, the first picture.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::panic,
    reason = "a bench prints its table and stops at what fails"
)]

#[path = "forward/client.rs"]
mod client;

use client::Client;
use rustix::time::{ClockId, clock_gettime};
use sfu_control::{Gate, PeerId, RoomId, SfuCommand, SfuEvent, Source, SourceKind};
use sfu_core::{Arena, Datagram, Engine, EngineConfig, Input, Output, Parcel, WorkerId};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ROOM: RoomId = RoomId::new(1);
const PUBLISHER: PeerId = PeerId::new(0);
const INTERVAL: Duration = Duration::from_millis(8);
/// Packets of one case: sixteen seconds of virtual time, less than a silent client is borne.
const PACKETS: usize = 1_600;
const WARM_UP: usize = 400;
/// Who come one after the other while others watch.
const JOINS: u32 = 50;

fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 40_000))
}

/// CPU time of this thread so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// One engine, and what it has cost.
struct Worker {
    engine: Engine,
    arena: Arena,
    spent: Duration,
}

/// The engines of a node and their clients, dealt out one by one.
struct World {
    now: Instant,
    workers: Vec<Worker>,
    clients: HashMap<SocketAddr, Client>,
    crossing: VecDeque<(usize, Parcel)>,
    letters: Vec<(SocketAddr, Vec<u8>)>,
    events: Vec<SfuEvent>,
}

impl World {
    fn new(viewers: u32, workers: usize) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time must begin somewhere")]
        let now = Instant::now();
        let worker = |number| {
            let config = EngineConfig { local_addresses: vec![server()], max_peers: 2_000 };
            let engine = Engine::new(config, [7; 32], now).unwrap();
            let engine = engine.among(WorkerId::new(number).unwrap(), workers);
            Worker { engine, arena: Arena::default(), spent: Duration::ZERO }
        };
        let mut world = Self {
            now,
            workers: (0..workers).map(worker).collect(),
            clients: HashMap::new(),
            crossing: VecDeque::new(),
            letters: Vec::new(),
            events: Vec::new(),
        };
        world.tell_all(&SfuCommand::OpenRoom { room: ROOM });
        for number in 0..=viewers {
            world.join(number);
        }
        let camera = Source { peer: PUBLISHER, kind: SourceKind::Camera };
        let open = SfuCommand::SetGate { peer: PUBLISHER, kind: camera.kind, gate: Gate::Open };
        world.hand_in(0, Input::Command(open));
        world.tell_all(&SfuCommand::SetProgramme { room: ROOM, source: Some(camera), reverse: None });
        world
    }

    fn tell_all(&mut self, command: &SfuCommand) {
        for worker in 0..self.workers.len() {
            self.hand_in(worker, Input::Command(command.clone()));
        }
    }

    /// Where a client lives.
    fn home(&self, number: u32) -> usize {
        number as usize % self.workers.len()
    }

    fn join(&mut self, number: u32) {
        let (mut client, offer) = Client::new(number, self.now);
        let (address, home) = (client.address, self.home(number));
        self.events.clear();
        self.hand_in(
            home,
            Input::Command(SfuCommand::Connect { peer: PeerId::new(number.into()), room: ROOM, offer }),
        );
        for event in self.events.drain(..) {
            if let SfuEvent::Answered { answer, .. } = event {
                client.accept(&answer);
            }
        }
        self.clients.insert(address, client);
        for _ in 0..40 {
            for mut contents in self.clients.get_mut(&address).unwrap().drain(self.now) {
                let datagram = Datagram { source: address, destination: server(), contents: &mut contents };
                self.hand_in(home, Input::Datagram(datagram));
            }
            for (to, letter) in std::mem::take(&mut self.letters) {
                if let Some(client) = self.clients.get_mut(&to) {
                    client.receive(self.now, &letter);
                }
            }
            self.now += Duration::from_micros(200);
            let connected = self.events.iter().any(|event| matches!(event, SfuEvent::Connected { .. }));
            if connected && self.clients.get(&address).unwrap().rtc.is_connected() {
                return;
            }
        }
        panic!("client {number} did not connect");
    }

    /// Hands something in, and all that crosses because of it; what is sent and told is kept.
    fn hand_in(&mut self, worker: usize, input: Input<'_>) {
        let before = cpu();
        self.workers[worker].engine.handle_input(self.now, input);
        self.write(worker, true);
        self.workers[worker].spent += cpu() - before;
        while let Some((worker, parcel)) = self.crossing.pop_front() {
            self.workers[worker].engine.handle_input(self.now, Input::Crossed(&parcel));
            self.write(worker, true);
        }
    }

    /// Everything one engine says now.
    fn write(&mut self, worker: usize, keep: bool) {
        let Worker { engine, arena, .. } = &mut self.workers[worker];
        loop {
            match engine.poll_output(arena) {
                Output::Transmit(transmit) if keep => {
                    self.letters.push((transmit.destination, arena.contents(&transmit).to_vec()));
                }
                Output::Event(event) if keep => self.events.push(event),
                Output::Transmit(_) | Output::Event(_) => {}
                Output::Flush => arena.clear(),
                Output::Cross(crossing) => {
                    let parcel = crossing.parcel(arena);
                    self.crossing.extend(crossing.to.iter().map(|to| (to.number(), parcel.clone())));
                }
                Output::Timeout(_) => break,
            }
        }
        arena.clear();
    }

    /// Hands in what arrived together at the publisher's worker and lets every worker write; each one's time is its own.
    fn forward(&mut self, source: SocketAddr, arrived: &mut [Vec<u8>]) {
        let before = cpu();
        for contents in arrived {
            let datagram = Datagram { source, destination: server(), contents };
            self.workers[0].engine.handle_input(self.now, Input::Datagram(datagram));
        }
        self.workers[0].engine.handle_input(self.now, Input::Timeout);
        self.write(0, false);
        self.workers[0].spent += cpu() - before;
        let mut crossing = std::mem::take(&mut self.crossing);
        for worker in 1..self.workers.len() {
            let before = cpu();
            for (_, parcel) in crossing.iter().filter(|(to, _)| *to == worker) {
                self.workers[worker].engine.handle_input(self.now, Input::Crossed(parcel));
            }
            self.workers[worker].engine.handle_input(self.now, Input::Timeout);
            self.write(worker, false);
            self.workers[worker].spent += cpu() - before;
        }
        // What crosses back, a request for a keyframe or who is shown what, is taken in before the next packets.
        crossing.clear();
        std::mem::swap(&mut crossing, &mut self.crossing);
        for (worker, parcel) in crossing {
            let before = cpu();
            self.workers[worker].engine.handle_input(self.now, Input::Crossed(&parcel));
            self.write(worker, false);
            self.workers[worker].spent += cpu() - before;
        }
    }

    fn forwarded(&self) -> u64 {
        self.workers.iter().map(|worker| worker.engine.counters().media_forwarded).sum()
    }
}

/// What a case came to.
struct Cost {
    /// Nanoseconds per forwarded packet of the busiest worker's time.
    nanos: f64,
    forwarded: u64,
}

fn measure(viewers: u32, together: usize, workers: usize) -> Cost {
    let mut world = World::new(viewers, workers);
    let source = SocketAddr::from(([10, 0, 0, 0], 5_000));
    let mut before = 0;
    let mut arrived = Vec::new();
    for number in 1..=PACKETS {
        world.now += INTERVAL;
        let now = world.now;
        arrived.extend(world.clients.get_mut(&source).unwrap().media(now, number as u64));
        if arrived.len() < together {
            continue;
        }
        world.forward(source, &mut arrived);
        arrived.clear();
        if number <= WARM_UP {
            before = world.forwarded();
            world.workers.iter_mut().for_each(|worker| worker.spent = Duration::ZERO);
        }
    }
    let forwarded = world.forwarded() - before;
    let busiest = world.workers.iter().map(|worker| worker.spent).max().unwrap();
    Cost { nanos: busiest.as_nanos() as f64 / forwarded.max(1) as f64, forwarded }
}

/// Milliseconds of the engine for each of some who come while so many watch and a camera sends.
fn join(viewers: u32) -> f64 {
    let mut world = World::new(viewers, 1);
    let source = SocketAddr::from(([10, 0, 0, 0], 5_000));
    let mut spent = Duration::ZERO;
    for number in 1..=JOINS {
        world.now += INTERVAL;
        let now = world.now;
        let mut arrived = world.clients.get_mut(&source).unwrap().media(now, number.into());
        world.workers[0].spent = Duration::ZERO;
        world.join(viewers + number);
        spent += world.workers[0].spent;
        // The picture everybody gets is not the newcomer's cost.
        world.forward(source, &mut arrived);
    }
    spent.as_secs_f64() * 1_000.0 / f64::from(JOINS)
}

fn main() {
    println!("{:>8} {:>9} {:>12} {:>10}", "viewers", "together", "ns/packet", "forwarded");
    for viewers in [10, 100, 400, 1_000] {
        for together in [1, 8] {
            let Cost { nanos, forwarded } = measure(viewers, together, 1);
            println!("{viewers:>8} {together:>9} {nanos:>12.0} {forwarded:>10}");
        }
    }
    println!("\n{:>8} {:>9} {:>12} {:>10}", "viewers", "workers", "ns/packet", "times one");
    for viewers in [100, 400] {
        let one = measure(viewers, 8, 1);
        for workers in [2, 4] {
            let many = measure(viewers, 8, workers);
            // Viewers of another worker lack what was sent before their first keyframe crossed, nothing after.
            assert_eq!(
                many.forwarded, one.forwarded,
                "as many packets reach the viewers of {workers} workers"
            );
            println!("{viewers:>8} {workers:>9} {:>12.0} {:>10.2}", many.nanos, one.nanos / many.nanos);
        }
    }
    println!("\n{:>8} {:>9}", "watching", "ms/join");
    for viewers in [10, 100, 400, 1_000] {
        println!("{viewers:>8} {:>9.2}", join(viewers));
    }
}
