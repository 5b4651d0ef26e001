//! Which packets of an incoming stream are missing, and when to ask for them again (RFC 4585 generic NACK). Asking
//! stops when the packet comes, when it was asked for often enough, or when it is too old to be of use.

use crate::units::SeqNo;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many missing packets are remembered; a stream with more holes needs a keyframe, not repairs.
const MISSING_MAX: usize = 128;
/// A gap longer than this is a sender that jumped or a line that was down: nothing of it is asked for.
const GAP_MAX: u64 = 64;
/// Packets overtake each other on real lines; a hole younger than this may fill by itself.
const REORDER_WAIT: Duration = Duration::from_millis(5);
/// How often one packet is asked for.
const ASKS_MAX: u8 = 6;
/// The shortest time between two requests for one packet; below it the first answer cannot have come.
const ASK_INTERVAL_MIN: Duration = Duration::from_millis(20);
/// An older hole is left alone: the picture has moved on.
const AGE_MAX: Duration = Duration::from_millis(1_000);

/// One hole.
#[derive(Debug, Clone, Copy)]
struct Hole {
    seq: SeqNo,
    noticed: Instant,
    next: Instant,
    asks: u8,
}

/// The holes of one stream, in order.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    holes: VecDeque<Hole>,
}

impl Missing {
    /// A packet came behind a gap that starts at `from` and has `count` packets.
    pub(crate) fn on_gap(&mut self, now: Instant, from: SeqNo, count: u64) {
        if count > GAP_MAX {
            return self.holes.clear();
        }
        for step in 0..count {
            if self.holes.len() >= MISSING_MAX {
                self.holes.pop_front();
            }
            let next = now + REORDER_WAIT;
            self.holes.push_back(Hole { seq: from.plus(step), noticed: now, next, asks: 0 });
        }
    }

    /// A packet came after all. Gives whether it was missed.
    pub(crate) fn on_late(&mut self, seq: SeqNo) -> bool {
        let Ok(place) = self.holes.binary_search_by(|hole| hole.seq.cmp(&seq)) else { return false };
        self.holes.remove(place).is_some()
    }

    /// A keyframe makes everything before it needless; so does the end of the stream.
    pub(crate) fn forget_before(&mut self, seq: SeqNo) {
        while self.holes.front().is_some_and(|hole| hole.seq < seq) {
            self.holes.pop_front();
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.holes.clear();
    }

    /// Puts the numbers to ask for now into `due`, in order.
    pub(crate) fn take_due(&mut self, now: Instant, rtt: Duration, due: &mut Vec<u16>) {
        let too_old = |hole: &Hole| now.saturating_duration_since(hole.noticed) > AGE_MAX;
        self.holes.retain(|hole| !too_old(hole) && hole.asks < ASKS_MAX);
        for hole in self.holes.iter_mut().filter(|hole| hole.next <= now) {
            hole.asks += 1;
            hole.next = now + rtt.mul_f32(1.5).max(ASK_INTERVAL_MIN);
            due.push(hole.seq.wire());
        }
    }

    /// When to ask next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.holes.iter().filter(|hole| hole.asks < ASKS_MAX).map(|hole| hole.next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(40);

    fn due(missing: &mut Missing, now: Instant) -> Vec<u16> {
        let mut due = Vec::new();
        missing.take_due(now, RTT, &mut due);
        due
    }

    #[test]
    fn a_hole_is_asked_for_after_a_moment_and_again_each_round_trip_and_a_half() {
        let start = crate::testing::epoch();
        let mut missing = Missing::default();
        missing.on_gap(start, SeqNo::new(10), 2);
        assert!(due(&mut missing, start).is_empty(), "it may only be late");
        assert_eq!(missing.next(), Some(start + REORDER_WAIT));
        assert_eq!(due(&mut missing, start + REORDER_WAIT), [10, 11]);
        assert!(due(&mut missing, start + REORDER_WAIT + RTT).is_empty());
        assert!(missing.on_late(SeqNo::new(10)));
        assert_eq!(due(&mut missing, start + REORDER_WAIT + RTT * 3 / 2), [11]);
    }

    #[test]
    fn asking_ends() {
        let start = crate::testing::epoch();
        let mut missing = Missing::default();
        missing.on_gap(start, SeqNo::new(7), 1);
        let asked: usize =
            (0..5_000).map(|millis| due(&mut missing, start + Duration::from_millis(millis)).len()).sum();
        assert_eq!(asked, usize::from(ASKS_MAX));
        assert_eq!(missing.next(), None);
    }

    #[test]
    fn a_jump_is_not_asked_for_and_a_keyframe_ends_all_asking() {
        let start = crate::testing::epoch();
        let mut missing = Missing::default();
        missing.on_gap(start, SeqNo::new(7), GAP_MAX + 1);
        assert_eq!(missing.next(), None);
        missing.on_gap(start, SeqNo::new(100), 3);
        missing.forget_before(SeqNo::new(102));
        assert_eq!(due(&mut missing, start + REORDER_WAIT), [102]);
    }
}
