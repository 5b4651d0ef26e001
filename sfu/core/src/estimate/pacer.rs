//! How fast packets may follow each other: a bucket that fills at the pacing rate.

use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// What may leave at once: what the line carries in this span, so that a voice never waits longer behind it.
const BURST_SPAN: Duration = Duration::from_millis(20);
/// One full packet may leave at once on any line.
const BURST_MIN: f64 = 1_250.0;
/// Five full packets may on a fast one, as many as one burst on the wire has.
const BURST_MAX: f64 = 5.0 * BURST_MIN;
/// What may leave at once on a very fast line: what it carries in this span.
const BURST_SPAN_MIN: Duration = Duration::from_millis(5);
/// Waiting packets are looked at no more often than this.
const TICK: Duration = Duration::from_millis(1);

/// The bucket of one client.
#[derive(Debug)]
pub(crate) struct Pacer {
    /// Bytes a second; none while nothing is known of the line, and then nothing waits.
    rate: Option<f64>,
    /// Bytes that may leave; negative when voices took more than there was.
    budget: f64,
    updated: Instant,
}

impl Pacer {
    /// One that lets everything pass.
    pub(crate) fn new(now: Instant) -> Self {
        Self { rate: None, budget: BURST_MAX, updated: now }
    }

    /// The rate, or none to let everything pass.
    #[expect(clippy::cast_precision_loss, reason = "no line reaches 2^53 bit/s")]
    pub(crate) fn set_rate(&mut self, rate: Option<Bitrate>) {
        self.rate = rate.map(|rate| rate.as_bps() as f64 / 8.0);
    }

    /// Whether a packet may leave now.
    pub(crate) fn may_send(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.rate.is_none() || self.budget > 0.0
    }

    /// A packet left.
    pub(crate) fn on_sent(&mut self, now: Instant, bytes: usize) {
        self.fill(now);
        self.budget -= f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// When a packet that waits may leave. However often it is asked, this moment comes.
    pub(crate) fn next_at(&self, now: Instant) -> Instant {
        let Some(rate) = self.rate else { return now };
        let short = (-self.budget).max(0.0) / rate.max(1.0);
        self.updated + Duration::from_secs_f64(short.min(1.0)).max(TICK)
    }

    fn fill(&mut self, now: Instant) {
        let Some(rate) = self.rate else {
            self.budget = BURST_MAX;
            self.updated = now;
            return;
        };
        let since = now.saturating_duration_since(self.updated).as_secs_f64();
        let most = (rate * BURST_SPAN.as_secs_f64()).clamp(BURST_MIN, BURST_MAX);
        let most = most.max(rate * BURST_SPAN_MIN.as_secs_f64());
        self.budget = (self.budget + since * rate).clamp(-rate, most);
        self.updated = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_when_a_packet_may_leave_puts_it_off_no_further() {
        let (mut now, tick) = (crate::testing::epoch(), Duration::from_millis(10));
        let mut pacer = Pacer::new(now);
        pacer.set_rate(Some(Bitrate::kbps(80)));
        assert!(pacer.may_send(now));
        pacer.on_sent(now, 2_250);
        // A thousand bytes too many are a tenth of a second.
        let due = pacer.next_at(now);
        assert_eq!(due, now + Duration::from_millis(100));
        for _ in 0..9 {
            now += tick;
            assert_eq!(pacer.next_at(now), due);
        }
        assert!(!pacer.may_send(now) && pacer.may_send(now + 2 * tick));
    }
}
