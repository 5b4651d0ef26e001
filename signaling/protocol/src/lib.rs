//! The only definition of what a client and a node say to each other.
//!
//! Everything on the wire is here first, and the browser has no type of its own for it: `cargo xtask codegen`
//! writes `web-client/src/protocol/generated.ts` from these types, and every variant has one golden JSON in
//! `fixtures/` that both sides read.
//!
//! What it never does: decide anything. It types, it bounds, it refuses what is malformed.
//!
//! 1. `ids`      opaque ids, names and times
//! 2. `text`     text that people type: NFC, bounded
//! 3. `media`    sources, slots, layers as a client speaks of them
//! 4. `client`   what a client wants ([`ClientFrame`])
//! 5. `view`     a meeting as a client sees it
//! 6. `server`   what is so ([`ServerFrame`])
//! 7. `refusal`  the closed set of reasons for "no"
//! 8. `api`      bodies of the HTTP API
//! 9. `node_map` the map of nodes as a technician is told it
//! 10. `version`  which versions can talk, and every bound of the wire
//! 11. `typescript`  all of it as one TypeScript file

mod api;
mod client;
mod ids;
mod media;
mod node_map;
mod refusal;
mod server;
mod text;
mod typescript;
mod version;
mod view;

pub use api::{
    AccountKind, AccountState, AccountView, ApiError, ChangePassword, CreateAccount, CreateMeeting,
    GrantView, IssuedSecret, MeetingList, MeetingStaff, MeetingSummary, SessionView, SetAccountState, SignIn,
    SiteAccountView, TicketIssued, TierView, UnitList, UnitView,
};
pub use client::{ClientFrame, ClientMessage, Credential, DeviceKind, Hello, Presence, SlotWish, ViewWish};
pub use ids::{
    AccountId, FactNumber, MeetingId, Mid, NodeName, RequestId, ResumeToken, SeatId, Ticket, TierCode,
    UnitCode, UtcSeconds,
};
pub use media::{LineQuality, MediaProfile, PublishDemand, PublishSource, SlotName};
pub use node_map::{
    LineFlow, LineWay, NodeFigures, NodeLine, NodeLoss, NodeMap, NodeState, NodeUnit, NodeView,
};
pub use refusal::Refusal;
pub use server::{
    Bye, ByeReason, Change, Outcome, Resumed, ServerFrame, ServerMessage, SlotState, Snapshot, Welcome, You,
};
pub use text::{BoundedText, TextError, fold};
pub use typescript::typescript;
pub use version::{Limits, PROTOCOL_VERSION, WIRE_LIMITS};
pub use view::{
    Action, BranchView, Connection, DetachingPolicy, GrantRole, MeetingKind, MeetingPhase, MeetingView,
    Microphone, MicrophonePolicy, Occupant, QueueEntry, Role, SeatView,
};

#[cfg(test)]
mod tests;
