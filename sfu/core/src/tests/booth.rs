//! A booth: an engine and peers whose handshake is skipped. A story says exactly which packets come, in which order and
//! when, and reads every packet that leaves; nothing here repairs or reorders by itself.

mod check;
mod encoder;
mod marks;

pub(super) use check::{Checked, check, check_since};
pub(super) use encoder::Encoder;
pub(super) use marks::Marks;

use crate::fuzzing::{Protection, Seal, exported_at_node};
use crate::peer::{Agreement, Codec};
use crate::rtcp::{Compound, Report};
use crate::rtp::RtpHeader;
use crate::testing::client::{self, Client};
use crate::{Arena, Datagram, Engine, EngineConfig, Input, Output, Parcel, Transmit, WorkerId};
use sfu_control::{
    Demand, Gate, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent, Slot, Source, SourceKind, View,
};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A seat that says nothing is taken for gone after a while.
const REPORTS_INTERVAL: Duration = Duration::from_secs(2);

pub(super) const ROOM: RoomId = RoomId::new(0);

/// A media packet as a seat got it, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) at: Instant,
    pub(super) slot: Slot,
    pub(super) seq: u16,
    pub(super) time: u32,
    pub(super) marker: bool,
    pub(super) codec: Codec,
    /// AV1's dependency descriptor.
    pub(super) dependency: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

struct Seat {
    address: SocketAddr,
    up: Seal,
    down: Seal,
    agreement: Agreement,
    received: Vec<Received>,
    /// Streams and numbers the engine misses of this seat.
    missed: Vec<(u32, u16)>,
    /// Streams of this seat of which the engine wants a keyframe.
    wanted: Vec<u32>,
}

/// See the module.
pub(super) struct Booth {
    pub(super) now: Instant,
    /// The workers of the node; peers are dealt out over them by their numbers.
    engines: Vec<Engine>,
    dues: Vec<Instant>,
    crossing: VecDeque<(WorkerId, Parcel)>,
    /// Whether what arrives at one moment is handed in before the engine is drained.
    pub(super) together: bool,
    pub(super) demanded: BTreeMap<Source, Demand>,
    arena: Arena,
    seats: BTreeMap<PeerId, Seat>,
    flights: BTreeMap<(Instant, u64), (PeerId, Vec<u8>)>,
    next_flight: u64,
    next_reports: Instant,
}

fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 40_000))
}

/// What a client of tests calls a codec by.
fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Opus => 111,
        Codec::Red => client::RED,
        Codec::Vp8 => client::VP8,
        Codec::Vp9 => client::VP9,
        Codec::H264 => client::H264,
        Codec::Av1 => client::AV1,
    }
}

impl Booth {
    pub(super) fn new() -> Self {
        Self::with_workers(1)
    }

    /// A booth whose node has several workers.
    pub(super) fn with_workers(workers: usize) -> Self {
        let now = crate::testing::epoch();
        let engine = |number: usize| {
            let config = EngineConfig { local_addresses: vec![server()], max_peers: 16 };
            let engine = Engine::new(config, [3; 32], now).unwrap();
            engine.among(WorkerId::new(number).unwrap(), workers)
        };
        let mut booth = Self {
            now,
            engines: (0..workers).map(engine).collect(),
            dues: vec![now; workers],
            crossing: VecDeque::new(),
            together: false,
            demanded: BTreeMap::new(),
            arena: Arena::default(),
            seats: BTreeMap::new(),
            flights: BTreeMap::new(),
            next_flight: 0,
            next_reports: now,
        };
        booth.command(SfuCommand::OpenRoom { room: ROOM });
        booth
    }

    /// Seats a peer that has these codecs, all its gates open, and lets it see the stage at full height.
    pub(super) fn join(&mut self, number: u32, codecs: &[Codec]) -> PeerId {
        self.join_with(number, codecs, str::to_owned)
    }

    /// Seats a peer whose camera comes in one encoding.
    pub(super) fn join_with_one_encoding(&mut self, number: u32, codecs: &[Codec]) -> PeerId {
        self.join_with(number, codecs, |offer| {
            let simulcast = |line: &&str| line.starts_with("a=rid:") || line.starts_with("a=simulcast:");
            offer.lines().filter(|line| !simulcast(line)).map(|line| format!("{line}\r\n")).collect()
        })
    }

    fn join_with(&mut self, number: u32, codecs: &[Codec], change: impl Fn(&str) -> String) -> PeerId {
        let peer = PeerId::new(number.into());
        let types: Vec<u8> = codecs.iter().map(|codec| payload_type(*codec)).collect();
        let mut client = Client::with_codecs(number, self.now, &types);
        let offer = change(&client.offer());
        self.command(SfuCommand::Connect { peer, room: ROOM, offer });
        let path = crate::send::Path { local: server(), remote: client.address };
        let agreement = self.engine_of(peer).agreement(peer).clone();
        let seat = Seat {
            address: client.address,
            up: Seal::upward(Protection::Gcm128).unwrap(),
            down: Seal::downward(Protection::Gcm128).unwrap(),
            agreement,
            received: Vec::new(),
            missed: Vec::new(),
            wanted: Vec::new(),
        };
        self.seats.insert(peer, seat);
        self.engine_of(peer).adopt(peer, path, &exported_at_node(Protection::Gcm128));
        self.drain();
        for kind in SourceKind::ALL {
            self.command(SfuCommand::SetGate { peer, kind, gate: Gate::Open });
        }
        self.look(peer, 720);
        peer
    }

    /// Puts a peer's camera on stage.
    pub(super) fn stage(&mut self, peer: PeerId) {
        let source = Some(Source { peer, kind: SourceKind::Camera });
        self.command(SfuCommand::SetProgramme { room: ROOM, source, reverse: None });
    }

    /// Lets a peer see the stage at a height.
    pub(super) fn look(&mut self, peer: PeerId, height: u16) {
        let profile = ReceiveProfile::Full;
        let view = View { profile, programme_height: height, slides_height: 0, mosaic: Vec::new() };
        self.command(SfuCommand::SetView { peer, view });
    }

    pub(super) fn command(&mut self, command: SfuCommand) {
        let now = self.now;
        match &command {
            SfuCommand::Connect { peer, .. }
            | SfuCommand::SetGate { peer, .. }
            | SfuCommand::MoveTo { peer, .. }
            | SfuCommand::SetView { peer, .. } => {
                self.engine_of(*peer).handle_input(now, Input::Command(command));
            }
            _ => {
                for engine in &mut self.engines {
                    engine.handle_input(now, Input::Command(command.clone()));
                }
            }
        }
        self.drain();
    }

    /// The worker a peer is connected to.
    pub(super) fn engine_of(&mut self, peer: PeerId) -> &mut Engine {
        let worker = usize::try_from(peer.number()).unwrap() % self.engines.len();
        &mut self.engines[worker]
    }

    pub(super) fn agreement(&self, peer: PeerId) -> &Agreement {
        &self.seats[&peer].agreement
    }

    /// Lets a packet of a peer arrive after a while.
    pub(super) fn send(&mut self, peer: PeerId, packet: Vec<u8>, after: Duration) {
        self.next_flight += 1;
        self.flights.insert((self.now + after, self.next_flight), (peer, packet));
    }

    /// What the engine misses of a peer since this was asked last.
    pub(super) fn take_missed(&mut self, peer: PeerId) -> Vec<(u32, u16)> {
        std::mem::take(&mut self.seats.get_mut(&peer).unwrap().missed)
    }

    /// Of which streams of a peer the engine wants a keyframe since this was asked last.
    pub(super) fn take_wanted(&mut self, peer: PeerId) -> Vec<u32> {
        std::mem::take(&mut self.seats.get_mut(&peer).unwrap().wanted)
    }

    /// What a peer got on a slot.
    pub(super) fn received(&self, peer: PeerId, slot: Slot) -> Vec<Received> {
        self.seats[&peer].received.iter().filter(|received| received.slot == slot).cloned().collect()
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let due = *self.dues.iter().min().unwrap();
            let next = flight.map_or(due, |flight| flight.min(due));
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let (peer, packet) = entry.remove();
                self.arrive(peer, &packet);
                if !self.together {
                    self.drain();
                }
            }
            for (engine, due) in self.engines.iter_mut().zip(&self.dues) {
                if *due <= self.now {
                    engine.handle_input(self.now, Input::Timeout);
                }
            }
            self.drain();
        }
        self.now = until;
        if self.now >= self.next_reports {
            self.next_reports = self.now + REPORTS_INTERVAL;
            self.report();
        }
    }

    /// Everybody says that it is there.
    fn report(&mut self) {
        for (peer, seat) in &mut self.seats {
            // An empty receiver report.
            let mut contents = seat.up.reports(&[0x80, 201, 0, 1, 0, 0, 0, 1]).unwrap();
            let datagram = Datagram { source: seat.address, destination: server(), contents: &mut contents };
            let worker = usize::try_from(peer.number()).unwrap() % self.engines.len();
            self.engines[worker].handle_input(self.now, Input::Datagram(datagram));
        }
        self.drain();
    }

    fn arrive(&mut self, peer: PeerId, packet: &[u8]) {
        let seat = self.seats.get_mut(&peer).unwrap();
        let mut contents = seat.up.media(packet).unwrap();
        let (now, source) = (self.now, seat.address);
        let datagram = Datagram { source, destination: server(), contents: &mut contents };
        self.engine_of(peer).handle_input(now, Input::Datagram(datagram));
    }

    /// Whether the engine takes a packet for one that others follow at once.
    pub(super) fn is_amid_picture(&mut self, peer: PeerId, packet: &[u8]) -> bool {
        self.arrive(peer, packet);
        let amid = self.engine_of(peer).is_amid_picture();
        self.drain();
        amid
    }

    fn drain(&mut self) {
        for worker in 0..self.engines.len() {
            self.drain_worker(worker);
        }
        while let Some((worker, parcel)) = self.crossing.pop_front() {
            self.engines[worker.number()].handle_input(self.now, Input::Crossed(&parcel));
            self.drain_worker(worker.number());
        }
    }

    fn drain_worker(&mut self, worker: usize) {
        loop {
            match self.engines[worker].poll_output(&mut self.arena) {
                Output::Transmit(transmit) => self.deliver(&transmit),
                Output::Event(SfuEvent::Demanded { peer, kind, demand }) => {
                    self.demanded.insert(Source { peer, kind }, demand);
                }
                Output::Event(_) => {}
                Output::Cross(crossing) => {
                    let parcel = crossing.parcel(&self.arena);
                    self.crossing.extend(crossing.to.iter().map(|to| (to, parcel.clone())));
                }
                Output::Flush => self.arena.clear(),
                Output::Timeout(at) => {
                    self.arena.clear();
                    self.dues[worker] = at;
                    self.engines[worker].assert_settled();
                    return;
                }
            }
        }
    }

    fn deliver(&mut self, transmit: &Transmit) {
        let seats = self.seats.values_mut();
        let Some(seat) = seats.into_iter().find(|seat| seat.address == transmit.destination) else { return };
        for contents in self.arena.contents(transmit).chunks(transmit.segment) {
            match contents {
                [128..=191, 192..=223, ..] => seat.told(contents),
                [128..=191, ..] => seat.got(self.now, contents),
                _ => {}
            }
        }
    }
}

impl Seat {
    fn told(&mut self, contents: &[u8]) {
        let plain = self.down.open_reports(contents).unwrap();
        for report in Compound::new(&plain) {
            match report.unwrap() {
                Report::Nack { media, lost } => {
                    self.missed.extend(lost.map(|number| (media.get(), number)));
                }
                Report::KeyframeWanted { media } => self.wanted.push(media.get()),
                _ => {}
            }
        }
    }

    fn got(&mut self, at: Instant, contents: &[u8]) {
        let payload = self.down.open_media(contents).expect("what left was sealed, and left once");
        let header = RtpHeader::parse(contents).unwrap();
        // A repetition is of no interest here.
        let Some(slot) = self.agreement.slots.iter().find(|line| line.ssrc == header.ssrc) else { return };
        let (format, _) = self.agreement.meaning(header.payload_type).expect("it was negotiated");
        let id = self.agreement.extensions.dependency;
        let dependency = header.extensions(contents).find(|(element, _)| Some(*element) == id);
        self.received.push(Received {
            at,
            slot: slot.slot,
            seq: header.sequence,
            time: header.timestamp,
            marker: header.marker,
            codec: format.codec,
            dependency: dependency.map(|(_, value)| value.to_vec()).unwrap_or_default(),
            payload,
        });
    }
}
