use super::*;
use crate::config::Config;
use crate::test_support::TemporaryPlace;
use signaling_core::UtcMillis;
use signaling_protocol::{AccountKind, BoundedText};
use std::sync::Arc;
use std::time::Duration;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

struct Desk {
    identity: Identity,
    start: Now,
    store: Store,
    _directory: TemporaryPlace,
}

impl Desk {
    async fn new() -> Self {
        let directory = TemporaryPlace::new().await;
        let store = Store::open(directory.place()).await.unwrap();
        let start = crate::clock::now();
        let identity = Identity::start(start, store.clone(), Config::default().security).await.unwrap();
        Self { identity, start, store, _directory: directory }
    }

    /// What a node that is started at this moment knows.
    async fn restart(&mut self, now: Now) {
        let rules = Config::default().security;
        self.identity = Identity::start(now, self.store.clone(), rules).await.unwrap();
    }

    fn after(&self, seconds: u64) -> Now {
        let wall = self.start.wall.0 + i64::try_from(seconds).unwrap() * 1_000;
        Now { instant: self.start.instant + Duration::from_secs(seconds), wall: UtcMillis(wall) }
    }

    async fn person(&self, username: &str) -> String {
        let new = CreateAccount {
            username: username.to_owned(),
            name: BoundedText::parse("Nguyễn Văn A").unwrap(),
            unit: UnitCode::parse("T01").unwrap(),
            grants: Vec::new(),
        };
        self.identity.create_account(self.start, &new).await.unwrap().secret
    }

    async fn sign_in(&self, now: Now, username: &str, password: &str) -> Result<NewSession, Denied> {
        self.identity.sign_in_person(now, ADDRESS, username, password).await
    }

    async fn site(&self, now: Now, code: &str, secret: &str) -> Result<NewSession, Denied> {
        self.identity.sign_in_site(now, ADDRESS, code, secret).await
    }
}

fn refusal<T>(result: Result<T, Denied>) -> Refusal {
    match result {
        Err(Denied::Refused(refusal) | Denied::Wait { refusal, .. }) => refusal,
        Err(Denied::Weak(_)) => Refusal::WeakPassword,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was let in"),
    }
}

#[tokio::test]
async fn the_first_password_is_good_for_changing_it() {
    let desk = Desk::new().await;
    let first = desk.person("van.a").await;
    let session = desk.sign_in(desk.start, " Van.A ", &first).await.unwrap();
    assert!(session.who.must_change_password);
    let change =
        |current: &str, new: &str| ChangePassword { current: current.to_owned(), new: new.to_owned() };
    let try_change = async |body: ChangePassword| {
        desk.identity.change_password(desk.start, ADDRESS, &session.who, &body).await
    };
    assert_eq!(refusal(try_change(change("wrong", "tre xanh 92 nui")).await), Refusal::WrongCredential);
    assert_eq!(refusal(try_change(change(&first, "ngắn")).await), Refusal::WeakPassword);
    assert_eq!(refusal(try_change(change(&first, &first)).await), Refusal::WeakPassword);
    try_change(change(&first, "tre xanh 92 nui")).await.unwrap();
    assert_eq!(refusal(desk.sign_in(desk.start, "van.a", &first).await), Refusal::WrongCredential);
    let session = desk.sign_in(desk.start, "van.a", "tre xanh 92 nui").await.unwrap();
    assert!(!session.who.must_change_password);
}

#[tokio::test]
async fn known_and_unknown_names_are_refused_and_locked_alike() {
    let desk = Desk::new().await;
    desk.person("van.a").await;
    for name in ["van.a", "nobody"] {
        for _ in 0..5 {
            assert_eq!(
                refusal(desk.sign_in(desk.start, name, "wrong").await),
                Refusal::WrongCredential,
                "{name}"
            );
        }
        assert_eq!(refusal(desk.sign_in(desk.start, name, "wrong").await), Refusal::LockedOut, "{name}");
        assert_eq!(
            refusal(desk.sign_in(desk.after(31), name, "wrong").await),
            Refusal::WrongCredential,
            "{name}"
        );
        assert_eq!(refusal(desk.sign_in(desk.after(60), name, "wrong").await), Refusal::LockedOut, "{name}");
    }
}

#[tokio::test]
async fn a_locked_name_is_not_opened_by_the_right_password_but_by_waiting() {
    let desk = Desk::new().await;
    let first = desk.person("van.a").await;
    for _ in 0..5 {
        refusal(desk.sign_in(desk.start, "van.a", "wrong").await);
    }
    assert_eq!(refusal(desk.sign_in(desk.start, "van.a", &first).await), Refusal::LockedOut);
    assert!(desk.sign_in(desk.after(31), "van.a", &first).await.is_ok());
    assert_eq!(refusal(desk.sign_in(desk.after(32), "van.a", "wrong").await), Refusal::WrongCredential);
}

#[tokio::test]
async fn tries_sent_all_at_once_do_not_pass_together() {
    let desk = Arc::new(Desk::new().await);
    desk.person("van.a").await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let desk = Arc::clone(&desk);
        tries.spawn(async move { refusal(desk.sign_in(desk.start, "van.a", "wrong").await) });
    }
    let refused = tries.join_all().await;
    assert_eq!(refused.iter().filter(|refusal| **refusal == Refusal::WrongCredential).count(), 5);
    assert_eq!(refused.iter().filter(|refusal| **refusal == Refusal::LockedOut).count(), 15);
}

#[tokio::test]
async fn a_site_signs_in_until_its_secret_is_replaced() {
    let desk = Desk::new().await;
    let unit = UnitCode::parse("X0101").unwrap();
    assert_eq!(refusal(desk.site(desk.start, "X0101", "").await), Refusal::WrongCredential);
    let first = desk.identity.issue_site_secret(desk.start, &unit).await.unwrap();
    let session = desk.site(desk.start, "X0101", &first.to_lowercase()).await.unwrap();
    assert_eq!(session.who.kind, AccountKind::Site);
    assert!(desk.identity.who(desk.start, session.token.expose()).await.unwrap().is_some());
    let second = desk.identity.issue_site_secret(desk.start, &unit).await.unwrap();
    assert!(desk.identity.who(desk.start, session.token.expose()).await.unwrap().is_none());
    assert_eq!(refusal(desk.site(desk.start, "X0101", &first).await), Refusal::WrongCredential);
    let again = desk.site(desk.start, "X0101", &second).await.unwrap();
    assert_eq!(again.who.account, session.who.account, "the seat's account stays");
}

#[tokio::test]
async fn sessions_end_by_idling_and_by_age() {
    let desk = Desk::new().await;
    let first = desk.person("van.a").await;
    let session = desk.sign_in(desk.start, "van.a", &first).await.unwrap();
    let who = async |seconds| desk.identity.who(desk.after(seconds), session.token.expose()).await.unwrap();
    assert!(desk.identity.who(desk.start, "no such token").await.unwrap().is_none());
    let step = 7 * 3_600;
    for use_at in [step, 2 * step, 3 * step] {
        assert!(who(use_at).await.is_some(), "used within the idle time");
    }
    assert!(who(24 * 3_600 + 1).await.is_none(), "a day after signing in");
    let session = desk.sign_in(desk.start, "van.a", &first).await.unwrap();
    assert!(
        desk.identity.who(desk.after(8 * 3_600 + 1), session.token.expose()).await.unwrap().is_none(),
        "idle"
    );
}

#[tokio::test]
async fn a_reset_password_is_a_first_password_again() {
    let desk = Desk::new().await;
    let first = desk.person("van.a").await;
    let row = desk.identity.store.account_by_username("van.a").await.unwrap().unwrap();
    let session = desk.sign_in(desk.start, "van.a", &first).await.unwrap();
    let reset = desk.identity.reset_password(&row).await.unwrap();
    assert!(desk.identity.who(desk.start, session.token.expose()).await.unwrap().is_none());
    assert_eq!(refusal(desk.sign_in(desk.start, "van.a", &first).await), Refusal::WrongCredential);
    assert!(desk.sign_in(desk.start, "van.a", &reset.secret).await.unwrap().who.must_change_password);
}

#[tokio::test]
async fn a_restart_forgives_no_wrong_try_and_keeps_locks() {
    let mut desk = Desk::new().await;
    let first = desk.person("van.a").await;
    for second in 0..4 {
        let wrong = desk.sign_in(desk.after(second), "van.a", "wrong").await;
        assert_eq!(refusal(wrong), Refusal::WrongCredential);
        desk.restart(desk.after(second)).await;
    }
    assert_eq!(refusal(desk.sign_in(desk.after(5), "van.a", "wrong").await), Refusal::WrongCredential);
    desk.restart(desk.after(6)).await;
    assert_eq!(refusal(desk.sign_in(desk.after(6), "van.a", &first).await), Refusal::LockedOut, "the fifth");
    assert_eq!(desk.identity.locked_names(desk.after(6)), 1);
    desk.restart(desk.after(36)).await;
    assert!(desk.sign_in(desk.after(36), "van.a", &first).await.is_ok(), "the lock has ended meanwhile");
    desk.restart(desk.after(40)).await;
    for second in 40..44 {
        let wrong = desk.sign_in(desk.after(second), "van.a", "wrong").await;
        assert_eq!(refusal(wrong), Refusal::WrongCredential, "what was right before is not counted");
    }
    let later = desk.after(3_700 + 44);
    desk.restart(later).await;
    for _ in 0..5 {
        assert_eq!(
            refusal(desk.sign_in(later, "van.a", "wrong").await),
            Refusal::WrongCredential,
            "an hour on"
        );
    }
}

#[tokio::test]
async fn a_clock_set_back_locks_nobody_for_longer_than_the_longest_lock() {
    let mut desk = Desk::new().await;
    for _ in 0..5 {
        desk.site(desk.start, "X0101", "wrong").await.err().unwrap();
    }
    let mut earlier = desk.start;
    earlier.wall = UtcMillis(earlier.wall.0 - 365 * 86_400_000);
    desk.restart(earlier).await;
    let Err(Denied::Wait { wait, .. }) = desk.site(earlier, "X0101", "wrong").await else {
        panic!("no lock")
    };
    assert!(wait <= Config::default().security.lock_longest, "{wait:?}");
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_and_looks_like_none() {
    let desk = Desk::new().await;
    let first = desk.person("van.a").await;
    let session = desk.sign_in(desk.start, "van.a", &first).await.unwrap();
    let account = session.who.account.clone();
    assert!(desk.store.set_account_state(&account, AccountState::Disabled).await.unwrap());
    assert!(!desk.store.set_account_state(&account, AccountState::Disabled).await.unwrap());
    assert!(desk.identity.who(desk.start, session.token.expose()).await.unwrap().is_none());
    assert_eq!(refusal(desk.sign_in(desk.start, "van.a", &first).await), Refusal::WrongCredential);
    assert!(desk.store.set_account_state(&account, AccountState::Active).await.unwrap());
    assert!(
        desk.identity.who(desk.start, session.token.expose()).await.unwrap().is_none(),
        "signed out it stays"
    );
    assert!(desk.sign_in(desk.start, "van.a", &first).await.is_ok());
}
