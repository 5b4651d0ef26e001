//! What changed after a fact, as those of one sitting see it.

use super::Meeting;
use crate::fact::{Reach, Scope, Touched};
use signaling_protocol::{FactNumber, SeatId};
use std::collections::HashSet;

/// What one fact changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) scope: Scope,
    pub(super) touched: Touched,
}

/// From where somebody looks at a log: what is so is told by the sitting, what is new by what is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outlook {
    /// The sitting.
    pub scope: Scope,
    /// The last fact that is wholly known.
    pub seen: FactNumber,
    /// What is known besides.
    knows: Knows,
}

/// What somebody knows of the seats of the own sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Knows {
    /// What they were after that fact.
    Seats,
    /// Nothing to be relied on: when it was told last it sat elsewhere, where not all is told.
    Nothing,
}

impl Meeting {
    /// From where a seat looks that has seen so much.
    pub(crate) fn outlook(&self, viewer: &SeatId, seen: FactNumber) -> Outlook {
        let back = self.seat(viewer).is_some_and(|seat| seen < seat.back);
        let knows = if back { Knows::Nothing } else { Knows::Seats };
        Outlook { scope: self.scope_of(viewer), seen, knows }
    }

    /// What a fact changed.
    pub(crate) fn touched_by(&self, number: FactNumber) -> Option<&Touched> {
        let place = usize::try_from(number.0.checked_sub(1)?).ok()?;
        self.touched.get(place).map(|entry| &entry.touched)
    }

    /// What changed for who looks from there: whether the common part did, and which seats, each once.
    pub(crate) fn touched_since(&self, outlook: &Outlook) -> (bool, Vec<SeatId>) {
        let Outlook { scope: here, seen, knows } = outlook;
        if *knows == Knows::Nothing {
            return (true, self.seats.keys().cloned().collect());
        }
        // Before a branch went, all heard all.
        let apart_since = match here {
            Scope::Plenary => FactNumber(0),
            Scope::Branch(unit) => self.apart.get(unit).map_or(FactNumber(0), |branch| branch.detached),
        };
        let skip = usize::try_from(seen.0).unwrap_or(usize::MAX);
        let mut common = false;
        let mut seats: Vec<SeatId> = Vec::new();
        let mut known: HashSet<&SeatId> = HashSet::new();
        for (number, entry) in (seen.0.saturating_add(1)..).zip(self.touched.iter().skip(skip)) {
            let together = here.is_plenary() || number > apart_since.0;
            let reaches = |reach| match reach {
                Reach::Nobody => false,
                Reach::Sitting => entry.scope == *here || !together,
                Reach::Meeting => true,
            };
            common |= reaches(entry.touched.common);
            if !reaches(entry.touched.seen_by) {
                continue;
            }
            for seat in &entry.touched.seats {
                if known.insert(seat) {
                    seats.push(seat.clone());
                }
            }
        }
        (common, seats)
    }
}
