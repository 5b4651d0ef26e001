//! What each line carries beside the ideal, one copy of each stream that is received beyond it, and beside what the planner
//! said.

use super::super::net::Carried;
use super::super::row::{Limit, Row};
use super::super::servers::{CHAIR, NODES, UNITS};
use super::super::shell::output;
use super::super::tree::{Tree, Way};
use super::super::{
    Lab,
    log::{Kind, Span},
};
use crate::clock;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// How long is counted: three of the generator's keyframe intervals.
const COUNTED: Duration = Duration::from_secs(30);
/// What every packet of a stream has around its payload on a link: IP 20, UDP 8, RTP 12, the extensions of a link (its
/// number for congestion control, the name's number, their frame) 12, and the seal 16.
const AROUND_BYTES: f64 = 68.0;
/// A line carries at most so much of the ideal: reports, repair and control between servers are in the rest.
const MOST: f64 = 1.05;
/// A way on which nothing is wanted carries reports, checks and control only, kbit/s.
const IDLE_KBPS: f64 = 100.0;

/// A stream: at which node it begins, packets and payload bytes a second, and at which nodes it is wanted.
struct Stream {
    from: usize,
    packets: f64,
    bytes: f64,
    wanted: Vec<usize>,
}

/// What one way should carry.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Ideal {
    kbps: f64,
    packets: f64,
}

pub(super) fn run(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let before = counters(lab)?;
    let began = clock::now();
    let span = lab.watch(COUNTED)?;
    let seconds = clock::now().duration_since(began).as_secs_f64();
    let after = counters(lab)?;
    let ideal = ideal(&lab.tree, &streams(lab, span));
    let plan = plan(lab)?;
    let mut rows = Vec::new();
    for (place, carried) in &after {
        let (child, way) = *place;
        let name = name(&lab.tree, child, way);
        let counted = carried.since(before.get(place).copied().unwrap_or_default());
        let kbps = counted.bytes as f64 * 8.0 / 1_000.0 / seconds;
        rows.push(match ideal.get(place) {
            Some(ideal) => {
                let limit = Limit::Within(1.0 / MOST, MOST);
                let what = format!("{name}: of the ideal {:.0} kbit/s", ideal.kbps);
                Row::held(title, what, (kbps / ideal.kbps, "×"), limit)
            }
            None => {
                Row::held(title, format!("{name}: nothing wanted"), (kbps, "kbit/s"), Limit::Most(IDLE_KBPS))
            }
        });
        if let Some(planned) = plan.get(place).filter(|planned| planned.kbps > 0.0) {
            let what = format!("{name}: of the planned {:.0} kbit/s", planned.kbps);
            rows.push(Row::held(title, what, (kbps / planned.kbps, "×"), Limit::Within(0.9, 1.1)));
            let packets = counted.packets as f64 / seconds;
            let what = format!("{name}: of the planned {:.0} packets/s", planned.packets);
            rows.push(Row::held(title, what, (packets / planned.packets, "×"), Limit::Within(0.9, 1.1)));
        }
    }
    Ok(rows)
}

fn counters(lab: &Lab) -> Result<BTreeMap<(usize, Way), Carried>> {
    let mut all = BTreeMap::new();
    for child in 1..lab.tree.nodes.len() {
        all.extend(lab.net.carried(child)?.map(|(way, carried)| ((child, way), carried)));
    }
    Ok(all)
}

fn name(tree: &Tree, child: usize, way: Way) -> String {
    let (child, parent) = (tree.name(child), tree.parent(child).map_or("", |parent| tree.name(parent)));
    match way {
        Way::Down => format!("{parent} → {child}"),
        Way::Up => format!("{child} → {parent}"),
    }
}

/// Who is shown and heard where: picture and voice of the stage and slides and voice of the chair by everybody else, the
/// chair's picture by whoever is on stage. Each stream is as large as it is where most of it arrives.
fn streams(lab: &Lab, span: Span) -> Vec<Stream> {
    let nodes: BTreeMap<String, usize> = lab.people.names().into_iter().collect();
    let others = |who: &str| -> Vec<&String> { nodes.keys().filter(|name| *name != who).collect() };
    let stream = |from: &str, kind, wanted: Vec<&String>| {
        let rates = wanted.iter().map(|who| lab.people.log.rate((who, from), kind, span));
        let (packets, bytes) = rates.fold((0.0, 0.0), |most, one| if one.1 > most.1 { one } else { most });
        let place = |name: &str| nodes.get(name).copied().unwrap_or_default();
        let wanted = wanted.into_iter().map(|name| place(name)).collect();
        Stream { from: place(from), packets, bytes, wanted }
    };
    let stage = lab.stage.as_str();
    vec![
        stream(stage, Kind::Voice, others(stage)),
        stream(stage, Kind::Camera, others(stage)),
        stream(CHAIR, Kind::Voice, others(CHAIR)),
        stream(CHAIR, Kind::Screen, others(CHAIR)),
        stream(CHAIR, Kind::Camera, vec![&lab.stage]),
    ]
}

/// One copy of each on every line that it must cross.
fn ideal(tree: &Tree, streams: &[Stream]) -> BTreeMap<(usize, Way), Ideal> {
    let mut ideal: BTreeMap<(usize, Way), Ideal> = BTreeMap::new();
    for stream in streams.iter().filter(|stream| stream.packets > 0.0) {
        for place in tree.crossed(stream.from, &stream.wanted) {
            let way = ideal.entry(place).or_default();
            way.kbps += (stream.bytes + stream.packets * AROUND_BYTES) * 8.0 / 1_000.0;
            way.packets += stream.packets;
        }
    }
    ideal
}

#[derive(Deserialize)]
struct Plan {
    lines: Vec<PlannedLine>,
}

#[derive(Deserialize)]
struct PlannedLine {
    what: PlannedWhat,
    down: Planned,
    up: Planned,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum PlannedWhat {
    Nodes { child: String, parent: String },
    Access {},
    Site {},
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Planned {
    kbps: f64,
    packets: f64,
}

/// What the planner says of the same meeting.
fn plan(lab: &Lab) -> Result<BTreeMap<(usize, Way), Planned>> {
    let mut command = Command::new(&lab.giaoban);
    command.arg("plan").arg("--units").arg(lab.root.join(UNITS)).arg("--nodes").arg(lab.root.join(NODES));
    command.args(["--scenario", "s5", "--tiles", "0", "--ladder", "client", "--json", "--all"]);
    let text = output(command.args(["--stage", &lab.stage]))?;
    let plan: Plan = serde_json::from_str(&text).context("the plan is not what was expected")?;
    let mut planned = BTreeMap::new();
    for line in plan.lines {
        if let PlannedWhat::Nodes { child, parent } = line.what {
            let at = lab.tree.place(&child)?;
            debug_assert_eq!(lab.tree.parent(at).map(|at| lab.tree.name(at)), Some(parent.as_str()));
            planned.insert((at, Way::Down), line.down);
            planned.insert((at, Way::Up), line.up);
        }
    }
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ideal_is_one_copy_with_its_headers_on_each_way_that_is_crossed() {
        let tree = Tree::read(include_str!("../../../../configs/tiers/nodes.toml")).unwrap();
        let at = |name| tree.place(name).unwrap();
        // 50 packets of 132 bytes with 68 around: 80 kbit/s.
        let stream = |from, wanted| Stream { from, packets: 50.0, bytes: 6_600.0, wanted };
        let silent = Stream { packets: 0.0, bytes: 0.0, ..stream(0, vec![at("tuong-tin")]) };
        let all = [stream(at("tho-sa"), vec![0, at("hung-trang")]), stream(0, vec![at("tho-sa")]), silent];
        let ideal = ideal(&tree, &all);
        let one = Ideal { kbps: 80.0, packets: 50.0 };
        assert_eq!(ideal.len(), 5);
        for (name, way) in [("tho-sa", Way::Up), ("trung-chau", Way::Up), ("hung-trang", Way::Down)] {
            assert_eq!(ideal[&(at(name), way)], one);
        }
        assert_eq!(ideal[&(at("trung-chau"), Way::Down)], one);
        assert_eq!(name(&tree, at("tho-sa"), Way::Up), "tho-sa → trung-chau");
    }

    #[test]
    fn a_plan_is_read_as_the_planner_writes_it() {
        let text = r#"{"meetings":1,"lines":[
            {"what":{"nodes":{"child":"a","parent":"b"}},"class":null,"down":{"kbps":1.5,"packets":2},"up":{"kbps":0,"packets":0}},
            {"what":{"access":{"node":"b"}},"down":{"kbps":1,"packets":1},"up":{"kbps":1,"packets":1}}]}"#;
        let plan: Plan = serde_json::from_str(text).unwrap();
        assert_eq!((plan.lines.len(), plan.lines[0].down.kbps), (2, 1.5));
    }
}
