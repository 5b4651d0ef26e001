//! The SFU's engine, sans-IO: datagrams, commands and time in; datagrams, events and one deadline out.
//! It never opens a socket, reads a clock, starts a thread, or learns what a meeting, a name or a role is.
//!
//! A packet's walk:
//! 1. `datagram`  what comes from and goes to a socket
//! 2. `demux`     first bytes, then address or user name: what is it, and whose
//! 3. `engine`    the front door: owns peers and rooms; `ingress` takes in, `turn` routes and writes
//! 4. `peer`      one client's control side: negotiation, ICE, DTLS (str0m behind our own door)
//! 5. `uplink`    one client's incoming side: opens packets (`srtp`), finds their stream (`rtp`)
//! 6. `receive`   one incoming stream: keyframes, losses, rate, and what came lately
//! 7. `room`      who is there, and which source each slot should show
//! 8. `route`     the compiled fan-out: stream to slots
//! 9. `select`    which layer fits each subscriber; who is loudest
//! 10. `send`     one slot: one unbroken stream over all switches
//! 11. `downlink` one client's outgoing side: header, seal, pace (`estimate`), repair
//!
//! 12. `link`     a peer that is another node: what it tells, what it is sent, what it affords
//!
//! Beside it: `crossing` is what engines tell each other, those of one node (`workers`) and those of two, `rtcp` reads and writes reports,
//! `fuzzing` opens the readers of foreign bytes to fuzz targets, `testing` a client to stories, `stats` counts, `timer` names
//! every deadline, `units` are the quantities.
//!
//! Invariants:
//! - nothing done in one room is observable in another; nobody is sent its own source;
//! - a closed gate lets no packet past `receive`;
//! - network input never panics: it is dropped, counted and named; a panic of the library ends one peer;
//! - everything that can wake the engine is a variant of [`Input`], every deadline one of `timer`;
//! - one seed and one sequence of inputs give one sequence of decisions.

mod crossing;
mod datagram;
mod demux;
mod downlink;
mod engine;
mod estimate;
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod peer;
mod receive;
mod room;
mod route;
mod rtcp;
mod rtp;
mod select;
mod send;
mod srtp;
mod stats;
mod timer;
mod units;
mod uplink;
mod workers;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a story speaks of the events it is about")]
mod tests;

pub use crossing::{Crossing, Parcel};
pub use datagram::{Arena, DATAGRAM_MAX_BYTES, Datagram, Transmit};
pub use engine::{Engine, EngineConfig, EngineError, Input, Output};
pub use stats::Counters;
pub use workers::{WorkerId, Workers};
