//! Branches that sit apart and come back, told by what each of their people knows and by what the SFU was asked.

use super::harness::{
    Participant, World, convener, meeting_id, person, site, three_tier_briefing, three_tiers, unit,
};
use crate::{Answer, Call, Input};
use sfu_control::{SfuEvent, SourceKind};
use signaling_protocol::{
    ByeReason, ClientMessage, Connection, DetachingPolicy, FactNumber, GrantRole, MeetingPhase, Microphone,
    Occupant, Presence, PublishSource, Refusal, SeatId, ServerMessage,
};

/// The province's chair and the rooms of two districts with two communes each, all with media, cameras on, the meeting
/// open.
pub(super) struct Hall {
    pub(super) world: World,
    pub(super) chair: Participant,
    /// D1, D1A, D1B, D2, D2A, D2B.
    pub(super) rooms: Vec<Participant>,
}

const CODES: [&str; 6] = ["D1", "D1A", "D1B", "D2", "D2A", "D2B"];

fn detach(code: &str) -> ClientMessage {
    ClientMessage::DetachBranch { unit: unit(code), chair: None, deputy: None }
}

fn bring_back(code: &str) -> ClientMessage {
    ClientMessage::ReturnBranch { unit: unit(code) }
}

fn seat(number: usize) -> SeatId {
    SeatId::parse(format!("s{number}")).unwrap()
}

impl Hall {
    pub(super) fn open() -> Self {
        let mut world = World::with_units(three_tiers());
        world.call(convener(), Call::CreateMeeting(three_tier_briefing())).unwrap();
        let mut chair = world.join(&convener());
        let mut rooms: Vec<Participant> = CODES.iter().map(|code| world.join(&site(code))).collect();
        world.media(&mut chair);
        rooms.iter_mut().for_each(|room| world.media(room));
        let on = ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On };
        world.ask(&mut chair, on.clone()).unwrap();
        for room in &mut rooms {
            world.ask(room, on.clone()).unwrap();
        }
        world.ask(&mut chair, ClientMessage::StartMeeting {}).unwrap();
        Self { world, chair, rooms }
    }

    fn host(&mut self, message: ClientMessage) -> Result<FactNumber, Refusal> {
        self.world.ask(&mut self.chair, message)
    }

    fn room(&mut self, at: usize, message: ClientMessage) -> Result<FactNumber, Refusal> {
        self.world.ask(&mut self.rooms[at], message)
    }

    /// Who shares a room of the SFU with whom, by the number of people.
    fn halls(&self) -> Vec<usize> {
        let rooms = self.world.sfu.rooms.keys();
        rooms.map(|room| self.world.sfu.peers.values().filter(|of| *of == room).count()).collect()
    }

    fn open_microphones(&self) -> usize {
        self.world.sfu.open.iter().filter(|source| source.kind == SourceKind::Microphone).count()
    }
}

#[test]
fn a_branch_sits_apart_with_its_own_stage_floor_and_queue_and_returns_and_nobody_rejoins() {
    let mut hall = Hall::open();
    hall.host(ClientMessage::AllowAllMicrophones {}).unwrap();
    hall.host(ClientMessage::InviteToSpeak { seat: seat(2) }).unwrap();
    hall.room(1, ClientMessage::OpenMicrophone {}).unwrap();
    hall.room(2, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    let (peers, connected) = (hall.world.sfu.peers.clone(), hall.world.connected.len());
    let clock = hall.world.now.instant;
    hall.host(detach("D1")).unwrap();
    assert_eq!(hall.halls(), [4, 3], "the chair and the second district; the first");
    assert_eq!(hall.open_microphones(), 0, "no microphone is carried from one sitting into the other");

    // The plenary goes on without them.
    let (plenary, seats) = hall.world.picture(hall.chair.connection);
    assert_eq!((plenary.branch, plenary.stage, plenary.floor), (None, None, None));
    let apart = &plenary.apart[0];
    assert_eq!((apart.unit.clone(), apart.name.as_str()), (unit("D1"), "Huyện số 1"));
    assert_eq!((apart.chair.clone(), apart.deputy.clone()), (Some(seat(1)), Some(seat(2))));
    let gone: Vec<bool> = (1..=6).map(|at| seats[&seat(at)].branch == Some(unit("D1"))).collect();
    assert_eq!(gone, [true, true, true, false, false, false]);

    // The branch has its own: its chair directs it.
    let own = hall.world.picture(hall.rooms[1].connection).0;
    assert_eq!((own.branch, own.phase, own.stage), (Some(unit("D1")), MeetingPhase::Running, Some(seat(1))));
    assert!(own.queue.is_empty() && own.floor.is_none());
    hall.room(1, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    hall.room(0, ClientMessage::InviteToSpeak { seat: seat(2) }).unwrap();
    hall.room(1, ClientMessage::OpenMicrophone {}).unwrap();
    hall.room(0, ClientMessage::OpenMicrophone {}).unwrap();
    hall.host(ClientMessage::InviteToSpeak { seat: seat(5) }).unwrap();
    hall.room(4, ClientMessage::OpenMicrophone {}).unwrap();
    let peer = |hall: &Hall, at: usize| hall.rooms[at].peer.unwrap();
    let stage = |hall: &Hall, at: usize| {
        let stage = hall.world.sfu.stage_of(peer(hall, at));
        (stage.programme.map(|source| source.peer), stage.floor.map(|source| source.peer))
    };
    assert_eq!(stage(&hall, 2), (Some(peer(&hall, 1)), Some(peer(&hall, 1))));
    assert_eq!(stage(&hall, 3), (Some(peer(&hall, 4)), Some(peer(&hall, 4))));
    let reverse = hall.world.sfu.stage_of(peer(&hall, 1)).reverse;
    assert_eq!(reverse.map(|source| source.peer), Some(peer(&hall, 0)), "the branch's own chair");

    // Back: one room, one queue, the registration of before.
    hall.host(bring_back("D1")).unwrap();
    assert_eq!(hall.halls(), [7]);
    for who in hall.rooms.iter().chain([&hall.chair]) {
        let view = hall.world.picture(who.connection).0;
        assert_eq!((view.branch, view.apart.len(), view.stage), (None, 0, Some(seat(5))));
        let queue: Vec<SeatId> = view.queue.into_iter().map(|entry| entry.seat).collect();
        assert_eq!(queue, [seat(3)], "kept while it was apart");
    }
    let heard: Vec<_> = hall.world.sfu.open.iter().filter(|s| s.kind == SourceKind::Microphone).collect();
    assert_eq!(heard.len(), 1, "only who spoke in the plenary is heard there");
    assert_eq!(hall.world.sfu.peers, peers, "the same transports in the same room");
    assert_eq!(hall.world.connected.len(), connected);
    let took = hall.world.now.instant - clock;
    assert!(took.as_secs() < 5, "{took:?} for all of it");
}

#[test]
fn several_sit_apart_at_once_and_each_chair_has_only_its_own() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    hall.host(detach("D2")).unwrap();
    assert_eq!(hall.halls(), [1, 3, 3]);
    hall.room(0, ClientMessage::PutOnStage { seat: seat(3) }).unwrap();
    hall.room(3, ClientMessage::AllowAllMicrophones {}).unwrap();
    let policy = |hall: &Hall, at: usize| hall.world.picture(hall.rooms[at].connection).0.microphones;
    assert_ne!(policy(&hall, 1), policy(&hall, 4));
    for (message, why) in [
        (ClientMessage::PutOnStage { seat: seat(5) }, Refusal::Apart),
        (ClientMessage::InviteToSpeak { seat: hall.chair.seat.clone() }, Refusal::Apart),
        (ClientMessage::LockMicrophone { seat: seat(6) }, Refusal::Apart),
        (ClientMessage::RemoveSeat { seat: seat(6) }, Refusal::OutsideScope),
        (ClientMessage::InviteSites { units: vec![unit("D2C")] }, Refusal::OutsideScope),
        (bring_back("D2"), Refusal::OutsideScope),
        (ClientMessage::NameBranchChair { unit: unit("D2"), seat: seat(5) }, Refusal::OutsideScope),
        (ClientMessage::EndMeeting {}, Refusal::NotAllowed),
        (ClientMessage::SetDetaching { policy: DetachingPolicy::OwnBranch }, Refusal::NotAllowed),
        (detach("D1A"), Refusal::Apart),
    ] {
        let before = hall.world.stored.len();
        assert_eq!(hall.room(0, message.clone()), Err(why), "{message:?}");
        assert_eq!(hall.world.stored.len(), before);
    }
    assert_eq!(hall.room(1, ClientMessage::ClearStage {}), Err(Refusal::NotAllowed), "only its chair");
    assert_eq!(hall.host(ClientMessage::InviteToSpeak { seat: seat(1) }), Err(Refusal::Apart));
    hall.room(3, bring_back("D2")).unwrap();
    assert_eq!(hall.halls(), [4, 3], "from inside, and the other stays");
}

#[test]
fn what_cannot_be_is_refused_and_says_why() {
    let mut hall = Hall::open();
    let named = |chair: Option<SeatId>, deputy: Option<SeatId>| ClientMessage::DetachBranch {
        unit: unit("D1"),
        chair,
        deputy,
    };
    let eye = hall.world.join(&person("eye", GrantRole::Viewer, "T1"));
    hall.world.close(hall.rooms[2].connection);
    let refused = |hall: &mut Hall, message: ClientMessage, why: Refusal| {
        let before = hall.world.stored.len();
        assert_eq!(hall.host(message.clone()), Err(why), "{message:?}");
        assert_eq!(hall.world.stored.len(), before);
    };
    refused(&mut hall, detach("Z9"), Refusal::NoSuchUnit);
    refused(&mut hall, detach("T2"), Refusal::OutsideScope);
    refused(&mut hall, detach("T1"), Refusal::NoSuchBranch);
    refused(&mut hall, detach("D1C"), Refusal::NoSuchBranch);
    refused(&mut hall, detach("D1B"), Refusal::NotConnected);
    refused(&mut hall, named(Some(seat(4)), None), Refusal::OutsideScope);
    refused(&mut hall, named(Some(seat(99)), None), Refusal::OutsideScope);
    refused(&mut hall, named(Some(seat(3)), None), Refusal::NotConnected);
    refused(&mut hall, named(None, Some(eye.seat)), Refusal::OutsideScope);
    refused(&mut hall, bring_back("D1"), Refusal::NotApart);
    refused(&mut hall, bring_back("Z9"), Refusal::NoSuchUnit);
    let name = |code: &str, at: usize| ClientMessage::NameBranchChair { unit: unit(code), seat: seat(at) };
    refused(&mut hall, name("D1", 1), Refusal::NotApart);
    assert_eq!(hall.room(0, detach("D1")), Err(Refusal::NotAllowed), "not unless the hosts let it");

    hall.host(named(Some(seat(2)), Some(seat(2)))).unwrap();
    let apart = hall.world.picture(hall.chair.connection).0.apart;
    assert_eq!((apart[0].chair.clone(), apart[0].deputy.clone()), (Some(seat(2)), None));
    refused(&mut hall, detach("D1"), Refusal::Apart);
    refused(&mut hall, detach("D1A"), Refusal::Apart);
    refused(&mut hall, ClientMessage::InviteSites { units: vec![unit("D1C")] }, Refusal::Apart);
    refused(&mut hall, name("D1", 4), Refusal::OutsideScope);
    refused(&mut hall, name("D1", 3), Refusal::NotConnected);
    hall.host(name("D1", 1)).unwrap();
    let apart = hall.world.picture(hall.chair.connection).0.apart;
    assert_eq!((apart[0].chair.clone(), apart[0].deputy.clone()), (Some(seat(1)), Some(seat(2))));
}

#[test]
fn a_branch_within_which_one_sits_apart_does_not_go_and_nothing_goes_before_the_meeting_is_open() {
    let mut world = World::with_units(three_tiers());
    world.call(convener(), Call::CreateMeeting(three_tier_briefing())).unwrap();
    let mut chair = world.join(&convener());
    world.join(&site("D1A"));
    assert_eq!(world.ask(&mut chair, detach("D1")), Err(Refusal::NotStarted));
    world.ask(&mut chair, ClientMessage::StartMeeting {}).unwrap();
    world.ask(&mut chair, detach("D1A")).unwrap();
    assert_eq!(world.ask(&mut chair, detach("D1")), Err(Refusal::Apart));
}

#[test]
fn a_room_lets_its_own_branch_go_where_the_hosts_allow_it() {
    let mut hall = Hall::open();
    let may = |hall: &Hall, at: usize| {
        let sent = &hall.world.sent[&hall.rooms[at].connection];
        let you = sent.iter().rev().find_map(|message| match message {
            ServerMessage::Changed { changes, .. } => changes.iter().find_map(|change| match change {
                signaling_protocol::Change::You { you } => Some(you.actions.clone()),
                _other => None,
            }),
            _other => None,
        });
        you.unwrap_or_default()
    };
    hall.host(ClientMessage::SetDetaching { policy: DetachingPolicy::OwnBranch }).unwrap();
    assert!(may(&hall, 0).contains(&signaling_protocol::Action::DetachOwn));
    assert_eq!(hall.room(0, detach("D2")), Err(Refusal::OutsideScope));
    assert_eq!(hall.room(1, detach("D1")), Err(Refusal::OutsideScope), "a commune is not the district");
    hall.room(0, detach("D1")).unwrap();
    assert!(may(&hall, 0).contains(&signaling_protocol::Action::Detach));
    hall.room(0, bring_back("D1")).unwrap();
    hall.host(ClientMessage::SetDetaching { policy: DetachingPolicy::Hosts }).unwrap();
    assert_eq!(hall.room(0, detach("D1")), Err(Refusal::NotAllowed));
}

#[test]
fn the_deputy_stands_in_and_takes_over_and_the_last_leaves_the_light_on() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    let clear = ClientMessage::ClearStage {};
    assert_eq!(hall.room(1, clear.clone()), Err(Refusal::NotAllowed));
    hall.world.close(hall.rooms[0].connection);
    hall.room(1, ClientMessage::PutOnStage { seat: seat(3) }).unwrap();
    let mut back = hall.rooms[0].clone();
    hall.world.resume(&mut back, FactNumber(1)).unwrap();
    hall.rooms[0] = back;
    assert_eq!(hall.room(1, clear.clone()), Err(Refusal::NotAllowed), "the chair is here again");
    hall.room(0, clear).unwrap();

    let chairs = |hall: &Hall| {
        let apart = &hall.world.picture(hall.chair.connection).0.apart[0];
        (apart.chair.clone(), apart.deputy.clone())
    };
    let leave = |hall: &mut Hall, at: usize| {
        let connection = hall.rooms[at].connection;
        hall.world.frame(connection, 900, ClientMessage::Leave {});
        assert_eq!(hall.world.bye(connection), Some(ByeReason::Left));
    };
    leave(&mut hall, 0);
    assert_eq!(chairs(&hall), (Some(seat(2)), Some(seat(3))));
    let seats = hall.world.picture(hall.rooms[1].connection).1;
    assert_eq!(seats[&seat(2)].microphone, Microphone::Off, "a chair's microphone is not locked");
    hall.room(1, ClientMessage::PutOnStage { seat: seat(3) }).unwrap();
    leave(&mut hall, 1);
    leave(&mut hall, 2);
    assert_eq!(chairs(&hall), (None, None));
    assert_eq!(hall.halls(), [4, 0], "its sitting goes on until it is brought back");
    let again = hall.world.join(&site("D1B"));
    assert_eq!(chairs(&hall), (Some(again.seat), None));
    hall.host(bring_back("D1")).unwrap();
    assert_eq!(hall.halls(), [4]);
}

#[test]
fn the_end_of_the_meeting_is_the_end_for_those_who_sit_apart() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    hall.host(detach("D2")).unwrap();
    hall.host(ClientMessage::EndMeeting {}).unwrap();
    for who in hall.rooms.iter().chain([&hall.chair]) {
        assert_eq!(hall.world.bye(who.connection), Some(ByeReason::Ended));
    }
    assert!(hall.world.sfu.rooms.is_empty() && hall.world.sfu.peers.is_empty());
    assert_eq!(hall.world.ticket(&site("D1A")), Err(Refusal::Ended));
}

#[test]
fn the_plenary_puts_out_a_seat_that_sits_apart_and_lets_it_in_again() {
    let mut hall = Hall::open();
    hall.room(1, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    hall.host(detach("D1")).unwrap();
    hall.room(0, ClientMessage::InviteToSpeak { seat: seat(2) }).unwrap();
    hall.host(ClientMessage::RemoveSeat { seat: seat(2) }).unwrap();
    assert_eq!(hall.world.bye(hall.rooms[1].connection), Some(ByeReason::Removed));
    assert_eq!(hall.world.ticket(&site("D1A")), Err(Refusal::Removed));
    let branch = hall.world.picture(hall.rooms[0].connection).0;
    assert_eq!((branch.floor, branch.stage), (None, None), "what it held is free");
    assert!(hall.world.picture(hall.chair.connection).0.queue.is_empty());
    let let_in = ClientMessage::InviteBack { seat: seat(2) };
    assert_eq!(hall.room(0, let_in.clone()), Err(Refusal::Apart), "who put it out lets it in");
    hall.host(let_in).unwrap();
    let again = hall.world.join(&site("D1A"));
    assert_eq!(hall.world.picture(again.connection).0.branch, Some(unit("D1")), "it sits where it sat");

    hall.room(0, ClientMessage::RemoveSeat { seat: seat(3) }).unwrap();
    assert_eq!(hall.host(ClientMessage::InviteBack { seat: seat(3) }), Err(Refusal::Apart));
    hall.host(bring_back("D1")).unwrap();
    hall.host(ClientMessage::InviteBack { seat: seat(3) }).unwrap();
    hall.world.join(&site("D1B"));
}

#[test]
fn who_comes_while_a_branch_is_apart_sits_with_it() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    let delegate = hall.world.join(&person("delegate", GrantRole::Delegate, "D1A"));
    let other = hall.world.join(&person("other", GrantRole::Delegate, "D2A"));
    let of = |hall: &Hall, who: &Participant| hall.world.picture(who.connection).0.branch;
    assert_eq!((of(&hall, &delegate), of(&hall, &other)), (Some(unit("D1")), None));
    hall.room(0, ClientMessage::InviteSites { units: vec![unit("D1C")] }).unwrap();
    let late = hall.world.join(&site("D1C"));
    assert_eq!(of(&hall, &late), Some(unit("D1")));
    let names = [delegate.seat.to_string(), late.seat.to_string(), other.seat.to_string()];
    assert_eq!(names, ["D1.1", "D1.2", "s8"], "no two nodes give the same name");
    let operator = hall.world.join(&person("operator", GrantRole::Operator, "T1"));
    assert_eq!(of(&hall, &operator), None);
    hall.host(bring_back("D1")).unwrap();
    assert_eq!(of(&hall, &late), None);
    let occupants: std::collections::BTreeSet<String> = hall
        .world
        .picture(hall.chair.connection)
        .1
        .values()
        .map(|seat| match &seat.occupant {
            Occupant::Site { unit } => unit.to_string(),
            Occupant::Person { account, .. } => account.to_string(),
        })
        .collect();
    assert_eq!(occupants.len(), 11);
}

#[test]
fn neither_side_is_told_what_goes_on_at_the_other() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    let said = |hall: &Hall, connection| hall.world.sent[&connection].len();
    let (chair, inside) = (hall.chair.connection, hall.rooms[1].connection);
    let (before, heard) = (said(&hall, chair), said(&hall, inside));
    hall.room(0, ClientMessage::PutOnStage { seat: seat(3) }).unwrap();
    hall.room(0, ClientMessage::AllowAllMicrophones {}).unwrap();
    hall.room(2, ClientMessage::OpenMicrophone {}).unwrap();
    hall.room(2, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    hall.world.pass(2, &mut []);
    let peer = hall.rooms[2].peer.unwrap();
    let room = hall.world.sfu.peers[&peer];
    hall.world.input(Input::Sfu(SfuEvent::Speaking { room, peers: vec![peer] }));
    assert_eq!(said(&hall, chair), before, "{:?}", &hall.world.sent[&chair][before..]);
    assert!(said(&hall, inside) > heard);
    let speaking = |hall: &Hall, connection| {
        hall.world.sent[&connection].iter().any(|message| matches!(message, ServerMessage::Speaking { .. }))
    };
    assert!(speaking(&hall, inside) && !speaking(&hall, chair));

    let heard = said(&hall, inside);
    hall.host(ClientMessage::InviteToSpeak { seat: seat(5) }).unwrap();
    hall.room(4, ClientMessage::OpenMicrophone {}).unwrap();
    hall.world.pass(2, &mut []);
    assert_eq!(said(&hall, inside), heard, "{:?}", &hall.world.sent[&inside][heard..]);

    // Somebody who comes back in between is told no more than the others, and after the return all know all.
    hall.world.close(inside);
    let mut back = hall.rooms[1].clone();
    hall.world.resume(&mut back, FactNumber(0)).unwrap();
    let seats = hall.world.picture(back.connection).1;
    assert_eq!(seats[&seat(5)].microphone, Microphone::Locked);
    assert!(seats[&seat(3)].camera && !seats[&seat(5)].camera);
    hall.rooms[1] = back;
    hall.host(bring_back("D1")).unwrap();
    let known: Vec<_> = hall.rooms.iter().map(|room| hall.world.picture(room.connection)).collect();
    let (meeting, seats) = hall.world.picture(hall.chair.connection);
    for (mut view, told) in known {
        view.fact = meeting.fact;
        assert_eq!((view, told), (meeting.clone(), seats.clone()));
    }
    assert_eq!(seats[&seat(5)].microphone, Microphone::Open);
}

#[test]
fn a_branch_that_was_apart_when_the_node_was_killed_is_apart_again() {
    let mut hall = Hall::open();
    hall.host(detach("D1")).unwrap();
    hall.room(0, ClientMessage::PutOnStage { seat: seat(3) }).unwrap();
    let mut again = World::restarted(&hall.world.stored);
    again.input(Input::ReplaceUnits { units: std::sync::Arc::new(three_tiers()) });
    assert_eq!(again.sfu.rooms.len(), 2);
    for room in &mut hall.rooms {
        again.resume(room, FactNumber(3)).unwrap();
        again.media(room);
    }
    again.resume(&mut hall.chair, FactNumber(3)).unwrap();
    again.media(&mut hall.chair);
    let counts: Vec<usize> = again
        .sfu
        .rooms
        .keys()
        .map(|room| again.sfu.peers.values().filter(|of| *of == room).count())
        .collect();
    assert_eq!(counts, [4, 3]);
    let shown = again.sfu.stage_of(hall.rooms[0].peer.unwrap()).programme.map(|source| source.peer);
    assert_eq!(shown, hall.rooms[2].peer);
    again.ask(&mut hall.rooms[0], bring_back("D1")).unwrap();
    let list = again.call(convener(), Call::ListMeetings).unwrap();
    let Answer::Meetings(list) = list else { panic!("{list:?}") };
    assert_eq!((list.meetings[0].meeting.clone(), list.meetings[0].connected), (meeting_id(), 6));
    let connections = again.picture(hall.chair.connection).1;
    assert!(connections.values().all(|seat| matches!(seat.connection, Connection::Connected { .. })));
}
