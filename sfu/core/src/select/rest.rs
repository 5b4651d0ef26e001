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
/// What is granted after pictures proved to be larger than they were taken for, of what was granted before.
const OVERRUN_PERCENT: u64 = 75;
/// Until when that holds: by then what they amount to has been measured.
const OVERRUN_REST: Duration = Duration::from_secs(5);
/// What waits must have had the time to leave before it is judged again.
const OVERRUN_INTERVAL: Duration = Duration::from_secs(1);

const _: () =
    assert!(OVERRUN_INTERVAL.as_secs() < OVERRUN_REST.as_secs(), "a second overrun finds the first");
const _: () = assert!(REST_MIN.as_secs() < REST_MAX.as_secs(), "rests grow");

/// The rest of one subscriber.
#[derive(Debug)]
pub(crate) struct Rest {
    stagger: u32,
    length: Duration,
    until: Option<Instant>,
    /// When layers climbed last, and what the line was taken to carry.
    climbed: Option<(Instant, Bitrate)>,
    /// Until when no more than this is granted, whatever the line is taken to carry.
    overrun: Option<(Instant, Bitrate)>,
}

impl Rest {
    /// One that may climb. `number` tells subscribers apart.
    pub(crate) fn new(number: u64) -> Self {
        // A golden-ratio hash spreads neighbours.
        let stagger = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % u64::from(STAGGER_PERCENT + 1);
        let stagger = u32::try_from(stagger).unwrap_or(STAGGER_PERCENT);
        Self { stagger, length: REST_MIN, until: None, climbed: None, overrun: None }
    }

    /// Whether layers may climb.
    pub(crate) fn climb(&self, now: Instant, estimate: Bitrate) -> Climb {
        let rests = self.until.is_some_and(|until| now < until);
        let failed = self.length > REST_MIN;
        let changed =
            failed && self.climbed.is_some_and(|(_, then)| estimate >= then.percent(CHANGED_PERCENT));
        if rests && !changed { Climb::Held } else { Climb::Allowed }
    }

    /// The most that may be granted: less than what was, after that had proved to be more than could be sent.
    pub(crate) fn ceiling(&self, now: Instant) -> Bitrate {
        self.overrun.filter(|(until, _)| now < *until).map_or(Bitrate::MAX, |(_, ceiling)| ceiling)
    }

    /// So much was granted, and more waited to be sent than could be. Gives false when that is so recent that what waits now
    /// waited then.
    pub(crate) fn on_overrun(&mut self, now: Instant, granted: Bitrate) -> bool {
        let lately = self.overrun.is_some_and(|(until, _)| now + OVERRUN_REST < until + OVERRUN_INTERVAL);
        if !lately {
            self.overrun = Some((now + OVERRUN_REST, granted.percent(OVERRUN_PERCENT)));
        }
        !lately
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

#[cfg(test)]
mod tests {
    use super::*;

    const ESTIMATE: Bitrate = Bitrate::kbps(900);

    /// How long layers rest after a fall at a moment.
    fn rests(rest: &mut Rest, now: Instant) -> Duration {
        rest.on_fall(now);
        let mut length = Duration::ZERO;
        while rest.climb(now + length, ESTIMATE) == Climb::Held {
            length += Duration::from_millis(100);
        }
        length
    }

    #[test]
    fn climbs_that_fail_wait_longer_and_longer() {
        let (mut rest, mut now) = (Rest::new(0), crate::testing::epoch());
        assert_eq!(rest.climb(now, ESTIMATE), Climb::Allowed);
        let mut lengths = Vec::new();
        for _ in 0..6 {
            lengths.push(rests(&mut rest, now).as_secs());
            now += Duration::from_secs(100);
            rest.on_rise(now, ESTIMATE);
            now += Duration::from_secs(2);
        }
        assert_eq!(lengths, [5, 10, 20, 40, 60, 60]);
        // One that held for long was right.
        assert_eq!(rests(&mut rest, now + Duration::from_secs(60)).as_secs(), 5);
    }

    #[test]
    fn a_line_that_became_another_ends_the_rest() {
        let (mut rest, now) = (Rest::new(0), crate::testing::epoch());
        rest.on_rise(now, ESTIMATE);
        rest.on_fall(now);
        assert_eq!(rest.climb(now, ESTIMATE.percent(140)), Climb::Held);
        assert_eq!(rest.climb(now, ESTIMATE.percent(160)), Climb::Allowed);
    }

    #[test]
    fn what_proved_too_much_is_not_granted_again_at_once() {
        let (mut rest, now) = (Rest::new(0), crate::testing::epoch());
        assert_eq!(rest.ceiling(now), Bitrate::MAX);
        assert!(rest.on_overrun(now, Bitrate::kbps(4_000)));
        assert_eq!(rest.ceiling(now), Bitrate::kbps(3_000));
        // What waits needs a moment to leave.
        assert!(!rest.on_overrun(now + Duration::from_millis(900), Bitrate::kbps(3_000)));
        assert!(rest.on_overrun(now + Duration::from_millis(1_100), Bitrate::kbps(3_000)));
        assert_eq!(rest.ceiling(now + Duration::from_secs(6)), Bitrate::kbps(2_250));
        assert_eq!(rest.ceiling(now + Duration::from_secs(7)), Bitrate::MAX);
    }

    #[test]
    fn neighbours_do_not_rest_alike() {
        let now = crate::testing::epoch();
        let lengths: Vec<_> = (1..4).map(|number| rests(&mut Rest::new(number), now)).collect();
        assert!(lengths.windows(2).all(|pair| pair[0] != pair[1]), "{lengths:?}");
    }
}
