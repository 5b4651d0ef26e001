//! Which layer a subscriber gets, and that going from one to another is not seen.

use super::stage::{assert_unbroken, mosaic};
use super::world::demands;
use super::{Client, Link, World};
use sfu_control::{Demand, Layer, PeerId, ReceiveProfile, Slot, View};
use std::collections::BTreeSet;
use std::time::Duration;

fn layers(world: &World, peer: PeerId, slot: Slot) -> BTreeSet<u8> {
    world.client(peer).on(slot).into_iter().map(|frame| frame.layer).collect()
}

fn stage(height: u16, profile: ReceiveProfile) -> View {
    View { profile, programme_height: height, slides_height: 0, mosaic: Vec::new() }
}

/// A sender with its camera on stage and a viewer.
fn pair(world: &mut World) -> (PeerId, PeerId) {
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    (sender, viewer)
}

#[test]
fn height_decides_the_layer_and_changing_it_leaves_no_seam() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    for (height, layer) in [(180, 0), (360, 1), (720, 2), (180, 0), (720, 2)] {
        world.view(viewer, stage(height, ReceiveProfile::Full));
        world.run(Duration::from_secs(3));
        let frames = world.client(viewer).on(Slot::Programme);
        assert_unbroken(&frames);
        assert_eq!(frames.last().map(|frame| frame.layer), Some(layer), "at height {height}");
    }
    let told = world.since(Duration::ZERO, super::world::switches(viewer, Slot::Programme));
    assert_eq!(told.len(), 1, "a layer is not another source");
    assert_eq!(world.since(Duration::ZERO, demands(sender)).last(), Some(&Demand::UpTo(Layer::High)));
}

#[test]
fn profiles_cap_what_is_sent() {
    let mut world = World::new(1);
    let (_, viewer) = pair(&mut world);
    world.view(viewer, stage(720, ReceiveProfile::Saver));
    world.run(Duration::from_secs(3));
    assert!(!layers(&world, viewer, Slot::Programme).contains(&2), "saver got the full picture");
    assert_eq!(world.client(viewer).on(Slot::Programme).last().map(|frame| frame.layer), Some(1));
    world.view(viewer, stage(720, ReceiveProfile::AudioOnly));
    world.run(Duration::from_millis(100));
    world.forget_received();
    world.run(Duration::from_secs(2));
    assert!(world.client(viewer).received.is_empty(), "audio only got a picture");
}

#[test]
fn a_layer_that_stops_is_replaced_by_one_that_flows() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    world.run(Duration::from_secs(3));
    assert_eq!(world.client(viewer).on(Slot::Programme).last().map(|frame| frame.layer), Some(2));
    // Its encoder gave the full picture up, whatever is demanded of it.
    world.client_mut(sender).layers_max = Layer::Medium;
    world.run(Duration::from_secs(4));
    let frames = world.client(viewer).on(Slot::Programme);
    assert_unbroken(&frames);
    assert_eq!(frames.last().map(|frame| frame.layer), Some(1));
    world.client_mut(sender).layers_max = Layer::High;
    world.run(Duration::from_secs(2));
    let frames = world.client(viewer).on(Slot::Programme);
    assert_unbroken(&frames);
    assert_eq!(frames.last().map(|frame| frame.layer), Some(2));
}

#[test]
fn the_same_camera_fills_two_slots_in_two_sizes() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    world.view(viewer, mosaic(sender, 180));
    world.run(Duration::from_secs(3));
    world.forget_received();
    world.run(Duration::from_secs(1));
    assert_eq!(layers(&world, viewer, Slot::Programme), BTreeSet::from([2]));
    assert_eq!(layers(&world, viewer, Slot::Mosaic(0)), BTreeSet::from([0]));
}

#[test]
fn a_crowd_of_viewers_costs_the_sender_one_keyframe_a_second() {
    let mut world = World::new(1);
    let sender = world.join(1, 0);
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    for number in 2..=8 {
        world.join(number, 0);
    }
    world.run(Duration::from_secs(1));
    let requests: Vec<_> =
        world.client(sender).keyframe_requests.iter().map(|(at, rid)| (rid.clone(), *at)).collect();
    assert!(!requests.is_empty(), "late joiners need keyframes");
    for rid in ["q", "h", "f"] {
        let times: Vec<_> =
            requests.iter().filter(|(which, _)| which.as_deref() == Some(rid)).map(|(_, at)| *at).collect();
        for pair in times.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= Duration::from_millis(900), "asked for {rid} again after {apart:?}");
        }
    }
}

#[test]
fn a_narrow_line_gets_a_lower_layer_and_never_loses_the_stage() {
    let mut world = World::new(1);
    let (_, viewer) = pair(&mut world);
    world.run(Duration::from_secs(4));
    assert_eq!(world.client(viewer).on(Slot::Programme).last().map(|frame| frame.layer), Some(2));
    world.link = Link { capacity_bps: Some(400_000), ..Link::default() };
    world.run(Duration::from_secs(12));
    world.forget_received();
    world.run(Duration::from_secs(4));
    let frames = world.client(viewer).on(Slot::Programme);
    assert!(frames.len() > 150, "the stage was lost: {} packets in four seconds", frames.len());
    assert!(frames.iter().all(|frame| frame.layer == 0), "more than the line carries");
    world.link = Link::default();
    world.run(Duration::from_secs(30));
    assert_eq!(
        world.client(viewer).on(Slot::Programme).last().map(|frame| frame.layer),
        Some(2),
        "never climbed again"
    );
}

#[test]
fn a_codec_goes_to_those_who_have_it_and_is_waited_for_by_nobody_else() {
    let mut world = World::new(1);
    let clients = [Client::only_vp9(1, world.now), Client::new(2, world.now), Client::with_vp9(3, world.now)];
    let peers = clients.map(|client| world.connect(client.number, 0, client));
    world.run(Duration::from_secs(2));
    let [sender, without, with] = peers;
    for peer in [sender, with] {
        world.open(peer);
        world.client_mut(peer).sends_camera = true;
    }
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(3));
    assert_unbroken(&world.client(with).on(Slot::Programme));
    assert!(world.client(without).received.is_empty(), "got what it cannot show");
    assert_eq!(world.since(Duration::ZERO, super::world::switches(without, Slot::Programme)), []);
    let asked = world.client(sender).keyframe_requests.len();
    world.run(Duration::from_secs(5));
    assert_eq!(
        world.client(sender).keyframe_requests.len(),
        asked,
        "keyframes for somebody who cannot show them"
    );
    // The slots are still good for what they can show, and one stream carries two codecs in turn.
    world.open(without);
    world.client_mut(without).sends_camera = true;
    world.programme(0, Some(without));
    world.run(Duration::from_secs(3));
    world.programme(0, Some(with));
    world.run(Duration::from_secs(3));
    assert_unbroken(&world.client(without).on(Slot::Programme));
    assert_unbroken(&world.client(with).on(Slot::Programme));
    let senders: BTreeSet<_> = world.client(with).received.iter().map(|frame| frame.sender).collect();
    assert_eq!(senders, BTreeSet::from([1, 2]));
}

#[test]
fn after_a_fall_the_layers_rest() {
    let mut world = World::new(1);
    let (_, viewer) = pair(&mut world);
    world.run(Duration::from_secs(4));
    world.link = Link { capacity_bps: Some(450_000), ..Link::default() };
    world.run(Duration::from_secs(40));
    let frames = world.client(viewer).on(Slot::Programme);
    let changes = frames.windows(2).filter(|pair| pair[0].layer != pair[1].layer).count();
    assert!(changes <= 12, "{changes} changes of layer in 44 seconds");
}
