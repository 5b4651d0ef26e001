//! The loss-based half (draft-ietf-rmcat-gcc-02 section 6): loss that comes without a queue is the line's own and is
//! borne up to a tenth; more than that means that the line drops what it cannot hold.

use super::FLOOR;
use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// Packets judged at once; of fewer, chance alone makes a tenth out of a twentieth.
const PACKETS_MIN: u32 = 100;
/// Up to here loss is none of ours.
const LOW_PERMILLE: u32 = 20;
/// From here on the rate falls.
const HIGH_PERMILLE: u32 = 100;
/// What is judged at once spans this at least, so that one burst does not count twice.
const INTERVAL: Duration = Duration::from_secs(1);
/// No line we serve carries more.
const CEILING: Bitrate = Bitrate::kbps(30_000);

/// The controller.
#[derive(Debug)]
pub(super) struct LossControl {
    ceiling: Bitrate,
    told: u32,
    lost: u32,
    permille: u32,
    judged: Option<Instant>,
}

impl LossControl {
    /// One that has seen no loss.
    pub(super) fn new() -> Self {
        Self { ceiling: CEILING, told: 0, lost: 0, permille: 0, judged: None }
    }

    /// The most it allows.
    pub(super) fn ceiling(&self) -> Bitrate {
        self.ceiling
    }

    /// Whether little was lost lately.
    pub(super) fn is_calm(&self) -> bool {
        self.permille < HIGH_PERMILLE
    }

    /// A probe found that the line carries this much.
    pub(super) fn raise(&mut self, found: Bitrate) {
        if self.is_calm() {
            self.ceiling = self.ceiling.max(found);
        }
    }

    /// So many packets were told of, so many of them lost. `target` is what the other half allows.
    pub(super) fn on_feedback(&mut self, now: Instant, (told, lost): (u32, u32), target: Bitrate) {
        self.told += told;
        self.lost += lost;
        let lately = self.judged.is_some_and(|at| now.saturating_duration_since(at) < INTERVAL);
        if self.told < PACKETS_MIN || lately {
            return;
        }
        self.permille = self.lost * 1_000 / self.told;
        (self.told, self.lost) = (0, 0);
        self.judged = Some(now);
        if self.permille > HIGH_PERMILLE {
            let from = self.ceiling.min(target);
            self.ceiling = from.percent(100 - u64::from(self.permille) / 20).max(FLOOR);
        } else if self.permille < LOW_PERMILLE {
            self.ceiling = self.ceiling.percent(108).plus(Bitrate::kbps(1)).min(CEILING);
        }
    }
}
