//! The map as figures for monitoring.

use crate::metrics::Exposition;
use signaling_protocol::{LineWay, NodeFigures, NodeMap, NodeState, NodeView};

/// Name, help, value of what a node told.
type Told = (&'static str, &'static str, fn(&NodeFigures) -> Option<u64>);

/// Figures of each node.
const TOLD: [Told; 4] = [
    ("giaoban_node_people", "Connections of people and rooms.", |told| Some(told.people.into())),
    ("giaoban_node_meetings", "Meetings that are running.", |told| Some(told.meetings.into())),
    ("giaoban_node_peers", "People and rooms whose media is carried.", |told| Some(told.peers.into())),
    ("giaoban_node_processor_percent", "How busy all processors are.", |told| {
        told.processor_percent.map(u64::from)
    }),
];

/// Name, help, value of one direction of a line.
type Flowing = (&'static str, &'static str, fn(&LineWay) -> Option<u64>);

/// Figures of each direction.
const FLOWING: [Flowing; 5] = [
    ("giaoban_node_line_kbps", "What flows on the line to the node above.", |way| way.kbps.map(u64::from)),
    ("giaoban_node_line_estimate_kbps", "What it is found to carry.", |way| way.estimate_kbps.map(u64::from)),
    ("giaoban_node_line_lost_permille", "Packets lost on it.", |way| way.lost_permille.map(u64::from)),
    ("giaoban_node_line_streams", "Streams on it.", |way| way.streams.map(u64::from)),
    ("giaoban_node_line_denied", "Pictures wanted beyond it in a larger form than it affords.", |way| {
        way.denied.map(u64::from)
    }),
];

/// Name, help, value of a line as a whole.
type Whole = (&'static str, &'static str, fn(&NodeView) -> Option<u64>);

/// Figures of each line.
const WHOLE: [Whole; 3] = [
    ("giaoban_node_line_capacity_kbps", "Its capacity in the nodes file.", |node| {
        node.line.as_ref()?.capacity_kbps.map(u64::from)
    }),
    ("giaoban_node_line_cap_kbps", "How much of that meetings may take.", |node| {
        let line = node.line.as_ref()?;
        Some(u64::from(line.capacity_kbps?) * u64::from(line.cap_percent.unwrap_or(100)) / 100)
    }),
    ("giaoban_node_line_rtt_ms", "Round trip.", |node| {
        node.line.as_ref()?.flow.as_ref()?.rtt_ms.map(u64::from)
    }),
];

/// Writes this node and those below it. What is not known, or was told by a node that is not heard any more, is left out.
pub(crate) fn write(map: &NodeMap, out: &mut Exposition) {
    let name = "giaoban_node_up";
    out.header(name, "Whether the node is heard by the one above it.", "gauge");
    for node in &map.nodes {
        let parent = node.attached_to.as_ref().or(node.parent.as_ref());
        let parent = parent.map(|parent| parent.as_str()).unwrap_or_default();
        let labels = [("node", node.name.as_str()), ("parent", parent)];
        out.sample(name, &labels, u64::from(is_heard(map, node)));
    }
    let heard = || map.nodes.iter().filter(|node| is_heard(map, node));
    for (name, help, value) in TOLD {
        let samples = heard().filter_map(|node| Some((node, value(node.figures.as_ref()?)?)));
        samples_of(name, help, samples.map(|(node, value)| (node, None, value)), out);
    }
    for (name, help, value) in WHOLE {
        let samples = heard().filter_map(|node| Some((node, None, value(node)?)));
        samples_of(name, help, samples, out);
    }
    for (name, help, value) in FLOWING {
        let flows = heard().filter_map(|node| Some((node, node.line.as_ref()?.flow.as_ref()?)));
        let ways = flows.flat_map(|(node, flow)| [(node, "down", &flow.down), (node, "up", &flow.up)]);
        let samples = ways.filter_map(|(node, way, flows)| Some((node, Some(way), value(flows)?)));
        samples_of(name, help, samples, out);
    }
}

fn is_heard(map: &NodeMap, node: &NodeView) -> bool {
    match node.state {
        NodeState::Top {} | NodeState::Attached { .. } => true,
        // Whoever answers knows how it is, heard above or not.
        NodeState::Never {} | NodeState::Lost { .. } | NodeState::Beyond {} => node.name == map.here,
    }
}

/// The samples of one name; none, no name.
fn samples_of<'a>(
    name: &str,
    help: &str,
    samples: impl Iterator<Item = (&'a NodeView, Option<&'static str>, u64)>,
    out: &mut Exposition,
) {
    let mut samples = samples.peekable();
    if samples.peek().is_none() {
        return;
    }
    out.header(name, help, "gauge");
    for (node, way, value) in samples {
        let labels = [("node", node.name.as_str()), ("way", way.unwrap_or_default())];
        let labels = if way.is_some() { &labels[..] } else { &labels[..1] };
        out.sample(name, labels, value);
    }
}
