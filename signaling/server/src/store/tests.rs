use super::*;
use crate::test_support::TemporaryDirectory;
use signaling_core::{FactRecord, Holder};
use signaling_protocol::{AccountId, AccountKind, AccountState, GrantRole, GrantView, UnitCode};

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn grant(role: GrantRole, code: &str) -> GrantView {
    GrantView { role, unit: unit(code) }
}

fn new_account<'a>(account: &'a AccountId, unit: &'a UnitCode, grants: &'a [GrantView]) -> NewAccount<'a> {
    NewAccount {
        account,
        username: "van.a",
        name: "Nguyễn Văn A",
        unit,
        password_hash: "h",
        grants,
        created: 1,
    }
}

#[tokio::test]
async fn an_account_comes_back_with_its_grants_after_opening_again() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    let (id, home) = (account("p-1"), unit("T01"));
    let grants = [grant(GrantRole::Convener, "T01"), grant(GrantRole::Viewer, "T02")];
    store.create_account(new_account(&id, &home, &grants)).await.unwrap();
    let again = store.create_account(new_account(&account("p-2"), &home, &[])).await.unwrap_err();
    assert!(again.is_duplicate(), "{again}");
    store.close().await;

    let store = Store::open(directory.path()).await.unwrap();
    let row = store.account_by_username("van.a").await.unwrap().unwrap();
    assert_eq!(row.account, id);
    assert!(row.must_change);
    assert_eq!(row.grants, grants);
    assert!(store.account(&id).await.unwrap().unwrap() == row);
    assert!(store.accounts().await.unwrap() == [row]);

    let fewer = [grant(GrantRole::Operator, "T01")];
    assert!(store.replace_grants(&id, &fewer).await.unwrap());
    assert_eq!(store.account(&id).await.unwrap().unwrap().grants, fewer);
    assert!(!store.replace_grants(&account("p-9"), &fewer).await.unwrap());
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_but_the_own_one() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    let (id, home) = (account("p-1"), unit("T01"));
    store.create_account(new_account(&id, &home, &[])).await.unwrap();
    let session = SessionRow { account: id.clone(), kind: AccountKind::Person, created: 1, used: 1 };
    store.create_session(&[7; 32], &session).await.unwrap();
    store.create_session(b"other", &session).await.unwrap();
    store.set_password(&id, "new", false, Some(&[7; 32])).await.unwrap();
    assert_eq!(store.session(&[7; 32]).await.unwrap(), Some(session));
    assert_eq!(store.session(b"other").await.unwrap(), None);
    assert!(!store.account(&id).await.unwrap().unwrap().must_change);
}

#[tokio::test]
async fn a_site_keeps_its_account_over_its_secrets_and_loses_its_sessions() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    let room = unit("X0101");
    store.issue_site_secret(&room, &account("s-1"), b"first", 10).await.unwrap();
    let session = SessionRow { account: account("s-1"), kind: AccountKind::Site, created: 1, used: 1 };
    store.create_session(b"t", &session).await.unwrap();
    store.issue_site_secret(&room, &account("s-2"), b"second", 20).await.unwrap();
    let site = store.site(&room).await.unwrap().unwrap();
    assert_eq!((site.account.as_str(), site.secret_hash.as_deref()), ("s-1", Some(&b"second"[..])));
    assert_eq!(store.session(b"t").await.unwrap(), None);
    assert!(store.revoke_site_secret(&room, 30).await.unwrap());
    assert!(!store.revoke_site_secret(&room, 31).await.unwrap());
    assert_eq!(store.site(&room).await.unwrap().unwrap().secret_hash, None);
    assert!(store.sites().await.unwrap().is_empty());
}

#[tokio::test]
async fn sessions_are_forgotten_by_kind() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    for (token, kind) in [(b"p", AccountKind::Person), (b"s", AccountKind::Site)] {
        let row = SessionRow { account: account("a"), kind, created: 1, used: 100 };
        store.create_session(token, &row).await.unwrap();
    }
    assert_eq!(store.purge_sessions(101, 100).await.unwrap(), 1);
    assert!(store.session(b"s").await.unwrap().is_some());
    store.touch_session(b"s", 200).await.unwrap();
    assert_eq!(store.session(b"s").await.unwrap().unwrap().used, 200);
}

#[tokio::test]
async fn units_are_replaced_whole_and_every_import_is_noticed() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    assert_eq!(store.units_version().await.unwrap(), None);
    let tiers = [TierRow { code: "tinh".to_owned(), name: "Cấp tỉnh".to_owned() }];
    let row = |code: &str| UnitRow {
        code: code.to_owned(),
        name: "Tỉnh Lam Sơn".to_owned(),
        kind: "Tỉnh".to_owned(),
        tier: "tinh".to_owned(),
        parent: None,
        sort_order: 1,
        valid_from: Some("2025-07-01".to_owned()),
        valid_to: None,
        successors: String::new(),
    };
    store.replace_units(&tiers, &[row("T01"), row("T02")]).await.unwrap();
    let first = store.units_version().await.unwrap();
    assert_eq!(store.units().await.unwrap(), [row("T01"), row("T02")]);
    assert!(store.replace_units(&tiers, &[row("T03"), row("T03")]).await.unwrap_err().is_duplicate());
    assert_eq!(store.units().await.unwrap().len(), 2, "a failed import changes nothing");
    assert_eq!(store.units_version().await.unwrap(), first);
    store.replace_units(&tiers, &[row("T03")]).await.unwrap();
    assert_ne!(store.units_version().await.unwrap(), first);
    assert_eq!(store.tiers().await.unwrap(), tiers);
}

#[tokio::test]
async fn facts_can_be_neither_changed_nor_deleted() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    sqlx::query("INSERT INTO facts (meeting, number, at, record, hash) VALUES ('m', 1, 0, '{}', x'00')")
        .execute(&store.pool)
        .await
        .unwrap();
    for statement in ["UPDATE facts SET record = 'x'", "DELETE FROM facts"] {
        let error = sqlx::query(statement).execute(&store.pool).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT number FROM facts").fetch_all(&store.pool).await.unwrap();
    assert_eq!(rows, [(1,)]);
}

/// A store as the first version left it, with a meeting it wrote.
async fn first_version(directory: &Path) -> Vec<String> {
    let path = directory.join(FILE_NAME);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let all = sqlx::migrate!("src/store/migrations");
    let first: Vec<_> = all.iter().filter(|step| step.version == 1).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(first).run(&pool).await.unwrap();
    let lines: Vec<String> =
        include_str!("../../../core/fixtures/facts-1.jsonl").lines().map(str::to_owned).collect();
    for (number, line) in (1i64..).zip(&lines) {
        let record: FactRecord = serde_json::from_str(line).unwrap();
        sqlx::query("INSERT INTO facts (meeting, number, at, record, hash) VALUES ($1, $2, $3, $4, $5)")
            .bind(record.meeting.as_str())
            .bind(number)
            .bind(record.at.0)
            .bind(line)
            .bind(facts::bytes_of(&record.hash).unwrap())
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
    let store = Store::open(directory.path()).await.unwrap();
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
    let store = Store::open(directory.path()).await.unwrap();
    let newer = "INSERT INTO facts (meeting, number, at, record, hash, version) \
                 VALUES ('old-meeting', 4, 0, '{\"of\":\"another time\"}', x'00', 3)";
    sqlx::query(newer).execute(&store.pool).await.unwrap();
    let meeting = MeetingId::parse("old-meeting").unwrap();
    let error = store.facts(&meeting).await.unwrap_err().to_string();
    assert!(error.contains("fact 4 of meeting old-meeting is written in form 3"), "{error}");
    assert!(error.contains("start the newer version"), "{error}");
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                VALUES (99, 'x', 1, x'00', 0)";
    sqlx::query(step).execute(&store.pool).await.unwrap();
    store.close().await;
    let error = Store::open(directory.path()).await.err().unwrap().to_string();
    assert!(error.contains("newer giaoban") && error.contains("start that version"), "{error}");
}

#[tokio::test]
async fn a_change_of_rights_is_kept_until_it_is_carried_out() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    let (id, home, room) = (account("p-1"), unit("T01"), unit("X0101"));
    store.create_account(new_account(&id, &home, &[])).await.unwrap();
    assert!(store.rights_changes().await.unwrap().is_empty(), "a new account takes nobody's right");
    let session = |kind, of: &str| SessionRow { account: account(of), kind, created: 1, used: 1 };
    store.create_session(b"one", &session(AccountKind::Person, "p-1")).await.unwrap();
    store.create_session(b"two", &session(AccountKind::Person, "p-1")).await.unwrap();
    store.sign_out(b"one").await.unwrap();
    assert!(store.rights_changes().await.unwrap().is_empty(), "another browser is still signed in");
    store.sign_out(b"two").await.unwrap();
    store.replace_grants(&id, &[]).await.unwrap();
    store.issue_site_secret(&room, &account("s-1"), b"first", 10).await.unwrap();
    store.close().await;

    let store = Store::open(directory.path()).await.unwrap();
    let rows = store.rights_changes().await.unwrap();
    let person = Holder::Person { account: id };
    let seen: Vec<_> = rows.iter().map(|row| (row.holder.clone(), row.change)).collect();
    let expected = [
        (person.clone(), RightsChange::SignedOut),
        (person, RightsChange::Granted),
        (Holder::Site { unit: room.clone() }, RightsChange::Reset),
    ];
    assert_eq!(seen, expected);
    store.forget_rights_changes(rows[1].number).await.unwrap();
    store.create_session(b"room", &session(AccountKind::Site, "s-1")).await.unwrap();
    store.sign_out(b"room").await.unwrap();
    let left: Vec<_> = store.rights_changes().await.unwrap().into_iter().map(|row| row.change).collect();
    assert_eq!(left, [RightsChange::Reset, RightsChange::SignedOut]);
}

#[tokio::test]
async fn tries_are_kept_for_so_many_names_and_the_oldest_go_first() {
    let directory = TemporaryDirectory::new();
    let store = Store::open(directory.path()).await.unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
                INSERT INTO sign_in_tries SELECT CAST(printf('%032d', i) AS BLOB), 1, i, NULL FROM n";
    sqlx::query(fill).execute(&store.pool).await.unwrap();
    let newest = TriesRow { name_hash: [7; 32], wrong: 5, last: 20_000, locked_until: Some(50_000) };
    store.keep_tries(&newest).await.unwrap();
    let kept = store.tries_since(0).await.unwrap();
    assert_eq!(kept.len(), 10_000);
    assert_eq!((kept[0].last, kept.last()), (1, Some(&newest)));
    store.forget_tries(&[7; 32]).await.unwrap();
    assert_eq!(store.tries_since(9_990).await.unwrap().len(), 10);
}
