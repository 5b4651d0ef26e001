//! Which seats' gates and views may no longer be what the SFU was told: who joins a meeting of thousands costs what
//! concerns that one seat, not a walk over all.

use signaling_protocol::SeatId;
use std::collections::BTreeSet;

/// Whose gates and view are to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stale {
    /// Only these.
    Seats(BTreeSet<SeatId>),
    /// All: what concerns the whole meeting has changed.
    Everybody,
}

impl Default for Stale {
    fn default() -> Self {
        Self::Seats(BTreeSet::new())
    }
}

impl Stale {
    pub(super) fn seat(&mut self, seat: &SeatId) {
        match self {
            Self::Seats(seats) => {
                seats.insert(seat.clone());
            }
            Self::Everybody => {}
        }
    }
}
