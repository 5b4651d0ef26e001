//! Another node beside this one in the tree: its parent or a child. What the two say to each other (`word`), and how they
//! know that both hear everything (`channel`).
//!
//! A node speaks to nobody but its parent and its children: what goes further is carried on. So a branch needs no way to
//! another branch, and is given none.

mod channel;
mod name;
mod status;
mod word;

pub use channel::LossCause;
pub(crate) use channel::{Channel, Heard, Side};
pub use name::{NodeName, NodeNameError};
pub use status::{Contact, NodeFigures, NodeLoad, NodeStatus};
pub use word::{
    Admit, Command, Envelope, Extent, IslandPart, NEIGHBOUR_VERSION, Peers, Presence, TurnedAway, Word,
};

use signaling_protocol::UnitCode;

/// Where a node stands in the tree, as its configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Its own name; none for a node that stands alone.
    pub name: Option<NodeName>,
    /// The upper half of the numbers it gives to peers, unique in the tree; 0 for a node that stands alone.
    pub number: u32,
    /// The units whose branches it serves; none if it serves everybody.
    pub branch: Vec<UnitCode>,
    /// Whom it is attached to; none at the top.
    pub parent: Option<NodeName>,
    /// What media may be sent to the parent, kbit/s; none if only the line limits it.
    pub cap_kbps: Option<u32>,
    /// Who may attach to it.
    pub children: Vec<Child>,
}

/// A node below this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its name.
    pub name: NodeName,
    /// The units whose branches it serves. It speaks for nobody outside of them.
    pub branch: Vec<UnitCode>,
    /// What media may be sent to it, kbit/s; none if only the line limits it.
    pub cap_kbps: Option<u32>,
}

/// What happened to the conversation with a neighbour; for logs, metrics and the map of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighbourNews {
    /// Both hear each other.
    Attached,
    /// They do not any more.
    Lost(LossCause),
    /// It wanted to attach to this node, and was turned away.
    TurnedAway(TurnedAway),
    /// It said what it may not say, or what makes no sense; it was not done.
    BadWord,
}
