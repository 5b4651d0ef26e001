//! What was sent to one client under which transport-wide number, until its arrival is reported.

use std::time::Instant;

/// Packets remembered: four seconds of a full picture with voices, longer than any feedback is under way. A power of two.
const PACKETS: usize = 1_024;

const _: () = assert!(PACKETS.is_power_of_two(), "masks, not division");

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

/// One place of the ring: sixteen bytes.
#[derive(Debug, Clone, Copy)]
struct Place {
    micros: i64,
    bytes: u16,
    number: u16,
    probe: Option<ProbeId>,
    state: State,
}

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

/// The ring. It grows to its size once.
#[derive(Debug, Default)]
pub(crate) struct SentHistory {
    places: Vec<Place>,
    next: u16,
    first: Option<Instant>,
}

impl SentHistory {
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
        let first = *self.first.get_or_insert(now);
        let micros = i64::try_from(now.saturating_duration_since(first).as_micros()).unwrap_or(i64::MAX);
        let number = self.next;
        self.next = number.wrapping_add(1);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        let place = Place { micros, bytes, number, probe, state: State::Open };
        let index = usize::from(number) & (PACKETS - 1);
        match self.places.get_mut(index) {
            Some(taken) => *taken = place,
            None => self.places.push(place),
        }
    }

    /// A packet arrived; gives it the first time.
    pub(super) fn on_arrived(&mut self, number: u16) -> Option<Departed> {
        let place = self.place(number).filter(|place| place.state != State::Arrived)?;
        place.state = State::Arrived;
        Some(Departed { micros: place.micros, bytes: place.bytes.into(), probe: place.probe })
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

    fn place(&mut self, number: u16) -> Option<&mut Place> {
        let place = self.places.get_mut(usize::from(number) & (PACKETS - 1));
        place.filter(|place| place.number == number)
    }
}
