//! The nodes file (docs/nodes.md): all nodes and their lines, the same file on every node. What makes it a tree is
//! `signaling_core::NodeTree`; here every mistake gets its line.

use super::reader::{KeyLines, Reader, Section, choice, list, megabits, number, parsed, read_by, text};
use super::sections::origin;
use super::{ConfigError, NodeChoice, Problem, read_file};
use signaling_core::{
    LinkEnd, LinkEntry, Node, NodeEntry, NodeName, NodeProblem, NodeTable, NodeTree, SitePlace, UnitTree,
};
use signaling_protocol::{BoundedText, UnitCode};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A nodes file that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodesFile {
    path: PathBuf,
    /// What it describes.
    pub tree: NodeTree,
    nodes: Vec<KeyLines>,
    links: Vec<KeyLines>,
}

impl NodesFile {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read_file(path)?)
            .map_err(|problems| ConfigError::Wrong { path: path.to_owned(), problems })
    }

    /// Reads the file a node's configuration names, and checks that the node is in it.
    pub fn of(choice: &NodeChoice) -> Result<(Self, Node), ConfigError> {
        let file = Self::load(&choice.nodes)?;
        let Some(own) = file.tree.node(&choice.name) else {
            let known: Vec<&str> = file.tree.nodes().iter().map(|node| node.name.as_str()).take(20).collect();
            let message = format!(
                "there is no node \"{}\" here, as node.name of the configuration says; there are: {}",
                choice.name,
                known.join(", ")
            );
            return Err(ConfigError::Wrong { path: file.path, problems: vec![Problem { line: 1, message }] });
        };
        let own = own.clone();
        Ok((file, own))
    }

    /// Reads a text and finds every mistake in it. The path is only named.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(text);
        let (nodes, node_lines): (Vec<_>, Vec<_>) = reader.tables("node", node).into_iter().unzip();
        let (links, link_lines): (Vec<_>, Vec<_>) = reader.tables("link", link).into_iter().unzip();
        let mut problems = reader.finish();
        // An entry that is wrong by itself would make the others look wrong.
        if !problems.is_empty() {
            return Err(problems);
        }
        let nodes = nodes.into_iter().flatten().collect();
        match NodeTree::build(nodes, links.into_iter().flatten().collect()) {
            Ok(tree) => Ok(Self { path: path.to_owned(), tree, nodes: node_lines, links: link_lines }),
            Err(found) => {
                problems = found.iter().map(|one| placed(one, &node_lines, &link_lines)).collect();
                problems.sort();
                Err(problems)
            }
        }
    }

    /// Checks the branches against the units.
    pub fn check_units(&self, units: &UnitTree) -> Result<(), ConfigError> {
        let found = self.tree.check_units(units);
        let mut problems: Vec<Problem> =
            found.iter().map(|one| placed(one, &self.nodes, &self.links)).collect();
        problems.sort();
        if problems.is_empty() {
            return Ok(());
        }
        Err(ConfigError::Wrong { path: self.path.clone(), problems })
    }
}

/// A mistake with the line of its key.
fn placed(problem: &NodeProblem, nodes: &[KeyLines], links: &[KeyLines]) -> Problem {
    let NodeProblem { table, key, mistake } = problem;
    let (name, line) = match table {
        NodeTable::File => return Problem { line: 1, message: mistake.to_string() },
        NodeTable::Node(at) => ("node", nodes.get(*at).map_or(1, |lines| lines.of(key))),
        NodeTable::Link(at) => ("link", links.get(*at).map_or(1, |lines| lines.of(key))),
    };
    Problem { line, message: format!("{name}.{key}: {mistake}") }
}

fn node(section: &mut Section<'_, '_>) -> Option<NodeEntry> {
    let name = read_by(|text| NodeName::parse(text));
    let address = parsed::<SocketAddr>("an address with port like \"10.10.1.5:50000\"");
    let own = section.required("name", &name);
    let parent = section.optional("parent", &name);
    let standby = section.optional("standby", &name);
    let cluster = section.optional("cluster", &name);
    let branch = section.read("branch", Vec::new(), |value| {
        let unit = read_by(|text| UnitCode::parse(text));
        if value.is_array() { list(unit)(value) } else { unit(value).map(|unit| vec![unit]) }
    });
    let addresses = section.read("addresses", Vec::new(), list(origin));
    let media = section.read("media", Vec::new(), list(address));
    let cores = section.optional("cores", number(1..=1_024));
    Some(NodeEntry { name: own?, parent, standby, cluster, branch, addresses, media, cores })
}

fn link(section: &mut Section<'_, '_>) -> Option<LinkEntry> {
    let end = |value: &toml::de::DeValue<'_>| match text(value)?.as_str() {
        "sites" => Ok(LinkEnd::Sites),
        "network" => Ok(LinkEnd::Network),
        name => NodeName::parse(name).map(LinkEnd::Node).map_err(|error| error.to_string()),
    };
    let from = section.required("from", end);
    let to = section.required("to", end);
    let places =
        &[("local", SitePlace::Local), ("branch", SitePlace::Branch), ("network", SitePlace::Network)];
    let place = section.optional("sites_at", choice(places));
    let capacity_kbps = section.required("capacity_mbps", megabits);
    let cap_percent = section.read("cap_percent", 100, number(1..=100));
    let class = section.optional("class", |value| {
        let label = BoundedText::<40>::parse(&text(value)?).map_err(|error| error.to_string())?;
        Ok(String::from(label))
    });
    let rtt_ms = section.optional("rtt_ms", number(0..=10_000));
    Some(LinkEntry { from: from?, to: to?, place, capacity_kbps: capacity_kbps?, cap_percent, class, rtt_ms })
}

#[cfg(test)]
mod tests;
