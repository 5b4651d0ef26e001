//! Why the store did not do something.

use signaling_core::FactVersion;
use signaling_protocol::MeetingId;
use sqlx::migrate::MigrateError;
use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

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
    /// What the configuration says of the Postgres server cannot be used.
    #[error(transparent)]
    Place(#[from] super::PlaceError),
    /// The Postgres server is not there, does not let the node in, or is not one that can be used.
    #[error("the Postgres server {server}: {problem}")]
    Server {
        /// Where it is, without its password.
        server: String,
        /// What is wrong and what to do.
        problem: ServerProblem,
    },
    /// The database cannot be reached now. Nothing is known to be stored; the same may be tried again.
    #[error("the database is away: {0}")]
    Away(Away),
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The schema is a later one than this program knows.
    #[error(
        "the data was used by a newer giaoban (its schema has step {step}, which this version does not know); \
         start that version, or put back the copy of the data directory or database made before the upgrade"
    )]
    Newer {
        /// The first step that is not known.
        step: i64,
    },
    /// The schema is not one this program can bring up to date.
    #[error("the database's schema cannot be used by this version: {0}")]
    Schema(MigrateError),
    /// Another node has written this place of the log. Nothing is stored; whoever asked goes on from what is there.
    #[error(
        "fact {number} of meeting {meeting} was written by another node meanwhile; the meeting goes on there, and \
         what this one wanted to write is not stored"
    )]
    Overtaken {
        /// Which meeting.
        meeting: MeetingId,
        /// The first place where the log is not the writer's.
        number: u32,
    },
    /// The log ends before the place that was to be written: the database is older than the writer's memory.
    #[error(
        "fact {number} of meeting {meeting} cannot be stored, the one before it is missing: the database was \
         put back to an older copy while the node ran; restart the node"
    )]
    Gap {
        /// Which meeting.
        meeting: MeetingId,
        /// The place that was to be written.
        number: u32,
    },
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

/// How a database is away.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// It said so, or the line to it broke.
    #[error("{0}")]
    Said(sqlx::Error),
    /// It did not answer.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
}

/// What is wrong with a Postgres server, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServerProblem {
    /// Nobody answers there.
    #[error(
        "cannot be reached ({0}); check that it runs and listens there, that no firewall is between, and that the URL \
         names the right host and port"
    )]
    Unreachable(String),
    /// It does not let the user in.
    #[error(
        "does not let the user in ({0}); check user and password in the URL (signs like @ : / in a password are \
         written %40 %3A %2F) and the server's pg_hba.conf"
    )]
    NotLetIn(String),
    /// It has no such database.
    #[error(
        "has no database of that name ({0}); make one for the user of the URL: createdb --owner=USER --encoding=UTF8 \
         --template=template0 NAME"
    )]
    NoDatabase(String),
    /// No safe line could be made.
    #[error(
        "offers no safe line ({0}); check that the server has `ssl = on`, that store.postgres_ca is the authority of \
         its certificate, and that the certificate names the host of the URL"
    )]
    NotSafe(String),
    /// Its version is too old.
    #[error("is version {found}; this program needs version {oldest} or newer: upgrade the server")]
    TooOld {
        /// Its major version.
        found: i64,
        /// The oldest that can be used.
        oldest: i64,
    },
    /// Its database does not keep Vietnamese.
    #[error(
        "has the database in encoding {0}, which does not hold every Vietnamese name; make it again: createdb \
         --encoding=UTF8 --template=template0 NAME"
    )]
    NotUnicode(String),
    /// It can only be read.
    #[error("is a standby, which can only be read; the URL must name the primary")]
    Standby,
    /// The user may not make tables.
    #[error(
        "does not let the user make tables ({0}); give the database to the user: ALTER DATABASE name OWNER TO user"
    )]
    NoTables(String),
}

impl StoreError {
    /// Whether the statement failed because a row with that key exists.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the same may succeed when the database is back.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) { Self::Away(Away::Said(error)) } else { Self::Database(error) }
    }
}

impl From<MigrateError> for StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(step) => Self::Newer { step },
            MigrateError::Execute(error) if is_passing(&error) => Self::Away(Away::Said(error)),
            other => Self::Schema(other),
        }
    }
}

/// Whether an error says that the database, or the line to it, is not there for now.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_state(&code)),
        _other => false,
    }
}

/// Whether a Postgres SQLSTATE passes by itself or when somebody has looked after the server. SQLite's codes have
/// fewer than five digits and are none of these: a full disk there is this machine's, and ends the node.
fn is_passing_state(state: &str) -> bool {
    // Lines; users and databases that are being changed; no room; stopping and starting.
    const CLASSES: [&str; 5] = ["08", "28", "3D", "53", "57"];
    // Read-only after a change of the primary; idle too long; a victim of others' transactions; a lock not had.
    const STATES: [&str; 5] = ["25006", "25P03", "40001", "40P01", "55P03"];
    state.len() == 5 && (CLASSES.iter().any(|class| state.starts_with(class)) || STATES.contains(&state))
}

#[cfg(test)]
mod tests {
    use super::is_passing_state;

    #[test]
    fn what_passes_is_told_from_what_is_refused() {
        for passing in ["08006", "28P01", "53100", "53300", "57P01", "57P03", "25006", "40P01", "55P03"] {
            assert!(is_passing_state(passing), "{passing}");
        }
        for stays in ["23505", "42P01", "42501", "P0001", "22001", "2067", "1811", "5", "13", "08", ""] {
            assert!(!is_passing_state(stays), "{stays}");
        }
    }
}
