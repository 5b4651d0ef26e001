//! The nodes of a nodes file as the lab builds them: each in a network namespace of its own, with one address.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// What every namespace's name begins with: whatever is called so is the lab's, and is removed.
pub(super) const PREFIX: &str = "gblab-";
/// Addresses of the lab: of each node one, in the order of the file. Nothing outside of the namespaces knows them.
const NETWORK: &str = "10.77.0";

/// The tree.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// Parents before children, as in the file.
    pub(super) nodes: Vec<Node>,
}

/// One node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    /// The unit at the head of its branch; none at the top.
    pub(super) branch: Option<String>,
}

/// A way of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the child.
    Down,
    /// To the parent.
    Up,
}

#[derive(Deserialize)]
struct File {
    node: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    parent: Option<String>,
    branch: Option<String>,
}

#[derive(Deserialize)]
struct Units {
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    code: String,
    parent: Option<String>,
}

impl Tree {
    /// Reads a nodes file whose nodes have one branch each and stand below their parents.
    pub(super) fn read(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).context("not a nodes file the lab understands")?;
        let mut nodes: Vec<Node> = Vec::new();
        for Entry { name, parent, branch } in file.node {
            let place = |parent: String| {
                let at = nodes.iter().position(|node| node.name == parent);
                at.with_context(|| format!("{parent} does not stand before its child {name}"))
            };
            let parent = parent.map(place).transpose()?;
            nodes.push(Node { name, parent, branch });
        }
        ensure!(nodes.first().is_some_and(|top| top.parent.is_none()), "the first node must be the top");
        ensure!(nodes.len() < 250, "{} nodes are too many for one network", nodes.len());
        Ok(Self { nodes })
    }

    /// The place of a node.
    pub(super) fn place(&self, name: &str) -> Result<usize> {
        let at = self.nodes.iter().position(|node| node.name == name);
        at.with_context(|| format!("there is no node {name}"))
    }

    /// A node's name.
    pub(super) fn name(&self, at: usize) -> &str {
        self.nodes.get(at).map_or("", |node| &node.name)
    }

    /// Its namespace.
    pub(super) fn namespace(&self, at: usize) -> String {
        format!("{PREFIX}{}", self.name(at))
    }

    /// Its address.
    pub(super) fn address(&self, at: usize) -> String {
        format!("{NETWORK}.{}", at + 1)
    }

    /// Its parent.
    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        self.nodes.get(at)?.parent
    }

    /// Those below it, itself included.
    pub(super) fn below(&self, at: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|one| self.above(*one).contains(&at)).collect()
    }

    /// Those above it, itself first.
    pub(super) fn above(&self, at: usize) -> Vec<usize> {
        std::iter::successors(Some(at), |at| self.parent(*at)).collect()
    }

    /// Whether no node is below it.
    pub(super) fn is_leaf(&self, at: usize) -> bool {
        self.below(at).len() == 1
    }

    /// The links, each known by its child, and the ways by which a stream reaches those who want it: each once.
    pub(super) fn crossed(&self, from: usize, wanted: &[usize]) -> Vec<(usize, Way)> {
        let mut ways = Vec::new();
        let up = self.above(from);
        for to in wanted {
            let down = self.above(*to);
            ways.extend(up.iter().filter(|at| !down.contains(at)).map(|at| (*at, Way::Up)));
            ways.extend(down.iter().filter(|at| !up.contains(at)).map(|at| (*at, Way::Down)));
        }
        ways.sort_unstable();
        ways.dedup();
        ways
    }

    /// The sites that sit at each node: at a leaf two of those directly below the head of its branch, at another node the
    /// head itself, at the top none.
    pub(super) fn sites(&self, units: &str) -> Result<Vec<(usize, String)>> {
        let file: Units = serde_json::from_str(units).context("not a units file")?;
        let mut sites = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(branch) = &node.branch else { continue };
            if self.is_leaf(at) {
                let below = file.units.iter().filter(|unit| unit.parent.as_ref() == Some(branch));
                sites.extend(below.take(2).map(|unit| (at, unit.code.clone())));
            } else {
                sites.push((at, branch.clone()));
            }
        }
        Ok(sites)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::read(include_str!("../../../configs/tiers/nodes.toml")).unwrap()
    }

    #[test]
    fn the_sample_is_one_two_four() {
        let tree = tree();
        assert_eq!(tree.nodes.len(), 7);
        let leaf = tree.place("tho-sa").unwrap();
        let names: Vec<&str> = tree.above(leaf).into_iter().map(|at| tree.name(at)).collect();
        assert_eq!(names, ["tho-sa", "trung-chau", "dieu-hanh"]);
        assert!(tree.is_leaf(leaf) && !tree.is_leaf(0));
        assert_eq!((tree.address(0).as_str(), tree.namespace(0).as_str()), ("10.77.0.1", "gblab-dieu-hanh"));
        assert!(tree.place("nowhere").is_err());
    }

    #[test]
    fn a_stream_crosses_a_link_once_however_many_want_it_and_none_back() {
        let tree = tree();
        let at = |name| tree.place(name).unwrap();
        let crossed = tree.crossed(at("tho-sa"), &[at("hung-trang"), at("dieu-hanh"), at("tho-sa")]);
        let expected = [(at("trung-chau"), Way::Up), (at("tho-sa"), Way::Up), (at("hung-trang"), Way::Down)];
        assert_eq!(crossed, expected);
        let all: Vec<usize> = (0..7).collect();
        assert_eq!(tree.crossed(0, &all).len(), 6, "from the top to everybody: every link, downwards");
    }

    #[test]
    fn two_sites_sit_at_each_leaf_and_the_head_of_a_branch_between() {
        let tree = tree();
        let sites = tree.sites(include_str!("../../../configs/units/five-tier/units.json")).unwrap();
        let codes: Vec<&str> = sites.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(codes[..4], ["51000", "52000", "51101", "51102"]);
        assert_eq!(sites.len(), 10);
    }
}
