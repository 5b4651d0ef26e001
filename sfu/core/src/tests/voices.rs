//! Who speaks is heard: the loudest three, the floor apart, nobody twice, nobody locked, nobody himself.

use super::world::{microphone, switches};
use super::{Frame, World};
use sfu_control::{Gate, PeerId, RoomId, SfuCommand, SfuEvent, Slot, SourceKind};
use std::collections::BTreeSet;
use std::time::Duration;

/// Peers in room 0 with open microphones.
fn hall(world: &mut World, count: u32) -> Vec<PeerId> {
    let peers: Vec<_> = (1..=count).map(|number| world.join(number, 0)).collect();
    for peer in &peers {
        world.gate(*peer, SourceKind::Microphone, Gate::Open);
    }
    peers
}

/// Who was heard by a peer, by slot.
fn heard(world: &World, peer: PeerId) -> BTreeSet<(Slot, u32)> {
    world.client(peer).received.iter().map(|frame| (frame.slot, frame.sender)).collect()
}

fn assert_unbroken_voice(frames: &[&Frame]) {
    for pair in frames.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1, "sequence broke between {pair:?}");
        assert!(pair[1].time.wrapping_sub(pair[0].time) < 48_000 * 20, "time jumped between {pair:?}");
    }
}

#[test]
fn a_locked_microphone_is_silent_at_every_receiver_and_an_open_one_is_not() {
    let mut world = World::new(1);
    let peers: Vec<_> = (1..=3).map(|number| world.join(number, 0)).collect();
    world.client_mut(peers[0]).voice = Some(15);
    world.run(Duration::from_secs(3));
    assert!(world.engine.counters().dropped_gate > 100, "nothing was there to be dropped");
    for peer in &peers {
        assert!(world.client(*peer).received.is_empty(), "a locked microphone was heard");
    }
    world.gate(peers[0], SourceKind::Microphone, Gate::Open);
    world.run(Duration::from_secs(2));
    for peer in &peers[1..] {
        assert!(world.client(*peer).received.len() > 90, "an open microphone was not heard");
    }
    world.gate(peers[0], SourceKind::Microphone, Gate::Closed);
    world.run(Duration::from_millis(50));
    world.forget_received();
    world.run(Duration::from_secs(2));
    for peer in &peers {
        assert!(world.client(*peer).received.is_empty(), "a microphone locked again was heard");
    }
}

#[test]
fn a_late_joiner_is_locked_too() {
    let mut world = World::new(1);
    let listener = world.join(1, 0);
    let late = world.join(2, 0);
    world.client_mut(late).voice = Some(10);
    world.run(Duration::from_secs(2));
    assert!(world.client(listener).received.is_empty(), "a late joiner was heard before being let speak");
}

#[test]
fn the_loudest_three_are_heard_and_nobody_hears_himself() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 6);
    for (peer, level) in peers.iter().zip([20, 25, 30, 45, 50]) {
        world.client_mut(*peer).voice = Some(level);
    }
    world.run(Duration::from_secs(3));
    world.forget_received();
    world.run(Duration::from_secs(2));
    for peer in &peers {
        let voices: BTreeSet<_> = heard(&world, *peer).into_iter().map(|(_, sender)| sender).collect();
        let expected: BTreeSet<_> =
            [1, 2, 3].into_iter().filter(|sender| u64::from(*sender) != peer.number()).collect();
        assert_eq!(voices, expected, "at {peer:?}");
    }
    let speaking = world.since(Duration::ZERO, |event| match event {
        SfuEvent::Speaking { peers, .. } => Some(peers.clone()),
        _ => None,
    });
    let last: BTreeSet<_> = speaking.last().unwrap().iter().copied().collect();
    assert_eq!(last, peers[..3].iter().copied().collect());
}

#[test]
fn a_louder_voice_takes_the_quietest_place_after_a_moment() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 5);
    for (peer, level) in peers.iter().zip([20, 25, 40]) {
        world.client_mut(*peer).voice = Some(level);
    }
    world.run(Duration::from_secs(2));
    world.forget_received();
    world.client_mut(peers[3]).voice = Some(15);
    world.run(Duration::from_millis(250));
    assert!(
        !heard(&world, peers[4]).iter().any(|(_, sender)| *sender == 4),
        "took a place at the first sound"
    );
    world.run(Duration::from_secs(1));
    world.forget_received();
    world.run(Duration::from_millis(500));
    let voices: BTreeSet<_> = heard(&world, peers[4]).into_iter().map(|(_, sender)| sender).collect();
    assert_eq!(voices, BTreeSet::from([1, 2, 4]));
    for place in 0..3 {
        assert_unbroken_voice(&world.client(peers[4]).on(Slot::Audio(place)));
    }
}

#[test]
fn the_floor_has_its_own_slot_and_only_that() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 5);
    for (peer, level) in peers.iter().zip([50, 20, 20, 20]) {
        world.client_mut(*peer).voice = Some(level);
    }
    let room = RoomId::new(0);
    world.command(SfuCommand::SetFloor { room, source: Some(microphone(peers[0])) });
    world.run(Duration::from_secs(2));
    world.forget_received();
    world.run(Duration::from_secs(1));
    let listener = heard(&world, peers[4]);
    assert!(listener.contains(&(Slot::FloorAudio, 1)), "the floor was not heard: {listener:?}");
    assert_eq!(listener.len(), 4, "{listener:?}");
    assert!(!listener.iter().any(|(slot, sender)| *slot != Slot::FloorAudio && *sender == 1), "{listener:?}");

    world.command(SfuCommand::SetFloor { room, source: Some(microphone(peers[1])) });
    world.run(Duration::from_secs(1));
    assert_unbroken_voice(&world.client(peers[4]).on(Slot::FloorAudio));
    let told = world.since(Duration::ZERO, switches(peers[4], Slot::FloorAudio));
    assert_eq!(told, [Some(microphone(peers[0])), Some(microphone(peers[1]))]);
}

#[test]
fn silence_is_not_sent() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 2);
    world.client_mut(peers[0]).voice = Some(127);
    world.run(Duration::from_secs(3));
    assert!(world.client(peers[1]).received.is_empty(), "silence was sent");
    assert!(world.engine.counters().dropped_unheard > 100, "nothing was there to be dropped");
    world.client_mut(peers[0]).voice = Some(30);
    world.run(Duration::from_secs(1));
    world.client_mut(peers[0]).voice = Some(127);
    world.run(Duration::from_secs(3));
    let frames = world.client(peers[1]).on(Slot::Audio(0));
    assert_unbroken_voice(&frames);
    // One second of speech and 300 ms of tail, 50 packets a second.
    assert!((60..=72).contains(&frames.len()), "{} packets", frames.len());
    let told = world.since(Duration::ZERO, switches(peers[1], Slot::Audio(0)));
    assert_eq!(told, [Some(microphone(peers[0])), None]);
}

#[test]
fn the_first_syllable_is_not_lost() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 2);
    world.run(Duration::from_secs(1));
    world.client_mut(peers[0]).voice = Some(25);
    world.run(Duration::from_millis(500));
    let frames = world.client(peers[1]).on(Slot::Audio(0));
    assert_eq!(
        frames.first().map(|frame| frame.number),
        Some(501),
        "the first packet ever sent is the first heard"
    );
}

#[test]
fn who_speaks_is_told_at_most_five_times_a_second() {
    let mut world = World::new(1);
    let peers = hall(&mut world, 4);
    let moment = world.elapsed();
    for turn in 0..40_usize {
        for (index, peer) in peers.iter().enumerate() {
            world.client_mut(*peer).voice = (turn % peers.len() == index).then_some(20);
        }
        world.run(Duration::from_millis(120));
    }
    let told = world.since(moment, |event| matches!(event, SfuEvent::Speaking { .. }).then_some(()));
    assert!(!told.is_empty() && told.len() <= 25, "{} times in 4.8 s", told.len());
}
