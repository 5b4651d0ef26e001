//! Several nodes in virtual time, and the bus between them: it may be slow, lose, and be cut.

use super::super::harness::{Participant, World, briefing, person, unit};
use super::super::sfu::Stage;
use crate::{
    Account, Answer, Call, CallId, Child, ConnectionId, Envelope, FactRecord, Input, NodeName, Place,
    UnitTree,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use signaling_protocol::{
    ClientMessage, CreateMeeting, Credential, GrantRole, MeetingView, Outcome, Refusal, SeatId, SeatView,
    ServerMessage,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

/// A country C with provinces T1 and T2 of five communes each (X1.., Y1..), and three villages (V1..) below X1.
fn units() -> UnitTree {
    let mut csv = "code,name,kind,tier,parent,order,valid_from,valid_to\n".to_owned();
    csv.push_str("C,Trung ương,Trung ương,c,,1,,\nT1,Tỉnh Lam,Tỉnh,t,C,1,,\nT2,Tỉnh Sơn,Tỉnh,t,C,2,,\n");
    for number in 1..=5 {
        writeln!(csv, "X{number},Xã X{number},Xã,x,T1,{number},,").unwrap();
        writeln!(csv, "Y{number},Xã Y{number},Xã,x,T2,{number},,").unwrap();
    }
    for number in 1..=3 {
        writeln!(csv, "V{number},Thôn {number},Thôn,v,X1,{number},,").unwrap();
    }
    let tiers = "code,name\nc,Trung ương\nt,Cấp tỉnh\nx,Cấp xã\nv,Thôn\n";
    UnitTree::from_csv(tiers.as_bytes(), csv.as_bytes()).unwrap()
}

/// The nodes: the country's, one for each province, one for commune X1 below the first.
const NODES: [(&str, Option<&str>, Option<&str>); 4] = [
    ("tw", None, None),
    ("t1", Some("tw"), Some("T1")),
    ("t2", Some("tw"), Some("T2")),
    ("x1", Some("t1"), Some("X1")),
];

pub(super) fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

fn place(name: &str) -> Place {
    let (at, (_, parent, branch)) = NODES.iter().enumerate().find(|(_, node)| node.0 == name).unwrap();
    let child = |(child, parent, branch): &(&str, Option<&str>, Option<&str>)| {
        (*parent == Some(name)).then(|| Child {
            name: node(child),
            branch: vec![unit(branch.unwrap())],
            cap_kbps: None,
        })
    };
    Place {
        name: Some(node(name)),
        number: u32::try_from(at + 1).unwrap(),
        branch: branch.map(unit).into_iter().collect(),
        parent: parent.map(node),
        cap_kbps: None,
        children: NODES.iter().filter_map(child).collect(),
    }
}

/// All nodes.
pub(super) struct Forest {
    pub(super) worlds: BTreeMap<&'static str, World>,
    /// Lines that carry nothing, by their lower end.
    pub(super) cut: BTreeSet<&'static str>,
    /// How many of a thousand envelopes the bus loses.
    pub(super) loss: u32,
    /// Clients, who say now and then that they are there.
    alive: Vec<(&'static str, ConnectionId)>,
    random: ChaCha8Rng,
}

impl Forest {
    /// Four nodes that hear each other.
    pub(super) fn new(seed: u64) -> Self {
        let worlds = NODES.iter().map(|(name, ..)| (*name, World::placed(units(), place(name)))).collect();
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut forest = Self { worlds, cut: BTreeSet::new(), loss: 0, alive: Vec::new(), random };
        forest.pass(2);
        forest
    }

    /// The same with a meeting of everybody, made at the top, running, its chair there.
    pub(super) fn meeting(seed: u64) -> (Self, Participant) {
        let mut forest = Self::new(seed);
        let (chair, wanted) = (chair(), country_briefing());
        forest.world("tw").call(chair.clone(), Call::CreateMeeting(wanted)).unwrap();
        forest.carry();
        let mut chair = forest.join("tw", &chair).unwrap();
        forest.ask("tw", &mut chair, ClientMessage::StartMeeting {}).unwrap();
        (forest, chair)
    }

    pub(super) fn world(&mut self, name: &str) -> &mut World {
        self.worlds.get_mut(name).unwrap()
    }

    /// Carries what nodes say to each other until nobody says anything more.
    pub(super) fn carry(&mut self) {
        loop {
            let mut posts: Vec<(&'static str, NodeName, Envelope)> = Vec::new();
            for (name, world) in &mut self.worlds {
                posts.extend(world.posted.drain(..).map(|(to, envelope)| (*name, to, envelope)));
            }
            let mut said = false;
            for world in self.worlds.values_mut() {
                for event in std::mem::take(&mut world.sfu.says) {
                    world.input(Input::Sfu(event));
                    said = true;
                }
            }
            if posts.is_empty() && !said {
                break;
            }
            for (from, to, envelope) in posts {
                self.deliver(from, &to, &envelope);
            }
        }
        self.one_time();
    }

    fn deliver(&mut self, from: &'static str, to: &NodeName, envelope: &Envelope) {
        let (to, _) = self.worlds.get_key_value(to.as_str()).unwrap();
        let to: &'static str = to;
        let below = |name: &'static str, other: &str| {
            NODES.iter().any(|(node, parent, _)| *node == name && *parent == Some(other))
        };
        let line = if below(from, to) { from } else { to };
        let lost = self.random.random_range(0..1_000) < self.loss;
        if lost || self.cut.contains(line) {
            return;
        }
        // What is carried is carried as text.
        let text = serde_json::to_string(envelope).unwrap();
        let envelope = serde_json::from_str(&text).unwrap();
        self.world(to).input(Input::Node { from: node(from), envelope });
    }

    /// The clocks of all nodes go alike.
    fn one_time(&mut self) {
        let latest = self.worlds.values().map(|world| world.now).max_by_key(|now| now.instant).unwrap();
        self.worlds.values_mut().for_each(|world| world.now = latest);
    }

    /// Lets time pass in steps of half a second.
    pub(super) fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds * 2 {
            for (name, connection) in self.alive.clone() {
                self.world(name).frame(connection, 0, ClientMessage::Ping {});
            }
            for world in self.worlds.values_mut() {
                world.now.instant += Duration::from_millis(500);
                world.now.wall.0 += 500;
                world.input(Input::Timeout);
            }
            self.carry();
        }
    }

    /// Comes to the meeting at a node.
    pub(super) fn join(&mut self, name: &str, by: &Account) -> Result<Participant, Refusal> {
        let world = self.world(name);
        let call = CallId(world.number());
        let what = Call::IssueTicket { meeting: country_briefing().meeting };
        world.input(Input::Call { call, by: by.clone(), what });
        self.carry();
        let world = self.world(name);
        let Answer::Ticket(issued) = world.answers.remove(&call).expect("an answer")? else {
            panic!("no ticket")
        };
        let (connection, welcome) = world.hello(Credential::Ticket { ticket: issued.ticket });
        let welcome = welcome?;
        self.alive.push((self.worlds.get_key_value(name).unwrap().0, connection));
        self.carry();
        Ok(Participant {
            connection,
            seat: welcome.you.seat,
            token: welcome.resume_token,
            request: welcome.last_request.0,
            peer: None,
        })
    }

    /// One request, and what was answered once everything was carried.
    pub(super) fn ask(
        &mut self,
        name: &str,
        who: &mut Participant,
        message: ClientMessage,
    ) -> Result<u32, Refusal> {
        self.send(name, who, message);
        self.carry();
        self.answered(name, who).expect("a reply")
    }

    /// A request whose answer may take its time.
    pub(super) fn send(&mut self, name: &str, who: &mut Participant, message: ClientMessage) {
        who.request += 1;
        self.world(name).frame(who.connection, who.request, message);
    }

    /// What a participant's last request was answered, if it was.
    pub(super) fn answered(&mut self, name: &str, who: &Participant) -> Option<Result<u32, Refusal>> {
        let sent = self.world(name).sent.get(&who.connection)?;
        sent.iter().rev().find_map(|message| match message {
            ServerMessage::Reply { re, outcome } if re.0 == who.request => Some(match outcome {
                Outcome::Done { fact } => Ok(fact.0),
                Outcome::Refused { refusal } => Err(*refusal),
            }),
            _other => None,
        })
    }

    /// The log a node has.
    pub(super) fn log(&self, name: &str) -> &[FactRecord] {
        &self.worlds[name].stored
    }

    /// The meeting as a participant sees it.
    pub(super) fn picture(
        &mut self,
        name: &str,
        who: &Participant,
    ) -> (MeetingView, BTreeMap<SeatId, SeatView>) {
        self.world(name).picture(who.connection)
    }

    /// What the SFU of a node shows those who sit together.
    pub(super) fn plenary(&mut self, name: &str) -> Stage {
        let room = crate::placement::room_name(&country_briefing().meeting, None);
        self.world(name).sfu.rooms[&room]
    }

    /// One of so many, by chance.
    pub(super) fn chance(&mut self, of: u32) -> u32 {
        self.random.random_range(0..of)
    }

    /// All nodes have the same log, and it is whole.
    pub(super) fn assert_one_history(&self) {
        let home = self.log("tw");
        assert_eq!(crate::verify_chain(home), Ok(()));
        for (name, world) in &self.worlds {
            assert_eq!(world.stored.len(), home.len(), "facts at {name}");
            assert_eq!(world.stored.last(), home.last(), "the last fact at {name}");
        }
    }
}

pub(super) fn chair() -> Account {
    person("chair", GrantRole::Convener, "C")
}

/// A meeting of both provinces, two communes each, and the villages.
pub(super) fn country_briefing() -> CreateMeeting {
    let sites = ["T1", "T2", "X1", "X2", "Y1", "Y2", "V1", "V2", "V3"].map(unit).to_vec();
    CreateMeeting { convening_unit: unit("C"), sites, ..briefing(0) }
}

impl Forest {
    /// A node is killed and started anew from what it stored.
    pub(super) fn restart(&mut self, name: &'static str) {
        let old = self.worlds.remove(name).unwrap();
        let mut world = World::placed_at(old.now, units(), place(name));
        world.restored(old);
        self.worlds.insert(name, world);
        self.carry();
    }
}
