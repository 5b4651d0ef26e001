//! The SFU's shell as a library: sockets, worker threads and the clock around `sfu-core`'s engine.
//!
//! What it never does: look into a packet, know a meeting, or decide about media. A peer lives on one worker, a
//! worker shares nothing with another but rings that one item per packet crosses, and whoever embeds a node speaks to
//! it in `sfu-control` values only.
//!
//! 1. `config`     where a node listens and how large it is
//! 2. `socket`     one UDP socket for each listening address and worker, batches in and out
//! 3. `waker`      ends a worker's sleep when a command comes; `link`, all a worker is reached by from other threads
//! 4. `worker`     the loop: receive, engine, send, sleep till the deadline
//! 5. `directory`  which worker has which peer; `crossing`, the rings between workers
//! 6. `handle`     a running node: commands in, events out, stop
//! 7. `metrics`    plain counters, copied out by each worker
//! 8. `clock`      the only reader of the clock
//!
//! Beside it, `measuring` opens the sockets to benches.
//!
//! Invariants: nothing on the packet path blocks or takes a lock that another worker takes; every queue has a
//! bound; a worker that fails tells everybody on it.

mod clock;
mod config;
mod crossing;
mod directory;
mod handle;
mod link;
#[doc(hidden)]
pub mod measuring;
mod metrics;
mod socket;
mod waker;
mod worker;

pub use config::{Listen, ListenAddress, NodeConfig, NodeError, Offload};
pub use handle::{Node, SendError};
pub use metrics::{ForwardingTimes, NodeMetrics, SocketCounters, WorkerMetrics, WorkerState};
pub use sfu_core::Counters;

#[cfg(test)]
mod tests;
