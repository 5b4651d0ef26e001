//! A whole hub with one meeting. An input is lines: a digit and a frame, which that client sends; `~` and a digit, whose
//! connection breaks and opens anew; `@`, a digit and an offer by that client's right, `%` one on media that stands; `+` and
//! seconds that pass. `$TICKET` and `$TOKEN` in a line stand for what that client was given last.

use super::Seen;
use crate::clock;
use signaling_core::{
    Account, Answer, Call, CallId, ConnectionId, FactRecord, Hub, HubConfig, Input, Now, Output, SignInId,
    UnitTree, UtcMillis, verify_chain,
};
use signaling_protocol::{
    AccountId, AccountKind, BoundedText, CreateMeeting, FactNumber, GrantRole, GrantView, MeetingId,
    MeetingKind, Outcome, PROTOCOL_VERSION, ResumeToken, ServerFrame, ServerMessage, UnitCode, UtcSeconds,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A morning in 2026.
const START: UtcMillis = UtcMillis(1_795_420_000_000);
const CONFIG: HubConfig = HubConfig { resume_key: [9; 32], max_meetings: 2, max_connections: 16 };
const TIERS: &str = "code,name\na,A\nb,B\n";
const UNITS: &str = "code,name,kind,tier,parent,order,valid_from,valid_to\n\
    T1,Trên,A,a,,1,,\nX1,Một,B,b,T1,1,,\nX2,Hai,B,b,T1,2,,\n";
/// The chair and two sites.
const CLIENTS: usize = 3;
/// Lines one input is read for.
const LINES_MAX: usize = 200;
/// Outputs one input may make.
const OUTPUTS_MAX: usize = 10_000;
/// Longest a step of time takes, seconds.
const PASS_MAX: u64 = 600;

/// One client and what it was given.
#[derive(Debug, Default)]
struct Client {
    connection: Option<ConnectionId>,
    ticket: String,
    token: String,
}

struct World {
    hub: Hub,
    now: Now,
    clients: [Client; CLIENTS],
    stored: Vec<FactRecord>,
    closed: BTreeSet<ConnectionId>,
    answered: BTreeMap<CallId, Answer>,
    calls: u32,
    said: BTreeSet<&'static str>,
}

/// Whatever clients say: the hub comes to rest, tells no fact before it is kept and nothing after the end, says only what
/// a client can read, and what it kept is one unbroken chain from which a hub can start again.
pub(super) fn hub(input: &[u8]) -> Seen {
    let Ok(text) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let world = World::new();
    assert!(world.is_some(), "the world's own meeting is refused");
    let Some(mut world) = world else { return Seen::refused(0) };
    let before = world.stored.len();
    for line in text.lines().take(LINES_MAX) {
        world.step(line);
    }
    world.pass(1);
    assert_eq!(verify_chain(&world.stored), Ok(()), "the chain of facts");
    let mut again = Hub::new(CONFIG, [4; 32], world.now);
    again.handle_input(world.now, Input::Restore { records: world.stored.clone() });
    let facts = world.stored.len();
    let shape = (facts, world.said);
    if facts > before { Seen::taken(shape) } else { Seen::refused(shape) }
}

impl World {
    fn new() -> Option<Self> {
        let now = Now { instant: clock::now(), wall: START };
        let mut world = Self {
            hub: Hub::new(CONFIG, [3; 32], now),
            now,
            clients: Default::default(),
            stored: Vec::new(),
            closed: BTreeSet::new(),
            answered: BTreeMap::new(),
            calls: 0,
            said: BTreeSet::new(),
        };
        let units = UnitTree::from_csv(TIERS.as_bytes(), UNITS.as_bytes()).ok()?;
        world.input(Input::ReplaceUnits { units: Arc::new(units) });
        let meeting = briefing()?;
        world.call(account(0)?, Call::CreateMeeting(meeting))?;
        for number in 0..CLIENTS {
            world.connect(number);
        }
        Some(world)
    }

    /// Opens a connection and says hello with a new ticket.
    fn connect(&mut self, number: usize) -> Option<()> {
        let meeting = MeetingId::parse("m1").ok()?;
        let Answer::Ticket(issued) = self.call(account(number)?, Call::IssueTicket { meeting })? else {
            return None;
        };
        let ticket = issued.ticket.expose().to_owned();
        self.calls += 1;
        let connection = ConnectionId(self.calls);
        let client = self.clients.get_mut(number)?;
        client.connection = Some(connection);
        client.ticket.clone_from(&ticket);
        self.input(Input::Opened { connection });
        let hello = format!(
            r#"{{"id":0,"seen":0,"message":{{"type":"hello","version":{PROTOCOL_VERSION},"credential":{{"kind":"ticket","ticket":"{ticket}"}},"device":"room"}}}}"#
        );
        self.input(Input::Frame { connection, text: hello });
        Some(())
    }

    fn call(&mut self, by: Account, what: Call) -> Option<Answer> {
        self.calls += 1;
        let call = CallId(self.calls);
        self.input(Input::Call { call, by, what });
        self.answered.remove(&call)
    }

    fn step(&mut self, line: &str) {
        let mut signs = line.chars();
        match signs.next() {
            Some('+') => self.pass(signs.as_str().trim().parse().unwrap_or(1).min(PASS_MAX)),
            Some('~') => {
                let number = whose(signs.next());
                if let Some(connection) =
                    self.clients.get_mut(number).and_then(|client| client.connection.take())
                {
                    self.input(Input::Closed { connection });
                }
                self.connect(number);
            }
            Some(door @ ('@' | '%')) => {
                let number = whose(signs.next());
                self.offer(door, number, signs.as_str().trim());
            }
            Some(first) => {
                let number = whose(Some(first));
                self.frame(number, signs.as_str());
            }
            None => {}
        }
    }

    fn frame(&mut self, number: usize, text: &str) {
        let Some(client) = self.clients.get(number) else { return };
        let Some(connection) = client.connection else { return };
        let text = text.replace("$TICKET", &client.ticket).replace("$TOKEN", &client.token);
        self.input(Input::Frame { connection, text });
    }

    fn offer(&mut self, door: char, number: usize, offer: &str) {
        let Some(client) = self.clients.get(number) else { return };
        let Ok(bearer) = ResumeToken::parse(client.token.as_str()) else { return };
        self.calls += 1;
        let (call, offer) = (CallId(self.calls), offer.to_owned());
        self.input(match door {
            '@' => Input::Offer { call, bearer, offer },
            _other => Input::OfferAgain { call, bearer, offer },
        });
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now.instant += Duration::from_secs(1);
            self.now.wall = UtcMillis(self.now.wall.0 + 1_000);
            self.input(Input::Timeout);
        }
    }

    fn input(&mut self, input: Input) {
        self.hub.handle_input(self.now, input);
        let mut outputs = 0;
        loop {
            outputs += 1;
            assert!(outputs <= OUTPUTS_MAX, "the hub speaks without end");
            match self.hub.poll_output() {
                Output::Timeout(at) => {
                    assert!(at.is_none_or(|at| at > self.now.instant), "a deadline in the past");
                    return;
                }
                Output::Store(records) => self.stored.extend(records),
                Output::StoreApart { .. } | Output::ForgetApart { .. } => {}
                Output::Send { connection, message } => self.take(connection, message),
                Output::Broadcast { connections, message } => {
                    let each: BTreeSet<_> = connections.iter().collect();
                    assert_eq!(each.len(), connections.len(), "told twice: {message:?}");
                    for connection in connections {
                        self.take(connection, message.clone());
                    }
                }
                Output::Close { connection } => {
                    assert!(self.closed.insert(connection), "closed twice: {connection:?}");
                    for client in &mut self.clients {
                        client.connection = client.connection.filter(|open| *open != connection);
                    }
                }
                Output::Answer { call, result } => {
                    self.answered.extend(result.ok().map(|answer| (call, answer)));
                }
                Output::Sfu(_) | Output::Node { .. } | Output::Neighbour { .. } => {}
            }
        }
    }

    fn take(&mut self, connection: ConnectionId, message: ServerMessage) {
        assert!(!self.closed.contains(&connection), "said after the end: {message:?}");
        let (kind, told) = match &message {
            ServerMessage::Changed { fact, .. } => ("changed", *fact),
            ServerMessage::Reply { outcome: Outcome::Done { fact }, .. } => ("done", *fact),
            ServerMessage::Snapshot(page) => ("snapshot", page.fact),
            ServerMessage::Welcome(welcome) => {
                let client = self.clients.iter_mut().find(|client| client.connection == Some(connection));
                if let Some(client) = client {
                    welcome.resume_token.expose().clone_into(&mut client.token);
                }
                ("welcome", FactNumber(0))
            }
            ServerMessage::Reply { .. } => ("refused", FactNumber(0)),
            ServerMessage::Bye(_) => ("bye", FactNumber(0)),
            ServerMessage::Slots { .. }
            | ServerMessage::Publish { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Lines { .. }
            | ServerMessage::Pong { .. } => ("else", FactNumber(0)),
        };
        self.said.insert(kind);
        let stored = self.stored.last().map_or(FactNumber(0), |record| record.number);
        assert!(told <= stored, "fact {told:?} told with {stored:?} stored");
        let frame = ServerFrame { message };
        let text = serde_json::to_string(&frame).unwrap_or_default();
        assert_eq!(serde_json::from_str::<ServerFrame>(&text).ok().as_ref(), Some(&frame), "{text}");
    }
}

fn whose(digit: Option<char>) -> usize {
    usize::try_from(u32::from(digit.unwrap_or('0'))).unwrap_or(0) % CLIENTS
}

/// The chair, who has called the meeting, or a site.
fn account(number: usize) -> Option<Account> {
    let unit = |code: String| UnitCode::parse(code).ok();
    let chair = number == 0;
    let own = if chair { unit("T1".to_owned())? } else { unit(format!("X{number}"))? };
    let grants =
        if chair { vec![GrantView { role: GrantRole::Convener, unit: own.clone() }] } else { Vec::new() };
    Some(Account {
        id: AccountId::parse(format!("a{number}")).ok()?,
        kind: if chair { AccountKind::Person } else { AccountKind::Site },
        name: format!("Ông {number}"),
        unit: own,
        grants,
        sign_in: SignInId(1),
    })
}

fn briefing() -> Option<CreateMeeting> {
    let unit = |code: &str| UnitCode::parse(code).ok();
    Some(CreateMeeting {
        meeting: MeetingId::parse("m1").ok()?,
        title: BoundedText::parse("Giao ban").ok()?,
        kind: MeetingKind::Briefing,
        convening_unit: unit("T1")?,
        starts: UtcSeconds(1_795_420_000),
        sites: vec![unit("X1")?, unit("X2")?],
        staff: Vec::new(),
        no_state_secrets: true,
    })
}
