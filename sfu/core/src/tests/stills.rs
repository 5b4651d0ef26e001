//! Who hears only is shown a still now and then.

use super::World;
use super::stage::assert_unbroken;
use sfu_control::{Demand, Layer, PeerId, ReceiveProfile, Slot, SourceKind, View};
use std::time::{Duration, Instant};

fn view(profile: ReceiveProfile) -> View {
    View { profile, programme_height: 720, slides_height: 720, mosaic: Vec::new() }
}

/// A speaker on stage, and some who watch stills over lines that bear little more than voices.
fn hall(world: &mut World, viewers: u32) -> (PeerId, Vec<PeerId>) {
    let sender = world.join(1, 0);
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).voice = Some(20);
    world.programme(0, Some(sender));
    let viewers: Vec<_> = (2..2 + viewers).map(|number| world.join(number, 0)).collect();
    for viewer in &viewers {
        world.view(*viewer, view(ReceiveProfile::AudioStills));
    }
    world.run(Duration::from_secs(3));
    world.link.capacity_bps = Some(200_000);
    world.run(Duration::from_secs(2));
    world.forget_received();
    (sender, viewers)
}

/// The moments at which pictures began to come.
fn stills(world: &World, viewer: PeerId) -> Vec<Instant> {
    let frames = world.client(viewer).on(Slot::Programme);
    let mut begun: Vec<(u32, Instant)> = frames.iter().map(|frame| (frame.time, frame.at)).collect();
    begun.dedup_by_key(|(time, _)| *time);
    begun.into_iter().map(|(_, at)| at).collect()
}

fn silence(world: &World, viewer: PeerId) -> Duration {
    let heard = world.client(viewer).on(Slot::Audio(0));
    heard.windows(2).map(|pair| pair[1].at - pair[0].at).max().expect("a voice was heard")
}

#[test]
fn stills_come_at_an_even_pace_and_the_voice_is_whole() {
    let mut world = World::new(1);
    let (sender, viewers) = hall(&mut world, 3);
    let asked = world.client(sender).keyframe_requests.len();
    world.run(Duration::from_secs(60));
    for viewer in &viewers {
        let frames = world.client(*viewer).on(Slot::Programme);
        assert_unbroken(&frames);
        assert!(frames.iter().all(|frame| frame.layer == 0), "a larger picture than need be");
        let moments = stills(&world, *viewer);
        assert!((5..=7).contains(&moments.len()), "{} stills in a minute", moments.len());
        // Two packets a picture: nothing but whole keyframes came.
        assert_eq!(frames.len(), 2 * moments.len());
        for pair in moments.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart > Duration::from_secs(9) && apart < Duration::from_secs(12), "{apart:?} apart");
        }
        assert!(silence(&world, *viewer) < Duration::from_millis(100));
    }
    let asked = world.client(sender).keyframe_requests.len() - asked;
    assert!(asked <= 8, "{asked} keyframes asked for: one serves all");
    let demanded = world.client(sender).demanded.get(&SourceKind::Camera);
    assert_eq!(demanded, Some(&Demand::UpTo(Layer::Low)));
}

#[test]
fn pictures_move_again_from_a_keyframe_on_and_stop_again() {
    let mut world = World::new(1);
    let (_, viewers) = hall(&mut world, 1);
    let viewer = viewers[0];
    world.link.capacity_bps = None;
    for _ in 0..2 {
        world.view(viewer, view(ReceiveProfile::Full));
        world.run(Duration::from_secs(2));
        assert!(stills(&world, viewer).len() > 30, "the picture does not move");
        assert_unbroken(&world.client(viewer).on(Slot::Programme));
        world.view(viewer, view(ReceiveProfile::AudioStills));
        world.run(Duration::from_millis(200));
        world.forget_received();
        world.run(Duration::from_secs(30));
        let count = stills(&world, viewer).len();
        assert!((2..=4).contains(&count), "{count} pictures in thirty seconds");
        world.forget_received();
    }
}

#[test]
fn a_newcomer_is_shown_a_still_at_once() {
    let mut world = World::new(1);
    let (_, _) = hall(&mut world, 1);
    world.link.capacity_bps = None;
    let newcomer = world.join(9, 0);
    world.view(newcomer, view(ReceiveProfile::AudioStills));
    world.run(Duration::from_secs(1));
    assert!(!world.client(newcomer).on(Slot::Programme).is_empty(), "an empty screen");
}

#[test]
fn another_speaker_is_shown_at_once_and_one_who_leaves_no_longer() {
    let mut world = World::new(1);
    let (sender, viewers) = hall(&mut world, 1);
    world.link.capacity_bps = None;
    let second = world.join(8, 0);
    world.open(second);
    world.client_mut(second).sends_camera = true;
    world.forget_received();
    world.programme(0, Some(second));
    world.run(Duration::from_secs(2));
    let frames = world.client(viewers[0]).on(Slot::Programme);
    assert!(frames.iter().any(|frame| frame.sender == 8), "{frames:?}");
    assert_unbroken(&frames);
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    world.command(sfu_control::SfuCommand::Disconnect { peer: sender });
    world.run(Duration::from_secs(1));
    let told = world.since(Duration::ZERO, super::world::switches(viewers[0], Slot::Programme));
    assert_eq!(told.last(), Some(&None), "a still of who is gone stays: {told:?}");
}
