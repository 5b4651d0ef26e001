//! What is configured of NATS: where the servers are, and by what this node is known to them.

use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Largest credentials file read, bytes.
const FILE_MAX_BYTES: u64 = 4 * 1024;

/// What is configured of NATS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsOptions {
    /// The servers; any of them will do.
    pub servers: Vec<ServerAddress>,
    /// Where user and password are. Without it the node has no name at the server.
    pub credentials_file: Option<PathBuf>,
    /// Whose signature the servers' certificates must have, PEM. With it every connection is TLS.
    pub ca_file: Option<PathBuf>,
    /// Where keys and logs are.
    pub storage: NatsStorage,
}

/// Where keys and logs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NatsStorage {
    /// In this node's memory: it shares them with no other node.
    Own,
    /// On the servers' JetStream, for all nodes of the cluster.
    Shared {
        /// On how many servers of a NATS cluster: 1, 3 or 5.
        replicas: u8,
    },
}

/// A server's host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    host: String,
    port: u16,
}

impl ServerAddress {
    /// Whether it is this machine, where nobody can listen on the way.
    pub fn is_local(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for ServerAddress {
    type Err = ();

    /// Host and port and nothing else: a user or password here would be shown in logs.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (host, port) = text.rsplit_once(':').ok_or(())?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(())?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let name = !host.is_empty() && host.bytes().all(plain);
        let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let six = six.is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
        if name || six { Ok(Self { host: host.to_owned(), port }) } else { Err(()) }
    }
}

/// By what a node is known to the servers. It has no `Debug` text with a password in it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user's name in the servers' configuration.
    pub(super) user: String,
    /// Its password.
    pub(super) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Why a credentials file cannot be used. What is in the file is in no message.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It cannot be read.
    #[error("cannot read bus.credentials_file {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Others than the node's own user may read it.
    #[error("bus.credentials_file {path} can be read by others; type: chmod 600 {path}")]
    Open {
        /// Which.
        path: PathBuf,
    },
    /// It says something else.
    #[error("bus.credentials_file {path} does not hold the two lines user = \"…\" and password = \"…\"")]
    Wrong {
        /// Which.
        path: PathBuf,
    },
}

impl Credentials {
    /// Reads a file with two lines: `user = "…"` and `password = "…"`.
    pub fn load(path: &Path) -> Result<Self, CredentialsError> {
        use std::os::unix::fs::PermissionsExt as _;
        let owned = || path.to_owned();
        let read = |source| CredentialsError::Read { path: owned(), source };
        let metadata = std::fs::metadata(path).map_err(read)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(CredentialsError::Open { path: owned() });
        }
        let wrong = || CredentialsError::Wrong { path: owned() };
        if metadata.len() > FILE_MAX_BYTES {
            return Err(wrong());
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        let credentials: Self = toml::from_str(&text).map_err(|_| wrong())?;
        let usable = !credentials.user.is_empty() && !credentials.password.is_empty();
        if usable { Ok(credentials) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TemporaryDirectory;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for good in ["nats.example.vn:4222", "10.0.0.1:4222", "[fd00::5]:4222", "localhost:1"] {
            assert_eq!(good.parse::<ServerAddress>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "host",
            "host:0",
            "host:70000",
            ":4222",
            "nats://host:4222",
            "u:p@host:4222",
            "fd00::5:4222",
            "h t:1",
        ] {
            assert!(bad.parse::<ServerAddress>().is_err(), "{bad}");
        }
        for (text, local) in
            [("localhost:1", true), ("127.0.0.1:1", true), ("[::1]:1", true), ("10.0.0.1:1", false)]
        {
            assert_eq!(text.parse::<ServerAddress>().unwrap().is_local(), local, "{text}");
        }
    }

    #[test]
    fn credentials_are_read_and_never_shown() {
        let directory = TemporaryDirectory::new();
        let path = directory.path().join("bus.toml");
        let write = |text: &str, mode: u32| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        write("user = \"xa-01\"\npassword = \"s3cret\"\n", 0o600);
        let read = Credentials::load(&path).unwrap();
        assert_eq!((read.user.as_str(), read.password.as_str()), ("xa-01", "s3cret"));
        assert!(!format!("{read:?}").contains("s3cret"));
        write("user = \"xa-01\"\npassword = \"s3cret\"\n", 0o640);
        assert!(matches!(Credentials::load(&path), Err(CredentialsError::Open { .. })));
        for wrong in
            ["", "user = \"a\"", "user = \"a\"\npassword = s3cret", "user = \"a\"\npassword = \"\"", "s3cret"]
        {
            write(wrong, 0o600);
            let error = Credentials::load(&path).unwrap_err();
            assert!(matches!(error, CredentialsError::Wrong { .. }), "{error}");
            assert!(!error.to_string().contains("s3cret"));
        }
        let error = Credentials::load(&directory.path().join("gone")).unwrap_err();
        assert!(matches!(error, CredentialsError::Read { .. }), "{error}");
    }
}
