//! Does a relay save more than it costs? It does on the link to its parent if its sites would cross that link without it, and
//! reach it over no thinner line than that; else it only moves the load, perhaps to where there is less room.

use super::flow::Flows;
use super::lines::{access, crossing, site_place, used_percent};
use super::{Load, PlanInput};
use crate::{Link, Node, NodeName, SitePlace};
use serde::Serialize;
use std::collections::HashSet;

/// A way that carries less than this tenth less is not relieved: a relay for one site or two changes nothing.
const WORTH_PERCENT: f64 = 10.0;

/// Above this a line is a bottleneck.
const TIGHT_PERCENT: f64 = 70.0;

/// What a relay does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RelayVerdict {
    /// The way to its parent carries less, and no line is worse off.
    Helps,
    /// Nothing is saved, or load only moves to another line that bears it.
    NoGain,
    /// A line that would do without the relay does not with it.
    Harms,
}

/// A relay, or the nodes of a cluster together, with and without.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayPlan {
    /// The node or the nodes of the cluster.
    pub nodes: Vec<NodeName>,
    /// The node above.
    pub parent: NodeName,
    /// From the parent's place towards the branch, with the relay.
    pub link_with: Load,
    /// The same way without it.
    pub link_without: Load,
    /// What the relay sends over its own line into the network.
    pub own_line: Load,
    /// The fullest of the lines it changes, with it: the share of its cap. Absent if no capacity is known.
    pub worst_with: Option<f64>,
    /// The same without it.
    pub worst_without: Option<f64>,
    /// What to think of it.
    pub verdict: RelayVerdict,
}

/// Every relay, parents before children.
pub(super) fn all(input: &PlanInput<'_>, flows: &Flows<'_>) -> Vec<RelayPlan> {
    let mut seen = HashSet::new();
    let relays = input.nodes.top_down().filter(|node| node.parent.is_some());
    let firsts = relays.filter(|node| node.cluster.as_ref().is_none_or(|cluster| seen.insert(cluster)));
    firsts.filter_map(|node| one(input, flows, node)).collect()
}

fn one(input: &PlanInput<'_>, flows: &Flows<'_>, first: &Node) -> Option<RelayPlan> {
    let tree = input.nodes;
    let parent = first.parent.as_ref()?;
    let mates: Vec<&Node> = tree.cluster_of(&first.name).collect();
    let above = |node: &Node| node.parent.clone().unwrap_or_else(|| parent.clone());
    let link_with = mates.iter().map(|node| flows.way(&above(node), &node.name)).sum::<Load>();
    let to_sites = mates.iter().map(|node| flows.node(&node.name).to_sites).sum::<Load>();
    let to_children: Load = mates
        .iter()
        .flat_map(|node| tree.children_of(&node.name).map(|child| flows.way(&node.name, &child.name)))
        .sum();
    let place = site_place(tree, &first.name);
    // Sites that are anywhere in the network cross no line of the branch when they are served from above.
    let link_without = match place {
        SitePlace::Local | SitePlace::Branch => to_sites + to_children,
        SitePlace::Network => to_children,
    };
    let own_line = mates.iter().map(|node| crossing(flows, &node.name, place)[1]).sum::<Load>();

    let link = tree.link_between(&first.name, parent);
    let share = |load: Load, link: Option<&Link>| link.map(|link| used_percent(load, link.cap_kbps()));
    let parent_sends = crossing(flows, parent, site_place(tree, parent))[1];
    let parent_without = parent_sends - link_with + to_sites + to_children;
    let parent_line = access(tree, parent);
    let own = mates.iter().filter_map(|node| {
        let [in_, out] = crossing(flows, &node.name, place);
        share(in_.max(out), access(tree, &node.name))
    });
    // Without the relay its sites on the spot come in over the line it hangs on.
    let through_own = if place == SitePlace::Local { link_without } else { Load::default() };
    let own_without = share(through_own, access(tree, &first.name));
    let worst_with = worst(own.chain(share(link_with, link)).chain(share(parent_sends, parent_line)));
    let without = [own_without, share(link_without, link), share(parent_without, parent_line)];
    let worst_without = worst(without.into_iter().flatten());
    let saved = (link_without - link_with).kbps;
    let worth = saved * 100.0 >= link_without.kbps * WORTH_PERCENT && saved > 0.0;
    let verdict = verdict(worth, worst_with, worst_without);
    let nodes = mates.iter().map(|node| node.name.clone()).collect();
    let parent = parent.clone();
    Some(RelayPlan { nodes, parent, link_with, link_without, own_line, worst_with, worst_without, verdict })
}

fn worst(shares: impl Iterator<Item = f64>) -> Option<f64> {
    shares.reduce(f64::max)
}

fn verdict(worth: bool, with: Option<f64>, without: Option<f64>) -> RelayVerdict {
    match (with, without) {
        (Some(with), without) if with > TIGHT_PERCENT && with > without.unwrap_or_default() => {
            RelayVerdict::Harms
        }
        _ if worth => RelayVerdict::Helps,
        _ => RelayVerdict::NoGain,
    }
}
