//! Meetings in which everybody sees everybody, in pictures of one encoding: what a line is sent must be what it carries,
//! and what it carries must soon be sent.

use super::{Client, World, world::camera};
use sfu_control::{MosaicWish, PeerId, ReceiveProfile, Slot, View};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many meet.
const PEOPLE: u32 = 8;

/// Packets of a frame of 1,200 kbit/s.
const USUAL: u8 = 5;

/// Everybody sends one picture and wants to see all others.
fn crowd(world: &mut World, packets: u8) -> Vec<PeerId> {
    let peers: Vec<PeerId> = (1..=PEOPLE)
        .map(|number| {
            let mut client = Client::new(number, world.now);
            client.pictures = 2 + usize::try_from(PEOPLE).unwrap();
            client.sends_one_encoding(packets);
            client.sends_camera = true;
            world.connect(number, 0, client)
        })
        .collect();
    for peer in &peers {
        world.open(*peer);
        let others = peers.iter().filter(|other| *other != peer);
        let wish = |(slot, other): (u8, &PeerId)| MosaicWish { slot, source: camera(*other), height: 180 };
        let mosaic = (0..).zip(others).map(wish).collect();
        let view = View { profile: ReceiveProfile::Full, programme_height: 0, slides_height: 0, mosaic };
        world.view(*peer, view);
    }
    world.client_mut(peers[0]).voice = Some(20);
    peers
}

/// Whose pictures somebody is shown.
fn seen(world: &World, viewer: PeerId) -> BTreeSet<u32> {
    world
        .client(viewer)
        .received
        .iter()
        .filter(|frame| is_picture(frame.slot))
        .map(|frame| frame.sender)
        .collect()
}

fn is_picture(slot: Slot) -> bool {
    matches!(slot, Slot::Mosaic(_))
}

/// Numbers that never came, of all that were given out on a slot.
fn holes(world: &World, viewer: PeerId, slot: Slot) -> usize {
    let numbers: BTreeSet<u64> = world.client(viewer).on(slot).iter().map(|frame| frame.seq).collect();
    let span = numbers.last().zip(numbers.first()).map_or(0, |(last, first)| last - first + 1);
    usize::try_from(span).unwrap() - numbers.len()
}

fn all_holes(world: &World, peers: &[PeerId]) -> usize {
    let slots = || (0..PEOPLE).map(|slot| Slot::Mosaic(u8::try_from(slot).unwrap()));
    peers.iter().flat_map(|peer| slots().map(|slot| holes(world, *peer, slot))).sum()
}

/// The longest time without the only voice.
fn silence(world: &World, viewer: PeerId) -> Duration {
    let heard = world.client(viewer).on(Slot::Audio(0));
    heard.windows(2).map(|pair| pair[1].at - pair[0].at).max().expect("a voice was heard")
}

#[test]
fn on_good_lines_everybody_is_soon_shown_whole() {
    let mut world = World::new(1);
    world.link.capacity_bps = Some(20_000_000);
    let peers = crowd(&mut world, USUAL);
    world.run(Duration::from_secs(3));
    world.forget_received();
    world.run(Duration::from_millis(200));
    for peer in &peers {
        assert_eq!(seen(&world, *peer).len(), 7, "{peer:?} sees {:?}", seen(&world, *peer));
    }
    world.run(Duration::from_secs(20));
    let counters = world.engine.counters();
    assert_eq!((counters.dropped_pacer, counters.dropped_overrun), (0, 0));
    assert_eq!(all_holes(&world, &peers), 0);
    for peer in &peers[1..] {
        assert!(silence(&world, *peer) < Duration::from_millis(100));
    }
}

#[test]
fn on_narrow_lines_fewer_are_shown_and_they_whole() {
    let mut world = World::new(1);
    world.link.capacity_bps = Some(3_000_000);
    let peers = crowd(&mut world, USUAL);
    world.run(Duration::from_secs(8));
    world.forget_received();
    let before = *world.engine.counters();
    world.run(Duration::from_secs(20));
    let counters = world.engine.counters();
    assert_eq!(counters.dropped_pacer, before.dropped_pacer);
    assert_eq!(counters.dropped_overrun, before.dropped_overrun);
    for peer in &peers {
        let seen = seen(&world, *peer);
        assert!((1..=2).contains(&seen.len()), "{peer:?} sees {seen:?}");
    }
    assert_eq!(all_holes(&world, &peers), 0);
    for peer in &peers[1..] {
        assert!(silence(&world, *peer) < Duration::from_millis(200), "{:?}", silence(&world, *peer));
    }
}

#[test]
fn pictures_that_are_larger_than_they_should_be_are_soon_fewer() {
    let mut world = World::new(1);
    world.link.capacity_bps = Some(12_000_000);
    // Three times what they are taken for until they are measured: all seven seem to fit, and only three do.
    let peers = crowd(&mut world, 3 * USUAL);
    world.run(Duration::from_secs(8));
    world.forget_received();
    let before = *world.engine.counters();
    world.run(Duration::from_secs(10));
    for peer in &peers {
        let seen = seen(&world, *peer);
        assert!((2..=3).contains(&seen.len()), "{peer:?} sees {seen:?}");
    }
    let counters = world.engine.counters();
    assert_eq!(counters.dropped_pacer, before.dropped_pacer);
    assert_eq!(counters.dropped_overrun, before.dropped_overrun);
    assert_eq!(all_holes(&world, &peers), 0);
}
