//! The Postgres server goes away and comes back: nothing confirmed is lost, nobody is put out, and what is wrong is said.

use crate::kill::{Chair, MEETING, Random, set_up, wish};
use crate::node::{Node, now, pause, ticket};
use crate::postgres::{PASSWORD, PASSWORD_IN_URL, Postgres, new_database};
use crate::wire::{Http, Socket};
use serde_json::json;
use std::net::UdpSocket;
use std::time::Duration;

/// How long something that was broken may take to be noticed, or to go on again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Outages in one run.
const OUTAGES: usize = 4;

fn database(server: &Postgres) -> String {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(new_database(&server.url()))
}

fn until(what: &str, node: &Node, is_so: impl Fn() -> bool) {
    let deadline = now() + PATIENCE;
    while !is_so() {
        assert!(now() < deadline, "{what}:\n{}", node.log());
        pause();
    }
}

fn ready(node: &Node) -> String {
    Http::new(node.address).get("/readyz").body
}

fn enter(node: &Node, chair: &mut Chair) -> Socket {
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut chair.http, MEETING));
    chair.on_welcome(&welcome);
    chair.read_snapshot(&mut socket);
    socket
}

fn no_password_in(text: &str) {
    assert!(!text.contains(PASSWORD) && !text.contains(PASSWORD_IN_URL), "{text}");
}

#[test]
fn a_meeting_waits_for_its_database_and_loses_nothing() {
    let mut server = Postgres::start();
    let mut node = Node::fresh_on(Some(&database(&server)));
    node.start();
    let (mut chair, _rooms) = set_up(&node);
    let mut socket = enter(&node, &mut chair);
    assert!(chair.ask(&mut socket, &json!({ "type": "startMeeting" })));
    let mut random = Random(20_261_126);
    for outage in 0..OUTAGES {
        for _ in 0..random.below(10) {
            assert!(chair.ask(&mut socket, &wish(&mut random, &chair.seats.clone())));
        }
        // Stopped in order, or in mid-sentence.
        if outage % 2 == 0 {
            server.stop();
        } else {
            server.kill();
        }
        let request = chair.say(&mut socket, &json!({ "type": "lockAllMicrophones" }));
        let other = chair.say(&mut socket, &json!({ "type": "clearStage" }));
        until("the outage is noticed", &node, || ready(&node).contains("the database is away"));
        media_answers(&node);
        assert_eq!(chair.http.get("/api/v1/session").status, 503, "sign-ins are not known, and said so");
        assert!(chair.is_open(request) && chair.is_open(other), "nothing is confirmed");
        server.start_again();
        // On the same connection: nobody was put out for the silence.
        assert!(chair.hear(&mut socket, request) && chair.hear(&mut socket, other), "{}", node.log());
        until("it is ready again", &node, || ready(&node) == "ready\n");
        chair.check_facts(&node, outage);
    }
    chair.check_state(&node, &mut socket, OUTAGES);
    assert!(node.command(&["verify-facts"]).contains("whole"));
    let log = node.log();
    assert_eq!(log.matches("meetings wait, media goes on").count(), OUTAGES, "said once each:\n{log}");
    assert_eq!(log.matches("the database is back").count(), OUTAGES);
    no_password_in(&log);
    assert!(node.terminate().success());
}

/// A worker takes what comes to its port, whatever the meetings' task waits for.
fn media_answers(node: &Node) {
    let figure = |name: &str| {
        let text = Http::new(node.address).get("/metrics").body;
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum::<u64>()
    };
    let printed = node.printed_value("media:").unwrap();
    let port: u16 = printed.trim_start_matches("UDP ").parse().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let before = figure("giaoban_sfu_received_datagrams_total");
    socket.send_to(b"\xffno packet of ours", ("127.0.0.1", port)).unwrap();
    until("a datagram is looked at", node, || figure("giaoban_sfu_received_datagrams_total") > before);
}

#[test]
fn an_outage_for_longer_than_the_bound_ends_the_node_and_not_before() {
    let mut server = Postgres::start();
    let mut node = Node::fresh_on(Some(&database(&server)));
    node.configure("postgres_tls = \"off\"\ngive_up_after_seconds = 2");
    node.start();
    let (mut chair, _rooms) = set_up(&node);
    let mut socket = enter(&node, &mut chair);
    let seen = chair.seen;
    let stopped = now();
    server.stop();
    assert!(!chair.ask(&mut socket, &json!({ "type": "startMeeting" })), "no answer comes");
    assert_eq!(chair.seen, seen, "nothing was announced");
    assert!(!node.wait_for_death().success(), "a supervisor is to notice");
    assert!(now() - stopped >= Duration::from_secs(2), "it ended too early");
    let log = node.log();
    assert!(log.contains("away for 2 s, which is store.give_up_after_seconds"), "{log}");
    no_password_in(&log);
}

#[test]
fn an_outage_at_the_start_and_what_is_wrong_with_a_server_is_said() {
    let mut server = Postgres::start();
    let good = database(&server);
    let told = |url: &str, what: &str| {
        let node = Node::empty(Some(url));
        let error = node.start_in_vain();
        assert!(error.contains(what), "{error}");
        no_password_in(&error);
        assert!(!error.contains("sai-mat-khau"), "{error}");
    };
    told(&good.replace(PASSWORD_IN_URL, "sai-mat-khau"), "does not let the user in");
    let (front, _) = good.rsplit_once('/').unwrap();
    told(&format!("{front}/khong_co"), "createdb --owner=USER");
    told(&format!("{good}?sslmode=disable"), "TLS is set by store.postgres_tls");
    told(&good.replace("postgres://", "http://"), "does not begin with postgres://");
    told(&good, "import them first");
    server.stop();
    told(&good, "cannot be reached");
    let node = Node::empty(Some(&good));
    std::fs::set_permissions(node.path("postgres-url"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .unwrap();
    let (ok, error) = node.try_command(&["check-config"]);
    assert!(!ok && error.contains("chmod 640"), "{error}");
    std::fs::remove_file(node.path("postgres-url")).unwrap();
    assert!(node.start_in_vain().contains("postgres-url (store.postgres_url_file)"));
}

/// An authority, and the certificate and key it made for a host.
fn authority(host: &str) -> (String, String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own = parameters.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(parameters, key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (own.pem(), certificate.pem(), key.serialize_pem())
}

#[test]
fn an_outage_of_trust_in_a_server_is_no_line_to_it() {
    let (own, certificate, key) = authority("127.0.0.1");
    let (other, ..) = authority("127.0.0.1");
    let server = Postgres::start_with("", Some((&certificate, &key)));
    let mut node = Node::empty(Some(&database(&server)));
    let ca = node.path("ca.pem");
    let section = format!("postgres_ca = {ca:?}");
    node.configure(&section);
    assert!(node.start_in_vain().contains("ca.pem (store.postgres_ca)"), "no such file");
    std::fs::write(&ca, "no certificate").unwrap();
    assert!(node.try_command(&["check-config"]).1.contains("holds no certificate"));
    std::fs::write(&ca, other).unwrap();
    let error = node.start_in_vain();
    assert!(error.contains("offers no safe line") && error.contains("invalid peer certificate"), "{error}");
    std::fs::write(&ca, &own).unwrap();
    assert!(node.command(&["check-config"]).contains("no mistakes"));
    node.import_units();
    node.start();
    assert!(node.terminate().success());

    let (own, certificate, key) = authority("db.lamson.example.vn");
    let server = Postgres::start_with("", Some((&certificate, &key)));
    let elsewhere = Node::empty(Some(&database(&server)));
    std::fs::write(elsewhere.path("ca.pem"), own).unwrap();
    elsewhere.configure(&format!("postgres_ca = {:?}", elsewhere.path("ca.pem")));
    let error = elsewhere.start_in_vain();
    assert!(error.contains("offers no safe line") && error.contains("names the host"), "{error}");

    let server = Postgres::start();
    let plain = Node::empty(Some(&database(&server)));
    plain.configure(&section);
    assert!(plain.start_in_vain().contains("`ssl = on`"), "a server without TLS is not talked to");
}
