//! `fold(fact)`: how a fact changes the state. Nothing is decided here and nothing can fail; a fact about an unknown
//! seat, or about a seat of another sitting, changes nothing.
//!
//! Every fact changes what belongs to its own sitting and reads nothing else, so that facts of two sittings commute.
//! What the plenary may do to a seat that sits apart, put it out and let it in, has a place of its own in the seat.

use super::told::Entry;
use super::{Branch, Meeting, Seat, Sitting};
use crate::Actor;
use crate::fact::{Detached, Fact, FactRecord, Scope, SeatRecord, Touched};
use signaling_protocol::{
    Connection, FactNumber, MeetingPhase, Microphone, QueueEntry, RequestId, Role, SeatId, UnitCode,
    UtcSeconds,
};

impl Meeting {
    /// Folds one record into the state.
    pub(crate) fn fold(&mut self, record: &FactRecord) {
        self.last = record.number;
        self.hash.clone_from(&record.hash);
        let touched = self.touches(&record.fact);
        self.touched.push(Entry { scope: record.scope.clone(), touched });
        if let (Actor::Seat { seat }, Some(request)) = (&record.by, record.request) {
            self.note_request(seat, request, record.number);
        }
        self.fold_fact(&record.scope, &record.fact, record.at.seconds());
    }

    /// Requests of one seat are numbered upwards; one that is about another sitting may be folded late.
    fn note_request(&mut self, seat: &SeatId, request: RequestId, number: FactNumber) {
        let last = self.requests.entry(seat.clone()).or_insert((request, number));
        if last.0 <= request {
            *last = (request, number);
        }
    }

    fn touches(&self, fact: &Fact) -> Touched {
        let mut touched = fact.touches();
        if let Fact::BranchReturned { unit } = fact {
            let of_branch = self.seats.iter().filter(|(_, seat)| sits_in(seat, unit));
            touched.seats = of_branch.map(|(id, _)| id.clone()).collect();
        }
        touched
    }

    fn fold_fact(&mut self, scope: &Scope, fact: &Fact, at: UtcSeconds) {
        match fact {
            Fact::MeetingCreated(_) => {}
            // Waiting => Running
            Fact::MeetingStarted {} => self.share(scope, |sitting| {
                sitting.phase = MeetingPhase::Running;
                sitting.started = Some(at);
            }),
            // Waiting | Running => Ended
            Fact::MeetingEnded {} if scope.is_plenary() => self.end(),
            Fact::SeatAdded { record } => self.add_seat(scope, record),
            Fact::SeatInvited { seat } => self.invite(scope, seat),
            Fact::SeatJoined { seat } => self.connect(scope, seat, Connection::Connected { since: at }),
            Fact::SeatLost { seat } => self.connect(scope, seat, Connection::Lost { since: at }),
            Fact::SeatLeft { seat } | Fact::SeatRevoked { seat } => {
                self.vacate(scope, seat, Connection::Left { at });
            }
            Fact::SeatRemoved { seat } => self.vacate(scope, seat, Connection::Removed { at }),
            Fact::RoleSet { seat, role } => self.recast(scope, seat, *role),
            Fact::StageSet { seat } => self.share(scope, |sitting| sitting.stage.clone_from(seat)),
            Fact::FloorGranted { seat } => {
                self.share(scope, |sitting| sitting.floor = Some((seat.clone(), at)));
            }
            Fact::FloorEnded {} => self.share(scope, |sitting| sitting.floor = None),
            Fact::SpeechRegistered { seat, topic } => self.share(scope, |sitting| {
                sitting.queue.push(QueueEntry { seat: seat.clone(), topic: topic.clone(), since: at });
            }),
            Fact::SpeechUnregistered { seat } => {
                self.share(scope, |sitting| sitting.queue.retain(|entry| entry.seat != *seat));
            }
            Fact::MicrophonePolicySet { policy } => {
                self.share(scope, |sitting| sitting.microphones = *policy);
            }
            Fact::MicrophoneSet { seat, microphone } => {
                self.change(scope, seat, |s| s.microphone = *microphone);
            }
            Fact::CameraSet { seat, on } => self.change(scope, seat, |s| s.camera = *on),
            Fact::PresentingAllowed { seat } => self.change(scope, seat, |s| s.may_present = true),
            Fact::PresenterSet { seat } => self.share(scope, |sitting| sitting.presenter.clone_from(seat)),
            Fact::BranchDetached(detached) if scope.is_plenary() => self.detach(detached, at),
            Fact::BranchReturned { unit } if scope.is_plenary() => self.bring_back(unit),
            Fact::DetachingSet { policy } if scope.is_plenary() => self.detaching = *policy,
            Fact::IslandTaken { island, .. } => drop(self.islands.insert(*island)),
            // Only the plenary's.
            Fact::MeetingEnded {}
            | Fact::DetachingSet { .. }
            | Fact::BranchDetached(_)
            | Fact::BranchReturned { .. } => {}
            Fact::BranchChaired { chair, deputy } => {
                self.chair_branch(scope, chair.as_ref(), deputy.as_ref());
            }
        }
    }

    fn share(&mut self, scope: &Scope, change: impl FnOnce(&mut Sitting)) {
        if let Some(sitting) = self.sitting_mut(scope) {
            change(sitting);
        }
    }

    /// Changes a seat of the sitting whose fact it is.
    fn change(&mut self, scope: &Scope, seat: &SeatId, change: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.get_mut(seat).filter(|seat| seat.sits == *scope) {
            change(seat);
            seat.measure();
        }
    }

    /// What the plenary says of a seat that sits apart.
    fn bar(&mut self, scope: &Scope, seat: &SeatId, barred: Option<Connection>) {
        let apart = |seat: &&mut Seat| scope.is_plenary() && !seat.sits.is_plenary();
        if let Some(seat) = self.seats.get_mut(seat).filter(apart) {
            seat.barred = barred;
            if barred.is_some() {
                seat.vacated = self.last;
            }
            seat.measure();
        }
    }

    fn connect(&mut self, scope: &Scope, seat: &SeatId, connection: Connection) {
        self.change(scope, seat, |s| s.line = connection);
    }

    fn invite(&mut self, scope: &Scope, seat: &SeatId) {
        self.connect(scope, seat, Connection::Absent {});
        self.bar(scope, seat, None);
    }

    fn add_seat(&mut self, scope: &Scope, record: &SeatRecord) {
        let Some(sitting) = self.sitting(scope) else { return };
        let microphone = sitting.default_microphone(record.role);
        self.seats.insert(record.seat.clone(), Seat::new(record.clone(), scope.clone(), microphone));
    }

    /// A seat that is gone holds nothing: its microphone is as for a newcomer.
    fn vacate(&mut self, scope: &Scope, id: &SeatId, connection: Connection) {
        self.bar(scope, id, Some(connection));
        let Some(microphone) = self.newcomer(scope, id, None) else { return };
        let last = self.last;
        self.change(scope, id, |seat| {
            seat.line = connection;
            seat.vacated = last;
            seat.microphone = microphone;
            seat.camera = false;
            seat.may_present = false;
        });
    }

    /// In its new role a seat is like a newcomer.
    fn recast(&mut self, scope: &Scope, id: &SeatId, role: Role) {
        let Some(microphone) = self.newcomer(scope, id, Some(role)) else { return };
        self.change(scope, id, |seat| {
            seat.record.role = role;
            seat.microphone = microphone;
            seat.may_present = false;
        });
    }

    /// What a seat's microphone is when it comes anew to a sitting.
    fn newcomer(&self, scope: &Scope, id: &SeatId, role: Option<Role>) -> Option<Microphone> {
        let role = role.or_else(|| self.seat(id).map(|seat| seat.record.role))?;
        self.sitting(scope).map(|sitting| sitting.default_microphone(role))
    }

    /// Together => apart. No microphone that was open in one sitting is open in the other.
    fn detach(&mut self, detached: &Detached, at: UtcSeconds) {
        let Detached { unit, name, chair, deputy, seats, cut } = detached;
        if self.apart.contains_key(unit) {
            return;
        }
        let sitting = Sitting::apart(at, chair.clone());
        for id in seats {
            if let Some(seat) = self.seats.get_mut(id).filter(|seat| seat.sits.is_plenary()) {
                seat.sits = Scope::Branch(unit.clone());
                seat.microphone = sitting.default_microphone(seat.record.role);
                seat.may_present = false;
                seat.measure();
            }
        }
        let (here, plenary) = (&self.seats, &mut self.plenary);
        plenary.release(|id| here.get(id).is_some_and(|seat| sits_in(seat, unit)));
        let (chair, deputy) = (chair.clone(), deputy.clone());
        let branch = Branch { name: name.clone(), detached: self.last, chair, deputy, cut: *cut, sitting };
        self.apart.insert(unit.clone(), branch);
    }

    /// Apart => together.
    fn bring_back(&mut self, unit: &UnitCode) {
        if self.apart.remove(unit).is_none() {
            return;
        }
        let (last, plenary) = (self.last, &mut self.plenary);
        for (id, seat) in self.seats.iter_mut().filter(|(_, seat)| sits_in(seat, unit)) {
            let held = seat.is_held();
            seat.sits = Scope::Plenary;
            seat.line = seat.connection();
            seat.barred = None;
            seat.microphone = plenary.default_microphone(seat.record.role);
            seat.camera &= held && plenary.phase != MeetingPhase::Ended;
            seat.may_present = false;
            seat.back = last;
            seat.measure();
            // Who left in the meantime does not wait any more.
            if !held {
                plenary.queue.retain(|entry| entry.seat != *id);
            }
        }
    }

    fn chair_branch(&mut self, scope: &Scope, chair: Option<&SeatId>, deputy: Option<&SeatId>) {
        let Scope::Branch(unit) = scope else { return };
        if let Some(branch) = self.apart.get_mut(unit) {
            (branch.chair, branch.deputy) = (chair.cloned(), deputy.cloned());
        }
    }

    /// A branch that still sits apart goes on by itself, until it returns to a meeting that is over.
    fn end(&mut self) {
        self.plenary = Sitting {
            phase: MeetingPhase::Ended,
            started: self.plenary.started,
            microphones: self.plenary.microphones,
            ..Sitting::waiting()
        };
        for seat in self.seats.values_mut().filter(|seat| seat.sits.is_plenary()) {
            seat.microphone = Microphone::Locked;
            seat.camera = false;
            seat.measure();
        }
    }
}

fn sits_in(seat: &Seat, unit: &UnitCode) -> bool {
    matches!(&seat.sits, Scope::Branch(branch) if branch == unit)
}
