//! A rate and its packets, and whether a capacity bears it.

use serde::Serialize;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};

/// Above this share of what meetings may take of a line, or of a node's processors, a plan warns: predictions are averages,
/// and a picture's rate rises by a third within a second.
const TIGHT_PERCENT: f64 = 70.0;

/// What flows in one direction, as it is on the wire: headers, repair and all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// Kilobits a second.
    pub kbps: f64,
    /// Packets a second.
    pub packets: f64,
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fit {
    /// The capacity is not known.
    Unknown,
    /// Up to 70 %.
    Fits,
    /// Up to all of it.
    Tight,
    /// More than there is.
    Over,
}

impl Fit {
    /// By what is used of what there is.
    pub(super) fn of(used_percent: Option<f64>) -> Self {
        match used_percent {
            None => Self::Unknown,
            Some(used) if used > 100.0 => Self::Over,
            Some(used) if used > TIGHT_PERCENT => Self::Tight,
            Some(_) => Self::Fits,
        }
    }
}

impl Load {
    /// Megabits a second.
    pub fn mbps(self) -> f64 {
        self.kbps / 1_000.0
    }

    /// The larger of two, by rate.
    pub(super) fn max(self, other: Self) -> Self {
        if other.kbps > self.kbps { other } else { self }
    }
}

impl Add for Load {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { kbps: self.kbps + other.kbps, packets: self.packets + other.packets }
    }
}

impl Sub for Load {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { kbps: self.kbps - other.kbps, packets: self.packets - other.packets }
    }
}

impl Mul<f64> for Load {
    type Output = Self;
    fn mul(self, times: f64) -> Self {
        Self { kbps: self.kbps * times, packets: self.packets * times }
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Load {
    fn sum<I: Iterator<Item = Self>>(loads: I) -> Self {
        loads.fold(Self::default(), Add::add)
    }
}
