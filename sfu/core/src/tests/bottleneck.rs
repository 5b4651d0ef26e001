//! What a subscriber sees over a narrow, lossy or uneven line: how soon the layer follows, and that voices go on.

use super::{Bottleneck, World};
use sfu_control::{PeerId, Slot};
use std::time::{Duration, Instant};

/// How long a voice may be away.
const SILENCE_MAX: Duration = Duration::from_millis(200);

/// A programme in three layers with its voice, and some who watch it.
fn watched(world: &mut World, viewers: u32) -> Vec<PeerId> {
    let sender = world.join(1, 0);
    world.open(sender);
    world.client_mut(sender).sends_full_layers();
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).voice = Some(20);
    world.programme(0, Some(sender));
    (2..2 + viewers).map(|number| world.join(number, 0)).collect()
}

/// What one viewer got since the world last forgot.
#[derive(Debug)]
struct Seen {
    /// When another layer than the right one came last.
    settled: Duration,
    /// The share of packets of that layer or a better one in the last twenty seconds, in hundredths.
    share: usize,
    /// Changes of layer after the first ten seconds.
    changes: usize,
    /// The longest time without a voice.
    silence: Duration,
}

/// Lets a viewer watch for a while.
fn watch(world: &mut World, viewer: PeerId, layer: u8, span: Duration) -> Seen {
    world.forget_received();
    let from = world.now;
    world.run(span);
    let frames = world.client(viewer).on(Slot::Programme);
    let shown: Vec<(Instant, u8)> = frames.iter().map(|frame| (frame.at, frame.layer)).collect();
    let wrong = shown.iter().rev().find(|(_, which)| *which != layer);
    let late: Vec<_> = shown.iter().filter(|(at, _)| *at + Duration::from_secs(20) > world.now).collect();
    let right = late.iter().filter(|(_, which)| *which >= layer).count();
    let calm = frames.iter().filter(|frame| frame.at > from + Duration::from_secs(10));
    // A repair of the layer before is no change: layers change with their frames in order.
    let mut calm: Vec<_> = calm.map(|frame| (frame.seq, frame.layer)).collect();
    calm.sort_unstable();
    let voices = world.client(viewer).on(Slot::Audio(0));
    let heard = [from].into_iter().chain(voices.iter().map(|voice| voice.at)).chain([world.now]);
    let mut heard: Vec<_> = heard.collect();
    heard.sort_unstable();
    Seen {
        settled: wrong.map_or(Duration::ZERO, |(at, _)| *at - from),
        share: right * 100 / late.len().max(1),
        changes: calm.windows(2).filter(|pair| pair[0].1 != pair[1].1).count(),
        silence: heard.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap(),
    }
}

#[test]
fn a_line_that_narrows_and_widens_is_followed() {
    for seed in [1, 2] {
        let mut world = World::seeded(1, seed);
        let viewer = watched(&mut world, 1)[0];
        world.link.capacity_bps = Some(4_000_000);
        // The fall meets a frame, a probe or neither.
        world.run(Duration::from_millis(10_000 + 710 * u64::from(seed)));
        for (capacity, layer, within) in [(1_000_000, 1, 3), (300_000, 0, 3), (4_000_000, 2, 10)] {
            world.link.capacity_bps = Some(capacity);
            let seen = watch(&mut world, viewer, layer, Duration::from_secs(40));
            println!("{capacity} bit/s: {seen:?}");
            assert!(seen.settled <= Duration::from_secs(within), "{capacity} bit/s: {seen:?}");
            assert!(seen.changes <= 2, "one swing is two changes: {capacity} bit/s: {seen:?}");
            assert!(seen.silence < SILENCE_MAX, "{capacity} bit/s: {seen:?}");
        }
    }
}

#[test]
fn steady_loss_takes_no_layer_away() {
    for (capacity, layer) in [(4_000_000, 2), (1_000_000, 1)] {
        for loss_permille in [10, 20, 50, 100] {
            let mut world = World::new(1);
            let viewer = watched(&mut world, 1)[0];
            world.link.capacity_bps = Some(capacity);
            world.link.loss_permille = loss_permille;
            world.run(Duration::from_secs(15));
            let seen = watch(&mut world, viewer, layer, Duration::from_secs(30));
            println!("{capacity} bit/s, {loss_permille} of a thousand lost: {seen:?}");
            assert!(seen.share >= 80, "{capacity} bit/s, {loss_permille} of a thousand lost: {seen:?}");
            assert!(seen.changes <= 2, "{capacity} bit/s, {loss_permille} of a thousand lost: {seen:?}");
            assert!(seen.silence < SILENCE_MAX, "{loss_permille} of a thousand lost: {seen:?}");
        }
    }
}

#[test]
fn jitter_takes_no_layer_away() {
    for (capacity, layer) in [(4_000_000, 2), (1_000_000, 1)] {
        for jitter in [30, 60, 100, 150] {
            let mut world = World::new(1);
            let viewer = watched(&mut world, 1)[0];
            world.link.jitter = Duration::from_millis(jitter);
            world.run(Duration::from_secs(10));
            world.link.capacity_bps = Some(capacity);
            world.run(Duration::from_secs(10));
            let seen = watch(&mut world, viewer, layer, Duration::from_secs(30));
            println!("{capacity} bit/s, {jitter} ms: {seen:?}");
            assert!(seen.share >= 90, "{capacity} bit/s, {jitter} ms: {seen:?}");
            assert!(seen.changes <= 2, "{capacity} bit/s, {jitter} ms: {seen:?}");
            // The voice itself comes through two such hops.
            let silence = SILENCE_MAX + Duration::from_millis(2 * jitter);
            assert!(seen.silence < silence, "{capacity} bit/s, {jitter} ms: {seen:?}");
        }
    }
}

#[test]
fn two_viewers_behind_one_bottleneck_share_it_fairly() {
    for capacity in [1_600_000, 2_000_000, 4_000_000] {
        let mut world = World::new(1);
        let viewers = watched(&mut world, 2);
        world.link.capacity_bps = Some(capacity);
        world.link.bottleneck = Bottleneck::Shared;
        world.run(Duration::from_secs(10));
        world.forget_received();
        world.run(Duration::from_secs(40));
        let sizes = [310, 1_100, 1_040];
        let bytes = |viewer: &PeerId| -> usize {
            let frames = world.client(*viewer).on(Slot::Programme);
            frames.iter().map(|frame| sizes[usize::from(frame.layer)]).sum()
        };
        let (one, other) = (bytes(&viewers[0]), bytes(&viewers[1]));
        println!("{capacity} bit/s: {one} and {other} bytes");
        assert!(one.min(other) * 10 >= one.max(other) * 7, "{capacity} bit/s: {one} and {other} bytes");
    }
}
