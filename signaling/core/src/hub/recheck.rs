//! Rights that were taken away or changed while somebody sits by them.

use super::{Cause, Hub, Session, Standing};
use crate::fact::Fact;
use crate::join;
use crate::meeting::{Meeting, Seat};
use crate::{Account, Answer, CallId, Holder, Now, Rights, SignInId};
use signaling_protocol::{AccountKind, MeetingId, Occupant, SeatId};
use std::collections::HashMap;

impl Hub {
    /// Puts out whoever has no right to the seat any more, also those whose line is broken just now. What they held
    /// is free; their tickets and tokens are good no more, over a restart too, because it is a fact.
    pub(super) fn handle_recheck(&mut self, now: Now, call: CallId, changed: &HashMap<Holder, Rights>) {
        // A ticket carries the rights of when it was given out.
        self.tickets.retain(|_, ticket| {
            let account = &ticket.account;
            let holder = match account.kind {
                AccountKind::Person => Holder::Person { account: account.id.clone() },
                AccountKind::Site => Holder::Site { unit: account.unit.clone() },
            };
            changed.get(&holder).is_none_or(|rights| still_says(rights, account))
        });
        for (meeting, seat) in self.unentitled(changed) {
            let facts = self
                .sessions
                .get(&meeting)
                .map(|session| session.meeting.departure(&seat, Fact::SeatRevoked { seat: seat.clone() }));
            self.counters.revoked = self.counters.revoked.saturating_add(1);
            self.record(now, &meeting, &Cause::node(), facts.unwrap_or_default());
        }
        self.answer(call, Ok(Answer::Done));
    }

    fn unentitled(&self, changed: &HashMap<Holder, Rights>) -> Vec<(MeetingId, SeatId)> {
        let mut found = Vec::new();
        let ours = |s: &&Session| s.standing == Standing::Home && !s.meeting.is_over();
        for session in self.sessions.values().filter(ours) {
            let meeting = &session.meeting;
            for (id, seat) in meeting.seats.iter().filter(|(_, seat)| seat.is_held()) {
                let rights = changed.get(&holder(&seat.record.occupant));
                let sign_in = session.seats.get(id).and_then(|presence| presence.sign_in);
                if rights.is_some_and(|rights| !self.entitles(rights, meeting, seat, sign_in)) {
                    found.push((meeting.id.clone(), id.clone()));
                }
            }
        }
        found
    }

    /// Whether the right that is left gives what the seat is.
    fn entitles(&self, rights: &Rights, meeting: &Meeting, seat: &Seat, by: Option<SignInId>) -> bool {
        let grants = match rights {
            Rights::SignedOut => return false,
            Rights::GrantedTo(left, _) if by.is_none_or(|by| !left.contains(&by)) => return false,
            Rights::Granted(grants) | Rights::GrantedTo(_, grants) => grants,
        };
        match &seat.record.occupant {
            Occupant::Site { .. } => true,
            Occupant::Person { account, .. } => {
                join::person_role(meeting, account, grants, &self.units) == Some(seat.record.role)
            }
        }
    }
}

/// Whether an account as it was when its ticket was given out is still all true.
fn still_says(rights: &Rights, account: &Account) -> bool {
    match rights {
        Rights::SignedOut => false,
        Rights::Granted(grants) => account.grants == *grants,
        Rights::GrantedTo(left, grants) => left.contains(&account.sign_in) && account.grants == *grants,
    }
}

fn holder(occupant: &Occupant) -> Holder {
    match occupant {
        Occupant::Site { unit } => Holder::Site { unit: unit.clone() },
        Occupant::Person { account, .. } => Holder::Person { account: account.clone() },
    }
}
