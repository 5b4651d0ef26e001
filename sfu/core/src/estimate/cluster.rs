//! What a probe measured: how fast the queue grew while so much was sent. Fitting a line through all delays keeps one late
//! packet from deciding, as it would if first and last arrival were compared.

use crate::units::Bitrate;
use std::time::{Duration, Instant};

/// Arrivals a result needs; fewer have no slope worth the name.
const ARRIVALS_MIN: f64 = 4.0;
/// Loss beyond the line's own that is taken for chance.
const LOSS_ALLOWED: f64 = 0.15;

/// What left in the time of a probe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) bytes: usize,
    pub(super) span: Duration,
    /// When the last of its arrivals must have been told.
    pub(super) told_by: Instant,
}

/// The sums of a least-squares fit of delay over departure, in milliseconds from the first packet on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cluster {
    first: Option<(i64, i64)>,
    count: f64,
    bytes: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Cluster {
    /// A packet arrived.
    pub(super) fn on_arrival(&mut self, sent: i64, arrived: i64, bytes: u32) {
        let (first, delay) = *self.first.get_or_insert((sent, arrived - sent));
        let x = millis(sent - first);
        let y = millis(arrived - sent - delay);
        self.count += 1.0;
        self.bytes += f64::from(bytes);
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// What the line carried of what left, and how far the growth may be off; none when too little arrived to tell.
    /// `own_permille` is what the line loses anyway.
    pub(super) fn rate(&self, left: &Departure, own_permille: u32) -> Option<(Bitrate, f64)> {
        let over = self.count * self.xx - self.x * self.x;
        if self.count < ARRIVALS_MIN || over <= 0.0 || left.span.is_zero() {
            return None;
        }
        let slope = (self.count * self.xy - self.x * self.y) / over;
        let error = self.error(slope, over);
        let growth = (slope - error).max(0.0);
        let sent = f64::from(u32::try_from(left.bytes).unwrap_or(u32::MAX));
        let expected = sent * (1.0 - f64::from(own_permille.min(900)) / 1_000.0);
        let arrived = (self.bytes / expected.max(1.0)).min(1.0);
        let arrived = if arrived > 1.0 - LOSS_ALLOWED { 1.0 } else { arrived };
        let carried = bitrate(sent * 8.0 / left.span.as_secs_f64() * arrived / (1.0 + growth));
        Some((carried, error / (1.0 + growth)))
    }
}

impl Cluster {
    /// The standard error of the slope: growth within it is jitter.
    fn error(&self, slope: f64, over: f64) -> f64 {
        let residual =
            self.yy - self.y * self.y / self.count - slope * (self.xy - self.x * self.y / self.count);
        let variance = residual.max(0.0) / (self.count - 2.0).max(1.0);
        (variance * self.count / over).sqrt()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a probe lasts less than a second")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive and far below 2^53"
)]
fn bitrate(bits: f64) -> Bitrate {
    Bitrate::bps(bits as u64)
}
