//! What a stream amounts to, smoothed over some seconds: a page that changes is no new rate.

use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// Long enough to hold some frames of a slow screen, short enough to notice a new layer within a second.
const WINDOW: Duration = Duration::from_millis(1_000);
/// A window that lasted this long held a pause, and says nothing about the rate while the stream flows.
const PAUSE: Duration = Duration::from_secs(3);

const _: () = assert!(WINDOW.as_millis() < PAUSE.as_millis(), "a slow screen is no pause");

/// Measures a rate.
#[derive(Debug, Default)]
pub(crate) struct RateMeter {
    window: Option<Instant>,
    bytes: u64,
    rate: Bitrate,
}

impl RateMeter {
    /// Counts a payload.
    pub(crate) fn record(&mut self, now: Instant, bytes: usize) {
        let start = *self.window.get_or_insert(now);
        let elapsed = now.saturating_duration_since(start);
        if elapsed >= WINDOW {
            let last = Bitrate::over(self.bytes, elapsed);
            self.rate = match self.rate {
                rate if elapsed >= PAUSE => rate,
                Bitrate::ZERO => last,
                rate => rate.percent(75).plus(last.percent(25)),
            };
            self.bytes = 0;
            self.window = Some(now);
        }
        self.bytes += bytes as u64;
    }

    /// The smoothed rate of whole windows; zero before there was one.
    pub(crate) fn bitrate(&self) -> Bitrate {
        self.rate
    }
}
