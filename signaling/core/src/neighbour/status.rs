//! How a node is, as it tells those above it: so that the technician at the top sees the whole tree, and one further down
//! sees their branch.

use super::NodeName;
use serde::{Deserialize, Serialize};
use sfu_control::LinkReport;

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeStatus {
    /// Which.
    pub node: NodeName,
    /// Whom it is attached to.
    pub parent: Option<NodeName>,
    /// Connections of people.
    pub people: u32,
    /// Meetings that are running here.
    pub meetings: u32,
    /// The release it runs.
    pub version: String,
    /// Whether media flows between it and its parent.
    pub media: bool,
    /// Its end of that link, as its SFU said last.
    pub line: Option<LinkReport>,
    /// Whether it hears from those it should: false for one that its parent does not hear any more.
    pub heard: bool,
}
