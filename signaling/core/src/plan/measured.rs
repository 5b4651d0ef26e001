//! A prediction beside what was counted on the lines.

use super::{LineWhat, Load, Plan};
use crate::NodeName;
use serde::{Deserialize, Serialize};

/// How far a count may be from its prediction.
pub const MEASURED_TOLERANCE_PERCENT: f64 = 10.0;

/// What was counted on one way, in one direction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The node that sent.
    pub from: String,
    /// The node that received.
    pub to: String,
    /// For how long.
    pub seconds: u32,
    /// Bytes on the wire, IP headers included.
    pub bytes: u64,
}

/// One way, predicted and counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The node that sent.
    pub from: String,
    /// The node that received.
    pub to: String,
    /// As planned; absent if the plan has no such way.
    pub predicted_kbps: Option<f64>,
    /// As counted.
    pub measured_kbps: f64,
    /// How far the count is from the prediction, of the prediction.
    pub differs_percent: Option<f64>,
    /// Whether that is near enough.
    pub agrees: bool,
}

impl Plan {
    /// Compares.
    pub fn compare(&self, measured: &[Measured]) -> Vec<Compared> {
        measured.iter().map(|one| self.compare_one(one)).collect()
    }

    fn compare_one(&self, measured: &Measured) -> Compared {
        let measured_kbps = measured.bytes as f64 * 8.0 / 1_000.0 / f64::from(measured.seconds.max(1));
        let predicted_kbps = self.way(&measured.from, &measured.to).map(|load| load.kbps);
        let differs_percent =
            predicted_kbps.filter(|kbps| *kbps > 0.0).map(|kbps| (measured_kbps - kbps) / kbps * 100.0);
        let agrees = match (predicted_kbps, differs_percent) {
            (Some(_), Some(differs)) => differs.abs() <= MEASURED_TOLERANCE_PERCENT,
            // Nothing was planned there: only reports and checks may cross.
            (Some(_), None) => measured_kbps < 100.0,
            (None, _) => false,
        };
        let (from, to) = (measured.from.clone(), measured.to.clone());
        Compared { from, to, predicted_kbps, measured_kbps, differs_percent, agrees }
    }

    fn way(&self, from: &str, to: &str) -> Option<Load> {
        let is = |name: &NodeName, text: &str| name.as_str() == text;
        self.lines.iter().find_map(|line| match &line.what {
            LineWhat::Nodes { child, parent } if is(child, to) && is(parent, from) => Some(line.down),
            LineWhat::Nodes { child, parent } if is(child, from) && is(parent, to) => Some(line.up),
            LineWhat::Nodes { .. } | LineWhat::Access { .. } | LineWhat::Site { .. } => None,
        })
    }
}
