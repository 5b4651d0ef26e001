//! Which numbers were seen already (RFC 3711 section 3.3.2).

/// Numbers behind the highest that can still be told apart: half a second of a full picture, longer than any network
/// holds a packet back.
const WINDOW: u64 = 128;

/// A sliding window of numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replay {
    /// One above the highest number seen; zero when none was.
    next: u64,
    /// Bit n: the number n below the highest was seen.
    seen: u128,
}

impl Replay {
    /// Whether a number is new.
    pub(super) fn is_new(&self, number: u64) -> bool {
        match self.next.checked_sub(number.saturating_add(1)) {
            None => true,
            Some(behind) if behind >= WINDOW => false,
            Some(behind) => self.seen >> behind & 1 == 0,
        }
    }

    /// Notes a number whose packet proved authentic.
    pub(super) fn note(&mut self, number: u64) {
        let next = number.saturating_add(1);
        if next > self.next {
            let ahead = next - self.next;
            self.seen = if ahead >= WINDOW { 0 } else { self.seen << ahead };
            self.seen |= 1;
            self.next = next;
        } else if self.next - next < WINDOW {
            self.seen |= 1 << (self.next - next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn a_number_is_new_once(numbers in prop::collection::vec(0_u64..400, 1..300)) {
            let mut replay = Replay::default();
            let mut seen = HashSet::new();
            let mut highest = 0;
            for number in numbers {
                let in_window = number + WINDOW > highest;
                prop_assert_eq!(replay.is_new(number), in_window && !seen.contains(&number));
                if replay.is_new(number) {
                    replay.note(number);
                    seen.insert(number);
                    highest = highest.max(number);
                }
            }
        }
    }

    #[test]
    fn numbers_near_the_end_of_all_numbers_do_not_overflow() {
        let mut replay = Replay::default();
        replay.note(u64::MAX);
        assert!(!replay.is_new(u64::MAX));
    }
}
