//! The world of a story: one hub, one engine, clients of both, 10 ms of line between them, and a clock that only we
//! turn. Commands and events pass between hub and engine as values, like in the server.

use super::setup::{self, SERVER, account, engine, hub, meeting_id, units};
use sfu_control::{SfuCommand, SfuEvent, Slot};
use sfu_core::testing::{Flight, TestClient, epoch};
use sfu_core::{Arena, Datagram, Engine};
use signaling_core::{
    Answer, Call, CallId, ConnectionId, FactRecord, Hub, Input, Now, Output, UnitTree, UtcMillis,
};
use signaling_protocol::{
    ClientFrame, ClientMessage, Credential, DeviceKind, FactNumber, Hello, MediaProfile, Outcome,
    PROTOCOL_VERSION, Presence, PublishSource, Refusal, RequestId, ResumeToken, SeatId, ServerMessage,
    ViewWish,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DELAY: Duration = Duration::from_millis(10);
const PING_EVERY: Duration = Duration::from_secs(5);
/// 2026-11-23, in the afternoon in Hà Nội.
const START: UtcMillis = UtcMillis(1_795_420_000_000);

/// The chair's number; the site of commune `X0n` has number n.
pub(super) const CHAIR: u32 = 9;

/// A participant: its place at the hub and its media.
pub(super) struct Participant {
    pub(super) seat: SeatId,
    pub(super) media: TestClient,
    connection: ConnectionId,
    token: ResumeToken,
    seen: FactNumber,
    request: u32,
    outcome: Option<Outcome>,
    pool: Vec<(Slot, String)>,
}

/// See the module.
pub(super) struct World {
    now: Now,
    hub: Hub,
    engine: Engine,
    units: Arc<UnitTree>,
    people: BTreeMap<u32, Participant>,
    /// Whose line is cut.
    cut: BTreeSet<u32>,
    records: Vec<FactRecord>,
    /// What hub and engine have said to nobody yet.
    messages: Vec<(ConnectionId, ServerMessage)>,
    answers: BTreeMap<CallId, Result<Answer, Refusal>>,
    flights: BTreeMap<(Instant, u64), Flight>,
    hub_due: Instant,
    engine_due: Instant,
    ping_due: Instant,
    next: u32,
}

impl World {
    /// The province's meeting with its three communes, running; nobody but the chair and these has come.
    pub(super) fn running(sites: &[u32]) -> Self {
        let now = Now { instant: epoch(), wall: START };
        let mut world = Self {
            now,
            hub: hub(now, 3),
            engine: engine(now.instant, 4),
            units: Arc::new(units()),
            people: BTreeMap::new(),
            cut: BTreeSet::new(),
            records: Vec::new(),
            messages: Vec::new(),
            answers: BTreeMap::new(),
            flights: BTreeMap::new(),
            hub_due: now.instant,
            engine_due: now.instant,
            ping_due: now.instant + PING_EVERY,
            next: 0,
        };
        world.input(Input::ReplaceUnits { units: Arc::clone(&world.units) });
        world.call(CHAIR, Call::CreateMeeting(setup::meeting()));
        world.join(CHAIR);
        world.ask(CHAIR, ClientMessage::StartMeeting {});
        sites.iter().for_each(|site| world.join(*site));
        world
    }

    /// Comes by ticket, with camera, and waits until its media stands.
    pub(super) fn join(&mut self, number: u32) {
        let Answer::Ticket(issued) = self.call(number, Call::IssueTicket { meeting: meeting_id() }) else {
            panic!("no ticket");
        };
        self.greet(number, Credential::Ticket { ticket: issued.ticket });
    }

    /// Comes back with its token, as a page does after its connection broke: with new media.
    pub(super) fn resume(&mut self, number: u32) {
        let old = self.people.remove(&number).unwrap();
        self.greet(number, Credential::Resume { token: old.token, seen: old.seen });
    }

    fn greet(&mut self, number: u32, credential: Credential) {
        let connection = ConnectionId(self.number());
        self.input(Input::Opened { connection });
        let hello = Hello { version: PROTOCOL_VERSION, credential, device: DeviceKind::Room };
        self.frame(connection, 0, ClientMessage::Hello(hello));
        let mut own = self.take_messages(connection).into_iter();
        let Some(ServerMessage::Welcome(welcome)) = own.next() else { panic!("{number} is not let in") };
        let participant = Participant {
            seat: welcome.you.seat,
            media: TestClient::new(number, self.now.instant),
            connection,
            token: welcome.resume_token,
            seen: FactNumber(0),
            request: welcome.last_request.0,
            outcome: None,
            pool: Vec::new(),
        };
        self.people.insert(number, participant);
        own.for_each(|message| self.tell(number, message));
        let wish = ViewWish {
            profile: MediaProfile::Full,
            programme_height: 720,
            slides_height: 720,
            mosaic: Vec::new(),
        };
        self.ask(number, ClientMessage::SetView(wish));
        self.ask(number, ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On });
        self.offer_again(number);
    }

    /// Makes new media for a seat that has its connection.
    pub(super) fn offer_again(&mut self, number: u32) {
        let now = self.now.instant;
        let person = self.people.get_mut(&number).unwrap();
        person.media = TestClient::new(number, now);
        person.media.start_camera();
        let (bearer, offer) = (person.token.clone(), person.media.offer());
        let call = CallId(self.number());
        self.input(Input::Offer { call, bearer, offer });
        let Some(Ok(Answer::Media { answer })) = self.answers.remove(&call) else { panic!("no answer") };
        let person = self.people.get_mut(&number).unwrap();
        person.media.accept(&answer, &person.pool);
        self.run(Duration::from_secs(3));
    }

    /// The node is killed and started again: hub from its facts, engine from nothing. Nobody is connected.
    pub(super) fn restart(&mut self) {
        self.hub = hub(self.now, 13);
        self.engine = engine(self.now.instant, 14);
        self.flights.clear();
        self.messages.clear();
        self.input(Input::ReplaceUnits { units: Arc::clone(&self.units) });
        self.input(Input::Restore { records: self.records.clone() });
    }

    /// One request, done.
    pub(super) fn ask(&mut self, number: u32, message: ClientMessage) {
        let outcome = self.try_ask(number, message);
        assert!(matches!(outcome, Outcome::Done { .. }), "{number}: {outcome:?}");
    }

    /// One request; how it ended.
    pub(super) fn try_ask(&mut self, number: u32, message: ClientMessage) -> Outcome {
        let person = self.people.get_mut(&number).unwrap();
        person.request += 1;
        let (connection, request) = (person.connection, person.request);
        self.frame(connection, request, message);
        self.people.get_mut(&number).unwrap().outcome.take().unwrap()
    }

    /// Cuts the line that media takes; its WebSocket stands.
    pub(super) fn cut_media(&mut self, number: u32) {
        self.cut.insert(number);
    }

    /// The line is whole again.
    pub(super) fn mend_media(&mut self, number: u32) {
        self.cut.remove(&number);
    }

    /// Speaks into the microphone for good, locked or not.
    pub(super) fn speak(&mut self, number: u32) {
        self.people.get_mut(&number).unwrap().media.speak(20);
    }

    pub(super) fn seat(&self, number: u32) -> SeatId {
        self.people[&number].seat.clone()
    }

    pub(super) fn instant(&self) -> Instant {
        self.now.instant
    }

    /// Who is seen on somebody's programme since a moment, and by how many packets.
    pub(super) fn seen_by(&self, number: u32, since: Instant) -> BTreeMap<u32, usize> {
        count(self.people[&number].media.heard_on(Slot::Programme, since))
    }

    /// Who is heard by somebody since a moment, in whatever slot.
    pub(super) fn heard_by(&self, number: u32, since: Instant) -> BTreeMap<u32, usize> {
        let slots = [Slot::Audio(0), Slot::Audio(1), Slot::Audio(2), Slot::FloorAudio];
        count(slots.into_iter().flat_map(|slot| self.people[&number].media.heard_on(slot, since)))
    }

    /// Who has the floor's own slot at somebody's since a moment.
    pub(super) fn floor_at(&self, number: u32, since: Instant) -> BTreeMap<u32, usize> {
        count(self.people[&number].media.heard_on(Slot::FloorAudio, since))
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now.instant + span;
        loop {
            let clients = self.people.values().map(|person| person.media.due()).min();
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let own = [self.hub_due, self.engine_due, self.ping_due];
            let next = own.into_iter().chain(clients).chain(flight).min().unwrap_or(until);
            if next > until {
                break;
            }
            self.turn_clock(next);
            self.deliver();
            if self.engine_due <= self.now.instant {
                self.engine.handle_input(self.now.instant, sfu_core::Input::Timeout);
                self.drain_engine();
            }
            if self.hub_due <= self.now.instant {
                self.input(Input::Timeout);
            }
            self.ping();
            self.tick_clients();
        }
        self.turn_clock(until);
    }

    fn turn_clock(&mut self, to: Instant) {
        let passed = to.saturating_duration_since(self.now.instant);
        self.now.instant += passed;
        let since_start = self.now.wall.0 + i64::try_from(passed.as_millis()).unwrap();
        self.now.wall = UtcMillis(since_start);
    }

    fn ping(&mut self) {
        if self.ping_due > self.now.instant {
            return;
        }
        self.ping_due = self.now.instant + PING_EVERY;
        let connections: Vec<ConnectionId> = self.people.values().map(|person| person.connection).collect();
        for connection in connections {
            self.frame(connection, 0, ClientMessage::Ping {});
        }
    }

    fn tick_clients(&mut self) {
        let mut sent = Vec::new();
        for person in self.people.values_mut() {
            person.media.tick(self.now.instant, &mut sent);
        }
        sent.into_iter().for_each(|flight| self.fly(flight));
    }

    fn fly(&mut self, flight: Flight) {
        let on_line = |number: &u32| {
            let address = self.people.get(number).map(|person| person.media.address());
            address == Some(flight.0) || address == Some(flight.1)
        };
        if self.cut.iter().any(on_line) {
            return;
        }
        let number = u64::from(self.number());
        self.flights.insert((self.now.instant + DELAY, number), flight);
    }

    fn deliver(&mut self) {
        let server: SocketAddr = SERVER.parse().unwrap();
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now.instant) {
            let (source, destination, mut contents) = entry.remove();
            if destination == server {
                let datagram = Datagram { source, destination, contents: &mut contents };
                self.engine.handle_input(self.now.instant, sfu_core::Input::Datagram(datagram));
                self.drain_engine();
            } else if let Some(person) =
                self.people.values_mut().find(|person| person.media.address() == destination)
            {
                person.media.receive(self.now.instant, source, &contents);
            }
        }
    }

    fn call(&mut self, by: u32, what: Call) -> Answer {
        let call = CallId(self.number());
        self.input(Input::Call { call, by: account(by), what });
        self.answers.remove(&call).unwrap().unwrap()
    }

    fn frame(&mut self, connection: ConnectionId, id: u32, message: ClientMessage) {
        let frame = ClientFrame { id: RequestId(id), seen: FactNumber(0), message };
        self.input(Input::Frame { connection, text: serde_json::to_string(&frame).unwrap() });
    }

    fn input(&mut self, input: Input) {
        self.hub.handle_input(self.now, input);
        self.drain_hub();
    }

    fn drain_hub(&mut self) {
        loop {
            match self.hub.poll_output() {
                Output::Timeout(due) => {
                    self.hub_due = due.unwrap();
                    break;
                }
                Output::Store(records) => self.records.extend(records),
                Output::Send { connection, message } => self.messages.push((connection, message)),
                Output::Broadcast { connections, message } => {
                    self.messages
                        .extend(connections.into_iter().map(|connection| (connection, message.clone())));
                }
                Output::Close { .. } => {}
                Output::Answer { call, result } => {
                    self.answers.insert(call, result);
                }
                Output::Sfu(command) => self.command(command),
                Output::StoreApart { .. }
                | Output::ForgetApart { .. }
                | Output::Node { .. }
                | Output::Neighbour { .. } => unreachable!("this node stands alone"),
            }
        }
        let known: Vec<(u32, ConnectionId)> =
            self.people.iter().map(|(number, person)| (*number, person.connection)).collect();
        for (number, connection) in known {
            for message in self.take_messages(connection) {
                self.tell(number, message);
            }
        }
    }

    fn take_messages(&mut self, whose: ConnectionId) -> Vec<ServerMessage> {
        let (own, rest) =
            std::mem::take(&mut self.messages).into_iter().partition(|(connection, _)| *connection == whose);
        self.messages = rest;
        let own: Vec<(ConnectionId, ServerMessage)> = own;
        own.into_iter().map(|(_, message)| message).collect()
    }

    fn command(&mut self, command: SfuCommand) {
        self.engine.handle_input(self.now.instant, sfu_core::Input::Command(command));
        self.drain_engine();
    }

    fn drain_engine(&mut self) {
        let mut arena = Arena::default();
        let mut events: Vec<SfuEvent> = Vec::new();
        loop {
            match self.engine.poll_output(&mut arena) {
                sfu_core::Output::Timeout(at) => {
                    self.engine_due = at;
                    break;
                }
                sfu_core::Output::Transmit(transmit) => {
                    let parts = arena.contents(&transmit).chunks(transmit.segment);
                    for contents in parts.map(<[u8]>::to_vec).collect::<Vec<_>>() {
                        self.fly((transmit.source, transmit.destination, contents));
                    }
                }
                sfu_core::Output::Event(event) => events.push(event),
                sfu_core::Output::Flush => arena.clear(),
                // This node has one worker.
                sfu_core::Output::Cross(_) => {}
            }
        }
        for event in events {
            self.hub.handle_input(self.now, Input::Sfu(event));
            // What the hub says to it is taken by whoever drains the hub: the caller, or the next turn, at once.
            self.hub_due = self.now.instant;
        }
    }

    /// Does what a client does with a message.
    fn tell(&mut self, number: u32, message: ServerMessage) {
        let person = self.people.get_mut(&number).unwrap();
        match message {
            ServerMessage::Snapshot(page) => person.seen = page.fact,
            ServerMessage::Changed { fact, .. } => person.seen = fact,
            ServerMessage::Reply { outcome, .. } => person.outcome = Some(outcome),
            ServerMessage::Slots { slots } => {
                let fresh =
                    slots.into_iter().map(|state| (setup::slot(state.slot), state.mid.as_str().to_owned()));
                let fresh: Vec<_> = fresh.filter(|pair| !person.pool.contains(pair)).collect();
                person.pool.extend(fresh);
            }
            ServerMessage::Publish { source, demand } => {
                person.media.demand(setup::kind(source), setup::layers(demand));
            }
            ServerMessage::Welcome(_)
            | ServerMessage::Speaking { .. }
            | ServerMessage::Lines { .. }
            | ServerMessage::Pong { .. }
            | ServerMessage::Bye(_) => {}
        }
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }
}

fn count(senders: impl IntoIterator<Item = u32>) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for sender in senders {
        *counts.entry(sender).or_insert(0) += 1;
    }
    counts
}
