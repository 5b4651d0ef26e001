//! Does the queue of the line grow? The trendline filter with its adaptive threshold (Carlucci et al. 2017, sections 4.1
//! to 4.3, with the constants of the published implementation).

use std::collections::VecDeque;
use std::time::Instant;

/// Packets that left within this span are one group: their spacing is ours, not the line's.
const GROUP_MICROS: i64 = 5_000;
/// Groups the slope is fitted to.
const WINDOW: usize = 20;
/// Smoothing of the accumulated delay.
const SMOOTHING: f64 = 0.9;
/// Gain of the slope before it is held against the threshold.
const GAIN: f64 = 4.0;
/// Groups counted into the gain at most.
const GROUPS_MAX: u32 = 60;
/// Milliseconds the threshold starts at, and between which it stays.
const THRESHOLD: f64 = 12.5;
const THRESHOLD_MIN: f64 = 6.0;
const THRESHOLD_MAX: f64 = 600.0;
/// How fast the threshold follows readings above and below it, per millisecond (draft-ietf-rmcat-gcc-02, table 1): up at
/// once, so that jitter is learnt, down slowly, so that it stays learnt.
const FOLLOW_UP: f64 = 0.01;
const FOLLOW_DOWN: f64 = 0.000_18;
/// A reading this far above the threshold is an outlier it does not follow.
const OUTLIER: f64 = 15.0;
/// Milliseconds of growth before it counts.
const OVERUSE_MS: f64 = 10.0;

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// Its queue stays.
    #[default]
    Normal,
    /// Its queue grows.
    Over,
    /// Its queue empties.
    Under,
}

/// Packets that left together.
#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    last_arrival: i64,
}

/// The filter.
#[derive(Debug, Default)]
pub(super) struct Trend {
    current: Option<Group>,
    previous: Option<Group>,
    accumulated: f64,
    smoothed: f64,
    first_arrival: Option<i64>,
    samples: VecDeque<(f64, f64)>,
    groups: u32,
    threshold: Option<f64>,
    last_update: Option<Instant>,
    over_for: Option<f64>,
    over_count: u32,
    last_slope: f64,
    usage: Usage,
}

impl Trend {
    /// What the line does now.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// A packet arrived; microseconds on our clock and on the receiver's.
    pub(super) fn on_arrival(&mut self, sent: i64, arrival: i64, now: Instant) {
        let Some(group) = &mut self.current else {
            self.current = Some(Group { first_sent: sent, last_sent: sent, last_arrival: arrival });
            return;
        };
        if sent < group.first_sent {
            return;
        }
        if sent - group.first_sent <= GROUP_MICROS {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrival = group.last_arrival.max(arrival);
            return;
        }
        let finished = *group;
        self.current = Some(Group { first_sent: sent, last_sent: sent, last_arrival: arrival });
        if let Some(previous) = self.previous.replace(finished) {
            let sent = finished.last_sent - previous.last_sent;
            let arrived = finished.last_arrival - previous.last_arrival;
            self.on_group(millis(arrived - sent), millis(sent), finished.last_arrival, now);
        }
    }

    fn on_group(&mut self, delay: f64, sent: f64, arrival: i64, now: Instant) {
        self.groups = (self.groups + 1).min(GROUPS_MAX);
        self.accumulated += delay;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        let first = *self.first_arrival.get_or_insert(arrival);
        self.samples.push_back((millis(arrival - first), self.smoothed));
        if self.samples.len() > WINDOW {
            self.samples.pop_front();
        }
        let slope = if self.samples.len() == WINDOW { self.slope() } else { 0.0 };
        self.judge(slope, sent, now);
    }

    /// The least-squares slope of smoothed delay over arrival time.
    fn slope(&self) -> f64 {
        let count = self.samples.iter().fold(0.0, |count, _| count + 1.0);
        let (sum_x, sum_y) =
            self.samples.iter().fold((0.0, 0.0), |(x, y), sample| (x + sample.0, y + sample.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (over, under) = self.samples.iter().fold((0.0, 0.0), |(over, under), (x, y)| {
            (over + (x - mean_x) * (y - mean_y), under + (x - mean_x) * (x - mean_x))
        });
        if under == 0.0 { 0.0 } else { over / under }
    }

    fn judge(&mut self, slope: f64, sent: f64, now: Instant) {
        let reading = f64::from(self.groups) * slope * GAIN;
        let threshold = self.threshold.unwrap_or(THRESHOLD);
        if reading > threshold {
            let over = self.over_for.map_or(sent / 2.0, |over| over + sent);
            self.over_for = Some(over);
            self.over_count += 1;
            if over > OVERUSE_MS && self.over_count > 1 && slope >= self.last_slope {
                self.over_for = Some(0.0);
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = None;
            self.over_count = 0;
            self.usage = if reading < -threshold { Usage::Under } else { Usage::Normal };
        }
        self.last_slope = slope;
        self.follow(reading, threshold, now);
    }

    fn follow(&mut self, reading: f64, threshold: f64, now: Instant) {
        let since =
            self.last_update.map_or(0.0, |last| now.saturating_duration_since(last).as_secs_f64() * 1_000.0);
        self.last_update = Some(now);
        if reading.abs() > threshold + OUTLIER {
            return;
        }
        let follow = if reading.abs() < threshold { FOLLOW_DOWN } else { FOLLOW_UP };
        let moved = threshold + follow * (reading.abs() - threshold) * since.min(100.0);
        self.threshold = Some(moved.clamp(THRESHOLD_MIN, THRESHOLD_MAX));
    }
}

#[expect(clippy::cast_precision_loss, reason = "differences of hours in microseconds fit a double")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1_000.0
}
