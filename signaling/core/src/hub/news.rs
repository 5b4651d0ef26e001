//! What a meeting's people have not been told yet, and when they are.
//!
//! What concerns everybody (the phase, the stage, the floor, the queue, the presenter) everybody is told at once, and
//! a seat is told at once what it did or what was done to it. What only changes a line in the list of seats, the
//! others are told in rounds, one frame each: when a country joins within a minute, each join told to each by itself
//! would be millions of frames.

use crate::Actor;
use crate::fact::{Reach, Touched};
use signaling_protocol::SeatId;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The shortest time between two rounds: a name that appears a tenth of a second later is not seen to be late.
const ROUND_MIN: Duration = Duration::from_millis(100);

/// The longest time between two rounds, however many are told.
const ROUND_MAX: Duration = Duration::from_secs(1);

/// Frames the rounds of one meeting may send in a second. A frame costs some 10 microseconds to write and hand to
/// its socket, so that rounds leave nineteen twentieths of a core to what must not wait.
const ROUND_FRAMES_PER_SECOND: usize = 5_000;

const _: () = assert!(ROUND_MIN.as_millis() < ROUND_MAX.as_millis());

/// How soon those who are not concerned are told what is not told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Pressing {
    /// There is nothing to tell.
    #[default]
    Nothing,
    /// With the next round.
    InARound,
    /// Now.
    AtOnce,
}

/// Who is told now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Everybody; there is nothing left to tell afterwards.
    Everybody,
    /// These; the others wait for the next round.
    Seats(BTreeSet<SeatId>),
}

/// One meeting's news.
#[derive(Debug, Default)]
pub(super) struct News {
    pressing: Pressing,
    concerned: BTreeSet<SeatId>,
    /// The earliest time of the next round; none before the first.
    next: Option<Instant>,
}

impl News {
    /// Takes a new fact, by whom it came about and what it changed.
    pub(super) fn on_record(&mut self, by: &Actor, touched: &Touched) {
        let common = touched.common != Reach::Nobody;
        // Nothing => InARound | AtOnce, InARound => AtOnce
        self.pressing = match self.pressing {
            Pressing::AtOnce => Pressing::AtOnce,
            Pressing::Nothing | Pressing::InARound if common => Pressing::AtOnce,
            Pressing::Nothing | Pressing::InARound => Pressing::InARound,
        };
        self.concerned.extend(touched.seats.iter().cloned());
        if let Actor::Seat { seat } = by {
            self.concerned.insert(seat.clone());
        }
    }

    /// Who is to be told everything now, in a meeting of so many who listen.
    pub(super) fn audience(&mut self, now: Instant, listeners: usize) -> Audience {
        let concerned = std::mem::take(&mut self.concerned);
        let everybody = match self.pressing {
            Pressing::Nothing => false,
            Pressing::InARound => self.next.is_none_or(|next| next <= now),
            Pressing::AtOnce => true,
        };
        if !everybody {
            return Audience::Seats(concerned);
        }
        // InARound | AtOnce => Nothing
        self.pressing = Pressing::Nothing;
        self.next = Some(now + interval(listeners));
        Audience::Everybody
    }

    /// When the next round is, if anybody waits for it.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.pressing {
            Pressing::Nothing | Pressing::AtOnce => None,
            Pressing::InARound => self.next,
        }
    }
}

fn interval(listeners: usize) -> Duration {
    let micros = listeners.saturating_mul(1_000_000) / ROUND_FRAMES_PER_SECOND;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)).clamp(ROUND_MIN, ROUND_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_as_seldom_as_their_frames_are_many() {
        let millis = |listeners| interval(listeners).as_millis();
        let all = [0, 4, 500, 1_000, 3_321, 5_000, 8_192, usize::MAX].map(millis);
        assert_eq!(all, [100, 100, 100, 200, 664, 1_000, 1_000, 1_000]);
    }
}
