use crate::store::*;
use crate::test_support::{TemporaryPlace, postgres};
use signaling_core::{Actor, Fact, FactRecord, FactVersion, UtcMillis, verify_chain};
use signaling_protocol::{FactNumber, MeetingId};

/// What follows a log: records whose moments begin at `at`, so that two continuations differ.
fn following(before: &[FactRecord], count: u32, at: i64) -> Vec<FactRecord> {
    let mut log = before.to_vec();
    for _ in 0..count {
        let last = log.last().unwrap();
        let mut record = FactRecord {
            version: FactVersion::CURRENT,
            number: FactNumber(last.number.0 + 1),
            at: UtcMillis(at + i64::from(last.number.0)),
            by: Actor::Node {},
            request: None,
            fact: Fact::FloorEnded {},
            ..last.clone()
        };
        record.hash = record.expected_hash(&last.hash);
        log.push(record);
    }
    log.split_off(before.len())
}

/// The first fact of a meeting.
fn beginning(meeting: &str) -> Vec<FactRecord> {
    let line = include_str!("../../../../core/fixtures/facts-1.jsonl").lines().next().unwrap();
    let mut record: FactRecord = serde_json::from_str(line).unwrap();
    record.version = FactVersion::CURRENT;
    record.meeting = MeetingId::parse(meeting).unwrap();
    record.hash = record.expected_hash("");
    vec![record]
}

async fn store() -> (Store, TemporaryPlace) {
    let place = TemporaryPlace::new().await;
    (Store::open(place.place()).await.unwrap(), place)
}

#[tokio::test]
async fn facts_come_back_as_they_were_and_from_any_number_on() {
    let (store, _place) = store().await;
    let mut one = beginning("mot");
    one.extend(following(&one, 99, 1_000));
    let other = beginning("hai");
    let (front, back) = one.split_at(40);
    store.append_facts(&[front, &other].concat()).await.unwrap();
    store.append_facts(back).await.unwrap();
    let id = &one[0].meeting;
    assert_eq!(store.meetings().await.unwrap(), [other[0].meeting.clone(), id.clone()]);
    let kept = store.facts(id).await.unwrap();
    assert_eq!(kept, one);
    assert_eq!(verify_chain(&kept), Ok(()));
    assert_eq!(store.facts_since(id, FactNumber(98)).await.unwrap(), one[98..]);
    assert_eq!(store.facts_since(id, FactNumber(100)).await.unwrap(), []);
}

#[tokio::test]
async fn the_same_facts_are_stored_once_however_often_they_are_handed_in() {
    let (store, _place) = store().await;
    let mut log = beginning("mot");
    log.extend(following(&log, 5, 1_000));
    // A commit whose answer was lost, and a round that began before it and goes on behind it.
    store.append_facts(&log[..3]).await.unwrap();
    store.append_facts(&log[..3]).await.unwrap();
    store.append_facts(&log[1..]).await.unwrap();
    store.append_facts(&log[2..4]).await.unwrap();
    assert_eq!(store.facts(&log[0].meeting).await.unwrap(), log);
}

#[tokio::test]
async fn a_writer_that_was_overtaken_is_told_and_stores_nothing() {
    let (store, _place) = store().await;
    let mut log = beginning("mot");
    log.extend(following(&log, 2, 1_000));
    store.append_facts(&log).await.unwrap();
    let winner = following(&log, 2, 5_000);
    let loser = following(&log, 2, 9_000);
    store.append_facts(&winner).await.unwrap();
    let refused = |error: StoreError, at| {
        let StoreError::Overtaken { meeting, number } = &error else { panic!("{error}") };
        assert_eq!((meeting.as_str(), *number), ("mot", at), "{error}");
    };
    // In the same place, behind the other's facts, and together with a meeting that nobody else has.
    refused(store.append_facts(&loser).await.unwrap_err(), 4);
    let later = following(&[log.clone(), loser.clone()].concat(), 1, 9_000);
    refused(store.append_facts(&later).await.unwrap_err(), 5);
    let mixed = [beginning("hai"), loser].concat();
    refused(store.append_facts(&mixed).await.unwrap_err(), 4);
    let kept = store.facts(&log[0].meeting).await.unwrap();
    assert_eq!(kept, [log, winner].concat());
    assert_eq!(store.meetings().await.unwrap().len(), 1, "all of a round or nothing");
}

#[tokio::test]
async fn of_writers_at_the_same_moment_one_gets_in() {
    let (store, place) = store().await;
    let other = Store::open(place.place()).await.unwrap();
    let log = beginning("mot");
    store.append_facts(&log).await.unwrap();
    let mut kept = log;
    for round in 0..20 {
        let mine = following(&kept, 3, 10_000 + round);
        let theirs = following(&kept, 2, 50_000 + round);
        let (one, two) = tokio::join!(store.append_facts(&mine), other.append_facts(&theirs));
        let is_overtaken = |result: &Result<(), StoreError>| matches!(result, Err(StoreError::Overtaken { number, .. }) if *number as usize == kept.len() + 1);
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert!(is_overtaken(&one) || is_overtaken(&two), "{one:?} {two:?}");
        kept.extend(if one.is_ok() { mine } else { theirs });
        assert_eq!(store.facts(&kept[0].meeting).await.unwrap(), kept);
    }
    assert_eq!(verify_chain(&kept), Ok(()));
}

#[tokio::test]
async fn a_log_has_no_gap() {
    let (store, _place) = store().await;
    let log = beginning("mot");
    let later = following(&[log.clone(), following(&log, 1, 1)].concat(), 1, 1);
    let error = store.append_facts(&later).await.unwrap_err();
    assert!(matches!(error, StoreError::Gap { number: 3, .. }), "{error}");
    assert!(store.meetings().await.unwrap().is_empty());
}

#[tokio::test]
async fn facts_can_be_neither_changed_nor_deleted() {
    let (store, _place) = store().await;
    let log = beginning("mot");
    store.append_facts(&log).await.unwrap();
    for statement in ["UPDATE facts SET record = 'x'", "DELETE FROM facts"] {
        let error = sqlx::query(statement).execute(&store.pool()).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    assert_eq!(store.facts(&log[0].meeting).await.unwrap(), log);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_from_one_that_refuses() {
    let mut server = postgres::Postgres::start();
    let url = postgres::new_database(&server.url()).await;
    let place = Server::parse(&url, &crate::config::StoreTls::Off).unwrap();
    let store = Store::open(Place::Server(Box::new(place))).await.unwrap();
    let mut log = beginning("mot");
    store.append_facts(&log).await.unwrap();
    for cut in 0..2 {
        if cut == 0 {
            server.stop();
        } else {
            server.kill();
        }
        log.extend(following(&log, 1, 1_000));
        let error = store.append_facts(&log).await.unwrap_err();
        assert!(error.is_away() && store.is_away(), "{error}");
        server.start_again();
        store.append_facts(&log).await.unwrap();
        assert!(!store.is_away());
        assert_eq!(store.facts(&log[0].meeting).await.unwrap(), log);
    }
    let refused = store.append_facts(&following(&log[..1], 1, 9_000)).await.unwrap_err();
    assert!(!refused.is_away() && matches!(refused, StoreError::Overtaken { number: 2, .. }), "{refused}");
}
