//! Wrong tries to sign in, kept over restarts. Names are hashes: also of names that do not exist.

use super::{Store, StoreError};

/// Names kept at most; the ones not tried for longest are forgotten first.
pub(crate) const TRIES_KEPT: u32 = 10_000;

/// What is kept of one name's tries. Times are UTC milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriesRow {
    /// The hash of the name.
    pub name_hash: [u8; 32],
    /// Wrong tries in a row.
    pub wrong: u32,
    /// The last one.
    pub last: i64,
    /// Until when no other is taken.
    pub locked_until: Option<i64>,
}

impl Store {
    /// Keeps a name's tries instead of what was kept of it before.
    pub async fn keep_tries(&self, tries: &TriesRow) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO sign_in_tries (name_hash, wrong, last, locked_until) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name_hash) DO UPDATE \
             SET wrong = excluded.wrong, last = excluded.last, locked_until = excluded.locked_until",
        )
        .bind(tries.name_hash.as_slice())
        .bind(i64::from(tries.wrong))
        .bind(tries.last)
        .bind(tries.locked_until)
        .execute(&mut *transaction)
        .await?;
        let (kept,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM sign_in_tries").fetch_one(&mut *transaction).await?;
        sqlx::query(
            "DELETE FROM sign_in_tries WHERE name_hash IN \
             (SELECT name_hash FROM sign_in_tries ORDER BY last LIMIT $1)",
        )
        .bind((kept - i64::from(TRIES_KEPT)).max(0))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets a name's tries.
    pub async fn forget_tries(&self, name_hash: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_in_tries WHERE name_hash = $1")
            .bind(name_hash.as_slice())
            .execute(&self.pool())
            .await?;
        Ok(())
    }

    /// All names' tries since a moment; older ones are forgotten.
    pub async fn tries_since(&self, since: i64) -> Result<Vec<TriesRow>, StoreError> {
        sqlx::query("DELETE FROM sign_in_tries WHERE last < $1").bind(since).execute(&self.pool()).await?;
        let rows: Vec<(Vec<u8>, i64, i64, Option<i64>)> =
            sqlx::query_as("SELECT name_hash, wrong, last, locked_until FROM sign_in_tries ORDER BY last")
                .fetch_all(&self.pool())
                .await?;
        let read = |(name_hash, wrong, last, locked_until): (Vec<u8>, i64, i64, Option<i64>)| {
            let name_hash = name_hash.try_into().ok()?;
            Some(TriesRow { name_hash, wrong: u32::try_from(wrong).ok()?, last, locked_until })
        };
        let unreadable = || StoreError::Unreadable { what: "tries to sign in".into() };
        rows.into_iter().map(|row| read(row).ok_or_else(unreadable)).collect()
    }
}
