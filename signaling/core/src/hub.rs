//! The front door: finds the meeting an input is about, hands it on, and says what follows.

mod calls;
mod frames;
mod hello;
mod ledger;
mod media;
mod neighbours;
mod news;
mod parts;
mod recheck;
mod settle;
mod ticks;

use crate::connection::Link;
use crate::counters::Counters;
use crate::fact::Actor;
use crate::line::Line;
use crate::meeting::{Meeting, Surroundings};
use crate::neighbour::{NodeName, Place};
use crate::placement::Placement;
use crate::token::TokenKey;
use crate::units::Day;
use crate::{Account, CallId, ConnectionId, FactRecord, Input, Now, Output, SignInId, UnitTree};
use indexmap::IndexMap;
use neighbours::{Island, Neighbour, Statuses, Waiting};
use news::News;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{PeerId, RoomId, SfuCommand};
use signaling_protocol::{
    AccountId, Bye, ByeReason, ClientMessage, MeetingId, MeetingPhase, Outcome, RequestId, SeatId,
    ServerMessage,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often silent links, old tickets and seats that stay away are looked for.
const TICK: Duration = Duration::from_secs(1);

/// What a hub is told once.
#[derive(Clone)]
pub struct HubConfig {
    /// Signs resume tokens; the same over restarts.
    pub resume_key: [u8; 32],
    /// Meetings that have not ended; more are refused as `Full`.
    pub max_meetings: usize,
    /// WebSockets this node holds; more are told to come back.
    pub max_connections: usize,
}

/// Who brings facts about, and by which request.
#[derive(Debug, Clone)]
struct Cause {
    by: Actor,
    request: Option<RequestId>,
}

impl Cause {
    /// The node itself.
    fn node() -> Self {
        Self { by: Actor::Node {}, request: None }
    }

    /// A seat, not by a request.
    fn seat(seat: &SeatId) -> Self {
        Self { by: Actor::Seat { seat: seat.clone() }, request: None }
    }

    /// An account outside of its seat.
    fn account(account: &AccountId) -> Self {
        Self { by: Actor::Account { account: account.clone() }, request: None }
    }
}

/// A right to come to one seat once.
#[derive(Debug, Clone)]
struct TicketEntry {
    meeting: MeetingId,
    account: Account,
    expires: Instant,
}

/// How a seat is heard today. None of it is a fact.
#[derive(Debug, Default)]
struct Presence {
    connection: Option<ConnectionId>,
    /// Of the token last given out; 0 while none was since the start.
    serial: u64,
    /// By which sign-in somebody sits there; unknown until somebody comes.
    sign_in: Option<SignInId>,
    /// Outcomes of the last requests, for those that come again.
    recent: VecDeque<(RequestId, Outcome)>,
    line: Line,
}

/// Outcomes kept per seat for requests that come again; a client has at most a few unanswered.
const RECENT_OUTCOMES: usize = 64;

impl Presence {
    /// Keeps an outcome for the request that comes again.
    fn remember(&mut self, request: RequestId, outcome: &Outcome) {
        if self.recent.len() >= RECENT_OUTCOMES {
            self.recent.pop_front();
        }
        self.recent.push_back((request, outcome.clone()));
    }
}

/// What this node is to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It decides: the meeting was made here.
    Home,
    /// It goes along: what its people ask goes up, facts come down.
    Follower,
    /// It is cut off from where it is decided, and decides for its own branch meanwhile.
    Island,
    /// It has told the home what it did as an island, and goes along again as soon as the home has that in its log.
    Landing,
}

impl Standing {
    /// Whether it makes facts: there is one who does, or one for each sitting.
    fn decides(self) -> bool {
        match self {
            Self::Home | Self::Island => true,
            Self::Follower | Self::Landing => false,
        }
    }

    /// Whether it has facts that are not the home's, made by itself.
    fn is_apart(self) -> bool {
        match self {
            Self::Island | Self::Landing => true,
            Self::Home | Self::Follower => false,
        }
    }
}

/// One meeting and what is around it.
#[derive(Debug)]
struct Session {
    meeting: Meeting,
    standing: Standing,
    placement: Placement,
    /// Who is heard at this node.
    seats: BTreeMap<SeatId, Presence>,
    /// Who is connected at a node below, and towards which.
    below: BTreeMap<SeatId, NodeName>,
    /// Requests that wait for the home.
    asked: BTreeMap<(SeatId, RequestId), ClientMessage>,
    /// All its facts, for nodes that come later; kept only by a node that has neighbours.
    log: Vec<FactRecord>,
    /// What happened beyond that while the node is cut off, or follows one that is.
    island: Option<Island>,
    /// Facts of the home that came before an island was taken in.
    home: Vec<FactRecord>,
    /// Whether the node above is of another island: what it tells is not the home's.
    above_apart: bool,
    /// Whether seats were added that nodes below may not know to concern them.
    grown: bool,
    news: News,
}

/// All meetings of a node.
///
/// Hand one input in with `handle_input`, then call `poll_output` until it gives `Timeout`, and carry the outputs
/// out in order; what follows a `Store` waits until it is durable. The same seed and the same inputs give the same
/// outputs.
pub struct Hub {
    config: HubConfig,
    key: TokenKey,
    random: ChaCha20Rng,
    units: Arc<UnitTree>,
    sessions: IndexMap<MeetingId, Session>,
    links: BTreeMap<ConnectionId, Link>,
    rooms: HashMap<RoomId, MeetingId>,
    peers: BTreeMap<PeerId, MeetingId>,
    /// Calls that wait for the SFU's answer to an offer.
    offers: HashMap<PeerId, CallId>,
    tickets: HashMap<String, TicketEntry>,
    next_number: u32,
    dirty: BTreeSet<MeetingId>,
    place: Place,
    neighbours: BTreeMap<NodeName, Neighbour>,
    /// Who waits for an answer of the parent, by our number for it.
    waiting: HashMap<u32, Waiting>,
    statuses: Statuses,
    /// When those who are told in rounds are told next, of meetings where somebody waits.
    rounds: BTreeMap<MeetingId, Instant>,
    tick: Instant,
    outputs: VecDeque<Output>,
    counters: Counters,
}

impl Hub {
    /// A hub without units and meetings.
    pub fn new(config: HubConfig, seed: [u8; 32], now: Now) -> Self {
        Self {
            key: TokenKey::new(config.resume_key),
            config,
            random: ChaCha20Rng::from_seed(seed),
            units: Arc::default(),
            sessions: IndexMap::new(),
            links: BTreeMap::new(),
            rooms: HashMap::new(),
            peers: BTreeMap::new(),
            offers: HashMap::new(),
            tickets: HashMap::new(),
            next_number: 1,
            dirty: BTreeSet::new(),
            place: Place::default(),
            neighbours: BTreeMap::new(),
            waiting: HashMap::new(),
            statuses: Statuses::default(),
            rounds: BTreeMap::new(),
            tick: now.instant + TICK,
            outputs: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::ReplaceUnits { units } => self.units = units,
            Input::Restore { records } => self.restore(now, &records),
            Input::RestoreApart { island, records } => self.restore_apart(island, &records),
            Input::Call { call, by, what } => self.handle_call(now, call, by, what),
            Input::Opened { connection } => self.handle_opened(now, connection),
            Input::Frame { connection, text } => self.handle_frame(now, connection, &text),
            Input::Closed { connection } => self.on_closed(now, connection),
            Input::Offer { call, bearer, offer } => self.handle_offer(now, call, &bearer, offer),
            Input::OfferAgain { call, bearer, offer } => self.handle_offer_again(now, call, &bearer, offer),
            Input::Hangup { call, bearer } => self.handle_hangup(now, call, &bearer),
            Input::Recheck { call, changed } => self.handle_recheck(now, call, &changed),
            Input::Sfu(event) => self.handle_sfu(now, event),
            Input::Node { from, envelope } => self.handle_envelope(now, &from, envelope),
            Input::Load { load } => self.on_load(load),
            Input::Timeout => {}
            Input::Stop => self.stop(),
        }
        if now.instant >= self.tick {
            self.tick = now.instant + TICK;
            self.on_tick(now);
        }
        self.tick_neighbours(now);
        self.settle(now);
        self.flush_neighbours();
    }

    /// The next thing to do; `Timeout` when there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        let others = self.rounds.values().min().copied().into_iter().chain(self.next_beat());
        Output::Timeout(Some(others.fold(self.tick, Instant::min)))
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Vec<(&'static str, u64)> {
        self.counters.list()
    }

    /// Meetings going on and WebSockets open.
    pub fn load(&self) -> (usize, usize) {
        let running =
            self.sessions.values().filter(|s| s.meeting.plenary.phase == MeetingPhase::Running).count();
        (running, self.links.len())
    }

    /// Ends a seat's connection and transport.
    fn expel(&mut self, meeting: &MeetingId, seat: &SeatId, reason: ByeReason) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let media = session.placement.hang_up(seat);
        let presence = session.seats.remove(seat);
        if let Some(SfuCommand::Disconnect { peer }) = media {
            self.drop_peer(peer);
            self.outputs.push_back(Output::Sfu(SfuCommand::Disconnect { peer }));
        }
        if let Some(connection) = presence.and_then(|presence| presence.connection) {
            self.end_link(connection, reason, None);
        }
    }

    /// Says goodbye and closes; the seat is somebody else's business.
    fn end_link(&mut self, connection: ConnectionId, reason: ByeReason, retry_after_ms: Option<u32>) {
        if self.links.remove(&connection).is_some() {
            self.send(connection, ServerMessage::Bye(Bye { reason, retry_after_ms }));
            self.outputs.push_back(Output::Close { connection });
        }
    }

    fn send(&mut self, connection: ConnectionId, message: ServerMessage) {
        self.outputs.push_back(Output::Send { connection, message });
    }

    /// Numbers for rooms and peers; none comes twice in 4 billion.
    fn number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        number
    }

    fn random_serial(&mut self) -> u64 {
        self.random.next_u64().max(1)
    }

    fn around(&self, now: Now) -> Surroundings<'_> {
        Surroundings { units: &self.units, day: Day::of(now.wall) }
    }

    fn stop(&mut self) {
        let open: Vec<ConnectionId> = self.links.keys().copied().collect();
        for connection in open {
            self.end_link(connection, ByeReason::Restarting, Some(500));
        }
    }
}
