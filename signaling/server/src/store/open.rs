//! Opening a store: SQLite's file with what makes it durable, or a Postgres server that is looked at first.

use super::error::{ServerProblem, StoreError};
use super::place::{FILE_NAME, Place, Server};
use super::steps::{POSTGRES_STEPS, SQLITE_STEPS};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Executor as _};
use std::path::Path;
use std::time::Duration;

/// Connections of one process to SQLite. It has one writer at a time; the others read.
const FILE_CONNECTIONS: u32 = 4;

/// Connections of one node to a Postgres server, which has a hundred for everybody by default.
const SERVER_CONNECTIONS: u32 = 8;

/// How long a caller waits for a free connection to SQLite.
const FILE_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a caller waits for a free connection to Postgres; a new one is made within it.
const SERVER_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the first connection to a Postgres server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The oldest Postgres that still gets its makers' repairs.
const OLDEST_SERVER: i64 = 14;

/// What SQLite is told on every connection: WAL with `synchronous = FULL` makes a commit that has returned survive
/// a power cut; a writer waits for another one, for instance a command line that imports units.
const FILE_SETTINGS: [&str; 4] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
];

/// What Postgres is told on every connection: a server that answers before it has written would let a node announce
/// what a power cut takes back. Any stronger setting of the server's stays.
const SERVER_SETTING: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                              WHERE current_setting('synchronous_commit') = 'off'";

/// Opens a place and brings its schema up to date.
pub(super) async fn open(place: &Place) -> Result<AnyPool, StoreError> {
    // The pool of either kind is one type; which drivers it knows is set once for the process.
    sqlx::any::install_default_drivers();
    match place {
        Place::Directory(directory) => open_file(directory).await,
        Place::Server(server) => open_server(server).await,
    }
}

async fn open_file(directory: &Path) -> Result<AnyPool, StoreError> {
    let path = directory.join(FILE_NAME);
    let unusable = |source| StoreError::Directory { path: path.clone(), source };
    make_private(&path).map_err(unusable)?;
    let options = file_options(&std::path::absolute(&path).map_err(unusable)?).map_err(unusable)?;
    let pool = AnyPoolOptions::new()
        .max_connections(FILE_CONNECTIONS)
        .acquire_timeout(FILE_ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                for setting in FILE_SETTINGS {
                    connection.execute(setting).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    SQLITE_STEPS.run(&pool).await?;
    Ok(pool)
}

/// The driver that knows both kinds takes a URL only, so the path is written as one.
fn file_options(path: &Path) -> std::io::Result<AnyConnectOptions> {
    use std::fmt::Write as _;
    let invalid = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "its path is not UTF-8");
    let mut url = "sqlite:".to_owned();
    for byte in path.to_str().ok_or_else(invalid)?.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url.parse().map_err(|_| invalid())
}

async fn open_server(server: &Server) -> Result<AnyPool, StoreError> {
    let wrong = |problem| StoreError::Server { server: server.shown.clone(), problem };
    // One connection by hand first: the pool would try again in silence and forget why.
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, server.options.connect());
    let silent = || wrong(ServerProblem::Unreachable(format!("no answer within {CONNECT_TIMEOUT:?}")));
    let mut connection = match connecting.await.map_err(|_| silent())? {
        Ok(connection) => connection,
        Err(error) => return Err(connect_problem(&error).map_or_else(|| error.into(), wrong)),
    };
    look_at(&mut connection).await?.map_or(Ok(()), |problem| Err(wrong(problem)))?;
    POSTGRES_STEPS.run(&mut connection).await.map_err(|error| match no_tables(&error) {
        Some(problem) => wrong(problem),
        None => error.into(),
    })?;
    // Whatever becomes of this one connection, all that is needed is done.
    let _ = connection.close().await;
    Ok(server_pool(server))
}

/// A pool that connects when it is needed.
pub(super) fn server_pool(server: &Server) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(SERVER_ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(SERVER_SETTING).await?;
                Ok(())
            })
        })
        .connect_lazy_with(server.options.clone())
}

/// What a failed connection means to whoever runs the server.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn connect_problem(error: &sqlx::Error) -> Option<ServerProblem> {
    match error {
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidData => {
            // What rustls found wrong with the server's certificate comes as broken input.
            Some(ServerProblem::NotSafe(cause.to_string()))
        }
        sqlx::Error::Io(cause) => Some(ServerProblem::Unreachable(cause.to_string())),
        sqlx::Error::Tls(cause) => Some(ServerProblem::NotSafe(cause.to_string())),
        sqlx::Error::Database(cause) => {
            let (state, told) = (cause.code().unwrap_or_default(), cause.message().to_owned());
            match state.get(..2) {
                Some("28") => Some(ServerProblem::NotLetIn(told)),
                Some("3D") => Some(ServerProblem::NoDatabase(told)),
                Some("53" | "57") => Some(ServerProblem::Unreachable(told)),
                _other => None,
            }
        }
        _other => None,
    }
}

/// Looks whether a server can be used.
async fn look_at(connection: &mut AnyConnection) -> Result<Option<ServerProblem>, StoreError> {
    let (version, encoding, is_standby, fsync): (i64, String, bool, String) = sqlx::query_as(
        "SELECT CAST(current_setting('server_version_num') AS BIGINT), current_setting('server_encoding'), \
         pg_is_in_recovery(), current_setting('fsync')",
    )
    .fetch_one(connection)
    .await?;
    if fsync != "on" {
        tracing::warn!("the Postgres server has fsync off: a power cut can take back what it has stored");
    }
    Ok(problem_of(version / 10_000, &encoding, is_standby))
}

fn problem_of(version: i64, encoding: &str, is_standby: bool) -> Option<ServerProblem> {
    if version < OLDEST_SERVER {
        return Some(ServerProblem::TooOld { found: version, oldest: OLDEST_SERVER });
    }
    if encoding != "UTF8" {
        return Some(ServerProblem::NotUnicode(encoding.to_owned()));
    }
    is_standby.then_some(ServerProblem::Standby)
}

/// Since version 15 a user may make tables only in a database that is the user's own.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn no_tables(error: &MigrateError) -> Option<ServerProblem> {
    match error {
        MigrateError::Execute(sqlx::Error::Database(cause))
        | MigrateError::ExecuteMigration(sqlx::Error::Database(cause), _)
            if cause.code().as_deref() == Some("42501") =>
        {
            Some(ServerProblem::NoTables(cause.message().to_owned()))
        }
        _other => None,
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
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_be_used_is_told_what_to_do() {
        let told = |version, encoding, standby| problem_of(version, encoding, standby).map(|p| p.to_string());
        assert_eq!(told(15, "UTF8", false), None);
        assert!(told(13, "UTF8", false).unwrap().contains("needs version 14 or newer"));
        assert!(told(15, "SQL_ASCII", false).unwrap().contains("--encoding=UTF8"));
        assert!(told(15, "UTF8", true).unwrap().contains("primary"));
    }

    #[test]
    fn a_path_with_any_sign_is_a_url() {
        let options = file_options(Path::new("/srv/dữ liệu?/#1%/giaoban.sqlite")).unwrap();
        let text = options.database_url.as_str();
        assert_eq!(text, "sqlite:/srv/d%E1%BB%AF%20li%E1%BB%87u%3F/%231%25/giaoban.sqlite");
    }
}
