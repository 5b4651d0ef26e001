//! What is on each line, beside what it bears.

use super::flow::Flows;
use super::{Fit, Load, PlanInput};
use crate::{Link, LinkKind, NodeName, NodeTree, SitePlace};
use serde::Serialize;
use std::collections::HashSet;

/// What a line connects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LineWhat {
    /// A node and its parent, or two nodes of a cluster.
    Nodes {
        /// The lower end.
        child: NodeName,
        /// The upper end.
        parent: NodeName,
    },
    /// A node and the network.
    Access {
        /// The node.
        node: NodeName,
    },
    /// A site and its node.
    Site {
        /// The node.
        node: NodeName,
    },
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinePlan {
    /// What it connects.
    pub what: LineWhat,
    /// Its label.
    pub class: Option<String>,
    /// To the child, the node, or the site.
    pub down: Load,
    /// From the child, the node, or the site.
    pub up: Load,
    /// From the child or the site while it is on stage and presents.
    pub called: Option<Load>,
    /// What meetings may take in each direction, if the link table says so.
    pub cap_kbps: Option<u64>,
    /// Of that, in the direction that has more.
    pub used_percent: Option<f64>,
    /// Whether that is enough.
    pub fit: Fit,
}

impl LinePlan {
    fn new(what: LineWhat, link: Option<&Link>, [down, up]: [Load; 2], called: Option<Load>) -> Self {
        let cap_kbps = link.map(Link::cap_kbps);
        let most = down.max(up).max(called.unwrap_or_default());
        let used_percent = cap_kbps.map(|cap| used_percent(most, cap));
        let class = link.and_then(|link| link.class.clone());
        Self { what, class, down, up, called, cap_kbps, used_percent, fit: Fit::of(used_percent) }
    }
}

/// What a load takes of a cap.
pub(super) fn used_percent(load: Load, cap_kbps: u64) -> f64 {
    // A cap of less than a kilobit is none.
    load.kbps / (cap_kbps.max(1) as f64) * 100.0
}

/// The line by which a node hangs on the network.
pub(super) fn access<'a>(tree: &'a NodeTree, node: &NodeName) -> Option<&'a Link> {
    tree.links().iter().find(|link| matches!(&link.kind, LinkKind::Access { node: one } if one == node))
}

/// Where the sites of a node are.
pub(super) fn site_place(tree: &NodeTree, node: &NodeName) -> SitePlace {
    let place = |link: &Link| match &link.kind {
        LinkKind::Sites { node: one, place } if one == node => Some(*place),
        LinkKind::Sites { .. } | LinkKind::Nodes { .. } | LinkKind::Access { .. } => None,
    };
    tree.links().iter().find_map(place).unwrap_or(SitePlace::Branch)
}

/// What crosses the line of a node, in and out.
pub(super) fn crossing(flows: &Flows<'_>, node: &NodeName, place: SitePlace) -> [Load; 2] {
    let at = flows.node(node);
    match place {
        SitePlace::Local => [at.from_nodes, at.to_nodes],
        SitePlace::Branch | SitePlace::Network => [at.from_nodes + at.from_sites, at.to_nodes + at.to_sites],
    }
}

/// Every line between nodes, whether the link table has it or not, then the other lines of the table.
pub(super) fn all(input: &PlanInput<'_>, flows: &Flows<'_>) -> Vec<LinePlan> {
    let tree = input.nodes;
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    let dialled = tree.top_down().filter_map(|node| Some((&node.name, node.parent.as_ref()?)));
    for (child, parent) in dialled.chain(flows.pairs()) {
        if !seen.insert((child.min(parent), child.max(parent))) {
            continue;
        }
        let link = tree.link_between(child, parent);
        let is_parent = tree.node(child).is_some_and(|node| node.parent.as_ref() == Some(parent));
        let what = LineWhat::Nodes { child: child.clone(), parent: parent.clone() };
        let called = is_parent.then(|| flows.called(child));
        let both = [flows.way(parent, child), flows.way(child, parent)];
        lines.push(LinePlan::new(what, link, both, called));
    }
    for link in tree.links() {
        match &link.kind {
            // A link to a standby carries nothing as long as the parent answers.
            LinkKind::Nodes { .. } => {}
            LinkKind::Access { node } => {
                let both = crossing(flows, node, site_place(tree, node));
                lines.push(LinePlan::new(LineWhat::Access { node: node.clone() }, Some(link), both, None));
            }
            LinkKind::Sites { node, .. } => lines.push(site(input, node, link)),
        }
    }
    lines
}

/// The line of one site: that of the profile that takes most, and what it sends when it is called.
fn site(input: &PlanInput<'_>, node: &NodeName, link: &Link) -> LinePlan {
    let shares = input.scenario.mix.shares().iter().filter(|(_, share)| *share > 0);
    let received = shares.map(|(profile, _)| input.ladder.received(*profile));
    let down = received.fold(Load::default(), Load::max);
    let called = Some(input.ladder.presenting(&input.scenario.mix));
    let what = LineWhat::Site { node: node.clone() };
    LinePlan::new(what, Some(link), [down, Load::default()], called)
}
