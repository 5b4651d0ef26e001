//! The configuration file. `configs/single.toml` is the complete documented example and at the same time the
//! default: a test holds the two together.

mod reader;

use reader::{Reader, Section, choice, list, number, parsed, text};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use reader::Problem;

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
    /// Doors for browsers.
    pub http: Http,
    /// Doors for media.
    pub media: Media,
    /// What is kept and where.
    pub store: Store,
    /// What is logged and how.
    pub log: Log,
    /// Sign-in rules.
    pub security: Security,
    /// What one node takes on.
    pub limits: Limits,
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
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("the configuration {path} has mistakes:\n{}", lines(.problems))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All of them.
        problems: Vec<Problem>,
    },
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let length = std::fs::metadata(path).map_err(read)?.len();
        if length > FILE_MAX_BYTES {
            let source = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "larger than 4 MiB");
            return Err(read(source));
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        Self::parse(&text).map_err(|problems| ConfigError::Wrong { path: path.to_owned(), problems })
    }

    /// Reads a text and finds every mistake in it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(text);
        let config = Self {
            http: Http::read(reader.section("http")),
            media: Media::read(reader.section("media")),
            store: Store::read(reader.section("store")),
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

impl Http {
    fn read(mut section: Section<'_, '_>) -> Self {
        let address = parsed::<SocketAddr>("an address with port like \"0.0.0.0:8443\" or \"[::]:8443\"");
        let listed = |addresses: [&str; 2]| addresses.iter().filter_map(|text| text.parse().ok()).collect();
        let addresses = section.read("addresses", listed(["0.0.0.0:8443", "[::]:8443"]), list(&address));
        let plain_addresses =
            section.read("plain_addresses", listed(["127.0.0.1:8080", "[::1]:8080"]), list(&address));
        if plain_addresses.iter().any(|address| !address.ip().is_loopback()) {
            section.refuse(
                "plain_addresses",
                "only loopback addresses (127.0.0.1, [::1]): browsers give camera and microphone to HTTPS pages only",
            );
        }
        if addresses.is_empty() && plain_addresses.is_empty() {
            section.refuse("addresses", "at least one address is needed here or in plain_addresses");
        }
        let chain = section.read("certificate", String::new(), text);
        let key = section.read("key", String::new(), text);
        if chain.is_empty() != key.is_empty() {
            section.refuse("certificate", "certificate and key are given both or not at all");
        }
        let certificate = (!chain.is_empty() && !key.is_empty())
            .then(|| CertificateFiles { chain: chain.into(), key: key.into() });
        let public_address = section.read("public_address", String::new(), origin_or_empty);
        let allowed_origins = section.read("allowed_origins", Vec::new(), list(origin));
        let access = choice(&[("local", MetricsAccess::Local), ("everywhere", MetricsAccess::Everywhere)]);
        let metrics = section.read("metrics", MetricsAccess::Local, access);
        section.finish();
        let public_address = Some(public_address).filter(|address| !address.is_empty());
        Self { addresses, plain_addresses, certificate, public_address, allowed_origins, metrics }
    }
}

impl Media {
    fn read(mut section: Section<'_, '_>) -> Self {
        let address = parsed::<IpAddr>("an IP address");
        let addresses = section.read("addresses", None, |value| match value.as_str() {
            Some("auto") => Ok(None),
            Some(other) => Err(format!("\"auto\" or a list of IP addresses is expected, not \"{other}\"")),
            None => list(&address)(value).map(Some),
        });
        let announced = section.read("announced", Vec::new(), list(&address));
        let first_port = section.read("first_port", 50_000, number(0..=u16::MAX));
        let workers = section.read("workers", 0, number(0..=256));
        match &addresses {
            Some(listed) if listed.is_empty() => {
                section
                    .refuse("addresses", "an empty list receives nothing; write \"auto\" or list addresses");
            }
            Some(listed) if !announced.is_empty() && announced.len() != listed.len() => {
                section.refuse("announced", "has as many entries as addresses, in the same order");
            }
            None if !announced.is_empty() => {
                section.refuse("announced", "needs addresses to be listed, one for each announced one");
            }
            Some(_) | None => {}
        }
        let ports = workers.max(1);
        if first_port != 0 && first_port.checked_add(ports - 1).is_none() {
            section.refuse("first_port", "first_port + workers - 1 is above 65535");
        }
        section.finish();
        Self { addresses, announced, first_port, workers }
    }
}

impl Store {
    fn read(mut section: Section<'_, '_>) -> Self {
        let path = section.read("path", "data".to_owned(), text);
        if path.is_empty() {
            section.refuse("path", "names the directory everything is kept in");
        }
        section.finish();
        Self { path: path.into() }
    }
}

impl Log {
    fn read(mut section: Section<'_, '_>) -> Self {
        let formats = choice(&[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        let format = section.read("format", LogFormat::Text, formats);
        let levels = choice(&[
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("info", LogLevel::Info),
            ("debug", LogLevel::Debug),
        ]);
        let level = section.read("level", LogLevel::Info, levels);
        section.finish();
        Self { format, level }
    }
}

impl Security {
    fn read(mut section: Section<'_, '_>) -> Self {
        let password_min_characters = section.read("password_min_characters", 10, number(10..=64));
        let wrong_tries = section.read("wrong_tries", 5, number(3..=20));
        let lock_first = section.read("lock_first_seconds", 30, number(1..=3_600_u32));
        let lock_longest = section.read("lock_longest_seconds", 900, number(1..=86_400_u32));
        if lock_longest < lock_first {
            section.refuse("lock_longest_seconds", "is at least lock_first_seconds");
        }
        let tries_per_minute_per_address =
            section.read("tries_per_minute_per_address", 240, number(10..=100_000));
        let idle = section.read("session_idle_minutes", 480, number(5..=10_080_u32));
        let longest = section.read("session_longest_hours", 24, number(1..=720_u32));
        if longest.saturating_mul(60) < idle {
            section.refuse("session_longest_hours", "is at least session_idle_minutes");
        }
        let site_days = section.read("site_session_days", 90, number(1..=400_u32));
        section.finish();
        Self {
            password_min_characters,
            wrong_tries,
            lock_first: Duration::from_secs(lock_first.into()),
            lock_longest: Duration::from_secs(lock_longest.into()),
            tries_per_minute_per_address,
            session_idle: Duration::from_secs(u64::from(idle) * 60),
            session_longest: Duration::from_secs(u64::from(longest) * 3_600),
            site_session: Duration::from_secs(u64::from(site_days) * 86_400),
        }
    }
}

impl Limits {
    fn read(mut section: Section<'_, '_>) -> Self {
        let connections = section.read("connections", 2_000, number(1..=100_000));
        let peers = section.read("peers", 1_000, number(1..=100_000));
        let meetings = section.read("meetings", 200, number(1..=100_000));
        let seats_per_meeting = section.read("seats_per_meeting", 1_000, number(2..=SEATS_MAX));
        section.finish();
        Self { connections, peers, meetings, seats_per_meeting }
    }
}

fn origin_or_empty(value: &toml::de::DeValue<'_>) -> Result<String, String> {
    if value.as_str() == Some("") { Ok(String::new()) } else { origin(value) }
}

/// An origin as browsers write it: scheme, host and perhaps a port, nothing behind.
fn origin(value: &toml::de::DeValue<'_>) -> Result<String, String> {
    let text = text(value)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |host: &str| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    };
    match host {
        Some(host) if plain(host) => Ok(text),
        Some(_) | None => Err(format!(
            "an address like \"https://hop.example.vn:8443\" without a path is expected, not \"{text}\""
        )),
    }
}

#[cfg(test)]
mod tests;
