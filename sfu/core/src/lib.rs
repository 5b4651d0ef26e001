//! The SFU's engine, sans-IO: datagrams, commands and time in; datagrams, events and one deadline out.
//! It never opens a socket, reads a clock, starts a thread or learns what a meeting is.

mod datagram;
mod demux;
mod engine;
mod stats;
#[expect(dead_code, reason = "the packet path that uses these arrives with the next commit")]
mod timer;
#[expect(dead_code, reason = "the packet path that uses these arrives with the next commit")]
mod units;

pub use datagram::{DATAGRAM_MAX_BYTES, Datagram, Transmit};
pub use engine::{Engine, EngineConfig, EngineError, Input, Output};
pub use stats::Counters;
