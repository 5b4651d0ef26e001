//! The file that describes all nodes and their lines.

use super::{Seen, magnitude};
use signaling_core::{LinkKind, MAX_DEPTH, MAX_NODES, NodeName, NodeTree};
use signaling_server::config::{NodesFile, Problem};
use std::collections::HashSet;
use std::path::Path;

/// Pieces of nodes files.
pub(super) const WORDS: &[&[u8]] = &[
    b"[[node]]\n",
    b"[[link]]\n",
    b"name = \"a\"\n",
    b"name = \"b\"\n",
    b"parent = \"a\"\n",
    b"parent = \"b\"\n",
    b"standby = \"a\"\n",
    b"cluster = \"a\"\n",
    b"branch = \"1\"\n",
    b"branch = [\"1\", \"2\"]\n",
    b"addresses = [\"https://a\"]\n",
    b"media = [\"10.0.0.1:1\"]\n",
    b"from = \"a\"\n",
    b"from = \"sites\"\n",
    b"to = \"b\"\n",
    b"to = \"network\"\n",
    b"capacity_mbps = 0.1\n",
    b"sites_at = \"local\"\n",
];

/// What is taken is a tree whose every answer agrees with every other, and a line more that nobody knows is found where it
/// stands; what is refused is so at lines that are there.
pub(super) fn nodes(input: &[u8]) -> Seen {
    let Ok(text) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let path = Path::new("nodes.toml");
    match NodesFile::parse(path, text) {
        Ok(file) => {
            tree_holds(&file.tree);
            let longer = format!("{text}\n[no_such_section]\n");
            let problems = NodesFile::parse(path, &longer).err().unwrap_or_default();
            let expected = text.bytes().filter(|byte| *byte == b'\n').count() + 2;
            let places: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
            assert_eq!(places, [expected], "{problems:?}");
            Seen::taken((magnitude(file.tree.nodes().len()), magnitude(file.tree.links().len())))
        }
        Err(problems) => {
            let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
            assert!(!problems.is_empty() && problems.is_sorted(), "{problems:?}");
            for Problem { line, message } in &problems {
                assert!((1..=lines).contains(line) && !message.is_empty(), "line {line}: {message}");
            }
            let first = problems.first().map(|one| one.message.split(':').next().unwrap_or_default().len());
            Seen::refused((first, magnitude(problems.len())))
        }
    }
}

fn tree_holds(tree: &NodeTree) {
    let names: Vec<&NodeName> = tree.nodes().iter().map(|node| &node.name).collect();
    assert!((1..=MAX_NODES).contains(&names.len()));
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a name is there twice");
    let numbers: HashSet<u32> = tree.nodes().iter().map(|node| node.number.value()).collect();
    assert!(numbers.len() == names.len() && !numbers.contains(&0), "{numbers:?}");
    let roots: Vec<&NodeName> = tree.roots().map(|node| &node.name).collect();
    let mut seen = HashSet::new();
    for node in tree.top_down() {
        let path: Vec<&NodeName> = tree.path_up(&node.name).map(|node| &node.name).collect();
        assert!(path.len() <= MAX_DEPTH && tree.depth(&node.name) == Some(path.len() - 1), "{path:?}");
        assert!(path.last().is_some_and(|top| roots.contains(top)), "{path:?} ends nowhere");
        if let Some(parent) = &node.parent {
            assert!(seen.contains(parent), "{} comes before its parent", node.name);
            assert!(tree.children_of(parent).any(|child| child.name == node.name));
            assert!(
                !node.branch.is_empty() && tree.node(parent).is_some_and(|one| !one.addresses.is_empty())
            );
        }
        // Also through standbys nobody is above itself.
        assert!(node.standby.as_ref().is_none_or(|standby| !tree.is_within(standby, &node.name)));
        seen.insert(node.name.clone());
    }
    for link in tree.links() {
        assert!(link.capacity_kbps >= 100 && (1..=100).contains(&link.cap_percent));
        match &link.kind {
            LinkKind::Nodes { child, parent } => assert_eq!(tree.link_between(parent, child), Some(link)),
            LinkKind::Access { node } | LinkKind::Sites { node, .. } => assert!(tree.node(node).is_some()),
        }
    }
}
