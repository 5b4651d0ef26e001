//! A probe on its way: its packets are spread over time, so that what is measured is the line and not our own burst.

use crate::estimate::Probe;
use std::time::{Duration, Instant};

/// A probe's packets are spread no finer than this.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// Packets of one probe at most: half a second of two megabits in small packets. A longer one ends early.
const PACKETS_MAX: u32 = 256;

/// A probe under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probing {
    pub(crate) probe: Probe,
    pub(crate) began: Instant,
    pub(crate) bytes: usize,
    pub(crate) packets: u32,
}

impl Probing {
    /// One that begins now.
    pub(crate) fn new(probe: Probe, now: Instant) -> Self {
        Self { probe, began: now, bytes: 0, packets: 0 }
    }

    /// A packet left in its time, whether for its sake or anyway.
    pub(crate) fn on_sent(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.packets += 1;
    }

    /// When its next packet leaves.
    pub(crate) fn due(&self) -> Instant {
        let bits = u64::try_from(self.bytes).unwrap_or(u64::MAX).saturating_mul(8_000_000);
        self.began + Duration::from_micros(bits / self.probe.rate.as_bps().max(1))
    }

    pub(crate) fn is_over(&self) -> bool {
        let enough = self.bytes >= self.probe.bytes && self.packets >= self.probe.packets;
        enough || self.packets >= PACKETS_MAX
    }
}
