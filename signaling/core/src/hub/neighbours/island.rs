//! A branch that is cut off goes on by itself, and is put together with the rest when the line is back.
//!
//! The rules of the merge:
//! - Whoever is cut off sits apart from then on, as if the branch had been let go; at home it sits apart as well.
//! - A fact of the branch's own sitting is the branch's, any other fact the home's. Facts of different sittings commute, so
//!   the branch's are appended to the log as they were made and in their order, and nothing is weighed against anything.
//! - An island has a random name. The home writes down which it has taken in, and takes none in twice.
//! - The branch then goes back to the last fact it had from home, and takes over the home's log, its own facts in it.

use super::Hub;
use crate::connection::LinkState;
use crate::fact::{Fact, Scope};
use crate::hub::hello::you;
use crate::hub::{Cause, Session, Standing, parts};
use crate::meeting::{CutEnd, Meeting};
use crate::neighbour::{IslandPart, NodeName, Word};
use crate::{FactRecord, Now, Output};
use rand::Rng as _;
use signaling_protocol::{Change, FactNumber, MeetingId, Outcome, Refusal, RequestId, SeatId, UnitCode};

/// Facts of an island in one word.
const FACTS_PER_WORD: usize = 64;

/// Facts of one island that a home takes in: a branch that talks for a day makes some thousands. What is longer is
/// refused and stays where it is.
const ISLAND_FACTS_MAX: usize = 100_000;

/// What happened beyond the last fact of the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::hub) struct Island {
    /// Its name.
    name: u64,
    /// Facts made since, numbered on from the home's last.
    records: Vec<FactRecord>,
}

impl Hub {
    /// The parent is silent: every meeting that is decided above goes on here, for this branch by itself.
    pub(super) fn on_cut_off(&mut self, now: Now) {
        let running =
            |session: &&Session| session.standing == Standing::Follower && !session.meeting.is_over();
        let cut: Vec<MeetingId> =
            self.sessions.values().filter(running).map(|session| session.meeting.id.clone()).collect();
        for meeting in cut {
            self.begin_island(now, &meeting);
        }
    }

    // Follower => Island
    fn begin_island(&mut self, now: Now, meeting: &MeetingId) {
        let units = self.place.branch.clone();
        let around = self.around(now);
        let Some(session) = self.sessions.get(meeting) else { return };
        let facts: Vec<(Scope, Fact)> =
            units.iter().flat_map(|unit| session.meeting.cut_off(unit, CutEnd::Branch, around)).collect();
        let apart = units.iter().any(|unit| session.meeting.apart.contains_key(unit));
        if facts.is_empty() && !apart {
            return;
        }
        let name = self.random.next_u64();
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        session.standing = Standing::Island;
        session.island = Some(Island { name, records: Vec::new() });
        let unanswered: Vec<(SeatId, RequestId)> = std::mem::take(&mut session.asked).into_keys().collect();
        self.counters.islands = self.counters.islands.saturating_add(1);
        self.dirty.insert(meeting.clone());
        for (seat, request) in unanswered {
            self.give_outcome(meeting, &seat, request, Outcome::Refused { refusal: Refusal::ParentAway });
        }
        self.record(now, meeting, &Cause::node(), facts);
    }

    /// The node above has become an island, or follows one: what comes from now on may be undone.
    pub(super) fn on_apart(&mut self, meeting: &MeetingId, island: u64) {
        if let Some(session) = self.sessions.get_mut(meeting) {
            session.island = Some(Island { name: island, records: Vec::new() });
            self.dirty.insert(meeting.clone());
        }
    }

    /// What the home must be told of an island, once it hears us again.
    pub(super) fn island_words(&self, session: &Session) -> Vec<Word> {
        let Some(island) = session.island.as_ref().filter(|_| session.standing == Standing::Island) else {
            return Vec::new();
        };
        let own = island.records.iter().filter(|record| !record.scope.is_plenary()).cloned();
        let own: Vec<FactRecord> = own.collect();
        let mut parts: Vec<Vec<FactRecord>> = own.chunks(FACTS_PER_WORD).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let last = parts.len() - 1;
        let part = |(at, records)| {
            let meeting = session.meeting.id.clone();
            let units = self.place.branch.clone();
            Word::Island(IslandPart { meeting, island: island.name, units, records, last: at == last })
        };
        parts.into_iter().enumerate().map(part).collect()
    }

    /// A branch tells what it did while it was cut off; a node between passes it on.
    pub(super) fn on_island(&mut self, now: Now, from: &NodeName, part: IslandPart) {
        let branch = self.neighbours.get(from).map(|node| node.branch.clone()).unwrap_or_default();
        let own = |record: &FactRecord| match &record.scope {
            Scope::Branch(unit) => record.meeting == part.meeting && super::is_of(&branch, unit, &self.units),
            Scope::Plenary => false,
        };
        let theirs = part.units.iter().all(|unit| super::is_of(&branch, unit, &self.units));
        if !theirs || !part.records.iter().all(own) {
            return self.on_bad_word(from);
        }
        if !self.is_home(&part.meeting) {
            return self.say_up(Word::Island(part));
        }
        let Some(neighbour) = self.neighbours.get_mut(from) else { return };
        let landing = neighbour.landing.entry(part.meeting.clone()).or_default();
        landing.extend(part.records);
        if landing.len() > ISLAND_FACTS_MAX {
            neighbour.landing.remove(&part.meeting);
            return self.on_bad_word(from);
        }
        if part.last {
            let records = neighbour.landing.remove(&part.meeting).unwrap_or_default();
            self.take_island(now, &IslandPart { records, ..part });
        }
    }

    fn take_island(&mut self, now: Now, whole: &IslandPart) {
        let IslandPart { meeting, island, units, records, .. } = whole;
        let known = |session: &Session| session.meeting.is_over() || session.meeting.islands.contains(island);
        if self.sessions.get(meeting).is_none_or(known) {
            return;
        }
        // The home may not have noticed the cut.
        self.note_cut(now, meeting, units);
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let facts = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let mut taken: Vec<FactRecord> = Vec::with_capacity(records.len());
        for FactRecord { at, by, request, scope, fact, .. } in records {
            let fact = (scope.clone(), fact.clone());
            taken.push(session.meeting.record(*at, by.clone(), *request, fact));
        }
        self.take_in(meeting, taken);
        let fact = (Scope::Plenary, Fact::IslandTaken { island: *island, facts });
        self.record(now, meeting, &Cause::node(), vec![fact]);
        self.end_cut(now, meeting, units);
    }

    /// A branch is not heard any more: at home it sits apart. Whether that says all there is to say of it.
    pub(super) fn note_cut(&mut self, now: Now, meeting: &MeetingId, branch: &[UnitCode]) -> bool {
        let around = self.around(now);
        let Some(session) = self.sessions.get(meeting).filter(|s| s.standing == Standing::Home) else {
            return false;
        };
        let cut = |unit| session.meeting.cut_off(unit, CutEnd::Home, around);
        let facts: Vec<(Scope, Fact)> = branch.iter().flat_map(cut).collect();
        let apart = branch.iter().any(|unit| session.meeting.apart.contains_key(unit)) || !facts.is_empty();
        self.record(now, meeting, &Cause::node(), facts);
        apart
    }

    /// A branch that was cut off is heard again, and all it did is in the log: it sits with the others.
    pub(super) fn end_cut(&mut self, now: Now, meeting: &MeetingId, branch: &[UnitCode]) {
        let Some(session) = self.sessions.get(meeting).filter(|s| s.standing == Standing::Home) else {
            return;
        };
        let cut = |unit: &&UnitCode| session.meeting.apart.get(*unit).is_some_and(|branch| branch.cut);
        let back = branch.iter().filter(cut).map(|unit| Fact::BranchReturned { unit: unit.clone() });
        let facts = Scope::Plenary.of(back);
        self.record(now, meeting, &Cause::node(), facts);
    }

    /// Facts of the home came while this node was an island. Once ours are among them, the two are one again.
    pub(super) fn receive_on_island(&mut self, meeting: &MeetingId, records: &[FactRecord]) -> bool {
        let Some(session) = self.sessions.get_mut(meeting) else { return false };
        let Some(island) = &session.island else { return false };
        let name = island.name;
        let next = session.log.len() + session.home.len();
        let continues = |(at, record): (usize, &FactRecord)| {
            usize::try_from(record.number.0).is_ok_and(|number| number == next + at + 1)
        };
        if !records.iter().enumerate().all(continues) {
            return false;
        }
        session.home.extend(records.iter().cloned());
        let taken =
            |record: &FactRecord| matches!(record.fact, Fact::IslandTaken { island, .. } if island == name);
        if records.iter().any(taken) {
            self.land(meeting);
        }
        true
    }

    // Island => Follower
    fn land(&mut self, meeting: &MeetingId) {
        self.go_back(meeting);
        let home = self.sessions.get_mut(meeting).map(|session| std::mem::take(&mut session.home));
        self.receive(meeting, &home.unwrap_or_default());
        self.retell(meeting);
    }

    /// Undoes whatever is not the home's.
    pub(super) fn go_back(&mut self, id: &MeetingId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(first) = session.log.first() else { return };
        let Some(mut meeting) = Meeting::founded(first) else { return };
        session.log.iter().for_each(|record| meeting.fold(record));
        session.meeting = meeting;
        session.standing = Standing::Follower;
        if session.island.take().is_some() {
            self.outputs.push_back(Output::ForgetApart { meeting: id.clone() });
        }
        session.placement.look_at_everybody();
        self.dirty.insert(id.clone());
        let last = session.meeting.last;
        let children: Vec<NodeName> = self.place.children.iter().map(|child| child.name.clone()).collect();
        for child in children {
            let Some(node) = self.neighbours.get_mut(&child) else { continue };
            if let Some(told) = node.follows.get_mut(id) {
                *told = (*told).min(last);
                if node.apart.contains(id) {
                    node.apart.retain(|meeting| meeting != id);
                    node.channel.say(Word::Together { meeting: id.clone() });
                }
            }
        }
    }

    /// The node above undid what was not the home's.
    pub(super) fn on_together(&mut self, meeting: &MeetingId) {
        self.go_back(meeting);
        self.retell(meeting);
    }

    /// Tells everybody here the whole state: what they know may have been undone.
    fn retell(&mut self, id: &MeetingId) {
        let Some(session) = self.sessions.get(id) else { return };
        let meeting = &session.meeting;
        let mut told = Vec::new();
        for (seat_id, presence) in &session.seats {
            let (Some(connection), Some(seat)) = (presence.connection, meeting.seat(seat_id)) else {
                continue;
            };
            let you = you(meeting, seat_id, seat);
            let changes = vec![Change::You { you: you.clone() }];
            let mut messages = parts::snapshot(meeting, &seat.sits);
            messages.extend(parts::changed(meeting.last, meeting.last, changes));
            told.push((connection, you, messages));
        }
        let last = meeting.last;
        for (connection, you, messages) in told {
            if let Some(link) = self.links.get_mut(&connection)
                && let LinkState::Joined(seated) = &mut link.state
            {
                (seated.told, seated.you) = (last, you);
            }
            messages.into_iter().for_each(|message| self.send(connection, message));
        }
    }

    /// At start: what was done here while the node was cut off, from where the home's facts end.
    pub(in crate::hub) fn restore_apart(&mut self, island: u64, records: Vec<FactRecord>) {
        let Some(first) = records.first() else { return };
        let meeting = first.meeting.clone();
        let Some(session) = self.sessions.get_mut(&meeting).filter(|s| s.standing == Standing::Follower)
        else {
            return;
        };
        let whole = records.iter().all(|record| {
            let next = session.meeting.is_continued_by(record);
            if next {
                session.meeting.fold(record);
            }
            next
        });
        if !whole {
            self.counters.broken_logs = self.counters.broken_logs.saturating_add(1);
        }
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        session.standing = Standing::Island;
        session.island = Some(Island { name: island, records });
        self.dirty.insert(meeting);
    }
}

impl Session {
    /// The fact from which on everything is the home's.
    pub(super) fn base(&self) -> (FactNumber, String) {
        match (&self.island, self.log.last()) {
            (Some(_), Some(last)) => (last.number, last.hash.clone()),
            (Some(_), None) | (None, _) => self.meeting.head(),
        }
    }

    /// The facts after one: the home's, and those that may be undone.
    pub(super) fn facts_after(&self, told: FactNumber) -> (Vec<FactRecord>, Vec<FactRecord>) {
        let skip = usize::try_from(told.0).unwrap_or(usize::MAX);
        let home = self.log.get(skip..).unwrap_or_default().to_vec();
        let own = self.island.iter().flat_map(|island| &island.records);
        (home, own.skip(skip.saturating_sub(self.log.len())).cloned().collect())
    }

    /// The island it is part of, if it is.
    pub(super) fn island_name(&self) -> Option<u64> {
        self.island.as_ref().map(|island| island.name)
    }

    /// Keeps facts for those who come later.
    pub(in crate::hub) fn keep(&mut self, records: &[FactRecord]) -> Option<u64> {
        match &mut self.island {
            Some(island) => {
                island.records.extend(records.iter().cloned());
                Some(island.name)
            }
            None => {
                self.log.extend(records.iter().cloned());
                None
            }
        }
    }
}
