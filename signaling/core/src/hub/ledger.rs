//! Where facts come in: recorded here, or restored at start.

use super::news::News;
use super::{Cause, Hub, Session, Standing};
use crate::fact::{Created, Fact, Scope, verify_chain};
use crate::meeting::Meeting;
use crate::placement::{Placement, room_name};
use crate::{FactRecord, Now, Output};
use sfu_control::SfuCommand;
use signaling_protocol::{ByeReason, FactNumber, MeetingId, SeatId};
use std::collections::BTreeMap;

impl Hub {
    pub(super) fn restore(&mut self, now: Now, records: &[FactRecord]) {
        let Some(first) = records.first() else { return };
        let (Ok(()), Fact::MeetingCreated(created)) = (verify_chain(records), &first.fact) else {
            self.counters.broken_logs = self.counters.broken_logs.saturating_add(1);
            return;
        };
        let id = first.meeting.clone();
        let standing = self.standing_in(created);
        let mut meeting = Meeting::begin(id.clone(), (**created).clone());
        for record in records {
            meeting.fold(record);
        }
        let here = meeting.seats.iter().filter(|(_, seat)| seat.is_connected());
        let cut = here.map(|(id, seat)| (seat.sits.clone(), Fact::SeatLost { seat: id.clone() })).collect();
        let running = !meeting.is_over();
        self.open_session(meeting);
        if let Some(session) = self.sessions.get_mut(&id).filter(|_| !self.neighbours.is_empty()) {
            session.log = records.to_vec();
        }
        // Elsewhere the home finds out when we tell it who is here.
        if running && standing == Standing::Home {
            self.record(now, &id, &Cause::node(), cut);
        }
    }

    /// Gives a meeting its room.
    pub(super) fn open_session(&mut self, meeting: Meeting) {
        let room = room_name(&meeting.id, None);
        let id = meeting.id.clone();
        if !meeting.is_over() {
            self.rooms.insert(room, id.clone());
            self.outputs.push_back(Output::Sfu(SfuCommand::OpenRoom { room }));
        }
        let session = Session {
            standing: self.standing_in(&meeting.created),
            meeting,
            placement: Placement::new(room),
            seats: BTreeMap::new(),
            below: BTreeMap::new(),
            asked: BTreeMap::new(),
            log: Vec::new(),
            island: None,
            home: Vec::new(),
            above_apart: false,
            grown: true,
            news: News::default(),
        };
        self.sessions.insert(id.clone(), session);
        // A branch that sat apart when the node was killed does so again.
        self.dirty.insert(id);
    }

    /// What this node is to a meeting.
    pub(super) fn standing_in(&self, created: &Created) -> Standing {
        if created.home == self.place.name { Standing::Home } else { Standing::Follower }
    }

    /// Turns facts into records: to be stored, and then told. The number of the last one, 0 if there was none.
    pub(super) fn record(
        &mut self,
        now: Now,
        meeting: &MeetingId,
        cause: &Cause,
        facts: Vec<(Scope, Fact)>,
    ) -> FactNumber {
        let Some(session) = self.sessions.get_mut(meeting) else { return FactNumber(0) };
        if facts.is_empty() {
            return FactNumber(0);
        }
        debug_assert!(session.standing.decides(), "who goes along makes no facts");
        let cause =
            |fact, meeting: &mut Meeting| meeting.record(now.wall, cause.by.clone(), cause.request, fact);
        let records = facts.into_iter().map(|fact| cause(fact, &mut session.meeting)).collect();
        self.take_in(meeting, records)
    }

    /// Takes facts of a meeting's home in. Whether they continue what is here; what is here already is passed over.
    pub(super) fn receive(&mut self, meeting: &MeetingId, records: &[FactRecord]) -> bool {
        let Some(session) = self.sessions.get_mut(meeting) else { return false };
        if session.standing != Standing::Follower {
            return false;
        }
        let last = session.meeting.last;
        let mut taken = Vec::new();
        for record in records.iter().filter(|record| record.number > last) {
            if !session.meeting.is_continued_by(record) {
                break;
            }
            session.meeting.fold(record);
            taken.push(record.clone());
        }
        let whole = records.last().is_some_and(|record| record.number <= session.meeting.last);
        if !taken.is_empty() {
            self.take_in(meeting, taken);
        }
        whole
    }

    /// Records that are folded already: to be stored, and then told. The number of the last one.
    pub(super) fn take_in(&mut self, meeting: &MeetingId, records: Vec<FactRecord>) -> FactNumber {
        let Some(session) = self.sessions.get_mut(meeting) else { return FactNumber(0) };
        for record in &records {
            if let Some(touched) = session.meeting.touched_by(record.number) {
                session.news.on_record(&record.by, touched);
                session.placement.on_record(touched);
            }
            session.grown |= matches!(record.fact, Fact::SeatAdded { .. });
        }
        let island = if self.neighbours.is_empty() { None } else { session.keep(&records) };
        let gone: Vec<(SeatId, ByeReason)> =
            records.iter().filter_map(|record| departure(&record.fact)).collect();
        let last = session.meeting.last;
        self.counters.facts = self.counters.facts.saturating_add(u64::try_from(records.len()).unwrap_or(0));
        self.outputs.push_back(match island {
            Some(island) => Output::StoreApart { island, records },
            None => Output::Store(records),
        });
        self.dirty.insert(meeting.clone());
        for (seat, reason) in gone {
            self.expel(meeting, &seat, reason);
        }
        last
    }
}

/// Whose connection a fact ends, and what it is told.
fn departure(fact: &Fact) -> Option<(SeatId, ByeReason)> {
    match fact {
        Fact::SeatLeft { seat } => Some((seat.clone(), ByeReason::Left)),
        Fact::SeatRemoved { seat } => Some((seat.clone(), ByeReason::Removed)),
        Fact::SeatRevoked { seat } => Some((seat.clone(), ByeReason::Revoked)),
        Fact::MeetingCreated(_)
        | Fact::MeetingStarted {}
        | Fact::MeetingEnded {}
        | Fact::SeatAdded { .. }
        | Fact::SeatInvited { .. }
        | Fact::SeatJoined { .. }
        | Fact::SeatLost { .. }
        | Fact::RoleSet { .. }
        | Fact::StageSet { .. }
        | Fact::FloorGranted { .. }
        | Fact::FloorEnded {}
        | Fact::SpeechRegistered { .. }
        | Fact::SpeechUnregistered { .. }
        | Fact::MicrophonePolicySet { .. }
        | Fact::MicrophoneSet { .. }
        | Fact::CameraSet { .. }
        | Fact::PresentingAllowed { .. }
        | Fact::PresenterSet { .. }
        | Fact::BranchDetached(_)
        | Fact::BranchReturned { .. }
        | Fact::BranchChaired { .. }
        | Fact::IslandTaken { .. }
        | Fact::DetachingSet { .. } => None,
    }
}
