//! Rights that were taken away or changed, by this process or by a command line beside it. The change is written
//! in the transaction that makes it, so that it is carried out whatever happens in between.

use super::{Store, StoreError};
use signaling_core::Holder;
use signaling_protocol::{AccountId, UnitCode};
use sqlx::{Sqlite, Transaction};

/// Changes read at a time; more are read in the next round. A new code for every site of the country is one round.
const CHANGES_AT_ONCE: i64 = 8_192;

/// What happened to a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsChange {
    /// The secret is another one or none: the sessions are over, and earlier wrong tries do not count.
    Reset,
    /// Sessions are over.
    SignedOut,
    /// The grants are others.
    Granted,
}

/// One change that is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightsRow {
    /// Its place in the order.
    pub number: i64,
    /// Whose right.
    pub holder: Holder,
    /// What happened to it.
    pub change: RightsChange,
}

type Columns = (i64, String, String, String);

impl Store {
    /// The oldest changes that are not carried out yet.
    pub async fn rights_changes(&self) -> Result<Vec<RightsRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT number, kind, holder, change FROM rights_changes ORDER BY number LIMIT $1",
        )
        .bind(CHANGES_AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(row).collect()
    }

    /// Forgets changes that are carried out, up to and with this one.
    pub async fn forget_rights_changes(&self, last: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM rights_changes WHERE number <= $1").bind(last).execute(&self.pool).await?;
        Ok(())
    }
}

/// Writes a change down, in the transaction that makes it.
pub(super) async fn note(
    transaction: &mut Transaction<'static, Sqlite>,
    holder: &Holder,
    change: RightsChange,
) -> Result<(), StoreError> {
    let (kind, holder) = match holder {
        Holder::Person { account } => ("person", account.as_str()),
        Holder::Site { unit } => ("site", unit.as_str()),
    };
    sqlx::query(
        "INSERT INTO rights_changes (number, kind, holder, change) \
         SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3 FROM rights_changes",
    )
    .bind(kind)
    .bind(holder)
    .bind(change_name(change))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn row((number, kind, holder, change): Columns) -> Result<RightsRow, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "a change of rights".into() };
    let holder = match kind.as_str() {
        "person" => Holder::Person { account: AccountId::parse(holder).map_err(|_| unreadable())? },
        "site" => Holder::Site { unit: UnitCode::parse(holder).map_err(|_| unreadable())? },
        _other => return Err(unreadable()),
    };
    let changes = [RightsChange::Reset, RightsChange::SignedOut, RightsChange::Granted];
    let change = changes.into_iter().find(|known| change_name(*known) == change).ok_or_else(unreadable)?;
    Ok(RightsRow { number, holder, change })
}

const fn change_name(change: RightsChange) -> &'static str {
    match change {
        RightsChange::Reset => "reset",
        RightsChange::SignedOut => "signed_out",
        RightsChange::Granted => "granted",
    }
}
