//! The figures of the product's own planning study, and a differential check against counting stream by stream.

mod differential;
mod figures;
mod rules;

use super::*;
use crate::{LinkEnd, LinkEntry, Node, NodeEntry, SitePlace};
use signaling_protocol::TierCode;

/// A unit at the top, and below it units with so many units below each.
pub(super) fn units(below: &[usize]) -> UnitTree {
    let mut text = String::from("code,name,kind,tier,parent,order\nT,T,t,a,,1\n");
    for (at, count) in below.iter().enumerate() {
        text.push_str(&format!("H{at},H{at},h,b,T,{at}\n"));
        for room in 0..*count {
            text.push_str(&format!("X{at}-{room},X,x,c,H{at},{room}\n"));
        }
    }
    UnitTree::from_csv(b"code,name\na,A\nb,B\nc,C\n", text.as_bytes()).unwrap()
}

pub(super) fn name(text: &str) -> NodeName {
    NodeName::parse(text).unwrap()
}

pub(super) fn code(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

pub(super) fn tier(text: &str) -> TierCode {
    TierCode::parse(text).unwrap()
}

pub(super) fn entry(own: &str, parent: Option<&str>, branch: &[&str]) -> NodeEntry {
    NodeEntry {
        name: name(own),
        parent: parent.map(name),
        standby: None,
        cluster: None,
        branch: branch.iter().map(|unit| code(unit)).collect(),
        addresses: vec!["https://a.example.vn".to_owned()],
        media: Vec::new(),
        cores: Some(4),
    }
}

/// A line between two nodes, a node and `network`, or `sites` and a node.
pub(super) fn link(from: &str, to: &str, mbps: u32) -> LinkEntry {
    let end = |text: &str| match text {
        "sites" => LinkEnd::Sites,
        "network" => LinkEnd::Network,
        node => LinkEnd::Node(name(node)),
    };
    let (from, to) = (end(from), end(to));
    let capacity_kbps = mbps * 1_000;
    LinkEntry { from, to, place: None, capacity_kbps, cap_percent: 100, class: None, rtt_ms: None }
}

pub(super) fn sites(node: &str, place: SitePlace) -> LinkEntry {
    LinkEntry { place: Some(place), ..link("sites", node, 50) }
}

/// A root and a relay for each of the second level.
pub(super) fn star(relays: usize, links: Vec<LinkEntry>) -> NodeTree {
    let relay = |at: usize| entry(&format!("r{at}"), Some("top"), &[&format!("H{at}")]);
    let nodes = std::iter::once(entry("top", None, &[])).chain((0..relays).map(relay)).collect();
    NodeTree::build(nodes, links).unwrap()
}

pub(super) fn alone() -> NodeTree {
    NodeTree::alone(name("top"))
}

/// A preset without its further rooms and its control room.
pub(super) fn bare(preset: ScenarioName) -> Scenario {
    Scenario { extra: 0, tiles: 0, ..Scenario::preset(preset) }
}

pub(super) fn plan(units: &UnitTree, nodes: &NodeTree, scenario: &Scenario) -> Plan {
    planned(units, nodes, scenario).unwrap()
}

pub(super) fn planned(units: &UnitTree, nodes: &NodeTree, scenario: &Scenario) -> Result<Plan, PlanError> {
    let day = Day::parse("2026-11-26").unwrap();
    Plan::make(&PlanInput { units, day, nodes, scenario, ladder: &Ladder::PLANNING })
}

pub(super) fn node<'a>(plan: &'a Plan, name: &str) -> &'a NodePlan {
    plan.nodes.iter().find(|node| node.name.as_str() == name).unwrap()
}

/// The line between a node and its parent.
pub(super) fn line<'a>(plan: &'a Plan, child: &str) -> &'a LinePlan {
    let is =
        |line: &&LinePlan| matches!(&line.what, LineWhat::Nodes { child: one, .. } if one.as_str() == child);
    plan.lines.iter().find(is).unwrap()
}

pub(super) fn access<'a>(plan: &'a Plan, node: &str) -> &'a LinePlan {
    let is = |line: &&LinePlan| matches!(&line.what, LineWhat::Access { node: one } if one.as_str() == node);
    plan.lines.iter().find(is).unwrap()
}

pub(super) fn relay<'a>(plan: &'a Plan, node: &str) -> &'a RelayPlan {
    plan.relays.iter().find(|relay| relay.nodes.iter().any(|one| one.as_str() == node)).unwrap()
}

/// The tree's nodes, to look at.
pub(super) fn every(tree: &NodeTree) -> impl Iterator<Item = &Node> {
    tree.nodes().iter()
}

/// Within half of the last place the study gives.
#[track_caller]
pub(super) fn near(value: f64, study: f64, half: f64) {
    assert!((value - study).abs() <= half, "{value} instead of {study} ± {half}");
}
