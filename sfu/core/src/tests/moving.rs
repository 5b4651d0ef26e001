//! Who goes to another room goes on the transport it has: from one packet to the next it is sent nothing of the old room
//! and everything of the new one, and so it is with those it leaves and those it comes to.

use super::stage::assert_unbroken;
use super::world::{camera, switches};
use super::{Frame, World};
use sfu_control::{PeerId, RoomId, SfuCommand, Slot};
use std::collections::BTreeSet;
use std::time::Duration;

/// Long enough for what is under way to arrive: a link's delay and what waits in a pacer.
const UNDER_WAY: Duration = Duration::from_millis(60);

/// Six people of one room, all seen and heard who can be.
fn hall(workers: usize) -> (World, Vec<PeerId>) {
    let mut world = World::with_workers(2, 1, workers);
    let peers: Vec<_> = (1..=6).map(|number| world.join(number, 0)).collect();
    for peer in &peers {
        world.open(*peer);
        world.client_mut(*peer).sends_camera = true;
    }
    // Two of each half speak, and no more than there are places.
    for (peer, level) in [(0, 20), (3, 25), (4, 30)] {
        world.client_mut(peers[peer]).voice = Some(level);
    }
    world.programme(0, Some(peers[0]));
    world.run(Duration::from_secs(3));
    (world, peers)
}

fn send_away(world: &mut World, peers: &[PeerId], room: u32) {
    for peer in peers {
        world.command(SfuCommand::MoveTo { peer: *peer, room: RoomId::new(room.into()) });
    }
}

/// Whose media each of some was sent.
fn senders(world: &World, to: &[PeerId]) -> BTreeSet<u32> {
    to.iter().flat_map(|peer| &world.client(*peer).received).map(|frame| frame.sender).collect()
}

fn pictures(world: &World, peer: PeerId) -> Vec<&Frame> {
    world.client(peer).on(Slot::Programme)
}

fn apart_and_together(workers: usize) {
    let (mut world, peers) = hall(workers);
    let (stay, go) = peers.split_at(3);
    assert_eq!(senders(&world, stay), BTreeSet::from([1, 4, 5]), "all voices and the picture");
    assert_eq!(senders(&world, go), BTreeSet::from([1, 4, 5]));

    send_away(&mut world, go, 1);
    world.programme(1, Some(go[0]));
    world.run(UNDER_WAY);
    world.forget_received();
    let left = world.elapsed();
    world.run(Duration::from_secs(3));
    assert_eq!(senders(&world, stay), BTreeSet::from([1]), "nothing of those who went");
    assert_eq!(senders(&world, go), BTreeSet::from([4, 5]), "nothing of those who stayed");
    for peer in stay[1..].iter().chain(&go[1..]) {
        assert_unbroken(&pictures(&world, *peer));
        assert!(pictures(&world, *peer).len() > 60, "{peer:?} was shown {}", pictures(&world, *peer).len());
    }
    for peer in &go[1..] {
        let first = pictures(&world, *peer)[0].at - world.start;
        assert!(first < left + Duration::from_secs(1), "{peer:?} was shown something after {first:?}");
    }

    send_away(&mut world, go, 0);
    world.run(UNDER_WAY);
    world.forget_received();
    world.run(Duration::from_secs(3));
    assert_eq!(senders(&world, stay), BTreeSet::from([1, 4, 5]), "together again");
    assert_eq!(senders(&world, go), BTreeSet::from([1, 4, 5]));
    let shown = world.since(std::time::Duration::ZERO, switches(go[1], Slot::Programme));
    let (first, other) = (Some(camera(peers[0])), Some(camera(go[0])));
    assert_eq!(shown, [first, None, other, None, first], "each change was told");
    for peer in stay[1..].iter().chain(go) {
        assert_unbroken(&pictures(&world, *peer));
    }
    assert_eq!(world.engine.counters().commands_unknown, 0);
}

#[test]
fn a_moved_peer_takes_nothing_along_and_leaves_nothing_behind() {
    apart_and_together(1);
}

#[test]
fn so_it_is_whichever_workers_they_are_on() {
    apart_and_together(2);
    apart_and_together(3);
}

#[test]
fn what_the_rings_drop_as_somebody_goes_shows_nobody_what_is_not_for_him() {
    let (mut world, peers) = hall(3);
    let (stay, go) = peers.split_at(3);
    world.crossings_lost = true;
    send_away(&mut world, go, 1);
    world.programme(1, Some(go[0]));
    world.run(UNDER_WAY);
    world.forget_received();
    world.crossings_lost = false;
    world.run(Duration::from_secs(5));
    assert_eq!(senders(&world, stay), BTreeSet::from([1]));
    assert_eq!(senders(&world, go), BTreeSet::from([4, 5]));
}

#[test]
fn who_is_not_there_or_goes_nowhere_is_counted_and_nothing_else() {
    let (mut world, peers) = hall(1);
    world.forget_received();
    for (peer, room, unknown) in [(peers[0], 9_u32, 1), (PeerId::new(99), 1, 2), (peers[0], 0, 2)] {
        world.command(SfuCommand::MoveTo { peer, room: RoomId::new(room.into()) });
        assert_eq!(world.engine.counters().commands_unknown, unknown);
    }
    world.run(Duration::from_secs(1));
    assert_eq!(senders(&world, &peers), BTreeSet::from([1, 4, 5]));
    assert_unbroken(&pictures(&world, peers[1]));
}
