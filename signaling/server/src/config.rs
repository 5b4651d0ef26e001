//! The configuration file. `configs/single.toml` is the complete documented example and at the same time the
//! default: a test holds the two together.

mod nodes;
mod reader;
mod sections;

use crate::bus::{Identity, NatsOptions};
use reader::Reader;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use nodes::NodesFile;
pub use reader::Problem;

use signaling_core::NodeName;

/// The complete commented default, as `giaoban print-config` writes it.
pub const DEFAULT_FILE: &str = include_str!("../../../configs/single.toml");

/// Largest configuration file read, bytes: a thousand times the default's size is no configuration.
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Most seats one meeting can be allowed.
const SEATS_MAX: u32 = 8_192;

const _: () = assert!(SEATS_MAX as usize == signaling_core::MAX_SEATS);

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Which of several nodes this is; `None` for one node alone.
    pub node: Option<NodeChoice>,
    /// Doors for browsers.
    pub http: Http,
    /// Doors for media.
    pub media: Media,
    /// What is kept and where.
    pub store: Store,
    /// How this node speaks with others.
    pub bus: Bus,
    /// What is logged and how.
    pub log: Log,
    /// Sign-in rules.
    pub security: Security,
    /// What one node takes on.
    pub limits: Limits,
}

/// `[node]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeChoice {
    /// Its name in the nodes file.
    pub name: NodeName,
    /// The file that describes all nodes.
    pub nodes: PathBuf,
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// HTTPS addresses.
    pub addresses: Vec<SocketAddr>,
    /// Plain HTTP addresses, loopback only.
    pub plain_addresses: Vec<SocketAddr>,
    /// Certificate chain and key; the self-made ones in the data directory if absent.
    pub certificate: Option<CertificateFiles>,
    /// The address people use, for the links of sites; the one the administrator uses if absent.
    pub public_address: Option<String>,
    /// Further origins that may send requests, for reverse proxies that change the host name.
    pub allowed_origins: Vec<String>,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
}

/// PEM files of a certificate that somebody issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, own certificate first.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Programs on this machine.
    Local,
    /// Whoever can reach the node.
    Everywhere,
}

/// `[media]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Local addresses to receive on; `None` means those of all interfaces.
    pub addresses: Option<Vec<IpAddr>>,
    /// What to announce instead of each of `addresses`, behind one-to-one NAT.
    pub announced: Vec<IpAddr>,
    /// The first worker's UDP port.
    pub first_port: u16,
    /// Worker threads, 0 for one per processor but one.
    pub workers: u16,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The data directory.
    pub path: PathBuf,
    /// The Postgres server with the data; absent where they are in the data directory.
    pub server: Option<StoreServer>,
}

/// How a Postgres server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreServer {
    /// Where its URL stands.
    pub url: UrlSource,
    /// How the line to it is made safe.
    pub tls: StoreTls,
    /// How long it may be away before the node ends; `None` means for ever.
    pub give_up_after: Option<Duration>,
}

/// Where a URL with a password stands: never in the configuration, which people show each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlSource {
    /// In a file of its own.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

/// How a line to a Postgres server is made safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreTls {
    /// TLS with a server whose certificate this authority issued for the host of the URL.
    VerifyFull {
        /// The authority's certificate, PEM.
        ca: PathBuf,
    },
    /// Not at all: a server of the same machine.
    Off,
}

/// `[bus]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bus {
    /// Who this node is.
    pub identity: Identity,
    /// Where the servers are; without them the node is alone.
    pub nats: Option<NatsOptions>,
}

/// `[log]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// From which level on.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// From which level on something is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what needs somebody to act.
    Error,
    /// And what is suspicious.
    Warn,
    /// And what happens in the large.
    Info,
    /// And each request and connection.
    Debug,
}

/// `[security]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// Shortest password, characters.
    pub password_min_characters: u16,
    /// Wrong tries before a name is locked.
    pub wrong_tries: u16,
    /// How long the first lock holds; each further wrong try doubles it.
    pub lock_first: Duration,
    /// The longest a lock holds.
    pub lock_longest: Duration,
    /// Sign-in tries a minute from one address.
    pub tries_per_minute_per_address: u32,
    /// A person who does nothing this long is signed out.
    pub session_idle: Duration,
    /// A person is signed out this long after signing in, whatever happens.
    pub session_longest: Duration,
    /// A site stays signed in this long after it was last used.
    pub site_session: Duration,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// WebSockets at a time.
    pub connections: u32,
    /// Media peers at a time.
    pub peers: u32,
    /// Meetings that have not ended.
    pub meetings: u32,
    /// Seats in one meeting.
    pub seats_per_meeting: u32,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("{path} has mistakes:\n{}", lines(.problems))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All of them.
        problems: Vec<Problem>,
    },
}

/// The text of a file of a reasonable size.
fn read_file(path: &Path) -> Result<String, ConfigError> {
    let read = |source| ConfigError::Read { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(read)?.len();
    if length > FILE_MAX_BYTES {
        let source = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "larger than 4 MiB");
        return Err(read(source));
    }
    std::fs::read_to_string(path).map_err(read)
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads a file. The nodes file and the bus's files that it names count from its own folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read_file(path)?;
        let parsed = Self::parse(&text);
        let mut config = parsed.map_err(|problems| ConfigError::Wrong { path: path.to_owned(), problems })?;
        let Some(folder) = path.parent() else { return Ok(config) };
        if let Some(nats) = &mut config.bus.nats {
            for file in [&mut nats.credentials_file, &mut nats.ca_file].into_iter().flatten() {
                *file = folder.join(&*file);
            }
        }
        if let Some(choice) = &mut config.node {
            choice.nodes = folder.join(&choice.nodes);
        }
        Ok(config)
    }

    /// Reads a text and finds every mistake in it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(text);
        let node = NodeChoice::read(reader.section("node"));
        let config = Self {
            node: node.clone(),
            http: Http::read(reader.section("http")),
            media: Media::read(reader.section("media")),
            store: Store::read(reader.section("store")),
            bus: Bus::read(reader.section("bus"), node.as_ref().map(|node| &node.name)),
            log: Log::read(reader.section("log")),
            security: Security::read(reader.section("security")),
            limits: Limits::read(reader.section("limits")),
        };
        let problems = reader.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

impl Default for Config {
    fn default() -> Self {
        // Every key has its default where it is read; a file without keys has them all. A test holds that
        // this file has no problems.
        Self::parse("").unwrap_or_else(|_| unreachable!("an empty file has no mistakes"))
    }
}

#[cfg(test)]
mod tests;
