//! One direction of an emulated line: what is lost, what waits and until when. Handed the time, so that it can be tested.

use serde::Deserialize;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Packets under way on one direction; more are lost. Ten seconds of 10 Mbit/s in full packets.
const UNDER_WAY_MAX: usize = 10_000;

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Shape {
    /// One way, milliseconds.
    #[serde(default)]
    pub(super) delay_ms: u32,
    /// Of a hundred packets so many are lost.
    #[serde(default)]
    pub(super) loss_percent: f64,
    /// Kilobits a second; 0 is as much as comes.
    #[serde(default)]
    pub(super) kbps: u32,
    /// A packet that would wait longer than this for its turn is lost, milliseconds.
    #[serde(default)]
    pub(super) queue_ms: u32,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Wire {
    under_way: VecDeque<(Instant, Vec<u8>)>,
    /// Until when the line is busy with what was put on it.
    busy: Option<Instant>,
    chance: u64,
}

impl Wire {
    pub(super) fn new(seed: u64) -> Self {
        // The generator below stays at zero for ever if it begins there.
        Self { under_way: VecDeque::new(), busy: None, chance: seed.max(1) }
    }

    /// A packet goes in.
    pub(super) fn put(&mut self, now: Instant, shape: Shape, packet: Vec<u8>) {
        let lost = self.draw() < shape.loss_percent / 100.0;
        if lost || self.under_way.len() >= UNDER_WAY_MAX {
            return;
        }
        let starts = self.busy.map_or(now, |busy| busy.max(now));
        if starts.saturating_duration_since(now) > Duration::from_millis(shape.queue_ms.into()) {
            return;
        }
        let bits = u64::try_from(packet.len()).unwrap_or(u64::MAX).saturating_mul(8);
        let micros = bits.saturating_mul(1_000).checked_div(shape.kbps.into()).unwrap_or(0);
        let sent = starts + Duration::from_micros(micros);
        self.busy = Some(sent);
        let due = sent + Duration::from_millis(shape.delay_ms.into());
        // Packets do not overtake each other when the delay is made shorter.
        let due = self.under_way.back().map_or(due, |(last, _)| due.max(*last));
        self.under_way.push_back((due, packet));
    }

    /// When the next one comes out.
    pub(super) fn due(&self) -> Option<Instant> {
        self.under_way.front().map(|(due, _)| *due)
    }

    /// Those that are due.
    pub(super) fn take(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let count = self.under_way.iter().take_while(|(due, _)| *due <= now).count();
        self.under_way.drain(..count).map(|(_, packet)| packet).collect()
    }

    /// A number from 0 up to 1 (xorshift64).
    fn draw(&mut self) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_plain_line_carries_everything_at_once() {
        let (now, mut wire) = (crate::clock::now(), Wire::new(7));
        wire.put(now, Shape::default(), vec![1]);
        assert_eq!(wire.due(), Some(now));
        assert_eq!(wire.take(now), [vec![1]]);
        assert_eq!(wire.due(), None);
    }

    #[test]
    fn a_long_line_delays_and_keeps_the_order() {
        let (now, mut wire) = (crate::clock::now(), Wire::new(7));
        let shape = Shape { delay_ms: 150, ..Shape::default() };
        wire.put(now, shape, vec![1]);
        wire.put(now + milliseconds(10), Shape::default(), vec![2]);
        assert!(wire.take(now + milliseconds(149)).is_empty());
        assert_eq!(wire.take(now + milliseconds(150)), [vec![1], vec![2]]);
    }

    #[test]
    fn a_narrow_line_lets_one_packet_after_the_other_through_and_loses_what_would_wait_too_long() {
        let (now, mut wire) = (crate::clock::now(), Wire::new(7));
        // A packet of 125 bytes takes a millisecond.
        let shape = Shape { kbps: 1_000, queue_ms: 5, ..Shape::default() };
        for _ in 0..100 {
            wire.put(now, shape, vec![0; 125]);
        }
        assert_eq!(wire.take(now + milliseconds(3)).len(), 3);
        assert_eq!(wire.take(now + milliseconds(1_000)).len(), 3, "the rest would have waited over 5 ms");
    }

    #[test]
    fn a_bad_line_loses_its_share() {
        let (now, mut wire) = (crate::clock::now(), Wire::new(7));
        let shape = Shape { loss_percent: 3.0, ..Shape::default() };
        for _ in 0..10_000 {
            wire.put(now, shape, vec![0; 10]);
        }
        let arrived = wire.take(now).len();
        assert!((9_640..=9_760).contains(&arrived), "{arrived} of 10,000");
    }
}
