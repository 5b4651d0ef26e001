//! Who has a seat: sites invited, seats put out and let in again.

use super::branches::Scoped;
use super::{Facts, Here, Surroundings};
use crate::fact::{Fact, Scope};
use crate::join;
use crate::meeting::{MAX_SEATS, Seat};
use crate::permissions::{Position, check};
use signaling_protocol::{Action, Connection, Refusal, Role, SeatId, UnitCode};
use std::collections::HashSet;

impl Here<'_> {
    pub(super) fn invite_sites(&self, host: &Seat, units: &[UnitCode], around: Surroundings<'_>) -> Facts {
        let mut facts = Vec::new();
        let mut seen = HashSet::new();
        let mut made = 0;
        for code in units.iter().filter(|code| seen.insert(*code)) {
            if around.units.unit(code).is_none() {
                return Err(Refusal::NoSuchUnit);
            }
            self.check_reach(host, code, around)?;
            let known = self
                .meeting
                .seats
                .iter()
                .find(|(_, seat)| join::site_unit(&seat.record.occupant) == Some(code));
            match known {
                Some((id, seat)) if join::is_out(seat) => {
                    self.seat(id)?;
                    facts.push(Fact::SeatInvited { seat: id.clone() });
                }
                Some(_) => {}
                None => {
                    // A branch that sits apart invites its own.
                    if join::scope_of_unit(self.meeting, code, around.units) != *self.scope {
                        return Err(Refusal::Apart);
                    }
                    made += 1;
                    if self.meeting.seats.len().saturating_add(made) > MAX_SEATS {
                        return Err(Refusal::Full);
                    }
                    let name = self.meeting.new_seat(self.scope, made)?;
                    let order = self.meeting.seats.len().saturating_add(made);
                    let record = join::site_seat(around, code, name, order)?;
                    facts.push(Fact::SeatAdded { record: Box::new(record) });
                }
            }
        }
        Ok(facts)
    }

    /// A host invites at or below the unit that convened, the chair of a branch at or below the branch's.
    fn check_reach(&self, host: &Seat, code: &UnitCode, around: Surroundings<'_>) -> Result<(), Refusal> {
        let top = match self.scope {
            Scope::Plenary => &self.meeting.created.convening_unit,
            Scope::Branch(unit) => unit,
        };
        let within = around.units.is_within(code, top);
        let position = if within { Position::Within } else { Position::Outside };
        check(self.meeting.office(host), Action::ManageSeats, position)
    }

    /// Puts a seat out. The plenary may do so with one that sits apart; it is another fact than the branch's own.
    pub(super) fn remove(&self, host: &Seat, target: &SeatId) -> Scoped {
        self.meeting.may(host, Action::ManageSeats)?;
        let seat = self.meeting.seat(target).ok_or(Refusal::NoSuchSeat)?;
        // A chair cannot be put out, and nobody removes themselves: that is leaving.
        if host.record.seat == *target || seat.record.role == Role::Chair {
            return Err(Refusal::NotAllowed);
        }
        let removed = Fact::SeatRemoved { seat: target.clone() };
        let elsewhere = seat.sits != *self.scope;
        if elsewhere && !self.scope.is_plenary() {
            return Err(Refusal::OutsideScope);
        }
        if join::is_out(seat) {
            return Ok(Vec::new());
        }
        if !elsewhere {
            return Ok(self.meeting.departure(target, removed));
        }
        let mut facts = vec![(Scope::Plenary, removed)];
        facts.extend(Scope::Plenary.of(self.unregister(target)));
        facts.extend(self.meeting.departure(target, Fact::SeatLeft { seat: target.clone() }));
        Ok(facts)
    }

    /// A seat that was removed may come again; any other is invited already.
    pub(super) fn invite_back(&self, host: &Seat, target: &SeatId) -> Scoped {
        self.meeting.may(host, Action::ManageSeats)?;
        let seat = self.meeting.seat(target).ok_or(Refusal::NoSuchSeat)?;
        if !join::is_out(seat) {
            return Ok(Vec::new());
        }
        // Whom a branch has put out the branch lets in again, and the plenary whom the plenary has.
        let by_plenary = matches!(seat.barred(), Some(Connection::Removed { .. }));
        if (by_plenary && !self.scope.is_plenary()) || (!by_plenary && seat.sits != *self.scope) {
            return Err(Refusal::Apart);
        }
        Ok(self.scope.of([Fact::SeatInvited { seat: target.clone() }]))
    }
}
