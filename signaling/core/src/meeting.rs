//! One meeting: `apply(who, command) -> facts` and `fold(fact)`. The state is the fold of the facts and nothing else.

mod apply;
mod fold;
mod seat;
mod sitting;
mod told;

pub(crate) use apply::{CutEnd, Surroundings};
pub(crate) use seat::Seat;
pub(crate) use sitting::{Branch, Sitting};
pub(crate) use told::Outlook;

use crate::fact::{Created, FactRecord, FactVersion, Scope};
use crate::{Actor, Fact, UtcMillis};
use indexmap::IndexMap;
use signaling_protocol::{
    DetachingPolicy, FactNumber, MeetingId, MeetingPhase, MeetingView, RequestId, Role, SeatId, UnitCode,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Seats one meeting may have. The national call of domain.md S5 has 3,321 sites; twice that leaves room.
pub const MAX_SEATS: usize = 8_192;

/// Registrations to speak at once; a briefing hears 5 to 25 (domain.md section 3.1). More are refused as `Full`: the
/// queue is part of the common view, which must leave room for seats in a frame.
pub(crate) const MAX_QUEUE: usize = 50;

/// One meeting's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// Which.
    pub id: MeetingId,
    /// What it was made of.
    pub created: Created,
    /// Of those who sit together.
    pub plenary: Sitting,
    /// Who may let branches sit apart.
    pub detaching: DetachingPolicy,
    /// The branches that sit apart.
    pub apart: BTreeMap<UnitCode, Branch>,
    /// What branches did while they were cut off and is in the log already.
    pub islands: BTreeSet<u64>,
    /// The seats, in the order they were made.
    pub seats: IndexMap<SeatId, Seat>,
    /// Each seat's last request that became a fact.
    pub requests: HashMap<SeatId, (RequestId, FactNumber)>,
    /// The last fact.
    pub last: FactNumber,
    /// What each fact changed, by number from 1.
    touched: Vec<told::Entry>,
    hash: String,
}

impl Meeting {
    /// A meeting from its first fact.
    pub(crate) fn begin(id: MeetingId, created: Created) -> Self {
        Self {
            id,
            created,
            plenary: Sitting::waiting(),
            detaching: DetachingPolicy::default(),
            apart: BTreeMap::new(),
            islands: BTreeSet::new(),
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
        (scope, fact): (Scope, Fact),
    ) -> FactRecord {
        let number = FactNumber(self.last.0.saturating_add(1));
        let mut record = FactRecord {
            version: FactVersion::CURRENT,
            meeting: self.id.clone(),
            number,
            at,
            by,
            request,
            scope,
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

    /// The first chair of a sitting that is here.
    pub(crate) fn chair_of(&self, scope: &Scope) -> Option<&SeatId> {
        let is_chair = |seat: &Seat| match scope {
            Scope::Plenary => seat.record.role == Role::Chair,
            Scope::Branch(unit) => self.chairs_branch(unit, &seat.record.seat),
        };
        let here = |seat: &Seat| seat.sits == *scope && seat.is_connected() && is_chair(seat);
        self.seats.iter().find(|(_, seat)| here(seat)).map(|(id, _)| id)
    }

    /// Whether a seat chairs a branch now: as its chair, or as the deputy of a chair who is not here.
    pub(crate) fn chairs_branch(&self, unit: &UnitCode, seat: &SeatId) -> bool {
        let Some(branch) = self.apart.get(unit) else { return false };
        let here = |seat: &SeatId| self.seat(seat).is_some_and(Seat::is_connected);
        let chair = branch.chair.as_ref();
        chair == Some(seat) || branch.deputy.as_ref() == Some(seat) && !chair.is_some_and(here)
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.plenary.phase == MeetingPhase::Ended
    }

    /// The common part as those of a sitting see it.
    pub(crate) fn view(&self, scope: &Scope) -> MeetingView {
        let sitting = self.sitting(scope).unwrap_or(&self.plenary);
        MeetingView {
            meeting: self.id.clone(),
            title: self.created.title.clone(),
            kind: self.created.kind,
            convening_unit: self.created.convening_unit.clone(),
            convening_name: self.created.convening_name.clone(),
            starts: self.created.starts,
            phase: sitting.phase,
            started: sitting.started,
            microphones: sitting.microphones,
            stage: sitting.stage.clone(),
            floor: sitting.floor_seat().cloned(),
            floor_since: sitting.floor.as_ref().map(|(_, since)| *since),
            presenter: sitting.presenter.clone(),
            queue: sitting.queue.clone(),
            branch: scope.clone().into(),
            apart: self.apart.iter().map(|(unit, branch)| branch.view(unit)).collect(),
            detaching: self.detaching,
            fact: self.last,
        }
    }
}

impl UtcMillis {
    /// Whole seconds, as the wire has them.
    pub fn seconds(self) -> signaling_protocol::UtcSeconds {
        signaling_protocol::UtcSeconds(u32::try_from(self.0.div_euclid(1_000)).unwrap_or(0))
    }
}

#[cfg(test)]
impl Meeting {
    /// The state without what only says where in the log it was written.
    pub(crate) fn numbers_aside(&self) -> Self {
        let none = FactNumber(0);
        let mut bare = Self { last: none, touched: Vec::new(), hash: String::new(), ..self.clone() };
        for (_, number) in bare.requests.values_mut() {
            *number = none;
        }
        for branch in bare.apart.values_mut() {
            branch.detached = none;
        }
        for seat in bare.seats.values_mut() {
            seat.vacated = FactNumber(u32::from(seat.vacated != none));
            seat.back = none;
        }
        bare
    }
}
