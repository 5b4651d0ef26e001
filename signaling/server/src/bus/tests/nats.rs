//! The suite over a real NATS server, and what only a server can do wrong.

use super::nats_server::{NOTICED_WITHIN, NatsServer, write_secret};
use super::*;

struct Nats(NatsServer);

pub(super) fn options(server: &NatsServer) -> NatsOptions {
    NatsOptions {
        servers: vec![server.address().parse().unwrap()],
        credentials_file: None,
        ca_file: None,
        storage: NatsStorage::Shared { replicas: 1 },
    }
}

pub(super) async fn door(options: &NatsOptions, name: &str, cluster: &str) -> Bus {
    let identity = Identity { node: node(name), cluster: ClusterName::parse(cluster).unwrap() };
    Bus::nats(options, identity).await.unwrap()
}

async fn is_away_because(bus: &Bus, cause: AwayCause) {
    let mut state = bus.state();
    state.wait_for(|state| state.away() == Some(cause)).await.unwrap();
}

impl Rig for Nats {
    async fn start() -> Self {
        Self(NatsServer::start("").await)
    }

    async fn door(&self, name: &str, cluster: &str) -> Bus {
        let bus = door(&options(&self.0), name, cluster).await;
        is_connected(&bus).await;
        bus
    }

    async fn cut(&mut self) {
        self.0.kill();
    }

    async fn mend(&mut self) {
        self.0.restart().await;
    }
}

whole_suite!(Nats);

#[tokio::test]
async fn a_server_that_starts_later_is_found() {
    let mut server = NatsServer::later("");
    let bus = door(&options(&server), "one", "c1").await;
    let error = bus.publish(&up("one"), "x".into()).unwrap_err();
    assert!(matches!(error, BusError::Away { .. }), "{error}");
    soon(is_away_because(&bus, AwayCause::Unreachable)).await;
    server.restart().await;
    soon(is_connected(&bus)).await;
    bus.publish(&up("one"), "x".into()).unwrap();
    assert_eq!(bus.counters().reconnects.value(), 0, "it came, it did not come back");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_a_corrected_one_needs_no_restart() {
    let users = "authorization { users: [ { user: one, password: right } ] }";
    let server = NatsServer::start(users).await;
    let path = server.credentials("one", "wrong");
    let options = NatsOptions { credentials_file: Some(path.clone()), ..options(&server) };
    let bus = door(&options, "one", "c1").await;
    soon(is_away_because(&bus, AwayCause::WrongCredentials)).await;
    let words = bus.publish(&up("one"), "x".into()).unwrap_err().to_string();
    assert!(words.contains("bus.credentials_file"), "{words}");
    write_secret(&path, "nonsense");
    soon(is_away_because(&bus, AwayCause::NoCredentials)).await;
    write_secret(&path, "user = \"one\"\npassword = \"right\"\n");
    soon(is_connected(&bus)).await;
}

#[tokio::test]
async fn a_server_that_falls_silent_is_taken_for_gone_and_found_again() {
    let server = NatsServer::start("").await;
    let bus = door(&options(&server), "one", "c1").await;
    soon(is_connected(&bus)).await;
    let mut own = bus.subscribe(&all_up("one")).await.unwrap();
    server.signal("-STOP");
    let started = clock_now();
    soon(is_away(&bus)).await;
    assert!(clock_now() - started < NOTICED_WITHIN, "{:?}", clock_now() - started);
    server.signal("-CONT");
    soon(is_connected(&bus)).await;
    bus.publish(&up("one"), "again".into()).unwrap();
    assert_eq!(text(&soon(own.next()).await.unwrap().payload), "again");
}

#[tokio::test]
async fn a_question_to_a_silent_server_ends_in_its_time() {
    let server = NatsServer::start("").await;
    let bus = door(&options(&server), "one", "c1").await;
    soon(is_connected(&bus)).await;
    server.signal("-STOP");
    let asked = bus.request(&up("one"), "?".into(), Duration::from_millis(100)).await;
    assert_eq!(asked, Err(BusError::Timeout));
    let read = soon(bus.get(Bucket::Directory, &key("a"))).await.unwrap_err();
    assert!(matches!(read, BusError::Timeout | BusError::Away { .. }), "{read}");
    server.signal("-CONT");
}

#[tokio::test]
async fn a_server_that_keeps_nothing_is_told() {
    let mut server = NatsServer::later("");
    server.restart().await;
    let bus = door(&options(&server), "one", "c1").await;
    soon(is_connected(&bus)).await;
    assert_eq!(bus.get(Bucket::Directory, &key("a")).await, Err(BusError::NoStorage));
    let log = LogName::of_id("m1").unwrap();
    assert_eq!(bus.append(&log, &token("1"), "x".into(), None).await, Err(BusError::NoStorage));
    assert!(bus.watch(Bucket::Leases).await.is_err());

    // A node that shares no keys needs no server for them.
    let options = NatsOptions { storage: NatsStorage::Own, ..options(&server) };
    let own = door(&options, "two", "c2").await;
    own.put(Bucket::Directory, &key("a"), "1".into(), Expect::Absent).await.unwrap();
    server.kill();
    is_away(&own).await;
    assert_eq!(own.get(Bucket::Directory, &key("a")).await.unwrap().unwrap().value, "1");
}

#[tokio::test]
async fn a_server_that_takes_too_little_is_told() {
    let server = NatsServer::start("max_payload: 1024").await;
    let bus = door(&options(&server), "one", "c1").await;
    soon(is_connected(&bus)).await;
    let payload = Bytes::from(vec![1; 2_000]);
    for error in [
        bus.publish(&up("one"), payload.clone()).unwrap_err(),
        bus.request(&up("one"), payload.clone(), PATIENCE).await.unwrap_err(),
        bus.put(Bucket::Directory, &key("a"), payload, Expect::Anything).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("max_payload: 1MB"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_has_lost_everything_is_an_empty_one() {
    let mut server = NatsServer::start("").await;
    let bus = door(&options(&server), "one", "c1").await;
    soon(is_connected(&bus)).await;
    bus.put(Bucket::Directory, &key("a"), "1".into(), Expect::Absent).await.unwrap();
    let mut lease = Lease::take(&bus, key("m"), Duration::from_secs(60), "", Expect::Absent).await.unwrap();
    let mut watch = bus.watch(Bucket::Directory).await.unwrap();
    assert!(matches!(soon(watch.next()).await, Ok(KeyEvent::Put { .. })));
    assert_eq!(soon(watch.next()).await, Ok(KeyEvent::Loaded));
    server.kill();
    server.forget();
    is_away(&bus).await;
    server.restart().await;
    soon(is_connected(&bus)).await;
    assert_eq!(soon(watch.next()).await, Ok(KeyEvent::Restarted));
    assert_eq!(soon(watch.next()).await, Ok(KeyEvent::Loaded));
    assert_eq!(bus.get(Bucket::Directory, &key("a")).await, Ok(None));
    assert_eq!(lease.renew(&bus).await, Err(LeaseError::Held), "it is nobody's now");
}
