//! A country joins one meeting within a minute: what everybody is sent stays bounded, and nobody waits for the stage.

use super::harness::{convener, meeting_id, site, unit};
use crate::{
    Account, Answer, Call, CallId, ConnectionId, Hub, HubConfig, Input, Now, Output, UnitTree, UtcMillis,
};
use signaling_protocol::{
    BoundedText, Change, ClientFrame, ClientMessage, Connection, CreateMeeting, Credential, DeviceKind,
    FactNumber, Hello, MeetingKind, Outcome, PROTOCOL_VERSION, Presence, PublishSource, RequestId, SeatId,
    SeatView, ServerMessage, UtcSeconds,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sites of the national call (domain.md S5), all within a minute.
const SITES: u32 = 3_321;
const MINUTE: Duration = Duration::from_secs(60);

/// What the rounds of one meeting may send, and one round more for the first.
const ROUND_FRAMES: u64 = 60 * 5_000 + 3_321;

/// What one client was told, as far as this story needs it.
#[derive(Default)]
struct Client {
    told: FactNumber,
    stage: Option<SeatId>,
    replied: u32,
    /// The list of seats as it stands here; kept for few, it is long.
    seats: Option<BTreeMap<SeatId, SeatView>>,
}

/// A hub and many clients that only count.
struct Crowd {
    hub: Hub,
    now: Now,
    stored: FactNumber,
    clients: BTreeMap<ConnectionId, Client>,
    /// `Changed` frames sent.
    changed: u64,
    answer: Option<Answer>,
    next: u32,
    deadline: Option<Instant>,
}

impl Crowd {
    fn new() -> Self {
        let mut csv =
            "code,name,kind,tier,parent,order,valid_from,valid_to\nT1,Tỉnh Lam,Tỉnh,tinh,,1,,\n".to_owned();
        for commune in 1..=SITES {
            writeln!(csv, "X{commune:04},Xã số {commune},Xã,xa,T1,{commune},,").unwrap();
        }
        let units =
            UnitTree::from_csv("code,name\ntinh,Cấp tỉnh\nxa,Cấp xã\n".as_bytes(), csv.as_bytes()).unwrap();
        let now = Now { instant: super::harness::origin(), wall: UtcMillis(1_795_420_000_000) };
        let config = HubConfig { resume_key: [9; 32], max_meetings: 1, max_connections: 4_000 };
        let mut crowd = Self {
            hub: Hub::new(config, [3; 32], now),
            now,
            stored: FactNumber(0),
            clients: BTreeMap::new(),
            changed: 0,
            answer: None,
            next: 0,
            deadline: None,
        };
        crowd.input(Input::ReplaceUnits { units: Arc::new(units) });
        crowd.call(
            convener(),
            Call::CreateMeeting(CreateMeeting {
                meeting: meeting_id(),
                title: BoundedText::parse("Hội nghị toàn quốc").unwrap(),
                kind: MeetingKind::Briefing,
                convening_unit: unit("T1"),
                starts: UtcSeconds(1_795_420_000),
                sites: (1..=SITES).map(|commune| unit(&format!("X{commune:04}"))).collect(),
                staff: Vec::new(),
                no_state_secrets: true,
            }),
        );
        crowd
    }

    fn input(&mut self, input: Input) {
        self.hub.handle_input(self.now, input);
        loop {
            match self.hub.poll_output() {
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                Output::Store(records) => self.stored = records.last().unwrap().number,
                Output::Send { connection, message } => self.take(connection, &message),
                Output::Broadcast { connections, message } => {
                    for connection in connections {
                        self.take(connection, &message);
                    }
                }
                Output::Answer { result, .. } => self.answer = Some(result.unwrap()),
                Output::Sfu(_) => {}
                Output::Close { connection } => panic!("closed: {connection:?}"),
                Output::StoreApart { .. }
                | Output::ForgetApart { .. }
                | Output::Node { .. }
                | Output::Neighbour { .. } => panic!("a node that stands alone"),
            }
        }
    }

    fn take(&mut self, connection: ConnectionId, message: &ServerMessage) {
        let client = self.clients.entry(connection).or_default();
        match message {
            ServerMessage::Snapshot(page) => {
                (client.told, client.stage) = (page.fact, page.meeting.stage.clone());
                if let Some(seats) = &mut client.seats {
                    seats.extend(page.seats.iter().map(|seat| (seat.seat.clone(), seat.clone())));
                }
            }
            ServerMessage::Changed { fact, changes } => {
                self.changed += 1;
                assert!(client.told <= *fact && *fact <= self.stored, "{fact:?} after {:?}", client.told);
                client.told = *fact;
                for change in changes {
                    match (change, &mut client.seats) {
                        (Change::Meeting { meeting }, _) => client.stage.clone_from(&meeting.stage),
                        (Change::Seat { seat }, Some(seats)) => {
                            seats.insert(seat.seat.clone(), seat.clone());
                        }
                        (Change::Seat { .. } | Change::You { .. }, _) => {}
                    }
                }
            }
            ServerMessage::Reply { re, outcome } => {
                assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
                client.replied = re.0;
            }
            _other => {}
        }
    }

    /// Lets time pass, waking the hub whenever it asked for it.
    fn pass(&mut self, until: Instant) {
        while let Some(deadline) = self.deadline.filter(|deadline| *deadline <= until) {
            self.at(deadline);
            self.input(Input::Timeout);
        }
        self.at(until);
    }

    fn at(&mut self, instant: Instant) {
        let passed = instant.saturating_duration_since(self.now.instant);
        self.now.wall = UtcMillis(self.now.wall.0 + i64::try_from(passed.as_millis()).unwrap());
        self.now.instant = instant;
    }

    /// Everybody shows to be there.
    fn breathe(&mut self) {
        let connections: Vec<ConnectionId> = self.clients.keys().copied().collect();
        for connection in connections {
            let frame =
                ClientFrame { id: RequestId(0), seen: FactNumber(0), message: ClientMessage::Ping {} };
            self.input(Input::Frame { connection, text: serde_json::to_string(&frame).unwrap() });
        }
    }

    fn call(&mut self, by: Account, what: Call) -> Answer {
        self.next += 1;
        self.input(Input::Call { call: CallId(self.next), by, what });
        self.answer.take().unwrap()
    }

    fn join(&mut self, account: &Account, seats: Option<BTreeMap<SeatId, SeatView>>) -> ConnectionId {
        let Answer::Ticket(issued) = self.call(account.clone(), Call::IssueTicket { meeting: meeting_id() })
        else {
            panic!("no ticket");
        };
        self.next += 1;
        let connection = ConnectionId(self.next);
        self.clients.insert(connection, Client { seats, ..Client::default() });
        self.input(Input::Opened { connection });
        let credential = Credential::Ticket { ticket: issued.ticket };
        let hello = Hello { version: PROTOCOL_VERSION, credential, device: DeviceKind::Room };
        self.ask(connection, 0, ClientMessage::Hello(hello));
        connection
    }

    fn ask(&mut self, connection: ConnectionId, id: u32, message: ClientMessage) {
        let frame = ClientFrame { id: RequestId(id), seen: FactNumber(0), message };
        let text = serde_json::to_string(&frame).unwrap();
        self.input(Input::Frame { connection, text });
        // Whoever asks has the answer and sees what it did, before any time passes.
        assert_eq!(self.clients[&connection].replied, id);
        assert_eq!(self.clients[&connection].told, self.stored);
    }
}

#[test]
fn a_country_joins_in_a_minute_and_the_stage_does_not_wait() {
    let mut crowd = Crowd::new();
    let chair = crowd.join(&convener(), Some(BTreeMap::new()));
    crowd.ask(chair, 1, ClientMessage::StartMeeting {});
    let begun = crowd.now.instant;
    let (mut asked, mut stage_frames) = (1, 0);
    for number in 1..=SITES {
        crowd.pass(begun + MINUTE * number / SITES);
        if number % 500 == 0 {
            crowd.breathe();
        }
        // The first one watches the list as well.
        let list = (number == 1).then(BTreeMap::new);
        let connection = crowd.join(&site(&format!("X{number:04}")), list);
        let on = ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On };
        crowd.ask(connection, 1, on);
        if number % 50 == 0 {
            let seat = SeatId::parse(format!("s{number}")).unwrap();
            let before = crowd.changed;
            asked += 1;
            crowd.ask(chair, asked, ClientMessage::PutOnStage { seat: seat.clone() });
            stage_frames += crowd.changed - before;
            for client in crowd.clients.values() {
                assert_eq!((client.stage.as_ref(), client.told), (Some(&seat), crowd.stored), "told at once");
            }
        }
    }
    // Each site hears of its own camera; everything else comes in rounds.
    let own = u64::from(SITES);
    let in_rounds = crowd.changed - stage_frames - own;
    assert!(in_rounds <= ROUND_FRAMES, "{in_rounds} frames in rounds, {stage_frames} for the stage");
    assert!(in_rounds >= u64::from(SITES), "the rounds do tell: {in_rounds}");

    crowd.pass(begun + MINUTE + Duration::from_secs(1));
    let connected = |seat: &&SeatView| matches!(seat.connection, Connection::Connected { .. }) && seat.camera;
    for client in crowd.clients.values() {
        assert_eq!(client.told, crowd.stored, "a second later everybody knows everything");
        if let Some(seats) = &client.seats {
            assert_eq!(seats.values().filter(connected).count(), usize::try_from(SITES).unwrap());
        }
    }
    assert_eq!(crowd.clients.values().filter(|client| client.seats.is_some()).count(), 2);
    let quiet = crowd.changed;
    crowd.pass(begun + MINUTE + Duration::from_secs(5));
    assert_eq!(crowd.changed, quiet, "and nothing is told again");
}
