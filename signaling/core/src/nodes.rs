//! The tree of nodes and the lines between them, as data: what the nodes file says, checked once. It follows the network,
//! not the org chart: a relay may serve any units, at any level, and levels may be missing.

mod check;
mod entry;
mod links;
mod number;
mod units;

pub use entry::{LinkEnd, LinkEntry, NodeEntry, NodeMistake, NodeProblem, NodeTable};
pub use number::NodeNumber;

use crate::{Child, NodeName, Place};
use signaling_protocol::UnitCode;
use std::collections::HashMap;
use std::net::SocketAddr;

/// Nodes of one tree: a whole country with a relay in each of its 3,321 lowest seats, with room.
pub const MAX_NODES: usize = 4_096;

/// Levels of nodes, the root's included. Each hop adds delay, and people hear 400 ms; four levels are in use somewhere.
pub const MAX_DEPTH: usize = 8;

/// Entries of the link table: a link to the parent, one to the standby, a line of its own and its sites' for each node.
pub const MAX_LINKS: usize = 4 * MAX_NODES;

/// Units that one node may name as its branch.
pub const MAX_BRANCH: usize = 1_024;

const _: () = assert!(MAX_DEPTH >= 5, "a tree of four hops must fit");

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, once in the tree.
    pub name: NodeName,
    /// The number that stands for the name in ids of media.
    pub number: NodeNumber,
    /// The node it dials; absent at a root.
    pub parent: Option<NodeName>,
    /// The node it dials while its parent does not answer.
    pub standby: Option<NodeName>,
    /// Nodes of one cluster stand at one place, share a store and take each other's meetings over.
    pub cluster: Option<NodeName>,
    /// The units whose sites it serves, with all below them. Empty at a root: everybody whom nobody else serves.
    pub branch: Vec<UnitCode>,
    /// The addresses browsers use, as origins.
    pub addresses: Vec<String>,
    /// The UDP addresses its child nodes dial.
    pub media: Vec<SocketAddr>,
    /// Processors it may use, if the file says so.
    pub cores: Option<u16>,
}

/// Where the sites of a node are, seen from its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SitePlace {
    /// On the node's own local or metro network: they cross neither its line nor the link to its parent to reach it.
    Local,
    /// In the branch's network: they reach the node over the node's own line, and its parent over the link between the two.
    Branch,
    /// Somewhere in the network: they reach the node over the node's own line, and its parent without any line of the node.
    Network,
}

/// What a line connects.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// The way between a node and its parent, its standby or another node of its cluster.
    Nodes {
        /// The lower end; of a cluster, the one that is named first.
        child: NodeName,
        /// The upper end.
        parent: NodeName,
    },
    /// The line by which a node is connected to the network: all its traffic crosses it.
    Access {
        /// The node.
        node: NodeName,
    },
    /// The lines of a node's sites, each site's by itself.
    Sites {
        /// The node.
        node: NodeName,
        /// Where those sites are.
        place: SitePlace,
    },
}

/// A line of the link table. What it carries is the same in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it connects.
    pub kind: LinkKind,
    /// Its capacity in each direction.
    pub capacity_kbps: u32,
    /// How much of it meetings may take.
    pub cap_percent: u8,
    /// A label for people.
    pub class: Option<String>,
    /// Its round-trip time.
    pub rtt_ms: Option<u32>,
}

/// All nodes and their lines. Nodes are in the file's order; [`NodeTree::top_down`] has parents first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeTree {
    nodes: Vec<Node>,
    links: Vec<Link>,
    places: HashMap<NodeName, usize>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    /// Parents before children.
    order: Vec<usize>,
    depths: Vec<usize>,
    /// Who serves a unit that somebody names, the deepest node first.
    branches: HashMap<UnitCode, Vec<usize>>,
}

impl Link {
    /// What meetings may take of it.
    pub fn cap_kbps(&self) -> u64 {
        u64::from(self.capacity_kbps) * u64::from(self.cap_percent) / 100
    }
}

impl NodeTree {
    /// One node alone, which serves everybody.
    pub fn alone(name: NodeName) -> Self {
        let number = NodeNumber::ALONE;
        let node = Node {
            name: name.clone(),
            number,
            parent: None,
            standby: None,
            cluster: None,
            branch: Vec::new(),
            addresses: Vec::new(),
            media: Vec::new(),
            cores: None,
        };
        Self {
            nodes: vec![node],
            links: Vec::new(),
            places: HashMap::from([(name, 0)]),
            parents: vec![None],
            children: vec![Vec::new()],
            order: vec![0],
            depths: vec![0],
            branches: HashMap::new(),
        }
    }

    /// All nodes, in the file's order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All nodes, parents before children.
    pub fn top_down(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.order.iter().filter_map(|at| self.nodes.get(*at))
    }

    /// All lines, in the file's order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// One node.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.nodes.get(self.place(name)?)
    }

    /// The node of a number.
    pub fn numbered(&self, number: NodeNumber) -> Option<&Node> {
        self.nodes.iter().find(|node| node.number == number)
    }

    /// The nodes that have no parent: one, or those of one cluster.
    pub fn roots(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.parent.is_none())
    }

    /// The node it dials.
    pub fn parent_of(&self, name: &NodeName) -> Option<&Node> {
        self.node(self.node(name)?.parent.as_ref()?)
    }

    /// The node it dials while its parent does not answer.
    pub fn standby_of(&self, name: &NodeName) -> Option<&Node> {
        self.node(self.node(name)?.standby.as_ref()?)
    }

    /// The nodes that dial it, in the file's order.
    pub fn children_of(&self, name: &NodeName) -> impl Iterator<Item = &Node> {
        let children = self.place(name).and_then(|at| self.children.get(at));
        children.into_iter().flatten().filter_map(|at| self.nodes.get(*at))
    }

    /// The nodes of its cluster, itself included; itself alone if it is of none.
    pub fn cluster_of(&self, name: &NodeName) -> impl Iterator<Item = &Node> {
        let own = self.node(name);
        let cluster = own.and_then(|node| node.cluster.as_ref());
        self.nodes.iter().filter(move |node| match cluster {
            Some(_) => node.cluster.as_ref() == cluster,
            None => own.is_some_and(|own| own.name == node.name),
        })
    }

    /// The node itself, its parent, and so on to the root.
    pub fn path_up(&self, name: &NodeName) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.place(name), |at| self.parents.get(*at).copied().flatten())
            .filter_map(|at| self.nodes.get(at))
    }

    /// Hops to the root: 0 at a root.
    pub fn depth(&self, name: &NodeName) -> Option<usize> {
        self.depths.get(self.place(name)?).copied()
    }

    /// Whether a node is `top` or below it.
    pub fn is_within(&self, name: &NodeName, top: &NodeName) -> bool {
        self.path_up(name).any(|node| node.name == *top)
    }

    /// Where a node stands, as its hub is told.
    pub fn place_of(&self, name: &NodeName) -> Option<Place> {
        let node = self.node(name)?;
        let cap = |one: &NodeName, other: &NodeName| {
            self.link_between(one, other).and_then(|link| u32::try_from(link.cap_kbps()).ok())
        };
        let child = |child: &Node| Child {
            name: child.name.clone(),
            branch: child.branch.clone(),
            cap_kbps: cap(&child.name, &node.name),
        };
        Some(Place {
            name: Some(node.name.clone()),
            number: node.number.value(),
            branch: node.branch.clone(),
            parent: node.parent.clone(),
            cap_kbps: node.parent.as_ref().and_then(|parent| cap(&node.name, parent)),
            children: self.children_of(name).map(child).collect(),
        })
    }

    /// The line between two nodes, whichever of them is the upper one.
    pub fn link_between(&self, one: &NodeName, other: &NodeName) -> Option<&Link> {
        self.links.iter().find(|link| match &link.kind {
            LinkKind::Nodes { child, parent } => {
                (child, parent) == (one, other) || (parent, child) == (one, other)
            }
            LinkKind::Access { .. } | LinkKind::Sites { .. } => false,
        })
    }

    /// Where it is among [`NodeTree::nodes`].
    pub(crate) fn place(&self, name: &NodeName) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// Where its parent is among them.
    pub(crate) fn parent_place(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }
}

#[cfg(test)]
mod tests;
