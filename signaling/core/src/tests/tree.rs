//! Many nodes, one meeting.

mod forest;
mod hundreds;
mod seen;
mod wood;

use super::harness::{Participant, person, site, unit};
use crate::neighbour::{Admit, Command, Peers, Presence};
use crate::{Call, Input, Word};
use forest::{Forest, node};
use sfu_control::{PeerId, Source, SourceKind};
use signaling_protocol::{
    ByeReason, ClientMessage, Connection, GrantRole, Microphone, PublishSource, Refusal, SeatId,
};

#[test]
fn a_village_two_nodes_below_is_in_the_meeting_of_the_top() {
    let (mut forest, mut chair) = Forest::meeting(1);
    let mut village = forest.join("x1", &site("V1")).unwrap();
    let commune = forest.join("t1", &site("X2")).unwrap();
    let other = forest.join("t2", &site("Y1")).unwrap();
    forest.ask("x1", &mut village, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    forest.pass(1);

    let seen = forest.picture("tw", &chair);
    assert_eq!(seen.0.queue[0].seat, village.seat);
    let connected = |seats: &std::collections::BTreeMap<_, signaling_protocol::SeatView>| {
        seats.values().filter(|seat| matches!(seat.connection, Connection::Connected { .. })).count()
    };
    assert_eq!(connected(&seen.1), 4, "three sites and the chair");
    for (name, who) in [("x1", &village), ("t1", &commune), ("t2", &other)] {
        assert_eq!(forest.picture(name, who), seen, "at {name}");
    }

    let seat = village.seat.clone();
    forest.ask("tw", &mut chair, ClientMessage::InviteToSpeak { seat: seat.clone() }).unwrap();
    forest.ask("x1", &mut village, ClientMessage::OpenMicrophone {}).unwrap();
    forest.pass(1);
    assert_eq!(forest.picture("t2", &other).0.floor, Some(seat));
    forest.assert_one_history();
}

#[test]
fn what_is_asked_below_is_judged_as_at_the_top() {
    let (mut forest, chair) = Forest::meeting(2);
    let mut village = forest.join("x1", &site("V1")).unwrap();
    let before = forest.log("tw").len();
    let lock = forest.ask("x1", &mut village, ClientMessage::LockAllMicrophones {});
    assert_eq!(lock, Err(Refusal::NotAllowed));
    let open = forest.ask("x1", &mut village, ClientMessage::OpenMicrophone {});
    assert_eq!(open, Err(Refusal::MicrophoneLocked));
    let invite = ClientMessage::InviteToSpeak { seat: chair.seat };
    assert_eq!(forest.ask("x1", &mut village, invite), Err(Refusal::NotAllowed));
    assert_eq!(forest.log("tw").len(), before);
}

#[test]
fn a_person_of_a_branch_gets_a_seat_from_the_home() {
    let (mut forest, _) = Forest::meeting(3);
    let delegate = forest.join("x1", &person("anh", GrantRole::Delegate, "X1")).unwrap();
    let again = forest.join("x1", &person("anh", GrantRole::Delegate, "X1")).unwrap();
    assert_eq!(delegate.seat, again.seat);
    let stranger = forest.join("t2", &person("la", GrantRole::Administrator, "T2"));
    assert_eq!(stranger.unwrap_err(), Refusal::NotInvited);
    forest.assert_one_history();
}

/// The branch of T1 is cut off from the top in a meeting that runs: its own room and a village of it are here.
fn cut_off(seed: u64) -> (Forest, Participant, Participant, Participant) {
    let (mut forest, chair) = Forest::meeting(seed);
    let hall = forest.join("t1", &site("T1")).unwrap();
    let village = forest.join("x1", &site("V1")).unwrap();
    forest.cut.insert("t1");
    forest.pass(4);
    (forest, chair, hall, village)
}

fn floor_of(forest: &mut Forest, name: &str, who: &Participant) -> Option<SeatId> {
    forest.picture(name, who).0.floor
}

#[test]
fn a_branch_that_is_cut_off_goes_on_under_its_own_chair() {
    let (mut forest, mut chair, mut hall, mut village) = cut_off(20);
    let apart = |forest: &mut Forest, name, who: &Participant| forest.picture(name, who).0.apart;
    for (name, who) in [("tw", &chair), ("t1", &hall), ("x1", &village)] {
        let branches = apart(&mut forest, name, who);
        assert!(
            branches.len() == 1 && branches[0].cut && branches[0].unit == unit("T1"),
            "{name}: {branches:?}"
        );
    }
    forest.ask("x1", &mut village, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    let invite = ClientMessage::InviteToSpeak { seat: village.seat.clone() };
    forest.ask("t1", &mut hall, invite).unwrap();
    forest.ask("x1", &mut village, ClientMessage::OpenMicrophone {}).unwrap();
    forest.pass(1);
    assert_eq!(floor_of(&mut forest, "x1", &village), Some(village.seat.clone()));
    assert_eq!(floor_of(&mut forest, "tw", &chair), None);
    // The plenary is not the branch's to decide.
    assert_eq!(forest.ask("t1", &mut hall, ClientMessage::EndMeeting {}), Err(Refusal::NotAllowed));
    let back = ClientMessage::ReturnBranch { unit: unit("T1") };
    assert_eq!(forest.ask("t1", &mut hall, back), Err(Refusal::ParentAway));
    forest.ask("tw", &mut chair, ClientMessage::AllowAllMicrophones {}).unwrap();

    forest.cut.clear();
    forest.pass(3);
    forest.assert_one_history();
    for (name, who) in [("tw", &chair), ("t1", &hall), ("x1", &village)] {
        assert_eq!(apart(&mut forest, name, who), [], "together at {name}");
    }
    let granted = |record: &&crate::FactRecord| matches!(record.fact, crate::Fact::FloorGranted { .. });
    assert_eq!(forest.log("tw").iter().filter(granted).count(), 1, "what the branch did stands in the log");
    assert_eq!(forest.picture("tw", &chair), forest.picture("x1", &village));
    forest.ask("x1", &mut village, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    forest.ask("t1", &mut hall, ClientMessage::OpenMicrophone {}).unwrap();
    forest.assert_one_history();
}

#[test]
fn who_speaks_while_the_line_is_cut_goes_on_speaking() {
    let (mut forest, mut chair) = Forest::meeting(21);
    let hall = forest.join("t1", &site("T1")).unwrap();
    let mut village = forest.join("x1", &site("V1")).unwrap();
    forest.ask("tw", &mut chair, ClientMessage::InviteToSpeak { seat: village.seat.clone() }).unwrap();
    forest.ask("x1", &mut village, ClientMessage::OpenMicrophone {}).unwrap();
    forest.cut.insert("t1");
    forest.pass(4);
    for (name, who) in [("t1", &hall), ("x1", &village)] {
        let (meeting, seats) = forest.picture(name, who);
        assert!(meeting.apart[0].cut && meeting.apart[0].chair.as_ref() == Some(&hall.seat), "{name}");
        assert_eq!(
            (meeting.floor.as_ref(), meeting.stage.as_ref()),
            (Some(&village.seat), Some(&village.seat))
        );
        assert_eq!(seats[&village.seat].microphone, Microphone::Open, "{name}");
    }
    assert_eq!(forest.picture("t1", &hall).1[&hall.seat].microphone, Microphone::Off, "who chairs may speak");
    forest.cut.clear();
    forest.pass(3);
    forest.assert_one_history();
    assert_eq!(forest.picture("tw", &chair).1[&village.seat].microphone, Microphone::Locked);
}

#[test]
fn whatever_both_sides_do_while_they_are_apart_nothing_is_lost_or_done_twice() {
    for seed in 0..40 {
        let (mut forest, mut chair, mut hall, mut village) = cut_off(seed);
        let mut other = forest.join("t2", &site("Y1")).unwrap();
        let mut made = 0;
        for _ in 0..12 {
            let (name, who): (&str, &mut Participant) = match forest.chance(4) {
                0 => ("tw", &mut chair),
                1 => ("t1", &mut hall),
                2 => ("x1", &mut village),
                _ => ("t2", &mut other),
            };
            let message = match forest.chance(5) {
                0 => ClientMessage::RegisterToSpeak { topic: None },
                1 => ClientMessage::CancelRegistration {},
                2 => ClientMessage::AllowAllMicrophones {},
                3 => ClientMessage::InviteToSpeak { seat: who.seat.clone() },
                _ => ClientMessage::LockAllMicrophones {},
            };
            let done = forest.ask(name, who, message);
            made += u32::from(done.is_ok_and(|fact| fact != 0) && matches!(name, "t1" | "x1"));
            if forest.chance(4) == 0 {
                forest.pass(1);
            }
        }
        if forest.chance(3) == 0 {
            forest.restart("t1");
        }
        let before =
            forest.worlds["t1"].apart.iter().filter(|(_, record)| !record.scope.is_plenary()).count();
        forest.loss = 100;
        forest.cut.clear();
        forest.pass(12);
        forest.loss = 0;
        forest.pass(8);
        forest.assert_one_history();
        let home = forest.log("tw");
        let taken: Vec<(u64, u32)> = home
            .iter()
            .filter_map(|record| match &record.fact {
                crate::Fact::IslandTaken { island, facts } => Some((*island, *facts)),
                _other => None,
            })
            .collect();
        let names: std::collections::BTreeSet<u64> = taken.iter().map(|(island, _)| *island).collect();
        assert!(!taken.is_empty() && names.len() == taken.len(), "seed {seed}: taken in once: {taken:?}");
        let facts: u32 = taken.iter().map(|(_, facts)| facts).sum();
        let before = u32::try_from(before).unwrap();
        assert!(facts >= before && before >= made, "seed {seed}: {taken:?} {before} {made}");
        let mut seen = forest.picture("tw", &chair);
        let mut far = forest.picture("t2", &other);
        assert_eq!(seen.0.apart, [], "seed {seed}");
        // Facts that came together and undo each other leave nothing to tell, and each node hears them in its own
        // batches: the number a client was told last may lag at one of them. What it sees may not.
        (seen.0.fact, far.0.fact) = Default::default();
        assert_eq!(far, seen, "seed {seed}");
    }
}

#[test]
fn after_a_cut_everybody_knows_what_happened_meanwhile_and_nothing_is_done_twice() {
    let (mut forest, mut chair) = Forest::meeting(4);
    let mut village = forest.join("x1", &site("V1")).unwrap();
    let mut commune = forest.join("t1", &site("X2")).unwrap();
    forest.cut.insert("t1");
    forest.send("x1", &mut village, ClientMessage::RegisterToSpeak { topic: None });
    assert_eq!(forest.answered("x1", &village), None, "the home cannot be asked");
    forest.pass(4);
    assert_eq!(forest.answered("x1", &village), Some(Err(Refusal::ParentAway)));
    let late = forest.join("t1", &person("anh", GrantRole::Delegate, "T1"));
    assert_eq!(late.unwrap_err(), Refusal::ParentAway);
    forest.ask("tw", &mut chair, ClientMessage::AllowAllMicrophones {}).unwrap();
    forest.cut.clear();
    forest.pass(3);

    forest.ask("x1", &mut village, ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    let registered =
        |record: &&crate::FactRecord| matches!(record.fact, crate::Fact::SpeechRegistered { .. });
    assert_eq!(forest.log("tw").iter().filter(registered).count(), 1);
    let back = forest.picture("tw", &chair).1[&village.seat].connection;
    assert!(matches!(back, Connection::Connected { .. }), "{back:?}");
    forest.ask("t1", &mut commune, ClientMessage::OpenMicrophone {}).unwrap();
    forest.assert_one_history();
}

#[test]
fn a_bus_that_loses_delays_but_changes_nothing() {
    for seed in 0..30 {
        let (mut forest, mut chair) = Forest::meeting(seed);
        let mut sites: Vec<_> = [("x1", "V1"), ("x1", "V2"), ("t1", "X2"), ("t2", "Y1"), ("t2", "Y2")]
            .map(|(name, code)| (name, forest.join(name, &site(code)).unwrap()))
            .into();
        // More would now and then be a cut, which is another story.
        forest.loss = 20;
        for (name, who) in &mut sites {
            forest.send(name, who, ClientMessage::RegisterToSpeak { topic: None });
            forest.pass(2);
        }
        while sites.iter().any(|(name, who)| forest.answered(name, who).is_none()) {
            forest.pass(1);
        }
        let seat = sites[0].1.seat.clone();
        // A seat whose node is not heard of for a while cannot be invited until it is again.
        let invite = ClientMessage::InviteToSpeak { seat: seat.clone() };
        while forest.ask("tw", &mut chair, invite.clone()) == Err(Refusal::NotConnected) {
            forest.pass(1);
        }
        forest.loss = 0;
        forest.pass(8);
        for (name, who) in &mut sites {
            assert!(forest.answered(name, who).unwrap().is_ok(), "seed {seed}");
        }
        let seen = forest.picture("tw", &chair).0;
        assert_eq!(seen.floor, Some(seat), "seed {seed}");
        assert_eq!(seen.queue.len(), 4, "seed {seed}");
        forest.assert_one_history();
    }
}

#[test]
fn a_node_speaks_for_its_branch_only() {
    let (mut forest, chair) = Forest::meeting(5);
    let commune = forest.join("t1", &site("X2")).unwrap();
    let meeting = forest::country_briefing().meeting;
    let refused = |forest: &mut Forest| forest.world("tw").counter("neighbour_words_refused");
    let before = (forest.log("tw").len(), refused(&mut forest));
    let spoken = [
        Word::Presence(Presence {
            meeting: meeting.clone(),
            seats: vec![(commune.seat.clone(), false)],
            extent: crate::Extent::News,
        }),
        Word::Command(Command {
            meeting: meeting.clone(),
            seat: chair.seat.clone(),
            request: signaling_protocol::RequestId(99),
            message: Box::new(ClientMessage::EndMeeting {}),
        }),
        Word::Command(Command {
            meeting: meeting.clone(),
            seat: commune.seat,
            request: signaling_protocol::RequestId(99),
            message: Box::new(ClientMessage::RegisterToSpeak { topic: None }),
        }),
        Word::Peers(Peers {
            meeting: meeting.clone(),
            peers: vec![(chair.seat.clone(), None)],
            extent: crate::Extent::News,
        }),
        Word::Admit(Admit { call: 1, meeting, by: Box::new(person("la", GrantRole::Operator, "T1")) }),
        Word::Facts { records: forest.log("tw").to_vec() },
    ];
    let count = u64::try_from(spoken.len()).unwrap();
    for word in spoken {
        forest.world("t2").hub.say_for_a_test(&node("tw"), word);
    }
    forest.world("t2").input(Input::Timeout);
    forest.carry();
    assert_eq!((forest.log("tw").len(), refused(&mut forest)), (before.0, before.1 + count));
    assert_eq!(forest.world("tw").bye(chair.connection), None);
}

#[test]
fn a_seat_is_heard_at_one_node() {
    let (mut forest, chair) = Forest::meeting(6);
    let first = forest.join("x1", &site("V1")).unwrap();
    let second = forest.join("t1", &site("V1")).unwrap();
    assert_eq!(first.seat, second.seat);
    assert_eq!(forest.world("x1").bye(first.connection), Some(ByeReason::Replaced));
    let third = forest.join("x1", &site("V1")).unwrap();
    assert_eq!(forest.world("t1").bye(second.connection), Some(ByeReason::Replaced));
    forest.pass(1);
    let seen = forest.picture("tw", &chair).1[&third.seat].connection;
    assert!(matches!(seen, Connection::Connected { .. }), "{seen:?}");
    forest.assert_one_history();
}

#[test]
fn a_meeting_is_made_where_its_unit_lies() {
    let mut forest = Forest::new(8);
    let wanted = forest::country_briefing();
    let made = forest.world("t1").call(forest::chair(), Call::CreateMeeting(wanted.clone()));
    assert_eq!(made.unwrap_err(), Refusal::OutsideScope);
    let convener = person("chair", GrantRole::Convener, "T1");
    let own = signaling_protocol::CreateMeeting {
        convening_unit: unit("T1"),
        sites: vec![unit("X2"), unit("V1")],
        ..wanted
    };
    forest.world("t1").call(convener, Call::CreateMeeting(own)).unwrap();
    forest.carry();
    let village = forest.join("x1", &site("V1")).unwrap();
    assert!(!village.seat.as_str().is_empty());
    assert!(forest.log("tw").is_empty() && forest.log("t2").is_empty(), "nobody else has a part in it");
}

#[test]
fn a_node_that_was_restarted_goes_on_from_its_log() {
    let (mut forest, chair) = Forest::meeting(9);
    let village = forest.join("x1", &site("V1")).unwrap();
    for name in ["x1", "t1", "tw"] {
        forest.restart(name);
        forest.pass(5);
        forest.assert_one_history();
    }
    let back = forest.join("x1", &site("V1")).unwrap();
    assert_eq!(back.seat, village.seat);
    let chair_again = forest.join("tw", &forest::chair()).unwrap();
    assert_eq!(chair.seat, chair_again.seat);
    forest.pass(1);
    let seen = forest.picture("tw", &chair_again).1[&back.seat].connection;
    assert!(matches!(seen, Connection::Connected { .. }), "{seen:?}");
    forest.assert_one_history();
}

#[test]
fn media_goes_where_the_meeting_goes_and_everybody_means_the_same_source() {
    let (mut forest, mut chair) = Forest::meeting(11);
    let mut village = forest.join("x1", &site("V1")).unwrap();
    forest.world("tw").media(&mut chair);
    forest.world("x1").media(&mut village);
    let on = ClientMessage::SetSource {
        source: PublishSource::Camera,
        presence: signaling_protocol::Presence::On,
    };
    forest.ask("tw", &mut chair, on.clone()).unwrap();
    forest.ask("x1", &mut village, on).unwrap();
    let links = |forest: &mut Forest, name| forest.world(name).sfu.spans.len();
    assert_eq!(["tw", "t1", "t2", "x1"].map(|name| links(&mut forest, name)), [2, 2, 1, 1]);

    let camera = |peer: Option<PeerId>| peer.map(|peer| Source { peer, kind: SourceKind::Camera });
    for name in ["tw", "t1", "t2", "x1"] {
        assert_eq!(forest.plenary(name).programme, camera(chair.peer), "the chair on stage at {name}");
    }
    forest.ask("tw", &mut chair, ClientMessage::PutOnStage { seat: village.seat.clone() }).unwrap();
    for name in ["tw", "t1", "t2", "x1"] {
        let sfu = forest.plenary(name);
        assert_eq!((sfu.programme, sfu.reverse), (camera(village.peer), camera(chair.peer)), "at {name}");
    }
    // The words are cut, the media is not; a node that has gone has nobody on stage.
    forest.cut.insert("t1");
    forest.pass(4);
    assert_eq!(forest.plenary("tw").programme, None);
    forest.cut.clear();
    forest.pass(3);
    for name in ["tw", "t2", "x1"] {
        assert_eq!(forest.plenary(name).reverse, camera(chair.peer), "back at {name}");
    }
}

#[test]
fn a_link_that_fell_is_dialled_again() {
    let (mut forest, _) = Forest::meeting(12);
    forest.join("x1", &site("V1")).unwrap();
    for name in ["x1", "t1"] {
        let link = *forest.world(name).sfu.links.last().unwrap();
        forest.world(name).sfu.links.remove(&link);
        forest.world(name).sfu.spans.retain(|(_, over)| *over != link);
        let reason = sfu_control::DisconnectReason::Timeout;
        forest.world(name).input(Input::Sfu(sfu_control::SfuEvent::LinkDown { link, reason }));
        forest.pass(2);
        assert_eq!(forest.world("x1").sfu.spans.len(), 1, "after a fall at {name}");
    }
}
