//! Any sequence of commands, at any time, leaves the engine sound: nobody is sent what he may not see.

use super::World;
use super::world::{camera, microphone};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sfu_control::{
    Gate, MosaicWish, PeerId, ReceiveProfile, RoomId, SfuCommand, Slot, Source, SourceKind, View,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Peers 1 to 3 sit in room 0, peer 4 in room 1; 5 does not exist.
fn peer() -> impl Strategy<Value = PeerId> {
    prop_oneof![6 => 1..=3_u64, 1 => 4..=5_u64].prop_map(PeerId::new)
}

fn gate() -> impl Strategy<Value = Gate> {
    prop::bool::weighted(0.7).prop_map(|open| if open { Gate::Open } else { Gate::Closed })
}

fn view() -> impl Strategy<Value = View> {
    let profile = prop::sample::select(vec![
        ReceiveProfile::Full,
        ReceiveProfile::Saver,
        ReceiveProfile::AudioStills,
        ReceiveProfile::AudioOnly,
    ]);
    let height = || prop::sample::select(vec![0_u16, 90, 180, 360, 720]);
    let wish = (0..4_u8, peer(), height()).prop_map(|(slot, peer, height)| MosaicWish {
        slot,
        source: camera(peer),
        height,
    });
    (profile, height(), height(), prop::collection::vec(wish, 0..4)).prop_map(
        |(profile, programme_height, slides_height, mosaic)| View {
            profile,
            programme_height,
            slides_height,
            mosaic,
        },
    )
}

fn command() -> impl Strategy<Value = SfuCommand> {
    let room = || prop::bool::weighted(0.2).prop_map(|other| RoomId::new(u64::from(other)));
    let kind = prop::sample::select(vec![SourceKind::Camera, SourceKind::Microphone]);
    let picture = || prop::option::of(peer().prop_map(camera));
    prop_oneof![
        4 => (peer(), kind, gate()).prop_map(|(peer, kind, gate)| SfuCommand::SetGate { peer, kind, gate }),
        4 => (room(), picture(), picture())
            .prop_map(|(room, source, reverse)| SfuCommand::SetProgramme { room, source, reverse }),
        1 => (room(), picture()).prop_map(|(room, source)| SfuCommand::SetSlides { room, source }),
        2 => (room(), prop::option::of(peer().prop_map(microphone)))
            .prop_map(|(room, source)| SfuCommand::SetFloor { room, source }),
        4 => (peer(), view()).prop_map(|(peer, view)| SfuCommand::SetView { peer, view }),
        1 => (peer(), room()).prop_map(|(peer, room)| SfuCommand::MoveTo { peer, room }),
    ]
}

#[test]
fn no_sequence_of_commands_shows_anybody_what_he_may_not_see() {
    for seed in 1..=6_u8 {
        let mut world = World::seeded(2, seed);
        let peers: Vec<_> =
            [(1, 0), (2, 0), (3, 0), (4, 1)].map(|(number, room)| world.join(number, room)).to_vec();
        for (peer, level) in peers.iter().zip([20, 30, 127, 25]) {
            let client = world.client_mut(*peer);
            client.sends_camera = true;
            client.voice = Some(level);
        }
        let mut gates: BTreeMap<Source, Gate> = BTreeMap::new();
        let mut rooms: BTreeMap<PeerId, RoomId> =
            peers.iter().map(|peer| (*peer, RoomId::new(u64::from(peer.number() == 4)))).collect();
        for peer in &peers {
            world.open(*peer);
            gates.extend([camera(*peer), microphone(*peer)].map(|source| (source, Gate::Open)));
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        for _ in 0..60 {
            let command = command().new_tree(&mut runner).unwrap().current();
            if let SfuCommand::SetGate { peer, kind, gate } = &command {
                gates.insert(Source { peer: *peer, kind: *kind }, *gate);
            }
            if let SfuCommand::MoveTo { peer, room } = &command {
                rooms.entry(*peer).and_modify(|at| *at = *room);
            }
            world.command(command);
            // What is under way when a gate closes still arrives.
            world.run(Duration::from_millis(60));
            world.forget_received();
            world.run(Duration::from_millis(200));
            assert_allowed(&world, &gates, &rooms);
        }
        assert_eq!(world.engine.counters().peers_panicked, 0);
        assert!(world.engine.counters().media_forwarded > 100, "nothing happened in this story");
    }
}

fn assert_allowed(world: &World, gates: &BTreeMap<Source, Gate>, rooms: &BTreeMap<PeerId, RoomId>) {
    for peer in rooms.keys() {
        for frame in &world.client(*peer).received {
            let sender = PeerId::new(frame.sender.into());
            let source = match frame.slot {
                Slot::Audio(_) | Slot::FloorAudio => microphone(sender),
                Slot::Programme | Slot::Slides | Slot::Mosaic(_) => camera(sender),
            };
            assert_ne!(sender, *peer, "{frame:?} came back to its sender");
            assert_eq!(gates.get(&source), Some(&Gate::Open), "{frame:?} came through a closed gate");
            assert_eq!(rooms.get(&sender), rooms.get(peer), "{frame:?} crossed rooms");
        }
    }
}
