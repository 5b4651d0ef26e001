//! What each relay adds to the way of a packet: the same packet of a voice, received beyond one link more.

use super::super::Lab;
use super::super::log::Span;
use super::super::row::{Limit, Row, quantile};
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Duration;

/// Two thousand packets of a voice.
const MEASURED: Duration = Duration::from_secs(40);
/// What a relay may add, milliseconds: half of the packets, and all but one in a hundred.
const MEDIAN_MOST: f64 = 1.0;
const NINETY_NINE_MOST: f64 = 5.0;

pub(super) fn run(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let span = lab.watch(MEASURED)?;
    let ladder = ladder(lab);
    let came: Vec<BTreeMap<u32, u32>> = ladder.iter().map(|(_, who)| arrivals(lab, who, span)).collect();
    let mut rows = Vec::new();
    for ((links, _), came) in ladder.iter().zip(&came) {
        let all: Vec<f64> = came.values().map(|micros| f64::from(*micros) / 1_000.0).collect();
        for percent in [50, 99] {
            let what = format!("beyond {links} links, p{percent}");
            rows.push(Row::told(title, what, (quantile(all.clone(), percent), "ms")));
        }
    }
    let mut added = Vec::new();
    for pair in came.windows(2) {
        let [near, far] = pair else { continue };
        let both = far.iter().filter_map(|(number, far)| Some((*far, *near.get(number)?)));
        added.extend(both.map(|(far, near)| (f64::from(far) - f64::from(near)) / 1_000.0));
    }
    rows.push(Row::told(title, "packets compared", (added.len() as f64, "")));
    let figure = |percent| (quantile(added.clone(), percent), "ms");
    rows.push(Row::held(title, "added by one relay, p50", figure(50), Limit::Most(MEDIAN_MOST)));
    rows.push(Row::held(title, "added by one relay, p99", figure(99), Limit::Most(NINETY_NINE_MOST)));
    Ok(rows)
}

/// Who receives the stage beyond how many links: one at the same node, one at each node of the way to the far side of the
/// tree. The emulated line is not on it.
fn ladder(lab: &Lab) -> Vec<(usize, String)> {
    let nodes = lab.people.names();
    let stage = nodes.iter().find(|(name, _)| *name == lab.stage).map_or(0, |(_, at)| *at);
    let far = (0..lab.tree.nodes.len()).filter(|at| lab.tree.is_leaf(*at) && !lab.net.is_emulated(*at));
    let far = far.max_by_key(|at| (lab.tree.crossed(stage, &[*at]).len(), *at)).unwrap_or(0);
    let up = lab.tree.above(stage);
    let mut way: Vec<usize> = lab.tree.above(far).into_iter().filter(|at| !up.contains(at)).collect();
    way.reverse();
    let shared = lab.tree.above(far).into_iter().find(|at| up.contains(at));
    let climb = up.into_iter().take_while(|at| Some(*at) != shared).chain(shared);
    let sits = |at: usize| {
        let here = nodes.iter().find(|(name, node)| *node == at && *name != lab.stage);
        here.map(|(name, _)| (lab.tree.crossed(stage, &[at]).len(), name.clone()))
    };
    climb.chain(way).filter_map(sits).collect()
}

/// When each packet of the stage's voice came to somebody, by its number: microseconds on the way.
fn arrivals(lab: &Lab, who: &str, span: Span) -> BTreeMap<u32, u32> {
    lab.people.log.latencies((who, &lab.stage), span).into_iter().collect()
}
