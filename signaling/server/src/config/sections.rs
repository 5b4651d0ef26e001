//! How each section is read: its keys, their defaults and bounds, and what must hold between them.

use super::reader::{Section, choice, list, number, parsed, read_by, text};
use super::{
    Bus, CertificateFiles, Http, Limits, Log, LogFormat, LogLevel, Media, MetricsAccess, NodeChoice,
    SEATS_MAX, Security, Store, StoreServer, StoreTls, UrlSource,
};
use crate::bus::{self, ClusterName, Identity, NatsOptions, NatsStorage, ServerAddress};
use signaling_core::NodeName;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

impl NodeChoice {
    pub(super) fn read(mut section: Section<'_, '_>) -> Option<Self> {
        let name = section.read("name", None, |value| match value.as_str() {
            Some("") => Ok(None),
            _ => read_by(|text| NodeName::parse(text))(value).map(Some),
        });
        let nodes = section.read("nodes", String::new(), text);
        if name.is_some() && nodes.is_empty() {
            section.refuse(
                "nodes",
                "names the file that describes all nodes; leave out both for one node alone",
            );
        }
        if name.is_none() && !nodes.is_empty() {
            section.refuse("name", "says which node of the nodes file this is");
        }
        section.finish();
        Some(Self { name: name?, nodes: nodes.into() })
    }
}

impl Http {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
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
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
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
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let path = section.read("path", "data".to_owned(), text);
        if path.is_empty() {
            section.refuse("path", "names the directory everything is kept in");
        }
        let file = section.read("postgres_url_file", String::new(), text);
        let variable = section.read("postgres_url_variable", String::new(), text);
        let is_safe = section.read("postgres_tls", true, choice(&[("verify-full", true), ("off", false)]));
        let ca = section.read("postgres_ca", String::new(), text);
        let give_up = section.read("give_up_after_seconds", 0, number(0..=604_800_u32));
        let url = match (file.is_empty(), variable.is_empty()) {
            (true, true) => None,
            (false, true) => Some(UrlSource::File(file.into())),
            (true, false) => Some(UrlSource::Variable(variable)),
            (false, false) => {
                section.refuse(
                    "postgres_url_variable",
                    "the URL stands in a file or in a variable, not in both",
                );
                None
            }
        };
        if url.is_some() && is_safe && ca.is_empty() {
            let reason =
                "names the certificate of the server's authority; without TLS: postgres_tls = \"off\"";
            section.refuse("postgres_ca", reason);
        }
        if url.is_none() && !ca.is_empty() {
            section.refuse("postgres_ca", "is for a Postgres server, which postgres_url_file names");
        }
        section.finish();
        let tls = if is_safe { StoreTls::VerifyFull { ca: ca.into() } } else { StoreTls::Off };
        let give_up_after = (give_up > 0).then(|| Duration::from_secs(give_up.into()));
        Self { path: path.into(), server: url.map(|url| StoreServer { url, tls, give_up_after }) }
    }
}

/// The name of a node that has none: it is alone.
const ALONE: &str = "node";

impl Bus {
    /// `own` is the node's name in the nodes file, which is its name here too.
    pub(super) fn read(mut section: Section<'_, '_>, own: Option<&NodeName>) -> Self {
        let shared = section.read("kind", false, choice(&[("in-process", false), ("nats", true)]));
        let name = |value: &toml::de::DeValue<'_>| {
            let text = text(value)?;
            let known = text.is_empty() || bus::NodeName::parse(&text).is_ok();
            let expected = || format!("a name of letters, digits, '-' and '_' is expected, not \"{text}\"");
            if known { Ok(text) } else { Err(expected()) }
        };
        let mut node = section.read("node", String::new(), name);
        if own.is_some_and(|own| !node.is_empty() && node != own.as_str()) {
            section.refuse("node", "is the name of [node], or empty");
        }
        if let Some(own) = own {
            own.as_str().clone_into(&mut node);
        }
        let cluster = section.read("cluster", String::new(), name);
        let address =
            "a server's name or IP address with port like \"nats.example.vn:4222\", and nothing else,";
        let servers = section.read("servers", Vec::new(), list(parsed::<ServerAddress>(address)));
        let credentials_file = section.read("credentials_file", String::new(), text);
        let ca_file = section.read("ca_file", String::new(), text);
        let replicas = section.read("replicas", 1, |value| match number(1..=5_u8)(value)? {
            odd @ (1 | 3 | 5) => Ok(odd),
            even => Err(format!("1, 3 or 5 is expected, not {even}")),
        });
        if shared && node.is_empty() {
            section.refuse("node", "a node that speaks with others needs a name");
        }
        if shared && servers.is_empty() {
            section.refuse("servers", "kind = \"nats\" needs at least one server");
        }
        let far = servers.iter().any(|server| !server.is_local());
        if far && (credentials_file.is_empty() || ca_file.is_empty()) {
            section.refuse(
                "servers",
                "servers on other machines need credentials_file and ca_file: without them anybody on the network reads along",
            );
        }
        section.finish();
        let node = bus::NodeName::parse(if node.is_empty() { ALONE } else { &node });
        // Both texts are names: the one was checked when it was read, the other is ours.
        let node = node.unwrap_or_else(|_| unreachable!("a checked name is a name"));
        let own = ClusterName::alone(&node);
        let storage = if cluster.is_empty() { NatsStorage::Own } else { NatsStorage::Shared { replicas } };
        let cluster = ClusterName::parse(&cluster).unwrap_or(own);
        let file = |path: String| Some(path).filter(|path| !path.is_empty()).map(Into::into);
        let (credentials_file, ca_file) = (file(credentials_file), file(ca_file));
        let nats = shared.then_some(NatsOptions { servers, credentials_file, ca_file, storage });
        Self { identity: Identity { node, cluster }, nats }
    }
}

impl Log {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
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
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
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
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
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
pub(super) fn origin(value: &toml::de::DeValue<'_>) -> Result<String, String> {
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
