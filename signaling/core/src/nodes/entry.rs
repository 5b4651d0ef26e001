//! The nodes file as it is written, and everything that can be wrong with it.

use super::{MAX_BRANCH, MAX_DEPTH, MAX_LINKS, MAX_NODES, NodeNumber, SitePlace};
use crate::NodeName;
use signaling_protocol::UnitCode;
use std::net::SocketAddr;

/// A node as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// Its name.
    pub name: NodeName,
    /// The node it dials.
    pub parent: Option<NodeName>,
    /// The node it dials while its parent does not answer.
    pub standby: Option<NodeName>,
    /// Its cluster, a name of the same form.
    pub cluster: Option<NodeName>,
    /// The units it serves.
    pub branch: Vec<UnitCode>,
    /// The addresses browsers use.
    pub addresses: Vec<String>,
    /// The UDP addresses its child nodes dial.
    pub media: Vec<SocketAddr>,
    /// Processors it may use.
    pub cores: Option<u16>,
}

/// An end of a line as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEnd {
    /// A node.
    Node(NodeName),
    /// The word `sites`.
    Sites,
    /// The word `network`.
    Network,
}

/// A line as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEntry {
    /// One end.
    pub from: LinkEnd,
    /// The other.
    pub to: LinkEnd,
    /// Where the sites are, for a line of sites.
    pub place: Option<SitePlace>,
    /// Its capacity in each direction.
    pub capacity_kbps: u32,
    /// How much of it meetings may take.
    pub cap_percent: u8,
    /// A label for people.
    pub class: Option<String>,
    /// Its round-trip time.
    pub rtt_ms: Option<u32>,
}

/// Which table of the file, counted from 0 among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeTable {
    /// The file as a whole.
    File,
    /// A `[[node]]`.
    Node(usize),
    /// A `[[link]]`.
    Link(usize),
}

/// One mistake and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeProblem {
    /// The table.
    pub table: NodeTable,
    /// The key in it.
    pub key: &'static str,
    /// What is wrong.
    pub mistake: NodeMistake,
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeMistake {
    /// The file describes none.
    #[error("there is no [[node]]; describe at least one")]
    NoNodes,
    /// More than there can be.
    #[error("{nodes} nodes and {links} links; at most {MAX_NODES} and {MAX_LINKS} are taken")]
    TooMany {
        /// How many nodes.
        nodes: usize,
        /// How many lines.
        links: usize,
    },
    /// A name is there twice.
    #[error("two nodes are called \"{name}\"; give each a name of its own")]
    TwiceNamed {
        /// The name.
        name: NodeName,
    },
    /// A word of the link table.
    #[error("\"{name}\" is a word of the link table; choose another name")]
    Reserved {
        /// The name.
        name: NodeName,
    },
    /// Two names give one number.
    #[error("\"{name}\" and \"{other}\" have the same number {number}; rename one of them")]
    SameNumber {
        /// The name.
        name: NodeName,
        /// The other node.
        other: NodeName,
        /// The number.
        number: NodeNumber,
    },
    /// A name that no node has.
    #[error("there is no node \"{name}\" in this file; add it or correct the name")]
    UnknownNode {
        /// The name.
        name: NodeName,
    },
    /// A node is above itself.
    #[error("a loop: {}; one of them must have another parent", path(.0))]
    Loop(Vec<NodeName>),
    /// A node would be above itself while standbys are dialled.
    #[error("a loop when standbys are dialled: {}; choose a standby that is not reached through this node", path(.0))]
    StandbyLoop(Vec<NodeName>),
    /// No second node to dial.
    #[error("the standby is the node's parent; name another node or leave it out")]
    StandbyIsParent,
    /// A standby without a parent.
    #[error("a node without parent has no standby; leave it out or name a parent")]
    StandbyOfRoot,
    /// More than one top.
    #[error(
        "\"{first}\" and \"{other}\" have no parent; name the parent of one, or give both the same cluster"
    )]
    SeveralRoots {
        /// The first of them.
        first: NodeName,
        /// The other node.
        other: NodeName,
    },
    /// Nodes of one cluster that do different work.
    #[error("the nodes of cluster \"{cluster}\" must have the same {key}; \"{other}\" has another")]
    ClusterDiffers {
        /// The cluster.
        cluster: NodeName,
        /// What differs.
        key: &'static str,
        /// The other node.
        other: NodeName,
    },
    /// More levels than a meeting bears.
    #[error("{levels} levels of nodes above each other; at most {MAX_DEPTH} are taken")]
    TooDeep {
        /// How many.
        levels: usize,
    },
    /// A relay that serves nobody.
    #[error("a node with a parent says which units it serves: branch = \"CODE\" or [\"CODE\", …]")]
    NoBranch,
    /// More units than a node may name.
    #[error("{units} units; at most {MAX_BRANCH} are taken; name a unit above them instead")]
    LongBranch {
        /// How many.
        units: usize,
    },
    /// Two nodes for one unit.
    #[error("unit {unit} is served by \"{other}\" too; leave it to one, or give both the same cluster")]
    ServedTwice {
        /// The unit.
        unit: UnitCode,
        /// The other node.
        other: NodeName,
    },
    /// A node that cannot be dialled.
    #[error("\"{child}\" dials this node, so it needs at least one address")]
    NoAddress {
        /// Who dials.
        child: NodeName,
    },
    /// A code of no unit.
    #[error("there is no unit {unit} in the units file; correct the code or import the units first")]
    UnknownUnit {
        /// The unit.
        unit: UnitCode,
    },
    /// A branch that is not of the parent's.
    #[error(
        "unit {unit} is not below a unit that the parent \"{parent}\" serves; choose another parent or unit"
    )]
    OutsideBranch {
        /// The unit.
        unit: UnitCode,
        /// The parent.
        parent: NodeName,
    },
    /// A line between nodes that do not talk.
    #[error(
        "a line connects a node with its parent, its standby or a node of its cluster; \"{from}\" and \"{to}\" are neither"
    )]
    NotNeighbours {
        /// One end.
        from: NodeName,
        /// The other end.
        to: NodeName,
    },
    /// A line between two words.
    #[error("a line connects two nodes, a node with \"network\", or \"sites\" with a node")]
    NoSuchLine,
    /// A line is there twice.
    #[error("this line is there twice; remove one")]
    TwiceLinked,
    /// A place on a line that has no sites.
    #[error("only a line from \"sites\" says where the sites are; leave it out")]
    PlaceOfNoSites,
}

fn path(names: &[NodeName]) -> String {
    names.iter().map(NodeName::as_str).collect::<Vec<_>>().join(" → ")
}
