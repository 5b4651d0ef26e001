mod facts;
mod sqlite_only;

use super::*;
use crate::test_support::{TemporaryPlace, postgres};
use signaling_core::Holder;
use signaling_protocol::{AccountId, AccountKind, GrantRole, GrantView, UnitCode};

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
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
    let (id, home) = (account("p-1"), unit("T01"));
    let grants = [grant(GrantRole::Convener, "T01"), grant(GrantRole::Viewer, "T02")];
    store.create_account(new_account(&id, &home, &grants)).await.unwrap();
    let again = store.create_account(new_account(&account("p-2"), &home, &[])).await.unwrap_err();
    assert!(again.is_duplicate(), "{again}");
    store.close().await;

    let store = Store::open(place.place()).await.unwrap();
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
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
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
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
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
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
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
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
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
async fn a_change_of_rights_is_kept_until_it_is_carried_out() {
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
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

    let store = Store::open(place.place()).await.unwrap();
    let rows = store.rights_changes().await.unwrap();
    let person = Holder::Person { account: id };
    let seen: Vec<_> = rows.iter().map(|row| (row.holder.clone(), row.change)).collect();
    let expected = [
        (person.clone(), RightsChange::SignedOut),
        (person, RightsChange::Granted),
        (Holder::Site { unit: room.clone() }, RightsChange::Reset),
    ];
    assert_eq!(seen, expected);
    store.forget_rights_changes(rows[1].number, 1).await.unwrap();
    store.create_session(b"room", &session(AccountKind::Site, "s-1")).await.unwrap();
    store.sign_out(b"room").await.unwrap();
    let left: Vec<_> = store.rights_changes().await.unwrap().into_iter().map(|row| row.change).collect();
    assert_eq!(left, [RightsChange::Reset, RightsChange::SignedOut]);
}

#[tokio::test]
async fn tries_are_kept_for_so_many_names_and_the_oldest_go_first() {
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
    let fill = place.either(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
         INSERT INTO sign_in_tries SELECT CAST(printf('%032d', i) AS BLOB), 1, i, NULL FROM n",
        "INSERT INTO sign_in_tries SELECT decode(lpad(CAST(i AS TEXT), 64, '0'), 'hex'), 1, i, NULL \
         FROM generate_series(0, 9999) AS i",
    );
    sqlx::query(fill).execute(&store.pool()).await.unwrap();
    let newest = TriesRow { name_hash: [7; 32], wrong: 5, last: 20_000, locked_until: Some(50_000) };
    store.keep_tries(&newest).await.unwrap();
    let kept = store.tries_since(0).await.unwrap();
    assert_eq!(kept.len(), 10_000);
    assert_eq!((kept[0].last, kept.last()), (1, Some(&newest)));
    store.forget_tries(&[7; 32]).await.unwrap();
    assert_eq!(store.tries_since(9_990).await.unwrap().len(), 10);
}

#[test]
fn every_test_of_what_is_stored_passes_on_postgres() {
    let skipped =
        ["sqlite_only", "every_test_of_what_is_stored", "store::open", "store::place", "store::error"];
    postgres::run_again_on_postgres(&["store::", "identity::tests"], &skipped);
}

/// Every table and column.
fn schema() -> expect_test::Expect {
    expect_test::expect![[r#"
        accounts.account TEXT
        accounts.username TEXT
        accounts.name TEXT
        accounts.unit TEXT
        accounts.password_hash TEXT
        accounts.must_change BIGINT
        accounts.created BIGINT
        accounts.disabled BIGINT
        apart_facts.meeting TEXT
        apart_facts.number BIGINT
        apart_facts.island TEXT
        apart_facts.record TEXT
        facts.meeting TEXT
        facts.number BIGINT
        facts.at BIGINT
        facts.record TEXT
        facts.hash BLOB
        facts.version BIGINT
        grants.account TEXT
        grants.role TEXT
        grants.unit TEXT
        rights_changes.number BIGINT
        rights_changes.kind TEXT
        rights_changes.holder TEXT
        rights_changes.change TEXT
        rights_readers.node TEXT
        rights_readers.number BIGINT
        rights_readers.seen BIGINT
        sessions.token_hash BLOB
        sessions.account TEXT
        sessions.kind TEXT
        sessions.created BIGINT
        sessions.used BIGINT
        settings.name TEXT
        settings.value TEXT
        sign_in_tries.name_hash BLOB
        sign_in_tries.wrong BIGINT
        sign_in_tries.last BIGINT
        sign_in_tries.locked_until BIGINT NULL
        sites.unit TEXT
        sites.account TEXT
        sites.secret_hash BLOB NULL
        sites.issued BIGINT
        tiers.code TEXT
        tiers.position BIGINT
        tiers.name TEXT
        units.code TEXT
        units.position BIGINT
        units.name TEXT
        units.kind TEXT
        units.tier TEXT
        units.parent TEXT NULL
        units.sort_order BIGINT
        units.valid_from TEXT NULL
        units.valid_to TEXT NULL
        units.successors TEXT
    "#]]
}

/// One schema: whoever adds a step to one kind of database adds it to the other.
#[tokio::test]
async fn both_kinds_have_the_same_tables_and_columns() {
    let place = TemporaryPlace::new().await;
    let store = Store::open(place.place()).await.unwrap();
    let query = place.either(
        "SELECT m.name, c.name, c.type, c.\"notnull\" OR c.pk > 0 FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY m.name, c.cid",
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), \
         CASE data_type WHEN 'bytea' THEN 'BLOB' ELSE upper(data_type) END, \
         CAST(is_nullable = 'NO' AS INTEGER) \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' \
         ORDER BY table_name COLLATE \"C\", ordinal_position",
    );
    let columns: Vec<(String, String, String, i64)> =
        sqlx::query_as(query).fetch_all(&store.pool()).await.unwrap();
    let mut text = String::new();
    for (table, column, kind, needed) in columns {
        text.push_str(&format!("{table}.{column} {kind}{}\n", if needed == 0 { " NULL" } else { "" }));
    }
    schema().assert_eq(&text);
    let named = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert_eq!(copy::columns(), named, "what a copy carries over");
    assert_eq!(
        steps::SQLITE_STEPS.iter().map(|step| step.version).collect::<Vec<_>>(),
        steps::POSTGRES_STEPS.iter().map(|step| step.version).collect::<Vec<_>>(),
    );
}

#[tokio::test]
async fn a_change_of_rights_waits_for_every_node_that_shares_the_database() {
    const DAY: i64 = 24 * 3_600_000;
    let place = TemporaryPlace::new().await;
    let one = Store::open(place.place()).await.unwrap().of_node("one");
    let two = Store::open(place.place()).await.unwrap().of_node("two");
    one.read_rights(10).await.unwrap();
    two.read_rights(10).await.unwrap();
    let room = unit("X0101");
    one.issue_site_secret(&room, &account("s-1"), b"first", 10).await.unwrap();
    let numbers = |rows: Vec<RightsRow>| rows.into_iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!(numbers(one.rights_changes().await.unwrap()), [1]);
    one.forget_rights_changes(1, 20).await.unwrap();
    assert!(one.rights_changes().await.unwrap().is_empty());
    assert_eq!(numbers(two.rights_changes().await.unwrap()), [1], "the other one has still to do it");
    two.forget_rights_changes(1, 30).await.unwrap();
    // All are forgotten, and numbers go on.
    one.revoke_site_secret(&room, 40).await.unwrap();
    assert_eq!(numbers(two.rights_changes().await.unwrap()), [2]);
    // A node that is gone for good is not waited for.
    one.forget_rights_changes(2, 50 + DAY).await.unwrap();
    assert!(two.rights_changes().await.unwrap().is_empty());
}
