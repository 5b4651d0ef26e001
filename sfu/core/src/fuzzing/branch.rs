//! A whole engine with a link whose keys everybody knows, so that a target can say whatever another node could say; and the
//! things that must hold whatever it says.

use super::hall::Hurt;
use super::seal::{End, Protection, Seal, exported};
use crate::link::{StreamName, peer_of, words};
use crate::{Arena, Counters, Datagram, Engine, EngineConfig, Input, Output, Transmit};
use sfu_control::{
    Gate, LinkId, LinkLimits, PeerId, ReceiveProfile, RoomId, SfuCommand, Source, SourceKind, View,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What one input may make an engine say; more is an end that never comes.
const OUTPUTS_MAX: usize = 20_000;
/// Deadlines that may come due in one pass of time.
const DEADLINES_MAX: usize = 10_000;
const LINK: LinkId = LinkId::new(3);

/// Reads words to the last that can be read, and writes them again; gives whether that was all.
pub fn link_words(data: &[u8]) -> (Vec<u8>, usize, bool) {
    let mut words = words::Words::read(data);
    let (mut again, mut count) = (Vec::new(), 0);
    for word in words.by_ref() {
        words::write(&word, &mut again);
        count += 1;
    }
    (again, count, !words.is_broken())
}

/// Reads a stream's name and writes it again.
pub fn stream_name(value: &[u8]) -> Option<[u8; 16]> {
    StreamName::read(value).map(|name| name.bytes())
}

/// See the module. Peer 0 is in the room that goes on beyond the link and sees what is on stage: peer `7:1` of the other
/// node; peer 1 is in a room that does not.
#[derive(Debug)]
pub struct Branch {
    engine: Engine,
    arena: Arena,
    up: Seal,
    down: Seal,
    node: SocketAddr,
    now: Instant,
    due: Instant,
}

fn beyond() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 40_000))
}

fn guest(number: u8) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, number], 5_000))
}

impl Branch {
    /// One whose two peers connected with this offer; none if it is refused.
    pub fn new(offer: &str, now: Instant) -> Option<Self> {
        let node = SocketAddr::from(([192, 0, 2, 1], 40_000));
        let config = EngineConfig { local_addresses: vec![node], max_peers: 2 };
        let engine = Engine::new(config, [1; 32], now).ok()?;
        let protection = Protection::Gcm128;
        let (up, down) = (Seal::upward(protection)?, Seal::downward(protection)?);
        let mut branch = Self { engine, arena: Arena::default(), up, down, node, now, due: now };
        for number in 0..2_u8 {
            let (peer, room) = (PeerId::new(number.into()), RoomId::new(number.into()));
            branch.command(SfuCommand::OpenRoom { room });
            branch.command(SfuCommand::Connect { peer, room, offer: offer.to_owned() });
            let path = crate::send::Path { local: node, remote: guest(number) };
            branch.engine.adopt(peer, path, &exported(protection, End::Node));
            for kind in SourceKind::ALL {
                branch.command(SfuCommand::SetGate { peer, kind, gate: Gate::Open });
            }
            let view = View {
                profile: ReceiveProfile::Full,
                programme_height: 720,
                slides_height: 720,
                mosaic: vec![],
            };
            branch.command(SfuCommand::SetView { peer, view });
            let far = PeerId::at(sfu_control::NodeNumber::new(7), 1);
            let source = |kind| Some(Source { peer: far, kind });
            branch.command(SfuCommand::SetProgramme {
                room,
                source: source(SourceKind::Camera),
                reverse: None,
            });
            branch.command(SfuCommand::SetFloor { room, source: source(SourceKind::Microphone) });
        }
        let limits = LinkLimits { cap_kbps: Some(5_000) };
        branch.command(SfuCommand::DialLink { link: LINK, limits });
        branch.command(SfuCommand::Span { room: RoomId::new(0), link: LINK });
        let path = crate::send::Path { local: node, remote: beyond() };
        branch.engine.adopt(peer_of(LINK), path, &exported(protection, End::Node));
        branch.drain().ok()?;
        (branch.engine.counters().links == 1).then_some(branch)
    }

    /// A media packet of the other node.
    pub fn media(&mut self, packet: &[u8]) -> Result<(), Hurt> {
        let sealed = self.up.media(packet);
        self.datagram(sealed.as_deref().unwrap_or(packet))
    }

    /// Something the other node says.
    pub fn words(&mut self, data: &[u8]) -> Result<(), Hurt> {
        let mut packet = Vec::new();
        let ssrc = crate::rtp::Ssrc::new(9);
        crate::rtcp::ReportWriter::begin(&mut packet).application(ssrc, words::NAME, data);
        self.reports(&packet)
    }

    /// A compound report of the other node.
    pub fn reports(&mut self, packet: &[u8]) -> Result<(), Hurt> {
        let sealed = self.up.reports(packet);
        self.datagram(sealed.as_deref().unwrap_or(packet))
    }

    fn datagram(&mut self, bytes: &[u8]) -> Result<(), Hurt> {
        let mut contents = bytes.to_vec();
        let datagram = Datagram { source: beyond(), destination: self.node, contents: &mut contents };
        self.engine.handle_input(self.now, Input::Datagram(datagram));
        self.drain()
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
                Output::Event(_) | Output::Cross(_) => {}
                Output::Flush => self.arena.clear(),
                Output::Timeout(at) if at < self.now => return Err(Hurt::Deadline),
                Output::Timeout(at) => {
                    self.arena.clear();
                    self.due = at;
                    return if self.engine.counters().peers_panicked > 0 {
                        Err(Hurt::Panicked)
                    } else {
                        Ok(())
                    };
                }
            }
        }
        Err(Hurt::Endless)
    }

    /// Who is in another room hears nothing of the other node, and it is sent nothing that came from itself: nobody here
    /// sends anything.
    fn deliver(&mut self, transmit: &Transmit) -> Result<(), Hurt> {
        let to_link = transmit.destination == beyond();
        for contents in self.arena.contents(transmit).chunks(transmit.segment.max(1)) {
            match contents {
                [128..=191, 192..=223, ..] if to_link => {
                    self.down.open_reports(contents).ok_or(Hurt::Unreadable)?;
                }
                [128..=191, kind, ..]
                    if !(192..=223).contains(kind) && (to_link || transmit.destination == guest(1)) =>
                {
                    return Err(Hurt::Leaked);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
