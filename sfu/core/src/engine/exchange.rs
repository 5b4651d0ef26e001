//! What this engine knows of the engines beyond it and was told by them, and what it has to tell: those of the other workers
//! of its node, and those at the far ends of its links; see `crossing`. `exports` is its side as the home of publishers,
//! `imports` its side as the home of those who watch.

use super::Engine;
use crate::crossing::{Beyond, Crossing, Hops, LayerSet, Media, Parcel, Word};
use crate::datagram::Arena;
use crate::receive::{LayerStream, Packet};
use crate::timer::Timer;
use crate::workers::{WorkerId, Workers};
use sfu_control::{Layer, PeerId, RoomId, Source};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Soft state is said again this often, an eighth of it at a time: a thousand cameras at once would fill a ring.
const REFRESH_PART_INTERVAL: Duration = Duration::from_millis(125);
/// How many parts there are; names are dealt out to them by their number.
const REFRESH_PARTS: u64 = 8;
/// Links are told something twice as often, so that their ends know that they live.
const LINK_REFRESH_PARTS: u64 = REFRESH_PARTS / 2;
/// What was not said again for so long is no more: three refreshes.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

/// Words that wait to be written on links; more are dropped, and said again within a second.
const LINK_WORDS_MAX: usize = 65_536;

/// What another engine wants of one source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    pub(super) beyond: Beyond,
    pub(super) granted: Option<Layer>,
    pub(super) taken: LayerSet,
    pub(super) until: Instant,
}

/// That another engine has people in a room, or knows of some.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence {
    /// How far from here they are.
    pub(super) hops: Hops,
    pub(super) until: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    seat: Option<(WorkerId, usize)>,
    /// Which engines have people in a room.
    pub(super) present: BTreeMap<RoomId, BTreeMap<Beyond, Presence>>,
    /// What other engines want of sources they know from here.
    pub(super) wants: BTreeMap<Source, Vec<Want>>,
    /// Streams that a worker has begun to take and that it is to be shown from a keyframe on.
    pub(super) begun: VecDeque<(Source, Layer, WorkerId)>,
    /// What was last said of sources that are connected here, rates apart.
    pub(super) said_offers: BTreeMap<Source, Word>,
    /// What was last asked of sources that are connected elsewhere.
    pub(super) said_wants: BTreeMap<Source, Word>,
    /// Until when what was offered holds.
    pub(super) offers: BTreeMap<Source, Instant>,
    part: u64,
    outgoing: VecDeque<Crossing>,
    on_links: VecDeque<(PeerId, Word)>,
}

impl Exchange {
    /// Which worker this is, of how many.
    pub(super) fn seated(here: WorkerId, count: usize) -> Self {
        Self { seat: (count > 1).then_some((here, count)), ..Self::default() }
    }

    /// Whether there is nobody to talk to.
    pub(super) fn is_alone(&self) -> bool {
        self.seat.is_none()
    }

    /// Whether it is this engine that reports what concerns a room as a whole: each room has one such worker.
    pub(super) fn speaks_for(&self, room: RoomId) -> bool {
        self.seat.is_none_or(|(here, count)| room.number() % (count as u64) == here.number() as u64)
    }

    /// All other workers.
    pub(super) fn others(&self) -> Workers {
        self.seat.map_or(Workers::default(), |(here, count)| Workers::others(here, count))
    }

    /// The workers that have people in a room.
    pub(super) fn present(&self, room: RoomId) -> Workers {
        let present = self.present.get(&room).into_iter().flat_map(BTreeMap::keys);
        present.fold(Workers::default(), |all, beyond| match beyond {
            Beyond::Worker(worker) => all.with(Workers::only(*worker)),
            Beyond::Link(_) => all,
        })
    }

    /// Whether there are people of a room beyond a link.
    pub(super) fn is_present(&self, room: RoomId, link: PeerId) -> bool {
        self.present.get(&room).is_some_and(|present| present.contains_key(&Beyond::Link(link)))
    }

    /// How far the nearest people of a room are that some of the other engines know of.
    pub(super) fn nearest(&self, room: RoomId, which: impl Fn(Beyond) -> bool) -> Option<Hops> {
        let present = self.present.get(&room)?.iter().filter(|(beyond, _)| which(**beyond));
        present.map(|(_, presence)| presence.hops).filter(|hops| hops.is_of_use()).min()
    }

    /// Says something without a payload.
    pub(super) fn say(&mut self, to: Workers, word: Word) {
        if let Some((from, _)) = self.seat.filter(|_| !to.is_empty()) {
            self.outgoing.push_back(Crossing { to, from, word, payload: 0..0 });
        }
    }

    /// Says something to one engine.
    pub(super) fn tell(&mut self, beyond: Beyond, word: Word) {
        match beyond {
            Beyond::Worker(worker) => self.say(Workers::only(worker), word),
            Beyond::Link(_) if self.on_links.len() >= LINK_WORDS_MAX => {}
            Beyond::Link(link) => self.on_links.push_back((link, word)),
        }
    }

    /// The link something is to be said on next.
    pub(super) fn next_link(&self) -> Option<PeerId> {
        self.on_links.front().map(|(link, _)| *link)
    }

    /// The next thing to say on this link, if it comes first.
    pub(super) fn pop_on(&mut self, link: PeerId) -> Option<Word> {
        self.on_links.pop_front_if(|(whose, _)| *whose == link).map(|(_, word)| word)
    }

    /// Carries a packet across.
    pub(super) fn carry(
        &mut self,
        (to, room): (Workers, RoomId),
        stream: &LayerStream,
        packet: &Packet,
        arena: &mut Arena,
    ) {
        let (Some((from, _)), Some(ssrc)) = (self.seat, stream.ssrc()) else { return };
        let Packet { seq, time, marker, format, passed, .. } = *packet;
        let left_out = stream.left_out;
        // What was let in fits in a frame with its descriptor, so this never fails.
        let Ok(dependency) = u16::try_from(packet.dependency.len()) else { return };
        let key = stream.key;
        let media = Media { room, key, ssrc, seq, time, marker, format, passed, dependency, left_out };
        let word = Word::Media(media);
        let start = arena.len();
        arena.bytes_mut().extend_from_slice(&packet.dependency);
        arena.bytes_mut().extend_from_slice(&packet.payload);
        self.outgoing.push_back(Crossing { to, from, word, payload: start..arena.len() });
    }

    /// The next thing for the shell to carry.
    pub(super) fn pop(&mut self) -> Option<Crossing> {
        self.outgoing.pop_front()
    }

    /// Whether nothing waits to be carried.
    pub(super) fn is_quiet(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// Forgets what was said about and by a peer.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.wants.retain(|source, _| source.peer != peer);
        self.said_offers.retain(|source, _| source.peer != peer);
        self.said_wants.retain(|source, _| source.peer != peer);
        self.offers.retain(|source, _| source.peer != peer);
    }

    /// Forgets what was said over a link and what is to be said on it; gives the sources that were wanted there.
    pub(super) fn forget_link(&mut self, link: PeerId) -> Vec<Source> {
        let beyond = Beyond::Link(link);
        self.on_links.retain(|(whose, _)| *whose != link);
        self.present.values_mut().for_each(|present| _ = present.remove(&beyond));
        let mut wanted = Vec::new();
        for (source, wants) in &mut self.wants {
            let before = wants.len();
            wants.retain(|want| want.beyond != beyond);
            if wants.len() < before {
                wanted.push(*source);
            }
        }
        wanted
    }
}

impl Engine {
    /// Makes this engine one worker of a node with several, which share rooms: what it gives as [`super::Output::Cross`]
    /// goes to the others as [`super::Input::Crossed`]. Each must be told of every room and of its stage; a peer and
    /// what concerns it alone belongs to one.
    #[must_use]
    pub fn among(mut self, here: WorkerId, workers: usize) -> Self {
        self.exchange = Exchange::seated(here, workers);
        if !self.exchange.is_alone() {
            self.timers.arm(Timer::Exchange, self.now + REFRESH_PART_INTERVAL);
        }
        self
    }

    pub(super) fn on_parcel(&mut self, parcel: &Parcel) {
        self.counters.crossings_in += 1;
        let from = Beyond::Worker(parcel.from);
        match parcel.word {
            Word::Present { room, hops } => self.on_present(from, room, hops),
            Word::Offered { room, source, hops, format, layers } => {
                self.on_offered((from, room), (source, hops), format, layers);
            }
            Word::Withdrawn { source } => self.on_withdrawn(from, source),
            Word::Wanted { room, source, granted, taken } => {
                let until = self.now + FORGOTTEN_AFTER;
                self.on_wanted((room, source), Want { beyond: from, granted, taken, until });
            }
            Word::Sum { .. } | Word::Again => {}
            Word::KeyframeWanted { key } => self.ask_keyframe(key.source.peer, key.source.kind, key.layer),
            Word::Clock { key, clock } => {
                if let Some(stream) = self.publishers.stream(key).and_then(|id| self.streams.get_mut(id)) {
                    stream.reception.on_sender_report(clock);
                }
            }
            Word::Media(media) => self.on_crossed_media(&media, parcel.payload()),
        }
    }

    /// Says again what holds, and forgets what nobody says any more.
    pub(super) fn refresh_exchange(&mut self) {
        let part = self.exchange.part;
        self.exchange.part = (part + 1) % REFRESH_PARTS;
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms.into_iter().filter(|room| room.number() % REFRESH_PARTS == part) {
            self.say_present(room);
        }
        let ours: Vec<PeerId> = self.publishers.told_to_workers().collect();
        for peer in ours.into_iter().filter(|peer| peer.number() % REFRESH_PARTS == part) {
            self.repeat_offers(peer);
        }
        self.repeat_wants(|peer| peer.number() % REFRESH_PARTS == part);
        let links: Vec<PeerId> = self.links.keys().copied().collect();
        for link in
            links.into_iter().filter(|link| link.number() % LINK_REFRESH_PARTS == part % LINK_REFRESH_PARTS)
        {
            self.refresh_link(link);
        }
        self.forget_exports();
        self.forget_imports();
        if !self.exchange.is_alone() || !self.links.is_empty() {
            self.begin_exchange();
        }
    }

    /// There is somebody to say things to again.
    pub(super) fn begin_exchange(&mut self) {
        self.timers.arm_if_idle(Timer::Exchange, self.now + REFRESH_PART_INTERVAL);
    }
}
