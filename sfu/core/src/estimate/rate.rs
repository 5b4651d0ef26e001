//! Raises and lowers the target by what the line does: additive near the rate it last broke at, multiplicative away from
//! it, down at once to below what arrives (draft-ietf-rmcat-gcc-02 section 5.5).

use super::FLOOR;
use super::trend::Usage;
use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// Overuse lowers to this much of what arrives, so that the queue empties.
const DECREASE_PERCENT: u64 = 85;
/// Growth of a second when the line's end is not in sight.
const GROWTH_PER_SECOND: f64 = 1.08;
/// The target stays below this much of what arrives: what was never tried is not known.
const HEADROOM_PERCENT: u64 = 150;
/// A probe that finds less than this much of the target doubts it.
const DOUBT_PERCENT: u64 = 85;
/// What arrives is proven; what layers hold is reckoned with so much more for voices that are silent now.
const PROVEN_MARGIN: Bitrate = Bitrate::kbps(200);
/// No line we serve carries more.
const CEILING: Bitrate = Bitrate::kbps(30_000);
/// A smaller decrease than this apart in time would count one queue twice.
const DECREASE_INTERVAL_MIN: Duration = Duration::from_millis(200);
/// How far around the rate the line broke at growth is additive: three deviations.
const DEVIATIONS: f64 = 3.0;
/// Bits of a packet, the step of additive growth in one response time.
const STEP_BITS: f64 = 9_600.0;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Hold,
    Increase,
}

/// The controller.
#[derive(Debug)]
pub(super) struct RateControl {
    target: Bitrate,
    phase: Phase,
    updated: Instant,
    decreased: Option<Instant>,
    /// Mean and variance of the rate at which the line broke, in kbit/s.
    broke: Option<(f64, f64)>,
    rtt: Duration,
    /// What the last probe found that met the line's end.
    limit: Option<Bitrate>,
}

impl RateControl {
    /// Starts at a guess.
    pub(super) fn new(start: Bitrate, now: Instant) -> Self {
        Self {
            target: start,
            phase: Phase::Increase,
            updated: now,
            decreased: None,
            broke: None,
            rtt: Duration::from_millis(100),
            limit: None,
        }
    }

    /// The target.
    pub(super) fn target(&self) -> Bitrate {
        self.target
    }

    /// When it was lowered last.
    pub(super) fn decreased(&self) -> Option<Instant> {
        self.decreased
    }

    /// The round trip was measured.
    pub(super) fn set_round_trip(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// A probe found more.
    pub(super) fn raise(&mut self, now: Instant, found: Bitrate) {
        if found > self.target {
            self.limit = None;
            self.target = found.min(CEILING);
            self.updated = now;
            if self.broke.is_some_and(|(mean, variance)| kbps(found) > mean + DEVIATIONS * variance.sqrt()) {
                self.broke = None;
            }
        }
    }

    /// A probe met the line's end below the target. What was found when the line was emptier is given up when two in a row
    /// say so, but never what arrives: one probe may have met jitter or another's keyframe.
    pub(super) fn limit(&mut self, found: Bitrate, acknowledged: Option<Bitrate>) {
        let before = self.limit.replace(found);
        let (Some(before), Some(acknowledged)) = (before, acknowledged) else { return };
        let proven = acknowledged.percent(HEADROOM_PERCENT).max(acknowledged.plus(PROVEN_MARGIN));
        let found = found.max(before);
        if found < self.target.percent(DOUBT_PERCENT) {
            self.target = self.target.min(found.max(proven));
        }
    }

    /// Feedback came.
    ///
    /// # Increase => Hold
    /// # Hold => Increase
    pub(super) fn update(&mut self, now: Instant, usage: Usage, acknowledged: Option<Bitrate>) {
        let since = now.saturating_duration_since(self.updated).min(Duration::from_secs(1));
        match usage {
            Usage::Over => self.decrease(now, acknowledged),
            Usage::Under => self.phase = Phase::Hold,
            Usage::Normal if self.phase == Phase::Hold => self.phase = Phase::Increase,
            Usage::Normal => self.increase(since, acknowledged),
        }
        self.updated = now;
    }

    fn decrease(&mut self, now: Instant, acknowledged: Option<Bitrate>) {
        let interval = DECREASE_INTERVAL_MIN.max(self.rtt);
        let lately = self.decreased.is_some_and(|at| now.saturating_duration_since(at) < interval);
        if let Some(acknowledged) = acknowledged.filter(|_| !lately) {
            let lowered = acknowledged.percent(DECREASE_PERCENT).max(FLOOR);
            self.remember_break(kbps(acknowledged));
            self.target = self.target.min(lowered);
            self.decreased = Some(now);
        }
        self.phase = Phase::Hold;
    }

    fn increase(&mut self, since: Duration, acknowledged: Option<Bitrate>) {
        let Some(acknowledged) = acknowledged else { return };
        if let Some((mean, variance)) = self.broke
            && kbps(acknowledged) > mean + DEVIATIONS * variance.sqrt()
        {
            self.broke = None;
        }
        let target = bits(self.target);
        let raised = if self.broke.is_some() {
            let response = (self.rtt + Duration::from_millis(100)).as_secs_f64();
            target + (STEP_BITS / response).max(4_000.0) * since.as_secs_f64()
        } else {
            target * GROWTH_PER_SECOND.powf(since.as_secs_f64())
        };
        let most = acknowledged.percent(HEADROOM_PERCENT).plus(Bitrate::kbps(10));
        let raised = rate(raised).min(most).min(CEILING);
        self.target = self.target.max(raised);
    }

    fn remember_break(&mut self, kbps: f64) {
        self.broke = Some(match self.broke {
            Some((mean, _)) if (kbps - mean).abs() > mean / 2.0 => (kbps, kbps),
            Some((mean, variance)) => {
                let off = kbps - mean;
                (mean + 0.05 * off, (0.95 * variance + 0.05 * off * off).clamp(0.4 * mean, 2.5 * mean))
            }
            None => (kbps, kbps),
        });
    }
}

fn kbps(rate: Bitrate) -> f64 {
    bits(rate) / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "no line reaches 2^53 bit/s")]
fn bits(rate: Bitrate) -> f64 {
    rate.as_bps() as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive and far below 2^53"
)]
fn rate(bits: f64) -> Bitrate {
    Bitrate::bps(bits as u64)
}
