//! Who is on stage is seen by everybody, and only by them.

use super::world::{camera, demands, switches};
use super::{Frame, World};
use sfu_control::{
    Demand, Gate, Layer, MosaicWish, ReceiveProfile, SfuCommand, SfuEvent, Slot, SourceKind, View,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Asserts that what came on a slot is one unbroken stream.
pub(super) fn assert_unbroken(frames: &[&Frame]) {
    assert!(!frames.is_empty(), "nothing came");
    for pair in frames.windows(2) {
        let [before, after] = pair else { unreachable!() };
        assert_eq!(after.seq, before.seq + 1, "sequence broke between {before:?} and {after:?}");
        let step = after.time.wrapping_sub(before.time);
        assert!(step < 90_000 * 20, "time jumped by {step} between {before:?} and {after:?}");
        let pictures = after.picture_id.wrapping_sub(before.picture_id) & 0x7FFF;
        assert!(pictures <= 1, "pictures jumped by {pictures} between {before:?} and {after:?}");
        if after.sender != before.sender || after.layer != before.layer {
            assert!(after.keyframe, "{after:?} did not begin with a keyframe");
        }
    }
}

#[test]
fn a_keyframe_that_comes_before_a_newcomer_is_connected_is_made_up_for() {
    let mut world = World::new(1);
    let (sender, first) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(5));
    assert!(!world.client(first).on(Slot::Programme).is_empty());
    // The newcomer's wish is known with its offer; its handshake takes longer than the keyframe and than what is kept.
    let newcomer = super::Client::new(3, world.now);
    let address = newcomer.address;
    let peer = world.connect(3, 0, newcomer);
    let client = world.clients.remove(&peer).expect("it was just added");
    world.run(Duration::from_secs(4));
    world.clients.insert(peer, client);
    world.run(Duration::from_secs(3));
    assert!(world.saw(|event| *event == SfuEvent::Connected { peer }), "{address} connected late");
    assert!(!world.client(peer).on(Slot::Programme).is_empty(), "connected, and shown nothing");
}

#[test]
fn everybody_else_sees_the_programme() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=4).map(|number| world.join(number, 0)).collect();
    world.open(peers[0]);
    world.client_mut(peers[0]).sends_camera = true;
    world.programme(0, Some(peers[0]));
    world.run(Duration::from_secs(4));
    for peer in &peers[1..] {
        let frames = world.client(*peer).on(Slot::Programme);
        assert_unbroken(&frames);
        assert!(frames.len() > 150, "{} packets in four seconds", frames.len());
        assert!(frames.iter().all(|frame| frame.sender == 1), "somebody else's picture");
        assert!(frames[0].keyframe, "began without a keyframe");
        assert_eq!(world.since(Duration::ZERO, switches(*peer, Slot::Programme)), [Some(camera(peers[0]))]);
    }
    assert!(world.client(peers[0]).received.is_empty(), "a sender was sent its own picture");
}

#[test]
fn the_stage_changes_hands_without_a_seam() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=3).map(|number| world.join(number, 0)).collect();
    for peer in &peers[..2] {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    let offers = world.engine.counters().offers_answered;
    for turn in 0..6 {
        world.programme(0, Some(peers[turn % 2]));
        world.run(Duration::from_secs(3));
    }
    let frames = world.client(peers[2]).on(Slot::Programme);
    assert_unbroken(&frames);
    let told = world.since(Duration::ZERO, switches(peers[2], Slot::Programme));
    let expected: Vec<_> = (0..6).map(|turn| Some(camera(peers[turn % 2]))).collect();
    assert_eq!(told, expected);
    assert_eq!(world.engine.counters().offers_answered, offers, "somebody had to negotiate");
    let gaps = frames.windows(2).map(|pair| pair[1].at - pair[0].at).max();
    assert!(gaps < Some(Duration::from_millis(200)), "the picture stood still for {gaps:?}");
}

#[test]
fn a_switch_is_told_with_the_timestamp_it_holds_from() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=3).map(|number| world.join(number, 0)).collect();
    for peer in &peers[..2] {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    world.programme(0, Some(peers[0]));
    world.run(Duration::from_secs(3));
    world.programme(0, Some(peers[1]));
    world.run(Duration::from_secs(3));
    let told = world.since(Duration::ZERO, |event| match event {
        SfuEvent::SlotSwitched { peer, slot: Slot::Programme, source: Some(source), rtp_timestamp }
            if *peer == peers[2] =>
        {
            Some((source.peer.number(), *rtp_timestamp))
        }
        _ => None,
    });
    assert_eq!(told.len(), 2);
    for (sender, time) in told {
        let first = world
            .client(peers[2])
            .on(Slot::Programme)
            .into_iter()
            .find(|frame| u64::from(frame.sender) == sender);
        assert_eq!(first.map(|frame| frame.time), Some(time));
    }
}

#[test]
fn the_sender_of_the_programme_is_shown_the_reverse() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=2).map(|number| world.join(number, 0)).collect();
    for peer in &peers {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    world.command(SfuCommand::SetProgramme {
        room: sfu_control::RoomId::new(0),
        source: Some(camera(peers[0])),
        reverse: Some(camera(peers[1])),
    });
    world.run(Duration::from_secs(3));
    assert!(world.client(peers[0]).on(Slot::Programme).iter().all(|frame| frame.sender == 2));
    assert!(!world.client(peers[0]).on(Slot::Programme).is_empty());
    assert!(world.client(peers[1]).on(Slot::Programme).iter().all(|frame| frame.sender == 1));
    assert!(!world.client(peers[1]).on(Slot::Programme).is_empty());
}

#[test]
fn nothing_crosses_rooms() {
    let mut world = World::new(2);
    let (sender, inside, outside) = (world.join(1, 0), world.join(2, 0), world.join(3, 1));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).voice = Some(20);
    world.programme(0, Some(sender));
    // Even when the other room names the stranger by every name there is.
    world.programme(1, Some(sender));
    let room = sfu_control::RoomId::new(1);
    world.command(SfuCommand::SetFloor { room, source: Some(super::world::microphone(sender)) });
    world.view(outside, mosaic(sender, 720));
    world.run(Duration::from_secs(3));
    assert!(!world.client(inside).received.is_empty(), "the own room got nothing");
    assert!(world.client(outside).received.is_empty(), "another room got something");
}

#[test]
fn a_closed_camera_gate_shows_nothing_and_an_open_one_does() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).ignores_demand = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    assert!(world.client(viewer).received.is_empty(), "a closed gate let something through");
    assert!(world.engine.counters().dropped_gate > 100, "nothing was there to be dropped");
    world.gate(sender, SourceKind::Camera, Gate::Open);
    world.run(Duration::from_secs(2));
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
    world.gate(sender, SourceKind::Camera, Gate::Closed);
    world.run(Duration::from_millis(100));
    world.forget_received();
    world.run(Duration::from_secs(1));
    assert!(world.client(viewer).received.is_empty(), "a closed gate let something through");
    let told = world.since(Duration::ZERO, switches(viewer, Slot::Programme));
    assert_eq!(told, [Some(camera(sender)), None]);
}

#[test]
fn a_leaving_sender_empties_the_slots_it_filled() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    world.client_mut(sender).close();
    world.run(Duration::from_secs(2));
    assert!(world.saw(|event| matches!(
        event,
        SfuEvent::Disconnected { peer, reason: sfu_control::DisconnectReason::Closed } if *peer == sender
    )));
    assert_eq!(world.since(Duration::ZERO, switches(viewer, Slot::Programme)), [Some(camera(sender)), None]);
}

#[test]
fn unseen_cameras_are_paused_and_seen_ones_are_not() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.run(Duration::from_secs(1));
    assert_eq!(world.since(Duration::ZERO, demands(sender)), [Demand::Paused], "told at once, and once");
    let media = world.engine.counters().media_in;
    world.run(Duration::from_secs(1));
    assert_eq!(world.engine.counters().media_in, media, "an idle site sends video");

    let moment = world.elapsed();
    world.view(viewer, mosaic(sender, 180));
    world.run(Duration::from_secs(2));
    assert_eq!(world.since(moment, demands(sender)), [Demand::UpTo(Layer::Low)]);
    assert_unbroken(&world.client(viewer).on(Slot::Mosaic(0)));
    let layers: BTreeSet<_> = world.client(viewer).received.iter().map(|frame| frame.layer).collect();
    assert_eq!(layers, BTreeSet::from([0]));

    let moment = world.elapsed();
    world.view(viewer, View { mosaic: Vec::new(), ..mosaic(sender, 0) });
    world.run(Duration::from_millis(1_900));
    assert_eq!(world.since(moment, demands(sender)), [], "released too early");
    world.run(Duration::from_millis(200));
    assert_eq!(world.since(moment, demands(sender)), [Demand::Paused]);
}

#[test]
fn flipping_a_page_back_costs_nothing() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.view(viewer, mosaic(sender, 180));
    world.run(Duration::from_secs(2));
    let moment = world.elapsed();
    world.view(viewer, View { mosaic: Vec::new(), ..mosaic(sender, 0) });
    world.run(Duration::from_secs(1));
    world.view(viewer, mosaic(sender, 180));
    world.run(Duration::from_secs(4));
    assert_eq!(world.since(moment, demands(sender)), []);
}

#[test]
fn slides_are_shown_to_everybody_but_their_sender() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=3).map(|number| world.join(number, 0)).collect();
    world.open(peers[0]);
    world.client_mut(peers[0]).sends_screen = true;
    world.client_mut(peers[0]).sends_camera = true;
    world.programme(0, Some(peers[0]));
    let source = Some(sfu_control::Source { peer: peers[0], kind: SourceKind::Screen });
    world.command(SfuCommand::SetSlides { room: sfu_control::RoomId::new(0), source });
    world.run(Duration::from_secs(3));
    for peer in &peers[1..] {
        assert_unbroken(&world.client(*peer).on(Slot::Slides));
        assert_unbroken(&world.client(*peer).on(Slot::Programme));
        assert_eq!(world.since(Duration::ZERO, switches(*peer, Slot::Slides)), [source]);
    }
    assert!(world.client(peers[0]).received.is_empty(), "a sender was sent its own slides");
}

#[test]
fn a_closed_room_ends_all_its_peers_and_no_others() {
    let mut world = World::new(2);
    let (inside, other) = (world.join(1, 0), world.join(2, 1));
    world.command(SfuCommand::CloseRoom { room: sfu_control::RoomId::new(0) });
    world.run(Duration::from_secs(1));
    assert_eq!((world.engine.counters().peers, world.engine.counters().rooms), (1, 1));
    assert!(!world.client(inside).is_alive(), "the client was not told");
    assert!(world.client(other).is_alive());
}

/// A view with one small picture.
pub(super) fn mosaic(sender: sfu_control::PeerId, height: u16) -> View {
    View {
        profile: ReceiveProfile::Full,
        programme_height: 720,
        slides_height: 720,
        mosaic: vec![MosaicWish { slot: 0, source: camera(sender), height }],
    }
}
