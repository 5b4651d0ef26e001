//! One meeting over several nodes: each stream crosses each link once, while it is wanted beyond and as far as the link
//! affords it.

mod islands;
mod narrow;
mod world;

use super::stage::assert_unbroken;
use sfu_control::{Demand, Layer, LinkId, PeerId, SfuEvent, Slot, SourceKind};
use std::time::Duration;
use world::{Carried, ROOM, Tree, Wire};

const SECOND: Duration = Duration::from_secs(1);

/// Asserts that a client was shown one sender's pictures without a break, and how many at least.
fn assert_shown(tree: &Tree, viewer: PeerId, sender: u32, least: usize) {
    let frames = tree.client(viewer).on(Slot::Programme);
    assert!(frames.len() >= least, "{viewer:?} got {} packets of {least}", frames.len());
    assert_unbroken(&frames);
    assert!(frames.iter().all(|frame| frame.sender == sender), "{viewer:?} saw somebody else");
}

/// What a way of wires carried.
type OfWay = ((usize, usize), Carried);

/// What a viewer is shown in some seconds, and what each of these ways of wires carries meanwhile.
fn measure(tree: &mut Tree, viewer: PeerId, seconds: u32) -> (Carried, Vec<OfWay>) {
    let (shown, carried) = (tree.shown_to(viewer), tree.all_carried());
    tree.run(SECOND * seconds);
    let since = |after: Carried, before: Carried| Carried {
        bytes: after.bytes - before.bytes,
        media: after.media - before.media,
    };
    let ways = tree.all_carried().into_iter();
    let ways = ways.map(|(way, after)| (way, since(after, carried.get(&way).copied().unwrap_or_default())));
    let ways = ways.collect();
    (since(tree.shown_to(viewer), shown), ways)
}

#[test]
fn a_picture_of_a_leaf_is_seen_at_every_node_and_crosses_each_link_once() {
    let mut tree = Tree::chain(3, Wire::default());
    for node in 0..3 {
        assert!(tree.saw(node, |event| matches!(event, SfuEvent::LinkUp { .. })), "node {node} has no link");
    }
    let sender = tree.join_camera(1, 2);
    let viewers: Vec<PeerId> = (0..9).map(|number| tree.join(10 + number, number as usize % 3)).collect();
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    let (shown, ways) = measure(&mut tree, viewers[0], 10);
    for viewer in &viewers {
        assert_shown(&tree, *viewer, 1, 1_500);
    }
    for (way, carried) in ways {
        match way {
            (2, 1) | (1, 0) => {
                let percent = carried.bytes * 100 / shown.bytes;
                println!("{way:?}: {carried:?}, one viewer: {shown:?}, {percent} percent");
                assert!((80..=105).contains(&percent), "{way:?}: {percent} percent of one copy");
            }
            _ => {
                assert_eq!(carried.media, 0, "{way:?}");
                assert!(carried.bytes * 8 / 10 < 15_000, "{way:?}: {} bytes in 10 s", carried.bytes);
            }
        }
    }
}

#[test]
fn nothing_crosses_that_nobody_beyond_wants() {
    let mut tree = Tree::chain(3, Wire::default());
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let near = tree.join(2, 0);
    let middle = tree.join(3, 1);
    tree.programme(Some(sender));
    tree.run(SECOND * 4);
    assert_shown(&tree, near, 1, 100);
    assert_shown(&tree, middle, 1, 100);
    assert!(!tree.client(middle).on(Slot::Audio(0)).is_empty());
    let beyond = tree.carried(1, 2, |tree| tree.run(SECOND * 5));
    assert_eq!(beyond.media, 0, "nobody is at the third node");
    // Who looks at nothing is sent voices and no pictures.
    tree.look(middle, 0);
    tree.run(SECOND * 2);
    let voices = tree.carried(0, 1, |tree| tree.run(SECOND * 5));
    assert!((240..=260).contains(&voices.media), "{voices:?}");
    // Who leaves is sent nothing at all.
    tree.command(1, sfu_control::SfuCommand::Disconnect { peer: middle });
    tree.run(SECOND * 6);
    let nothing = tree.carried(0, 1, |tree| tree.run(SECOND * 5));
    assert_eq!(nothing.media, 0);
}

#[test]
fn the_last_who_looks_beyond_pauses_a_picture() {
    let mut tree = Tree::chain(3, Wire::default());
    let (sender, far) = (tree.join_camera(1, 0), tree.join(2, 2));
    tree.programme(Some(sender));
    tree.run(SECOND * 4);
    let demands = |tree: &Tree| {
        let told = tree.told(0, Duration::ZERO, |event| match event {
            SfuEvent::Demanded { peer, kind: SourceKind::Camera, demand } if *peer == sender => Some(*demand),
            _ => None,
        });
        told.last().map(|(_, demand)| *demand)
    };
    assert_eq!(demands(&tree), Some(Demand::UpTo(Layer::High)));
    tree.look(far, 180);
    tree.run(SECOND * 4);
    assert_eq!(demands(&tree), Some(Demand::UpTo(Layer::Low)));
    tree.look(far, 0);
    tree.run(SECOND * 4);
    assert_eq!(demands(&tree), Some(Demand::Paused));
}

#[test]
fn two_sizes_cross_once_each() {
    let mut tree = Tree::chain(2, Wire::default());
    let sender = tree.join_camera(1, 0);
    let viewers: Vec<PeerId> = (2..8).map(|number| tree.join(number, 1)).collect();
    for viewer in &viewers[..3] {
        tree.look(*viewer, 180);
    }
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    let (small, _) = measure(&mut tree, viewers[0], 5);
    let (large, ways) = measure(&mut tree, viewers[5], 5);
    let carried = ways.iter().find(|(way, _)| *way == (0, 1)).unwrap().1;
    let percent = carried.bytes * 100 / (small.bytes + large.bytes);
    println!("small {small:?} large {large:?} link {carried:?}: {percent} percent");
    assert!((90..=105).contains(&percent), "{percent} percent of one copy each");
}

#[test]
fn seven_nodes_in_three_tiers_see_and_hear_one_leaf() {
    let mut tree = Tree::of(&[1; 7]);
    for (child, parent) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2)] {
        tree.link(child, parent, Wire::default());
    }
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 3);
    tree.client_mut(sender).voice = Some(20);
    let viewers: Vec<PeerId> = (0..7).map(|node| tree.join(10 + node, node as usize)).collect();
    tree.programme(Some(sender));
    // Every link finds out for itself that it carries the large picture.
    tree.run(SECOND * 10);
    tree.forget_received();
    let (shown, ways) = measure(&mut tree, viewers[0], 5);
    for viewer in &viewers {
        assert_shown(&tree, *viewer, 1, 700);
        assert!(tree.client(*viewer).on(Slot::Audio(0)).len() > 240, "{viewer:?} heard little");
    }
    for (way, carried) in ways {
        let percent = carried.bytes * 100 / shown.bytes;
        println!("{way:?}: {percent} percent");
        if [(3, 1), (1, 4), (1, 0), (0, 2), (2, 5), (2, 6)].contains(&way) {
            assert!((80..=105).contains(&percent), "{way:?}: {percent} percent of one copy");
        } else {
            assert_eq!(carried.media, 0, "{way:?} is no way from the sender");
        }
    }
}

#[test]
fn five_nodes_in_a_row_pass_on_a_picture() {
    let mut tree = Tree::chain(6, Wire::default());
    let (sender, far) = (tree.join_camera(1, 5), tree.join(2, 0));
    tree.client_mut(sender).voice = Some(20);
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    tree.run(SECOND * 5);
    assert_shown(&tree, far, 1, 700);
    assert!(tree.client(far).on(Slot::Audio(0)).len() > 240);
}

#[test]
fn the_loudest_three_of_a_branch_are_all_that_crosses() {
    let mut tree = Tree::chain(2, Wire::default());
    let far = tree.join(1, 0);
    for number in 0..8_u8 {
        let peer = tree.join(10 + u32::from(number), 1);
        tree.client_mut(peer).voice = Some(20 + number * 4);
    }
    tree.run(SECOND * 3);
    tree.forget_received();
    let voices = tree.carried(1, 0, |tree| tree.run(SECOND * 5));
    assert!((740..=760).contains(&voices.media), "{voices:?} of three voices");
    for place in 0..3 {
        assert!(tree.client(far).on(Slot::Audio(place)).len() > 240, "place {place}");
    }
}

#[test]
fn what_is_said_in_a_loop_of_links_comes_to_an_end() {
    let mut tree = Tree::of(&[1; 3]);
    for (child, parent) in [(1, 0), (2, 1), (0, 2)] {
        tree.link(child, parent, Wire::default());
    }
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let viewers = [tree.join(2, 1), tree.join(3, 2)];
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    let (shown, ways) = measure(&mut tree, viewers[0], 5);
    for viewer in viewers {
        assert_shown(&tree, viewer, 1, 700);
        assert!((240..=260).contains(&tree.client(viewer).on(Slot::Audio(0)).len()), "heard twice");
    }
    for (way, carried) in ways {
        let percent = carried.bytes * 100 / shown.bytes;
        match way {
            (0, _) => assert!((80..=105).contains(&percent), "{way:?}: {percent} percent"),
            // The other two know the sender's own node, and nothing comes back to that.
            _ => assert!(carried.bytes * 8 / 5 < 70_000, "{way:?}: {} bytes in 5 s", carried.bytes),
        }
    }
    for peer in [sender, viewers[0], viewers[1]] {
        let node = usize::try_from(peer.node().number()).unwrap() - 1;
        tree.command(node, sfu_control::SfuCommand::Disconnect { peer });
    }
    tree.run(SECOND * 30);
    for node in 0..3 {
        let words = tree.counters(node)[0].words_out;
        tree.run(SECOND * 5);
        let words = tree.counters(node)[0].words_out - words;
        assert!(words <= 24, "node {node} says {words} things in 5 s although nobody is there");
    }
}

/// What each of two viewers is shown and hears over a relay of so many workers.
fn over_a_relay_of(workers: usize) -> Vec<Vec<(u32, u8, u32, u64)>> {
    let mut tree = Tree::of(&[1, workers, 1, 1]);
    // Two links, which lie at different workers if there are two, and people at both.
    tree.link(1, 0, Wire::default());
    tree.link(2, 1, Wire::default());
    tree.link(3, 1, Wire::default());
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 2);
    tree.client_mut(sender).voice = Some(20);
    let viewers = [tree.join(2, 0), tree.join(4, 1), tree.join(5, 1), tree.join(3, 3)];
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    tree.run(SECOND * 5);
    let seen = |viewer: &PeerId| {
        let client = tree.client(*viewer);
        let frames = client.on(Slot::Programme).into_iter().chain(client.on(Slot::Audio(0)));
        frames.map(|frame| (frame.sender, frame.layer, frame.number, frame.digest)).collect()
    };
    for viewer in viewers {
        assert_shown(&tree, viewer, 1, 700);
    }
    viewers.iter().map(seen).collect()
}

#[test]
fn one_worker_and_two_at_a_relay_are_the_same_to_every_receiver() {
    let (one, two) = (over_a_relay_of(1), over_a_relay_of(2));
    for (one, two) in one.iter().zip(&two) {
        let numbers = |seen: &Vec<(u32, u8, u32, u64)>| {
            let numbers = seen.iter().map(|(sender, layer, number, _)| (*sender, *layer, *number));
            numbers.collect::<std::collections::BTreeSet<_>>()
        };
        let (one, two) = (numbers(one), numbers(two));
        let differ = one.symmetric_difference(&two).count();
        assert!(one.len() > 390 && differ <= 8, "{} and {} differ by {differ}", one.len(), two.len());
    }
}

#[test]
fn a_crowd_beyond_costs_its_publisher_one_keyframe_a_second() {
    let mut tree = Tree::chain(3, Wire::default());
    let sender = tree.join_camera(1, 0);
    tree.programme(Some(sender));
    let first = tree.join(2, 2);
    tree.run(SECOND * 4);
    assert_shown(&tree, first, 1, 100);
    let before = tree.client(sender).keyframe_requests.len();
    let began = tree.now;
    for number in 0..12 {
        tree.join(10 + number, 2);
    }
    let seconds = (tree.now - began).as_secs();
    let high = tree.client(sender).keyframe_requests.iter().skip(before);
    let high = high.filter(|(_, rid)| rid.as_deref() == Some("f")).count();
    assert!(high as u64 <= seconds + 1, "{high} keyframes in {seconds} s");
    for number in 0..12 {
        let peer = PeerId::at(sfu_control::NodeNumber::new(3), 10 + number);
        assert!(!tree.client(peer).on(Slot::Programme).is_empty(), "{peer:?} was shown nothing");
    }
}

#[test]
fn a_link_tells_its_line() {
    let mut tree = Tree::chain(2, Wire { delay: Duration::from_millis(40), ..Wire::default() });
    let sender = tree.join_camera(1, 1);
    let _viewer = tree.join(2, 0);
    tree.programme(Some(sender));
    tree.run(SECOND * 10);
    let (child, parent) = (tree.line(1, LinkId::new(0)), tree.line(0, LinkId::new(1)));
    println!("child {child:?}\nparent {parent:?}");
    assert!((1_400..2_500).contains(&child.out_kbps), "{child:?}");
    assert!(parent.in_kbps.abs_diff(child.out_kbps) < 300, "{parent:?}");
    assert!((75..110).contains(&child.rtt_ms), "{child:?}");
    assert!(child.out_estimate_kbps >= child.out_kbps && child.denied == 0, "{child:?}");
    assert_eq!((child.out_streams, parent.in_streams, parent.out_streams), (1, 1, 0));
    let _ = ROOM;
}
