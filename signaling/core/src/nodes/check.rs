//! What makes entries of a nodes file a tree. Every mistake is found at once and says what to do.

use super::{
    LinkEntry, MAX_BRANCH, MAX_DEPTH, MAX_LINKS, MAX_NODES, Node, NodeEntry, NodeMistake, NodeNumber,
    NodeProblem, NodeTable, NodeTree,
};
use crate::NodeName;
use signaling_protocol::UnitCode;
use std::collections::HashMap;

/// Words of the link table that a node cannot be called.
const RESERVED: [&str; 2] = ["sites", "network"];

impl NodeTree {
    /// Makes a tree of entries, or says everything that is wrong with them.
    ///
    /// # Errors
    /// Every mistake with its table and key, in the file's order.
    pub fn build(nodes: Vec<NodeEntry>, links: Vec<LinkEntry>) -> Result<Self, Vec<NodeProblem>> {
        if let Some(mistake) = wrong_size(nodes.len(), links.len()) {
            return Err(vec![NodeProblem { table: NodeTable::File, key: "node", mistake }]);
        }
        let mut problems = Vec::new();
        let places = named(&nodes, &mut problems);
        references(&nodes, &places, &mut problems);
        let parents: Vec<Option<usize>> =
            nodes.iter().map(|node| places.get(node.parent.as_ref()?).copied()).collect();
        loops(&nodes, &places, &parents, &mut problems);
        roots(&nodes, &mut problems);
        clusters(&nodes, &mut problems);
        // What follows walks up the tree: it must be one.
        if !problems.is_empty() {
            return Err(sorted(problems));
        }
        let depths = depths(&parents);
        too_deep(&depths, &mut problems);
        let mut tree = assemble(nodes, places, parents, depths);
        tree.served_twice(&mut problems);
        tree.dialled(&mut problems);
        tree.take_links(links, &mut problems);
        if problems.is_empty() { Ok(tree) } else { Err(sorted(problems)) }
    }

    /// Two nodes name one unit, and neither is above the other nor are they a cluster.
    fn served_twice(&self, problems: &mut Vec<NodeProblem>) {
        for (unit, serving) in &self.branches {
            let nodes = || serving.iter().filter_map(|at| Some((*at, self.nodes.get(*at)?)));
            for (at, node) in nodes() {
                let rival = nodes().find(|(other, rival)| {
                    let mates = node.cluster.is_some() && node.cluster == rival.cluster;
                    let apart =
                        !self.is_within(&node.name, &rival.name) && !self.is_within(&rival.name, &node.name);
                    *other < at && !mates && apart
                });
                if let Some((_, rival)) = rival {
                    let mistake = NodeMistake::ServedTwice { unit: unit.clone(), other: rival.name.clone() };
                    problems.push(NodeProblem { table: NodeTable::Node(at), key: "branch", mistake });
                }
            }
        }
    }

    /// Whoever is dialled has an address.
    fn dialled(&self, problems: &mut Vec<NodeProblem>) {
        let mut dialling: HashMap<&NodeName, &NodeName> = HashMap::new();
        for node in &self.nodes {
            for dialled in node.parent.iter().chain(&node.standby) {
                dialling.entry(dialled).or_insert(&node.name);
            }
        }
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.addresses.is_empty()) {
            if let Some(child) = dialling.get(&node.name) {
                let mistake = NodeMistake::NoAddress { child: (*child).clone() };
                problems.push(NodeProblem { table: NodeTable::Node(at), key: "addresses", mistake });
            }
        }
    }
}

fn sorted(mut problems: Vec<NodeProblem>) -> Vec<NodeProblem> {
    problems.sort_by_key(|problem| problem.table);
    problems
}

fn wrong_size(nodes: usize, links: usize) -> Option<NodeMistake> {
    match nodes {
        0 => Some(NodeMistake::NoNodes),
        _ if nodes > MAX_NODES || links > MAX_LINKS => Some(NodeMistake::TooMany { nodes, links }),
        _ => None,
    }
}

/// The names, each once, and the numbers they stand for.
fn named(nodes: &[NodeEntry], problems: &mut Vec<NodeProblem>) -> HashMap<NodeName, usize> {
    let mut places = HashMap::new();
    let mut numbers: HashMap<NodeNumber, &NodeName> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        if RESERVED.contains(&node.name.as_str()) {
            let mistake = NodeMistake::Reserved { name: node.name.clone() };
            problems.push(NodeProblem { table: NodeTable::Node(at), key: "name", mistake });
        }
        let number = NodeNumber::of(&node.name);
        let mistake = match numbers.get(&number) {
            Some(other) if **other == node.name => NodeMistake::TwiceNamed { name: node.name.clone() },
            Some(other) => {
                NodeMistake::SameNumber { name: node.name.clone(), other: (*other).clone(), number }
            }
            None => {
                numbers.insert(number, &node.name);
                places.insert(node.name.clone(), at);
                continue;
            }
        };
        problems.push(NodeProblem { table: NodeTable::Node(at), key: "name", mistake });
    }
    places
}

/// Parents and standbys are there and are not each other.
fn references(nodes: &[NodeEntry], places: &HashMap<NodeName, usize>, problems: &mut Vec<NodeProblem>) {
    for (at, node) in nodes.iter().enumerate() {
        let mut refuse = |key, mistake| {
            problems.push(NodeProblem { table: NodeTable::Node(at), key, mistake });
        };
        for (key, name) in [("parent", &node.parent), ("standby", &node.standby)] {
            if let Some(name) = name.as_ref().filter(|name| !places.contains_key(name)) {
                refuse(key, NodeMistake::UnknownNode { name: name.clone() });
            }
        }
        match (&node.parent, &node.standby) {
            (None, Some(_)) => refuse("standby", NodeMistake::StandbyOfRoot),
            (Some(parent), Some(standby)) if parent == standby => {
                refuse("standby", NodeMistake::StandbyIsParent);
            }
            (Some(_) | None, None) | (Some(_), Some(_)) => {}
        }
        if node.branch.len() > MAX_BRANCH {
            refuse("branch", NodeMistake::LongBranch { units: node.branch.len() });
        }
        if node.parent.is_some() && node.branch.is_empty() {
            refuse("branch", NodeMistake::NoBranch);
        }
    }
}

/// No node is above itself, by parents or by any choice of parents and standbys.
fn loops(
    nodes: &[NodeEntry],
    places: &HashMap<NodeName, usize>,
    parents: &[Option<usize>],
    problems: &mut Vec<NodeProblem>,
) {
    let only_parents = |at: usize| parents.get(at).copied().flatten().into_iter().collect::<Vec<_>>();
    let both = |at: usize| {
        let node = nodes.get(at);
        let dialled = node.into_iter().flat_map(|node| node.parent.iter().chain(&node.standby));
        dialled.filter_map(|name| places.get(name).copied()).collect::<Vec<_>>()
    };
    let names = |circle: Vec<usize>| -> Vec<NodeName> {
        circle.into_iter().filter_map(|at| nodes.get(at).map(|node| node.name.clone())).collect()
    };
    if let Some(circle) = circle(nodes.len(), only_parents) {
        let table = circle.first().map_or(NodeTable::File, |at| NodeTable::Node(*at));
        problems.push(NodeProblem { table, key: "parent", mistake: NodeMistake::Loop(names(circle)) });
    } else if let Some(circle) = circle(nodes.len(), both) {
        let table = circle.first().map_or(NodeTable::File, |at| NodeTable::Node(*at));
        problems.push(NodeProblem {
            table,
            key: "standby",
            mistake: NodeMistake::StandbyLoop(names(circle)),
        });
    }
}

/// A circle of a graph, its first member at both ends. Who is left when all that lead nowhere but out are taken away is in
/// one or leads to one.
fn circle(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Option<Vec<usize>> {
    let mut open: Vec<usize> = (0..count).map(|at| next(at).len()).collect();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); count];
    for at in 0..count {
        for to in next(at) {
            if let Some(list) = behind.get_mut(to) {
                list.push(at);
            }
        }
    }
    let mut waiting: Vec<usize> = (0..count).filter(|at| open.get(*at) == Some(&0)).collect();
    while let Some(at) = waiting.pop() {
        for from in behind.get(at).into_iter().flatten() {
            if let Some(left) = open.get_mut(*from) {
                *left -= 1;
                if *left == 0 {
                    waiting.push(*from);
                }
            }
        }
    }
    let in_circle = |at: &usize| open.get(*at).is_some_and(|left| *left > 0);
    let mut walk = vec![(0..count).find(in_circle)?];
    loop {
        let step = next(*walk.last()?).into_iter().find(in_circle)?;
        if let Some(start) = walk.iter().position(|at| *at == step) {
            walk.push(step);
            return walk.get(start..).map(<[usize]>::to_vec);
        }
        walk.push(step);
    }
}

/// One root, or one cluster of them.
fn roots(nodes: &[NodeEntry], problems: &mut Vec<NodeProblem>) {
    let mut roots = nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none());
    let Some((_, first)) = roots.next() else { return };
    for (at, node) in roots.filter(|(_, node)| node.cluster.is_none() || node.cluster != first.cluster) {
        let mistake = NodeMistake::SeveralRoots { first: first.name.clone(), other: node.name.clone() };
        problems.push(NodeProblem { table: NodeTable::Node(at), key: "parent", mistake });
    }
}

/// The nodes of a cluster do the same work. Their parents may differ only within one cluster above.
fn clusters(nodes: &[NodeEntry], problems: &mut Vec<NodeProblem>) {
    let by_name: HashMap<&NodeName, &NodeEntry> = nodes.iter().map(|node| (&node.name, node)).collect();
    let mut firsts: HashMap<&NodeName, &NodeEntry> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let Some(cluster) = &node.cluster else { continue };
        let Some(first) = firsts.get(cluster) else {
            firsts.insert(cluster, node);
            continue;
        };
        let above = |name: &Option<NodeName>| {
            let parent = by_name.get(name.as_ref()?)?;
            Some(parent.cluster.clone().unwrap_or_else(|| parent.name.clone()))
        };
        let sorted = |branch: &[UnitCode]| {
            let mut branch = branch.to_vec();
            branch.sort();
            branch
        };
        let differs = [
            (
                "parent",
                node.parent.is_some() == first.parent.is_some()
                    && above(&node.parent) != above(&first.parent),
            ),
            ("branch", sorted(&node.branch) != sorted(&first.branch)),
        ];
        for (key, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            let (cluster, other) = (cluster.clone(), first.name.clone());
            let mistake = NodeMistake::ClusterDiffers { cluster, key, other };
            problems.push(NodeProblem { table: NodeTable::Node(at), key, mistake });
        }
    }
}

/// Not deeper than a meeting bears.
fn too_deep(depths: &[usize], problems: &mut Vec<NodeProblem>) {
    if let Some((at, depth)) = depths.iter().enumerate().max_by_key(|(_, depth)| **depth)
        && *depth >= MAX_DEPTH
    {
        let mistake = NodeMistake::TooDeep { levels: depth + 1 };
        problems.push(NodeProblem { table: NodeTable::Node(at), key: "parent", mistake });
    }
}

/// Hops to the root of each.
fn depths(parents: &[Option<usize>]) -> Vec<usize> {
    let up = |at: usize| std::iter::successors(Some(at), |at| parents.get(*at).copied().flatten());
    (0..parents.len()).map(|at| up(at).count() - 1).collect()
}

fn assemble(
    entries: Vec<NodeEntry>,
    places: HashMap<NodeName, usize>,
    parents: Vec<Option<usize>>,
    depths: Vec<usize>,
) -> NodeTree {
    let mut children = vec![Vec::new(); entries.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let Some(list) = parent.and_then(|parent| children.get_mut(parent)) {
            list.push(at);
        }
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|at| depths.get(*at).copied().unwrap_or_default());
    let mut branches: HashMap<UnitCode, Vec<usize>> = HashMap::new();
    // Deepest first: of a parent and a child that name the same unit the child serves it.
    for at in order.iter().rev() {
        for unit in entries.get(*at).into_iter().flat_map(|node| &node.branch) {
            branches.entry(unit.clone()).or_default().push(*at);
        }
    }
    let nodes = entries.into_iter().map(|entry| {
        let NodeEntry { name, parent, standby, cluster, branch, addresses, media, cores } = entry;
        let number = NodeNumber::of(&name);
        Node { name, number, parent, standby, cluster, branch, addresses, media, cores }
    });
    NodeTree { nodes: nodes.collect(), links: Vec::new(), places, parents, children, order, depths, branches }
}
