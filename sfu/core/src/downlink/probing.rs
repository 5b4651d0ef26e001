//! A probe on its way: its packets are spread over time, so that what is measured is the line and not our own burst.

use crate::estimate::Probe;
use std::time::{Duration, Instant};

/// A probe's packets are spread no finer than this.
pub(super) const TICK: Duration = Duration::from_millis(1);
/// Packets of one probe at most: fifteen milliseconds of twenty megabits.
const PACKETS_MAX: u32 = 32;

/// A probe under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probing {
    pub(super) probe: Probe,
    pub(super) began: Instant,
    pub(super) bytes: usize,
    pub(super) packets: u32,
}

impl Probing {
    /// When its next packet leaves.
    pub(super) fn due(&self) -> Instant {
        let bits = u64::try_from(self.bytes).unwrap_or(u64::MAX).saturating_mul(8_000_000);
        self.began + Duration::from_micros(bits / self.probe.rate.as_bps().max(1))
    }

    pub(super) fn is_over(&self) -> bool {
        let enough = self.bytes >= self.probe.bytes && self.packets >= self.probe.packets;
        enough || self.packets >= PACKETS_MAX
    }
}
