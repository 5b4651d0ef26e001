//! Meetings as a deterministic state machine: frames, SFU events and time in; frames, facts, SFU commands and one
//! deadline out. Under construction: what is listed is there.
//!
//! - `time`   the two times a shell hands in
//! - `units`  the tree of tiers and units, its file formats, validity, folded search
//!
//! `io` is the hub's door as it will be; it is not compiled before there is a hub.

mod time;
mod units;

pub use time::{Now, UtcMillis};
pub use units::{Day, ImportProblem, MAX_TIERS, MAX_UNITS, Unit, UnitTree};
