//! A room whose people are connected to several workers is one room: it makes no difference to a receiver.

use super::stage::{assert_unbroken, mosaic};
use super::world::{camera, demands, microphone, switches};
use super::{Frame, Link, World};
use sfu_control::{
    Demand, Gate, Layer, PeerId, ReceiveProfile, RoomId, SfuCommand, SfuEvent, Slot, SourceKind, View,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const SEED: u8 = 1;

/// What a receiver is shown, its streams' random beginnings taken off.
type Shown = BTreeMap<(PeerId, Slot), Vec<(Duration, u64, u32, bool, u32, u8, u32)>>;

fn shown(world: &World) -> Shown {
    let mut shown = Shown::new();
    let mut first: BTreeMap<(PeerId, Slot), (u64, u32)> = BTreeMap::new();
    for (peer, client) in &world.clients {
        for Frame { at, slot, seq, time, marker, sender, layer, number, .. } in &client.received {
            let (seq_base, time_base) = *first.entry((*peer, *slot)).or_insert((*seq, *time));
            let entry = (
                *at - world.start,
                seq - seq_base,
                time.wrapping_sub(time_base),
                *marker,
                *sender,
                *layer,
                *number,
            );
            shown.entry((*peer, *slot)).or_default().push(entry);
        }
    }
    shown
}

/// A morning in a hall: pictures change, people speak at once, one has the floor, one looks at small pictures, one
/// leaves; packets are lost on the way up and down if the link loses them.
fn morning(workers: usize, link: Link) -> World {
    morning_of(World::with_workers(1, SEED, workers), link)
}

fn morning_of(mut world: World, link: Link) -> World {
    let peers: Vec<_> = (1..=6).map(|number| world.join(number, 0)).collect();
    for peer in &peers {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    world.view(peers[4], mosaic(peers[1], 180));
    world.run(Duration::from_secs(2));
    world.forget_received();
    world.link = link;
    world.programme(0, Some(peers[0]));
    world.client_mut(peers[0]).voice = Some(20);
    world.run(Duration::from_secs(3));
    world.client_mut(peers[2]).voice = Some(30);
    world.client_mut(peers[3]).voice = Some(25);
    world.command(SfuCommand::SetFloor { room: RoomId::new(0), source: Some(microphone(peers[2])) });
    world.programme(0, Some(peers[2]));
    world.run(Duration::from_secs(3));
    world.client_mut(peers[0]).voice = None;
    world.programme(0, Some(peers[1]));
    world.run(Duration::from_secs(3));
    world.command(SfuCommand::Disconnect { peer: peers[1] });
    world.programme(0, Some(peers[3]));
    world.run(Duration::from_secs(3));
    world
}

#[test]
fn one_worker_and_four_are_the_same_to_every_receiver() {
    let (one, four) = (shown(&morning(1, Link::default())), shown(&morning(4, Link::default())));
    assert!(one.len() > 12, "little was shown: {:?}", one.keys());
    assert_eq!(one.keys().collect::<Vec<_>>(), four.keys().collect::<Vec<_>>());
    for (who, one) in one {
        let four = &four[&who];
        let differs = one.iter().zip(four).position(|(one, four)| one != four);
        assert_eq!(differs, None, "{who:?}: {:?}", differs.map(|at| (one[at], four[at])));
        assert_eq!(one.len(), four.len(), "{who:?}");
    }
}

/// Everything each receiver got, in order, as if the world had begun at `start`.
fn told(world: &World, start: Instant) -> BTreeMap<PeerId, Vec<Frame>> {
    let since = |frame: &Frame| Frame { at: start + (frame.at - world.start), ..frame.clone() };
    let of = |client: &super::Client| client.received.iter().map(since).collect();
    world.clients.iter().map(|(peer, client)| (*peer, of(client))).collect()
}

#[test]
fn one_datagram_a_turn_and_sixty_four_are_the_same_to_every_receiver() {
    let link = Link { grain: Duration::from_millis(5), ..Link::default() };
    let start = crate::testing::epoch();
    let morning = |together| {
        let mut world = World::with_workers(1, SEED, 1);
        world.together = together;
        world.link = link;
        let world = morning_of(world, link);
        (told(&world, start), world.together_max)
    };
    let ((one, _), (many, most)) = (morning(1), morning(64));
    assert!(most > 8, "at most {most} datagrams came together");
    assert_eq!(one.keys().collect::<Vec<_>>(), many.keys().collect::<Vec<_>>());
    for (peer, one) in one {
        let many = &many[&peer];
        assert!(one.len() > 500, "{peer:?} was shown little: {}", one.len());
        let differs = one.iter().zip(many).position(|(one, many)| one != many);
        assert_eq!(differs, None, "{peer:?}: {:?}", differs.map(|at| (&one[at], &many[at])));
        assert_eq!(one.len(), many.len(), "{peer:?}");
    }
}

#[test]
fn losses_above_and_below_are_repaired_across_workers() {
    let link = Link { loss_permille: 20, jitter: Duration::from_millis(8), ..Link::default() };
    let mut world = World::with_workers(1, SEED, 3);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    world.link = link;
    world.run(Duration::from_secs(10));
    world.link = Link::default();
    world.run(Duration::from_secs(2));
    let numbers: std::collections::BTreeSet<u64> =
        world.client(viewer).on(Slot::Programme).iter().map(|frame| frame.seq).collect();
    let span = numbers.last().unwrap() - numbers.first().unwrap() + 1;
    let missing = span - numbers.len() as u64;
    assert!(span > 500 && missing * 200 <= span, "{missing} of {span} packets are missing for good");
}

#[test]
fn a_stream_crosses_while_somebody_there_is_shown_it_and_no_longer() {
    let mut world = World::with_workers(1, SEED, 2);
    let (sender, near, far) = (world.join(2, 0), world.join(4, 0), world.join(3, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(3));
    assert_unbroken(&world.client(far).on(Slot::Programme));
    let crossed = |world: &mut World| world.engine_at(1).counters().crossings_in;
    let before = crossed(&mut world);
    world.run(Duration::from_secs(2));
    let shown = crossed(&mut world) - before;
    // Two packets a frame of the one layer that is shown, and some words a second.
    assert!((100..190).contains(&shown), "{shown} crossed in two seconds");
    world.view(
        far,
        View {
            profile: ReceiveProfile::AudioOnly,
            programme_height: 0,
            slides_height: 0,
            mosaic: Vec::new(),
        },
    );
    world.run(Duration::from_secs(1));
    let before = crossed(&mut world);
    world.run(Duration::from_secs(2));
    let idle = crossed(&mut world) - before;
    assert!(idle < 30, "{idle} crossed in two seconds though nobody looks");
    assert!(!world.client(near).on(Slot::Programme).is_empty());
    assert_eq!(world.since(Duration::ZERO, demands(sender)).last(), Some(&Demand::UpTo(Layer::High)));
}

#[test]
fn the_last_who_looks_pauses_a_picture_whichever_worker_he_is_on() {
    let mut world = World::with_workers(1, SEED, 2);
    let (sender, far) = (world.join(2, 0), world.join(3, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(3));
    assert_eq!(world.since(Duration::ZERO, demands(sender)).last(), Some(&Demand::UpTo(Layer::High)));
    world.command(SfuCommand::Disconnect { peer: far });
    world.run(Duration::from_secs(4));
    assert_eq!(world.since(Duration::ZERO, demands(sender)).last(), Some(&Demand::Paused));
}

#[test]
fn what_the_rings_drop_is_made_up_for_within_seconds() {
    let mut world = World::with_workers(1, SEED, 2);
    let (sender, far) = (world.join(2, 0), world.join(3, 0));
    world.crossings_lost = true;
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(5));
    assert!(world.client(far).received.is_empty(), "something crossed after all");
    world.crossings_lost = false;
    world.run(Duration::from_secs(3));
    world.forget_received();
    world.run(Duration::from_secs(2));
    assert_unbroken(&world.client(far).on(Slot::Programme));
    world.crossings_lost = true;
    world.run(Duration::from_secs(5));
    let told = world.since(Duration::ZERO, switches(far, Slot::Programme));
    assert_eq!(told, [Some(camera(sender)), None], "what is heard of no more is shown no more");
}

#[test]
fn a_locked_microphone_does_not_cross_and_one_worker_speaks_for_the_room() {
    let mut world = World::with_workers(1, SEED, 2);
    let (speaker, far) = (world.join(3, 0), world.join(2, 0));
    world.client_mut(speaker).voice = Some(15);
    world.run(Duration::from_secs(3));
    assert!(world.client(far).received.is_empty(), "a locked microphone was heard");
    world.gate(speaker, SourceKind::Microphone, Gate::Open);
    world.run(Duration::from_secs(2));
    assert!(world.client(far).received.len() > 90, "an open microphone was not heard");
    let told = world.since(Duration::ZERO, |event| match event {
        SfuEvent::Speaking { peers, .. } => Some(peers.clone()),
        _ => None,
    });
    assert_eq!(told, [vec![speaker]]);
    world.gate(speaker, SourceKind::Microphone, Gate::Closed);
    world.run(Duration::from_millis(50));
    world.forget_received();
    world.run(Duration::from_secs(2));
    assert!(world.client(far).received.is_empty(), "a microphone locked again was heard");
}
