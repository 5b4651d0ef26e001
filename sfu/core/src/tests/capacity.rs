//! Lines that become narrow and wide again while somebody speaks.

use super::World;
use super::stage::assert_unbroken;
use sfu_control::{PeerId, SfuEvent, Slot};
use std::collections::BTreeSet;
use std::time::Duration;

/// A programme with its voice, and one who watches it.
fn watched(world: &mut World) -> (PeerId, PeerId) {
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).voice = Some(20);
    world.programme(0, Some(sender));
    world.link.capacity_bps = Some(4_000_000);
    world.run(Duration::from_secs(6));
    (sender, viewer)
}

/// The longest time between two packets of a voice since a moment.
fn longest_silence(world: &World, viewer: PeerId) -> Duration {
    let heard = world.client(viewer).on(Slot::Audio(0));
    let gaps = heard.windows(2).map(|pair| pair[1].at - pair[0].at);
    gaps.max().expect("a voice was heard")
}

/// The layer shown last.
fn shown(world: &World, viewer: PeerId) -> u8 {
    world.client(viewer).on(Slot::Programme).last().expect("a picture was shown").layer
}

#[test]
fn a_line_that_narrows_and_widens_never_silences_the_voice() {
    let mut world = World::new(1);
    let (_, viewer) = watched(&mut world);
    assert_eq!(shown(&world, viewer), 2, "4 Mbit/s carry everything");
    for capacity in [1_000_000, 300_000, 4_000_000] {
        world.link.capacity_bps = Some(capacity);
        world.run(Duration::from_secs(3));
        world.forget_received();
        world.run(Duration::from_secs(10));
        let silence = longest_silence(&world, viewer);
        assert!(silence < Duration::from_millis(200), "{silence:?} without a voice at {capacity} bit/s");
        if capacity == 300_000 {
            assert_eq!(shown(&world, viewer), 0, "only the smallest picture fits");
        }
    }
}

#[test]
fn a_narrow_line_does_not_swing() {
    let mut world = World::new(1);
    let (_, viewer) = watched(&mut world);
    world.link.capacity_bps = Some(600_000);
    world.run(Duration::from_secs(5));
    world.forget_received();
    let before = world.engine.counters().slot_switches;
    world.run(Duration::from_secs(30));
    let switches = world.engine.counters().slot_switches - before;
    assert!(switches <= 2, "{switches} changes of layer in 30 s: one swing is two");
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
    assert!(longest_silence(&world, viewer) < Duration::from_millis(200));
}

#[test]
fn a_little_loss_and_jitter_without_a_queue_leave_the_picture_alone() {
    for (loss_permille, jitter) in [(10, 30), (20, 20), (50, 10)] {
        let mut world = World::new(1);
        let (_, viewer) = watched(&mut world);
        world.link.loss_permille = loss_permille;
        world.link.jitter = Duration::from_millis(jitter);
        world.run(Duration::from_secs(20));
        let estimates = world.since(Duration::from_secs(15), |event| match event {
            SfuEvent::Line { peer, report } if *peer == viewer => Some(report.down_estimate_kbps),
            _ => None,
        });
        let least = estimates.iter().min().copied().expect("lines are told");
        assert!(least > 400, "{loss_permille} of a thousand lost, {jitter} ms of jitter: {estimates:?}");
    }
}

#[test]
fn what_is_lost_on_a_narrow_line_is_repaired() {
    let mut world = World::new(1);
    let (_, viewer) = watched(&mut world);
    world.link.capacity_bps = Some(800_000);
    world.link.loss_permille = 40;
    world.run(Duration::from_secs(3));
    world.forget_received();
    world.run(Duration::from_secs(20));
    world.link.loss_permille = 0;
    world.run(Duration::from_secs(2));
    let frames = world.client(viewer).on(Slot::Programme);
    let numbers: BTreeSet<u64> = frames.iter().map(|frame| frame.seq).collect();
    let (first, last) = (numbers.first().unwrap(), numbers.last().unwrap());
    let span = usize::try_from(last - first + 1).unwrap();
    let missing = span - numbers.len();
    assert!(missing * 100 <= span, "{missing} of {span} packets are missing for good");
}
