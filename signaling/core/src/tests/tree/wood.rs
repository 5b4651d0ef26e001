//! Hundreds of nodes in virtual time, and the lines between them: each carries in order, takes its time, may lose and be
//! cut. Which node is below which comes from a seed.

use super::super::harness::{Care, Participant, World, briefing, origin, person, site, start, unit};
use crate::{
    Account, Answer, Call, CallId, Child, Envelope, Input, NodeName, Now, Place, UnitTree, UtcMillis, Word,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use signaling_protocol::{
    ClientMessage, CreateMeeting, Credential, GrantRole, Outcome, Refusal, ServerMessage,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// How finely time passes.
const STEP: Duration = Duration::from_millis(100);
/// How many steps a word takes at most over one line.
const SLOW_STEPS: u32 = 3;
/// Nodes are woken so seldom; what they wait for is counted in seconds.
const WAKE_STEPS: u64 = 5;
/// Clients show that they are there.
const PING_STEPS: u64 = 50;
/// What an idle line carries at most in a second, both ways: a beat of each, two when a second begins with one, and how the
/// nodes below are.
pub(super) const IDLE_WORDS: u32 = 5;

/// Which end of a line speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Up,
    Down,
}

/// A line between a node and its parent.
#[derive(Debug, Default)]
struct Line {
    under_way: BTreeMap<Way, VecDeque<(u64, Envelope)>>,
    /// What it carried within this second, and at most within one.
    carried: (u32, u32),
}

/// All nodes, by number; a parent has a lower one than its children.
pub(super) struct Wood {
    pub(super) worlds: Vec<World>,
    pub(super) parents: Vec<Option<usize>>,
    /// Whose units have a seat.
    pub(super) invited: BTreeSet<usize>,
    units: Arc<UnitTree>,
    numbers: HashMap<NodeName, usize>,
    lines: Vec<Line>,
    /// Lines that carry nothing, by their lower end.
    pub(super) cut: BTreeSet<usize>,
    /// How many of a thousand envelopes are lost.
    pub(super) loss: u32,
    pub(super) members: Vec<Member>,
    now: Now,
    step: u64,
    random: ChaCha8Rng,
}

/// Somebody who takes part.
pub(super) struct Member {
    pub(super) account: Account,
    /// Where.
    pub(super) node: usize,
    /// How, while he is connected.
    pub(super) who: Option<Participant>,
    /// What he asked, and what became of it.
    pub(super) asked: BTreeMap<u32, Option<Outcome>>,
    read: usize,
}

pub(super) fn code(node: usize) -> String {
    format!("U{node}")
}

fn name(node: usize) -> NodeName {
    NodeName::parse(format!("n{node}")).unwrap()
}

/// Who is below whom: a top, some below it, and below those and each other the rest, up to five levels; some stand right
/// below the top although others like them do not.
fn shape(count: usize, random: &mut ChaCha8Rng) -> Vec<Option<usize>> {
    let mut parents: Vec<Option<usize>> = vec![None];
    let mut depths = vec![0];
    let provinces = (count / 10).max(2);
    for node in 1..count {
        let parent = match random.random_range(0..20) {
            _ if node <= provinces => 0,
            0 => 0,
            1..=4 => random.random_range(1..node),
            _ => random.random_range(1..=provinces),
        };
        let parent = if depths[parent] < 5 { parent } else { 1 };
        depths.push(depths[parent] + 1);
        parents.push(Some(parent));
    }
    parents
}

/// One unit for each node, below one another as the nodes are.
fn units(parents: &[Option<usize>]) -> UnitTree {
    let mut csv = "code,name,kind,tier,parent,order,valid_from,valid_to\n".to_owned();
    for (node, parent) in parents.iter().enumerate() {
        let depth = std::iter::successors(Some(node), |node| parents[*node]).count();
        let above = parent.map(code).unwrap_or_default();
        writeln!(csv, "{},Đơn vị {node},Đơn vị,t{depth},{above},{node},,", code(node)).unwrap();
    }
    let mut tiers = "code,name\n".to_owned();
    (1..=7).for_each(|depth| writeln!(tiers, "t{depth},Cấp {depth}").unwrap());
    UnitTree::from_csv(tiers.as_bytes(), csv.as_bytes()).unwrap()
}

fn place(node: usize, parents: &[Option<usize>]) -> Place {
    let branch = |node: usize| if node == 0 { Vec::new() } else { vec![unit(&code(node))] };
    let below = parents.iter().enumerate().filter(|(_, parent)| **parent == Some(node));
    let child = |child| Child { name: name(child), branch: branch(child), cap_kbps: None };
    Place {
        name: Some(name(node)),
        number: u32::try_from(node + 1).unwrap(),
        branch: branch(node),
        parent: parents[node].map(name),
        cap_kbps: None,
        children: below.map(|(node, _)| child(node)).collect(),
    }
}

impl Wood {
    /// So many nodes, with a meeting of some units that runs, made at the top by the first member.
    pub(super) fn meeting(count: usize, guests: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let parents = shape(count, &mut random);
        let mut invited = BTreeSet::new();
        while invited.len() < guests {
            invited.insert(random.random_range(1..count));
        }
        let units = Arc::new(units(&parents));
        let mut world = |node| {
            World::among(start(), units.clone(), place(node, &parents), (random.random(), Care::Light))
        };
        let worlds = (0..count).map(&mut world).collect();
        let mut wood = Self {
            worlds,
            numbers: (0..count).map(|node| (name(node), node)).collect(),
            lines: (0..count).map(|_| Line::default()).collect(),
            parents,
            invited,
            units,
            cut: BTreeSet::new(),
            loss: 0,
            members: Vec::new(),
            now: Now { instant: origin(), wall: UtcMillis(0) },
            step: 0,
            random,
        };
        wood.now = wood.worlds.iter().map(|world| world.now).max_by_key(|now| now.instant).unwrap();
        wood.pass(2);
        let chair = person("chair", GrantRole::Convener, &code(0));
        let sites = wood.invited.iter().map(|node| unit(&code(*node))).collect();
        let wanted = CreateMeeting { convening_unit: unit(&code(0)), sites, ..briefing(0) };
        wood.worlds[0].call(chair.clone(), Call::CreateMeeting(wanted)).unwrap();
        wood.add(chair, 0);
        wood.come(0).unwrap();
        wood.ask(0, ClientMessage::StartMeeting {});
        wood.pass(6);
        wood
    }

    /// Whether the meeting is of a node: it is the top, or somebody at or below it has a seat.
    pub(super) fn concerns(&self, node: usize) -> bool {
        let above = |guest: &usize| std::iter::successors(Some(*guest), |node| self.parents[*node]);
        self.invited.iter().any(|guest| above(guest).any(|above| above == node))
    }

    /// One of so many, by chance.
    pub(super) fn chance(&mut self, of: usize) -> usize {
        self.random.random_range(0..of)
    }

    fn add(&mut self, account: Account, node: usize) {
        self.members.push(Member { account, node, who: None, asked: BTreeMap::new(), read: 0 });
    }

    /// The room of a node's unit will take part there.
    pub(super) fn add_site(&mut self, node: usize) -> usize {
        self.add(site(&code(node)), node);
        self.members.len() - 1
    }

    /// Comes, or comes back, to the node he is at.
    pub(super) fn come(&mut self, member: usize) -> Result<(), Refusal> {
        let Member { account, node, .. } = &self.members[member];
        let (account, world) = (account.clone(), &mut self.worlds[*node]);
        let call = CallId(world.number());
        let what = Call::IssueTicket { meeting: briefing(0).meeting };
        world.input(Input::Call { call, by: account, what });
        let Some(answer) = world.answers.remove(&call) else { return Err(Refusal::ParentAway) };
        let Answer::Ticket(issued) = answer? else { panic!("no ticket") };
        let (connection, welcome) = world.hello(Credential::Ticket { ticket: issued.ticket });
        let welcome = welcome?;
        let before = self.members[member].asked.keys().last().copied().unwrap_or(0);
        self.members[member].read = 0;
        self.members[member].who = Some(Participant {
            connection,
            seat: welcome.you.seat,
            token: welcome.resume_token,
            request: welcome.last_request.0.max(before),
            peer: None,
        });
        Ok(())
    }

    /// A request, if he is connected; what becomes of it is read later.
    pub(super) fn ask(&mut self, member: usize, message: ClientMessage) {
        let Member { node, who: Some(who), asked, .. } = &mut self.members[member] else { return };
        who.request += 1;
        asked.insert(who.request, None);
        self.worlds[*node].frame(who.connection, who.request, message);
    }

    /// A node is killed and started anew from what it stored.
    pub(super) fn restart(&mut self, node: usize) {
        self.read_answers();
        let seed = self.random.random();
        let (now, place) = (self.worlds[node].now, place(node, &self.parents));
        let world = World::among(now, self.units.clone(), place, (seed, Care::Light));
        let old = std::mem::replace(&mut self.worlds[node], world);
        self.worlds[node].restored(old);
        for member in self.members.iter_mut().filter(|member| member.node == node) {
            member.who = None;
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.step += 1;
            self.now.instant += STEP;
            self.now.wall.0 += i64::try_from(STEP.as_millis()).unwrap();
            if self.step.is_multiple_of(PING_STEPS) {
                self.ping();
            }
            if self.step.is_multiple_of(10) {
                self.lines.iter_mut().for_each(|line| line.carried = (0, line.carried.1.max(line.carried.0)));
            }
            for node in 0..self.worlds.len() {
                let world = &mut self.worlds[node];
                world.now = [world.now, self.now].into_iter().max_by_key(|now| now.instant).unwrap();
                // Not all at once.
                if (self.step + u64::try_from(node).unwrap()).is_multiple_of(WAKE_STEPS) {
                    world.input(Input::Timeout);
                }
            }
            self.carry();
        }
        self.read_answers();
    }

    fn ping(&mut self) {
        for Member { node, who, .. } in &mut self.members {
            if let Some(who) = who {
                self.worlds[*node].frame(who.connection, 0, ClientMessage::Ping {});
            }
        }
    }

    /// Puts on the lines what is said, and hands over what arrives.
    fn carry(&mut self) {
        for node in 0..self.worlds.len() {
            for event in std::mem::take(&mut self.worlds[node].sfu.says) {
                self.worlds[node].input(Input::Sfu(event));
            }
            for (to, envelope) in std::mem::take(&mut self.worlds[node].posted) {
                self.post(node, self.numbers[&to], envelope);
            }
        }
        for lower in 1..self.lines.len() {
            for way in [Way::Up, Way::Down] {
                while let Some(envelope) = self.arrived(lower, way) {
                    self.deliver(lower, way, envelope);
                }
            }
        }
    }

    fn post(&mut self, from: usize, to: usize, envelope: Envelope) {
        let (lower, way) = if self.parents[from] == Some(to) { (from, Way::Up) } else { (to, Way::Down) };
        assert_eq!(self.parents[lower], Some(from.min(to)), "neighbours only");
        let line = &mut self.lines[lower];
        line.carried.0 += 1;
        if self.cut.contains(&lower) || self.random.random_range(0..1_000) < self.loss {
            return;
        }
        let due = self.step + u64::from(self.random.random_range(0..SLOW_STEPS));
        let queue = line.under_way.entry(way).or_default();
        let due = queue.back().map_or(due, |(before, _)| due.max(*before));
        queue.push_back((due, envelope));
    }

    fn arrived(&mut self, lower: usize, way: Way) -> Option<Envelope> {
        let queue = self.lines[lower].under_way.get_mut(&way)?;
        queue.front().filter(|(due, _)| *due <= self.step)?;
        let (_, envelope) = queue.pop_front()?;
        (!self.cut.contains(&lower)).then_some(envelope)
    }

    fn deliver(&mut self, lower: usize, way: Way, envelope: Envelope) {
        let upper = self.parents[lower].unwrap();
        if let Envelope::Word { word, .. } = &envelope {
            self.check_word(lower, way, word);
        }
        let (from, to) = if way == Way::Up { (lower, upper) } else { (upper, lower) };
        self.worlds[to].input(Input::Node { from: name(from), envelope });
    }

    /// What is said on a line of somebody is of the branch below it: of others only facts are told.
    fn check_word(&self, lower: usize, way: Way, word: &Word) {
        let branch = unit(&code(lower));
        let seats = &self.members;
        let of_branch = |seat: &signaling_protocol::SeatId| {
            let whose = seats.iter().find(|member| member.who.as_ref().is_some_and(|who| who.seat == *seat));
            whose.is_none_or(|member| self.units.is_within(&member.account.unit, &branch))
        };
        let all = match (way, word) {
            (Way::Up, Word::Presence(said)) => said.seats.iter().all(|(seat, _)| of_branch(seat)),
            (Way::Up, Word::Peers(said)) => said.peers.iter().all(|(seat, _)| of_branch(seat)),
            (Way::Up, Word::Command(said)) => of_branch(&said.seat),
            (Way::Down, Word::Outcome { seat, .. } | Word::Replaced { seat, .. }) => of_branch(seat),
            _said_of_nobody => true,
        };
        assert!(all, "on the line of n{lower}: {word:?}");
    }

    /// What was answered meanwhile.
    fn read_answers(&mut self) {
        for Member { node, who, asked, read, .. } in &mut self.members {
            let Some(connection) = who.as_ref().map(|who| who.connection) else { continue };
            let world = &self.worlds[*node];
            let sent = world.sent.get(&connection).map(Vec::as_slice).unwrap_or_default();
            for message in &sent[*read..] {
                if let ServerMessage::Reply { re, outcome } = message {
                    asked.insert(re.0, Some(outcome.clone()));
                }
            }
            *read = sent.len();
            if world.closed.contains(&connection) {
                *who = None;
            }
        }
    }

    /// The most that any line carried within a second since this was asked last.
    pub(super) fn take_busiest(&mut self) -> u32 {
        self.lines.iter_mut().map(|line| std::mem::take(&mut line.carried.1)).max().unwrap()
    }
}
