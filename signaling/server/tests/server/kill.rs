//! A node killed at many instants loses nothing it has acknowledged, and comes back to the state it has told.

use crate::node::{Node, make_meeting, now, sites, ticket};
use crate::wire::{Http, Socket};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

/// Kills in one run.
const KILLS: usize = 24;

/// The longest a node works between coming back and being killed, microseconds. From the first request on every
/// instant is met: parsing, storing, answering, and between two.
const WORK_MAX_US: u64 = 80_000;

pub(crate) const MEETING: &str = "giao-ban";

/// What the chair's client knows.
pub(crate) struct Chair {
    pub(crate) http: Http,
    token: String,
    next_request: u64,
    pub(crate) seen: u64,
    meeting: Value,
    /// The first two rooms' seats.
    pub(crate) seats: Vec<Value>,
    /// Request → fact it became.
    acknowledged: BTreeMap<u64, u64>,
    /// Sent and not answered.
    open: BTreeMap<u64, Value>,
}

#[test]
fn nothing_acknowledged_is_lost_however_often_it_is_killed() {
    let seed = std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123);
    println!("SIM_SEED={seed}");
    let mut random = Random(seed);
    let begun = now();
    let mut node = Node::fresh();
    node.start();
    let (mut chair, mut rooms) = set_up(&node);
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut chair.http, MEETING));
    chair.on_welcome(&welcome);
    chair.read_snapshot(&mut socket);
    chair.ask(&mut socket, &json!({ "type": "startMeeting" }));
    for kill in 0..KILLS {
        let visitors = let_in(&node, &mut rooms);
        chair.work_until_killed(&mut socket, &mut random, &node);
        drop(visitors);
        node.wait_for_death();
        node.start();
        chair.http = chair.http.moved(node.address);
        rooms.iter_mut().for_each(|room| *room = room.moved(node.address));
        socket = chair.come_back(&node);
        chair.check_facts(&node, kill);
        chair.check_state(&node, &mut socket, kill);
    }
    let acknowledged = chair.acknowledged.values().filter(|fact| **fact > 0).count();
    println!("{KILLS} kills, {acknowledged} acknowledged facts, {:?}", now() - begun);
    assert!(acknowledged > KILLS, "the node worked between the kills");
    assert!(node.command(&["verify-facts"]).contains(MEETING));
    assert!(node.terminate().success());
}

#[test]
fn a_node_that_cannot_store_tells_nobody_and_ends() {
    let mut node = Node::fresh();
    node.start();
    let (mut chair, _rooms) = set_up(&node);
    let mut socket = node.socket();
    let welcome = socket.hello(&ticket(&mut chair.http, MEETING));
    chair.on_welcome(&welcome);
    chair.read_snapshot(&mut socket);
    let before = chair.seen;
    refuse_facts(&node);
    assert!(!chair.ask(&mut socket, &json!({ "type": "startMeeting" })), "no answer comes");
    assert_eq!(chair.seen, before, "nothing was announced");
    assert!(!node.wait_for_death().success(), "a supervisor is to notice");
    assert!(node.log().contains("facts could not be stored"), "{}", node.log());
}

/// A disk that takes no more facts, as the database tells it.
fn refuse_facts(node: &Node) {
    node.sql(node.either(
        &["CREATE TRIGGER full BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"],
        &[
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION refuse()",
        ][..],
    ));
}

pub(crate) fn set_up(node: &Node) -> (Chair, Vec<Http>) {
    let mut http = node.administrator();
    let invited: Vec<String> = sites().into_iter().take(6).collect();
    make_meeting(&mut http, MEETING, &invited);
    let rooms = invited.iter().take(2).map(|unit| {
        let issued = http.post(&format!("/api/v1/units/{unit}/site-secret"), &json!({})).expect(201);
        let mut room = Http::new(node.address);
        let body = json!({ "kind": "site", "code": unit, "secret": issued["secret"] });
        room.post("/api/v1/session", &body).expect(200);
        room
    });
    let rooms = rooms.collect();
    let chair = Chair {
        http,
        token: String::new(),
        next_request: 1,
        seen: 0,
        meeting: Value::Null,
        seats: Vec::new(),
        acknowledged: BTreeMap::new(),
        open: BTreeMap::new(),
    };
    (chair, rooms)
}

/// Two rooms are there, so that there is somebody to invite.
fn let_in(node: &Node, rooms: &mut [Http]) -> Vec<Socket> {
    let enter = |room: &mut Http| {
        let mut socket = node.socket();
        socket.hello(&ticket(room, MEETING));
        socket
    };
    rooms.iter_mut().map(enter).collect()
}

impl Chair {
    pub(crate) fn on_welcome(&mut self, welcome: &Value) {
        self.token = welcome["resumeToken"].as_str().unwrap().to_owned();
        self.next_request = self.next_request.max(welcome["lastRequest"].as_u64().unwrap() + 1);
    }

    fn on_message(&mut self, message: &Value) {
        match message["type"].as_str().unwrap() {
            "welcome" => self.on_welcome(message),
            "snapshot" => {
                self.seen = message["fact"].as_u64().unwrap();
                self.meeting = message["meeting"].clone();
                let seats = message["seats"].as_array().unwrap().iter();
                let mut rooms: Vec<&Value> = seats.filter(|seat| seat["role"] == "site").collect();
                rooms.sort_by_key(|seat| seat["order"].as_u64());
                self.seats = rooms.iter().take(2).map(|seat| seat["seat"].clone()).collect();
            }
            "changed" => {
                let fact = message["fact"].as_u64().unwrap();
                assert!(fact >= self.seen, "facts go forward");
                self.seen = fact;
                for change in message["changes"].as_array().unwrap() {
                    if change["kind"] == "meeting" {
                        self.meeting = change["meeting"].clone();
                    }
                }
            }
            "reply" => {
                let request = message["re"].as_u64().unwrap();
                self.open.remove(&request);
                if message["outcome"]["result"] == "done" {
                    let fact = message["outcome"]["fact"].as_u64().unwrap();
                    let before = self.acknowledged.insert(request, fact);
                    assert!(before.is_none_or(|before| before == fact), "request {request} was done twice");
                }
            }
            _other => {}
        }
    }

    pub(crate) fn read_snapshot(&mut self, socket: &mut Socket) {
        loop {
            let message = socket.next().expect("a snapshot");
            self.on_message(&message);
            if message["type"] == "snapshot" && message["page"] == message["of"] {
                return;
            }
        }
    }

    /// Asks something and waits for the answer. False if the node was killed before it came.
    pub(crate) fn ask(&mut self, socket: &mut Socket, wish: &Value) -> bool {
        let request = self.next_request;
        self.next_request += 1;
        self.repeat(socket, request, wish)
    }

    fn repeat(&mut self, socket: &mut Socket, request: u64, wish: &Value) -> bool {
        self.open.insert(request, wish.clone());
        socket.send(request, self.seen, wish).is_ok() && self.hear(socket, request)
    }

    /// Asks something and does not wait; the request's number.
    pub(crate) fn say(&mut self, socket: &mut Socket, wish: &Value) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        self.open.insert(request, wish.clone());
        socket.send(request, self.seen, wish).unwrap();
        request
    }

    /// Whether a request has no answer yet.
    pub(crate) fn is_open(&self, request: u64) -> bool {
        self.open.contains_key(&request)
    }

    /// Waits for an answer. False if the connection ended before it came.
    pub(crate) fn hear(&mut self, socket: &mut Socket, request: u64) -> bool {
        // What became of it is told after the answer, which names the fact to wait for.
        while self.open.contains_key(&request)
            || self.acknowledged.get(&request).is_some_and(|fact| self.seen < *fact)
        {
            let Some(message) = socket.next() else { return false };
            self.on_message(&message);
        }
        true
    }

    fn work_until_killed(&mut self, socket: &mut Socket, random: &mut Random, node: &Node) {
        let seats = self.seats.clone();
        let process = node.process_id().to_string();
        let delay = Duration::from_micros(random.below(WORK_MAX_US));
        // The chair keeps asking at the wire's rate, so most instants have something under way.
        std::thread::scope(|scope| {
            let (_keep, never) = mpsc::channel::<()>();
            scope.spawn(move || {
                let _elapsed = never.recv_timeout(delay);
                assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
            });
            while self.ask(socket, &wish(random, &seats)) {}
        });
    }

    fn come_back(&mut self, node: &Node) -> Socket {
        let mut socket = node.socket();
        let welcome = socket.resume(&self.token, self.seen);
        // What changed nothing left no trace, and doing it again would change nothing.
        let kept = self.acknowledged.iter().filter(|(_, fact)| **fact > 0);
        let highest = kept.map(|(request, _)| *request).max().unwrap_or(0);
        assert!(welcome["lastRequest"].as_u64().unwrap() >= highest, "the node knows what it has answered");
        self.on_welcome(&welcome);
        // What was under way is asked again under its own number.
        for (request, wish) in self.open.clone() {
            assert!(self.repeat(&mut socket, request, &wish));
        }
        socket
    }

    pub(crate) fn check_facts(&self, node: &Node, kill: usize) {
        let exported = node.command(&["export-facts", MEETING]);
        let facts: BTreeMap<u64, Value> = exported
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|record| (record["number"].as_u64().unwrap(), record))
            .collect();
        assert_eq!(facts.keys().copied().collect::<Vec<_>>(), (1..=facts.len() as u64).collect::<Vec<_>>());
        assert!(facts.len() as u64 >= self.seen, "kill {kill}: facts that were announced are gone");
        for (request, fact) in self.acknowledged.iter().filter(|(_, fact)| **fact > 0) {
            assert!(
                facts.contains_key(fact),
                "kill {kill}: request {request} became fact {fact}, which is gone"
            );
        }
    }

    /// What the client holds by snapshots and changes is what the node has.
    pub(crate) fn check_state(&mut self, node: &Node, socket: &mut Socket, kill: usize) {
        assert!(self.ask(socket, &json!({ "type": "clearStage" })));
        let known = self.meeting.clone();
        *socket = node.socket();
        let welcome = socket.hello(&ticket(&mut self.http, MEETING));
        self.on_welcome(&welcome);
        self.read_snapshot(socket);
        for field in
            ["phase", "microphones", "stage", "floor", "presenter", "queue", "title", "starts", "started"]
        {
            assert_eq!(self.meeting[field], known[field], "kill {kill}: {field}");
        }
    }
}

pub(crate) fn wish(random: &mut Random, seats: &[Value]) -> Value {
    let seat = random.one_of(seats);
    match random.below(6) {
        0 => json!({ "type": "lockAllMicrophones" }),
        1 => json!({ "type": "allowAllMicrophones" }),
        2 => json!({ "type": "inviteToSpeak", "seat": seat }),
        3 => json!({ "type": "endSpeech" }),
        4 => json!({ "type": "putOnStage", "seat": seat }),
        _other => json!({ "type": "clearStage" }),
    }
}

/// xorshift: the same seed kills at the same instants, as far as a real machine lets it.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}
