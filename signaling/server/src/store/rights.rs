//! Rights that were taken away or changed, by this process or by a command line beside it. The change is written
//! in the transaction that makes it, so that it is carried out whatever happens in between, by every node that
//! shares the database.

use super::{Store, StoreError, Transaction};
use signaling_core::Holder;
use signaling_protocol::{AccountId, UnitCode};

/// Changes read at a time; more are read in the next round. A new code for every site of the country is one round.
const CHANGES_AT_ONCE: i64 = 8_192;

/// How long a change waits for a node that says nothing, milliseconds. A node says that it is there hourly; one that was
/// off for longer than this finds in the facts of its meetings what others have carried out.
const READER_KEPT_MS: i64 = 24 * 3_600_000;

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
    /// The oldest changes that this node has not carried out yet.
    pub async fn rights_changes(&self) -> Result<Vec<RightsRow>, StoreError> {
        let rows = async {
            let rows: Vec<Columns> = sqlx::query_as(
                "SELECT number, kind, holder, change FROM rights_changes WHERE number > \
                 (SELECT COALESCE(MAX(number), 0) FROM rights_readers WHERE node = $1) ORDER BY number LIMIT $2",
            )
            .bind(self.node())
            .bind(CHANGES_AT_ONCE)
            .fetch_all(&self.pool())
            .await?;
            Ok(rows)
        };
        self.within(rows).await?.into_iter().map(row).collect()
    }

    /// Takes note that this node has carried out changes up to and with this one. What every node has is forgotten.
    pub async fn forget_rights_changes(&self, last: i64, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        see_reader(&mut transaction, self.node(), last, now).await?;
        sqlx::query(
            "DELETE FROM rights_changes WHERE number <= (SELECT MIN(number) FROM rights_readers WHERE seen >= $1)",
        )
        .bind(now.saturating_sub(READER_KEPT_MS))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes note that this node is there, so that changes wait for it.
    pub async fn read_rights(&self, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        see_reader(&mut transaction, self.node(), 0, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn see_reader(
    transaction: &mut Transaction,
    node: &str,
    number: i64,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rights_readers (node, number, seen) VALUES ($1, $2, $3) ON CONFLICT (node) DO UPDATE \
         SET seen = excluded.seen, number = \
         CASE WHEN excluded.number > rights_readers.number THEN excluded.number ELSE rights_readers.number END",
    )
    .bind(node)
    .bind(number)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Writes a change down, in the transaction that makes it.
pub(super) async fn note(
    transaction: &mut Transaction,
    holder: &Holder,
    change: RightsChange,
) -> Result<(), StoreError> {
    let (kind, holder) = match holder {
        Holder::Person { account } => ("person", account.as_str()),
        Holder::Site { unit } => ("site", unit.as_str()),
    };
    sqlx::query(
        "INSERT INTO rights_changes (number, kind, holder, change) \
         SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3 FROM \
         (SELECT number FROM rights_changes UNION ALL SELECT number FROM rights_readers) AS given",
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
