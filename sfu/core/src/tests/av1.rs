//! AV1, whose frames are numbered in a header extension: it goes on to who watches, and its numbers run on.

use super::stage::assert_unbroken;
use super::{Client, World};
use sfu_control::Slot;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn frames_keep_their_descriptor_and_run_on_over_every_switch() {
    let mut world = World::new(1);
    let peers = [1, 2, 3].map(|number| {
        let client = Client::only_av1(number, world.now);
        world.connect(number, 0, client)
    });
    world.run(Duration::from_secs(2));
    for peer in &peers[..2] {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    for turn in 0..4 {
        world.programme(0, Some(peers[turn % 2]));
        world.run(Duration::from_secs(3));
    }
    let frames = world.client(peers[2]).on(Slot::Programme);
    assert_unbroken(&frames);
    assert!(frames[0].keyframe, "began without its templates");
    let senders: BTreeSet<_> = frames.iter().map(|frame| frame.sender).collect();
    assert_eq!(senders, BTreeSet::from([1, 2]));
}

#[test]
fn a_packet_sent_again_has_its_descriptor_too() {
    let mut world = World::new(1);
    let peers = [1, 2].map(|number| {
        let client = Client::only_av1(number, world.now);
        world.connect(number, 0, client)
    });
    world.run(Duration::from_secs(2));
    world.open(peers[0]);
    world.client_mut(peers[0]).sends_camera = true;
    world.programme(0, Some(peers[0]));
    world.link.loss_permille = 30;
    world.run(Duration::from_secs(20));
    let resent = world.engine.counters().resent;
    assert!(resent > 10, "only {resent} were sent again");
    // Reading what came asks every packet for its descriptor.
    let frames = world.client(peers[1]).on(Slot::Programme);
    let numbers: BTreeSet<_> = frames.iter().map(|frame| frame.picture_id).collect();
    let span = frames.iter().map(|frame| frame.picture_id).max().unwrap() - *numbers.first().unwrap();
    assert!(numbers.len() * 100 >= usize::from(span) * 95, "{} of {span} frames", numbers.len());
}
