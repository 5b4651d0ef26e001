//! What forwarding costs the engine, without sockets: one publisher, N who watch, packets of 1,200 bytes at 125 a second
//! of virtual time, one at a time and eight together. Thread CPU time per forwarded packet, timers included; the viewers'
//! feedback is not, since they are real stacks and would fill the caches. `cargo bench -p sfu-core`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "a bench prints its table and stops at what fails"
)]

use rustix::time::{ClockId, clock_gettime};
use sfu_control::{Gate, PeerId, RoomId, SfuCommand, SfuEvent, Source, SourceKind};
use sfu_core::{Arena, Datagram, Engine, EngineConfig, Input, Output};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Rtc};

const ROOM: RoomId = RoomId::new(1);
const PUBLISHER: PeerId = PeerId::new(0);
const PAYLOAD_BYTES: usize = 1_172;
const INTERVAL: Duration = Duration::from_millis(8);
/// Packets of one case: sixteen seconds of virtual time, less than a silent client is borne.
const PACKETS: usize = 1_600;
const WARM_UP: usize = 400;

fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 40_000))
}

/// CPU time of this thread so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// A real stack as client.
struct Client {
    address: SocketAddr,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    camera: Mid,
}

impl Client {
    fn new(number: u32, now: Instant) -> (Self, String) {
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

    fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    fn receive(&mut self, now: Instant, contents: &[u8]) {
        let received = Receive::new(Protocol::Udp, server(), self.address, contents).unwrap();
        self.rtc.handle_input(str0m::Input::Receive(now, received)).unwrap();
    }

    /// What it sends now.
    fn drain(&mut self, now: Instant) -> Vec<Vec<u8>> {
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
    fn media(&mut self, now: Instant, number: u64) -> Vec<Vec<u8>> {
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

/// An engine and its clients.
struct World {
    now: Instant,
    engine: Engine,
    arena: Arena,
    clients: HashMap<SocketAddr, Client>,
}

impl World {
    fn new(viewers: u32) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time must begin somewhere")]
        let now = Instant::now();
        let config = EngineConfig { local_addresses: vec![server()], max_peers: 2_000 };
        let engine = Engine::new(config, [7; 32], now).unwrap();
        let mut world = Self { now, engine, arena: Arena::default(), clients: HashMap::new() };
        world.command(SfuCommand::OpenRoom { room: ROOM });
        for number in 0..=viewers {
            world.join(number);
        }
        let camera = Source { peer: PUBLISHER, kind: SourceKind::Camera };
        world.command(SfuCommand::SetGate { peer: PUBLISHER, kind: camera.kind, gate: Gate::Open });
        world.command(SfuCommand::SetProgramme { room: ROOM, source: Some(camera), reverse: None });
        world
    }

    fn join(&mut self, number: u32) {
        let (mut client, offer) = Client::new(number, self.now);
        let address = client.address;
        let connect = SfuCommand::Connect { peer: PeerId::new(number), room: ROOM, offer };
        for event in self.command(connect).1 {
            if let SfuEvent::Answered { answer, .. } = event {
                client.accept(&answer);
            }
        }
        self.clients.insert(address, client);
        let mut connected = false;
        for _ in 0..40 {
            let client = self.clients.get_mut(&address).unwrap();
            for mut sent in client.drain(self.now) {
                let (letters, events) = self.datagram(address, &mut sent);
                connected |= events.iter().any(|event| matches!(event, SfuEvent::Connected { .. }));
                for (to, letter) in letters {
                    if let Some(client) = self.clients.get_mut(&to) {
                        client.receive(self.now, &letter);
                    }
                }
            }
            self.now += Duration::from_micros(200);
            if connected && self.clients.get(&address).unwrap().rtc.is_connected() {
                return;
            }
        }
        panic!("client {number} did not connect");
    }

    fn command(&mut self, command: SfuCommand) -> (Vec<(SocketAddr, Vec<u8>)>, Vec<SfuEvent>) {
        self.engine.handle_input(self.now, Input::Command(command));
        self.told()
    }

    fn datagram(
        &mut self,
        source: SocketAddr,
        contents: &mut [u8],
    ) -> (Vec<(SocketAddr, Vec<u8>)>, Vec<SfuEvent>) {
        let datagram = Datagram { source, destination: server(), contents };
        self.engine.handle_input(self.now, Input::Datagram(datagram));
        self.told()
    }

    /// Everything the engine says, copied.
    fn told(&mut self) -> (Vec<(SocketAddr, Vec<u8>)>, Vec<SfuEvent>) {
        let (mut letters, mut events) = (Vec::new(), Vec::new());
        loop {
            match self.engine.poll_output(&mut self.arena) {
                Output::Transmit(transmit) => {
                    letters.push((transmit.destination, self.arena.contents(&transmit).to_vec()));
                }
                Output::Event(event) => events.push(event),
                Output::Flush => self.arena.clear(),
                Output::Cross(_) => {}
                Output::Timeout(_) => break,
            }
        }
        self.arena.clear();
        (letters, events)
    }

    /// Hands in what arrived together and lets the engine write; gives the time it took.
    fn forward(&mut self, source: SocketAddr, arrived: &mut [Vec<u8>]) -> Duration {
        let before = cpu();
        for contents in arrived {
            let datagram = Datagram { source, destination: server(), contents };
            self.engine.handle_input(self.now, Input::Datagram(datagram));
        }
        self.engine.handle_input(self.now, Input::Timeout);
        loop {
            match self.engine.poll_output(&mut self.arena) {
                Output::Flush => self.arena.clear(),
                Output::Timeout(_) => break,
                Output::Transmit(_) | Output::Cross(_) | Output::Event(_) => {}
            }
        }
        self.arena.clear();
        cpu() - before
    }
}

/// Nanoseconds per forwarded packet.
fn measure(viewers: u32, together: usize) -> (u128, u64) {
    let mut world = World::new(viewers);
    let source = SocketAddr::from(([10, 0, 0, 0], 5_000));
    let (mut spent, mut before) = (Duration::ZERO, 0);
    let mut arrived = Vec::new();
    for number in 1..=PACKETS {
        world.now += INTERVAL;
        let now = world.now;
        arrived.extend(world.clients.get_mut(&source).unwrap().media(now, number as u64));
        if arrived.len() < together {
            continue;
        }
        let time = world.forward(source, &mut arrived);
        arrived.clear();
        if number > WARM_UP {
            spent += time;
        } else {
            before = world.engine.counters().media_forwarded;
        }
    }
    let forwarded = world.engine.counters().media_forwarded - before;
    (spent.as_nanos() / u128::from(forwarded.max(1)), forwarded)
}

fn main() {
    println!("{:>8} {:>9} {:>12} {:>10}", "viewers", "together", "ns/packet", "forwarded");
    for viewers in [10, 100, 400, 1_000] {
        for together in [1, 8] {
            let (nanos, forwarded) = measure(viewers, together);
            println!("{viewers:>8} {together:>9} {nanos:>12} {forwarded:>10}");
        }
    }
}
