//! Nodes are killed in mid-sentence and started again: a leaf, one between, the top. What people do meanwhile is what the
//! participants do: they come back to the same node. Whoever builds another way for them measures it here.

use super::super::Lab;
use super::super::log::{Kind, Span};
use super::super::row::{Limit, Row};
use super::super::servers::CHAIR;
use super::REST;
use crate::clock;
use anyhow::Result;
use std::time::Duration;

/// How long a node is away until somebody has started it again.
const AWAY: Duration = Duration::from_secs(6);
/// How long its return may take.
const RETURN: Duration = Duration::from_secs(25);
/// Longer silences of a voice are heard, milliseconds.
const GAP_MOST: f64 = 200.0;
/// Who lost the node is in again after at most so long after it was started, milliseconds.
const BACK_MOST: f64 = 5_000.0;

/// Which node, and what it is.
const VICTIMS: [(&str, &str); 3] =
    [("tuong-tin", "a leaf"), ("thuong-du", "one between"), ("dieu-hanh", "the top")];

pub(super) fn run(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, what) in VICTIMS {
        rows.extend(kill(lab, title, (name, what))?);
        lab.people.listen(REST)?;
    }
    Ok(rows)
}

fn kill(lab: &mut Lab, title: &'static str, (name, what): (&str, &str)) -> Result<Vec<Row>> {
    let victim = lab.tree.place(name)?;
    let nodes = lab.people.names();
    let theirs: Vec<String> =
        nodes.iter().filter(|(_, at)| *at == victim).map(|(name, _)| name.clone()).collect();
    let stage_side: Vec<String> = side_of_the_stage(lab, victim);
    let from = clock::wall_millis();
    lab.servers.kill(victim)?;
    lab.people.listen(AWAY)?;
    lab.servers.start(victim)?;
    let started = clock::wall_millis();
    lab.people.listen(RETURN)?;
    let span = Span { from, to: clock::wall_millis() };
    let stage = lab.stage.clone();
    let others = lab.worst_gap(&stage_side, &[&stage], Kind::Voice, span);
    let everybody: Vec<String> =
        nodes.iter().map(|(name, _)| name.clone()).filter(|name| *name != stage).collect();
    let lost: Vec<&str> = lab.people.log.lost(span).into_iter().map(|(who, _)| who).collect();
    let bystanders = nodes.iter().filter(|(name, at)| *at != victim && lost.contains(&name.as_str())).count();
    let joined = theirs.iter().map(|who| {
        lab.people.log.joined(who, from + 1).map_or(f64::NAN, |(_, at)| at.saturating_sub(started) as f64)
    });
    let joined = joined.fold(0.0, super::worse);
    let voice = lab.last_back(&everybody, &stage, Kind::Voice, started);
    let picture = lab.last_back(&everybody, &stage, Kind::Camera, started);
    let chair: Vec<String> = everybody.iter().filter(|name| *name != CHAIR).cloned().collect();
    let slides = lab.last_back(&chair, CHAIR, Kind::Screen, started);
    let row = |text: &str| format!("{what} ({name}): {text}");
    let back = |text, value| Row::held(title, row(text), (value, "ms"), Limit::Most(BACK_MOST));
    Ok(vec![
        Row::held(
            title,
            row("longest silence of the stage on its side"),
            (others, "ms"),
            Limit::Most(GAP_MOST),
        ),
        Row::held(title, row("lost at other nodes"), (bystanders as f64, ""), Limit::Most(0.0)),
        back("its people in again after its start", joined),
        back("everybody hears the stage after its start", voice),
        back("everybody sees the stage after its start", picture),
        back("everybody sees the slides after its start", slides),
    ])
}

/// The sites that hear the stage without the victim's help.
fn side_of_the_stage(lab: &Lab, victim: usize) -> Vec<String> {
    let stage = lab.sites.iter().find(|(_, code)| *code == lab.stage).map_or(0, |(at, _)| *at);
    let without = |at: usize| {
        let (here, there) = (lab.tree.above(at), lab.tree.above(stage));
        let meet = here.iter().find(|one| there.contains(one)).copied().unwrap_or(0);
        let climb = |way: &[usize]| way.iter().take_while(|one| **one != meet).any(|one| *one == victim);
        meet != victim && !climb(&here) && !climb(&there)
    };
    let near = lab.sites.iter().filter(|(at, code)| without(*at) && *code != lab.stage);
    near.map(|(_, code)| code.clone()).collect()
}
