//! Facts written by an older program are read for ever; those of a newer one are refused by name.

use super::harness::{World, person};
use crate::{Call, ChainError, Fact, FactRecord, FactVersion, Scope, verify_chain};
use signaling_protocol::{ClientMessage, GrantRole, MeetingId, UnitCode};

/// A meeting as the first version wrote it.
fn first() -> Vec<FactRecord> {
    let lines = include_str!("../../fixtures/facts-1.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_log_of_the_first_version_is_read_and_goes_on_in_the_present_one() {
    let old = first();
    assert_eq!(verify_chain(&old), Ok(()));
    let text: Vec<String> = old.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    assert!(include_str!("../../fixtures/facts-1.jsonl").lines().eq(text.iter()), "and written as it was");

    let mut world = World::restarted(&old);
    let Fact::MeetingCreated(created) = &old[0].fact else { panic!("{:?}", old[0]) };
    let mut chair = person(created.creator.as_str(), GrantRole::Convener, "T1");
    chair.unit = created.convening_unit.clone();
    let ticket = Call::IssueTicket { meeting: MeetingId::parse("old-meeting").unwrap() };
    let crate::Answer::Ticket(issued) = world.call(chair, ticket).unwrap() else { panic!("no ticket") };
    let ticket = signaling_protocol::Credential::Ticket { ticket: issued.ticket };
    let (connection, welcome) = world.hello(ticket);
    welcome.unwrap();
    world.frame(connection, 1, ClientMessage::StartMeeting {});
    assert_eq!(verify_chain(&world.stored), Ok(()));
    let versions: Vec<u32> = world.stored.iter().map(|record| record.version.0).collect();
    assert_eq!(&versions[..4], [1, 1, 1, FactVersion::CURRENT.0], "{versions:?}");
    let again: FactRecord = serde_json::from_str(&serde_json::to_string(&world.stored[3]).unwrap()).unwrap();
    assert_eq!(again, world.stored[3]);
}

/// A meeting as the second version wrote it.
fn second() -> Vec<FactRecord> {
    let lines = include_str!("../../fixtures/facts-2.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_log_of_the_second_version_is_read_and_is_all_of_the_plenary() {
    let old = second();
    assert_eq!(verify_chain(&old), Ok(()));
    let text: Vec<String> = old.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    assert!(include_str!("../../fixtures/facts-2.jsonl").lines().eq(text.iter()), "and written as it was");
    assert!(old.iter().all(|record| record.scope.is_plenary()));
    let mut named = old.clone();
    named[8].scope = Scope::Branch(UnitCode::parse("20000").unwrap());
    assert_eq!(verify_chain(&named), Err(ChainError::Scope { number: 9 }), "its hash would not cover that");
    assert_eq!(World::restarted(&old).counter("logs_broken"), 0);
}

#[test]
fn of_which_sitting_a_fact_is_is_under_its_hash() {
    let (world, ..) = World::running();
    let mut moved = world.stored;
    let number = moved[9].number.0;
    moved[9].scope = Scope::Branch(UnitCode::parse("X01").unwrap());
    assert_eq!(verify_chain(&moved), Err(ChainError::Hash { number }));
    let text = serde_json::to_string(&moved[9]).unwrap();
    assert!(text.contains(r#""scope":"X01","fact""#), "{text}");
    assert_eq!(serde_json::from_str::<FactRecord>(&text).unwrap(), moved[9]);
    assert!(!serde_json::to_string(&moved[8]).unwrap().contains("scope"), "the plenary says nothing");
}

#[test]
fn the_version_is_under_the_hash_and_goes_up_only() {
    let (world, ..) = World::running();
    let harm = |at: usize, version: u32| {
        let mut records = world.stored.clone();
        records[at].version = FactVersion(version);
        verify_chain(&records)
    };
    let most = FactVersion::CURRENT.0;
    assert_eq!(harm(0, 1), Err(ChainError::Hash { number: 1 }), "the oldest form of the first is allowed");
    assert_eq!(harm(5, 1), Err(ChainError::Version { number: 6, found: 1, least: most, most }));
    assert_eq!(harm(5, most + 1), Err(ChainError::Version { number: 6, found: most + 1, least: most, most }));
    let mut newer = world.stored.clone();
    newer[5].version = FactVersion(most + 1);
    assert_eq!(World::restarted(&newer).counter("logs_broken"), 1);
}
