//! Everything that outlives the process, in one SQLite file: units, accounts, site secrets, sessions, facts.
//!
//! Statements use `$1` and types that Postgres has too. WAL with `synchronous = FULL`: a commit that has
//! returned survives a power cut, which is what "stored before it is announced" needs.

mod accounts;
mod facts;
mod rights;
mod sessions;
mod sites;
mod tries;
mod units;

pub(crate) use accounts::role_name;
pub use accounts::{AccountRow, NewAccount};
pub use rights::{RightsChange, RightsRow};
pub use sessions::SessionRow;
pub use sites::SiteRow;
pub(crate) use tries::TRIES_KEPT;
pub use tries::TriesRow;
pub use units::{TierRow, UnitRow};

use signaling_core::FactVersion;
use signaling_protocol::MeetingId;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file name in the data directory.
const FILE_NAME: &str = "giaoban.sqlite";

/// Connections of one process. SQLite has one writer at a time; the others read.
const CONNECTIONS: u32 = 4;

/// How long a writer waits for another one, for instance a command line that imports units.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's file cannot be made or used.
    #[error("cannot use {path}: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema is a later one than this program knows.
    #[error(
        "the data was used by a newer giaoban (its schema has step {step}, which this version does not know); \
         start that version, or put back the copy of the data directory made before the upgrade"
    )]
    Newer {
        /// The first step that is not known.
        step: i64,
    },
    /// The schema is not one this program can bring up to date.
    #[error("the database's schema cannot be used by this version: {0}")]
    Schema(#[from] MigrateError),
    /// A fact is written in a form that this program does not know.
    #[error(
        "fact {number} of meeting {meeting} is written in form {found} by a newer giaoban; this version reads up to \
         {}: start the newer version, or put back the copy of the data directory made before the upgrade",
        FactVersion::CURRENT.0
    )]
    NewerFact {
        /// Which meeting.
        meeting: MeetingId,
        /// Which fact.
        number: i64,
        /// Its form.
        found: i64,
    },
    /// A row holds what this program never writes.
    #[error("the database holds {what} that this version cannot read")]
    Unreadable {
        /// What kind of row, or which.
        what: Cow<'static, str>,
    },
    /// A value has no form in the database. Nothing of its transaction is stored.
    #[error("{what} cannot be written down")]
    Unwritable {
        /// What kind of value.
        what: &'static str,
    },
}

impl StoreError {
    /// Whether the statement failed because a row with that key exists.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.is_unique_violation(),
            Self::Database(_)
            | Self::Directory { .. }
            | Self::Newer { .. }
            | Self::NewerFact { .. }
            | Self::Schema(_)
            | Self::Unreadable { .. }
            | Self::Unwritable { .. } => false,
        }
    }
}

/// The open database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database of a data directory, makes it if there is none and brings its schema up to date.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(FILE_NAME);
        make_private(&path).map_err(|source| StoreError::Directory { path: path.clone(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        sqlx::migrate!("src/store/migrations").run(&pool).await.map_err(|error| {
            if let MigrateError::VersionMissing(step) = error {
                StoreError::Newer { step }
            } else {
                error.into()
            }
        })?;
        Ok(Self { pool })
    }

    /// Closes all connections; what was committed is in the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// One setting.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let value: Option<(String,)> = sqlx::query_as("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(value.map(|(value,)| value))
    }

    /// Starts a transaction that writes. It takes the write lock at once: one that reads first and writes later
    /// would fail instead of waiting when another writer came between.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Makes an empty file that only the node's own user may read; SQLite takes it for a new database and gives its
/// side files the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(|_file| ())
}

#[cfg(test)]
mod tests;
