//! Meetings as a deterministic state machine: frames, SFU events and time in; frames, facts, SFU commands and one
//! deadline out.
//!
//! What it never does: open a socket, read a clock, touch a file, draw a random number it was not seeded for, or see a
//! media byte.
//!
//! A message's walk:
//!
//! 1. `io`           the door: every way in, everything asked for
//! 2. `connection`   one client's link: Opened → Joined → closed; rate, size, silence
//! 3. `hub`          the front door: finds the meeting, `handle_input` / `poll_output`
//! 4. `token`        resume tokens
//! 5. `join`         checked claims → seat and role, or refusal
//! 6. `permissions`  may this role ask this, here in the tree? one exhaustive table
//! 7. `meeting`      `apply(who, command)` → facts; `fold(fact)`
//! 8. `fact`         every fact, numbered and chained; the only history
//! 9. `placement`    facts → SFU commands: which source in which slot
//! 10. `line`        a line in one word
//! 11. `neighbour`   the nodes above and below: facts go down, what a branch does goes up
//!
//! Beside them: `units` (the tree of tiers and units), `nodes` (the tree of nodes and their lines), `plan` (what a
//! meeting will put on them), `time`, `counters`, and `fuzzing`, which opens the reader of resume tokens to a fuzz target.
//!
//! Invariants: state is the fold of the facts; a fact is stored before anybody is told of it; a request with the same
//! number is done once, also over a restart; only `placement` names a seat and a peer together.

mod connection;
mod counters;
mod fact;
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod io;
mod join;
mod line;
mod meeting;
mod neighbour;
mod nodes;
mod permissions;
mod placement;
pub mod plan;
mod time;
mod token;
mod units;

pub use fact::{
    Actor, ChainError, Created, Detached, Fact, FactRecord, FactVersion, Scope, SeatRecord, verify_chain,
};
pub use hub::{Hub, HubConfig};
pub use io::{Account, Answer, Call, CallId, ConnectionId, Holder, Input, Output, Rights, SignInId};
pub use meeting::MAX_SEATS;
pub use neighbour::{
    Admit, Child, Command, Contact, Envelope, Extent, IslandPart, LossCause, NEIGHBOUR_VERSION,
    NeighbourNews, NodeFigures, NodeLoad, NodeName, NodeNameError, NodeStatus, Peers, Place, Presence,
    TurnedAway, Word,
};
pub use nodes::{
    Link, LinkEnd, LinkEntry, LinkKind, MAX_BRANCH, MAX_DEPTH, MAX_LINKS, MAX_NODES, Node, NodeEntry,
    NodeMistake, NodeNumber, NodeProblem, NodeTable, NodeTree, SitePlace,
};
pub use time::{Now, UtcMillis};
pub use units::{Day, ImportProblem, MAX_TIERS, MAX_UNITS, Unit, UnitTree};

#[cfg(test)]
mod tests;
