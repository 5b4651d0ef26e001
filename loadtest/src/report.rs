//! What all participants met, as a table for people and as JSON for programs.

use crate::{media::Tally, participant::Outcome};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// Half and nineteen of twenty of a set of durations, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantiles {
    /// How many there are.
    pub count: usize,
    /// The median.
    pub p50_ms: u64,
    /// Nineteen of twenty were no longer.
    pub p95_ms: u64,
}

impl Quantiles {
    /// Of some durations; nothing if there are none.
    pub fn of(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        // Nearest rank: the smallest value that at least this share does not exceed.
        let rank = |percent: usize| {
            let index = (durations.len() * percent).div_ceil(100).saturating_sub(1);
            durations.get(index).map(|value| u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
        };
        Some(Self { count: durations.len(), p50_ms: rank(50)?, p95_ms: rank(95)? })
    }
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Who was to join.
    pub participants: usize,
    /// Whose media connection came up.
    pub joined: usize,
    /// Of these, who was still there at the end.
    pub stayed: usize,
    /// From the first sign-in until the last one was in or had failed, milliseconds.
    pub all_in_ms: u64,
    /// From asking for a ticket until media was connected.
    pub join_time: Option<Quantiles>,
    /// From asking for a ticket until the first sound.
    pub first_audio: Option<Quantiles>,
    /// From asking for a ticket until the first picture.
    pub first_video: Option<Quantiles>,
    /// Sound received by all together.
    pub audio: Tally,
    /// Pictures received by all together.
    pub video: Tally,
    /// Packets sent by all together.
    pub sent_packets: u64,
    /// Why participants failed, with their names.
    pub failures: BTreeMap<String, Vec<String>>,
}

impl Report {
    pub(crate) fn new(outcomes: &[Outcome], all_in: Duration) -> Self {
        let since_began = |pick: fn(&Outcome) -> Option<std::time::Instant>| {
            let spans = outcomes.iter().filter_map(|o| Some(pick(o)?.saturating_duration_since(o.began?)));
            Quantiles::of(spans.collect())
        };
        let sum = |pick: fn(&Outcome) -> Tally| outcomes.iter().map(pick).fold(Tally::default(), add);
        let joined = || outcomes.iter().filter(|outcome| outcome.joined_after.is_some());
        let mut failures = BTreeMap::<String, Vec<String>>::new();
        for outcome in outcomes {
            if let Some(failure) = &outcome.failure {
                failures.entry(failure.to_string()).or_default().push(outcome.name.clone());
            }
        }
        Self {
            participants: outcomes.len(),
            joined: joined().count(),
            stayed: joined().filter(|outcome| outcome.failure.is_none()).count(),
            all_in_ms: u64::try_from(all_in.as_millis()).unwrap_or(u64::MAX),
            join_time: Quantiles::of(joined().filter_map(|outcome| outcome.joined_after).collect()),
            first_audio: since_began(|outcome| outcome.received.first_audio),
            first_video: since_began(|outcome| outcome.received.first_video),
            audio: sum(|outcome| outcome.received.audio),
            video: sum(|outcome| outcome.received.video),
            sent_packets: outcomes.iter().map(|outcome| outcome.sent_packets).sum(),
            failures,
        }
    }

    /// Whether nobody was left outside.
    pub fn everybody_joined(&self) -> bool {
        self.joined == self.participants
    }

    /// As JSON.
    ///
    /// # Errors
    /// None in practice: every key is a string.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// As a table.
    pub fn table(&self) -> String {
        let mut table = String::new();
        let mut row = |name: &str, value: String| {
            // Writing to a string does not fail.
            let _never_fails = writeln!(table, "{name:<24}{value}");
        };
        row("joined", format!("{} of {} in {} ms", self.joined, self.participants, self.all_in_ms));
        row("still there at the end", self.stayed.to_string());
        row("time to join", times(self.join_time));
        row("time to first sound", times(self.first_audio));
        row("time to first picture", times(self.first_video));
        row("sound received", tally(self.audio));
        row("pictures received", tally(self.video));
        row("sent", format!("{} packets", self.sent_packets));
        for (reason, names) in &self.failures {
            row("failed", format!("{} × {reason}: {}", names.len(), names.join(", ")));
        }
        table
    }
}

fn add(a: Tally, b: Tally) -> Tally {
    Tally { packets: a.packets + b.packets, bytes: a.bytes + b.bytes, lost: a.lost + b.lost }
}

fn times(quantiles: Option<Quantiles>) -> String {
    quantiles.map_or_else(
        || "nobody".to_owned(),
        |q| format!("p50 {} ms, p95 {} ms ({} participants)", q.p50_ms, q.p95_ms, q.count),
    )
}

fn tally(tally: Tally) -> String {
    let expected = tally.packets + tally.lost;
    // Hundredths of a percent, in whole numbers.
    let loss = (tally.lost * 10_000).checked_div(expected).unwrap_or(0);
    format!("{} packets, {} bytes, {}.{:02} % lost", tally.packets, tally.bytes, loss / 100, loss % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        assert_eq!(Quantiles::of(Vec::new()), None);
        let one = Quantiles::of(milliseconds([7])).unwrap();
        assert_eq!((one.count, one.p50_ms, one.p95_ms), (1, 7, 7));
        let hundred = Quantiles::of(milliseconds((1..=100).rev())).unwrap();
        assert_eq!((hundred.count, hundred.p50_ms, hundred.p95_ms), (100, 50, 95));
    }

    fn outcome(name: &str, joined: Option<u64>, failure: Option<crate::participant::Failure>) -> Outcome {
        Outcome {
            name: name.to_owned(),
            joined_after: joined.map(Duration::from_millis),
            began: None,
            received: crate::media::Received {
                video: Tally { packets: 99, bytes: 1_000, lost: 1 },
                ..crate::media::Received::default()
            },
            sent_packets: 5,
            failure,
        }
    }

    #[test]
    fn who_failed_is_named_with_the_reason() {
        use crate::participant::Failure;
        let outcomes = vec![
            outcome("001", Some(300), None),
            outcome("002", Some(400), Some(Failure::MediaLost)),
            outcome("003", None, Some(Failure::Timeout)),
        ];
        let report = Report::new(&outcomes, Duration::from_secs(1));
        assert_eq!((report.participants, report.joined, report.stayed), (3, 2, 1));
        assert!(!report.everybody_joined());
        assert_eq!(report.failures["the media connection was lost"], ["002"]);
        let table = report.table();
        assert!(table.contains("joined                  2 of 3 in 1000 ms"), "{table}");
        assert!(table.contains("297 packets, 3000 bytes, 1.00 % lost"), "{table}");
        assert!(table.contains("1 × media did not connect in 30 s: 003"), "{table}");
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["joinTime"]["p95Ms"], 400);
    }
}
