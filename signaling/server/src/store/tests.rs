use super::*;
use crate::test_support::TemporaryDirectory;
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
    store.create_session(b"mine", &session).await.unwrap();
    store.create_session(b"other", &session).await.unwrap();
    store.set_password(&id, "new", false, Some(b"mine")).await.unwrap();
    assert_eq!(store.session(b"mine").await.unwrap(), Some(session));
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
