//! A province and its communes meet: who is on stage is what everybody is sent, and a lock lets nothing through.

use super::world::{CHAIR, World};
use signaling_protocol::{ClientMessage, Outcome, Refusal};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Long enough for a keyframe to be asked for and a switch to happen.
const SWITCH: Duration = Duration::from_secs(2);
const WHILE: Duration = Duration::from_secs(2);
/// Packets in that while, of pictures at 60 and of sound at 50 a second, with room for the ends.
const MANY: usize = 80;

/// Lets a change take hold; the moment from which only the new holds.
fn after_switch(world: &mut World) -> Instant {
    world.run(SWITCH);
    let since = world.instant();
    world.run(WHILE);
    since
}

/// Asserts that one sender came through, and nobody else.
fn only(counts: &BTreeMap<u32, usize>, sender: u32, whose: u32) {
    let senders: Vec<u32> = counts.keys().copied().collect();
    assert_eq!(senders, [sender], "at {whose}");
    assert!(counts[&sender] >= MANY, "at {whose}: {counts:?}");
}

fn put_on_stage(world: &mut World, number: u32) {
    let seat = world.seat(number);
    world.ask(CHAIR, ClientMessage::PutOnStage { seat });
}

fn invite(world: &mut World, number: u32) {
    let seat = world.seat(number);
    world.ask(CHAIR, ClientMessage::InviteToSpeak { seat });
}

#[test]
fn whom_the_chair_puts_on_stage_everybody_is_shown_and_he_is_shown_the_chair() {
    let mut world = World::running(&[1, 2, 3]);
    // A meeting that is opened shows its chair.
    let since = after_switch(&mut world);
    for viewer in 1..=3 {
        only(&world.seen_by(viewer, since), CHAIR, viewer);
    }
    assert!(world.seen_by(CHAIR, since).is_empty(), "nobody is sent the own picture");
    for on_stage in [2, 3, 1] {
        put_on_stage(&mut world, on_stage);
        let since = after_switch(&mut world);
        for viewer in [1, 2, 3, CHAIR] {
            let expected = if viewer == on_stage { CHAIR } else { on_stage };
            only(&world.seen_by(viewer, since), expected, viewer);
        }
    }
    world.ask(CHAIR, ClientMessage::ClearStage {});
    let since = after_switch(&mut world);
    for viewer in 1..=3 {
        assert!(world.seen_by(viewer, since).is_empty(), "an empty stage shows nothing");
    }
}

#[test]
fn a_locked_microphone_reaches_nobody_until_its_site_is_invited_to_speak() {
    let mut world = World::running(&[1, 2, 3]);
    // Site 1 sends sound for good, as a client would that does not care for its lock. The chair may speak.
    world.speak(1);
    world.speak(CHAIR);
    world.ask(CHAIR, ClientMessage::OpenMicrophone {});
    let refused = world.try_ask(1, ClientMessage::OpenMicrophone {});
    assert_eq!(refused, Outcome::Refused { refusal: Refusal::MicrophoneLocked });
    let since = after_switch(&mut world);
    for listener in [2, 3] {
        only(&world.heard_by(listener, since), CHAIR, listener);
    }
    assert!(world.heard_by(CHAIR, since).is_empty(), "the lock holds towards the chair too");

    invite(&mut world, 1);
    world.ask(1, ClientMessage::OpenMicrophone {});
    let since = after_switch(&mut world);
    for listener in [2, 3, CHAIR] {
        only(&world.floor_at(listener, since), 1, listener);
        only(&world.seen_by(listener, since), 1, listener);
    }
    assert!(!world.heard_by(1, since).contains_key(&1), "no echo");

    world.ask(CHAIR, ClientMessage::EndSpeech {});
    let since = after_switch(&mut world);
    for listener in [2, 3] {
        only(&world.heard_by(listener, since), CHAIR, listener);
    }
    assert!(world.heard_by(CHAIR, since).is_empty(), "it is locked again");
}

#[test]
fn all_microphones_are_locked_at_once_for_latecomers_too() {
    let mut world = World::running(&[1, 2]);
    world.ask(CHAIR, ClientMessage::AllowAllMicrophones {});
    world.ask(1, ClientMessage::OpenMicrophone {});
    world.speak(1);
    let since = after_switch(&mut world);
    only(&world.heard_by(2, since), 1, 2);
    world.ask(CHAIR, ClientMessage::LockAllMicrophones {});
    put_on_stage(&mut world, 2);
    world.join(3);
    world.speak(3);
    let since = after_switch(&mut world);
    for listener in [1, 2, 3, CHAIR] {
        assert!(world.heard_by(listener, since).is_empty(), "{listener} hears a locked microphone");
    }
    only(&world.seen_by(3, since), 2, 3);
}

#[test]
fn a_transport_that_died_is_made_anew_and_shows_on_the_same_seat() {
    let mut world = World::running(&[1, 2]);
    put_on_stage(&mut world, 1);
    let since = after_switch(&mut world);
    only(&world.seen_by(2, since), 1, 2);
    let seat = world.seat(1);
    world.cut_media(1);
    world.run(Duration::from_secs(40));
    let since = world.instant();
    world.run(WHILE);
    assert!(world.seen_by(2, since).is_empty(), "nothing comes over a cut line");
    world.mend_media(1);
    world.offer_again(1);
    let since = after_switch(&mut world);
    only(&world.seen_by(2, since), 1, 2);
    only(&world.seen_by(1, since), CHAIR, 1);
    assert_eq!(world.seat(1), seat);
}

#[test]
fn a_node_that_was_killed_shows_the_same_stage_from_its_facts() {
    let mut world = World::running(&[1, 2, 3]);
    world.speak(1);
    invite(&mut world, 2);
    world.ask(2, ClientMessage::OpenMicrophone {});
    world.run(SWITCH);
    let seats = [1, 2, 3, CHAIR].map(|number| world.seat(number));
    world.restart();
    for number in [3, 1, CHAIR, 2] {
        world.resume(number);
    }
    world.speak(2);
    world.speak(1);
    assert_eq!([1, 2, 3, CHAIR].map(|number| world.seat(number)), seats);
    let since = after_switch(&mut world);
    for viewer in [1, 3, CHAIR] {
        only(&world.seen_by(viewer, since), 2, viewer);
        only(&world.heard_by(viewer, since), 2, viewer);
    }
    only(&world.seen_by(2, since), CHAIR, 2);
    assert!(world.heard_by(2, since).is_empty(), "site 1 is locked after the restart as before");
}
