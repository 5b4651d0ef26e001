//! Where the data is: a file in the data directory, or a database of a Postgres server that several nodes share.
//!
//! The server's URL holds a password, so it stands in a file or a variable of its own, is never shown, and says
//! only where and as whom; how the line is made safe is the configuration's.

use crate::config;
use sqlx::any::AnyConnectOptions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file name in the data directory.
pub(super) const FILE_NAME: &str = "giaoban.sqlite";

/// Longest URL read, bytes.
const URL_MAX_BYTES: u64 = 4_096;

/// How long the server lets one statement of ours run, wait for a lock, and a transaction of ours lie still. A node
/// whose line broke in mid-transaction must not keep another one from going on with its meetings.
const SERVER_BOUNDS: &str = "-c statement_timeout=30000 -c lock_timeout=5000 \
                             -c idle_in_transaction_session_timeout=5000";

/// Where the data is.
#[derive(Clone)]
pub enum Place {
    /// SQLite, in this directory.
    Directory(PathBuf),
    /// Postgres.
    Server(Box<Server>),
}

/// A database of a Postgres server. No `Debug`: it holds the password.
#[derive(Clone)]
pub struct Server {
    /// With the password in it.
    pub(super) options: AnyConnectOptions,
    /// What may be shown: host, port, database and user.
    pub(super) shown: String,
    /// How long it may be away before the node ends.
    pub(super) give_up_after: Option<Duration>,
}

/// What is wrong with what the configuration says of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The file with the URL cannot be read.
    #[error("cannot read the file with the Postgres URL, {path} (store.postgres_url_file): {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// Everybody can read the password.
    #[error("{0} holds a password and is readable by everybody; type: chmod 640 {0}")]
    Open(PathBuf),
    /// The variable is not there.
    #[error("the environment has no variable {0} (store.postgres_url_variable) with the Postgres URL")]
    Variable(String),
    /// The URL is none of ours. Its text is not told: it may hold a password.
    #[error(
        "the Postgres URL cannot be used: {0}; it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE"
    )]
    Url(&'static str),
    /// The authority's certificate cannot be used.
    #[error("the certificate of the Postgres server's authority, {path} (store.postgres_ca): {cause}")]
    Authority {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl Place {
    /// The place that a configuration names.
    pub fn of(store: &config::Store) -> Result<Self, PlaceError> {
        let Some(server) = &store.server else { return Ok(Self::Directory(store.path.clone())) };
        let url = match &server.url {
            config::UrlSource::File(path) => url_of_file(path)?,
            config::UrlSource::Variable(name) => {
                std::env::var(name).map_err(|_| PlaceError::Variable(name.clone()))?
            }
        };
        let mut place = Server::parse(url.trim(), &server.tls)?;
        place.give_up_after = server.give_up_after;
        Ok(Self::Server(Box::new(place)))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.join(FILE_NAME).display()),
            Self::Server(server) => write!(f, "Postgres {}", server.shown),
        }
    }
}

impl Server {
    /// Reads a URL.
    pub fn parse(url: &str, tls: &config::StoreTls) -> Result<Self, PlaceError> {
        let mut options: AnyConnectOptions = url
            .parse()
            .map_err(|_| PlaceError::Url("it is no URL, or a sign in it must be written as %XX"))?;
        let url = &mut options.database_url;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(PlaceError::Url("it does not begin with postgres://"));
        }
        let database = url.path().trim_matches('/').to_owned();
        if url.username().is_empty() || database.is_empty() {
            return Err(PlaceError::Url("user and database must be named"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(PlaceError::Url(
                "nothing stands behind the database; TLS is set by store.postgres_tls",
            ));
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(PlaceError::Url("the host is missing"));
        };
        let is_socket = host.starts_with("%2F") || host.starts_with("%2f");
        let shown = format!("{host}:{}/{database} as {}", url.port().unwrap_or(5_432), url.username());
        match tls {
            config::StoreTls::VerifyFull { .. } if is_socket => {
                return Err(PlaceError::Url(
                    "a socket of this machine has no TLS: set store.postgres_tls = \"off\"",
                ));
            }
            config::StoreTls::VerifyFull { ca } => {
                check_authority(ca)?;
                let ca = ca.to_string_lossy();
                url.query_pairs_mut().append_pair("sslmode", "verify-full").append_pair("sslrootcert", &ca);
            }
            config::StoreTls::Off => {
                url.query_pairs_mut().append_pair("sslmode", "disable");
            }
        }
        url.query_pairs_mut()
            .append_pair("application_name", "giaoban")
            .append_pair("options", SERVER_BOUNDS);
        Ok(Self { options, shown, give_up_after: None })
    }
}

fn url_of_file(path: &Path) -> Result<String, PlaceError> {
    let failed = |cause: std::io::Error| PlaceError::File { path: path.to_owned(), cause: cause.to_string() };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(PlaceError::Open(path.to_owned()));
    }
    if metadata.len() > URL_MAX_BYTES {
        return Err(PlaceError::Url("it is too long"));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// The driver would find a file without certificates only when it connects, and would not say which.
fn check_authority(path: &Path) -> Result<(), PlaceError> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let wrong = |cause: String| PlaceError::Authority { path: path.to_owned(), cause };
    if path.to_str().is_none() {
        return Err(wrong("its path is not UTF-8".to_owned()));
    }
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        Ok(_) => Err(wrong("holds no certificate in PEM form".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::StoreTls;

    fn shown(url: &str) -> Result<String, PlaceError> {
        Server::parse(url, &StoreTls::Off).map(|server| server.shown)
    }

    #[test]
    fn what_is_shown_of_a_url_has_no_password() {
        let url = "postgres://giaoban:bi%40mat@db.lamson.example.vn/giaoban";
        assert_eq!(shown(url).unwrap(), "db.lamson.example.vn:5432/giaoban as giaoban");
        assert!(shown("postgresql://a:b@%2Frun%2Fpostgresql/c").is_ok(), "a socket");
        assert!(shown("postgres://a@[fd00::5]:6432/c").is_ok(), "IPv6, and no password");
    }

    #[test]
    fn a_url_that_is_none_is_refused_without_being_told() {
        for (url, told) in [
            ("", "it is no URL"),
            ("mysql://u:matkhau@h/d", "does not begin with postgres://"),
            ("postgres://u:matkhau@h/", "user and database"),
            ("postgres://h/d", "user and database"),
            ("postgres://u:matkhau@h/d?sslmode=disable", "store.postgres_tls"),
            ("postgres://u:mat/khau@h/d", "%XX"),
        ] {
            let error = shown(url).unwrap_err().to_string();
            assert!(error.contains(told), "{url}: {error}");
            assert!(!error.contains("matkhau") && !error.contains("khau@"), "{error}");
        }
        let tls = StoreTls::VerifyFull { ca: PathBuf::from("/nowhere.pem") };
        let error = Server::parse("postgres://a:b@%2Frun/c", &tls).err().unwrap().to_string();
        assert!(error.contains("store.postgres_tls = \"off\""), "{error}");
        let error = Server::parse("postgres://a:b@h/c", &tls).err().unwrap().to_string();
        assert!(error.contains("/nowhere.pem (store.postgres_ca)"), "{error}");
    }
}
