//! Stories of whole meetings in virtual time, told through the hub's door.
#![expect(clippy::wildcard_enum_match_arm, reason = "a story looks for one message among many")]

mod branches;
mod commute;
mod harness;
mod hostile;
mod links;
mod paging;
mod province;
mod random;
mod recheck;
mod restart;
mod sfu;
mod storm;
mod told;
mod tree;
mod versions;
