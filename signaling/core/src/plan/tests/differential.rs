//! The same loads counted in another way: every stream walks from its source to each of its receivers, and a way counts it
//! once.

use super::*;
use crate::plan::flow::Flows;
use crate::plan::ladder::Stream;
use crate::plan::scenario::{Meeting, Seat};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A random tree of nodes; sometimes its top is a cluster.
fn tree(random: &mut ChaCha8Rng) -> NodeTree {
    let roots = random.random_range(1..=3_usize);
    let count = random.random_range(roots..=12);
    let mut nodes: Vec<NodeEntry> = Vec::new();
    let mut depths: Vec<usize> = Vec::new();
    for at in 0..count {
        let above = (at >= roots).then(|| random.random_range(0..at)).filter(|above| depths[*above] < 6);
        let above = above.or((at >= roots).then_some(0));
        let mut one = entry(&format!("n{at}"), above.map(|above| format!("n{above}")).as_deref(), &[]);
        match above {
            Some(above) => {
                one.branch = vec![code(&format!("U{at}"))];
                depths.push(depths[above] + 1);
            }
            None => {
                one.cluster = Some(name("top"));
                depths.push(0);
            }
        }
        nodes.push(one);
    }
    NodeTree::build(nodes, Vec::new()).unwrap()
}

fn meeting(random: &mut ChaCha8Rng, nodes: usize) -> Meeting {
    let mut seat = || Seat {
        node: random.random_range(0..nodes),
        profile: Profile::ALL[random.random_range(0..Profile::ALL.len())],
    };
    let hall = seat();
    let rooms: Vec<Seat> = (0..20).map(|_| seat()).collect();
    let stage = random.random_bool(0.7).then(|| random.random_range(0..rooms.len()));
    Meeting { hall, rooms, stage, tiles: random.random_range(0..=8) }
}

/// The nodes a packet visits.
fn walk(tree: &NodeTree, from: usize, to: usize) -> Vec<usize> {
    let up = |at: usize| std::iter::successors(Some(at), |at| tree.parent_place(*at)).collect::<Vec<_>>();
    let (from, to) = (up(from), up(to));
    match from.iter().find(|at| to.contains(at)) {
        Some(top) => {
            let rise = from.iter().take_while(|at| *at != top);
            let fall = to.iter().take_while(|at| *at != top).collect::<Vec<_>>();
            rise.chain([top]).chain(fall.into_iter().rev()).copied().collect()
        }
        // Between two at the top of a cluster there is one step.
        None => from.iter().chain(to.iter().rev()).copied().collect(),
    }
}

/// Every stream by its source's number, its kind and the step it takes.
fn counted(tree: &NodeTree, meeting: &Meeting) -> BTreeMap<(usize, usize), f64> {
    let mut steps: BTreeSet<(usize, Stream, usize, usize)> = BTreeSet::new();
    let mut send = |source: usize, stream: Option<Stream>, from: &Seat, to: &Seat| {
        if let Some(stream) = stream {
            let walk = walk(tree, from.node, to.node);
            steps.extend(walk.windows(2).map(|step| (source, stream, step[0], step[1])));
        }
    };
    let Meeting { hall, rooms, .. } = meeting;
    let seats: Vec<&Seat> = rooms.iter().chain([hall]).collect();
    let (hall_at, stage_at) = (rooms.len(), meeting.stage.unwrap_or(rooms.len()));
    for (at, seat) in seats.iter().enumerate() {
        let voice = |heard: bool| heard.then_some(Stream::Audio);
        if at != stage_at {
            send(0, Some(seat.profile.programme()), seats[stage_at], seat);
            send(1, voice(true), seats[stage_at], seat);
        }
        if at != hall_at {
            send(2, seat.profile.slides(), hall, seat);
            send(3, voice(seat.profile.voices() >= 2), hall, seat);
            send(4, voice(seat.profile.voices() >= 3), hall, seat);
        }
        if at == stage_at && at != hall_at {
            send(5, Some(seat.profile.programme()), hall, seat);
            send(6, voice(seat.profile.voices() < 2), hall, seat);
        }
    }
    for (at, tile) in rooms.iter().take(meeting.tiles as usize).enumerate() {
        send(7 + at, Some(Stream::Thumbnail), tile, hall);
    }
    let mut ways = BTreeMap::new();
    for (_, stream, from, to) in steps {
        *ways.entry((from, to)).or_default() += Ladder::PLANNING.load(stream).kbps;
    }
    ways
}

#[test]
fn loads_are_those_of_streams_walking_one_by_one() {
    let seed = std::env::var("SIM_SEED").ok().and_then(|text| text.parse().ok());
    let seeds = seed.map_or(0..200, |seed: u64| seed..seed + 1);
    let mut busy = 0;
    for seed in seeds {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let tree = tree(&mut random);
        let meeting = meeting(&mut random, tree.nodes().len());
        let mut flows = Flows::new(&tree, &Ladder::PLANNING);
        flows.add(&meeting, 100);
        let counted = counted(&tree, &meeting);
        let named: Vec<&NodeName> = every(&tree).map(|node| &node.name).collect();
        for from in 0..named.len() {
            for to in 0..named.len() {
                let expected = counted.get(&(from, to)).copied().unwrap_or_default();
                let got = flows.way(named[from], named[to]).kbps;
                assert!(
                    (expected - got).abs() < 0.01,
                    "SIM_SEED={seed}: {from} → {to}: {got}, counted {expected}"
                );
                busy += usize::from(expected > 0.0);
            }
        }
    }
    assert!(seed.is_some() || busy > 1_000, "only {busy} ways carried something");
}
