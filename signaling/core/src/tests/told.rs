//! What the SFU is told: everything that must hold, once.

use super::harness::{Participant, World, briefing, convener, site};
use crate::{Answer, Call, CallId, Input};
use sfu_control::{DisconnectReason, SfuEvent, SourceKind};
use signaling_protocol::{
    ClientMessage, FactNumber, MediaProfile, Presence, PublishSource, Refusal, SeatId, SlotWish, ViewWish,
};

fn camera(presence: Presence) -> ClientMessage {
    ClientMessage::SetSource { source: PublishSource::Camera, presence }
}

fn wish(seats: &[&SeatId]) -> ViewWish {
    let mosaic =
        (0u8..).zip(seats).map(|(index, seat)| SlotWish { index, seat: (*seat).clone(), height: 180 });
    ViewWish {
        profile: MediaProfile::Full,
        programme_height: 720,
        slides_height: 0,
        mosaic: mosaic.collect(),
    }
}

#[test]
fn nothing_is_heard_before_the_meeting_is_open() {
    let mut world = World::new();
    world.call(convener(), Call::CreateMeeting(briefing(2))).unwrap();
    let (mut chair, mut room) = (world.join(&convener()), world.join(&site("X01")));
    world.media(&mut chair);
    world.media(&mut room);
    assert_eq!(world.ask(&mut chair, ClientMessage::OpenMicrophone {}), Err(Refusal::NotStarted));
    let invite = ClientMessage::InviteToSpeak { seat: room.seat.clone() };
    assert_eq!(world.ask(&mut chair, invite), Err(Refusal::NotStarted));
    assert_eq!(world.ask(&mut chair, ClientMessage::StartPresenting {}), Err(Refusal::NotStarted));
    world.ask(&mut room, camera(Presence::On)).unwrap();
    world.ask(&mut chair, ClientMessage::PutOnStage { seat: room.seat.clone() }).unwrap();
    assert_eq!((world.sfu.stage_of_plenary().programme, world.sfu.stage_of_plenary().floor), (None, None));
    let passing: Vec<SourceKind> = world.sfu.open.iter().map(|source| source.kind).collect();
    assert_eq!(passing, [SourceKind::Camera], "only so that hosts can look into the rooms");

    // The host looks into the room, the room not yet at the host.
    world.ask(&mut chair, ClientMessage::SetView(wish(&[&room.seat]))).unwrap();
    world.ask(&mut room, ClientMessage::SetView(wish(&[&chair.seat]))).unwrap();
    let pictures = |world: &World, who: &super::harness::Participant| {
        world.sfu.views[&who.peer.unwrap()].mosaic.iter().map(|wish| wish.source.peer).collect::<Vec<_>>()
    };
    assert_eq!(pictures(&world, &chair), [room.peer.unwrap()]);
    assert!(pictures(&world, &room).is_empty());
    world.ask(&mut chair, ClientMessage::StartMeeting {}).unwrap();
    assert_eq!(pictures(&world, &room), [chair.peer.unwrap()]);
    assert_eq!(world.sfu.stage_of_plenary().programme.map(|source| source.peer), room.peer);
}

#[test]
fn stage_reverse_floor_and_slides_follow_the_facts_and_are_told_once() {
    let (mut world, mut chair, mut sites) = World::running();
    assert_eq!(world.sfu.stage_of_plenary().programme, None, "no camera is on");
    for who in [&mut chair, &mut sites[0]] {
        world.ask(who, camera(Presence::On)).unwrap();
    }
    let (host, room) = (chair.peer.unwrap(), sites[0].peer.unwrap());
    assert_eq!(world.sfu.stage_of_plenary().programme.map(|source| source.peer), Some(host));
    assert_eq!(world.sfu.stage_of_plenary().reverse, None, "the chair does not see itself");
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() }).unwrap();
    let peers = (
        world.sfu.stage_of_plenary().programme.unwrap().peer,
        world.sfu.stage_of_plenary().reverse.unwrap().peer,
    );
    assert_eq!(peers, (room, host));

    world.ask(&mut sites[0], ClientMessage::StartPresenting {}).unwrap();
    assert_eq!(
        world.sfu.stage_of_plenary().slides.map(|source| (source.peer, source.kind)),
        Some((room, SourceKind::Screen))
    );
    assert!(world.sfu.passes(room, SourceKind::Screen) && world.sfu.passes(room, SourceKind::ScreenAudio));
    world.ask(&mut chair, ClientMessage::StartPresenting {}).unwrap();
    assert_eq!(
        world.sfu.stage_of_plenary().slides.map(|source| source.peer),
        Some(host),
        "a host takes over"
    );
    assert!(!world.sfu.passes(room, SourceKind::Screen));
    let busy = world.ask(&mut sites[0], ClientMessage::StartPresenting {});
    assert_eq!(busy, Err(Refusal::PresenterBusy));

    // Asking again for what is so tells the SFU nothing and makes no fact.
    let before = (world.sfu.count, world.stored.len());
    for message in [
        ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() },
        ClientMessage::PutOnStage { seat: sites[0].seat.clone() },
        ClientMessage::StartMeeting {},
        ClientMessage::StartPresenting {},
        ClientMessage::LockAllMicrophones {},
        camera(Presence::On),
    ] {
        world.ask(&mut chair, message.clone()).unwrap_or_else(|why| panic!("{message:?}: {why}"));
        assert_eq!((world.sfu.count, world.stored.len()), before, "{message:?}");
    }
    world.pass(5, &mut []);
    assert_eq!(world.sfu.count, before.0, "time alone changes nothing");
    world.ask(&mut sites[0], camera(Presence::Off)).unwrap();
    assert_eq!(world.sfu.stage_of_plenary().programme, None);
}

#[test]
fn a_lost_transport_is_told_anew_and_the_same_certificate_keeps_its_peer() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut sites[0], camera(Presence::On)).unwrap();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() }).unwrap();
    world.ask(&mut sites[0], ClientMessage::OpenMicrophone {}).unwrap();
    let old = sites[0].peer.unwrap();
    world.sfu.forget(old);
    world.input(Input::Sfu(SfuEvent::Disconnected { peer: old, reason: DisconnectReason::Timeout }));
    assert_eq!(
        (world.sfu.stage_of_plenary().programme, world.sfu.stage_of_plenary().floor),
        (None, None),
        "a gone peer fills nothing"
    );
    world.media(&mut sites[0]);
    let new = sites[0].peer.unwrap();
    assert_ne!(new, old);
    assert_eq!(world.sfu.stage_of_plenary().programme.map(|source| source.peer), Some(new));
    assert!(world.sfu.passes(new, SourceKind::Microphone) && world.sfu.passes(new, SourceKind::Camera));

    // An ICE restart: the same certificate in another case is the same connection.
    let offer = |mark: &str| format!("v=0\r\na=fingerprint:sha-256 {mark}\r\n");
    let bearer = sites[0].token.clone();
    let count = world.sfu.peers.len();
    for (call, mark) in [(9_001, "AB"), (9_002, "ab")] {
        world.input(Input::Offer { call: CallId(call), bearer: bearer.clone(), offer: offer(mark) });
        let peer = *world.sfu.peers.keys().next_back().unwrap();
        world.input(Input::Sfu(SfuEvent::Answered { peer, answer: String::new(), slots: Vec::new() }));
    }
    assert_eq!(world.sfu.peers.len(), count, "one transport a seat");
    assert!(world.trace.iter().any(|line| line.contains("Renegotiate")));
    world.input(Input::Hangup { call: CallId(9_003), bearer });
    assert_eq!((world.sfu.stage_of_plenary().programme, world.sfu.peers.len()), (None, count - 1));
}

#[test]
fn an_offer_on_media_that_stands_never_makes_another_peer() {
    let (mut world, _chair, mut sites) = World::running();
    world.media(&mut sites[0]);
    let offer = |mark: &str| format!("v=0\r\na=fingerprint:sha-256 {mark}\r\n");
    let again = |world: &mut World, who: &Participant, mark: &str| {
        let call = CallId(world.number());
        let (bearer, offer) = (who.token.clone(), offer(mark));
        world.input(Input::OfferAgain { call, bearer, offer });
        world.answers.remove(&call)
    };
    let refused = Some(Err(Refusal::NotConnected));
    let before = world.sfu.count;
    assert_eq!(again(&mut world, &sites[0], "of another transport"), refused);
    assert_eq!(world.sfu.count, before, "the one that stands goes on");

    let mut restarted = World::restarted(&world.stored);
    restarted.resume(&mut sites[0], FactNumber(1)).unwrap();
    assert_eq!(again(&mut restarted, &sites[0], "of before the restart"), refused);
    assert!(restarted.sfu.peers.is_empty());
    restarted.media(&mut sites[0]);
    assert!(restarted.sfu.peers.contains_key(&sites[0].peer.unwrap()));

    let bearer = sites[0].token.clone();
    let (first, mark) = (CallId(restarted.number()), "mine");
    restarted.input(Input::Offer { call: first, bearer, offer: offer(mark) });
    assert_eq!(again(&mut restarted, &sites[0], mark), refused, "not before it was answered");
    let (peer, _) = restarted.connected.pop().unwrap();
    restarted.input(Input::Sfu(SfuEvent::Answered { peer, answer: String::new(), slots: Vec::new() }));
    let peers = restarted.sfu.peers.clone();
    assert_eq!(again(&mut restarted, &sites[0], mark), None, "the SFU is asked");
    assert_eq!(restarted.sfu.peers, peers);
    restarted.input(Input::Sfu(SfuEvent::Answered { peer, answer: "again".to_owned(), slots: Vec::new() }));
    let answer = Answer::Media { answer: "again".to_owned() };
    assert!(restarted.answers.values().any(|one| *one == Ok(answer.clone())));
}
