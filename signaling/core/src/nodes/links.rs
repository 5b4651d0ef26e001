//! The link table: which lines there can be, and each once.

use super::{Link, LinkEnd, LinkEntry, LinkKind, NodeMistake, NodeProblem, NodeTable, NodeTree, SitePlace};
use crate::NodeName;
use std::collections::HashSet;

impl NodeTree {
    /// Takes the lines of the file over, or says what is wrong with each.
    pub(super) fn take_links(&mut self, links: Vec<LinkEntry>, problems: &mut Vec<NodeProblem>) {
        let mut seen = HashSet::new();
        for (at, entry) in links.into_iter().enumerate() {
            let mut refuse = |key, mistake| {
                problems.push(NodeProblem { table: NodeTable::Link(at), key, mistake });
            };
            let kind = match self.ends(&entry) {
                Ok(kind) => kind,
                Err((mistake, key)) => {
                    refuse(key, mistake);
                    continue;
                }
            };
            if entry.place.is_some() && !matches!(kind, LinkKind::Sites { .. }) {
                refuse("sites_at", NodeMistake::PlaceOfNoSites);
            }
            // One line for the sites of a node, wherever they are.
            let once = match &kind {
                LinkKind::Sites { node, .. } => {
                    LinkKind::Sites { node: node.clone(), place: SitePlace::Branch }
                }
                LinkKind::Nodes { .. } | LinkKind::Access { .. } => kind.clone(),
            };
            if !seen.insert(once) {
                refuse("from", NodeMistake::TwiceLinked);
            }
            let LinkEntry { capacity_kbps, cap_percent, class, rtt_ms, .. } = entry;
            self.links.push(Link { kind, capacity_kbps, cap_percent, class, rtt_ms });
        }
    }

    fn ends(&self, entry: &LinkEntry) -> Result<LinkKind, (NodeMistake, &'static str)> {
        for (end, key) in [(&entry.from, "from"), (&entry.to, "to")] {
            if let LinkEnd::Node(name) = end
                && self.node(name).is_none()
            {
                return Err((NodeMistake::UnknownNode { name: name.clone() }, key));
            }
        }
        match (&entry.from, &entry.to) {
            (LinkEnd::Node(node), LinkEnd::Network) | (LinkEnd::Network, LinkEnd::Node(node)) => {
                Ok(LinkKind::Access { node: node.clone() })
            }
            (LinkEnd::Node(node), LinkEnd::Sites) | (LinkEnd::Sites, LinkEnd::Node(node)) => {
                let place = entry.place.unwrap_or(SitePlace::Branch);
                Ok(LinkKind::Sites { node: node.clone(), place })
            }
            (LinkEnd::Node(from), LinkEnd::Node(to)) => self.neighbours(from, to),
            (LinkEnd::Sites | LinkEnd::Network, LinkEnd::Sites | LinkEnd::Network) => {
                Err((NodeMistake::NoSuchLine, "from"))
            }
        }
    }

    fn neighbours(&self, from: &NodeName, to: &NodeName) -> Result<LinkKind, (NodeMistake, &'static str)> {
        let dials = |one: &NodeName, other: &NodeName| {
            self.node(one).is_some_and(|node| {
                node.parent.as_ref() == Some(other) || node.standby.as_ref() == Some(other)
            })
        };
        let mates = from != to && self.cluster_of(from).any(|mate| mate.name == *to);
        let nodes = |child: &NodeName, parent: &NodeName| LinkKind::Nodes {
            child: child.clone(),
            parent: parent.clone(),
        };
        match (dials(from, to), dials(to, from)) {
            (true, _) => Ok(nodes(from, to)),
            (false, true) => Ok(nodes(to, from)),
            // Whichever way round it is written, it is one line.
            (false, false) if mates => Ok(nodes(from.min(to), from.max(to))),
            (false, false) => Err((NodeMistake::NotNeighbours { from: from.clone(), to: to.clone() }, "to")),
        }
    }
}
