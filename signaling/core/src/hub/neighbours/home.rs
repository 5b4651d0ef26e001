//! What the home makes of a branch that is cut off: it sits apart from then on, and what it did meanwhile is taken into the
//! log, once.

use super::Hub;
use crate::fact::{Fact, Scope};
use crate::hub::{Cause, Session, Standing};
use crate::meeting::CutEnd;
use crate::neighbour::{IslandPart, NodeName, Word};
use crate::{FactRecord, Now};
use signaling_protocol::{MeetingId, UnitCode};

/// Facts of one island that a home takes in: a branch that talks for a day makes some thousands. What is longer is
/// refused and stays where it is.
const ISLAND_FACTS_MAX: usize = 100_000;

impl Hub {
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
        let is_home = self.is_home(&part.meeting);
        let Some(neighbour) = self.neighbours.get_mut(from) else { return };
        if !is_home {
            neighbour.passed_on.insert(part.meeting.clone());
            return self.say_up(Word::Island(part));
        }
        let key = (part.meeting.clone(), part.island);
        let landing = neighbour.landing.entry(key.clone()).or_default();
        // Told again from the beginning, when the words were lost on the way to a node between.
        if let Some(first) = part.records.first() {
            landing.retain(|known| known.number < first.number);
        }
        landing.extend(part.records);
        if landing.len() > ISLAND_FACTS_MAX {
            neighbour.landing.remove(&key);
            return self.on_bad_word(from);
        }
        if part.last {
            let records = neighbour.landing.remove(&key).unwrap_or_default();
            self.take_island(now, &IslandPart { records, ..part });
        }
    }

    /// What nodes below told of islands may have been lost on the way to the home: they tell it anew.
    pub(super) fn hear_islands_again(&mut self, meeting: &MeetingId) {
        for neighbour in self.neighbours.values_mut() {
            if neighbour.passed_on.remove(meeting) {
                // Goes back to where its own begins: until it says where that is, whatever it is told would be out of place.
                neighbour.follows.remove(meeting);
                neighbour.apart.retain(|known| known != meeting);
                neighbour.channel.say(Word::Meeting { meeting: meeting.clone() });
            }
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
}
