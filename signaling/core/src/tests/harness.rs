//! A world in virtual time around one hub: it stores what is to be stored, plays the SFU, keeps what everybody was
//! told, and checks at every output what must always hold.

mod fixtures;

use super::sfu::SfuModel;
use crate::{
    Account, Answer, Call, CallId, ConnectionId, Envelope, FactRecord, Hub, HubConfig, Input, NeighbourNews,
    NodeName, Now, Output, Place, UnitTree, UtcMillis,
};
use sfu_control::{PeerId, SfuCommand, SfuEvent, Slot};
use signaling_protocol::{
    ByeReason, Change, ClientFrame, ClientMessage, Connection, Credential, DeviceKind, FactNumber, GrantRole,
    Hello, MeetingView, Microphone, Outcome, PROTOCOL_VERSION, Refusal, RequestId, ResumeToken, SeatId,
    SeatView, ServerMessage, Ticket, Welcome,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use fixtures::{
    briefing, convener, meeting_id, origin, person, site, three_tier_briefing, three_tiers, unit, units,
};

/// 2026-11-23, in the afternoon in Hà Nội.
const START: UtcMillis = UtcMillis(1_795_420_000_000);

/// How soon after an input everybody in a small meeting has heard of it.
const MOMENT: Duration = Duration::from_millis(100);

pub(super) const CONFIG: HubConfig =
    HubConfig { resume_key: [9; 32], max_meetings: 8, max_connections: 4_000 };

/// Everything around a hub.
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) now: Now,
    pub(super) stored: Vec<FactRecord>,
    /// What is kept apart, and of which island.
    pub(super) apart: Vec<(u64, FactRecord)>,
    pub(super) sfu: SfuModel,
    pub(super) sent: BTreeMap<ConnectionId, Vec<ServerMessage>>,
    pub(super) closed: BTreeSet<ConnectionId>,
    /// Outputs in order, as text, for comparing two runs.
    pub(super) trace: Vec<String>,
    pub(super) answers: BTreeMap<CallId, Result<Answer, Refusal>>,
    pub(super) connected: Vec<(PeerId, String)>,
    /// What is to be carried to other nodes.
    pub(super) posted: Vec<(NodeName, Envelope)>,
    /// What happened between this node and others.
    pub(super) news: Vec<(NodeName, NeighbourNews)>,
    care: Care,
    next: u32,
}

/// How much of a world is written down and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Every output, and what the SFU must know after every input.
    Full,
    /// Neither: one of hundreds.
    Light,
}

/// One client of a world.
#[derive(Debug, Clone)]
pub(super) struct Participant {
    pub(super) connection: ConnectionId,
    pub(super) seat: SeatId,
    pub(super) token: ResumeToken,
    pub(super) request: u32,
    pub(super) peer: Option<PeerId>,
}

/// When everything begins.
pub(super) fn start() -> Now {
    Now { instant: origin(), wall: START }
}

impl World {
    /// A node with units and no meeting.
    pub(super) fn new() -> Self {
        Self::with_units(units())
    }

    pub(super) fn with_units(units: UnitTree) -> Self {
        Self::placed(units, Place::default())
    }

    /// A node at its place in a tree of nodes.
    pub(super) fn placed(units: UnitTree, place: Place) -> Self {
        Self::placed_at(start(), units, place)
    }

    /// One that is started then.
    pub(super) fn placed_at(now: Now, units: UnitTree, place: Place) -> Self {
        Self::among(now, Arc::new(units), place, ([3; 32], Care::Full))
    }

    /// The same with units that many share.
    pub(super) fn among(
        now: Now,
        units: Arc<UnitTree>,
        place: Place,
        (seed, care): ([u8; 32], Care),
    ) -> Self {
        let mut world = Self {
            hub: Hub::new(CONFIG, seed, now).at(now, place),
            now,
            stored: Vec::new(),
            apart: Vec::new(),
            sfu: SfuModel::default(),
            sent: BTreeMap::new(),
            closed: BTreeSet::new(),
            trace: Vec::new(),
            answers: BTreeMap::new(),
            connected: Vec::new(),
            posted: Vec::new(),
            news: Vec::new(),
            care,
            next: 1,
        };
        world.input(Input::ReplaceUnits { units });
        world
    }

    /// Takes over what a node stored before it was killed.
    pub(super) fn restored(&mut self, old: Self) {
        self.stored.clone_from(&old.stored);
        self.apart.clone_from(&old.apart);
        if !old.stored.is_empty() {
            self.input(Input::Restore { records: old.stored });
        }
        for chapter in old.apart.chunk_by(|(one, _), (other, _)| one == other) {
            let records = chapter.iter().map(|(_, record)| record.clone()).collect();
            self.input(Input::RestoreApart { island: chapter[0].0, records });
        }
    }

    /// A node that was started anew with these records, a second after them.
    pub(super) fn restarted(records: &[FactRecord]) -> Self {
        let mut world = Self::new();
        world.now.wall = UtcMillis(records.last().map_or(START.0, |record| record.at.0) + 1_000);
        world.stored = records.to_vec();
        world.input(Input::Restore { records: records.to_vec() });
        world
    }

    /// The province with its ten communes, chair and all sites here and with media, meeting running.
    pub(super) fn running() -> (Self, Participant, Vec<Participant>) {
        let mut world = Self::new();
        world.call(convener(), Call::CreateMeeting(briefing(10))).unwrap();
        let mut chair = world.join(&convener());
        let mut sites: Vec<Participant> =
            (1..=10).map(|commune| world.join(&site(&format!("X{commune:02}")))).collect();
        world.media(&mut chair);
        sites.iter_mut().for_each(|site| world.media(site));
        world.ask(&mut chair, ClientMessage::StartMeeting {}).unwrap();
        (world, chair, sites)
    }

    /// Hands an input in, and what follows from it within a moment: a round of news.
    pub(super) fn input(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            self.hub.handle_input(self.now, input);
            let checked = self.care == Care::Full;
            if checked {
                self.check_told();
            }
            let deadline = self.drain();
            if checked {
                self.sfu.check_rooms();
            }
            if let Some(soon) = deadline.filter(|deadline| *deadline <= self.now.instant + MOMENT) {
                let passed = soon.saturating_duration_since(self.now.instant).as_millis();
                self.now.instant = soon.max(self.now.instant);
                self.now.wall.0 += i64::try_from(passed).unwrap();
                next = Some(Input::Timeout);
            }
        }
    }

    /// What must hold in the SFU was told.
    pub(super) fn check_told(&self) {
        assert_eq!(self.hub.untold(), [], "what must hold in the SFU was told");
    }

    fn drain(&mut self) -> Option<Instant> {
        loop {
            let output = self.hub.poll_output();
            if self.care == Care::Full {
                self.trace.push(match &output {
                    Output::Timeout(_) => "wait".to_owned(),
                    output => format!("{output:?}"),
                });
            }
            match output {
                Output::Timeout(deadline) => return deadline,
                Output::Store(records) => self.stored.extend(records),
                Output::StoreApart { island, records } => {
                    self.apart.extend(records.into_iter().map(|r| (island, r)));
                }
                Output::ForgetApart { .. } => self.apart.clear(),
                Output::Send { connection, message } => self.take_message(connection, message),
                Output::Broadcast { connections, message } => {
                    for connection in connections {
                        self.take_message(connection, message.clone());
                    }
                }
                Output::Close { connection } => {
                    assert!(self.closed.insert(connection), "closed twice: {connection:?}");
                }
                Output::Answer { call, result } => {
                    assert!(self.answers.insert(call, result).is_none(), "answered twice: {call:?}");
                }
                Output::Node { to, envelope } => self.posted.push((to, envelope)),
                Output::Neighbour { node, news } => self.news.push((node, news)),
                Output::Sfu(command) => {
                    self.sfu.take(&command);
                    if let SfuCommand::Connect { peer, offer, .. } = command {
                        self.connected.push((peer, offer));
                    }
                }
            }
        }
    }

    /// Nothing is said on a closed connection, and no fact is told before it is stored.
    fn take_message(&mut self, connection: ConnectionId, message: ServerMessage) {
        assert!(!self.closed.contains(&connection), "said after the end: {message:?}");
        let told = match &message {
            ServerMessage::Changed { fact, .. }
            | ServerMessage::Reply { outcome: Outcome::Done { fact }, .. } => *fact,
            ServerMessage::Snapshot(snapshot) => snapshot.fact,
            _about_no_fact => FactNumber(0),
        };
        let apart = self.apart.last().map(|(_, record)| record.number);
        let stored = self.stored.last().map(|record| record.number).max(apart).unwrap_or_default();
        assert!(told <= stored, "fact {told:?} told with {stored:?} stored: {message:?}");
        self.sent.entry(connection).or_default().push(message);
    }

    /// Lets time pass, waking the hub each second; whoever is named sends a ping every 5 seconds.
    pub(super) fn pass(&mut self, seconds: u32, alive: &mut [&mut Participant]) {
        for second in 1..=seconds {
            self.now.instant += Duration::from_secs(1);
            self.now.wall = UtcMillis(self.now.wall.0 + 1_000);
            self.input(Input::Timeout);
            if second % 5 == 0 {
                for participant in alive.iter_mut() {
                    participant.request += 1;
                    self.frame(participant.connection, participant.request, ClientMessage::Ping {});
                }
            }
        }
    }

    pub(super) fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(super) fn call(&mut self, by: Account, what: Call) -> Result<Answer, Refusal> {
        let call = CallId(self.number());
        self.input(Input::Call { call, by, what });
        self.answers.remove(&call).unwrap()
    }

    /// What a call was answered.
    pub(super) fn take_answer(&mut self, call: CallId) -> Result<Answer, Refusal> {
        self.answers.remove(&call).unwrap()
    }

    pub(super) fn ticket(&mut self, by: &Account) -> Result<Ticket, Refusal> {
        match self.call(by.clone(), Call::IssueTicket { meeting: meeting_id() })? {
            Answer::Ticket(issued) => Ok(issued.ticket),
            other => panic!("not a ticket: {other:?}"),
        }
    }

    pub(super) fn open(&mut self) -> ConnectionId {
        let connection = ConnectionId(self.number());
        self.input(Input::Opened { connection });
        connection
    }

    pub(super) fn frame(&mut self, connection: ConnectionId, id: u32, message: ClientMessage) {
        let frame = ClientFrame { id: RequestId(id), seen: FactNumber(0), message };
        self.text(connection, serde_json::to_string(&frame).unwrap());
    }

    pub(super) fn text(&mut self, connection: ConnectionId, text: impl Into<String>) {
        self.input(Input::Frame { connection, text: text.into() });
    }

    /// A new connection that says hello; the welcome, or why not.
    pub(super) fn hello(&mut self, credential: Credential) -> (ConnectionId, Result<Welcome, Refusal>) {
        let connection = self.open();
        let hello = Hello { version: PROTOCOL_VERSION, credential, device: DeviceKind::Room };
        self.frame(connection, 0, ClientMessage::Hello(hello));
        let result = match self.sent[&connection].first() {
            Some(ServerMessage::Welcome(welcome)) => Ok(welcome.clone()),
            Some(ServerMessage::Reply { outcome: Outcome::Refused { refusal }, .. }) => Err(*refusal),
            other => panic!("neither welcome nor refusal: {other:?}"),
        };
        (connection, result)
    }

    pub(super) fn join(&mut self, account: &Account) -> Participant {
        let ticket = self.ticket(account).unwrap();
        let (connection, welcome) = self.hello(Credential::Ticket { ticket });
        let welcome = welcome.unwrap();
        Participant {
            connection,
            seat: welcome.you.seat,
            token: welcome.resume_token,
            request: welcome.last_request.0,
            peer: None,
        }
    }

    /// Comes back with the resume token.
    pub(super) fn resume(
        &mut self,
        participant: &mut Participant,
        seen: FactNumber,
    ) -> Result<Welcome, Refusal> {
        let token = participant.token.clone();
        let (connection, welcome) = self.hello(Credential::Resume { token, seen });
        let welcome = welcome?;
        participant.connection = connection;
        participant.token = welcome.resume_token.clone();
        Ok(welcome)
    }

    /// One request; what was answered.
    pub(super) fn ask(
        &mut self,
        who: &mut Participant,
        message: ClientMessage,
    ) -> Result<FactNumber, Refusal> {
        who.request += 1;
        self.ask_as(who, who.request, message)
    }

    pub(super) fn ask_as(
        &mut self,
        who: &Participant,
        id: u32,
        message: ClientMessage,
    ) -> Result<FactNumber, Refusal> {
        let before = self.sent.get(&who.connection).map_or(0, Vec::len);
        self.frame(who.connection, id, message);
        let sent = self.sent.get(&who.connection).map(|sent| &sent[before..]).unwrap_or_default();
        let reply = sent.iter().find_map(|message| match message {
            ServerMessage::Reply { re, outcome } if re.0 == id => Some(outcome.clone()),
            _other => None,
        });
        match reply.unwrap_or_else(|| panic!("no reply in {sent:?}")) {
            Outcome::Done { fact } => Ok(fact),
            Outcome::Refused { refusal } => Err(refusal),
        }
    }

    /// Sets up a transport as the SFU would answer it.
    pub(super) fn media(&mut self, who: &mut Participant) {
        let offer = format!("v=0\r\na=fingerprint:sha-256 {}\r\n", self.number());
        let call = CallId(self.number());
        self.input(Input::Offer { call, bearer: who.token.clone(), offer: offer.clone() });
        let (peer, taken) = self.connected.pop().unwrap();
        assert_eq!(taken, offer);
        let slots = vec![
            (Slot::FloorAudio, "0".to_owned()),
            (Slot::Programme, "1".to_owned()),
            (Slot::Mosaic(0), "2".to_owned()),
        ];
        self.input(Input::Sfu(SfuEvent::Answered { peer, answer: "answer".to_owned(), slots }));
        assert_eq!(self.answers.remove(&call), Some(Ok(Answer::Media { answer: "answer".to_owned() })));
        who.peer = Some(peer);
    }

    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.input(Input::Closed { connection });
    }

    /// What a connection was said last.
    pub(super) fn bye(&self, connection: ConnectionId) -> Option<ByeReason> {
        match self.sent.get(&connection)?.last()? {
            ServerMessage::Bye(bye) if self.closed.contains(&connection) => Some(bye.reason),
            _other => None,
        }
    }

    /// The meeting as the client behind a connection has it: its snapshot and every change since.
    pub(super) fn picture(&self, connection: ConnectionId) -> (MeetingView, BTreeMap<SeatId, SeatView>) {
        let mut meeting = None;
        let mut seats = BTreeMap::new();
        for message in &self.sent[&connection] {
            match message {
                ServerMessage::Snapshot(page) => {
                    meeting = Some(page.meeting.clone());
                    seats.extend(page.seats.iter().map(|seat| (seat.seat.clone(), seat.clone())));
                }
                ServerMessage::Changed { changes, .. } => {
                    for change in changes {
                        match change {
                            Change::Meeting { meeting: view } => meeting = Some(view.clone()),
                            Change::Seat { seat } => {
                                seats.insert(seat.seat.clone(), seat.clone());
                            }
                            Change::You { .. } => {}
                        }
                    }
                }
                _other => {}
            }
        }
        let meeting: MeetingView = meeting.unwrap();
        // What goes on where somebody does not sit he is not told, and what he knew of it says nothing.
        for seat in seats.values_mut().filter(|seat: &&mut SeatView| seat.branch != meeting.branch) {
            (seat.microphone, seat.camera, seat.may_present) = (Microphone::Locked, false, false);
        }
        (meeting, seats)
    }

    /// How a seat is connected, as somebody who comes now is told.
    pub(super) fn picture_of(&mut self, who: &Participant) -> Connection {
        let eye = self.join(&person("eye", GrantRole::Viewer, "T1"));
        self.picture(eye.connection).1[&who.seat].connection
    }

    pub(super) fn counter(&self, name: &str) -> u64 {
        self.hub.counters().into_iter().find(|(known, _)| *known == name).unwrap().1
    }
}
