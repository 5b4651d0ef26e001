//! How a node is, as it tells those above it: so that the technician at the top sees the whole tree, and one further down
//! sees their branch.

use super::{LossCause, NodeName};
use crate::UtcMillis;
use serde::{Deserialize, Serialize};
use sfu_control::LinkReport;

/// What is known of one node: what it told of itself, and how the node above hears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeStatus {
    /// Which.
    pub node: NodeName,
    /// Who says so: the node above it that hears it, or should; none at the top.
    pub parent: Option<NodeName>,
    /// Whether the two hear each other.
    pub contact: Contact,
    /// Whether media flows between the two.
    pub media: bool,
    /// The upper end of that media link, as its SFU said last.
    pub upper: Option<LinkReport>,
    /// What the node told of itself last; none if it never did.
    pub figures: Option<NodeFigures>,
}

/// Whether a node and the one above it hear each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Contact {
    /// There is none above it.
    Top {},
    /// Nothing was heard since the node above was started.
    Never {},
    /// They do.
    Attached {
        /// Since then.
        since: UtcMillis,
    },
    /// Not any more.
    Lost {
        /// When that was noticed.
        since: UtcMillis,
        /// When something was heard last, if ever.
        heard: Option<UtcMillis>,
        /// Why.
        cause: LossCause,
    },
    /// A node between is not heard, so nobody knows.
    Beyond {},
}

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeFigures {
    /// Connections of people.
    pub people: u32,
    /// Meetings that are running here.
    pub meetings: u32,
    /// Peers whose media this node carries.
    pub peers: u32,
    /// What its shell measured last.
    pub load: Option<NodeLoad>,
    /// The release it runs.
    pub version: String,
    /// The lower end of the media link to the node above, as its SFU said last.
    pub lower: Option<LinkReport>,
}

/// How busy a node's machine is with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeLoad {
    /// Of all its processors, in thousandths.
    pub processor_permille: u16,
    /// Processors it may use.
    pub processors: u16,
}
