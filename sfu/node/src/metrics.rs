//! Plain counters. Each worker owns its own and copies them out once a round; nothing is shared on the packet path.

use sfu_core::Counters;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    /// Datagrams received and handed to the engine.
    pub received_datagrams: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Receiving failed for another reason than that nothing was there.
    pub receive_errors: u64,
    /// Datagrams sent.
    pub sent_datagrams: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Dropped on sending: the kernel's buffer was full.
    pub send_full_drops: u64,
    /// Dropped on sending: the system refused (no route, forbidden, no such local address).
    pub send_errors: u64,
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
    /// What its sockets did.
    pub sockets: SocketCounters,
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
