//! A branch that is cut off goes on by itself, and is put together with the rest when the line is back.
//!
//! The rules of the merge:
//! - Whoever is cut off sits apart from then on, as if the branch had been let go; at home it sits apart as well.
//! - A fact of the branch's own sitting is the branch's, any other fact the home's. Facts of different sittings commute, so
//!   the branch's are appended to the log as they were made and in their order, and nothing is weighed against anything.
//! - An island has a random name. The home writes down which it has taken in, and takes none in twice.
//! - What was told may be in the home's log already. So whoever has told decides nothing more, and asks like any follower;
//!   if the line is cut once more first, what happens then is a chapter of its own, with a name of its own.
//! - A branch below an island may be one itself: it stays by itself until the way to the home is whole.
//! - The branch then goes back to the last fact it had from home, and takes over the home's log, its own facts in it.

use super::above::asked_words;
use super::chapter::Chapter;
use super::{Hub, Island};
use crate::connection::LinkState;
use crate::fact::{Fact, Scope};
use crate::hub::hello::you;
use crate::hub::{Cause, Session, Standing, parts};
use crate::meeting::{CutEnd, Meeting};
use crate::neighbour::{IslandPart, NodeName, Word};
use crate::{FactRecord, Now, Output};
use rand::Rng as _;
use signaling_protocol::{Change, FactNumber, MeetingId, Outcome, Refusal, RequestId, SeatId};

/// Facts of an island in one word.
const FACTS_PER_WORD: usize = 64;

impl Hub {
    /// The parent is silent: every meeting that is decided above goes on here, for this branch by itself.
    pub(super) fn on_cut_off(&mut self, now: Now) {
        let running = |session: &&Session| !session.standing.decides() && !session.meeting.is_over();
        let cut = self.sessions.values().filter(running);
        let cut: Vec<(MeetingId, Standing)> =
            cut.map(|session| (session.meeting.id.clone(), session.standing)).collect();
        for (meeting, standing) in cut {
            if standing.is_apart() {
                self.take_off(&meeting);
            } else {
                self.begin_island(now, &meeting);
            }
            self.refuse_asked(&meeting);
        }
    }

    // Landing => Island
    fn take_off(&mut self, meeting: &MeetingId) {
        let name = self.random.next_u64();
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        session.standing = Standing::Island;
        if let Some(island) = &mut session.island {
            island.turn_page(name);
        }
    }

    /// Whoever waits for the home waits in vain.
    fn refuse_asked(&mut self, meeting: &MeetingId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let unanswered: Vec<(SeatId, RequestId)> = std::mem::take(&mut session.asked).into_keys().collect();
        for (seat, request) in unanswered {
            self.give_outcome(meeting, &seat, request, Outcome::Refused { refusal: Refusal::ParentAway });
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
        session.island = Some(Island::new(name));
        self.counters.islands = self.counters.islands.saturating_add(1);
        self.dirty.insert(meeting.clone());
        self.record(now, meeting, &Cause::node(), facts);
    }

    /// The node above has become an island, or follows one: what comes from now on may be undone.
    pub(super) fn on_apart(&mut self, meeting: &MeetingId, island: u64) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        match session.standing {
            Standing::Home => {}
            Standing::Follower => {
                session.island = Some(Island::new(island));
                self.dirty.insert(meeting.clone());
            }
            Standing::Island => session.above_apart = true,
            // What was told may not have come to the home.
            Standing::Landing => {
                session.above_apart = true;
                self.take_off(meeting);
                self.refuse_asked(meeting);
            }
        }
    }

    /// What the home must be told of an island, once it hears us again.
    pub(super) fn island_words(&self, session: &Session) -> Vec<Word> {
        let island = session.island.iter().filter(|_| session.standing.is_apart());
        let chapters = island.flat_map(Island::chapters);
        chapters.flat_map(|chapter| self.chapter_words(&session.meeting.id, chapter)).collect()
    }

    fn chapter_words(&self, meeting: &MeetingId, chapter: &Chapter) -> Vec<Word> {
        let own = chapter.records.iter().filter(|record| !record.scope.is_plenary()).cloned();
        let own: Vec<FactRecord> = own.collect();
        let mut parts: Vec<Vec<FactRecord>> = own.chunks(FACTS_PER_WORD).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let last = parts.len() - 1;
        let part = |(at, records)| {
            let (meeting, units) = (meeting.clone(), self.place.branch.clone());
            Word::Island(IslandPart { meeting, island: chapter.name, units, records, last: at == last })
        };
        parts.into_iter().enumerate().map(part).collect()
    }

    /// Facts of the home came while this node was an island. Once ours are among them, the two are one again.
    pub(super) fn receive_on_island(&mut self, meeting: &MeetingId, records: &[FactRecord]) -> bool {
        let Some(session) = self.sessions.get_mut(meeting) else { return false };
        let Some(island) = &session.island else { return false };
        if session.above_apart {
            return true;
        }
        let name = island.told_last();
        // Told twice when we ask anew while the first telling is under way.
        let next = session.log.len() + session.home.len();
        let number = |record: &FactRecord| usize::try_from(record.number.0).unwrap_or(usize::MAX);
        let news = records.iter().skip_while(|record| number(record) <= next);
        let news: Vec<FactRecord> = news.cloned().collect();
        if !news.iter().zip(next + 1..).all(|(record, next)| number(record) == next) {
            return false;
        }
        session.home.extend(news);
        let taken =
            |record: &FactRecord| matches!(record.fact, Fact::IslandTaken { island, .. } if island == name);
        if records.iter().any(taken) {
            self.land(meeting);
        }
        true
    }

    // Island | Landing => Follower
    fn land(&mut self, meeting: &MeetingId) {
        self.go_back(meeting);
        let home = self.sessions.get_mut(meeting).map(|session| std::mem::take(&mut session.home));
        self.receive(meeting, &home.unwrap_or_default());
        self.retell(meeting);
        let asked: Vec<Word> = self.sessions.get(meeting).into_iter().flat_map(asked_words).collect();
        asked.into_iter().for_each(|word| self.say_up(word));
    }

    /// Undoes whatever is not the home's.
    pub(super) fn go_back(&mut self, id: &MeetingId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(first) = session.log.first() else { return };
        let Some(mut meeting) = Meeting::founded(first) else { return };
        session.log.iter().for_each(|record| meeting.fold(record));
        session.meeting = meeting;
        session.standing = Standing::Follower;
        session.above_apart = false;
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
    pub(super) fn on_together(&mut self, parent: &NodeName, meeting: &MeetingId) {
        let standing = self.sessions.get(meeting).map(|session| session.standing);
        match standing {
            Some(Standing::Follower) => {
                self.go_back(meeting);
                self.retell(meeting);
            }
            // Now what we did can come to the home.
            Some(Standing::Island) => self.follow(parent, meeting),
            Some(Standing::Home | Standing::Landing) | None => {}
        }
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

    /// At start: what was done here while the node was cut off, from where the home's facts end, a chapter after the other.
    pub(in crate::hub) fn restore_apart(&mut self, name: u64, records: &[FactRecord]) {
        let Some(first) = records.first() else { return };
        let (meeting, next) = (first.meeting.clone(), self.random.next_u64());
        let Some(session) = self.sessions.get_mut(&meeting).filter(|s| s.standing != Standing::Home) else {
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
        let island = session.island.get_or_insert_with(|| Island::new(name));
        island.turn_page(name);
        island.write(records);
        // Whoever followed an island has what was done there as well, and does not go on with it.
        let branch = &self.place.branch;
        let ours = |record: &FactRecord| match (&record.scope, &record.fact) {
            (Scope::Branch(unit), _) => super::is_of(branch, unit, &self.units),
            (Scope::Plenary, Fact::BranchDetached(detached)) => branch.contains(&detached.unit),
            (Scope::Plenary, _) => true,
        };
        let apart = branch.iter().any(|unit| session.meeting.apart.contains_key(unit));
        if apart && records.iter().all(ours) {
            session.standing = Standing::Island;
            island.turn_page(next);
        }
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
        let own = self.island.iter().flat_map(Island::records);
        (home, own.skip(skip.saturating_sub(self.log.len())).cloned().collect())
    }

    /// The island it is part of, if it is.
    pub(super) fn island_name(&self) -> Option<u64> {
        self.island.as_ref().map(Island::name)
    }

    /// Keeps facts for those who come later.
    pub(in crate::hub) fn keep(&mut self, records: &[FactRecord]) -> Option<u64> {
        match &mut self.island {
            Some(island) => {
                island.write(records);
                Some(island.name())
            }
            None => {
                self.log.extend(records.iter().cloned());
                None
            }
        }
    }
}
