//! What a node below says. It speaks for its branch and for nobody else.

use super::{Hub, concerns, extent, is_of};
use crate::fact::Fact;
use crate::hub::frames::Asked;
use crate::hub::{Cause, Standing};
use crate::join;
use crate::neighbour::{Admit, Command, Extent, NodeName, Presence, Word};
use crate::{Account, Now};
use signaling_protocol::{ByeReason, Connection, FactNumber, MeetingId, Occupant, Refusal, SeatId, UnitCode};
use std::collections::BTreeSet;

impl Hub {
    pub(super) fn on_word_from_below(&mut self, now: Now, from: &NodeName, word: Word) {
        match word {
            Word::Follow { meeting, have, hash } => self.on_follow(from, &meeting, have, &hash),
            Word::Presence(said) => {
                if said.seats.iter().all(|(seat, _)| self.speaks_for(from, &said.meeting, seat)) {
                    self.on_presence(now, from, &said);
                } else {
                    self.on_bad_word(from);
                }
            }
            Word::Peers(said) => {
                if said.peers.iter().all(|(seat, _)| self.speaks_for(from, &said.meeting, seat)) {
                    self.on_peers(from, said);
                } else {
                    self.on_bad_word(from);
                }
            }
            Word::Command(said) => {
                if self.speaks_for(from, &said.meeting, &said.seat) {
                    self.on_command(now, &said);
                } else {
                    self.on_bad_word(from);
                }
            }
            Word::Admit(said) => {
                if self.is_of_branch(from, &said.by) {
                    self.on_admit(now, from, said);
                } else {
                    self.on_bad_word(from);
                    let (call, refusal) = (said.call, Some(Refusal::OutsideScope));
                    self.say(from, Word::Admitted { call, refusal });
                }
            }
            Word::Island(part) => self.on_island(now, from, part),
            Word::Status { nodes } => self.on_status(from, nodes),
            Word::LinkOffer { dial, offer } => self.on_link_offer(now, from, dial, offer),
            Word::Meeting { .. }
            | Word::Apart { .. }
            | Word::Together { .. }
            | Word::Facts { .. }
            | Word::Replaced { .. }
            | Word::Outcome { .. }
            | Word::LinkAnswer { .. }
            | Word::Admitted { .. } => self.on_bad_word(from),
        }
    }

    fn branch_of(&self, node: &NodeName) -> &[UnitCode] {
        self.neighbours.get(node).map(|neighbour| neighbour.branch.as_slice()).unwrap_or_default()
    }

    /// Whether an account, and every right it claims, lies within the branch of a node below.
    fn is_of_branch(&self, node: &NodeName, by: &Account) -> bool {
        let within = |unit: &UnitCode| is_of(self.branch_of(node), unit, &self.units);
        within(&by.unit) && by.grants.iter().all(|grant| within(&grant.unit))
    }

    /// Whether a seat belongs to the branch of a node below. A seat nobody knows belongs to nobody.
    fn speaks_for(&self, node: &NodeName, meeting: &MeetingId, seat: &SeatId) -> bool {
        let seat = self.sessions.get(meeting).and_then(|session| session.meeting.seat(seat));
        let Some(seat) = seat else { return false };
        let unit = match &seat.record.occupant {
            Occupant::Site { unit } | Occupant::Person { unit, .. } => unit,
        };
        is_of(self.branch_of(node), unit, &self.units)
    }

    fn on_follow(&mut self, from: &NodeName, meeting: &MeetingId, have: FactNumber, hash: &str) {
        let Some(session) = self.sessions.get(meeting) else { return };
        let at = usize::try_from(have.0).ok().and_then(|have| have.checked_sub(1));
        let one_history = at.is_none_or(|at| session.log.get(at).is_some_and(|record| record.hash == hash));
        let takes_part = concerns(session, self.branch_of(from), &self.units);
        if !one_history || !takes_part {
            return self.on_bad_word(from);
        }
        let peers = session.placement.all_peers();
        if let Some(neighbour) = self.neighbours.get_mut(from) {
            neighbour.follows.insert(meeting.clone(), have);
        }
        self.tell_facts(from, meeting);
        self.tell_peers(from, meeting, &peers, extent::of_all);
        self.span(from, meeting);
    }

    /// Who of a branch is here. The home makes facts of it, a node between passes it on.
    fn on_presence(&mut self, now: Now, from: &NodeName, said: &Presence) {
        let Presence { meeting, seats, extent } = said;
        let Some(neighbour) = self.neighbours.get_mut(from) else { return };
        let here = seats.iter().filter(|(_, here)| *here).map(|(seat, _)| seat);
        let named = neighbour.named.0.hear(meeting, *extent, here);
        let Some(session) = self.sessions.get(meeting) else { return };
        let mut gone: Vec<SeatId> = Vec::new();
        if let Some(named) = &named {
            let missing = session.below.iter().filter(|(seat, node)| *node == from && !named.contains(*seat));
            gone.extend(missing.map(|(seat, _)| seat.clone()));
        }
        gone.extend(seats.iter().filter(|(_, here)| !here).map(|(seat, _)| seat.clone()));
        for seat in &gone {
            self.leave_below(now, from, meeting, seat);
        }
        for (seat, _) in seats.iter().filter(|(_, here)| *here) {
            self.come_below(now, from, meeting, seat);
        }
        if named.is_some() {
            self.settle_presence(now, from, meeting);
            let branch = self.branch_of(from).to_vec();
            self.end_cut(now, meeting, &branch);
        }
    }

    /// A seat is connected at a node below: wherever it was before, it is no more.
    fn come_below(&mut self, now: Now, from: &NodeName, meeting: &MeetingId, seat: &SeatId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let before = session.below.insert(seat.clone(), from.clone()).filter(|before| before != from);
        let here = session.seats.get_mut(seat).and_then(|presence| presence.connection.take());
        if let Some(before) = before {
            self.say(&before, Word::Replaced { meeting: meeting.clone(), seat: seat.clone() });
        }
        if let Some(connection) = here {
            self.counters.replaced = self.counters.replaced.saturating_add(1);
            self.end_link(connection, ByeReason::Replaced, None);
        }
        self.note_presence(now, meeting, seat, true);
    }

    fn leave_below(&mut self, now: Now, from: &NodeName, meeting: &MeetingId, seat: &SeatId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        if session.below.get(seat) == Some(from) {
            session.below.remove(seat);
            self.note_presence(now, meeting, seat, false);
        }
    }

    /// What the log says of a branch and is not so any more: seats that were connected when we lost sight of them.
    fn settle_presence(&mut self, now: Now, from: &NodeName, meeting: &MeetingId) {
        let Some(session) = self.sessions.get(meeting).filter(|s| s.standing == Standing::Home) else {
            return;
        };
        let stale: Vec<SeatId> = session
            .meeting
            .seats
            .iter()
            .filter(|(id, seat)| seat.is_connected() && !session.is_here(id))
            .map(|(id, _)| id.clone())
            .collect();
        for seat in stale {
            if self.speaks_for(from, meeting, &seat) {
                self.note_presence(now, meeting, &seat, false);
            }
        }
    }

    /// A node below is cut off; to everybody else its people are gone.
    pub(super) fn on_child_lost(&mut self, now: Now, child: &NodeName) {
        let mut lost: Vec<(MeetingId, SeatId)> = Vec::new();
        for (id, session) in &self.sessions {
            let beyond = session.below.iter().filter(|(_, node)| *node == child);
            lost.extend(beyond.map(|(seat, _)| (id.clone(), seat.clone())));
        }
        let branch = self.branch_of(child).to_vec();
        let meetings: BTreeSet<MeetingId> = lost.iter().map(|(meeting, _)| meeting.clone()).collect();
        let cut: BTreeSet<MeetingId> =
            meetings.into_iter().filter(|meeting| self.note_cut(now, meeting, &branch)).collect();
        for (meeting, seat) in lost {
            // What those of a branch that is cut off do is the branch's to say.
            if !cut.contains(&meeting) {
                self.leave_below(now, child, &meeting, &seat);
            } else if let Some(session) = self.sessions.get_mut(&meeting) {
                session.below.remove(&seat);
            }
        }
    }

    /// A seat came or went, here or below: a fact at home, news for the home elsewhere.
    pub(in crate::hub) fn note_presence(&mut self, now: Now, meeting: &MeetingId, id: &SeatId, here: bool) {
        let Some(session) = self.sessions.get(meeting) else { return };
        match session.standing {
            Standing::Home | Standing::Island => {
                let Some(seat) = session.meeting.seat(id) else { return };
                match seat.connection() {
                    Connection::Connected { .. } if here => {}
                    Connection::Connected { .. } => {
                        let fact = (seat.sits.clone(), Fact::SeatLost { seat: id.clone() });
                        self.record(now, meeting, &Cause::node(), vec![fact]);
                    }
                    // Put out; what its node says of it is late.
                    Connection::Removed { .. } => {}
                    Connection::Absent {} | Connection::Lost { .. } | Connection::Left { .. } if here => {
                        let facts = session.meeting.arrival(id);
                        self.record(now, meeting, &Cause::seat(id), facts);
                    }
                    Connection::Absent {} | Connection::Lost { .. } | Connection::Left { .. } => {}
                }
            }
            Standing::Follower | Standing::Landing => {
                let seats = vec![(id.clone(), here)];
                self.say_up(Word::Presence(Presence {
                    meeting: meeting.clone(),
                    seats,
                    extent: Extent::News,
                }));
            }
        }
    }

    /// A seat below asks for something.
    fn on_command(&mut self, now: Now, said: &Command) {
        let Command { meeting, seat, request, message } = said;
        let asked = Asked { meeting, seat, id: *request, message };
        if let Some(outcome) = self.on_request(now, &asked) {
            self.give_outcome(meeting, seat, *request, outcome);
        }
    }

    /// An account of the branch comes to a meeting in which it has no seat yet.
    fn on_admit(&mut self, now: Now, from: &NodeName, said: Admit) {
        if !self.is_home(&said.meeting) {
            return self.admit_above(from, said);
        }
        let refusal = self.admit(now, &said.meeting, &said.by).err();
        self.tell_neighbours(&said.meeting);
        self.say(from, Word::Admitted { call: said.call, refusal });
    }

    /// Gives an account its seat, with the role it has now.
    pub(in crate::hub) fn admit(
        &mut self,
        now: Now,
        meeting: &MeetingId,
        by: &Account,
    ) -> Result<SeatId, Refusal> {
        let session = self.sessions.get(meeting).ok_or(Refusal::NoSuchMeeting)?;
        join::check_open(&session.meeting)?;
        let cause = Cause::account(&by.id);
        match join::admit(&session.meeting, by, &self.units)? {
            join::Admission::Known { seat, role } => {
                if session.meeting.seat(&seat).is_some_and(|known| known.record.role != role) {
                    let facts = session.meeting.departure(&seat, Fact::RoleSet { seat: seat.clone(), role });
                    self.record(now, meeting, &cause, facts);
                }
                Ok(seat)
            }
            join::Admission::New { record, scope } => {
                let seat = record.seat.clone();
                self.record(now, meeting, &cause, vec![(scope, Fact::SeatAdded { record })]);
                Ok(seat)
            }
        }
    }
}
