//! The map of nodes as a technician is told it. What is not known is absent, never a zero.

use crate::{NodeName, UnitCode, UtcSeconds};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `GET /api/v1/nodes`: the nodes in the caller's part of the tree, as far as the node that answers knows of them: itself
/// and those below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NodeMap {
    /// The node that answers.
    pub here: NodeName,
    /// Its clock.
    pub now: UtcSeconds,
    /// The release it runs.
    pub version: String,
    /// Parents before children, siblings in the order of the nodes file.
    pub nodes: Vec<NodeView>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// Its name in the nodes file.
    pub name: NodeName,
    /// The node it belongs below, by the nodes file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<NodeName>,
    /// The node it dials while its parent does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub standby: Option<NodeName>,
    /// The node that tells of it now, if that is not its parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub attached_to: Option<NodeName>,
    /// The units whose sites it serves, with all below them, the first ones; none if it serves whoever is left.
    pub branch: Vec<NodeUnit>,
    /// How many there are.
    pub units: u32,
    /// Whether it is heard.
    pub state: NodeState,
    /// What it told of itself last. While it is not heard this is how it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub figures: Option<NodeFigures>,
    /// The line to the node above; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub line: Option<NodeLine>,
}

/// A unit a node serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NodeUnit {
    /// Its code.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
}

/// Whether a node and the one above it hear each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NodeState {
    /// There is none above it: it answers, so it runs.
    Top {},
    /// They do.
    Attached {
        /// Since when.
        since: UtcSeconds,
    },
    /// Nothing was heard of it since the node above was started.
    Never {},
    /// Not any more.
    Lost {
        /// When that was noticed.
        since: UtcSeconds,
        /// When something was heard of it last, if ever.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        heard: Option<UtcSeconds>,
        /// Why.
        cause: NodeLoss,
    },
    /// A node between is not heard, so nobody here knows.
    Beyond {},
}

/// Why a node is not heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "cause", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NodeLoss {
    /// It is silent: it does not run, or the line or the NATS server between is interrupted.
    Silent {},
    /// It begins anew, which takes a moment.
    Resuming {},
    /// It is turned away: another release.
    Version {},
    /// It is turned away: the clocks are apart.
    Clock {
        /// By so much; positive if its own is ahead.
        apart_seconds: i32,
    },
}

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NodeFigures {
    /// Connections of people and rooms.
    pub people: u32,
    /// Meetings that are running there.
    pub meetings: u32,
    /// People and rooms whose sound and pictures it carries.
    pub peers: u32,
    /// How busy all its processors are, %.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub processor_percent: Option<u16>,
    /// How many processors it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub processors: Option<u16>,
    /// The release it runs.
    pub version: String,
}

/// The line between a node and the one above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NodeLine {
    /// Its capacity in each direction, if the nodes file says it, kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub capacity_kbps: Option<u32>,
    /// How much of that meetings may take, %.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cap_percent: Option<u8>,
    /// Its label in the nodes file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub class: Option<String>,
    /// What flows on it now; absent while no media link stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub flow: Option<LineFlow>,
}

/// What flows on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LineFlow {
    /// From the upper node to the lower one.
    pub down: LineWay,
    /// From the lower node to the upper one.
    pub up: LineWay,
    /// Round trip, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rtt_ms: Option<u32>,
}

/// One direction of a line. Measured where it is sent, or where it comes in if only that end has told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LineWay {
    /// What flows, headers included, kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub kbps: Option<u32>,
    /// What the line is found to carry in this direction, kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub estimate_kbps: Option<u32>,
    /// Packets that are lost, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub lost_permille: Option<u16>,
    /// Streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub streams: Option<u16>,
    /// Pictures that are wanted beyond in a larger form than the line affords.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub denied: Option<u16>,
}
