//! What a worker is reached by from other threads.

use crate::{metrics::Board, waker::Waker};
use std::sync::atomic::AtomicBool;

/// What a worker shares with its handle and with the other workers.
#[derive(Debug)]
pub(crate) struct Link {
    /// Its number.
    pub(crate) worker: usize,
    /// Ends its sleep.
    pub(crate) waker: Waker,
    /// Tells it to stop.
    pub(crate) stopping: AtomicBool,
    /// Where it leaves its figures.
    pub(crate) board: Board,
}
