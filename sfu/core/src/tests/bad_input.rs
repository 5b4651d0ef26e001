//! Whatever comes from the network is dropped, counted and named; nobody is hurt by it.

use super::World;
use super::stage::assert_unbroken;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sfu_control::{ConnectRefusal, Gate, PeerId, RoomId, SfuCommand, SfuEvent, Slot, SourceKind};
use std::time::Duration;

const CHROMIUM: &str = include_str!("../../tests/fixtures/sdp/chromium-156-delegate.sdp");
const FIREFOX: &str = include_str!("../../tests/fixtures/sdp/firefox-153-delegate.sdp");

fn refusals(event: &SfuEvent) -> Option<ConnectRefusal> {
    match event {
        SfuEvent::Refused { refusal, .. } => Some(refusal.clone()),
        _ => None,
    }
}

fn connect(world: &mut World, number: u32, offer: &str) -> Option<String> {
    let peer = PeerId::new(number.into());
    let moment = world.events.len();
    world.command(SfuCommand::Connect { peer, room: RoomId::new(0), offer: offer.to_owned() });
    world.events.drain(moment..).find_map(|(_, event)| match event {
        SfuEvent::Answered { answer, .. } => Some(answer),
        _ => None,
    })
}

#[test]
fn real_browsers_are_answered() {
    let mut world = World::new(1);
    for (number, offer) in [(1, CHROMIUM), (2, FIREFOX)] {
        let answer = connect(&mut world, number, offer).expect("an answer");
        let sections: Vec<_> = answer.split("m=").skip(1).collect();
        assert_eq!(sections.len(), offer.matches("\nm=").count(), "every line is answered");
        assert!(answer.contains("a=ice-lite"), "{answer}");
        assert!(answer.contains("192.0.2.1 40000 typ host"), "{answer}");
        assert!(sections.iter().all(|section| section.contains("a=setup:passive")), "{answer}");
        for (index, section) in sections.iter().enumerate().take(16) {
            let direction = if index < 4 { "a=recvonly" } else { "a=sendonly" };
            assert!(section.contains(direction), "line {index} of {number}: {section}");
            assert!(
                !section.starts_with("audio 0") && !section.starts_with("video 0"),
                "line {index} is rejected"
            );
        }
        for section in sections.iter().filter(|section| section.starts_with("audio")) {
            assert!(section.contains("usedtx=1") && section.contains("ssrc-audio-level"), "{section}");
        }
        let camera = sections[1];
        let first = camera.split_whitespace().nth(3).unwrap();
        assert!(camera.contains(&format!("a=rtpmap:{first} VP8/90000")), "VP8 leads: {camera}");
        assert!(camera.contains("a=simulcast:recv q;h;f"), "{camera}");
        assert!(
            camera.contains("dependency-descriptor") && answer.contains("a=extmap-allow-mixed"),
            "{camera}"
        );
        assert!(camera.contains("AV1/90000") && camera.contains("VP9/90000"), "{camera}");
    }
}

#[test]
fn broken_offers_are_refused_and_leave_nothing_behind() {
    let mut world = World::new(1);
    let cut = CHROMIUM.get(..CHROMIUM.len() / 2).unwrap();
    let no_fingerprint = CHROMIUM.replace("a=fingerprint", "a=x-fingerprint");
    let no_ice = CHROMIUM.replace("a=ice-ufrag", "a=x-ufrag");
    let huge = format!("v=0\r\n{}", "a=x\r\n".repeat(100_000));
    let offers = ["", "v=0", "{}", "v=0\r\nm=audio", "v=0\r\nm=\r\n", cut, &no_fingerprint, &no_ice, &huge];
    for offer in offers {
        assert_eq!(connect(&mut world, 1, offer), None);
    }
    assert_eq!(world.engine.counters().offers_refused, offers.len() as u64);
    assert_eq!(world.engine.counters().peers, 0);
    assert_eq!(world.engine.counters().peers_panicked, 0);
    assert!(connect(&mut world, 1, CHROMIUM).is_some(), "the id is still free");
}

#[test]
fn a_line_without_a_common_codec_is_named() {
    let mut world = World::new(1);
    let offer = CHROMIUM.replace("opus/48000", "speex/48000").replace("OPUS", "x");
    let peer = PeerId::new(1);
    world.command(SfuCommand::Connect { peer, room: RoomId::new(0), offer });
    assert_eq!(
        world.since(Duration::ZERO, refusals),
        [ConnectRefusal::NoCommonCodec { mid: "0".to_owned() }]
    );
    assert_eq!(world.engine.counters().peers, 0);
}

#[test]
fn a_full_node_and_an_unknown_room_refuse() {
    let mut world = World::new(1);
    for number in 0..16 {
        assert!(connect(&mut world, number, CHROMIUM).is_some());
    }
    let offer = CHROMIUM.to_owned();
    world.command(SfuCommand::Connect { peer: PeerId::new(99), room: RoomId::new(0), offer: offer.clone() });
    world.command(SfuCommand::Connect { peer: PeerId::new(99), room: RoomId::new(7), offer: offer.clone() });
    world.command(SfuCommand::Renegotiate { peer: PeerId::new(99), offer });
    let told = world.since(Duration::ZERO, refusals);
    assert_eq!(told, [ConnectRefusal::Full {}, ConnectRefusal::Unknown {}, ConnectRefusal::Unknown {}]);
}

#[test]
fn commands_about_nobody_are_counted() {
    let mut world = World::new(1);
    let (peer, room) = (PeerId::new(9), RoomId::new(9));
    world.command(SfuCommand::Disconnect { peer });
    world.command(SfuCommand::SetGate { peer, kind: SourceKind::Camera, gate: Gate::Open });
    world.command(SfuCommand::SetView { peer, view: crate::room::first_view() });
    world.command(SfuCommand::SetProgramme { room, source: None, reverse: None });
    world.command(SfuCommand::SetSlides { room, source: None });
    world.command(SfuCommand::SetFloor { room, source: None });
    world.command(SfuCommand::CloseRoom { room });
    assert_eq!(world.engine.counters().commands_unknown, 7);
    assert!(world.events.is_empty());
}

#[test]
fn strangers_get_no_answer_and_are_counted_by_cause() {
    let mut world = World::new(1);
    let stranger = "203.0.113.5:1234".parse().unwrap();
    let sent = world.engine.counters().datagrams_out;
    world.inject(stranger, &[]);
    world.inject(stranger, &[0; 3_000]);
    world.inject(stranger, &[100, 1, 2]);
    world.inject(stranger, &[22, 254, 253]);
    world.inject(stranger, &[128, 96, 0, 1]);
    world.inject(stranger, &[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let counters = world.engine.counters();
    assert_eq!(counters.datagrams_out, sent);
    let causes =
        [counters.dropped_size, counters.dropped_kind, counters.dropped_address, counters.dropped_ufrag];
    assert_eq!(causes, [2, 1, 2, 1]);
}

#[test]
fn garbage_from_a_known_address_hurts_nobody() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    let addresses = [sender, viewer].map(|peer| world.client(peer).address);
    let firsts = prop::sample::select(vec![0_u8, 1, 20, 22, 23, 63, 128, 129, 144, 191, 255]);
    let datagrams = (firsts, prop::collection::vec(any::<u8>(), 0..1_400));
    let mut runner = TestRunner::deterministic();
    for round in 0..2_000 {
        let (first, mut bytes) = datagrams.new_tree(&mut runner).unwrap().current();
        bytes.insert(0, first);
        world.inject(addresses[round % 2], &bytes);
    }
    world.forget_received();
    world.run(Duration::from_secs(2));
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
    assert_eq!(world.engine.counters().peers_panicked, 0);
    assert!(!world.saw(|event| matches!(event, SfuEvent::Disconnected { .. })), "garbage ended a session");
}

#[test]
fn feedback_about_more_packets_than_anybody_sends_is_not_followed() {
    let mut hall = crate::fuzzing::Hall::new(FIREFOX, crate::testing::epoch()).unwrap();
    // 65,535 packets of which none arrived: nine runs of 8,191.
    let mut claim = vec![0x8F, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0];
    claim.extend_from_slice(&[0x1F, 0xFF].repeat(9));
    claim.extend_from_slice(&[0, 0]);
    for count in 1..=3 {
        hall.reports(1, &claim.repeat(10)).unwrap();
        assert_eq!(hall.counters().dropped_malformed, 10 * count);
    }
    // A hundred are followed.
    let modest = [&claim[..14], &[0, 100, 0, 0, 0, 0, 0, 100]].concat();
    let modest = [&[0x8F, 205, 0, 5][..], &modest[4..], &[0; 2]].concat();
    hall.reports(1, &modest).unwrap();
    assert_eq!(hall.counters().dropped_malformed, 30);
}

#[test]
fn mutated_offers_are_answered_or_refused() {
    let mut world = World::new(1);
    let lines: Vec<_> = FIREFOX.lines().collect();
    let mutation = (0..lines.len(), 0..lines.len(), 0..4_u8);
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let (at, other, how) = mutation.new_tree(&mut runner).unwrap().current();
        let mut mutated = lines.clone();
        match how {
            0 => {
                mutated.remove(at);
            }
            1 => mutated.swap(at, other),
            2 => mutated.insert(at, lines[other]),
            _ => mutated[at] = lines[at].get(..lines[at].len() / 2).unwrap_or_default(),
        }
        let before = *world.engine.counters();
        if connect(&mut world, 1, &mutated.join("\r\n")).is_some() {
            world.command(SfuCommand::Disconnect { peer: PeerId::new(1) });
        } else {
            assert_eq!(world.engine.counters().offers_refused, before.offers_refused + 1);
        }
        assert_eq!(world.engine.counters().peers, 0);
    }
}

#[test]
fn a_client_may_come_back_after_a_refusal_of_its_restart() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    world.command(SfuCommand::Renegotiate { peer: viewer, offer: "v=0\r\nnonsense".to_owned() });
    world.forget_received();
    world.run(Duration::from_secs(1));
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
}

#[test]
fn a_defect_in_one_transport_ends_one_peer() {
    let mut world = World::new(1);
    let (sender, viewer, victim) = (world.join(1, 0), world.join(2, 0), world.join(3, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(1));
    world.engine.break_transport(victim);
    world.forget_received();
    world.run(Duration::from_secs(2));
    assert!(world.saw(|event| matches!(event, SfuEvent::Disconnected { peer, .. } if *peer == victim)));
    assert_eq!(world.engine.counters().peers_panicked, 1);
    assert_eq!(world.engine.counters().peers, 2);
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
}

#[test]
fn an_oversize_payload_is_dropped_before_it_can_hurt_a_subscriber() {
    let mut world = World::new(1);
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.client_mut(sender).frame_bytes(1_700);
    world.programme(0, Some(sender));
    world.run(Duration::from_secs(2));
    assert!(world.engine.counters().dropped_size > 20);
    assert!(world.client(viewer).received.is_empty());
    assert_eq!(world.engine.counters().peers, 2);
}
