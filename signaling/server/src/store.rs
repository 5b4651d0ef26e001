//! Everything that outlives the process, behind one door: units, accounts, site secrets, sessions, facts.
//!
//! One schema and one set of statements for a SQLite file and for a Postgres server that several nodes share:
//! statements use `$1` and types that both have. Where the two differ is `open` and [`Store::begin`], nowhere else.
//! When a call that writes has returned, a power cut takes nothing back: that is what "stored before it is
//! announced" needs.

mod accounts;
mod apart;
mod copy;
mod directory;
mod error;
mod facts;
mod open;
mod place;
mod rights;
mod sessions;
mod sites;
mod steps;
mod tries;
mod units;

pub(crate) use accounts::role_name;
pub use accounts::{AccountRow, NewAccount};
pub use apart::Apart;
pub use copy::{Copied, CopyError};
pub use directory::{AccountEntry, Directory, SiteEntry};
pub use error::{Away, ServerProblem, StoreError};
pub use place::{Place, PlaceError, Server};
pub use rights::{RightsChange, RightsRow};
pub use sessions::SessionRow;
pub use sites::SiteRow;
pub(crate) use tries::TRIES_KEPT;
pub use tries::TriesRow;
pub use units::{TierRow, UnitRow};

use sqlx::{Any, AnyPool};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long a call that the node waits with everything for may take at a Postgres server. A line that swallows what
/// is sent would else be waited for until the system gives it up, a quarter of an hour.
const PATIENCE: Duration = Duration::from_secs(8);

/// One writing transaction at a time per database; any number will do.
const LOCK_WRITERS: &str = "SELECT pg_advisory_xact_lock(7166001)";

type Transaction = sqlx::Transaction<'static, Any>;

/// The open database; clones share it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    /// Which node this is, among those that share the database.
    node: Arc<str>,
}

struct Shared {
    place: Place,
    /// Replaced when its lines are dead without knowing.
    pool: RwLock<AnyPool>,
    is_away: AtomicBool,
}

impl Store {
    /// Opens a database, makes its tables if there are none and brings its schema up to date.
    pub async fn open(place: Place) -> Result<Self, StoreError> {
        let pool = RwLock::new(open::open(&place).await?);
        let shared = Arc::new(Shared { place, pool, is_away: AtomicBool::new(false) });
        Ok(Self { shared, node: Arc::default() })
    }

    /// The store as this node's: it has its own place in what every node must read.
    pub fn of_node(self, node: &str) -> Self {
        Self { node: node.into(), ..self }
    }

    fn node(&self) -> &str {
        &self.node
    }

    /// Closes all connections; what was committed is kept.
    pub async fn close(&self) {
        self.pool().close().await;
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.shared.place
    }

    /// Whether the last call that looks after it found it away.
    pub fn is_away(&self) -> bool {
        self.shared.is_away.load(Ordering::Relaxed)
    }

    /// How long it may be away before the node ends; `None` means for ever.
    pub fn give_up_after(&self) -> Option<Duration> {
        match &self.shared.place {
            Place::Directory(_) => Some(Duration::ZERO),
            Place::Server(server) => server.give_up_after,
        }
    }

    /// One setting.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let value: Option<(String,)> = sqlx::query_as("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool())
            .await?;
        Ok(value.map(|(value,)| value))
    }

    fn pool(&self) -> AnyPool {
        self.shared.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a transaction that reads, decides and writes. Writers come one after the other: SQLite's take the write
    /// lock at once (one that reads first and writes later would fail instead of waiting when another came between),
    /// and those of all nodes at one Postgres server take one lock.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin_append().await?;
        if matches!(self.shared.place, Place::Server(_)) {
            sqlx::query(LOCK_WRITERS).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }

    /// Starts a transaction that appends facts: their numbers keep writers apart, so that nodes do not wait for each
    /// other.
    async fn begin_append(&self) -> Result<Transaction, StoreError> {
        let begin = match &self.shared.place {
            Place::Directory(_) => "BEGIN IMMEDIATE",
            Place::Server(_) => "BEGIN",
        };
        Ok(self.pool().begin_with(begin).await?)
    }

    /// Does what the whole node waits for, in bounded time, and takes note of whether the database is there.
    async fn within<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let result = match &self.shared.place {
            Place::Directory(_) => work.await,
            Place::Server(server) => tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| {
                *self.shared.pool.write().unwrap_or_else(PoisonError::into_inner) = open::server_pool(server);
                Err(StoreError::Away(Away::Silent(PATIENCE)))
            }),
        };
        self.note(&result);
        result
    }

    /// Says once that the database is away, and once that it is back.
    fn note<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Err(error) if error.is_away() => {
                if !self.shared.is_away.swap(true, Ordering::Relaxed) {
                    let place = self.place();
                    tracing::error!(%place, %error, "meetings wait, media goes on, nothing is lost; look after the database");
                }
            }
            Ok(_) | Err(_) => {
                if self.shared.is_away.swap(false, Ordering::Relaxed) {
                    tracing::warn!(place = %self.place(), "the database is back");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
