use super::*;
use crate::test_support::TemporaryDirectory;
use expect_test::expect;

#[test]
fn the_documented_file_is_the_default() {
    assert_eq!(Config::parse(DEFAULT_FILE), Ok(Config::default()));
}

#[test]
fn the_documented_file_names_every_key() {
    // A key of the file that is given a value of no type is a problem; a key that nobody reads is an unknown
    // one. So this finds both a key that is documented but not read and one that is read but not documented.
    let (document, _) = toml::de::DeTable::parse_recoverable(DEFAULT_FILE);
    let mut keys = 0;
    let mut broken = String::new();
    for (section, value) in document.into_inner() {
        broken.push_str(&format!("[{}]\n", section.get_ref()));
        for (key, _) in value.get_ref().as_table().unwrap() {
            broken.push_str(&format!("{} = 1979-05-27\n", key.get_ref()));
            keys += 1;
        }
    }
    let problems = Config::parse(&broken).unwrap_err();
    let wrong: Vec<_> = problems.iter().filter(|problem| problem.message.contains("expected")).collect();
    assert_eq!(wrong.len(), keys, "{problems:#?}");
    let read = include_str!("sections.rs").matches("section.read(").count();
    assert_eq!(keys, read, "keys in the file and keys read");
    assert_eq!(DEFAULT_FILE.lines().filter(|line| line.contains(" = ")).count(), keys);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let text = r#"
[http]
adresses = ["0.0.0.0:1"]
plain_addresses = ["0.0.0.0:8080"]
certificate = "a.pem"
allowed_origins = ["hop.example.vn"]
metrics = "all"

[media]
addresses = "none"
first_port = 70000

[log]
level = 3

[security]
lock_first_seconds = 600
lock_longest_seconds = 60
wrong_tries = "five"

[extra]
"#;
    let problems = Config::parse(text).unwrap_err();
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    expect![[r#"
        line 3: unknown key `http.adresses`
        line 4: http.plain_addresses: only loopback addresses (127.0.0.1, [::1]): browsers give camera and microphone to HTTPS pages only
        line 5: http.certificate: certificate and key are given both or not at all
        line 6: http.allowed_origins: an address like "https://hop.example.vn:8443" without a path is expected, not "hop.example.vn"
        line 7: http.metrics: one of "local", "everywhere" is expected, not "all"
        line 10: media.addresses: "auto" or a list of IP addresses is expected, not "none"
        line 11: media.first_port: a whole number from 0 to 65535 is expected
        line 14: log.level: a text in quotes is expected, not integer
        line 18: security.lock_longest_seconds: is at least lock_first_seconds
        line 19: security.wrong_tries: a whole number from 3 to 20 is expected
        line 21: unknown section or key `extra`"#]]
    .assert_eq(&list.join("\n"));
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let problems = Config::parse("[http]\naddresses = [\n\n[log\nlevel = ").unwrap_err();
    assert!(problems.iter().all(|problem| problem.message.starts_with("not valid TOML")), "{problems:?}");
    assert!(Config::parse("[http]\nmetrics = \"local\"\nmetrics = \"local\"").is_err(), "a key twice");
    assert!(Config::parse("http = 3").is_err(), "a key instead of a section");
}

#[test]
fn a_postgres_server_is_named_once_and_safely() {
    let store = |text: &str| Config::parse(&format!("[store]\n{text}")).map(|config| config.store);
    assert_eq!(store("").unwrap().server, None);
    let text = include_str!("../../../../configs/cluster/store.toml");
    let server = Config::parse(text).unwrap().store.server.unwrap();
    assert_eq!(server.url, UrlSource::File("/etc/giaoban/postgres-url".into()));
    assert_eq!(server.tls, StoreTls::VerifyFull { ca: "/etc/giaoban/postgres-ca.pem".into() });
    assert_eq!(server.give_up_after, None);
    let local = store("postgres_url_variable = \"DB\"\npostgres_tls = \"off\"\ngive_up_after_seconds = 60");
    let local = local.unwrap().server.unwrap();
    assert_eq!((local.tls, local.give_up_after), (StoreTls::Off, Some(Duration::from_secs(60))));
    for (text, told) in [
        ("postgres_url_file = \"a\"\npostgres_url_variable = \"b\"\npostgres_tls = \"off\"", "not in both"),
        ("postgres_url_file = \"a\"", "postgres_tls = \"off\""),
        ("postgres_ca = \"a.pem\"", "which postgres_url_file names"),
        ("postgres_url_file = \"a\"\npostgres_tls = \"prefer\"", "one of \"verify-full\", \"off\""),
        ("postgres_url = \"postgres://a:b@c/d\"", "unknown key"),
    ] {
        let problems = store(text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(told)), "{text}: {problems:?}");
    }
}

#[test]
fn a_bus_between_machines_has_names_and_locks() {
    let text = r#"
[bus]
kind = "nats"
node = "xa.01"
cluster = "a*"
servers = ["nats://u:p@10.0.0.1:4222"]
replicas = 2
"#;
    let problems = Config::parse(text).unwrap_err();
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    expect![[r#"
        line 4: bus.node: a name of letters, digits, '-' and '_' is expected, not "xa.01"
        line 4: bus.node: a node that speaks with others needs a name
        line 5: bus.cluster: a name of letters, digits, '-' and '_' is expected, not "a*"
        line 6: bus.servers: a server's name or IP address with port like "nats.example.vn:4222", and nothing else, is expected, not "nats://u:p@10.0.0.1:4222"
        line 6: bus.servers: kind = "nats" needs at least one server
        line 7: bus.replicas: 1, 3 or 5 is expected, not 2"#]]
    .assert_eq(&list.join("\n"));
    let near = "[bus]\nkind = \"nats\"\nnode = \"a\"\nservers = [\"localhost:4222\"]";
    let near = Config::parse(near).unwrap();
    assert_eq!(near.bus.identity.cluster.as_str(), "a");
    let far = "[bus]\nkind = \"nats\"\nnode = \"a\"\nservers = [\"10.0.0.1:4222\"]\n";
    assert!(Config::parse(far).is_err());
    let far =
        format!("{far}credentials_file = \"bus.toml\"\nca_file = \"ca.pem\"\ncluster = \"c\"\nreplicas = 3");
    let nats = Config::parse(&far).unwrap().bus.nats.unwrap();
    assert_eq!(nats.storage, crate::bus::NatsStorage::Shared { replicas: 3 });
}

#[test]
fn announced_addresses_pair_with_listed_ones() {
    let ok = Config::parse("[media]\naddresses = [\"10.0.0.5\"]\nannounced = [\"203.0.113.9\"]").unwrap();
    assert_eq!(ok.media.announced.len(), 1);
    assert!(Config::parse("[media]\nannounced = [\"203.0.113.9\"]").is_err());
    assert!(Config::parse("[media]\naddresses = []").is_err());
    assert!(Config::parse("[media]\nfirst_port = 65535\nworkers = 2").is_err());
}

#[test]
fn files_that_a_file_names_count_from_its_own_folder() {
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("node.toml");
    let text = "[node]\nname = \"a\"\nnodes = \"nodes.toml\"\n[bus]\nkind = \"nats\"\nservers = [\"127.0.0.1:4222\"]\n\
                credentials_file = \"a.credentials\"\nca_file = \"/etc/ca.pem\"\n";
    std::fs::write(&path, text).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.node.unwrap().nodes, directory.path().join("nodes.toml"));
    let nats = config.bus.nats.unwrap();
    assert_eq!(nats.credentials_file, Some(directory.path().join("a.credentials")));
    assert_eq!(nats.ca_file, Some("/etc/ca.pem".into()), "an absolute path is as it is");
}
