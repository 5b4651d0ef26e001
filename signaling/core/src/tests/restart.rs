//! A node that is killed at any moment comes back as it was.

use super::harness::{Participant, World, convener, meeting_id, person, site, unit};
use crate::meeting::Meeting;
use crate::{Call, Fact, FactRecord, Input, Scope};
use signaling_protocol::{
    ClientMessage, Connection, FactNumber, GrantRole, MeetingView, Presence, PublishSource, Refusal, SeatId,
    SeatView,
};
use std::collections::BTreeMap;

/// The fold of records.
pub(super) fn meeting_of(records: &[FactRecord]) -> Meeting {
    let Fact::MeetingCreated(created) = &records[0].fact else { panic!("{:?}", records[0]) };
    let mut meeting = Meeting::begin(records[0].meeting.clone(), (**created).clone());
    records.iter().for_each(|record| meeting.fold(record));
    meeting
}

/// The fold of records, as its meeting would be seen.
pub(super) fn folded(records: &[FactRecord]) -> (MeetingView, BTreeMap<SeatId, SeatView>) {
    let meeting = meeting_of(records);
    let seats = meeting.seats.iter().map(|(id, seat)| (id.clone(), seat.view(&Scope::Plenary))).collect();
    (meeting.view(&Scope::Plenary), seats)
}

/// A meeting in which everything happens once.
fn story() -> (World, Participant, Vec<Participant>) {
    let (mut world, mut chair, mut sites) = World::running();
    let seat = |at: usize| SeatId::parse(format!("s{}", at + 1)).unwrap();
    let on = ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On };
    world.ask(&mut sites[0], on).unwrap();
    world.ask(&mut sites[1], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    world.ask(&mut sites[2], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: seat(1) }).unwrap();
    world.ask(&mut sites[1], ClientMessage::OpenMicrophone {}).unwrap();
    world.ask(&mut sites[1], ClientMessage::StartPresenting {}).unwrap();
    world.close(sites[3].connection);
    world.ask(&mut chair, ClientMessage::AllowPresenting { seat: seat(0) }).unwrap();
    world.ask(&mut chair, ClientMessage::AllowAllMicrophones {}).unwrap();
    world.ask(&mut chair, ClientMessage::DismissRegistration { seat: seat(2) }).unwrap();
    world.ask(&mut chair, ClientMessage::RemoveSeat { seat: seat(8) }).unwrap();
    world.ask(&mut chair, ClientMessage::InviteSites { units: vec![unit("X09")] }).unwrap();
    world.frame(sites[9].connection, 99, ClientMessage::Leave {});
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: seat(0) }).unwrap();
    world.ask(&mut chair, ClientMessage::LockAllMicrophones {}).unwrap();
    (world, chair, sites)
}

#[test]
fn after_a_restart_at_any_record_everything_is_as_it_was_but_nobody_is_here() {
    let (world, ..) = story();
    assert!(world.stored.len() > 60, "{}", world.stored.len());
    let mut here = 0;
    for end in 1..=world.stored.len() {
        let (mut meeting, mut seats) = folded(&world.stored[..end]);
        let mut again = World::restarted(&world.stored[..end]);
        let eye = again.join(&person("eye", GrantRole::Viewer, "T1"));
        let (seen_meeting, mut seen_seats) = again.picture(eye.connection);
        seen_seats.remove(&eye.seat);
        let since = signaling_protocol::UtcSeconds(u32::try_from(again.now.wall.0 / 1_000).unwrap());
        for seat in seats.values_mut().filter(|seat| matches!(seat.connection, Connection::Connected { .. }))
        {
            seat.connection = Connection::Lost { since };
            here += 1;
        }
        meeting.fact = seen_meeting.fact;
        assert_eq!((seen_meeting, seen_seats), (meeting, seats), "after fact {end}");
        assert_eq!(again.counter("logs_broken"), 0);
        assert_eq!(crate::verify_chain(&again.stored), Ok(()));
    }
    assert!(here > 0);
}

#[test]
fn a_token_and_a_request_outlive_the_node() {
    let (world, chair, sites) = story();
    let before = world.stored.len();
    let mut again = World::restarted(&world.stored);
    let mut back = chair;
    let welcome = again.resume(&mut back, FactNumber(u32::try_from(before).unwrap())).unwrap();
    assert_eq!(welcome.last_request.0, back.request);
    let stored = again.stored.len();
    let lock = ClientMessage::LockAllMicrophones {};
    let done = world.stored.last().unwrap().number;
    assert_eq!(again.ask_as(&back, back.request, lock), Ok(done), "answered as before the restart");
    assert_eq!(again.stored.len(), stored, "and not done again");
    again.ask(&mut back, ClientMessage::ClearStage {}).unwrap();
    assert_eq!(again.stored.len(), stored + 1);
    let mut gone = sites[9].clone();
    assert_eq!(again.resume(&mut gone, FactNumber(1)), Err(Refusal::TicketInvalid), "it had left");
    let mut site = sites[1].clone();
    again.resume(&mut site, FactNumber(1)).unwrap();
    again.media(&mut site);
}

#[test]
fn a_log_that_was_changed_is_refused_and_the_others_are_not() {
    let (world, ..) = story();
    let middle = world.stored.len() / 2;
    let damage: [fn(&mut Vec<FactRecord>, usize); 5] = [
        |records, at| records[at].at.0 += 1,
        |records, at| drop(records.remove(at)),
        |records, at| records.swap(at, at + 1),
        |records, at| records[at].hash = records[at - 1].hash.clone(),
        |records, at| drop(records.drain(..at)),
    ];
    for harm in damage {
        let mut records = world.stored.clone();
        harm(&mut records, middle);
        assert!(crate::verify_chain(&records).is_err());
        let mut again = World::restarted(&records);
        assert_eq!(again.counter("logs_broken"), 1);
        assert_eq!(again.ticket(&site("X01")), Err(Refusal::NoSuchMeeting));
        again.stored.clear();
        again.input(Input::Restore { records: world.stored.clone() });
        assert!(again.ticket(&site("X01")).is_ok(), "another log is read all the same");
    }
    let mut empty = World::restarted(&[]);
    assert_eq!(
        empty.call(convener(), Call::IssueTicket { meeting: meeting_id() }),
        Err(Refusal::NoSuchMeeting)
    );
}
