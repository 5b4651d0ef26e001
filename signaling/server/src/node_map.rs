//! The map of nodes: what the nodes file says of each, with what the hub knows of it, for whoever may see it.

mod metrics;

pub(crate) use metrics::write;

use crate::identity::scope;
use crate::units;
use sfu_control::LinkReport;
use signaling_core::{
    Contact, Link, LossCause, Node, NodeFigures, NodeName, NodeStatus, NodeTree, TurnedAway, UnitTree,
    UtcMillis,
};
use signaling_protocol::{
    GrantRole, GrantView, LineFlow, LineWay, NodeFigures as FiguresView, NodeLine, NodeLoss, NodeMap,
    NodeName as NameView, NodeState, NodeUnit, NodeView, UnitCode,
};
use std::collections::HashMap;

/// Units of a branch that are told by name. More are a number: nobody reads a list of a thousand in a table.
const UNITS_NAMED: usize = 4;

/// Who looks after nodes: whoever administers the units they serve, and their operators.
const ROLES: [GrantRole; 2] = [GrantRole::Administrator, GrantRole::Operator];

/// Where this node stands among others.
#[derive(Debug, Clone)]
pub struct Placed {
    /// All nodes.
    pub tree: NodeTree,
    /// This one.
    pub own: NodeName,
}

impl Placed {
    /// A node that stands alone.
    pub fn alone(own: NodeName) -> Self {
        Self { tree: NodeTree::alone(own.clone()), own }
    }
}

/// What the hub said.
pub struct Heard {
    /// Of this node and those below it; nothing of a node that stands alone.
    pub statuses: Vec<NodeStatus>,
    /// Of this node.
    pub own: NodeFigures,
    /// When.
    pub at: UtcMillis,
}

/// What of it is shown.
#[derive(Debug, Clone, Copy)]
pub enum Sight<'a> {
    /// All this node knows.
    Everything,
    /// The nodes that serve only units which these grants look after.
    Of(&'a [GrantView]),
}

/// Whether somebody may look at nodes at all.
pub fn may_look(grants: &[GrantView]) -> bool {
    grants.iter().any(|grant| ROLES.contains(&grant.role))
}

/// The nodes in sight.
pub fn draw(placed: &Placed, heard: &Heard, units: &UnitTree, sight: Sight<'_>) -> NodeMap {
    let mut best: HashMap<&NodeName, &NodeStatus> = HashMap::new();
    for status in &heard.statuses {
        let known = best.entry(&status.node).or_insert(status);
        if rank(&status.contact) > rank(&known.contact) {
            *known = status;
        }
    }
    // What hangs on another node for now was told as well.
    let here = |node: &&Node| placed.tree.is_within(&node.name, &placed.own) || best.contains_key(&node.name);
    let in_sight = |node: &&Node| match sight {
        Sight::Everything => true,
        Sight::Of(grants) => covers(node, units, grants),
    };
    let nodes = placed.tree.top_down().filter(here).filter(in_sight);
    let view = |node: &Node| {
        let own = node.name == placed.own;
        view(placed, node, best.get(&node.name).copied(), own.then_some(&heard.own), units)
    };
    NodeMap {
        here: name(&placed.own),
        now: heard.at.seconds(),
        version: heard.own.version.clone(),
        nodes: nodes.map(view).collect(),
    }
}

/// A node with a standby is told of by both nodes it may hang on; who hears it knows best.
fn rank(contact: &Contact) -> u8 {
    match contact {
        Contact::Beyond {} => 0,
        Contact::Never {} => 1,
        Contact::Lost { .. } => 2,
        Contact::Attached { .. } | Contact::Top {} => 3,
    }
}

/// Whether the whole branch of a node is in the part of the tree that somebody looks after. One that serves whoever is left
/// is seen by those who look after everything.
fn covers(node: &Node, tree: &UnitTree, grants: &[GrantView]) -> bool {
    let within = |unit: &UnitCode| ROLES.into_iter().any(|role| scope::covers(tree, grants, role, unit));
    if node.branch.is_empty() {
        return tree.units().iter().filter(|unit| unit.parent.is_none()).all(|unit| within(&unit.code));
    }
    node.branch.iter().all(within)
}

fn view(
    placed: &Placed,
    node: &Node,
    status: Option<&NodeStatus>,
    own: Option<&NodeFigures>,
    tree: &UnitTree,
) -> NodeView {
    let above = status.and_then(|status| status.parent.as_ref()).or(node.parent.as_ref());
    let units = node.branch.iter().take(UNITS_NAMED);
    NodeView {
        name: name(&node.name),
        parent: node.parent.as_ref().map(name),
        standby: node.standby.as_ref().map(name),
        attached_to: above.filter(|above| node.parent.as_ref() != Some(above)).map(name),
        branch: units.map(|unit| NodeUnit { unit: unit.clone(), name: units::name_of(tree, unit) }).collect(),
        units: u32::try_from(node.branch.len()).unwrap_or(u32::MAX),
        state: status.map_or_else(|| unheard(own.is_some()), |status| state(&status.contact)),
        figures: own.or(status.and_then(|status| status.figures.as_ref())).map(figures),
        line: above.map(|above| line(placed.tree.link_between(&node.name, above), status)),
    }
}

/// Of whom nobody has told.
fn unheard(own: bool) -> NodeState {
    if own { NodeState::Top {} } else { NodeState::Beyond {} }
}

fn state(contact: &Contact) -> NodeState {
    match *contact {
        Contact::Top {} => NodeState::Top {},
        Contact::Never {} => NodeState::Never {},
        Contact::Attached { since } => NodeState::Attached { since: since.seconds() },
        Contact::Lost { since, heard, cause } => NodeState::Lost {
            since: since.seconds(),
            heard: heard.map(|heard| heard.seconds()),
            cause: match cause {
                LossCause::Silent => NodeLoss::Silent {},
                LossCause::Missed | LossCause::Restarted => NodeLoss::Resuming {},
                LossCause::TurnedAway(TurnedAway::Version { .. }) => NodeLoss::Version {},
                LossCause::TurnedAway(TurnedAway::Clock { apart_ms }) => {
                    NodeLoss::Clock { apart_seconds: i32::try_from(apart_ms / 1_000).unwrap_or(i32::MAX) }
                }
            },
        },
        Contact::Beyond {} => NodeState::Beyond {},
    }
}

fn figures(told: &NodeFigures) -> FiguresView {
    FiguresView {
        people: told.people,
        meetings: told.meetings,
        peers: told.peers,
        processor_percent: told.load.map(|load| load.processor_permille.div_ceil(10)),
        processors: told.load.map(|load| load.processors),
        version: told.version.clone(),
    }
}

fn line(link: Option<&Link>, status: Option<&NodeStatus>) -> NodeLine {
    NodeLine {
        capacity_kbps: link.map(|link| link.capacity_kbps),
        cap_percent: link.map(|link| link.cap_percent),
        class: link.and_then(|link| link.class.clone()),
        flow: status.and_then(flow),
    }
}

/// What flows, by the end that sends it, or by the other if only that has told.
fn flow(status: &NodeStatus) -> Option<LineFlow> {
    let upper = status.upper.as_ref();
    let lower = status.figures.as_ref().and_then(|figures| figures.lower.as_ref());
    let heard = match status.contact {
        Contact::Attached { .. } => true,
        Contact::Top {} | Contact::Never {} | Contact::Lost { .. } | Contact::Beyond {} => false,
    };
    if !(heard || status.media) || (upper.is_none() && lower.is_none()) {
        return None;
    }
    let rtt = upper.or(lower).map(|end| end.rtt_ms);
    Some(LineFlow { down: way(upper, lower), up: way(lower, upper), rtt_ms: rtt.filter(|rtt| *rtt > 0) })
}

/// One direction; an SFU says 0 for an estimate it does not have.
fn way(sender: Option<&LinkReport>, receiver: Option<&LinkReport>) -> LineWay {
    let either =
        |sent: fn(&LinkReport) -> u32, came: fn(&LinkReport) -> u32| sender.map(sent).or(receiver.map(came));
    let small = |value: Option<u32>| value.and_then(|value| u16::try_from(value).ok());
    LineWay {
        kbps: either(|end| end.out_kbps, |end| end.in_kbps),
        estimate_kbps: sender.map(|end| end.out_estimate_kbps).filter(|estimate| *estimate > 0),
        lost_permille: small(either(|end| end.out_loss_permille.into(), |end| end.in_loss_permille.into())),
        streams: small(either(|end| end.out_streams.into(), |end| end.in_streams.into())),
        denied: sender.map(|end| end.denied),
    }
}

/// A node's name has the form of an id.
#[expect(clippy::expect_used, reason = "a node's name has fewer letters and is shorter than an id may be")]
fn name(name: &NodeName) -> NameView {
    NameView::parse(name.as_str()).expect("a node's name is an id")
}

#[cfg(test)]
mod tests;
