//! The SFU's engine, sans-IO: datagrams, commands and time in; datagrams, events and one deadline out.
//! It never opens a socket, reads a clock, starts a thread, or learns what a meeting, a name or a role is.
//!
//! A packet's walk:
//! 1. `datagram`  what comes from and goes to a socket
//! 2. `demux`     first byte, then address or user name: whose is it
//! 3. `engine`    the front door: owns peers and rooms
//! 4. `peer`      one client's transport: negotiation, ICE, DTLS, SRTP (str0m behind our own door)
//! 5. `receive`   one incoming stream: keyframes, losses, rate
//! 6. `room`      who is there, and which source each slot should show
//! 7. `route`     the compiled fan-out: stream to slots
//! 8. `select`    which layer fits each subscriber; who is loudest
//! 9. `send`      one slot: one unbroken stream over all switches
//!
//! Beside it: `fuzzing` opens the readers of foreign bytes to fuzz targets, `stats` counts, `timer` names every deadline, `units` are the quantities.
//!
//! Invariants:
//! - nothing done in one room is observable in another; nobody is sent its own source;
//! - a closed gate lets no packet past `receive`;
//! - network input never panics: it is dropped, counted and named; a panic of the library ends one peer;
//! - everything that can wake the engine is a variant of [`Input`], every deadline one of `timer`;
//! - one seed and one sequence of inputs give one sequence of decisions.

mod datagram;
mod demux;
mod engine;
#[doc(hidden)]
pub mod fuzzing;
mod peer;
mod receive;
mod room;
mod route;
mod select;
mod send;
mod stats;
mod timer;
mod units;

#[cfg(test)]
mod testing;
#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a story speaks of the events it is about")]
mod tests;

pub use datagram::{Arena, DATAGRAM_MAX_BYTES, Datagram, Transmit};
pub use engine::{Engine, EngineConfig, EngineError, Input, Output};
pub use stats::Counters;
