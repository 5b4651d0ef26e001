//! Signed-in browsers. Only the hash of a session's token is kept.

use super::rights::{self, RightsChange};
use super::sites;
use super::{Store, StoreError};
use crate::identity::secret::SecretHash;
use signaling_core::Holder;
use signaling_protocol::{AccountId, AccountKind};

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub account: AccountId,
    /// Person or site.
    pub kind: AccountKind,
    /// When it was made, UTC milliseconds.
    pub created: i64,
    /// When it was last used, UTC milliseconds, to the minute.
    pub used: i64,
}

impl Store {
    /// Keeps a new session.
    pub async fn create_session(&self, token_hash: &[u8], session: &SessionRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (token_hash, account, kind, created, used) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(token_hash)
        .bind(session.account.as_str())
        .bind(kind_name(session.kind))
        .bind(session.created)
        .bind(session.used)
        .execute(&self.pool())
        .await?;
        Ok(())
    }

    /// A session by its token's hash.
    pub async fn session(&self, token_hash: &[u8]) -> Result<Option<SessionRow>, StoreError> {
        let columns: Option<(String, String, i64, i64)> =
            sqlx::query_as("SELECT account, kind, created, used FROM sessions WHERE token_hash = $1")
                .bind(token_hash)
                .fetch_optional(&self.pool())
                .await?;
        let Some((account, kind, created, used)) = columns else { return Ok(None) };
        let unreadable = StoreError::Unreadable { what: "a session".into() };
        let kinds = [AccountKind::Person, AccountKind::Site];
        let Some(kind) = kinds.into_iter().find(|known| kind_name(*known) == kind) else {
            return Err(unreadable);
        };
        let account = AccountId::parse(account).map_err(|_| unreadable)?;
        Ok(Some(SessionRow { account, kind, created, used }))
    }

    /// The token hashes of an account's sessions.
    pub async fn sessions_of(&self, account: &AccountId) -> Result<Vec<SecretHash>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT token_hash FROM sessions WHERE account = $1")
            .bind(account.as_str())
            .fetch_all(&self.pool())
            .await?;
        let unreadable = |_| StoreError::Unreadable { what: "a session".into() };
        rows.into_iter().map(|(hash,)| hash.try_into().map_err(unreadable)).collect()
    }

    /// Writes down that a session was used.
    pub async fn touch_session(&self, token_hash: &[u8], now: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET used = $2 WHERE token_hash = $1")
            .bind(token_hash)
            .bind(now)
            .execute(&self.pool())
            .await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn delete_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash)
            .execute(&self.pool())
            .await?;
        Ok(())
    }

    /// Ends a session because somebody signed out. Whoever has no other one left has no right left either.
    pub async fn sign_out(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        let Some(session) = self.session(token_hash).await? else { return Ok(()) };
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash)
            .execute(&mut *transaction)
            .await?;
        let (left,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM sessions WHERE account = $1")
            .bind(session.account.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        if left == 0 {
            let holder = match session.kind {
                AccountKind::Person => Some(Holder::Person { account: session.account }),
                AccountKind::Site => sites::of_account(&mut transaction, &session.account)
                    .await?
                    .map(|unit| Holder::Site { unit }),
            };
            if let Some(holder) = holder {
                rights::note(&mut transaction, &holder, RightsChange::SignedOut).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets sessions that were last used before `person` or `site`, by kind.
    pub async fn purge_sessions(&self, person: i64, site: i64) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM sessions WHERE (kind = 'person' AND used < $1) OR (kind = 'site' AND used < $2)",
        )
        .bind(person)
        .bind(site)
        .execute(&self.pool())
        .await?;
        Ok(done.rows_affected())
    }
}

const fn kind_name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Person => "person",
        AccountKind::Site => "site",
    }
}
