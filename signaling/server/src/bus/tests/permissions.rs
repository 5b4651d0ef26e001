//! The servers' configuration as it is shipped in `configs/nats/`: real servers are started with exactly those files.

use super::nats_server::{NatsServer, free_port, write_secret};
use super::*;
use crate::test_support::TemporaryDirectory;
use async_nats::{ConnectOptions, Event, ServerError};
use futures_util::StreamExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/nats").join(name)
}

/// A directory with the shipped files of a server, its own lines filled in, and certificates.
fn installed(file: &str, example: &str, own: impl Fn(&str) -> String, ca: &Authority) -> TemporaryDirectory {
    let directory = TemporaryDirectory::new();
    std::fs::copy(shipped(file), directory.path().join(file)).unwrap();
    let site = std::fs::read_to_string(shipped(example)).unwrap();
    write_secret(&directory.path().join("site.conf"), &own(&site));
    let tls = directory.path().join("tls");
    std::fs::create_dir(&tls).unwrap();
    std::fs::write(tls.join("ca.pem"), &ca.pem).unwrap();
    let (chain, key) = ca.server("127.0.0.1");
    std::fs::write(tls.join("server.pem"), chain).unwrap();
    write_secret(&tls.join("server.key"), &key);
    directory
}

/// Who signs the servers' certificates.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    fn server(&self, address: &str) -> (String, String) {
        let params = rcgen::CertificateParams::new(vec![address.to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// The center's server, and by what nodes trust it.
struct Center {
    server: NatsServer,
    leaf_port: u16,
}

impl Center {
    async fn start(ca: &Authority) -> Self {
        let leaf_port = free_port();
        let own = |site: &str| site.replace("7422", &leaf_port.to_string());
        let directory = installed("center.conf", "site.center.example.conf", own, ca);
        Self { server: NatsServer::start_in(directory, "center.conf").await, leaf_port }
    }

    fn options(&self, user: &str) -> NatsOptions {
        options(&self.server, user)
    }

    async fn node(&self, user: &str) -> Bus {
        connected(&self.options(user), user, user).await
    }

    async fn member(&self, user: &str) -> Bus {
        let options = NatsOptions { storage: NatsStorage::Shared { replicas: 1 }, ..self.options(user) };
        connected(&options, user, "trung-tam").await
    }
}

fn options(server: &NatsServer, user: &str) -> NatsOptions {
    NatsOptions {
        servers: vec![server.address().parse().unwrap()],
        credentials_file: Some(server.credentials(user, &format!("change-me-{user}"))),
        ca_file: Some(server.path("tls/ca.pem")),
        storage: NatsStorage::Own,
    }
}

async fn connected(options: &NatsOptions, name: &str, cluster: &str) -> Bus {
    let bus = nats::door(options, name, cluster).await;
    is_connected(&bus).await;
    bus
}

fn down(name: &str) -> Subject {
    Subject::new(Scope::Down(node(name)), NEWS)
}

/// Answers every question of a pattern.
async fn answers(bus: &Bus, pattern: Pattern) -> tokio::task::JoinHandle<()> {
    let mut questions = bus.subscribe(&pattern).await.unwrap();
    let bus = bus.clone();
    tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            bus.answer(question.reply.unwrap(), "yes".into()).unwrap();
        }
    })
}

/// A parent and its child ask each other. Between two servers an interest takes a moment to be known.
async fn talk(parent: &Bus, child: &Bus, name: &str) {
    let at_parent = answers(parent, all_up(name)).await;
    let at_child = answers(child, Pattern::Everything(Scope::Down(node(name)))).await;
    for (asking, subject) in [(child, up(name)), (parent, down(name))] {
        eventually("a question is answered", async || {
            asking
                .request(&subject, "?".into(), Duration::from_secs(1))
                .await
                .is_ok_and(|answer| answer == "yes")
        })
        .await;
    }
    at_parent.abort();
    at_child.abort();
}

#[tokio::test]
async fn what_is_shipped_is_what_the_program_prints() {
    let user = |name: &str, cluster: Option<&str>, children: &[&str]| BusUser {
        node: node(name),
        cluster: cluster.map(|cluster| ClusterName::parse(cluster).unwrap()),
        children: children.iter().map(|child| node(child)).collect(),
        answers: Vec::new(),
    };
    let server = |name: &str| BusUser { answers: vec![node("tt-1"), node("tt-2")], ..user(name, None, &[]) };
    for (file, users) in [
        (
            "center.conf",
            vec![
                user("tt-1", Some("trung-tam"), &["nhanh-a", "nhanh-b"]),
                user("tt-2", Some("trung-tam"), &["nhanh-a", "nhanh-b"]),
                user("nhanh-a", None, &["nhanh-a1"]),
                user("nhanh-a1", None, &[]),
                server("nhanh-b"),
            ],
        ),
        ("leaf.conf", vec![user("nhanh-b", Some("nhanh-b"), &[])]),
    ] {
        let text = std::fs::read_to_string(shipped(file)).unwrap();
        assert_eq!(text.matches("{ user: ").count(), users.len());
        for user in users {
            assert!(text.contains(&user.block()), "{file} does not hold\n{}", user.block());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_shipped_files_a_parent_and_its_children_talk_and_a_cluster_shares_its_keys() {
    soon(async {
        let center = Center::start(&Authority::new()).await;
        let (one, two) = (center.member("tt-1").await, center.member("tt-2").await);
        let (branch, below) = (center.node("nhanh-a").await, center.node("nhanh-a1").await);
        talk(&one, &branch, "nhanh-a").await;
        talk(&two, &branch, "nhanh-a").await;
        talk(&branch, &below, "nhanh-a1").await;

        let scope = Scope::Cluster(one.identity().cluster.clone());
        let mut all = two.subscribe(&Pattern::Everything(scope.clone())).await.unwrap();
        one.publish(&Subject::new(scope, NEWS), "to all".into()).unwrap();
        assert_eq!(text(&all.next().await.unwrap().payload), "to all");
        let scope = Scope::Member(one.identity().cluster.clone(), node("tt-2"));
        let at_two = answers(&two, Pattern::Everything(scope.clone())).await;
        assert_eq!(one.request(&Subject::new(scope, NEWS), "?".into(), PATIENCE).await.unwrap(), "yes");
        at_two.abort();

        let mut lease = Lease::take(&one, key("meeting.m1"), PATIENCE, "", Expect::Absent).await.unwrap();
        lease.renew(&one).await.unwrap();
        let mut desk = LeaseDesk::open(&two).await.unwrap();
        assert!(matches!(desk.next().await, Ok(LeaseEvent::Held { .. })));
        lease.release(&one).await.unwrap();
        assert_eq!(desk.next().await, Ok(LeaseEvent::Loaded));
        assert!(matches!(desk.next().await, Ok(LeaseEvent::Freed { .. })));
        let log = LogName::of_id("m1").unwrap();
        one.append(&log, &token("1"), "x".into(), None).await.unwrap();
        assert_eq!(two.read(&log, Revision::NONE, 9).await.unwrap().len(), 1);
        for bus in [&one, &two, &branch, &below] {
            assert_eq!(bus.counters().refused.value(), 0, "{}", bus.identity().node);
        }
    })
    .await;
}

/// A client that may try anything, and what it was refused.
struct Intruder {
    client: async_nats::Client,
    refusals: Arc<Mutex<Vec<String>>>,
}

impl Intruder {
    async fn enter(center: &Center, user: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let refusals = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&refusals);
        let client = ConnectOptions::with_user_and_password(user.to_owned(), format!("change-me-{user}"))
            .add_root_certificates(center.server.path("tls/ca.pem"))
            .event_callback(move |event| {
                if let Event::ServerError(ServerError::Other(words)) = event {
                    heard.lock().unwrap().push(words);
                }
                async {}
            })
            .connect(format!("tls://{}", center.server.address()))
            .await
            .unwrap();
        Self { client, refusals }
    }

    /// What was refused, once the server has dealt with everything: the last try is one that it always refuses.
    async fn refused(&self) -> Vec<String> {
        self.refusals.lock().unwrap().retain(|words| !words.contains("the.end"));
        self.client.publish("the.end", Bytes::new()).await.unwrap();
        eventually("the end is refused", async || {
            self.refusals.lock().unwrap().iter().any(|words| words.contains("the.end"))
        })
        .await;
        let mut refusals = std::mem::take(&mut *self.refusals.lock().unwrap());
        refusals.retain(|words| !words.contains("the.end"));
        refusals
    }
}

/// What is not a branch's own to say.
const FOREIGN_TO_SAY: [&str; 17] = [
    "gb.node.nhanh-b.up.news",
    "gb.node.nhanh-b.down.news",
    "gb.node.nhanh-a.down.news",
    "gb.node.nhanh-a1.up.news",
    "gb.node.tt-1.down.news",
    "gb.cluster.trung-tam.all.news",
    "gb.cluster.trung-tam.to.tt-1.news",
    "gb.inbox.tt-1.x",
    "gb.inbox.nhanh-b.x",
    "gb.log.trung-tam.m1",
    "$KV.gb_trung-tam_leases.meeting.m1",
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.KV_gb_trung-tam_leases",
    "$JS.API.STREAM.CREATE.mine",
    "$JS.API.CONSUMER.CREATE.KV_gb_trung-tam_leases",
    "$SYS.REQ.SERVER.PING",
    "_INBOX.x",
];

/// What is not a branch's own to hear.
const FOREIGN_TO_HEAR: [&str; 15] = [
    ">",
    "gb.>",
    "gb.node.>",
    "gb.node.*.up.>",
    "gb.node.*.down.>",
    "gb.node.nhanh-b.>",
    "gb.node.nhanh-b.up.>",
    "gb.node.nhanh-b.down.>",
    "gb.cluster.trung-tam.>",
    "gb.inbox.>",
    "gb.inbox.tt-1.>",
    "gb.log.trung-tam.>",
    "$KV.>",
    "$JS.>",
    "$SYS.>",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_shipped_files_a_branch_can_neither_read_nor_command_another() {
    soon(async {
        let center = Center::start(&Authority::new()).await;
        let (parent, victim) = (center.member("tt-1").await, center.node("nhanh-b").await);
        parent.put(Bucket::Leases, &key("meeting.m1"), "x".into(), Expect::Absent).await.unwrap();
        let mut at_victim =
            victim.subscribe(&Pattern::Everything(Scope::Down(node("nhanh-b")))).await.unwrap();
        let mut at_parent = parent.subscribe(&all_up("nhanh-b")).await.unwrap();
        let intruder = Intruder::enter(&center, "nhanh-a").await;
        let payload = || Bytes::from_static(b"forged");

        let own = ["gb.node.nhanh-a.up.news", "gb.node.nhanh-a1.down.news", "gb.inbox.nhanh-a.x"];
        for subject in own {
            intruder.client.publish(subject, payload()).await.unwrap();
        }
        assert_eq!(intruder.refused().await, Vec::<String>::new(), "it may do what is its own");
        for subject in FOREIGN_TO_SAY {
            intruder.client.publish(subject, payload()).await.unwrap();
        }
        let refused = intruder.refused().await;
        let expected =
            FOREIGN_TO_SAY.map(|subject| format!("Permissions Violation for Publish to \"{subject}\""));
        assert_eq!(refused, expected);

        let mut open = Vec::new();
        for subject in ["gb.node.nhanh-a.down.>", "gb.node.nhanh-a1.up.>", "gb.inbox.nhanh-a.>"] {
            open.push(intruder.client.subscribe(subject).await.unwrap());
        }
        assert_eq!(intruder.refused().await, Vec::<String>::new());
        for subject in FOREIGN_TO_HEAR {
            open.push(intruder.client.subscribe(subject).await.unwrap());
        }
        let refused = intruder.refused().await;
        let expected =
            FOREIGN_TO_HEAR.map(|subject| format!("Permissions Violation for Subscription to \"{subject}\""));
        assert_eq!(refused, expected);

        // What is said to and by the victim arrives, and is the first that arrives there.
        parent.publish(&down("nhanh-b"), "order".into()).unwrap();
        assert_eq!(text(&at_victim.next().await.unwrap().payload), "order");
        victim.publish(&up("nhanh-b"), "report".into()).unwrap();
        assert_eq!(text(&at_parent.next().await.unwrap().payload), "report");
        assert_eq!(parent.get(Bucket::Leases, &key("meeting.m1")).await.unwrap().unwrap().value, "x");
        // The intruder hears its own and none of that.
        parent.publish(&down("nhanh-a"), "own".into()).unwrap();
        let mut heard = futures_util::stream::select_all(open);
        assert_eq!(heard.next().await.unwrap().payload, "own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_at_once_and_counted() {
    soon(async {
        let center = Center::start(&Authority::new()).await;
        let branch = center.node("nhanh-a").await;
        let refused = |error: BusError| assert!(matches!(error, BusError::Refused { .. }), "{error}");
        let started = clock_now();
        refused(branch.request(&up("nhanh-b"), "?".into(), PATIENCE * 2).await.unwrap_err());
        match branch.subscribe(&all_up("nhanh-b")).await {
            Err(error) => refused(error),
            Ok(mut subscription) => {
                assert!(subscription.next().await.is_none());
                refused(subscription.ended().unwrap().clone());
            }
        }
        // A node that is not of the cluster must not ask for its keys.
        let options =
            NatsOptions { storage: NatsStorage::Shared { replicas: 1 }, ..center.options("nhanh-a") };
        let bold = connected(&options, "nhanh-a", "trung-tam").await;
        refused(bold.get(Bucket::Leases, &key("meeting.m1")).await.unwrap_err());
        assert!(clock_now() - started < PATIENCE);
        branch.publish(&up("nhanh-b"), "x".into()).unwrap();
        eventually("three refusals", async || branch.counters().refused.value() == 3).await;
        assert!(branch.counters().failures("refused") >= 1);
        // Its own goes on.
        let mut own = branch.subscribe(&all_up("nhanh-a1")).await.unwrap();
        let below = center.node("nhanh-a1").await;
        below.publish(&up("nhanh-a1"), "x".into()).unwrap();
        assert_eq!(text(&own.next().await.unwrap().payload), "x");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_is_known_over_a_line_that_is_secure_comes_in() {
    soon(async {
        let center = Center::start(&Authority::new()).await;
        let other = TemporaryDirectory::new();
        let ca = other.path().join("ca.pem");
        std::fs::write(&ca, Authority::new().pem).unwrap();
        let right = center.options("nhanh-a");
        for (options, cause) in [
            (NatsOptions { ca_file: Some(ca), ..right.clone() }, AwayCause::Insecure),
            (NatsOptions { ca_file: None, ..right.clone() }, AwayCause::Insecure),
            (
                NatsOptions {
                    credentials_file: Some(center.server.credentials("nhanh-b", "x")),
                    ..right.clone()
                },
                AwayCause::WrongCredentials,
            ),
            (NatsOptions { credentials_file: None, ..right }, AwayCause::WrongCredentials),
        ] {
            let bus = nats::door(&options, "nhanh-a", "nhanh-a").await;
            bus.state().wait_for(|state| state.away() == Some(cause)).await.unwrap();
        }
        // A user with another node's name is let in, and at its own inbox only.
        let stranger = nats::door(&center.options("nhanh-b"), "nhanh-a", "nhanh-a").await;
        stranger.state().wait_for(|state| state.away() == Some(AwayCause::Forbidden)).await.unwrap();
        let log = center.server.log();
        assert!(!log.contains("change-me"), "{log}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_with_its_own_server_goes_on_alone_and_comes_back() {
    soon(async {
        let ca = Authority::new();
        let mut center = Center::start(&ca).await;
        let parent = center.member("tt-1").await;
        let own = |site: &str| {
            site.replace("nats.example.vn:7422", &format!("127.0.0.1:{}", center.leaf_port))
                .replace("0.0.0.0", "127.0.0.1")
        };
        let directory = installed("leaf.conf", "site.leaf.example.conf", own, &ca);
        let leaf = NatsServer::start_in(directory, "leaf.conf").await;
        let shared =
            NatsOptions { storage: NatsStorage::Shared { replicas: 1 }, ..options(&leaf, "nhanh-b") };
        let branch = connected(&shared, "nhanh-b", "nhanh-b").await;
        talk(&parent, &branch, "nhanh-b").await;
        branch.put(Bucket::Leases, &key("m"), "ours".into(), Expect::Absent).await.unwrap();
        assert_eq!(
            parent.get(Bucket::Leases, &key("m")).await,
            Ok(None),
            "keys of the branch are the branch's"
        );

        center.server.kill();
        is_away(&parent).await;
        eventually("the branch knows that its parent is gone", async || {
            let answer = branch.request(&up("nhanh-b"), "?".into(), Duration::from_millis(200)).await;
            matches!(answer, Err(BusError::NobodyAnswers { .. }))
        })
        .await;
        assert_eq!(*branch.state().borrow(), BusState::Connected);
        assert_eq!(branch.get(Bucket::Leases, &key("m")).await.unwrap().unwrap().value, "ours");
        center.server.restart().await;
        is_connected(&parent).await;
        talk(&parent, &branch, "nhanh-b").await;
    })
    .await;
}
