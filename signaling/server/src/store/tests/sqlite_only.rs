//! What only a file can be: one that an earlier version wrote.

use crate::store::*;
use crate::test_support::TemporaryDirectory;
use signaling_core::FactRecord;
use signaling_protocol::{AccountState, MeetingId};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::Path;

/// A store as the first version left it, with a meeting it wrote.
async fn first_version(directory: &Path) -> Vec<String> {
    let path = directory.join(place::FILE_NAME);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let first: Vec<_> = steps::SQLITE_STEPS.iter().filter(|step| step.version == 1).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(first).run(&pool).await.unwrap();
    let lines: Vec<String> =
        include_str!("../../../../core/fixtures/facts-1.jsonl").lines().map(str::to_owned).collect();
    for (number, line) in (1i64..).zip(&lines) {
        let record: FactRecord = serde_json::from_str(line).unwrap();
        sqlx::query("INSERT INTO facts (meeting, number, at, record, hash) VALUES ($1, $2, $3, $4, $5)")
            .bind(record.meeting.as_str())
            .bind(number)
            .bind(record.at.0)
            .bind(line)
            .bind(super::super::facts::bytes_of(&record.hash).unwrap())
            .execute(&pool)
            .await
            .unwrap();
    }
    sqlx::query(
        "INSERT INTO accounts (account, username, name, unit, password_hash, must_change, created) \
         VALUES ('p-1', 'van.a', 'A', 'T01', 'h', 0, 1)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    lines
}

#[tokio::test]
async fn a_store_of_the_first_version_is_taken_over_with_its_facts_as_they_were_written() {
    let directory = TemporaryDirectory::new();
    let lines = first_version(directory.path()).await;
    let store = Store::open(Place::Directory(directory.path().to_owned())).await.unwrap();
    let meeting = MeetingId::parse("old-meeting").unwrap();
    let records = store.facts(&meeting).await.unwrap();
    assert_eq!(signaling_core::verify_chain(&records), Ok(()));
    let kept: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    assert_eq!(kept, lines);
    assert_eq!(store.account_by_username("van.a").await.unwrap().unwrap().state, AccountState::Active);
    assert!(store.rights_changes().await.unwrap().is_empty(), "an upgrade puts nobody out");
}

#[tokio::test]
async fn facts_of_a_newer_program_are_refused_by_name_and_so_is_its_schema() {
    let directory = TemporaryDirectory::new();
    first_version(directory.path()).await;
    let store = Store::open(Place::Directory(directory.path().to_owned())).await.unwrap();
    let newer = "INSERT INTO facts (meeting, number, at, record, hash, version) \
                 VALUES ('old-meeting', 4, 0, '{\"of\":\"another time\"}', x'00', 4)";
    sqlx::query(newer).execute(&store.pool()).await.unwrap();
    let meeting = MeetingId::parse("old-meeting").unwrap();
    let error = store.facts(&meeting).await.unwrap_err().to_string();
    assert!(error.contains("fact 4 of meeting old-meeting is written in form 4"), "{error}");
    assert!(error.contains("start the newer version"), "{error}");
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                VALUES (99, 'x', 1, x'00', 0)";
    sqlx::query(step).execute(&store.pool()).await.unwrap();
    store.close().await;
    let error = Store::open(Place::Directory(directory.path().to_owned())).await.err().unwrap().to_string();
    assert!(error.contains("newer giaoban") && error.contains("start that version"), "{error}");
}
