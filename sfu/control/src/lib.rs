//! What signaling may ask of an SFU ([`SfuCommand`]) and what an SFU reports ([`SfuEvent`]).
//!
//! Serde values only: today they cross a thread, later they may cross a process. Neither side learns the
//! other's words: here are rooms, peers, sources and slots, never meetings, names or roles.
//!
//! 1. `ids`      who and what is spoken about
//! 2. `command`  what signaling asks
//! 3. `event`    what the SFU reports

mod ids;

mod command;
mod event;

pub use command::{Gate, LinkLimits, MosaicWish, ReceiveProfile, SfuCommand, View};
pub use event::{ConnectRefusal, Demand, DisconnectReason, LineReport, LinkReport, SfuEvent};
pub use ids::{Layer, LinkId, NodeNumber, PeerId, RoomId, Slot, Source, SourceKind};
