//! A whole country of nodes in one meeting, while lines are cut and nodes are killed all over it.

use super::super::harness::unit;
use super::wood::{IDLE_WORDS, Wood, code};
use crate::{Actor, Fact};
use signaling_protocol::{ClientMessage, Occupant, Outcome, RequestId};
use std::collections::BTreeMap;

/// How many nodes there are, unless `SIM_NODES` says otherwise.
const NODES: usize = 335;
/// How many of them have somebody in the meeting.
const MEMBERS: usize = 40;
/// For how many seconds things happen, and in how many of them it is quiet again.
const EVENTFUL: u32 = 20;
const QUIET: u64 = 16;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// What somebody may ask for.
fn wish(wood: &mut Wood, member: usize) -> ClientMessage {
    let some = wood.chance(wood.members.len());
    let seat = wood.members[some].who.as_ref().map(|who| who.seat.clone());
    let node = wood.chance(wood.worlds.len() - 1) + 1;
    match (member, wood.chance(8), seat) {
        (0, 0, Some(seat)) => ClientMessage::InviteToSpeak { seat },
        (0, 1, Some(seat)) => ClientMessage::PutOnStage { seat },
        (0, 2, _) => ClientMessage::AllowAllMicrophones {},
        (0, 3, _) => ClientMessage::LockAllMicrophones {},
        (0, 4, _) => ClientMessage::DetachBranch { unit: unit(&code(node)), chair: None, deputy: None },
        (0, _, _) => ClientMessage::ReturnBranch { unit: unit(&code(node)) },
        (_, 0..=2, _) => ClientMessage::RegisterToSpeak { topic: None },
        (_, 3, _) => ClientMessage::CancelRegistration {},
        (_, 4, _) => ClientMessage::OpenMicrophone {},
        (_, 5, Some(seat)) => ClientMessage::InviteToSpeak { seat },
        (_, 6, _) => ClientMessage::AllowAllMicrophones {},
        _ => ClientMessage::CloseMicrophone {},
    }
}

/// One second of it.
fn happen(wood: &mut Wood) {
    for _ in 0..3 {
        let member = wood.chance(wood.members.len());
        let message = wish(wood, member);
        wood.ask(member, message);
    }
    let node = wood.chance(wood.worlds.len() - 1) + 1;
    match wood.chance(8) {
        0 | 1 => wood.cut.extend([node]),
        2 => wood.cut.extend([1 + node % 34]),
        3 => _ = wood.cut.pop_first(),
        4 => _ = wood.cut.pop_last(),
        5 => wood.restart(node),
        6 => {
            let member = wood.chance(wood.members.len());
            let at = wood.members[member].node;
            wood.restart(at);
        }
        _ => wood.loss = if wood.chance(2) == 0 { 0 } else { 5 },
    }
    come_back(wood);
}

/// Whoever is gone tries again, now and then at the node above his own.
fn come_back(wood: &mut Wood) {
    for member in 0..wood.members.len() {
        if wood.members[member].who.is_some() || wood.chance(3) > 0 {
            continue;
        }
        let own = number_of(&wood.members[member].account.unit);
        let above = wood.parents[own].unwrap_or(own);
        wood.members[member].node = if wood.chance(4) == 0 { above } else { own };
        let _refused_for_now = wood.come(member);
    }
}

fn number_of(unit: &signaling_protocol::UnitCode) -> usize {
    unit.as_str().trim_start_matches('U').parse().unwrap()
}

fn end(wood: &mut Wood) {
    wood.cut.clear();
    wood.loss = 0;
    wood.pass(QUIET);
    for member in 0..wood.members.len() {
        if wood.members[member].who.is_none() {
            wood.come(member).unwrap();
        }
    }
    wood.pass(5);
}

fn check(wood: &mut Wood) {
    let home = wood.worlds[0].stored.clone();
    assert_eq!(crate::verify_chain(&home), Ok(()));
    for (node, world) in wood.worlds.iter().enumerate() {
        let log = if wood.concerns(node) { home.as_slice() } else { &[] };
        assert_eq!(world.stored.len(), log.len(), "facts at n{node}");
        assert!(world.stored == log, "the log at n{node}");
        assert!(world.apart.is_empty(), "kept apart at n{node}: {:?}", world.apart);
        world.check_told();
    }
    // Nothing that was acknowledged is lost.
    for member in &wood.members {
        let Some(who) = &member.who else { panic!("{:?} is away", member.account.unit) };
        for (request, outcome) in &member.asked {
            let Some(Outcome::Done { fact }) = outcome else { continue };
            let done = home.iter().any(|record| {
                record.request == Some(RequestId(*request))
                    && record.by == Actor::Seat { seat: who.seat.clone() }
            });
            assert!(done || fact.0 == 0, "request {request} of {:?}, done as {fact:?}", who.seat);
        }
    }
    // Nobody has two seats.
    let mut seats: BTreeMap<String, u32> = BTreeMap::new();
    for record in &home {
        if let Fact::SeatAdded { record } = &record.fact {
            let whose = match &record.occupant {
                Occupant::Site { unit } => unit.as_str().to_owned(),
                Occupant::Person { account, .. } => account.as_str().to_owned(),
            };
            *seats.entry(whose).or_default() += 1;
        }
    }
    assert_eq!(seats.values().max(), Some(&1), "{seats:?}");
}

#[test]
fn hundreds_of_nodes_come_to_one_history() {
    let count = number("SIM_NODES").map_or(NODES, |count| usize::try_from(count).unwrap());
    let seed = number("SIM_SEED").unwrap_or(1);
    println!("SIM_SEED={seed} SIM_NODES={count}");
    let mut wood = Wood::meeting(count, MEMBERS, seed);
    for node in wood.invited.clone() {
        let member = wood.add_site(node);
        wood.come(member).unwrap();
    }
    wood.pass(2);
    for _ in 0..EVENTFUL {
        happen(&mut wood);
        wood.pass(1);
    }
    end(&mut wood);
    check(&mut wood);
    wood.take_busiest();
    wood.pass(5);
    assert!(wood.take_busiest() <= IDLE_WORDS, "a quiet line carries beats");
}
