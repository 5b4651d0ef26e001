//! Frames nobody of ours sends: refused, counted, and too many of them end the connection and nothing else.

use super::harness::{World, briefing, convener, meeting_id, site};
use crate::{Call, Input};
use signaling_protocol::{
    ByeReason, ClientMessage, Connection, MediaProfile, Outcome, PROTOCOL_VERSION, Refusal, ServerMessage,
    SlotWish, ViewWish, WIRE_LIMITS,
};

fn last_refusal(world: &World, connection: crate::ConnectionId) -> Option<(u32, Refusal)> {
    match world.sent.get(&connection)?.last()? {
        ServerMessage::Reply { re, outcome: Outcome::Refused { refusal } } => Some((re.0, *refusal)),
        _other => None,
    }
}

#[test]
fn every_malformed_frame_is_refused_with_its_number_and_changes_nothing() {
    let (mut world, chair, _sites) = World::running();
    let (records, refused) = (world.stored.len(), world.counter("frames_refused"));
    let frames = [
        ("", 0),
        ("{", 0),
        ("null", 0),
        ("[1,2]", 0),
        ("\u{0}", 0),
        (r#"{"id":7}"#, 7),
        (r#"{"id":-1,"seen":0,"message":{"type":"ping"}}"#, 0),
        (r#"{"id":4294967296,"seen":0,"message":{"type":"ping"}}"#, 0),
        (r#"{"id":8,"seen":0,"message":{"type":"noSuchThing"}}"#, 8),
        (r#"{"id":9,"seen":0,"message":{"type":"endMeeting","force":true}}"#, 9),
        (r#"{"id":10,"seen":0,"message":{"type":"putOnStage","seat":"s 1"}}"#, 10),
        (r#"{"id":11,"seen":0,"message":{"type":"putOnStage"}}"#, 11),
        (r#"{"id":12,"seen":0,"message":{"type":"registerToSpeak","topic":""}}"#, 12),
    ];
    for (text, re) in frames {
        world.text(chair.connection, text);
        assert_eq!(last_refusal(&world, chair.connection), Some((re, Refusal::Malformed)), "{text}");
    }
    let large = "x".repeat(usize::try_from(WIRE_LIMITS.frame_bytes).unwrap() + 1);
    world.text(chair.connection, large);
    assert_eq!(last_refusal(&world, chair.connection), Some((0, Refusal::TooLarge)));
    let deep = "[".repeat(60_000);
    world.text(chair.connection, deep);
    assert_eq!(last_refusal(&world, chair.connection), Some((0, Refusal::Malformed)));
    assert_eq!(world.counter("frames_refused") - refused, 15);
    assert_eq!((world.stored.len(), world.bye(chair.connection)), (records, None));
}

#[test]
fn misbehaving_ends_the_connection_and_keeps_the_seat() {
    let (mut world, mut chair, _sites) = World::running();
    for _ in 0..20 {
        world.text(chair.connection, "{");
    }
    assert_eq!(world.bye(chair.connection), None);
    world.text(chair.connection, "{");
    assert_eq!(world.bye(chair.connection), Some(ByeReason::Misbehaved));
    assert_eq!(world.counter("connections_misbehaved"), 1);
    assert!(world.sfu.peers.contains_key(&chair.peer.unwrap()), "its media goes on");
    world.text(chair.connection, "{");
    world.close(chair.connection);
    let seen = world.stored.last().unwrap().number;
    world.resume(&mut chair, seen).unwrap();
    let connection = world.picture_of(&chair);
    assert!(matches!(connection, Connection::Connected { .. }));
}

#[test]
fn who_asks_too_fast_is_told_so_and_heard_again_a_second_later() {
    let (mut world, mut chair, _sites) = World::running();
    let burst = WIRE_LIMITS.requests_per_second * 2;
    for _ in 0..burst {
        world.frame(chair.connection, 0, ClientMessage::Ping {});
    }
    assert_eq!(last_refusal(&world, chair.connection), Some((0, Refusal::RateLimited)));
    world.pass(1, &mut []);
    world.ask(&mut chair, ClientMessage::ClearStage {}).unwrap();
}

#[test]
fn the_first_frame_is_a_hello_and_only_the_first() {
    let mut world = World::new();
    world.call(convener(), Call::CreateMeeting(briefing(1))).unwrap();
    let early = world.open();
    world.frame(early, 3, ClientMessage::EndMeeting {});
    assert_eq!(last_refusal(&world, early), Some((3, Refusal::HelloExpected)));
    let silent = world.open();
    world.pass(11, &mut []);
    assert_eq!(world.bye(silent), Some(ByeReason::Silent));
    let room = world.join(&site("X01"));
    let hello = |version: u32| {
        format!(
            r#"{{"id":5,"seen":0,"message":{{"type":"hello","version":{version},"device":"room",
            "credential":{{"kind":"ticket","ticket":"abc"}}}}}}"#
        )
    };
    world.text(room.connection, hello(PROTOCOL_VERSION));
    assert_eq!(last_refusal(&world, room.connection), Some((5, Refusal::HelloExpected)));
    let old = world.open();
    world.text(old, hello(999));
    assert_eq!(last_refusal(&world, old), Some((5, Refusal::VersionMismatch)));
    assert!(world.closed.contains(&old));
    let forger = world.open();
    world.text(forger, hello(PROTOCOL_VERSION));
    assert_eq!(last_refusal(&world, forger), Some((5, Refusal::TicketInvalid)));
}

#[test]
fn a_view_asks_for_no_more_than_there_are_slots() {
    let (mut world, mut chair, sites) = World::running();
    let wish = |indices: std::ops::Range<u8>| {
        let seat = sites[0].seat.clone();
        let mosaic = indices.map(|index| SlotWish { index, seat: seat.clone(), height: 90 }).collect();
        let profile = MediaProfile::Full;
        ClientMessage::SetView(ViewWish { profile, programme_height: 0, slides_height: 0, mosaic })
    };
    world.ask(&mut chair, wish(0..25)).unwrap();
    assert_eq!(world.ask(&mut chair, wish(0..26)), Err(Refusal::Malformed));
    assert_eq!(world.ask(&mut chair, wish(25..26)), Err(Refusal::Malformed), "there is no such slot");
    assert_eq!(world.sfu.views[&chair.peer.unwrap()].mosaic.len(), 25);
}

#[test]
fn a_node_that_stops_tells_everybody_to_come_back() {
    let (mut world, chair, sites) = World::running();
    let records = world.stored.len();
    world.input(Input::Stop);
    for who in sites.iter().chain([&chair]) {
        assert_eq!(world.bye(who.connection), Some(ByeReason::Restarting));
        world.close(who.connection);
    }
    assert_eq!((world.stored.len(), world.stored[0].meeting.clone()), (records, meeting_id()));
}

#[test]
fn nobody_holds_a_place_without_a_name_by_talking() {
    let mut world = World::new();
    let nameless = world.open();
    for second in 1..=10 {
        assert_eq!(world.bye(nameless), None, "second {second}");
        world.frame(nameless, second, ClientMessage::Ping {});
        assert_eq!(last_refusal(&world, nameless), Some((second, Refusal::HelloExpected)));
        world.pass(1, &mut []);
    }
    assert_eq!(world.bye(nameless), Some(ByeReason::Silent));
}
