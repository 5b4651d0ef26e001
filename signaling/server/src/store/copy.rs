//! Everything of one store into another, empty one, of either kind: a move to Postgres, back to a file, or a backup.
//!
//! Rows are carried over as they are; facts are checked by their chains before and after. All is there at the end, or
//! nothing.

use super::facts::read_facts;
use super::{Place, Store, StoreError, Transaction};
use signaling_core::{ChainError, FactRecord, verify_chain};
use signaling_protocol::{FactNumber, MeetingId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use std::fmt::Write as _;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Bytes,
}

use Kind::{Bytes, Integer, Text};

/// A table and its columns.
type Table = (&'static str, &'static [(&'static str, Kind)]);

/// Every table but that of the facts, each behind those it refers to; a test holds the list to the schema.
const TABLES: [Table; 11] = [
    ("settings", &[("name", Text), ("value", Text)]),
    ("tiers", &[("code", Text), ("position", Integer), ("name", Text)]),
    (
        "units",
        &[
            ("code", Text),
            ("position", Integer),
            ("name", Text),
            ("kind", Text),
            ("tier", Text),
            ("parent", Text),
            ("sort_order", Integer),
            ("valid_from", Text),
            ("valid_to", Text),
            ("successors", Text),
        ],
    ),
    (
        "accounts",
        &[
            ("account", Text),
            ("username", Text),
            ("name", Text),
            ("unit", Text),
            ("password_hash", Text),
            ("must_change", Integer),
            ("created", Integer),
            ("disabled", Integer),
        ],
    ),
    ("grants", &[("account", Text), ("role", Text), ("unit", Text)]),
    ("sites", &[("unit", Text), ("account", Text), ("secret_hash", Bytes), ("issued", Integer)]),
    (
        "sessions",
        &[("token_hash", Bytes), ("account", Text), ("kind", Text), ("created", Integer), ("used", Integer)],
    ),
    ("rights_changes", &[("number", Integer), ("kind", Text), ("holder", Text), ("change", Text)]),
    ("rights_readers", &[("node", Text), ("number", Integer), ("seen", Integer)]),
    (
        "sign_in_tries",
        &[("name_hash", Bytes), ("wrong", Integer), ("last", Integer), ("locked_until", Integer)],
    ),
    ("apart_facts", &[("meeting", Text), ("number", Integer), ("island", Text), ("record", Text)]),
];

const FACTS: Table = (
    "facts",
    &[
        ("meeting", Text),
        ("number", Integer),
        ("at", Integer),
        ("record", Text),
        ("hash", Bytes),
        ("version", Integer),
    ],
);

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the two stores failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target holds something.
    #[error("{place} is not empty (its table {table} has rows); copy into a new database or data directory")]
    NotEmpty {
        /// The target.
        place: String,
        /// The first table that has rows.
        table: &'static str,
    },
    /// A meeting's facts were changed or are not whole.
    #[error("the facts of meeting {meeting} in {place} were changed or are not whole: {source}")]
    Broken {
        /// Whose.
        meeting: MeetingId,
        /// In which of the two.
        place: String,
        /// What is wrong.
        source: ChainError,
    },
    /// What was read back is not what was there.
    #[error("the facts of meeting {0} read back are others than those that were copied")]
    Different(MeetingId),
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Rows of each table but that of the facts.
    pub tables: Vec<(&'static str, usize)>,
    /// Meetings whose chains were checked.
    pub meetings: usize,
    /// Their facts.
    pub facts: usize,
}

impl Store {
    /// Copies everything into an empty store. Nobody else may be writing to either.
    pub async fn copy_to(&self, target: &Store) -> Result<Copied, CopyError> {
        let snapshot = match self.place() {
            Place::Directory(_) => "BEGIN",
            Place::Server(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut from = self.pool().begin_with(snapshot).await.map_err(StoreError::from)?;
        let mut to = target.begin().await?;
        for table in TABLES.iter().chain([&FACTS]) {
            refuse_rows(&mut to, table, target).await?;
        }
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let rows = select(&mut from, table, None).await?;
            insert(&mut to, table, &rows).await?;
            tables.push((table.0, rows.len()));
        }
        let meetings: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT meeting FROM facts ORDER BY meeting")
            .fetch_all(&mut *from)
            .await
            .map_err(StoreError::from)?;
        let mut facts = 0;
        for (meeting,) in &meetings {
            let unreadable = |_| StoreError::Unreadable { what: "a fact's meeting".into() };
            let meeting = MeetingId::parse(meeting.clone()).map_err(unreadable)?;
            let before = whole(&mut from, &meeting, self).await?;
            let rows = select(&mut from, FACTS, Some(&meeting)).await?;
            insert(&mut to, FACTS, &rows).await?;
            if whole(&mut to, &meeting, target).await? != before {
                return Err(CopyError::Different(meeting));
            }
            facts += before.len();
        }
        to.commit().await.map_err(StoreError::from)?;
        Ok(Copied { tables, meetings: meetings.len(), facts })
    }
}

/// A meeting's facts, if their chain is whole.
async fn whole(
    transaction: &mut Transaction,
    meeting: &MeetingId,
    store: &Store,
) -> Result<Vec<FactRecord>, CopyError> {
    let records = read_facts(&mut **transaction, meeting, FactNumber(0)).await?;
    let broken =
        |source| CopyError::Broken { meeting: meeting.clone(), place: store.place().to_string(), source };
    verify_chain(&records).map_err(broken)?;
    Ok(records)
}

async fn refuse_rows(
    transaction: &mut Transaction,
    (table, _): &Table,
    store: &Store,
) -> Result<(), CopyError> {
    let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let (rows,): (i64,) =
        sqlx::query_as(count).fetch_one(&mut **transaction).await.map_err(StoreError::from)?;
    if rows == 0 { Ok(()) } else { Err(CopyError::NotEmpty { place: store.place().to_string(), table }) }
}

async fn select(
    transaction: &mut Transaction,
    (table, columns): Table,
    meeting: Option<&MeetingId>,
) -> Result<Vec<AnyRow>, StoreError> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = format!("SELECT {} FROM {table}", names.join(", "));
    if meeting.is_some() {
        text.push_str(" WHERE meeting = $1 ORDER BY number");
    }
    let mut query = sqlx::query(AssertSqlSafe(text));
    if let Some(meeting) = meeting {
        query = query.bind(meeting.as_str());
    }
    Ok(query.fetch_all(&mut **transaction).await?)
}

async fn insert(
    transaction: &mut Transaction,
    (table, columns): Table,
    rows: &[AnyRow],
) -> Result<(), StoreError> {
    let mut names = String::new();
    let mut places = String::new();
    for (number, (name, _)) in (1..).zip(columns) {
        let comma = if number == 1 { "" } else { ", " };
        let _ = write!(names, "{comma}{name}");
        let _ = write!(places, "{comma}${number}");
    }
    let text = format!("INSERT INTO {table} ({names}) VALUES ({places})");
    for row in rows {
        let mut query = sqlx::query(AssertSqlSafe(text.clone()));
        for (at, (_, kind)) in columns.iter().enumerate() {
            query = match kind {
                Kind::Text => query.bind(row.try_get::<Option<String>, _>(at)?),
                Kind::Integer => query.bind(row.try_get::<Option<i64>, _>(at)?),
                Kind::Bytes => query.bind(row.try_get::<Option<Vec<u8>>, _>(at)?),
            };
        }
        query.execute(&mut **transaction).await?;
    }
    Ok(())
}

/// The columns it carries over, for the test that holds them to the schema.
#[cfg(test)]
pub(super) fn columns() -> std::collections::BTreeSet<String> {
    let of = |(table, columns): &Table| {
        columns.iter().map(|(name, _)| format!("{table}.{name}")).collect::<Vec<_>>()
    };
    TABLES.iter().chain([&FACTS]).flat_map(of).collect()
}
