//! What is said of all seats of a meeting, in words that a bus carries.

use crate::neighbour::Extent;
use signaling_protocol::{MeetingId, SeatId};
use std::collections::{BTreeMap, BTreeSet};

/// Seats in one word: some 60 kB, a quarter of what the bus carries at once.
const SEATS_PER_WORD: usize = 2_048;

/// All there is to say, cut into words; of nothing there is one word as well.
pub(super) fn of_all<T: Clone>(all: &[T]) -> Vec<(Vec<T>, Extent)> {
    let mut words: Vec<(Vec<T>, Extent)> =
        all.chunks(SEATS_PER_WORD).map(|part| (part.to_vec(), Extent::Part)).collect();
    match words.last_mut() {
        Some((_, extent)) => *extent = Extent::Whole,
        None => words.push((Vec::new(), Extent::Whole)),
    }
    words
}

/// News, cut into words; of nothing there is none.
pub(super) fn of_news<T: Clone>(news: &[T]) -> Vec<(Vec<T>, Extent)> {
    news.chunks(SEATS_PER_WORD).map(|part| (part.to_vec(), Extent::News)).collect()
}

/// What a neighbour named so far while it tells of all seats.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<MeetingId, BTreeSet<SeatId>>);

impl Named {
    /// Takes a word in. Gives all that were named, once there are no more.
    pub(super) fn hear<'a>(
        &mut self,
        meeting: &MeetingId,
        extent: Extent,
        seats: impl Iterator<Item = &'a SeatId>,
    ) -> Option<BTreeSet<SeatId>> {
        if extent == Extent::News {
            return None;
        }
        self.0.entry(meeting.clone()).or_default().extend(seats.cloned());
        if extent == Extent::Whole { self.0.remove(meeting) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_all_seats_is_heard_as_a_whole() {
        let meeting = MeetingId::parse("m1").unwrap();
        for count in [0, 1, SEATS_PER_WORD, SEATS_PER_WORD + 1, 8_192] {
            let seats: Vec<SeatId> =
                (0..count).map(|seat| SeatId::parse(format!("s{seat}")).unwrap()).collect();
            let (mut named, mut heard) = (Named::default(), Vec::new());
            for (part, extent) in of_all(&seats) {
                assert!(part.len() <= SEATS_PER_WORD);
                heard.push(named.hear(&meeting, extent, part.iter()));
            }
            let whole = heard.pop().unwrap();
            assert_eq!(whole.map(|whole| whole.len()), Some(count));
            assert!(heard.iter().all(Option::is_none));
        }
    }
}
