//! What was sent to one client under which transport-wide number, until its arrival is reported.

use std::time::Instant;

/// Packets remembered at most: four seconds of a full picture with voices. A power of two.
const PACKETS_MAX: usize = 1_024;
/// Packets remembered of who is sent hardly anything.
const PACKETS_MIN: usize = 64;
/// How long a packet is remembered unless too many follow: longer than any feedback is under way.
const REMEMBERED_MICROS: i64 = 4_000_000;

const _: () = assert!(PACKETS_MIN.is_power_of_two() && PACKETS_MAX.is_power_of_two(), "masks, not division");
const _: () = assert!(PACKETS_MIN < PACKETS_MAX && PACKETS_MAX < 0x8000, "a number names one place");

/// Names a burst that was sent to measure the line; zero stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProbeId(pub(super) std::num::NonZeroU8);

/// One packet as it left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departed {
    /// Microseconds since the first packet.
    pub(super) micros: i64,
    /// Its size on the wire.
    pub(super) bytes: u32,
    /// The probe it was part of.
    pub(super) probe: Option<ProbeId>,
}

/// One place of the ring, of which every client has hundreds.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The low half of the microseconds since the first packet; they come around after an hour.
    micros: u32,
    bytes: u16,
    probe: Option<ProbeId>,
    state: State,
}

const _: () = assert!(size_of::<Place>() == 8);

/// What is known of a packet's arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Open,
    /// It had not arrived when the client reported; on a line with jitter it may yet.
    Missing,
    /// It arrived.
    Arrived,
}

/// Packets remembered of a link: a second of 250 Mbit/s. A power of two.
const LINK_PACKETS_MAX: usize = 32_768;

const _: () = assert!(LINK_PACKETS_MAX.is_power_of_two() && LINK_PACKETS_MAX < 1 << 16, "a u16 counts them");

/// The ring. It doubles while what it would forget is still young, and is never made smaller.
#[derive(Debug)]
pub(crate) struct SentHistory {
    most: usize,
    places: Vec<Place>,
    /// How many places hold a packet: the last so many numbers.
    held: u16,
    next: u16,
    first: Option<Instant>,
    /// When the last packet left.
    latest: i64,
}

impl Default for SentHistory {
    fn default() -> Self {
        Self { most: PACKETS_MAX, places: Vec::new(), held: 0, next: 0, first: None, latest: 0 }
    }
}

impl SentHistory {
    /// That of a link.
    pub(crate) fn of_link() -> Self {
        Self { most: LINK_PACKETS_MAX, ..Self::default() }
    }

    /// The number the next packet goes out with.
    pub(crate) fn next_wire(&self) -> u16 {
        self.next
    }

    /// A moment by the clock that departures are told by.
    pub(super) fn micros(&self, now: Instant) -> i64 {
        let first = self.first.unwrap_or(now);
        i64::try_from(now.saturating_duration_since(first).as_micros()).unwrap_or(i64::MAX)
    }

    /// A packet left.
    pub(crate) fn on_sent(&mut self, now: Instant, bytes: usize) {
        self.note(now, bytes, None);
    }

    /// A packet of a probe left.
    pub(crate) fn on_probe_sent(&mut self, now: Instant, bytes: usize, probe: ProbeId) {
        self.note(now, bytes, Some(probe));
    }

    fn note(&mut self, now: Instant, bytes: usize, probe: Option<ProbeId>) {
        self.first.get_or_insert(now);
        self.latest = self.micros(now);
        if usize::from(self.held) == self.places.len() {
            self.make_room();
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        let index = self.index(number);
        if let Some(place) = self.places.get_mut(index) {
            *place = Place { micros: low_half(self.latest), bytes, probe, state: State::Open };
            self.held = self.held.saturating_add(1);
        }
    }

    /// Doubles the ring if its oldest packet is young, else forgets that.
    fn make_room(&mut self) {
        let oldest = self.next.wrapping_sub(self.held);
        let age = self.places.get(self.index(oldest)).map(|place| self.latest - self.departure(place));
        let young = age.is_none_or(|age| age < REMEMBERED_MICROS);
        if !young || self.places.len() >= self.most {
            self.held = self.held.saturating_sub(1);
            return;
        }
        let size = (self.places.len() * 2).max(PACKETS_MIN);
        let empty = Place { micros: 0, bytes: 0, probe: None, state: State::Arrived };
        let before = std::mem::replace(&mut self.places, vec![empty; size]);
        for back in 1..=self.held {
            let number = usize::from(self.next.wrapping_sub(back));
            let from = before.get(number & (before.len() - 1));
            if let (Some(from), Some(to)) = (from, self.places.get_mut(number & (size - 1))) {
                *to = *from;
            }
        }
    }

    /// A packet arrived; gives it the first time.
    pub(super) fn on_arrived(&mut self, number: u16) -> Option<Departed> {
        let place = self.place(number).filter(|place| place.state != State::Arrived)?;
        place.state = State::Arrived;
        let place = *place;
        Some(Departed { micros: self.departure(&place), bytes: place.bytes.into(), probe: place.probe })
    }

    /// A packet had not arrived. Gives whether this is news.
    pub(super) fn on_missing(&mut self, number: u16) -> bool {
        let place = self.place(number).filter(|place| place.state == State::Open);
        place.is_some_and(|place| {
            place.state = State::Missing;
            true
        })
    }

    /// Whether a missing packet has still not arrived.
    pub(super) fn is_missing(&mut self, number: u16) -> bool {
        self.place(number).is_some_and(|place| place.state == State::Missing)
    }

    /// When a packet left, microseconds since the first one.
    fn departure(&self, place: &Place) -> i64 {
        self.latest - i64::from(low_half(self.latest).wrapping_sub(place.micros))
    }

    fn place(&mut self, number: u16) -> Option<&mut Place> {
        let back = self.next.wrapping_sub(number);
        let index = self.index(number);
        self.places.get_mut(index).filter(|_| (1..=self.held).contains(&back))
    }

    fn index(&self, number: u16) -> usize {
        usize::from(number) & self.places.len().saturating_sub(1)
    }
}

fn low_half(micros: i64) -> u32 {
    let [_, _, _, _, low @ ..] = micros.to_be_bytes();
    u32::from_be_bytes(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn it_remembers_four_seconds_or_a_thousand_packets_whichever_is_less() {
        for (gap, held) in [(1_000, 64), (50, 128), (8, 512), (4, 1_024), (1, 1_024)] {
            let (mut history, start) = (SentHistory::default(), crate::testing::epoch());
            let sent = 70_000_u32;
            for number in 0..sent {
                history.on_sent(start + MILLISECOND * (number * gap), 1_200);
            }
            assert_eq!(history.places.len(), held, "one each {gap} ms");
            for back in 1..=sent {
                let number = (sent - back).to_be_bytes();
                let number = u16::from_be_bytes([number[2], number[3]]);
                let known = history.on_arrived(number);
                if usize::try_from(back).unwrap() > held {
                    assert!(known.is_none(), "{back} back, one each {gap} ms");
                    break;
                }
                let known = known.expect("it was sent lately");
                assert_eq!(known.micros, i64::from(sent - back) * i64::from(gap) * 1_000);
                assert!(history.on_arrived(number).is_none(), "it arrived once");
            }
        }
    }

    #[test]
    fn a_packet_is_missing_until_it_arrives() {
        let (mut history, now) = (SentHistory::default(), crate::testing::epoch());
        assert_eq!(history.on_arrived(0).map(|departed| departed.bytes), None);
        history.on_sent(now, 100);
        assert!(history.on_missing(0) && !history.on_missing(0) && history.is_missing(0));
        assert_eq!(history.on_arrived(0).map(|departed| departed.bytes), Some(100));
        assert!(!history.is_missing(0) && !history.on_missing(0) && !history.on_missing(1));
    }
}
