//! How much arrives, by the receiver's clock.

use crate::units::Bitrate;
use std::collections::VecDeque;

/// The span measured over: long enough for ten frames, short enough to see a line fall within a second.
const WINDOW_MICROS: i64 = 500_000;
/// Arrivals remembered; at more than that within the window the line is not what limits.
const ARRIVALS_MAX: usize = 2_048;

/// Arrivals of the last half second.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    arrivals: VecDeque<(i64, u32)>,
    bytes: u64,
}

impl Acknowledged {
    /// A packet arrived.
    pub(super) fn on_arrival(&mut self, at: i64, bytes: u32) {
        self.arrivals.push_back((at, bytes));
        self.bytes += u64::from(bytes);
        while let Some((first, bytes)) = self.arrivals.front().copied() {
            if at - first <= WINDOW_MICROS && self.arrivals.len() <= ARRIVALS_MAX {
                break;
            }
            self.bytes = self.bytes.saturating_sub(bytes.into());
            self.arrivals.pop_front();
        }
    }

    /// The rate; none before a fifth of the window is filled.
    pub(super) fn bitrate(&self) -> Option<Bitrate> {
        // Jitter swaps arrivals, so the ends of the list need not be the ends of the span.
        let times = || self.arrivals.iter().map(|(at, _)| *at);
        let span = times().max()? - times().min()?;
        let micros = u64::try_from(span).ok().filter(|_| span >= WINDOW_MICROS / 5)?;
        Some(Bitrate::bps(self.bytes * 8_000_000 / micros))
    }
}
