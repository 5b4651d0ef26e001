//! Browsers that have signed in: who they are and for how long.

use super::secret::{self, SecretHash, SessionToken};
use super::{Denied, Identity};
use crate::store::{AccountRow, SessionRow, StoreError};
use signaling_core::{Now, SignInId};
use signaling_protocol::{AccountId, AccountKind, AccountState, GrantView, UnitCode};
use std::time::Duration;

/// A session's last use is written at most this often: reading is not to cause a write each time.
const TOUCH_EVERY_MS: i64 = 60_000;

/// A browser that has signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// The account.
    pub account: AccountId,
    /// Person or site.
    pub kind: AccountKind,
    /// Its sign-in name or site code.
    pub login: String,
    /// A person's name to show; a site is called like its unit.
    pub name: Option<String>,
    /// Its unit.
    pub unit: UnitCode,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
    pub(super) session: SecretHash,
}

impl SignedIn {
    /// Which of its account's sign-ins this is.
    pub fn sign_in(&self) -> SignInId {
        secret::sign_in_id(&self.session)
    }
}

/// A session that was just made.
pub struct NewSession {
    /// For the cookie.
    pub token: SessionToken,
    /// How long the cookie is good at most.
    pub longest: Duration,
    /// Who signed in.
    pub who: SignedIn,
}

impl Identity {
    /// Who holds a session's token. Absent when the session is over.
    pub async fn who(&self, now: Now, token: &str) -> Result<Option<SignedIn>, StoreError> {
        let hash = secret::hash_session_token(token);
        let Some(session) = self.store.session(&hash).await? else { return Ok(None) };
        if self.is_over(now, &session) {
            self.store.delete_session(&hash).await?;
            return Ok(None);
        }
        if now.wall.0 - session.used > TOUCH_EVERY_MS {
            self.store.touch_session(&hash, now.wall.0).await?;
        }
        match session.kind {
            AccountKind::Person => {
                let account = self.store.account(&session.account).await?;
                let active = account.filter(|row| row.state == AccountState::Active);
                Ok(active.map(|account| person(account, hash)))
            }
            AccountKind::Site => {
                let site = self.store.site_by_account(&session.account).await?;
                Ok(site.map(|site| room(site.account, site.unit, hash)))
            }
        }
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        self.store.sign_out(&secret::hash_session_token(token)).await
    }

    /// Forgets sessions that are over.
    pub async fn purge(&self, now: Now) -> Result<u64, StoreError> {
        let before = |lifetime: Duration| now.wall.0.saturating_sub(milliseconds(lifetime));
        self.store.purge_sessions(before(self.rules.session_idle), before(self.rules.site_session)).await
    }

    pub(super) async fn open_session(
        &self,
        now: Now,
        who: impl FnOnce(SecretHash) -> SignedIn,
    ) -> Result<NewSession, Denied> {
        let token = SessionToken::generate()?;
        let who = who(token.hash());
        let session = SessionRow {
            account: who.account.clone(),
            kind: who.kind,
            created: now.wall.0,
            used: now.wall.0,
        };
        self.store.create_session(&token.hash(), &session).await?;
        let longest = match who.kind {
            AccountKind::Person => self.rules.session_longest,
            AccountKind::Site => self.rules.site_session,
        };
        Ok(NewSession { token, longest, who })
    }

    fn is_over(&self, now: Now, session: &SessionRow) -> bool {
        let idle = now.wall.0.saturating_sub(session.used);
        let age = now.wall.0.saturating_sub(session.created);
        match session.kind {
            AccountKind::Person => {
                idle > milliseconds(self.rules.session_idle) || age > milliseconds(self.rules.session_longest)
            }
            AccountKind::Site => idle > milliseconds(self.rules.site_session),
        }
    }
}

pub(super) fn person(account: AccountRow, session: SecretHash) -> SignedIn {
    SignedIn {
        account: account.account,
        kind: AccountKind::Person,
        login: account.username,
        name: Some(account.name),
        unit: account.unit,
        grants: account.grants,
        must_change_password: account.must_change,
        session,
    }
}

pub(super) fn room(account: AccountId, unit: UnitCode, session: SecretHash) -> SignedIn {
    SignedIn {
        account,
        kind: AccountKind::Site,
        login: unit.as_str().to_owned(),
        name: None,
        unit,
        grants: Vec::new(),
        must_change_password: false,
        session,
    }
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
