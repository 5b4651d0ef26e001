//! When a subscriber's layers may climb again after they fell. A climb that is followed by a fall was a mistake: the next
//! one waits twice as long, unless the line has become another one meanwhile.

use super::Climb;
use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// After a fall layers rest at least, or they would swing with the line.
const REST_MIN: Duration = Duration::from_secs(5);
/// And at most.
const REST_MAX: Duration = Duration::from_secs(60);
/// A climb that held for this long was none too high.
const PROVEN_AFTER: Duration = Duration::from_secs(15);
/// Two who share a line and fell together must not climb together: rests differ by up to half.
const STAGGER_PERCENT: u32 = 50;
/// With this much of what was there when a climb failed the line is another one.
const CHANGED_PERCENT: u64 = 150;

const _: () = assert!(REST_MIN.as_secs() < REST_MAX.as_secs(), "rests grow");

/// The rest of one subscriber.
#[derive(Debug)]
pub(crate) struct Rest {
    stagger: u32,
    length: Duration,
    until: Option<Instant>,
    /// When layers climbed last, and what the line was taken to carry.
    climbed: Option<(Instant, Bitrate)>,
}

impl Rest {
    /// One that may climb. `number` tells subscribers apart.
    pub(crate) fn new(number: u32) -> Self {
        // A golden-ratio hash spreads neighbours.
        let stagger = (number.wrapping_mul(0x9E37_79B9) >> 16) % (STAGGER_PERCENT + 1);
        Self { stagger, length: REST_MIN, until: None, climbed: None }
    }

    /// Whether layers may climb.
    pub(crate) fn climb(&self, now: Instant, estimate: Bitrate) -> Climb {
        let rests = self.until.is_some_and(|until| now < until);
        let failed = self.length > REST_MIN;
        let changed =
            failed && self.climbed.is_some_and(|(_, then)| estimate >= then.percent(CHANGED_PERCENT));
        if rests && !changed { Climb::Held } else { Climb::Allowed }
    }

    /// Layers climbed.
    pub(crate) fn on_rise(&mut self, now: Instant, estimate: Bitrate) {
        self.climbed = Some((now, estimate));
    }

    /// Layers fell.
    pub(crate) fn on_fall(&mut self, now: Instant) {
        let mistaken = self.climbed.is_some_and(|(at, _)| now.saturating_duration_since(at) < PROVEN_AFTER);
        self.length = if mistaken { (self.length * 2).min(REST_MAX) } else { REST_MIN };
        self.until = Some(now + self.length * (100 + self.stagger) / 100);
    }
}
