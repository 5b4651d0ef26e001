//! Lines that break, clients that come twice, seats that stay away.

use super::harness::{Participant, World, site};
use signaling_protocol::{
    ByeReason, Change, ClientMessage, Connection, Credential, FactNumber, Refusal, Resumed, SeatId,
    ServerMessage,
};

fn last_fact(world: &World) -> FactNumber {
    world.stored.last().unwrap().number
}

#[test]
fn a_flap_costs_neither_seat_nor_media_and_tells_exactly_what_changed() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() }).unwrap();
    world.ask(&mut sites[0], ClientMessage::OpenMicrophone {}).unwrap();
    let (seen, media) = (last_fact(&world), world.sfu.clone());
    world.close(sites[0].connection);
    let away = |world: &World| world.picture(chair.connection).1[&sites[0].seat].connection;
    assert!(matches!(away(&world), Connection::Lost { .. }));
    world.ask(&mut sites[4], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    world.close(sites[7].connection);
    let mut back = sites[0].clone();
    let welcome = world.resume(&mut back, seen).unwrap();
    assert_eq!((welcome.resumed, welcome.last_request.0), (Resumed::Caught, back.request));
    assert_eq!(world.sfu, media, "the media never noticed");
    let sent = &world.sent[&back.connection];
    assert!(!sent.iter().any(|message| matches!(message, ServerMessage::Snapshot(_))));
    let changes: Vec<_> = sent
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Changed { changes, .. } => Some(changes),
            _other => None,
        })
        .flatten()
        .collect();
    let seats: Vec<&SeatId> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Seat { seat } => Some(&seat.seat),
            Change::Meeting { .. } | Change::You { .. } => None,
        })
        .collect();
    assert_eq!(seats, [&sites[0].seat, &sites[7].seat]);
    assert_eq!(changes.len(), 3, "these seats and, for the queue, the meeting: {changes:?}");
    world.ask(&mut back, ClientMessage::FinishSpeech {}).unwrap();

    // From before any fact, or from a future that never was, everything is told.
    for seen in [FactNumber(0), FactNumber(9_999)] {
        assert_eq!(world.resume(&mut back, seen).unwrap().resumed, Resumed::Fresh);
        assert_eq!(world.picture(back.connection).1.len(), 11);
    }
}

#[test]
fn a_second_connection_takes_the_seat_from_the_first() {
    let (mut world, _chair, mut sites) = World::running();
    let media = world.sfu.clone();
    let first = sites[0].clone();
    let second = world.join(&site("X01"));
    assert_eq!((world.bye(first.connection), &second.seat), (Some(ByeReason::Replaced), &first.seat));
    assert_eq!(world.sfu, media);
    let old = Credential::Resume { token: first.token.clone(), seen: FactNumber(1) };
    assert_eq!(world.hello(old).1, Err(Refusal::TicketInvalid));
    let records = world.stored.len();
    world.close(first.connection);
    assert_eq!(world.stored.len(), records, "the end of a replaced connection is no loss");
    sites[0] = second;
    world.ask(&mut sites[0], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    assert_eq!(world.counter("connections_replaced"), 1);
}

#[test]
fn a_token_is_good_once_and_not_after_leaving() {
    let (mut world, _chair, mut sites) = World::running();
    let spent = sites[0].token.clone();
    world.resume(&mut sites[0], FactNumber(1)).unwrap();
    let again = Credential::Resume { token: spent, seen: FactNumber(1) };
    assert_eq!(world.hello(again).1, Err(Refusal::TicketInvalid));
    world.frame(sites[0].connection, 99, ClientMessage::Leave {});
    assert_eq!(world.bye(sites[0].connection), Some(ByeReason::Left));
    let mut gone = sites[0].clone();
    assert_eq!(world.resume(&mut gone, FactNumber(1)), Err(Refusal::TicketInvalid));
    assert_eq!(world.join(&site("X01")).seat, gone.seat, "a fresh ticket opens the seat again");
    assert_eq!(world.resume(&mut gone, FactNumber(1)), Err(Refusal::TicketInvalid));
}

#[test]
fn a_request_repeated_on_a_new_connection_is_answered_again_and_not_done_again() {
    let (mut world, mut chair, mut sites) = World::running();
    let done = world.ask(&mut sites[0], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    let refused = world.ask(&mut sites[0], ClientMessage::OpenMicrophone {});
    let request = sites[0].request;
    world.close(sites[0].connection);
    world.resume(&mut sites[0], FactNumber(1)).unwrap();
    world.ask(&mut chair, ClientMessage::DismissRegistration { seat: sites[0].seat.clone() }).unwrap();
    let records = world.stored.len();
    let register = ClientMessage::RegisterToSpeak { topic: None };
    assert_eq!(world.ask_as(&sites[0], request - 1, register), Ok(done));
    assert_eq!(world.ask_as(&sites[0], request, ClientMessage::OpenMicrophone {}), refused);
    assert_eq!((world.stored.len(), world.counter("requests_repeated")), (records, 2));
}

#[test]
fn silence_loses_the_line_and_a_quarter_of_an_hour_the_seat() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() }).unwrap();
    let connection =
        |world: &World, at: &Participant| world.picture(chair_connection(world)).1[&at.seat].connection;
    let (silent, alive) = sites.split_at_mut(1);
    let mut alive: Vec<&mut Participant> = alive.iter_mut().chain([&mut chair]).collect();
    world.pass(12, &mut alive);
    assert_eq!(world.bye(silent[0].connection), None);
    world.pass(4, &mut alive);
    assert_eq!(world.bye(silent[0].connection), Some(ByeReason::Silent));
    assert!(matches!(connection(&world, &silent[0]), Connection::Lost { .. }));
    world.pass(14 * 60, &mut alive);
    let view = world.picture(chair_connection(&world)).0;
    assert_eq!(view.floor.as_ref(), Some(&silent[0].seat), "the floor waits for whoever lost the line");
    world.pass(62, &mut alive);
    assert!(matches!(connection(&world, &silent[0]), Connection::Left { .. }));
    assert_eq!(world.picture(chair_connection(&world)).0.floor, None);
    assert!(!world.sfu.peers.contains_key(&silent[0].peer.unwrap()));
    assert_eq!((world.counter("connections_silent"), world.closed.len()), (1, 1), "the others stayed");
}

fn chair_connection(world: &World) -> crate::ConnectionId {
    *world.sent.keys().next().unwrap()
}
