//! The loss-based half (draft-ietf-rmcat-gcc-02 section 6), changed as later estimators are: what is always lost is the
//! line's own and says nothing about the rate; only what is lost beyond it, and repeatedly, means that the line drops what
//! it cannot hold. A line with a queue shows that first by its delay; this half is for those without one.

use super::FLOOR;
use crate::units::Bitrate;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets judged at once; of fewer, chance alone makes a tenth out of a twentieth.
const PACKETS_MIN: u32 = 60;
/// What is judged at once spans this at least, so that one burst does not count twice.
const INTERVAL: Duration = Duration::from_secs(1);
/// Judgements the line's own loss is the mean of.
const MEMORY: usize = 10;
/// Beyond twice the line's own loss by this much is no time to look for more: loss that comes in bursts is as often twice
/// its mean as it is none.
const CALM_PERMILLE: u32 = 100;
/// Beyond that by this much, so many times in a row, the rate falls.
const HIGH_PERMILLE: u32 = 150;
const STRIKES: u32 = 3;
/// By this much, at once.
const HEAVY_PERMILLE: u32 = 500;
/// The rate falls to this much of what arrives.
const DECREASE_PERCENT: u64 = 95;
/// No line we serve carries more.
const CEILING: Bitrate = Bitrate::kbps(30_000);

/// The controller.
#[derive(Debug)]
pub(super) struct LossControl {
    ceiling: Bitrate,
    told: u32,
    lost: u32,
    judged: Option<Instant>,
    /// The last judgements, in thousandths.
    memory: VecDeque<u32>,
    excess: u32,
    /// How often in a row too much was lost.
    strikes: u32,
    /// What was lost when the rate fell, until it is seen whether that helped.
    fell_at: Option<u32>,
}

impl LossControl {
    /// One that has seen no loss.
    pub(super) fn new() -> Self {
        Self {
            ceiling: CEILING,
            told: 0,
            lost: 0,
            judged: None,
            memory: VecDeque::with_capacity(MEMORY),
            excess: 0,
            strikes: 0,
            fell_at: None,
        }
    }

    /// The most it allows.
    pub(super) fn ceiling(&self) -> Bitrate {
        self.ceiling
    }

    /// Whether hardly more than always was lost lately.
    pub(super) fn is_calm(&self) -> bool {
        self.excess < CALM_PERMILLE
    }

    /// What the line loses whatever is sent, in thousandths.
    pub(super) fn own(&self) -> u32 {
        let count = u32::try_from(self.memory.len()).unwrap_or(u32::MAX);
        self.memory.iter().sum::<u32>().checked_div(count).unwrap_or(0)
    }

    /// A probe found that the line carries this much.
    pub(super) fn raise(&mut self, found: Bitrate) {
        if self.is_calm() {
            self.ceiling = self.ceiling.max(found);
        }
    }

    /// So many packets were told of, so many of them lost.
    pub(super) fn on_feedback(
        &mut self,
        now: Instant,
        (told, lost): (u32, u32),
        acknowledged: Option<Bitrate>,
    ) {
        self.told += told;
        self.lost += lost;
        let lately = self.judged.is_some_and(|at| now.saturating_duration_since(at) < INTERVAL);
        if self.told < PACKETS_MIN || lately {
            return;
        }
        let permille = self.lost * 1_000 / self.told;
        (self.told, self.lost) = (0, 0);
        self.judged = Some(now);
        self.excess = permille.saturating_sub(2 * self.own());
        self.judge(permille, acknowledged);
    }

    fn judge(&mut self, permille: u32, acknowledged: Option<Bitrate>) {
        if self.fell_at.take().is_some_and(|before| permille * 4 > before * 3) {
            // Less was sent and as much was lost: it was not for our rate.
            self.memory.clear();
            self.ceiling = CEILING;
            (self.excess, self.strikes) = (0, 0);
        }
        self.strikes = if self.excess > HIGH_PERMILLE { self.strikes + 1 } else { 0 };
        if self.strikes >= STRIKES || self.excess > HEAVY_PERMILLE {
            if let Some(acknowledged) = acknowledged {
                self.ceiling = self.ceiling.min(acknowledged.percent(DECREASE_PERCENT)).max(FLOOR);
                self.fell_at = Some(permille);
                self.strikes = 0;
            }
        } else if self.is_calm() {
            self.ceiling = self.ceiling.percent(108).plus(Bitrate::kbps(1)).min(CEILING);
        }
        if self.memory.len() == MEMORY {
            self.memory.pop_front();
        }
        self.memory.push_back(permille);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the ceiling is after each second of losses in hundredths, while 1,000 kbit/s arrive.
    fn ceilings(lost: &[u32]) -> Vec<u32> {
        let (mut loss, mut now) = (LossControl::new(), crate::testing::epoch());
        let mut told = Vec::new();
        for lost in lost {
            now += Duration::from_secs(1);
            loss.on_feedback(now, (100, *lost), Some(Bitrate::kbps(1_000)));
            told.push(loss.ceiling().as_kbps());
        }
        told
    }

    #[test]
    fn what_is_always_lost_lowers_nothing() {
        assert_eq!(ceilings(&[0, 8, 12, 9, 10, 14, 7, 11, 10, 9]), [30_000; 10]);
        assert_eq!(ceilings(&[0, 30, 0, 0, 30, 5, 0, 25, 0, 30]), [30_000; 10], "bursts");
    }

    #[test]
    fn what_a_line_without_a_queue_drops_lowers_the_rate() {
        let told = ceilings(&[0, 0, 0, 0, 40, 40, 60]);
        assert!(told[..4] == [30_000; 4] && told.last().is_some_and(|last| *last < 1_100), "{told:?}");
    }

    #[test]
    fn loss_that_stays_when_the_rate_fell_was_not_for_the_rate() {
        let told = ceilings(&[0, 0, 0, 60, 60]);
        assert_eq!(told, [30_000, 30_000, 30_000, 950, 30_000]);
    }
}
