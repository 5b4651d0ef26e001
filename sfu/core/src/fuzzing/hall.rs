//! A whole engine with a few peers whose keys everybody knows, so that a target can say whatever a client that holds its
//! keys could say; and the things that must hold whatever it says.

use super::seal::{End, Protection, Seal, exported};
use crate::{Arena, Counters, Datagram, Engine, EngineConfig, Input, Output, Transmit};
use sfu_control::{Gate, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent, Source, SourceKind, View};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Seats: two in one room, the third alone in another. Whoever has a higher number is a stranger.
pub const SEATS: usize = 3;
/// The room of each seat.
const ROOMS: [u64; SEATS] = [0, 0, 1];
/// What one input may make an engine say; more is an end that never comes.
const OUTPUTS_MAX: usize = 10_000;
/// Deadlines that may come due in one pass of time.
const DEADLINES_MAX: usize = 10_000;
/// Marks a word of a report that stands for the stream of one of the sender's slots; the last byte says which.
const SLOT_MARK: [u8; 3] = [0xEE; 3];
/// Marks half a word of a report that stands for a number the sender was sent lately: this many before the last one.
const NUMBER_MARK: [u8; 2] = [0xEE, 0xEF];
const LATELY: u16 = 8;

/// What must not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurt {
    /// The engine speaks without end.
    Endless,
    /// The engine wants to be woken in the past.
    Deadline,
    /// A peer's library panicked.
    Panicked,
    /// Something left that its receiver cannot open.
    Unreadable,
    /// Something left for nobody.
    Astray,
    /// Somebody was sent media although nobody else of its room had sent any.
    Leaked,
}

/// One seat's line.
#[derive(Debug)]
struct Seat {
    peer: PeerId,
    address: SocketAddr,
    up: Seal,
    down: Seal,
    has_sent: bool,
    /// The number of the last media packet it was sent.
    latest: u16,
}

/// See the module.
#[derive(Debug)]
pub struct Hall {
    engine: Engine,
    arena: Arena,
    seats: Vec<Seat>,
    node: SocketAddr,
    now: Instant,
    due: Instant,
}

impl Hall {
    /// A hall in which everybody connected with this offer, all gates are open, and the first seat is on stage; none if the
    /// offer is refused.
    pub fn new(offer: &str, now: Instant) -> Option<Self> {
        let node = SocketAddr::from(([192, 0, 2, 1], 40_000));
        let config = EngineConfig { local_addresses: vec![node], max_peers: SEATS };
        let engine = Engine::new(config, [1; 32], now).ok()?;
        let mut hall = Self { engine, arena: Arena::default(), seats: Vec::new(), node, now, due: now };
        for (number, room) in (0..).zip(ROOMS) {
            let peer = PeerId::new(number);
            hall.command(SfuCommand::OpenRoom { room: RoomId::new(room) });
            hall.command(SfuCommand::Connect { peer, room: RoomId::new(room), offer: offer.to_owned() });
            let address = SocketAddr::from(([198, 51, 100, u8::try_from(number).ok()?], 5_000));
            let protection = Protection::Gcm128;
            let path = crate::send::Path { local: node, remote: address };
            hall.engine.adopt(peer, path, &exported(protection, End::Node));
            let (up, down) = (Seal::upward(protection)?, Seal::downward(protection)?);
            hall.seats.push(Seat { peer, address, up, down, has_sent: false, latest: 0 });
            for kind in SourceKind::ALL {
                hall.command(SfuCommand::SetGate { peer, kind, gate: Gate::Open });
            }
            let view = View {
                profile: ReceiveProfile::Full,
                programme_height: 720,
                slides_height: 720,
                mosaic: vec![],
            };
            hall.command(SfuCommand::SetView { peer, view });
        }
        let room = RoomId::new(0);
        let first = |kind| Some(Source { peer: PeerId::new(0), kind });
        let programme = SfuCommand::SetProgramme { room, source: first(SourceKind::Camera), reverse: None };
        hall.command(programme);
        hall.command(SfuCommand::SetSlides { room, source: first(SourceKind::Screen) });
        hall.command(SfuCommand::SetFloor { room, source: first(SourceKind::Microphone) });
        hall.drain().ok()?;
        (hall.engine.counters().offers_answered == SEATS as u64).then_some(hall)
    }

    /// A datagram as it is.
    pub fn datagram(&mut self, from: usize, bytes: &[u8]) -> Result<(), Hurt> {
        let stranger = SocketAddr::from(([203, 0, 113, 5], 1_234));
        let source = self.seats.get(from).map_or(stranger, |seat| seat.address);
        let mut contents = bytes.to_vec();
        let datagram = Datagram { source, destination: self.node, contents: &mut contents };
        self.engine.handle_input(self.now, Input::Datagram(datagram));
        self.drain()
    }

    /// A media packet that a seat seals. One without a header, or of a stranger, goes as it is.
    pub fn media(&mut self, from: usize, packet: &[u8]) -> Result<(), Hurt> {
        let sealed = self.seats.get_mut(from).and_then(|seat| {
            seat.has_sent = true;
            seat.up.media(packet)
        });
        self.datagram(from, sealed.as_deref().unwrap_or(packet))
    }

    /// A compound report that a seat seals; words that stand for its slots and what it was sent are filled in.
    pub fn reports(&mut self, from: usize, packet: &[u8]) -> Result<(), Hurt> {
        let filled = self.filled(from, packet);
        let sealed = self.seats.get_mut(from).and_then(|seat| seat.up.reports(&filled));
        self.datagram(from, sealed.as_deref().unwrap_or(packet))
    }

    fn filled(&self, from: usize, packet: &[u8]) -> Vec<u8> {
        let mut packet = packet.to_vec();
        let Some(seat) = self.seats.get(from) else { return packet };
        let (words, _) = packet.as_chunks_mut::<4>();
        for word in words {
            let [first, second, third, place] = *word;
            if [first, second, third] == SLOT_MARK
                && let Some(ssrc) = self.engine.slot_ssrc(seat.peer, place.into())
            {
                *word = ssrc.get().to_be_bytes();
            } else if [first, second] == NUMBER_MARK {
                let [high, low] = seat.latest.wrapping_sub(LATELY).to_be_bytes();
                *word = [high, low, third, place];
            }
        }
        packet
    }

    /// Lets time pass, waking the engine whenever it wants.
    pub fn pass(&mut self, span: Duration) -> Result<(), Hurt> {
        let until = self.now + span;
        for _ in 0..DEADLINES_MAX {
            if self.due > until {
                self.now = until;
                return Ok(());
            }
            self.now = self.now.max(self.due);
            self.engine.handle_input(self.now, Input::Timeout);
            self.drain()?;
        }
        Err(Hurt::Endless)
    }

    /// What the engine counted.
    pub fn counters(&self) -> &Counters {
        self.engine.counters()
    }

    fn command(&mut self, command: SfuCommand) {
        self.engine.handle_input(self.now, Input::Command(command));
    }

    fn drain(&mut self) -> Result<(), Hurt> {
        for _ in 0..OUTPUTS_MAX {
            match self.engine.poll_output(&mut self.arena) {
                Output::Transmit(transmit) => self.deliver(&transmit)?,
                Output::Event(SfuEvent::Disconnected { .. }) if self.engine.counters().peers_panicked > 0 => {
                    return Err(Hurt::Panicked);
                }
                Output::Event(_) => {}
                Output::Cross(_) => {}
                Output::Flush => self.arena.clear(),
                Output::Timeout(at) if at < self.now => return Err(Hurt::Deadline),
                Output::Timeout(at) => {
                    self.arena.clear();
                    self.due = at;
                    return Ok(());
                }
            }
        }
        Err(Hurt::Endless)
    }

    fn deliver(&mut self, transmit: &Transmit) -> Result<(), Hurt> {
        let to =
            self.seats.iter().position(|seat| seat.address == transmit.destination).ok_or(Hurt::Astray)?;
        let mut others = self.seats.iter().zip(ROOMS).enumerate().filter(|(other, _)| *other != to);
        let may_get_media = others.any(|(_, (other, room))| Some(&room) == ROOMS.get(to) && other.has_sent);
        let seat = self.seats.get_mut(to).ok_or(Hurt::Astray)?;
        for contents in self.arena.contents(transmit).chunks(transmit.segment.max(1)) {
            match contents {
                [128..=191, 192..=223, ..] => {
                    seat.down.open_reports(contents).ok_or(Hurt::Unreadable)?;
                }
                [128..=191, _, high, low, ..] => {
                    seat.latest = u16::from_be_bytes([*high, *low]);
                    seat.down.open_media(contents).ok_or(Hurt::Unreadable)?;
                    if !may_get_media {
                        return Err(Hurt::Leaked);
                    }
                }
                [128..=191, ..] => return Err(Hurt::Unreadable),
                _ => {}
            }
        }
        Ok(())
    }
}
