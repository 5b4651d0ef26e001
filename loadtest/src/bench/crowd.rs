//! Everybody who takes part in a case, driven by one thread: packets out when they are due, packets in as they come,
//! feedback several times a second. What it measures is kept small: counts for all, times for a sample.

use super::{
    camera::{Camera, Shape},
    endpoint::{Endpoint, EndpointError, Workshop},
    feedback::{self, Arrivals, Numbers},
    packet::{self, Kind},
    sdp::{Identity, Remote},
    wire::{Arrived, Network, Wire},
};
use crate::clock;
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io,
    time::{Duration, Instant},
};

/// How often a receiver says what came, as browsers do at such rates.
const FEEDBACK_EVERY: Duration = Duration::from_millis(100);
/// Turns between two receiver or sender reports: a second.
const REPORT_TURNS: u32 = 10;
/// Turns between two binding requests, as browsers check consent (RFC 7675).
const KEEP_ALIVE_TURNS: u32 = 50;
/// Longest wait for all of a group to connect.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);
/// Batches read before what is due gets its turn.
const BATCHES: usize = 4;
/// Longest sleep, so that nothing waits for a wake-up that was lost.
const SLEEP_MAX: Duration = Duration::from_millis(20);

/// Whether a receiver's packets are decrypted to read the time in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    Sampled,
    Counted,
}

/// Why a case could not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum CrowdError {
    #[error("the socket failed: {0}")]
    Socket(#[from] io::Error),
    #[error("a connection failed: {0}")]
    Endpoint(#[from] EndpointError),
    #[error("{0} of the endpoints did not connect")]
    NotConnected(usize),
}

/// One stream somebody watches.
#[derive(Debug)]
struct Watched {
    ssrc: u32,
    numbers: Numbers,
    /// Lowest number of the window.
    first: Option<u64>,
    packets: u64,
}

/// One endpoint and its part.
struct Member {
    endpoint: Endpoint,
    room: u32,
    participant: u32,
    timing: Timing,
    camera: Option<Camera>,
    watched: Vec<Watched>,
    arrivals: Arrivals,
    turn: u32,
    /// It was there when the window began.
    counts: bool,
}

/// Who somebody is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) room: u32,
    pub(super) participant: u32,
    pub(super) timing: Timing,
}

/// What a window saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Packets that were to arrive.
    pub(super) expected: u64,
    /// Packets that arrived.
    pub(super) received: u64,
    /// Gaps in what arrived.
    pub(super) missing: u64,
    /// Times from sending to arrival in the sample, microseconds, ascending.
    pub(super) latencies: Vec<u32>,
    /// How long it was.
    pub(super) length: Duration,
}

/// Everybody.
pub(super) struct Crowd {
    wire: Wire,
    workshop: Workshop,
    members: Vec<Member>,
    connecting: Vec<usize>,
    turns: BinaryHeap<Reverse<(Instant, usize)>>,
    cameras: Vec<usize>,
    latencies: Vec<u32>,
    window_began: Instant,
}

impl Crowd {
    pub(super) fn new(network: Network) -> Result<Self, CrowdError> {
        Ok(Self {
            wire: Wire::open(network)?,
            workshop: Workshop::new()?,
            members: Vec::new(),
            connecting: Vec::new(),
            turns: BinaryHeap::new(),
            cameras: Vec::new(),
            latencies: Vec::new(),
            window_began: clock::now(),
        })
    }

    /// Makes an endpoint; gives its number and how it shows itself to the server.
    pub(super) fn add(&mut self, who: Who) -> (usize, Identity) {
        let index = self.members.len();
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let endpoint = Endpoint::new(&self.workshop, number, self.wire.address(number));
        let identity = endpoint.identity.clone();
        self.members.push(Member {
            endpoint,
            room: who.room,
            participant: who.participant,
            timing: who.timing,
            camera: None,
            watched: Vec::new(),
            arrivals: Arrivals::default(),
            turn: 0,
            counts: false,
        });
        (index, identity)
    }

    /// The stream an endpoint sends, if it sends one.
    pub(super) fn ssrc_of(index: usize) -> u32 {
        u32::try_from(index).unwrap_or(0).wrapping_mul(16) + 0x1000_0001
    }

    /// The server described itself; these are the streams to watch.
    pub(super) fn connect(&mut self, index: usize, remote: Remote, watch: &[u32]) {
        let Some(member) = self.members.get_mut(index) else { return };
        let fresh =
            |ssrc: &u32| Watched { ssrc: *ssrc, numbers: Numbers::default(), first: None, packets: 0 };
        member.watched = watch.iter().map(fresh).collect();
        member.endpoint.connect(clock::now(), remote);
        self.connecting.push(index);
    }

    /// An endpoint begins to send.
    pub(super) fn film(&mut self, index: usize, shape: Shape, first: Instant) {
        if let Some(member) = self.members.get_mut(index) {
            member.camera = Some(Camera::new(Self::ssrc_of(index), shape, first));
            self.cameras.push(index);
        }
    }

    /// This endpoint only sends: what the server would send it is nobody's.
    pub(super) fn watch_nothing(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            member.watched.clear();
        }
    }

    /// Goes on until all who began to connect are connected.
    pub(super) fn until_connected(&mut self) -> Result<(), CrowdError> {
        let deadline = clock::now() + CONNECT_PATIENCE;
        while !self.connecting.is_empty() {
            if clock::now() > deadline {
                return Err(CrowdError::NotConnected(self.connecting.len()));
            }
            self.step(deadline)?;
        }
        Ok(())
    }

    /// Goes on until a moment.
    pub(super) fn until(&mut self, moment: Instant) -> Result<(), CrowdError> {
        while clock::now() < moment {
            self.step(moment)?;
        }
        Ok(())
    }

    /// Begins to measure those who are here.
    pub(super) fn begin_window(&mut self) {
        self.latencies.clear();
        self.window_began = clock::now();
        for member in &mut self.members {
            member.counts = !member.watched.is_empty() && member.endpoint.is_running();
            for watched in &mut member.watched {
                (watched.first, watched.packets) = (None, 0);
            }
            if let Some(camera) = &mut member.camera {
                camera.sent = 0;
            }
        }
    }

    /// What the window saw.
    pub(super) fn end_window(&mut self) -> Seen {
        let length = clock::now().saturating_duration_since(self.window_began);
        let mut seen = Seen { length, latencies: std::mem::take(&mut self.latencies), ..Seen::default() };
        seen.latencies.sort_unstable();
        let cameras =
            || self.members.iter().filter_map(|m| Some((m.room, m.participant, m.camera.as_ref()?.sent)));
        for member in self.members.iter().filter(|member| member.counts) {
            let others =
                cameras().filter(|(room, who, _)| *room == member.room && *who != member.participant);
            seen.expected += others.map(|(.., sent)| sent).sum::<u64>();
            for Watched { numbers, first, packets, .. } in &member.watched {
                seen.received += packets;
                if let (Some(first), Some(last)) = (first, numbers.highest) {
                    seen.missing += (last + 1 - first).saturating_sub(*packets);
                }
            }
        }
        seen
    }

    /// Datagrams this side did not read in time, so far.
    pub(super) fn dropped(&self) -> u64 {
        self.wire.dropped()
    }

    /// How media is protected.
    pub(super) fn profile(&self) -> String {
        let profile = self.members.iter().find_map(|member| member.endpoint.profile());
        profile.map_or_else(String::new, |profile| format!("{profile:?}"))
    }

    /// How many are about to connect.
    pub(super) fn connecting(&self) -> usize {
        self.connecting.len()
    }

    /// The participant who sends to a room.
    pub(super) fn publisher_of(&self, room: u32) -> Option<u32> {
        let sender = self.members.iter().find(|member| member.room == room && member.camera.is_some());
        sender.map(|member| member.participant)
    }

    /// Streams that are counted in this window.
    pub(super) fn streams(&self) -> u64 {
        let counted = self.members.iter().filter(|member| member.counts);
        counted.map(|member| u64::try_from(member.watched.len()).unwrap_or(0)).sum()
    }

    /// Streams of which nothing has come yet.
    pub(super) fn silent_streams(&self) -> usize {
        let watched = self.members.iter().flat_map(|member| &member.watched);
        watched.filter(|watched| watched.numbers.highest.is_none()).count()
    }

    fn step(&mut self, moment: Instant) -> Result<(), CrowdError> {
        let now = clock::now();
        self.film_due(now);
        self.shake_hands(now)?;
        self.feed_back(now);
        let mut idle = false;
        for _ in 0..BATCHES {
            if self.receive()? == 0 {
                idle = true;
                break;
            }
        }
        if idle {
            let next_camera = self
                .cameras
                .iter()
                .filter_map(|index| Some(self.members.get(*index)?.camera.as_ref()?.next()));
            let next_turn = self.turns.peek().map(|Reverse((due, _))| *due);
            let next = next_camera.chain(next_turn).chain([moment]).min().unwrap_or(moment);
            let longest = if self.connecting.is_empty() { SLEEP_MAX } else { Duration::from_millis(2) };
            self.wire.wait(next.saturating_duration_since(clock::now()).min(longest))?;
        }
        Ok(())
    }

    fn film_due(&mut self, now: Instant) {
        let mut packet = Vec::with_capacity(packet::DATAGRAM_BYTES);
        for index in &self.cameras {
            let Some(Member { endpoint, camera: Some(camera), .. }) = self.members.get_mut(*index) else {
                continue;
            };
            let Some(Remote { address, transport_id, .. }) = &endpoint.remote else { continue };
            let (to, transport) = (*address, transport_id.is_some());
            let due = camera.due(now, transport).into_iter();
            let sealed: Vec<_> = due
                .filter_map(|place| {
                    packet::write(&mut packet, &place, clock::wall_nanos());
                    endpoint.seal(Kind::Rtp, &packet)
                })
                .collect();
            self.wire.send_together(endpoint.identity.address, to, &sealed);
        }
    }

    fn shake_hands(&mut self, now: Instant) -> Result<(), CrowdError> {
        let Self { wire, workshop, members, connecting, turns, .. } = self;
        let mut failed = None;
        connecting.retain(|index| {
            let Some(member) = members.get_mut(*index) else { return false };
            match member.endpoint.handle_time(workshop, now) {
                Ok(datagrams) => send_all(wire, &member.endpoint, &datagrams),
                Err(error) => failed = Some(error),
            }
            if member.endpoint.is_running() {
                // Spread over the interval, as people come at different times.
                let spread = FEEDBACK_EVERY / 97 * u32::try_from(*index % 97).unwrap_or(0);
                turns.push(Reverse((now + spread, *index)));
            }
            !member.endpoint.is_running()
        });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    fn feed_back(&mut self, now: Instant) {
        while let Some(Reverse((due, index))) = self.turns.peek().copied()
            && due <= now
        {
            self.turns.pop();
            self.turns.push(Reverse((due.max(now - FEEDBACK_EVERY) + FEEDBACK_EVERY, index)));
            if let Some(member) = self.members.get_mut(index) {
                member.take_turn(&self.wire, Self::ssrc_of(index));
            }
        }
    }

    fn receive(&mut self) -> Result<usize, CrowdError> {
        let Self { wire, workshop, members, latencies, .. } = self;
        let (mut replies, mut failed) = (Vec::new(), None);
        let count = wire.receive(|arrived| {
            let index = usize::try_from(arrived.number).unwrap_or(0).wrapping_sub(1);
            let Some(member) = members.get_mut(index) else { return };
            match packet::kind(arrived.contents) {
                Kind::Rtp => latencies.extend(member.on_media(&arrived)),
                Kind::Rtcp => member.on_control(arrived.contents),
                Kind::Stun | Kind::Dtls => {
                    match member.endpoint.handle_handshake(workshop, clock::now(), arrived.contents) {
                        Ok(datagrams) if datagrams.is_empty() => {}
                        Ok(datagrams) => replies.push((index, datagrams)),
                        Err(error) => failed = Some(error),
                    }
                }
                Kind::Unknown => {}
            }
        })?;
        for (index, datagrams) in replies {
            if let Some(member) = members.get(index) {
                send_all(wire, &member.endpoint, &datagrams);
            }
        }
        failed.map_or(Ok(count), |error| Err(error.into()))
    }
}

fn send_all(wire: &Wire, endpoint: &Endpoint, datagrams: &[Vec<u8>]) {
    let Some(remote) = &endpoint.remote else { return };
    datagrams.iter().for_each(|datagram| wire.send(endpoint.identity.address, remote.address, datagram));
}

impl Member {
    /// Counts a packet; gives how long it was on its way if this one is timed.
    fn on_media(&mut self, arrived: &Arrived<'_>) -> Option<u32> {
        let transport_id = self.endpoint.remote.as_ref()?.transport_id;
        let header = packet::read(arrived.contents, transport_id)?;
        if let Some(number) = header.transport_number {
            self.arrivals.record(number, arrived.nanos);
        }
        // Repairs and probes have streams of their own; they are acknowledged and not counted.
        let watched = self.watched.iter_mut().find(|watched| watched.ssrc == header.ssrc)?;
        let number = watched.numbers.record(header.number);
        watched.first = Some(watched.first.map_or(number, |first| first.min(number)));
        watched.packets += 1;
        if self.timing == Timing::Counted {
            return None;
        }
        let plain = self.endpoint.open(Kind::Rtp, arrived.contents)?;
        let nanos = arrived.nanos.saturating_sub(packet::sent_at(&plain)?);
        u32::try_from(nanos / 1_000).ok()
    }

    fn on_control(&mut self, sealed: &[u8]) {
        let Some(camera) = &mut self.camera else { return };
        if let Some(plain) = self.endpoint.open(Kind::Rtcp, sealed) {
            camera.key_wanted |= feedback::asks_for_keyframe(&plain);
        }
    }

    fn take_turn(&mut self, wire: &Wire, own_ssrc: u32) {
        self.turn = self.turn.wrapping_add(1);
        let Some(to) = self.endpoint.remote.as_ref().map(|remote| remote.address) else { return };
        let from = self.endpoint.identity.address;
        let mut messages = Vec::new();
        let media = self.watched.first().map_or(0, |watched| watched.ssrc);
        messages.extend(self.arrivals.message(own_ssrc, media));
        if self.turn.is_multiple_of(REPORT_TURNS) {
            let heard = self.watched.iter().filter(|watched| watched.numbers.highest.is_some());
            messages.extend(heard.map(|w| feedback::receiver_report(own_ssrc, w.ssrc, w.numbers)));
            if let Some(camera) = &self.camera {
                let (timestamp, packets) = camera.report();
                messages.push(feedback::sender_report(camera.ssrc, clock::wall_nanos(), timestamp, packets));
            }
        }
        for message in messages {
            if let Some(sealed) = self.endpoint.seal(Kind::Rtcp, &message) {
                wire.send(from, to, &sealed);
            }
        }
        if self.turn.is_multiple_of(KEEP_ALIVE_TURNS) {
            wire.send(from, to, self.endpoint.keep_alive());
        }
    }
}
