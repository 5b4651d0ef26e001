//! Ratios between rows of one run, and the committed ones.

use super::delivery::Delivery;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is read of a row.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Measured {
    pub(super) case: String,
    pub(super) server: String,
    pub(super) cpu_us_per_packet: f64,
    pub(super) pps: f64,
    pub(super) server_cpu_percent: f64,
    pub(super) generator_cpu_percent: f64,
    pub(super) generator_dropped: u64,
    pub(super) delivery_percent: f64,
    pub(super) loss_percent: f64,
}

/// Our cost over another one, both of this run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ratio {
    /// What over what: `broadcast-400 ours/janus`.
    pub(super) name: String,
    /// Below 1 we are cheaper.
    pub(super) value: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44}{:.3}", self.name, self.value)
    }
}

/// The committed ratios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// How many times its committed value a ratio may be: what two runs on a shared machine differ by.
    margin: f64,
    /// What must arrive while nobody is at his limit.
    pub(super) delivery: Delivery,
    /// By name.
    ratios: BTreeMap<String, f64>,
}

impl Limits {
    /// Which are worse than they may be, and which committed ones were not measured.
    pub(super) fn judge<'a>(&'a self, found: &'a [Ratio]) -> (Vec<&'a Ratio>, Vec<&'a str>) {
        let is_worse = |ratio: &&Ratio| {
            self.ratios.get(&ratio.name).is_some_and(|limit| ratio.value > limit * self.margin)
        };
        let worse = found.iter().filter(is_worse).collect();
        let measured = |name: &&str| found.iter().any(|ratio| ratio.name == **name);
        (worse, self.ratios.keys().map(String::as_str).filter(|name| !measured(name)).collect())
    }
}

/// Cases in which an audience grows: the largest over the smallest says whether cost grows with it.
const SMALLEST: &str = "broadcast-10";
const LARGEST: &str = "broadcast-1000";
/// Meetings are compared with a broadcast of about as many streams.
const MEETINGS: [(&str, &str); 3] =
    [("meeting-4", SMALLEST), ("meeting-8", "broadcast-100"), ("meeting-16", "broadcast-400")];
/// The last rung at which all arrived is what a server carries.
const RUNG: &str = "ladder-";
const DELIVERED_PERCENT: f64 = 99.0;

/// Every ratio these rows allow.
pub(super) fn found(rows: &[Measured]) -> Vec<Ratio> {
    let mut cases: Vec<&str> = Vec::new();
    for row in rows {
        if !cases.contains(&row.case.as_str()) {
            cases.push(&row.case);
        }
    }
    let mut ratios = Vec::new();
    let mut add = |name: String, ours: Option<f64>, other: Option<f64>| {
        if let (Some(ours), Some(other)) = (ours, other)
            && other > 0.0
        {
            ratios.push(Ratio { name, value: ours / other });
        }
    };
    for other in ["janus", "against"] {
        for case in &cases {
            add(format!("{case} ours/{other}"), cost(rows, case, "ours"), cost(rows, case, other));
        }
        // The other way round, so that less is better here too.
        add(format!("packets/s {other}/ours"), carried(rows, other), carried(rows, "ours"));
    }
    add(format!("{LARGEST}/{SMALLEST}"), cost(rows, LARGEST, "ours"), cost(rows, SMALLEST, "ours"));
    for (meeting, broadcast) in MEETINGS {
        add(format!("{meeting}/{broadcast}"), cost(rows, meeting, "ours"), cost(rows, broadcast, "ours"));
    }
    ratios
}

/// The median cost of a packet over all rounds.
fn cost(rows: &[Measured], case: &str, server: &str) -> Option<f64> {
    let of = |row: &&Measured| row.case == case && row.server == server;
    let mut costs: Vec<f64> = rows.iter().filter(of).map(|row| row.cpu_us_per_packet).collect();
    costs.sort_by(f64::total_cmp);
    costs.get(costs.len() / 2).copied()
}

/// Packets a second of the highest rung that all arrived at with a processor left, scaled to a whole processor.
fn carried(rows: &[Measured], server: &str) -> Option<f64> {
    let delivered = |row: &&Measured| {
        row.case.starts_with(RUNG) && row.server == server && row.delivery_percent >= DELIVERED_PERCENT
    };
    let best = rows.iter().filter(delivered).max_by(|a, b| a.pps.total_cmp(&b.pps))?;
    Some(best.pps * 100.0 / best.server_cpu_percent.max(1.0))
}

#[cfg(test)]
impl Measured {
    /// A row of a server with time to spare at which everything arrived.
    pub(super) fn whole(case: &str, server: &str) -> Self {
        Self {
            case: case.to_owned(),
            server: server.to_owned(),
            cpu_us_per_packet: 1.0,
            pps: 1_000.0,
            server_cpu_percent: 50.0,
            generator_cpu_percent: 50.0,
            generator_dropped: 0,
            delivery_percent: 100.0,
            loss_percent: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(case: &str, server: &str, cost: f64) -> Measured {
        Measured { cpu_us_per_packet: cost, ..Measured::whole(case, server) }
    }

    fn value(ratios: &[Ratio], name: &str) -> Option<f64> {
        ratios.iter().find(|ratio| ratio.name == name).map(|ratio| ratio.value)
    }

    #[test]
    fn ratios_are_of_medians_and_of_what_is_there() {
        let mut rows = vec![row("broadcast-10", "ours", 4.0), row("broadcast-1000", "ours", 6.0)];
        assert_eq!(value(&found(&rows), "broadcast-1000/broadcast-10"), Some(1.5));
        assert_eq!(found(&rows).len(), 1);
        rows.extend([5.0, 50.0, 8.0].map(|cost| row("broadcast-10", "janus", cost)));
        assert_eq!(value(&found(&rows), "broadcast-10 ours/janus"), Some(0.5));
    }

    #[test]
    fn what_is_carried_is_the_highest_rung_that_was_delivered() {
        let rung =
            |pps, delivery| Measured { pps, delivery_percent: delivery, ..row("ladder-100", "ours", 1.0) };
        let rows = [rung(100.0, 100.0), rung(200.0, 99.5), rung(300.0, 80.0)];
        assert_eq!(carried(&rows, "ours"), Some(400.0));
        assert_eq!(carried(&rows, "janus"), None);
    }

    #[test]
    fn worse_than_the_margin_is_told_and_so_is_what_was_not_measured() {
        let text = "margin = 1.2\n[delivery]\nleast_percent = 99\nloss_percent = 1\n\
                    [ratios]\na = 0.5\nb = 0.5\nc = 1\n";
        let limits: Limits = toml::from_str(text).unwrap();
        let ratio = |name: &str, value| Ratio { name: name.to_owned(), value };
        let found = [ratio("a", 0.59), ratio("b", 0.61), ratio("new", 9.0)];
        let (worse, missing) = limits.judge(&found);
        assert_eq!((worse, missing), (vec![&found[1]], vec!["c"]));
    }

    #[test]
    fn the_committed_ratios_are_read() {
        let limits: Limits = toml::from_str(include_str!("../../../docs/benchmarks.toml")).unwrap();
        assert!(limits.margin > 1.0 && !limits.ratios.is_empty());
        assert!(limits.ratios.values().all(|ratio| *ratio > 0.0));
    }
}
