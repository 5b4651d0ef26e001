//! One meeting: `apply(who, command) -> facts` and `fold(fact)`. The state is the fold of the facts and nothing else.

mod apply;
mod fold;

pub(crate) use apply::Surroundings;

use crate::fact::{Created, FactRecord, FactVersion, SeatRecord, Touched};
use crate::permissions::is_host;
use crate::{Actor, Fact, UtcMillis};
use indexmap::IndexMap;
use signaling_protocol::{
    Connection, FactNumber, MeetingId, MeetingPhase, MeetingView, Microphone, MicrophonePolicy, QueueEntry,
    RequestId, Role, SeatId, SeatView, UtcSeconds,
};
use std::collections::{HashMap, HashSet};

/// Seats one meeting may have. The national call of domain.md S5 has 3,321 sites; twice that leaves room.
pub const MAX_SEATS: usize = 8_192;

/// Registrations to speak at once; a briefing hears 5 to 25 (domain.md section 3.1). More are refused as `Full`: the
/// queue is part of the common view, which must leave room for seats in a frame.
pub(crate) const MAX_QUEUE: usize = 50;

/// One seat's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// As it was made.
    pub record: SeatRecord,
    /// How it is connected.
    pub connection: Connection,
    /// Its microphone.
    pub microphone: Microphone,
    /// Whether its camera is on.
    pub camera: bool,
    /// Whether it may present without being asked.
    pub may_present: bool,
    /// The fact by which it was last vacated, 0 if never: what was given out before that is good no more.
    pub vacated: FactNumber,
    /// How long it is on the wire. Kept, because every newcomer's snapshot is cut by it: thousands of seats for each of
    /// thousands of newcomers.
    pub wire_bytes: usize,
}

/// One meeting's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// Which.
    pub id: MeetingId,
    /// What it was made of.
    pub created: Created,
    /// Where it stands.
    pub phase: MeetingPhase,
    /// When it was opened.
    pub started: Option<UtcSeconds>,
    /// What microphones are by default.
    pub microphones: MicrophonePolicy,
    /// Whose picture is shown.
    pub stage: Option<SeatId>,
    /// Who has the floor, and since when.
    pub floor: Option<(SeatId, UtcSeconds)>,
    /// Who presents.
    pub presenter: Option<SeatId>,
    /// Who wants to speak.
    pub queue: Vec<QueueEntry>,
    /// The seats, in the order they were made.
    pub seats: IndexMap<SeatId, Seat>,
    /// Each seat's last request that became a fact.
    pub requests: HashMap<SeatId, (RequestId, FactNumber)>,
    /// The last fact.
    pub last: FactNumber,
    /// What each fact changed, by number from 1.
    touched: Vec<Touched>,
    hash: String,
}

impl Meeting {
    /// A meeting from its first fact.
    pub(crate) fn begin(id: MeetingId, created: Created) -> Self {
        Self {
            id,
            created,
            phase: MeetingPhase::Waiting,
            started: None,
            microphones: MicrophonePolicy::Locked,
            stage: None,
            floor: None,
            presenter: None,
            queue: Vec::new(),
            seats: IndexMap::new(),
            requests: HashMap::new(),
            last: FactNumber(0),
            touched: Vec::new(),
            hash: String::new(),
        }
    }

    /// Appends a fact to the log: numbers it, chains it, folds it.
    pub(crate) fn record(
        &mut self,
        at: UtcMillis,
        by: Actor,
        request: Option<RequestId>,
        fact: Fact,
    ) -> FactRecord {
        let number = FactNumber(self.last.0.saturating_add(1));
        let mut record = FactRecord {
            version: FactVersion::CURRENT,
            meeting: self.id.clone(),
            number,
            at,
            by,
            request,
            fact,
            hash: String::new(),
        };
        record.hash = record.expected_hash(&self.hash);
        self.fold(&record);
        record
    }

    /// A meeting from its first record, not folded yet; none if the record is no beginning.
    pub(crate) fn founded(first: &FactRecord) -> Option<Self> {
        let Fact::MeetingCreated(created) = &first.fact else { return None };
        (first.number == FactNumber(1)).then(|| Self::begin(first.meeting.clone(), (**created).clone()))
    }

    /// Whether a record is the next of this log, unchanged.
    pub(crate) fn is_continued_by(&self, record: &FactRecord) -> bool {
        record.meeting == self.id
            && record.version <= FactVersion::CURRENT
            && record.number.0 == self.last.0.saturating_add(1)
            && record.hash == record.expected_hash(&self.hash)
    }

    /// The last fact's number and hash.
    pub(crate) fn head(&self) -> (FactNumber, String) {
        (self.last, self.hash.clone())
    }

    /// A seat.
    pub(crate) fn seat(&self, seat: &SeatId) -> Option<&Seat> {
        self.seats.get(seat)
    }

    /// The first chair that is here.
    pub(crate) fn chair(&self) -> Option<&SeatId> {
        let is_chair = |seat: &Seat| seat.record.role == Role::Chair && seat.is_connected();
        self.seats.iter().find(|(_, seat)| is_chair(seat)).map(|(id, _)| id)
    }

    /// Who has the floor.
    pub(crate) fn floor_seat(&self) -> Option<&SeatId> {
        self.floor.as_ref().map(|(seat, _)| seat)
    }

    /// What a seat's microphone is when nothing special holds for it.
    pub(crate) fn default_microphone(&self, role: Role) -> Microphone {
        match role {
            Role::Chair | Role::Secretary | Role::Operator => Microphone::Off,
            Role::Viewer => Microphone::Locked,
            Role::Site | Role::Delegate => match self.microphones {
                MicrophonePolicy::Locked => Microphone::Locked,
                MicrophonePolicy::Allowed => Microphone::Off,
            },
        }
    }

    /// Whether a seat may present now: by role, by leave, or because it speaks.
    pub(crate) fn may_present(&self, id: &SeatId, seat: &Seat) -> bool {
        is_host(seat.record.role) || seat.may_present || self.floor_seat() == Some(id)
    }

    /// What changed after a fact: whether the common part did, and which seats, each once.
    pub(crate) fn touched_since(&self, seen: FactNumber) -> (bool, Vec<SeatId>) {
        let skip = usize::try_from(seen.0).unwrap_or(usize::MAX);
        let mut meeting = false;
        let mut seats: Vec<SeatId> = Vec::new();
        let mut known: HashSet<&SeatId> = HashSet::new();
        for touched in self.touched.iter().skip(skip) {
            meeting |= touched.meeting;
            if let Some(seat) = &touched.seat
                && known.insert(seat)
            {
                seats.push(seat.clone());
            }
        }
        (meeting, seats)
    }

    /// The common part as everybody sees it.
    pub(crate) fn view(&self) -> MeetingView {
        MeetingView {
            meeting: self.id.clone(),
            title: self.created.title.clone(),
            kind: self.created.kind,
            convening_unit: self.created.convening_unit.clone(),
            convening_name: self.created.convening_name.clone(),
            starts: self.created.starts,
            phase: self.phase,
            started: self.started,
            microphones: self.microphones,
            stage: self.stage.clone(),
            floor: self.floor_seat().cloned(),
            floor_since: self.floor.as_ref().map(|(_, since)| *since),
            presenter: self.presenter.clone(),
            queue: self.queue.clone(),
            fact: self.last,
        }
    }
}

impl Seat {
    /// Measures it anew after a change. A view of ours can always be written.
    fn measure(&mut self) {
        self.wire_bytes = serde_json::to_vec(&self.view()).map_or(0, |text| text.len());
    }

    /// A seat as everybody sees it.
    pub(crate) fn view(&self) -> SeatView {
        let record = &self.record;
        SeatView {
            seat: record.seat.clone(),
            occupant: record.occupant.clone(),
            name: record.name.clone(),
            detail: record.detail.clone(),
            tier: record.tier.clone(),
            parent: record.parent.clone(),
            role: record.role,
            order: record.order,
            connection: self.connection,
            microphone: self.microphone,
            camera: self.camera,
            may_present: self.may_present,
        }
    }

    /// Whether it is connected.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.connection, Connection::Connected { .. })
    }
}

impl UtcMillis {
    /// Whole seconds, as the wire has them.
    pub(crate) fn seconds(self) -> UtcSeconds {
        UtcSeconds(u32::try_from(self.0.div_euclid(1_000)).unwrap_or(0))
    }
}
