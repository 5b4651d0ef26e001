//! A link is cut: each side goes on, and when it is back so is the programme.

use super::world::{Tree, Wire};
use super::{SECOND, assert_shown};
use sfu_control::{LinkId, LinkLimits, PeerId, SfuCommand, SfuEvent, Slot};
use std::time::Duration;

/// When a peer's programme fell empty or was filled, since a moment.
fn switches(tree: &Tree, node: usize, viewer: PeerId, since: Duration) -> Vec<(Duration, bool)> {
    tree.told(node, since, |event| match event {
        SfuEvent::SlotSwitched { peer, slot: Slot::Programme, source, .. } if *peer == viewer => {
            Some(source.is_some())
        }
        _ => None,
    })
}

#[test]
fn those_beyond_a_cut_are_withdrawn_and_the_programme_returns_with_the_link() {
    let mut tree = Tree::chain(3, Wire::default());
    let sender = tree.join_camera(1, 0);
    let (near, below, leaf) = (tree.join(2, 0), tree.join(3, 1), tree.join(4, 2));
    tree.client_mut(below).voice = Some(20);
    tree.client_mut(sender).voice = Some(25);
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    let cut = tree.elapsed();
    tree.wire_mut(0, 1).is_cut = true;
    tree.run(SECOND * 10);
    for (node, link) in [(0, 1), (1, 0)] {
        let down = tree.told(node, cut, |event| match event {
            SfuEvent::LinkDown { link, .. } => Some(*link),
            _ => None,
        });
        assert_eq!(down.iter().map(|(_, link)| link.number()).collect::<Vec<_>>(), [link], "node {node}");
        assert!(down[0].0 - cut <= SECOND * 3, "after {:?}", down[0].0 - cut);
    }
    for (node, viewer) in [(1, below), (2, leaf)] {
        let told = switches(&tree, node, viewer, cut);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(!told[0].1 && told[0].0 - cut <= SECOND * 3, "withdrawn after {:?}", told[0].0 - cut);
    }
    // On each side all goes on.
    assert_shown(&tree, near, 1, 1_500);
    let island = tree.client(leaf).on(Slot::Audio(0)).into_iter().chain(tree.client(leaf).on(Slot::Audio(1)));
    let island: Vec<_> = island.filter(|frame| frame.sender == 3).map(|frame| frame.at).collect();
    let gap = island.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(
        island.len() > 480 && gap < Duration::from_millis(50),
        "{} packets, a gap of {gap:?}",
        island.len()
    );
    // It comes back as a new link.
    tree.wire_mut(0, 1).is_cut = false;
    tree.forget_received();
    let back = tree.elapsed();
    tree.dial(1, 0, LinkLimits::default());
    tree.run(SECOND * 5);
    for (node, viewer) in [(1, below), (2, leaf)] {
        let told = switches(&tree, node, viewer, back);
        assert!(told.first().is_some_and(|(at, shown)| *shown && *at - back <= SECOND * 5), "{told:?}");
        println!("{viewer:?} is shown the programme again after {:?}", told[0].0 - back);
        assert_shown(&tree, viewer, 1, 300);
    }
}

#[test]
fn a_room_that_ends_at_a_link_is_gone_beyond_at_once() {
    let mut tree = Tree::chain(2, Wire::default());
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let far = tree.join(2, 1);
    tree.programme(Some(sender));
    tree.run(SECOND * 4);
    assert_shown(&tree, far, 1, 100);
    let ended = tree.elapsed();
    tree.command(0, SfuCommand::Unspan { room: super::ROOM, link: LinkId::new(1) });
    tree.run(SECOND);
    tree.forget_received();
    let carried = tree.carried(0, 1, |tree| tree.run(SECOND * 5));
    assert_eq!(carried.media, 0, "a room that ended at the link still crosses it");
    assert!(tree.client(far).received.is_empty());
    let told = switches(&tree, 1, far, ended);
    assert!(told.len() == 1 && told[0].0 - ended < SECOND, "{told:?}");
    tree.command(0, SfuCommand::Span { room: super::ROOM, link: LinkId::new(1) });
    tree.run(SECOND * 4);
    assert_shown(&tree, far, 1, 200);
}

#[test]
fn a_closed_gate_lets_nothing_out_to_any_node() {
    let mut tree = Tree::chain(3, Wire::default());
    let sender = tree.join_camera(1, 2);
    tree.client_mut(sender).voice = Some(20);
    let far = tree.join(2, 0);
    tree.programme(Some(sender));
    tree.run(SECOND * 4);
    assert!(!tree.client(far).received.is_empty());
    for kind in sfu_control::SourceKind::ALL {
        let gate = sfu_control::Gate::Closed;
        tree.command(2, SfuCommand::SetGate { peer: sender, kind, gate });
    }
    tree.run(Duration::from_millis(100));
    tree.forget_received();
    let carried = tree.carried(2, 1, |tree| tree.run(SECOND * 3));
    assert_eq!(carried.media, 0);
    assert!(tree.client(far).received.is_empty(), "a locked source was received at another node");
}

#[test]
fn words_that_are_lost_are_made_up_for() {
    let mut tree = Tree::chain(2, Wire { loss_permille: 300, ..Wire::default() });
    tree.run(SECOND * 5);
    let far = tree.join(1, 1);
    let mut senders = Vec::new();
    for number in 0..6 {
        senders.push(tree.join_camera(10 + number, 0));
    }
    tree.run(SECOND * 5);
    for sender in senders {
        tree.forget_received();
        tree.programme(Some(sender));
        tree.run(SECOND * 6);
        let shown = tree.client(far).on(Slot::Programme);
        let sender = u32::try_from(sender.number() & u64::from(u32::MAX)).unwrap();
        assert!(shown.iter().any(|frame| frame.sender == sender), "{sender} was never shown");
    }
}
