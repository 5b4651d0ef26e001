//! Scenarios in virtual time: an engine and real WebRTC clients joined by a seeded link. `World` is the harness;
//! setup lives there, the stories in the other files.

mod allocations;
mod av1;
mod bad_input;
mod booth;
mod bottleneck;
mod capacity;
mod chaos;
mod crowded;
mod late_keyframes;
mod layers;
mod lines;
mod motion;
mod moving;
mod redundancy;
mod stage;
mod stills;
mod svc;
mod switches;
mod tree;
mod voices;
mod workers;
mod world;

pub(crate) use crate::testing::client::{Client, Frame};
pub(crate) use world::{Bottleneck, Link, World};
