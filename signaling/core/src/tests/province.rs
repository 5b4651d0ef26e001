//! A province and its ten communes hold a briefing.

use super::harness::{World, briefing, convener, meeting_id, person, site, unit};
use crate::{Answer, Call};
use sfu_control::SourceKind;
use signaling_protocol::{
    ByeReason, ClientMessage, Connection, CreateMeeting, Credential, GrantRole, MeetingId, MeetingPhase,
    Microphone, Presence, PublishSource, Refusal, Role, ServerMessage, UtcSeconds,
};

#[test]
fn only_a_convener_of_the_unit_makes_a_meeting_and_only_within_it() {
    let mut world = World::new();
    let mut create = |by, wanted| world.call(by, Call::CreateMeeting(wanted)).map(|_| ());
    let refused = Err(Refusal::NotAllowed);
    assert_eq!(create(person("op", GrantRole::Operator, "T1"), briefing(1)), refused);
    assert_eq!(create(site("X01"), briefing(1)), refused);
    let mut secret = briefing(1);
    secret.no_state_secrets = false;
    assert_eq!(create(convener(), secret), refused);
    assert_eq!(create(person("far", GrantRole::Convener, "T2"), briefing(1)), Err(Refusal::OutsideScope));
    assert_eq!(create(person("low", GrantRole::Convener, "X01"), briefing(1)), Err(Refusal::OutsideScope));
    for (code, why) in
        [("Y1", Refusal::OutsideScope), ("X11", Refusal::NoSuchUnit), ("Z9", Refusal::NoSuchUnit)]
    {
        let mut wanted = briefing(2);
        wanted.sites.push(unit(code));
        assert_eq!(create(convener(), wanted), Err(why), "{code}");
    }
    assert!(world.stored.is_empty(), "a refused meeting leaves no record");
    assert_eq!(world.counter("calls_refused"), 8);
}

#[test]
fn making_a_meeting_again_answers_the_same_and_another_cannot_take_its_id() {
    let mut world = World::new();
    let mut wanted = briefing(10);
    wanted.sites.push(unit("X01"));
    let first = world.call(convener(), Call::CreateMeeting(wanted.clone())).unwrap();
    let Answer::Created(summary) = &first else { panic!("{first:?}") };
    assert_eq!((summary.sites, summary.connected, summary.role), (10, 0, Role::Chair));
    let records = world.stored.len();
    assert_eq!(world.call(convener(), Call::CreateMeeting(wanted.clone())), Ok(first));
    let other = person("other", GrantRole::Convener, "T1");
    assert_eq!(world.call(other.clone(), Call::CreateMeeting(wanted)), Err(Refusal::NameTaken));
    assert_eq!(world.stored.len(), records);

    let listed = |world: &mut World, by| match world.call(by, Call::ListMeetings).unwrap() {
        Answer::Meetings(list) => list.meetings.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(listed(&mut world, site("X03")), 1);
    assert_eq!(listed(&mut world, other), 0);
    assert_eq!(world.ticket(&site("Y1")), Err(Refusal::NotInvited));
    let missing = Call::IssueTicket { meeting: MeetingId::parse("m2").unwrap() };
    assert_eq!(world.call(convener(), missing), Err(Refusal::NoSuchMeeting));
}

#[test]
fn the_meeting_that_is_on_is_listed_before_those_that_wait() {
    let (mut world, mut chair, _) = World::running();
    let id = |name: &str| MeetingId::parse(name).unwrap();
    for (name, starts) in [("late", 1_795_430_000), ("early", 1_795_410_000)] {
        let wanted = CreateMeeting { meeting: id(name), starts: UtcSeconds(starts), ..briefing(2) };
        world.call(convener(), Call::CreateMeeting(wanted)).unwrap();
    }
    let listed = |world: &mut World| match world.call(convener(), Call::ListMeetings).unwrap() {
        Answer::Meetings(list) => {
            list.meetings.into_iter().map(|meeting| meeting.meeting).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(listed(&mut world), [meeting_id(), id("early"), id("late")]);
    world.ask(&mut chair, ClientMessage::EndMeeting {}).unwrap();
    assert_eq!(listed(&mut world), [id("early"), id("late"), meeting_id()]);
}

#[test]
fn a_ticket_opens_one_connection_within_a_minute() {
    let mut world = World::new();
    world.call(convener(), Call::CreateMeeting(briefing(10))).unwrap();
    let ticket = world.ticket(&site("X01")).unwrap();
    let (first, welcome) = world.hello(Credential::Ticket { ticket: ticket.clone() });
    assert_eq!(welcome.unwrap().you.role, Role::Site);
    let (second, again) = world.hello(Credential::Ticket { ticket });
    assert_eq!(again, Err(Refusal::TicketInvalid));
    assert!(world.closed.contains(&second) && !world.closed.contains(&first));
    let late = world.ticket(&site("X02")).unwrap();
    world.pass(60, &mut []);
    assert_eq!(world.hello(Credential::Ticket { ticket: late }).1, Err(Refusal::TicketInvalid));
}

#[test]
fn the_chair_invites_to_speak_one_after_the_other() {
    let (mut world, mut chair, mut sites) = World::running();
    let view = world.picture(chair.connection).0;
    assert_eq!((view.phase, view.stage.as_ref()), (MeetingPhase::Running, Some(&chair.seat)));
    let microphone = |world: &World, at: usize| world.picture(chair_of(world)).1[&seat(at)].microphone;
    assert_eq!(microphone(&world, 0), Microphone::Locked);
    assert_eq!(world.ask(&mut sites[0], ClientMessage::OpenMicrophone {}), Err(Refusal::MicrophoneLocked));
    let invite = |at: usize| ClientMessage::InviteToSpeak { seat: seat(at) };
    assert_eq!(world.ask(&mut sites[0], invite(0)), Err(Refusal::NotAllowed));

    world.ask(&mut sites[0], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    world.ask(&mut chair, invite(0)).unwrap();
    let view = world.picture(sites[5].connection).0;
    assert_eq!((view.floor, view.stage), (Some(seat(0)), Some(seat(0))));
    assert!(view.queue.is_empty(), "who is called is off the queue");
    assert_eq!(microphone(&world, 0), Microphone::Off, "nobody is put on air without opening it themselves");
    let peer = sites[0].peer.unwrap();
    assert!(!world.sfu.passes(peer, SourceKind::Microphone));
    world.ask(&mut sites[0], ClientMessage::OpenMicrophone {}).unwrap();
    assert!(world.sfu.passes(peer, SourceKind::Microphone));
    assert_eq!(world.sfu.stage_of_plenary().floor.map(|source| source.peer), Some(peer));

    world.ask(&mut chair, invite(1)).unwrap();
    assert_eq!((microphone(&world, 0), microphone(&world, 1)), (Microphone::Locked, Microphone::Off));
    assert!(!world.sfu.passes(peer, SourceKind::Microphone), "the speaker before is heard no more");
    world.ask(&mut sites[1], ClientMessage::OpenMicrophone {}).unwrap();
    world.ask(&mut sites[1], ClientMessage::FinishSpeech {}).unwrap();
    assert_eq!((microphone(&world, 1), world.picture(chair.connection).0.floor), (Microphone::Locked, None));
    assert_eq!(world.sfu.stage_of_plenary().floor, None);
    assert!(world.sfu.open.is_empty());
}

#[test]
fn mute_all_spares_hosts_and_the_floor_and_holds_for_late_joiners() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut chair, ClientMessage::AllowAllMicrophones {}).unwrap();
    for who in [2, 3] {
        world.ask(&mut sites[who], ClientMessage::OpenMicrophone {}).unwrap();
    }
    world.ask(&mut chair, ClientMessage::OpenMicrophone {}).unwrap();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: seat(3) }).unwrap();
    world.ask(&mut chair, ClientMessage::LockAllMicrophones {}).unwrap();
    let open: Vec<_> = world.sfu.open.iter().map(|source| source.peer).collect();
    assert_eq!(open, [chair.peer.unwrap(), sites[3].peer.unwrap()]);

    let mut late = world.join(&person("delegate", GrantRole::Delegate, "X07"));
    assert_eq!(world.ask(&mut late, ClientMessage::OpenMicrophone {}), Err(Refusal::MicrophoneLocked));
    world.ask(&mut chair, ClientMessage::AllowMicrophone { seat: late.seat.clone() }).unwrap();
    world.ask(&mut late, ClientMessage::OpenMicrophone {}).unwrap();
    world.media(&mut late);
    assert!(world.sfu.passes(late.peer.unwrap(), SourceKind::Microphone), "open before its media came");
    world.ask(&mut chair, ClientMessage::LockMicrophone { seat: late.seat.clone() }).unwrap();
    assert!(!world.sfu.passes(late.peer.unwrap(), SourceKind::Microphone));
    let lock = ClientMessage::LockMicrophone { seat: chair.seat.clone() };
    assert_eq!(world.ask(&mut sites[0], lock), Err(Refusal::NotAllowed));
}

#[test]
fn the_end_is_the_end_for_all() {
    let (mut world, mut chair, sites) = World::running();
    world.ask(&mut chair, ClientMessage::EndMeeting {}).unwrap();
    for who in sites.iter().chain([&chair]) {
        assert_eq!(world.bye(who.connection), Some(ByeReason::Ended));
    }
    assert!(world.sfu.rooms.is_empty());
    assert_eq!(world.ticket(&site("X01")), Err(Refusal::Ended));
    assert_eq!(world.resume(&mut chair, Default::default()), Err(Refusal::Ended));
    let records = world.stored.len();
    for who in sites.iter().chain([&chair]) {
        world.close(who.connection);
    }
    world.pass(2_000, &mut []);
    assert_eq!(world.stored.len(), records, "nothing happens in a meeting that is over");
}

#[test]
fn who_leaves_or_is_removed_holds_nothing_and_hears_why() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: seat(0) }).unwrap();
    world.ask(&mut sites[0], ClientMessage::StartPresenting {}).unwrap();
    world.frame(sites[0].connection, 99, ClientMessage::Leave {});
    assert_eq!(world.bye(sites[0].connection), Some(ByeReason::Left));
    let view = world.picture(chair.connection).0;
    assert_eq!((view.floor, view.stage, view.presenter), (None, None, None));
    assert!(!world.sfu.peers.contains_key(&sites[0].peer.unwrap()));

    let remove = ClientMessage::RemoveSeat { seat: seat(1) };
    world.ask(&mut chair, remove.clone()).unwrap();
    assert_eq!(world.bye(sites[1].connection), Some(ByeReason::Removed));
    let records = world.stored.len();
    world.ask(&mut chair, remove).unwrap();
    assert_eq!(world.stored.len(), records, "removed already");
    assert_eq!(world.ticket(&site("X02")), Err(Refusal::Removed));
    let mut gone = sites[1].clone();
    assert_eq!(world.resume(&mut gone, Default::default()), Err(Refusal::Removed));
    world.ask(&mut chair, ClientMessage::InviteSites { units: vec![unit("X02")] }).unwrap();
    assert_eq!(world.join(&site("X02")).seat, seat(1));
    let own = ClientMessage::RemoveSeat { seat: chair.seat.clone() };
    assert_eq!(world.ask(&mut chair, own), Err(Refusal::NotAllowed));
}

#[test]
fn sites_invited_later_get_a_seat_each_and_nobody_else_s() {
    let mut world = World::new();
    world.call(convener(), Call::CreateMeeting(briefing(3))).unwrap();
    let mut chair = world.join(&convener());
    let codes = ["X01", "X04", "X04", "X02", "X05"].map(unit).to_vec();
    world.ask(&mut chair, ClientMessage::InviteSites { units: codes }).unwrap();
    for number in 1..=4 {
        world.join(&person(&format!("d{number}"), GrantRole::Delegate, "X01"));
    }
    let seats = world.picture(chair.connection).1;
    let mut occupants: Vec<String> = seats.values().map(|seat| format!("{:?}", seat.occupant)).collect();
    occupants.sort();
    occupants.dedup();
    assert_eq!(
        (seats.len(), occupants.len()),
        (10, 10),
        "five sites, the chair and four delegates: {seats:#?}"
    );
    for (code, why) in
        [("Y1", Refusal::OutsideScope), ("X11", Refusal::NoSuchUnit), ("Z9", Refusal::NoSuchUnit)]
    {
        let invite = ClientMessage::InviteSites { units: vec![unit("X06"), unit(code)] };
        assert_eq!(world.ask(&mut chair, invite), Err(why), "{code}");
    }
    assert_eq!(world.picture(chair.connection).1.len(), 10, "all or none");
}

#[test]
fn a_viewer_watches_and_does_nothing_else() {
    let (mut world, _chair, sites) = World::running();
    let mut viewer = world.join(&person("eye", GrantRole::Viewer, "T1"));
    let camera = ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On };
    let records = world.stored.len();
    for message in [
        ClientMessage::OpenMicrophone {},
        ClientMessage::RegisterToSpeak { topic: None },
        camera,
        ClientMessage::StartPresenting {},
        ClientMessage::EndMeeting {},
        ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() },
        ClientMessage::InviteSites { units: vec![unit("X01")] },
    ] {
        assert_eq!(world.ask(&mut viewer, message.clone()), Err(Refusal::NotAllowed), "{message:?}");
    }
    assert_eq!(world.stored.len(), records);
    let told = &world.sent[&viewer.connection];
    let lines = told.iter().find_map(|message| match message {
        ServerMessage::Lines { lines } => {
            Some(lines.iter().map(|(seat, _)| seat.clone()).collect::<Vec<_>>())
        }
        _other => None,
    });
    assert_eq!(lines, Some(vec![viewer.seat.clone()]), "a line is its own seat's business and the hosts'");
    assert!(matches!(world.picture(viewer.connection).1[&seat(0)].connection, Connection::Connected { .. }));
    assert_eq!(meeting_id(), world.stored[0].meeting);
}

/// The seat of the commune at a place in the list of invited ones.
fn seat(at: usize) -> signaling_protocol::SeatId {
    signaling_protocol::SeatId::parse(format!("s{}", at + 1)).unwrap()
}

/// The first connection of a world is its chair's.
fn chair_of(world: &World) -> crate::ConnectionId {
    *world.sent.keys().next().unwrap()
}
