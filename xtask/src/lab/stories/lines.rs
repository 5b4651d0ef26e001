//! Lines that are cut, that come and go, that are long and bad, that are narrow.

use super::super::log::{Kind, Span};
use super::super::row::{Limit, Row};
use super::super::servers::CHAIR;
use super::super::{EMULATED, Lab};
use super::REST;
use crate::clock;
use anyhow::Result;
use signaling_protocol::ClientMessage;
use std::time::Duration;

/// The node whose line upwards is cut: two nodes with sites are below it.
const CUT_NODE: &str = "thuong-du";
/// The node whose line is narrow.
const NARROW_NODE: &str = "tuong-tin";
/// How long the line is away.
const AWAY: Duration = Duration::from_secs(12);
/// Within this everything is back.
const RETURN: Duration = Duration::from_secs(15);
/// The programme is back after at most so long, milliseconds.
const BACK_MOST: f64 = 5_000.0;
/// Longer silences of a voice are heard, milliseconds.
const GAP_MOST: f64 = 200.0;

/// Times a line is cut while it comes and goes, for how long and how long it is there between.
const FLAPS: u32 = 3;
const FLAP_AWAY: Duration = Duration::from_secs(1);
const FLAP_THERE: Duration = Duration::from_secs(3);

/// How long a bad line is looked at.
const LOOKED: Duration = Duration::from_secs(20);
/// How long a line may take to be learnt anew.
const LEARNT: Duration = Duration::from_secs(25);
/// One way of a round trip of 300 ms, and what is lost each way.
const LONG_MS: u32 = 150;
const LOST_PERCENT: u32 = 3;
/// A picture stands still no longer than this while what was lost is sent again, milliseconds.
const PAUSE_MOST: f64 = 1_000.0;
/// Packets of a voice a second.
const VOICE_PACKETS: f64 = 50.0;

/// What is left of a line.
const NARROW_KBPS: u32 = 1_000;

pub(super) fn cut(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let child = lab.tree.place(CUT_NODE)?;
    let below = lab.below(child);
    // One site of each node below speaks, so that there is somebody to be heard within the branch.
    let speakers = speakers(lab, child)?;
    lab.people.listen(Duration::from_secs(4))?;
    let from = clock::wall_millis();
    lab.net.cut(child)?;
    lab.people.listen(AWAY)?;
    let apart = below
        .iter()
        .filter(|who| lab.people.log.meeting(who).is_some_and(|meeting| meeting.branch.is_some()));
    let apart = apart.count() as f64;
    lab.net.mend(child)?;
    let back = clock::wall_millis();
    lab.people.listen(RETURN)?;
    let span = Span { from, to: clock::wall_millis() };
    let names: Vec<&str> = speakers.iter().map(String::as_str).collect();
    let among = lab.worst_gap(&below, &names, Kind::Voice, span);
    let rest: Vec<String> = lab.sites.iter().map(|(_, who)| who.clone()).collect();
    let rest: Vec<String> = rest.into_iter().filter(|who| !below.contains(who)).collect();
    let elsewhere = lab.worst_gap(&rest, &[lab.stage.as_str(), CHAIR], Kind::Voice, span);
    let mut rows = vec![
        Row::told(title, "sites below that sat apart, of those below", (apart / below.len() as f64, "")),
        Row::held(title, "below: longest silence of each other", (among, "ms"), Limit::Most(GAP_MOST)),
        Row::held(title, "elsewhere: longest silence", (elsewhere, "ms"), Limit::Most(GAP_MOST)),
    ];
    rows.extend(came_back(lab, title, &below, back));
    hush(lab, &speakers)?;
    Ok(rows)
}

/// How soon what comes from beyond the line is back.
fn came_back(lab: &Lab, title: &'static str, below: &[String], back: u64) -> Vec<Row> {
    let stage = lab.stage.clone();
    let streams = [
        ("below: programme back after", stage.as_str(), Kind::Camera),
        ("below: slides back after", CHAIR, Kind::Screen),
        ("below: voice of the stage back after", stage.as_str(), Kind::Voice),
    ];
    let row = |(what, from, kind)| {
        let after = lab.last_back(below, from, kind, back);
        Row::held(title, what, (after, "ms"), Limit::Most(BACK_MOST))
    };
    streams.into_iter().map(row).collect()
}

/// One site at each leaf below opens its microphone.
fn speakers(lab: &mut Lab, node: usize) -> Result<Vec<String>> {
    let leaves = lab.tree.below(node).into_iter().filter(|at| lab.tree.is_leaf(*at));
    let first = |at: usize| lab.sites.iter().find(|(node, _)| *node == at).map(|(_, code)| code.clone());
    let speakers: Vec<String> = leaves.filter_map(first).collect();
    for who in &speakers {
        lab.people.order(who, &ClientMessage::OpenMicrophone {})?;
    }
    Ok(speakers)
}

fn hush(lab: &mut Lab, speakers: &[String]) -> Result<()> {
    for who in speakers {
        lab.people.order(who, &ClientMessage::CloseMicrophone {})?;
    }
    lab.people.listen(REST)
}

pub(super) fn flap(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let child = lab.tree.place(CUT_NODE)?;
    let below = lab.below(child);
    let speakers = speakers(lab, child)?;
    lab.people.listen(Duration::from_secs(4))?;
    let from = clock::wall_millis();
    let mut back = from;
    for _ in 0..FLAPS {
        lab.net.cut(child)?;
        lab.people.listen(FLAP_AWAY)?;
        lab.net.mend(child)?;
        back = clock::wall_millis();
        lab.people.listen(FLAP_THERE)?;
    }
    lab.people.listen(RETURN)?;
    let span = Span { from, to: clock::wall_millis() };
    let names: Vec<&str> = speakers.iter().map(String::as_str).collect();
    let among = lab.worst_gap(&below, &names, Kind::Voice, span);
    let mut rows =
        vec![Row::held(title, "below: longest silence of each other", (among, "ms"), Limit::Most(GAP_MOST))];
    rows.extend(came_back(lab, title, &below, back));
    hush(lab, &speakers)?;
    Ok(rows)
}

pub(super) fn bad(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let child = lab.tree.place(EMULATED)?;
    let below = lab.below(child);
    lab.net.spoil(LONG_MS, LOST_PERCENT)?;
    // A line that becomes long at once looks like one long queue; the estimate of it finds out.
    let began = lab.watch(LEARNT)?;
    let span = lab.watch(LOOKED)?;
    lab.net.spoil(0, 0)?;
    let stage = lab.stage.clone();
    let whole = Span { from: began.from, to: span.to };
    let voices = [stage.as_str(), CHAIR];
    let at_first = lab.worst_gap(&below, &voices, Kind::Voice, began);
    let gap = lab.worst_gap(&below, &voices, Kind::Voice, span);
    let picture = lab.worst_gap(&below, &[stage.as_str()], Kind::Camera, span);
    let slides = lab.worst_gap(&below, &[CHAIR], Kind::Screen, span);
    let all = below.iter().flat_map(|who| voices.map(|from| (who.as_str(), from)));
    let heard = all.map(|pair| lab.people.log.rate(pair, Kind::Voice, span).0 / VOICE_PACKETS);
    let heard = heard.fold(f64::MAX, f64::min);
    let lost = lab.people.log.lost(whole).len();
    lab.people.listen(REST)?;
    Ok(vec![
        Row::held(title, "longest silence of a voice", (gap, "ms"), Limit::Most(GAP_MOST)),
        Row::held(title, "longest silence while it became bad", (at_first, "ms"), Limit::Most(GAP_MOST)),
        Row::told(title, "packets of voices that arrived", (heard, "×")),
        Row::held(title, "longest pause of the programme", (picture, "ms"), Limit::Most(PAUSE_MOST)),
        Row::held(title, "longest pause of the slides", (slides, "ms"), Limit::Most(PAUSE_MOST)),
        Row::held(title, "connections lost", (lost as f64, ""), Limit::Most(0.0)),
    ])
}

pub(super) fn narrow(lab: &mut Lab, title: &'static str) -> Result<Vec<Row>> {
    let child = lab.tree.place(NARROW_NODE)?;
    let below = lab.below(child);
    lab.net.narrow(child, Some(NARROW_KBPS))?;
    let began = lab.watch(REST)?;
    let span = lab.watch(LOOKED)?;
    lab.net.narrow(child, None)?;
    let stage = lab.stage.clone();
    let voices = [stage.as_str(), CHAIR];
    let at_first = lab.worst_gap(&below, &voices, Kind::Voice, began);
    let gap = lab.worst_gap(&below, &voices, Kind::Voice, span);
    let all = below.iter().flat_map(|who| voices.map(|from| (who.as_str(), from)));
    let heard = all.map(|pair| lab.people.log.rate(pair, Kind::Voice, span).0 / VOICE_PACKETS);
    let heard = heard.fold(f64::MAX, f64::min);
    let shown = below.iter().map(|who| lab.people.log.rate((who, &stage), Kind::Camera, span).0);
    let shown = shown.fold(f64::MAX, f64::min);
    let back = clock::wall_millis();
    lab.people.listen(RETURN)?;
    let sees = |who: &String| lab.people.log.hears((who, CHAIR), Kind::Screen, back);
    let slides = below.iter().filter(|who| sees(who)).count() as f64 / below.len() as f64;
    Ok(vec![
        Row::held(title, "longest silence while it became narrow", (at_first, "ms"), Limit::Most(GAP_MOST)),
        Row::held(title, "longest silence after that", (gap, "ms"), Limit::Most(GAP_MOST)),
        Row::held(title, "packets of voices that arrived", (heard, "×"), Limit::Least(0.98)),
        Row::held(title, "packets of the programme a second", (shown, ""), Limit::Least(20.0)),
        Row::held(title, "who has slides again once it is wide", (slides, "×"), Limit::Least(1.0)),
    ])
}
