//! Plain counters. Each worker owns its own and copies them out once a round; nothing is shared on the packet path.

use sfu_control::{LinkId, LinkReport};
use sfu_core::Counters;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Whether a worker does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkerState {
    /// It runs.
    #[default]
    Running,
    /// It was stopped with the node.
    Stopped,
    /// It met a bug of ours and is gone with its rooms; its peers were reported as disconnected.
    Failed,
}

/// What a worker's sockets did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCounters {
    /// Messages received: datagrams, or several of one sender that the kernel joined (UDP GRO).
    pub received_messages: u64,
    /// Datagrams received and handed to the engine.
    pub received_datagrams: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Receiving failed for another reason than that nothing was there.
    pub receive_errors: u64,
    /// Messages sent: datagrams, or bursts that the kernel cuts (UDP GSO).
    pub sent_messages: u64,
    /// Bursts the kernel did not take whole, sent as single datagrams instead.
    pub bursts_refused: u64,
    /// Datagrams sent.
    pub sent_datagrams: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Dropped on sending: the kernel's buffer was full.
    pub send_full_drops: u64,
    /// Dropped on sending: the system refused (no route, forbidden, no such local address).
    pub send_errors: u64,
}

/// How long datagrams were in the node: from their arrival in the kernel until the last packet of the round that read
/// them was handed to the kernel. Rounds that sent nothing do not count. What the pacer holds back leaves in a later
/// round and is not in it; what merely shared a round with something forwarded is, so the figure errs upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ForwardingTimes {
    /// Datagrams by time: at most the bound of the same place in [`Self::BOUNDS_US`]; the last are slower.
    pub counts: [u64; Self::BOUNDS_US.len() + 1],
    /// All times together, microseconds.
    pub total_us: u64,
}

impl ForwardingTimes {
    /// Upper bounds, microseconds, each twice the one before: from less than one system call to a worker that cannot
    /// keep up.
    pub const BOUNDS_US: [u64; 14] =
        [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072];

    /// Counts one datagram.
    pub(crate) fn record(&mut self, time: Duration) {
        let microseconds = u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        // The bounds double, so the place is a number of bits.
        let doublings = microseconds.saturating_sub(1) / Self::BOUNDS_US[0];
        let place = usize::try_from(u64::BITS - doublings.leading_zeros()).unwrap_or(usize::MAX);
        if let Some(count) = self.counts.get_mut(place.min(Self::BOUNDS_US.len())) {
            *count += 1;
        }
        self.total_us = self.total_us.saturating_add(microseconds);
    }
}

/// One worker's figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerMetrics {
    /// Whether it runs.
    pub state: WorkerState,
    /// Rounds of its loop.
    pub rounds: u64,
    /// Commands carried out.
    pub commands: u64,
    /// Parcels for other workers whose rings were full; counted apart from what lines lose.
    pub crossings_dropped: u64,
    /// What its sockets did.
    pub sockets: SocketCounters,
    /// How long datagrams were in it.
    pub forwarding: ForwardingTimes,
    /// What its engine did, drops by cause.
    pub engine: Counters,
}

/// A node's figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeMetrics {
    /// Each worker's, in order.
    pub workers: Vec<WorkerMetrics>,
    /// Peers on this node now.
    pub peers: usize,
    /// Links to other nodes now, with the last figures of each.
    pub links: Vec<(LinkId, LinkReport)>,
    /// Commands refused because a worker's queue was full.
    pub commands_refused_full: u64,
    /// Commands refused because their worker is gone.
    pub commands_refused_gone: u64,
}

impl NodeMetrics {
    /// Whether every worker runs; if not, the process is due for a restart.
    pub fn is_whole(&self) -> bool {
        self.workers.iter().all(|worker| worker.state == WorkerState::Running)
    }
}

/// Where a worker leaves its latest figures for whoever asks. The lock is held for a copy on either side.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<WorkerMetrics>);

impl Board {
    /// Replaces the figures.
    pub(crate) fn publish(&self, figures: &WorkerMetrics) {
        self.lock().clone_from(figures);
    }

    /// Says how the worker ended; the figures stay.
    pub(crate) fn end(&self, state: WorkerState) {
        self.lock().state = state;
    }

    /// The latest figures.
    pub(crate) fn latest(&self) -> WorkerMetrics {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, WorkerMetrics> {
        // A panic cannot leave a half-written value behind that matters: these are figures.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_at_the_first_bound_it_does_not_exceed() {
        for (place, bound) in ForwardingTimes::BOUNDS_US.into_iter().enumerate() {
            let mut times = ForwardingTimes::default();
            times.record(Duration::from_micros(bound));
            times.record(Duration::from_micros(bound) + Duration::from_nanos(1));
            assert_eq!((times.counts[place], times.counts[place + 1]), (1, 1), "{bound}");
            assert_eq!(times.total_us, 2 * bound + 1);
        }
        let mut times = ForwardingTimes::default();
        times.record(Duration::ZERO);
        times.record(Duration::MAX);
        assert_eq!((times.counts[0], times.counts[14], times.total_us), (1, 1, u64::MAX));
    }
}
