//! The other nodes beside this one: who they are, what they say, and what they must be told.
//!
//! A meeting has one **home**: the node where it was made. Every other node that goes along with it (a *follower*) holds a
//! copy of its log, folds it like the home, and serves its own people from it; what they do goes up, facts come down. A node
//! in the middle does both.

mod above;
mod below;
mod chapter;
mod extent;
mod home;
mod island;
mod media;
mod status;

pub(in crate::hub) use above::Waiting;
pub(in crate::hub) use chapter::Island;
pub(in crate::hub) use status::Statuses;

use super::{Hub, Session, Standing};
use crate::join::site_unit;
use crate::neighbour::{
    Channel, Contact, Envelope, Extent, Heard, LossCause, NeighbourNews, NodeName, Peers, Place, Side, Word,
};
use crate::placement::Moved;
use crate::{FactRecord, Now, Output, UnitTree, UtcMillis};
use extent::Named;
use media::MediaLink;
use rand::Rng as _;
use sfu_control::PeerId;
use signaling_protocol::{FactNumber, MeetingId, SeatId, UnitCode};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// How what is to be said of seats is cut into words.
type Cut = fn(&[(SeatId, Option<PeerId>)]) -> Vec<(Vec<(SeatId, Option<PeerId>)>, Extent)>;

/// Facts in one word: some 20 kB, far below what a bus carries.
const FACTS_PER_WORD: usize = 64;

/// One neighbour.
#[derive(Debug)]
pub(super) struct Neighbour {
    /// For whom a child speaks: these units and all below them. Empty for a parent, who speaks for everybody.
    branch: Vec<UnitCode>,
    channel: Channel,
    /// How the two hear each other, for people.
    contact: Contact,
    /// When it was heard last.
    heard: Option<UtcMillis>,
    media: MediaLink,
    /// What may be sent to it, kbit/s; none if only the line limits it.
    cap_kbps: Option<u32>,
    /// Meetings it goes along with, and the last fact of each it was told; of a parent those we follow through it.
    follows: BTreeMap<MeetingId, FactNumber>,
    /// Meetings it was told of.
    announced: Vec<MeetingId>,
    /// Meetings of which it knows that what it is told may be undone.
    apart: Vec<MeetingId>,
    /// What it and those below it did while they were cut off, as far as it has told, by the island's name.
    landing: BTreeMap<(MeetingId, u64), Vec<FactRecord>>,
    /// Meetings of which it told such things that went on to the home, and may not have come there.
    passed_on: BTreeSet<MeetingId>,
    /// Whom it named so far as connected, and as sending.
    named: (Named, Named),
}

impl Neighbour {
    fn new(branch: Vec<UnitCode>, side: Side, cap_kbps: Option<u32>, now: Instant) -> Self {
        Self {
            branch,
            channel: Channel::new(side, now),
            contact: Contact::Never {},
            heard: None,
            media: MediaLink::new(now),
            cap_kbps,
            follows: BTreeMap::new(),
            announced: Vec::new(),
            apart: Vec::new(),
            landing: BTreeMap::new(),
            passed_on: BTreeSet::new(),
            named: (Named::default(), Named::default()),
        }
    }

    /// What was said is void.
    fn forget(&mut self) {
        self.follows.clear();
        self.announced.clear();
        self.apart.clear();
        self.landing.clear();
        self.passed_on.clear();
        self.media.forget_dial();
        self.named = (Named::default(), Named::default());
    }
}

/// Whether a unit is one of a branch, or below one.
pub(in crate::hub) fn is_of(branch: &[UnitCode], unit: &UnitCode, units: &UnitTree) -> bool {
    branch.iter().any(|top| units.is_within(unit, top))
}

/// Whether a branch has a part in a meeting.
fn concerns(session: &Session, branch: &[UnitCode], units: &UnitTree) -> bool {
    let meeting = &session.meeting;
    let invited = |unit: &UnitCode| is_of(branch, unit, units);
    invited(&meeting.created.convening_unit)
        || meeting.seats.values().filter_map(|seat| site_unit(&seat.record.occupant)).any(invited)
}

impl Hub {
    /// Puts the hub at its place in the tree of nodes; without it a node stands alone.
    #[must_use]
    pub fn at(mut self, now: Now, place: Place) -> Self {
        let parent = place.parent.iter().map(|name| (name.clone(), Vec::new(), Side::Child, place.cap_kbps));
        let children = place
            .children
            .iter()
            .map(|child| (child.name.clone(), child.branch.clone(), Side::Parent, child.cap_kbps));
        self.neighbours = parent
            .chain(children)
            .map(|(name, branch, side, cap)| (name, Neighbour::new(branch, side, cap, now.instant)))
            .collect();
        self.place = place;
        self
    }

    /// Something came from another node.
    pub(super) fn handle_envelope(&mut self, now: Now, from: &NodeName, envelope: Envelope) {
        let epoch = self.random.next_u64();
        let Some(neighbour) = self.neighbours.get_mut(from) else {
            self.counters.strangers = self.counters.strangers.saturating_add(1);
            return;
        };
        neighbour.heard = Some(now.wall);
        for heard in neighbour.channel.handle_envelope(now, envelope, epoch) {
            self.on_heard(now, from, heard);
        }
    }

    /// What only time brings.
    pub(super) fn tick_neighbours(&mut self, now: Now) {
        let names: Vec<NodeName> = self.neighbours.keys().cloned().collect();
        for name in names {
            let epoch = self.random.next_u64();
            let heard = self.neighbours.get_mut(&name).and_then(|n| n.channel.handle_timeout(now, epoch));
            if let Some(heard) = heard {
                self.on_heard(now, &name, heard);
            }
        }
        self.tick_media(now);
        self.tell_status(now);
    }

    /// When the next of them is to be woken.
    pub(super) fn next_beat(&self) -> Option<Instant> {
        self.neighbours.values().map(|neighbour| neighbour.channel.next_timeout()).min()
    }

    fn on_heard(&mut self, now: Now, from: &NodeName, heard: Heard) {
        let above = self.place.parent.as_ref() == Some(from);
        match heard {
            Heard::Attached => {
                self.counters.attached = self.counters.attached.saturating_add(1);
                self.note_attached(now, from);
                self.outputs
                    .push_back(Output::Neighbour { node: from.clone(), news: NeighbourNews::Attached });
                if !above {
                    self.announce_all(from);
                }
            }
            Heard::Lost(cause) => self.on_lost(now, from, cause),
            Heard::TurnedAway(why) => self.on_turned_away(now, from, why),
            Heard::Word(word) if above => self.on_word_from_above(now, from, word),
            Heard::Word(word) => self.on_word_from_below(now, from, word),
        }
    }

    /// A conversation ended. If it begins anew at once, both tell each other where they stand, and nobody is gone before.
    fn on_lost(&mut self, now: Now, from: &NodeName, cause: LossCause) {
        let above = self.place.parent.as_ref() == Some(from);
        if self.note_lost(now, from, cause) {
            let news = NeighbourNews::Lost(cause);
            self.outputs.push_back(Output::Neighbour { node: from.clone(), news });
        }
        if let Some(neighbour) = self.neighbours.get_mut(from) {
            neighbour.forget();
        }
        if above {
            self.give_up_waiting();
        }
        match cause {
            LossCause::Silent => {
                self.counters.detached = self.counters.detached.saturating_add(1);
                self.forget_peers_beyond(from);
                if above {
                    self.on_cut_off(now);
                } else {
                    self.on_child_lost(now, from);
                }
            }
            LossCause::Missed | LossCause::Restarted => {
                self.counters.resumed = self.counters.resumed.saturating_add(1);
            }
            LossCause::TurnedAway(_) => {}
        }
    }

    /// Says something to a neighbour.
    fn say(&mut self, to: &NodeName, word: Word) {
        if let Some(neighbour) = self.neighbours.get_mut(to) {
            neighbour.channel.say(word);
        }
    }

    /// Says something to the parent, if there is one and it hears us.
    fn say_up(&mut self, word: Word) {
        if let Some(parent) = self.place.parent.clone() {
            self.say(&parent, word);
        }
    }

    /// Whether the parent hears us.
    pub(super) fn is_attached(&self) -> bool {
        let parent = self.place.parent.as_ref().and_then(|parent| self.neighbours.get(parent));
        parent.is_some_and(|parent| parent.channel.is_attached())
    }

    /// A word that says what its speaker may not say, or makes no sense.
    fn on_bad_word(&mut self, from: &NodeName) {
        self.counters.bad_words = self.counters.bad_words.saturating_add(1);
        self.outputs.push_back(Output::Neighbour { node: from.clone(), news: NeighbourNews::BadWord });
    }

    /// Tells a child of every meeting it has a part in.
    fn announce_all(&mut self, child: &NodeName) {
        let meetings: Vec<MeetingId> = self.sessions.keys().cloned().collect();
        for meeting in meetings {
            self.announce(child, &meeting);
        }
    }

    fn announce(&mut self, child: &NodeName, meeting: &MeetingId) {
        let Some(neighbour) = self.neighbours.get_mut(child) else { return };
        let Some(session) = self.sessions.get(meeting) else { return };
        let known = !neighbour.channel.is_attached() || neighbour.announced.contains(meeting);
        if known || session.meeting.is_over() || !concerns(session, &neighbour.branch, &self.units) {
            return;
        }
        neighbour.announced.push(meeting.clone());
        neighbour.channel.say(Word::Meeting { meeting: meeting.clone() });
    }

    /// Tells the nodes below what is new in a meeting, and all around who sends by which peer now.
    pub(super) fn tell_neighbours(&mut self, meeting: &MeetingId) {
        if self.neighbours.is_empty() {
            return;
        }
        let children: Vec<NodeName> = self.place.children.iter().map(|child| child.name.clone()).collect();
        let grown = self.sessions.get_mut(meeting).is_some_and(|session| std::mem::take(&mut session.grown));
        for child in &children {
            if grown {
                self.announce(child, meeting);
            }
            self.tell_facts(child, meeting);
        }
        let around: Vec<NodeName> = self.neighbours.keys().cloned().collect();
        for node in &around {
            self.span(node, meeting);
        }
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let moved = session.placement.take_moved();
        if moved.is_empty() {
            return;
        }
        for node in around {
            self.tell_peers(&node, meeting, &moved, extent::of_news);
        }
    }

    /// The facts a child does not have yet: the home's, and then what may be undone, told as such.
    fn tell_facts(&mut self, child: &NodeName, meeting: &MeetingId) {
        let (Some(neighbour), Some(session)) = (self.neighbours.get_mut(child), self.sessions.get(meeting))
        else {
            return;
        };
        let Some(told) = neighbour.follows.get_mut(meeting) else { return };
        let (home, own) = session.facts_after(*told);
        *told = session.meeting.last;
        let facts = |records: &[FactRecord]| Word::Facts { records: records.to_vec() };
        for records in home.chunks(FACTS_PER_WORD) {
            neighbour.channel.say(facts(records));
        }
        if let Some(island) = session.island_name()
            && !neighbour.apart.contains(meeting)
        {
            neighbour.apart.push(meeting.clone());
            neighbour.channel.say(Word::Apart { meeting: meeting.clone(), island });
        }
        for records in own.chunks(FACTS_PER_WORD) {
            neighbour.channel.say(facts(records));
        }
    }

    /// By which peers seats send, to a node that goes along; never what lies beyond that node itself.
    fn tell_peers(&mut self, node: &NodeName, meeting: &MeetingId, peers: &[Moved], cut: Cut) {
        let follows = self.neighbours.get(node).is_some_and(|n| n.follows.contains_key(meeting));
        let told = peers.iter().filter(|moved| moved.beyond.as_ref() != Some(node));
        let peers: Vec<_> = told.map(|moved| (moved.seat.clone(), moved.peer)).collect();
        for (peers, extent) in cut(&peers).into_iter().filter(|_| follows) {
            self.say(node, Word::Peers(Peers { meeting: meeting.clone(), peers, extent }));
        }
    }

    /// Whatever seats beyond a node send reaches us no more.
    fn forget_peers_beyond(&mut self, node: &NodeName) {
        let mut changed = Vec::new();
        for (id, session) in &mut self.sessions {
            if session.placement.forget_beyond(node, |_| true) {
                changed.push(id.clone());
            }
        }
        self.dirty.extend(changed);
    }

    /// Hands over to the shell what neighbours are to be told.
    pub(super) fn flush_neighbours(&mut self) {
        for (name, neighbour) in &mut self.neighbours {
            for envelope in neighbour.channel.take_envelopes() {
                self.outputs.push_back(Output::Node { to: name.clone(), envelope });
            }
        }
    }

    /// Takes what a neighbour says of the peers beyond it.
    fn on_peers(&mut self, from: &NodeName, said: Peers) {
        let Peers { meeting, peers, extent } = said;
        let Some(neighbour) = self.neighbours.get_mut(from) else { return };
        let named = neighbour.named.1.hear(&meeting, extent, peers.iter().map(|(seat, _)| seat));
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        if let Some(named) = named {
            session.placement.forget_beyond(from, |seat| !named.contains(seat));
        }
        for (seat, peer) in peers {
            session.placement.set_far(&seat, peer, from);
        }
        self.dirty.insert(meeting);
    }

    /// A seat that was connected at a node below is heard elsewhere now.
    pub(super) fn replace_below(&mut self, node: &NodeName, meeting: &MeetingId, seat: &SeatId) {
        self.say(node, Word::Replaced { meeting: meeting.clone(), seat: seat.clone() });
    }

    /// Whether this node decides in a meeting.
    pub(super) fn is_home(&self, meeting: &MeetingId) -> bool {
        self.sessions.get(meeting).is_some_and(|session| session.standing == Standing::Home)
    }
}

#[cfg(test)]
impl Hub {
    /// Says what a node of ours never would.
    pub(crate) fn say_for_a_test(&mut self, to: &NodeName, word: Word) {
        self.say(to, word);
    }
}
