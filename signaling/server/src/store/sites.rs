//! Sites' accounts: a unit's meeting room and the hash of its present secret.

use super::rights::{self, RightsChange};
use super::{Store, StoreError, Transaction};
use signaling_core::Holder;
use signaling_protocol::{AccountId, UnitCode};

/// One site's account.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteRow {
    /// The unit whose room it is.
    pub unit: UnitCode,
    /// Its account, the same over all its secrets.
    pub account: AccountId,
    /// Hash of the present secret; absent when it was revoked.
    pub secret_hash: Option<Vec<u8>>,
    /// When the present secret was issued or revoked, UTC milliseconds.
    pub issued: i64,
}

type Columns = (String, String, Option<Vec<u8>>, i64);

impl Store {
    /// Gives a site a new secret. `fresh` becomes its account if it had none. Its sessions end.
    pub async fn issue_site_secret(
        &self,
        unit: &UnitCode,
        fresh: &AccountId,
        secret_hash: &[u8],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO sites (unit, account, secret_hash, issued) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (unit) DO UPDATE SET secret_hash = excluded.secret_hash, issued = excluded.issued",
        )
        .bind(unit.as_str())
        .bind(fresh.as_str())
        .bind(secret_hash)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        end_sessions(&mut transaction, unit).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes a site's secret away and ends its sessions. False if it had none.
    pub async fn revoke_site_secret(&self, unit: &UnitCode, now: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE sites SET secret_hash = NULL, issued = $2 WHERE unit = $1 AND secret_hash IS NOT NULL",
        )
        .bind(unit.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        end_sessions(&mut transaction, unit).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// A site by its unit.
    pub async fn site(&self, unit: &UnitCode) -> Result<Option<SiteRow>, StoreError> {
        let columns: Option<Columns> =
            sqlx::query_as("SELECT unit, account, secret_hash, issued FROM sites WHERE unit = $1")
                .bind(unit.as_str())
                .fetch_optional(&self.pool())
                .await?;
        columns.map(row).transpose()
    }

    /// A site by its account.
    pub async fn site_by_account(&self, account: &AccountId) -> Result<Option<SiteRow>, StoreError> {
        let columns: Option<Columns> =
            sqlx::query_as("SELECT unit, account, secret_hash, issued FROM sites WHERE account = $1")
                .bind(account.as_str())
                .fetch_optional(&self.pool())
                .await?;
        columns.map(row).transpose()
    }

    /// All sites that have a secret.
    pub async fn sites(&self) -> Result<Vec<SiteRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT unit, account, secret_hash, issued FROM sites WHERE secret_hash IS NOT NULL ORDER BY unit",
        )
        .fetch_all(&self.pool())
        .await?;
        rows.into_iter().map(row).collect()
    }
}

/// The unit of a site's account, within a transaction.
pub(super) async fn of_account(
    transaction: &mut Transaction,
    account: &AccountId,
) -> Result<Option<UnitCode>, StoreError> {
    let unit: Option<(String,)> = sqlx::query_as("SELECT unit FROM sites WHERE account = $1")
        .bind(account.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
    let unreadable = |_| StoreError::Unreadable { what: "a site".into() };
    unit.map(|(unit,)| UnitCode::parse(unit).map_err(unreadable)).transpose()
}

async fn end_sessions(transaction: &mut Transaction, unit: &UnitCode) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE account = (SELECT account FROM sites WHERE unit = $1)")
        .bind(unit.as_str())
        .execute(&mut **transaction)
        .await?;
    rights::note(transaction, &Holder::Site { unit: unit.clone() }, RightsChange::Reset).await
}

fn row((unit, account, secret_hash, issued): Columns) -> Result<SiteRow, StoreError> {
    let unreadable = |_| StoreError::Unreadable { what: "a site".into() };
    Ok(SiteRow {
        unit: UnitCode::parse(unit).map_err(unreadable)?,
        account: AccountId::parse(account).map_err(unreadable)?,
        secret_hash,
        issued,
    })
}
