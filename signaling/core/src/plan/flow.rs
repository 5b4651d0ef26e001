//! What one meeting puts on each way: a stream crosses it once if somebody beyond it wants it, however many they are, and
//! never back towards where it comes from.

use super::Load;
use super::around::{Around, Counts, outside};
use super::ladder::{Ladder, Profile, Stream};
use super::scenario::{Meeting, Seat};
use crate::{NodeName, NodeTree};
use std::collections::BTreeMap;

/// How many want each kind of stream.
type Wanted = Counts<{ Stream::COUNT }>;

/// How many have each profile.
type Profiles = Counts<{ Profile::ALL.len() }>;

/// What a profile takes of a source.
type Takes = fn(Profile) -> Option<Stream>;

/// What crosses one node's door.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct NodeFlow {
    /// Sites connected, in hundredths.
    pub(super) site_hundredths: u64,
    pub(super) from_sites: Load,
    pub(super) to_sites: Load,
    pub(super) from_nodes: Load,
    pub(super) to_nodes: Load,
}

/// What all meetings put on all ways.
pub(super) struct Flows<'a> {
    tree: &'a NodeTree,
    ladder: &'a Ladder,
    nodes: Vec<NodeFlow>,
    /// From a node to another. Ordered, so that sums are the same in every run.
    ways: BTreeMap<(usize, usize), Load>,
    /// From a node to its parent, while a site of its branch is on stage, presents slides and is watched.
    called: Vec<Load>,
}

/// A seat that sends, and who receives it.
struct Source<'m> {
    seat: &'m Seat,
    to: Receivers<'m>,
    takes: Takes,
}

enum Receivers<'m> {
    /// All but the seat itself.
    Others,
    /// This one.
    One(&'m Seat),
}

impl NodeFlow {
    /// Sites connected.
    pub(super) fn sites(&self) -> u32 {
        u32::try_from((self.site_hundredths + 50) / 100).unwrap_or(u32::MAX)
    }
}

impl<'a> Flows<'a> {
    pub(super) fn new(tree: &'a NodeTree, ladder: &'a Ladder) -> Self {
        let count = tree.nodes().len();
        let (nodes, called) = (vec![NodeFlow::default(); count], vec![Load::default(); count]);
        Self { tree, ladder, nodes, ways: BTreeMap::new(), called }
    }

    /// One node's.
    pub(super) fn node(&self, name: &NodeName) -> NodeFlow {
        self.tree.place(name).and_then(|at| self.nodes.get(at)).copied().unwrap_or_default()
    }

    /// From one node to another.
    pub(super) fn way(&self, from: &NodeName, to: &NodeName) -> Load {
        let ends = self.tree.place(from).zip(self.tree.place(to));
        ends.and_then(|ends| self.ways.get(&ends)).copied().unwrap_or_default()
    }

    /// From a node to its parent, when a site of its branch is called.
    pub(super) fn called(&self, name: &NodeName) -> Load {
        self.tree.place(name).and_then(|at| self.called.get(at)).copied().unwrap_or_default()
    }

    /// Pairs of nodes between which something flows, each once.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&NodeName, &NodeName)> {
        let name = |at: usize| self.tree.nodes().get(at).map(|node| &node.name);
        let once = |(from, to): &&(usize, usize)| from < to || !self.ways.contains_key(&(*to, *from));
        self.ways.keys().filter(once).filter_map(move |(from, to)| Some((name(*from)?, name(*to)?)))
    }

    /// Adds a meeting, or some hundredths of one.
    pub(super) fn add(&mut self, meeting: &Meeting, percent: u32) {
        let seats = || meeting.rooms.iter().chain([&meeting.hall]);
        let around = Around::new(self.tree, seats().map(|seat| seat.node));
        let mut profiles: Vec<Profiles> = around.zeros();
        for seat in seats() {
            around.count(&mut profiles, seat.node, kind(seat.profile), 1);
            if let Some(node) = self.nodes.get_mut(seat.node) {
                node.site_hundredths += u64::from(percent);
            }
        }
        let share = f64::from(percent) / 100.0;
        for source in sources(meeting) {
            let wanted = wanted(&around, &profiles, &source);
            self.spread(&around, &wanted, source.seat.node, share);
        }
        self.call(&around, &profiles, meeting, share);
    }

    /// Carries a source from its node to all that want it.
    fn spread(&mut self, around: &Around, own: &[Wanted], from: usize, share: f64) {
        let sums = around.summed(own);
        let total = around.total(&sums);
        let above = around.above(from);
        let is_above = |at: usize| above.get(at).copied().unwrap_or_default();
        let top = around.members().find(|(at, member)| member.parent.is_none() && is_above(*at));
        for (at, member) in around.members() {
            let Some(inside) = sums.get(at) else { continue };
            match member.parent.and_then(|parent| around.member(parent)) {
                Some(parent) if is_above(at) => {
                    self.carry(member.node, parent.node, self.copies(&outside(&total, inside)) * share);
                }
                Some(parent) => self.carry(parent.node, member.node, self.copies(inside) * share),
                None if is_above(at) => {}
                // Another node of the cluster at the top: straight from the one the source is at or below.
                None => {
                    if let Some((_, top)) = top {
                        self.carry(top.node, member.node, self.copies(inside) * share);
                    }
                }
            }
        }
        for ((_, member), wanted) in around.members().zip(own) {
            let load = self.each(wanted) * share;
            if let Some(node) = self.nodes.get_mut(member.node) {
                node.to_sites += load;
            }
        }
        let sent = self.copies(&total) * share;
        if let Some(node) = self.nodes.get_mut(from) {
            node.from_sites += sent;
        }
    }

    fn carry(&mut self, from: usize, to: usize, load: Load) {
        if load.kbps <= 0.0 {
            return;
        }
        *self.ways.entry((from, to)).or_default() += load;
        if let Some(node) = self.nodes.get_mut(from) {
            node.to_nodes += load;
        }
        if let Some(node) = self.nodes.get_mut(to) {
            node.from_nodes += load;
        }
    }

    /// What a branch sends up while one of its sites is on stage: its picture in every size wanted outside, its slides, its
    /// voice, and the small pictures of the branch that the control room may look at.
    fn call(&mut self, around: &Around, profiles: &[Profiles], meeting: &Meeting, share: f64) {
        let sums = around.summed(profiles);
        let total = around.total(&sums);
        let above_hall = around.above(meeting.hall.node);
        for ((at, member), inside) in around.members().zip(&sums) {
            let seats: u32 = inside.iter().sum();
            if member.parent.is_none() || seats == 0 {
                continue;
            }
            let beyond = outside(&total, inside);
            let beyond = Profile::ALL.into_iter().zip(beyond).filter(|(_, count)| *count > 0);
            let mut streams: Vec<Stream> = beyond
                .flat_map(|(profile, _)| [Some(profile.programme()), profile.slides(), Some(Stream::Audio)])
                .flatten()
                .collect();
            streams.sort_unstable();
            streams.dedup();
            let mut load: Load = streams.into_iter().map(|stream| self.ladder.load(stream)).sum();
            if above_hall.get(at) == Some(&false) {
                load += self.ladder.load(Stream::Thumbnail) * f64::from(seats.min(meeting.tiles));
            }
            if let Some(called) = self.called.get_mut(member.node) {
                *called += load * share;
            }
        }
    }

    /// One of each kind that is wanted.
    fn copies(&self, wanted: &Wanted) -> Load {
        let kinds = Stream::ALL.into_iter().zip(wanted).filter(|(_, count)| **count > 0);
        kinds.map(|(stream, _)| self.ladder.load(stream)).sum()
    }

    /// As many of each kind as are wanted.
    fn each(&self, wanted: &Wanted) -> Load {
        let kinds = Stream::ALL.into_iter().zip(wanted);
        kinds.map(|(stream, count)| self.ladder.load(stream) * f64::from(*count)).sum()
    }
}

fn kind(profile: Profile) -> usize {
    Profile::ALL.iter().position(|one| *one == profile).unwrap_or_default()
}

/// Programme, slides and voices; what whoever is on stage sees and hears, the hall; and the tiles of the control room.
fn sources(meeting: &Meeting) -> Vec<Source<'_>> {
    let hall = &meeting.hall;
    let stage = meeting.stage.and_then(|at| meeting.rooms.get(at));
    let programme: Takes = |profile| Some(profile.programme());
    let others = |seat, takes| Source { seat, to: Receivers::Others, takes };
    let mut sources = vec![
        others(stage.unwrap_or(hall), programme),
        others(stage.unwrap_or(hall), |_| Some(Stream::Audio)),
        others(hall, Profile::slides),
        others(hall, |profile| (profile.voices() >= 2).then_some(Stream::Audio)),
        others(hall, |profile| (profile.voices() >= 3).then_some(Stream::Audio)),
    ];
    if let Some(stage) = stage {
        let back = |takes| Source { seat: hall, to: Receivers::One(stage), takes };
        sources.push(back(programme));
        sources.push(back(|profile| (profile.voices() < 2).then_some(Stream::Audio)));
    }
    let tiles = usize::try_from(meeting.tiles).unwrap_or(usize::MAX);
    sources.extend(meeting.rooms.iter().take(tiles).map(|seat| Source {
        seat,
        to: Receivers::One(hall),
        takes: |_| Some(Stream::Thumbnail),
    }));
    sources
}

/// How many at each node want each kind of a source.
fn wanted(around: &Around, profiles: &[Profiles], source: &Source<'_>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = around.zeros();
    let place = |profile| {
        (source.takes)(profile).and_then(|stream| Stream::ALL.iter().position(|one| *one == stream))
    };
    match source.to {
        Receivers::One(seat) => {
            if let Some(stream) = place(seat.profile) {
                around.count(&mut wanted, seat.node, stream, 1);
            }
        }
        Receivers::Others => {
            let own = (source.seat.node, kind(source.seat.profile));
            for ((_, member), counts) in around.members().zip(profiles) {
                for (at, (profile, count)) in Profile::ALL.into_iter().zip(counts).enumerate() {
                    let itself = u32::from((member.node, at) == own);
                    if let Some(stream) = place(profile) {
                        around.count(&mut wanted, member.node, stream, count - itself);
                    }
                }
            }
        }
    }
    wanted
}
