//! The tree of nodes beside the tree of units: which node serves a unit, and whether the branches exist.

use super::{Node, NodeMistake, NodeProblem, NodeTable, NodeTree};
use crate::UnitTree;
use signaling_protocol::UnitCode;

impl NodeTree {
    /// The nodes that serve a unit's site: that of the nearest unit above it (or itself) that a node names, or the roots.
    /// Several only if they are one cluster; then each unit has its own order of them, so that they share the sites evenly
    /// and losing one moves only its own.
    pub fn serving(&self, units: &UnitTree, unit: &UnitCode) -> Vec<&Node> {
        let above = std::iter::successors(Some(unit), |code| units.unit(code)?.parent.as_ref());
        let named = above.filter_map(|code| self.branches.get(code)).next();
        let mut nodes: Vec<&Node> = match named.and_then(|at| self.nodes.get(*at.first()?)) {
            Some(node) if node.cluster.is_none() => vec![node],
            Some(node) => self.cluster_of(&node.name).collect(),
            None => self.roots().collect(),
        };
        if nodes.len() > 1 {
            nodes.sort_by_cached_key(|node| draw(node.number.value(), unit));
        }
        nodes
    }

    /// Every branch that is not in the units file, or not in the branch of the node above.
    pub fn check_units(&self, units: &UnitTree) -> Vec<NodeProblem> {
        let mut problems = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            for unit in &node.branch {
                if let Some(mistake) = self.wrong_branch(units, node, unit) {
                    problems.push(NodeProblem { table: NodeTable::Node(at), key: "branch", mistake });
                }
            }
        }
        problems
    }

    fn wrong_branch(&self, units: &UnitTree, node: &Node, unit: &UnitCode) -> Option<NodeMistake> {
        if units.unit(unit).is_none() {
            return Some(NodeMistake::UnknownUnit { unit: unit.clone() });
        }
        // A standby takes the branch over as it is: only the parent's branch binds.
        let parent = self.parent_of(&node.name)?;
        let inside = parent.branch.is_empty() || parent.branch.iter().any(|top| units.is_within(unit, top));
        let (unit, parent) = (unit.clone(), parent.name.clone());
        (!inside).then_some(NodeMistake::OutsideBranch { unit, parent })
    }
}

/// A number for a node and a unit; the node with the smallest serves it (rendezvous hashing by FNV-1a).
fn draw(node: u32, unit: &UnitCode) -> u64 {
    let bytes = node.to_be_bytes().into_iter().chain(unit.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // FNV leaves the last byte's difference in the low bits; spread it.
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
