//! One measurement as a value: a line of the table and an entry of the report.

use super::crowd::Seen;
use serde::Serialize;

/// How long packets were on their way from the publisher's socket to the receiver's, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Latency {
    /// Packets whose time was read.
    pub count: usize,
    /// Half were no slower.
    pub p50_us: u32,
    /// Nineteen of twenty were no slower.
    pub p95_us: u32,
    /// Ninety-nine of a hundred were no slower.
    pub p99_us: u32,
    /// The slowest.
    pub max_us: u32,
}

impl Latency {
    /// Of ascending times.
    pub(super) fn of(ascending: &[u32]) -> Self {
        // Nearest rank: the smallest value that at least this share does not exceed.
        let rank = |percent: usize| {
            let index = (ascending.len() * percent).div_ceil(100).saturating_sub(1);
            ascending.get(index).copied().unwrap_or(0)
        };
        Self {
            count: ascending.len(),
            p50_us: rank(50),
            p95_us: rank(95),
            p99_us: rank(99),
            max_us: rank(100),
        }
    }
}

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub case: String,
    /// Which server: `ours`, `against` or `janus`.
    pub server: String,
    /// Which repetition.
    pub round: usize,
    /// Streams that were to be received, all receivers together.
    pub streams: u64,
    /// Packets received a second.
    pub pps: f64,
    /// Processor time of the server for each packet received, kernel time included.
    pub cpu_us_per_packet: f64,
    /// Share of one processor the server used.
    pub server_cpu_percent: f64,
    /// Share of the time the server could have run and other programs ran instead.
    pub server_waited_percent: f64,
    /// From the publisher's socket to the receiver's.
    pub latency: Latency,
    /// Resident memory of the server, KiB.
    pub rss_kib: u64,
    /// Gaps in what was received, in percent of what was to be.
    pub loss_percent: f64,
    /// What was received of what was to be, percent.
    pub delivery_percent: f64,
    /// Processor time of the server for each join, ICE and DTLS included, milliseconds.
    pub cpu_ms_per_join: f64,
    /// Share of one processor the generator used: at 100 it is the limit, not the server.
    pub generator_cpu_percent: f64,
    /// Datagrams the generator did not read in time.
    pub generator_dropped: u64,
    /// How media was protected.
    pub protection: String,
}

impl Row {
    /// Fills in what a window saw.
    pub(super) fn of(case: &str, seen: &Seen) -> Self {
        let seconds = seen.length.as_secs_f64().max(f64::EPSILON);
        Self {
            case: case.to_owned(),
            server: String::new(),
            round: 0,
            streams: 0,
            pps: approximate(seen.received) / seconds,
            cpu_us_per_packet: 0.0,
            server_cpu_percent: 0.0,
            server_waited_percent: 0.0,
            latency: Latency::of(&seen.latencies),
            rss_kib: 0,
            loss_percent: percent(seen.missing, seen.expected),
            delivery_percent: percent(seen.received, seen.expected),
            cpu_ms_per_join: 0.0,
            generator_cpu_percent: 0.0,
            generator_dropped: 0,
            protection: String::new(),
        }
    }

    /// The table's head.
    pub(super) fn head() -> String {
        format!(
            "{:<18}{:<9}{:>8}{:>9}{:>8}{:>7}{:>7}{:>8}{:>8}{:>9}{:>9}{:>8}{:>9}{:>6}{:>9}",
            "case",
            "server",
            "streams",
            "pps",
            "µs/pkt",
            "cpu %",
            "wait %",
            "p50 µs",
            "p99 µs",
            "max µs",
            "rss KiB",
            "loss %",
            "deliv. %",
            "gen %",
            "ms/join"
        )
    }

    /// The table's line.
    pub(super) fn line(&self) -> String {
        let Self { case, server, streams, pps, latency, .. } = self;
        let mut text = format!(
            "{case:<18}{server:<9}{streams:>8}{pps:>9.0}{:>8.2}{:>7.1}{:>7.1}{:>8}{:>8}{:>9}{:>9}{:>8.3}{:>9.2}{:>6.0}{:>9.2}",
            self.cpu_us_per_packet,
            self.server_cpu_percent,
            self.server_waited_percent,
            latency.p50_us,
            latency.p99_us,
            latency.max_us,
            self.rss_kib,
            self.loss_percent,
            self.delivery_percent,
            self.generator_cpu_percent,
            self.cpu_ms_per_join,
        );
        if self.generator_dropped > 0 {
            text += &format!("  the generator dropped {}", self.generator_dropped);
        }
        text
    }
}

/// A share in percent; nothing of nothing is all.
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { approximate(part) * 100.0 / approximate(whole) }
}

/// A count for a quotient; 53 bits of it are enough for any.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
pub(super) fn approximate(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let times: Vec<u32> = (1..=200).collect();
        let latency = Latency::of(&times);
        assert_eq!((latency.p50_us, latency.p95_us, latency.p99_us, latency.max_us), (100, 190, 198, 200));
        assert_eq!(Latency::of(&[]), Latency::default());
    }

    #[test]
    fn a_row_says_what_was_lost_and_what_never_came() {
        let seen = Seen {
            expected: 1_000,
            received: 900,
            missing: 10,
            latencies: vec![5],
            length: Duration::from_secs(2),
        };
        let row = Row::of("broadcast-10", &seen);
        assert_eq!((row.pps, row.loss_percent, row.delivery_percent), (450.0, 1.0, 90.0));
        assert!(row.line().starts_with("broadcast-10"));
    }
}
