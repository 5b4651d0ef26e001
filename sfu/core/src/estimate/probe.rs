//! Finds out whether a line carries more than is sent: a short burst at a higher rate, measured by how fast it arrives.

use super::history::ProbeId;
use crate::units::Bitrate;
use std::num::NonZeroU8;
use std::time::{Duration, Instant};

/// How long a probe lasts: long enough to show in arrivals, short enough for a queue of a few packets.
const SPAN: Duration = Duration::from_millis(15);
/// Packets a probe has at least; fewer arrive in one interrupt of the receiver.
const PACKETS_MIN: u32 = 5;
/// The first probes of a line, while nothing else is known.
const FIRST_PERCENT: [u64; 2] = [300, 600];
/// A later probe asks for this much of the estimate.
const AGAIN_PERCENT: u64 = 200;
/// Between probes of a line that has shown nothing more.
const INTERVAL: Duration = Duration::from_secs(5);
/// Between a probe that found more and the next.
const INTERVAL_AFTER_SUCCESS: Duration = Duration::from_millis(250);
/// How long what a probe left in the line's queue may show.
const DRAIN: Duration = Duration::from_millis(500);
/// What is made of a result: the line is not filled to its brim.
const RESULT_PERCENT: u64 = 95;

/// A burst to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Marks its packets.
    pub(crate) id: ProbeId,
    /// At which rate.
    pub(crate) rate: Bitrate,
    /// How many bytes at least.
    pub(crate) bytes: usize,
    /// In how many packets at least.
    pub(crate) packets: u32,
}

/// What is known of the probe under way.
#[derive(Debug, Clone, Copy)]
struct Cluster {
    probe: Probe,
    packets: u32,
    bytes: u32,
    sent: (i64, i64),
    arrived: (i64, i64),
    first_bytes: u32,
    last_bytes: u32,
}

/// Decides when to probe and reads the outcome.
#[derive(Debug)]
pub(super) struct Prober {
    next_id: NonZeroU8,
    first: usize,
    next_at: Option<Instant>,
    probed: Option<Instant>,
    cluster: Option<Cluster>,
    result: Option<Bitrate>,
}

impl Prober {
    /// One that has not probed.
    pub(super) fn new() -> Self {
        Self { next_id: NonZeroU8::MIN, first: 0, next_at: None, probed: None, cluster: None, result: None }
    }

    /// A probe, if it is time for one and there is something to be found.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        estimate: Bitrate,
        desired: Bitrate,
        calm: bool,
    ) -> Option<Probe> {
        if estimate >= desired || self.next_at.is_some_and(|at| now < at) {
            return None;
        }
        if !calm {
            self.next_at = Some(now + INTERVAL_AFTER_SUCCESS);
            return None;
        }
        self.probed = Some(now);
        let percent = FIRST_PERCENT.get(self.first).copied().unwrap_or(AGAIN_PERCENT);
        self.first += 1;
        let rate = estimate.percent(percent).min(desired.percent(120));
        let id = ProbeId(self.next_id);
        self.next_id = self.next_id.checked_add(1).unwrap_or(NonZeroU8::MIN);
        let quick = self.first < FIRST_PERCENT.len();
        self.next_at = Some(now + if quick { INTERVAL_AFTER_SUCCESS } else { INTERVAL });
        let bits = rate.as_bps().saturating_mul(u64::try_from(SPAN.as_micros()).unwrap_or(0)) / 1_000_000;
        let bytes = usize::try_from(bits / 8).unwrap_or(usize::MAX);
        let probe = Probe { id, rate, bytes, packets: PACKETS_MIN };
        self.cluster = Some(Cluster {
            probe,
            packets: 0,
            bytes: 0,
            sent: (i64::MAX, i64::MIN),
            arrived: (i64::MAX, i64::MIN),
            first_bytes: 0,
            last_bytes: 0,
        });
        Some(probe)
    }

    /// Whether a probe may still stand in the line's queue.
    pub(super) fn is_recent(&self, now: Instant) -> bool {
        self.probed.is_some_and(|at| now.saturating_duration_since(at) < DRAIN)
    }

    /// When the next one may be due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next_at
    }

    /// A packet of a probe arrived.
    pub(super) fn on_arrival(&mut self, id: ProbeId, (sent, arrived): (i64, i64), bytes: u32) {
        let Some(cluster) = self.cluster.as_mut().filter(|cluster| cluster.probe.id == id) else { return };
        if arrived < cluster.arrived.0 {
            cluster.first_bytes = bytes;
        }
        if sent >= cluster.sent.1 {
            cluster.last_bytes = bytes;
        }
        cluster.packets += 1;
        cluster.bytes += bytes;
        cluster.sent = (cluster.sent.0.min(sent), cluster.sent.1.max(sent));
        cluster.arrived = (cluster.arrived.0.min(arrived), cluster.arrived.1.max(arrived));
        self.result = cluster.rate().or(self.result);
    }

    /// What the probe under way found, once enough of it arrived.
    pub(super) fn take_result(&mut self, now: Instant) -> Option<Bitrate> {
        let result = self.result.take()?;
        if let Some(cluster) = &self.cluster
            && result.percent(110) >= cluster.probe.rate
        {
            // The whole of it came through: there may be more.
            self.next_at = Some(now + INTERVAL_AFTER_SUCCESS);
        }
        self.cluster = None;
        Some(result.percent(RESULT_PERCENT))
    }
}

impl Cluster {
    /// The slower of departure and arrival, once four fifths of the packets and bytes are in.
    fn rate(&self) -> Option<Bitrate> {
        let enough = self.packets * 5 >= self.probe.packets * 4
            && u64::from(self.bytes) * 5 >= u64::try_from(self.probe.bytes).unwrap_or(u64::MAX) * 4;
        let sent = u64::try_from(self.sent.1.checked_sub(self.sent.0)?).ok()?;
        let arrived = u64::try_from(self.arrived.1.checked_sub(self.arrived.0)?).ok()?;
        if !enough || sent == 0 || arrived == 0 {
            return None;
        }
        let over = |bytes: u32, micros: u64| Bitrate::bps(u64::from(bytes) * 8_000_000 / micros);
        let departed = over(self.bytes.saturating_sub(self.last_bytes), sent);
        let received = over(self.bytes.saturating_sub(self.first_bytes), arrived);
        Some(departed.min(received))
    }
}
