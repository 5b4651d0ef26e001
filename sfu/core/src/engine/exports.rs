//! The engine as the home of publishers: what it offers of them to other engines, and what these take. A stream crosses
//! to a worker while somebody there is shown it or waits for it; a voice crosses wherever its room is. What came over a
//! link is offered on like what is connected here, but never back to where it came from. What goes out on links is
//! written to lines of theirs (`link_lines`).

use super::Engine;
use super::exchange::{FORGOTTEN_AFTER, Presence, Want};
use super::publishers::{Home, Publisher};
use super::turn::Arrived;
use crate::crossing::{Beyond, Hops, LayerSet, Word};
use crate::datagram::Arena;
use crate::link;
use crate::receive::{LAYERS, Offered, StreamKey};
use crate::units::SeqNo;
use crate::workers::Workers;
use sfu_control::{Gate, Layer, PeerId, RoomId, Source};
use std::collections::BTreeMap;

/// Packets left out in a row that are told of; the stream's renumbering closes longer gaps by itself.
const LEFT_OUT_MAX: u16 = 1_000;

impl Engine {
    /// Another engine has people in a room, or knows of some.
    pub(super) fn on_present(&mut self, from: Beyond, id: RoomId, hops: Hops) {
        if !self.rooms.contains_key(&id) {
            return;
        }
        let patience = match from {
            Beyond::Worker(_) => FORGOTTEN_AFTER,
            Beyond::Link(_) => link::FORGOTTEN_AFTER,
        };
        let presence = Presence { hops, until: self.now + patience };
        let before = self.exchange.present.entry(id).or_default().insert(from, presence);
        if before.is_none_or(|before| before.hops.is_of_use() != hops.is_of_use()) && hops.is_of_use() {
            // Whoever may send to them is not to wait for the next second.
            self.say_present(id);
        }
        if before.is_some() {
            return;
        }
        let publishers: Vec<PeerId> = room_publishers(&self.rooms, id);
        match from {
            Beyond::Worker(worker) => {
                for peer in publishers {
                    self.settle_voices_taken(peer);
                    self.offer(peer, Workers::only(worker));
                }
            }
            Beyond::Link(link) => self.unsettled_peers.insert(link),
        }
    }

    /// Lets a peer's voices cross to where its room is. What another worker told of is told there by that one.
    fn settle_voices_taken(&mut self, peer: PeerId) {
        let Some(publisher) =
            self.publishers.get(peer).filter(|publisher| publisher.home.is_told_to_workers())
        else {
            return;
        };
        let takers = self.exchange.present(publisher.room);
        for receiver in publisher.receivers.iter().filter(|receiver| receiver.kind().is_audio()) {
            for stream in receiver.layers() {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.takers = takers;
                }
            }
        }
    }

    /// Tells who is present of what changed of a peer; links are told in a moment.
    pub(super) fn settle_offers(&mut self, peer: PeerId) {
        let Some(&Publisher { room, home, .. }) = self.publishers.get(peer) else { return };
        self.unsaid.insert(room);
        let present = self.exchange.present(room);
        if home.is_told_to_workers() && !present.is_empty() {
            self.settle_voices_taken(peer);
            self.offer_changes(peer, present);
        }
    }

    fn offer_changes(&mut self, peer: PeerId, to: Workers) {
        for source in self.sources_told(peer) {
            let word = self.offer_of(source);
            let shape = word.map(Word::without_rates);
            if self.exchange.said_offers.get(&source).copied() == shape {
                continue;
            }
            match (word, shape) {
                (Some(word), Some(shape)) => {
                    self.exchange.said_offers.insert(source, shape);
                    self.exchange.say(to, word);
                }
                _ => {
                    self.exchange.said_offers.remove(&source);
                    self.exchange.say(to, Word::Withdrawn { source });
                }
            }
        }
    }

    /// Says what may be had of a peer.
    fn offer(&mut self, peer: PeerId, to: Workers) {
        for source in self.sources_told(peer) {
            if let Some(word) = self.offer_of(source) {
                self.exchange.said_offers.insert(source, word.without_rates());
                self.exchange.say(to, word);
            }
        }
    }

    /// Says it again.
    pub(super) fn repeat_offers(&mut self, peer: PeerId) {
        let Some(room) = self.publishers.get(peer).map(|publisher| publisher.room) else { return };
        let present = self.exchange.present(room);
        if !present.is_empty() {
            self.offer(peer, present);
        }
    }

    /// What other workers are told of a peer.
    fn sources_told(&self, peer: PeerId) -> Vec<Source> {
        let home = self.publishers.get(peer).map(|publisher| publisher.home);
        if home.is_some_and(Home::is_told_to_workers) { self.sources(peer) } else { Vec::new() }
    }

    pub(super) fn sources(&self, peer: PeerId) -> Vec<Source> {
        let receivers = self.publishers.get(peer).map(|publisher| publisher.receivers.as_slice());
        let kinds = receivers.unwrap_or_default().iter().map(|receiver| receiver.kind());
        kinds.map(|kind| Source { peer, kind }).collect()
    }

    /// What may be had of a source; nothing while its gate is closed.
    pub(super) fn offer_of(&self, source: Source) -> Option<Word> {
        let &Publisher { room, hops, .. } = self.publishers.get(source.peer)?;
        let receiver = self.publishers.receiver(source).filter(|receiver| receiver.gate == Gate::Open)?;
        let stream = |layer| receiver.layer(layer).and_then(|id| self.streams.get(id));
        let offered = LAYERS.map(|layer| {
            stream(layer).map(|stream| Offered {
                flowing: stream.is_offered(self.now),
                rate: stream.bitrate(),
                half: stream.half_bitrate(),
            })
        });
        let format = LAYERS.into_iter().filter_map(stream).find_map(|stream| stream.format);
        Some(Word::Offered { room, source, hops, format, layers: offered })
    }

    /// A peer is gone: nobody waits three seconds to learn it.
    pub(super) fn withdraw(&mut self, peer: PeerId, room: RoomId) {
        let present = self.exchange.present(room);
        for source in self.sources_told(peer) {
            self.exchange.say(present, Word::Withdrawn { source });
        }
    }

    /// Another engine wants something of a source. What a worker had not before it is shown from a keyframe on.
    pub(super) fn on_wanted(&mut self, (room, source): (RoomId, Source), want: Want) {
        let publisher = self.publishers.get(source.peer).filter(|publisher| publisher.room == room);
        let publisher = publisher.filter(|publisher| publisher.home.is_told_to(want.beyond));
        let Some(&Publisher { home, .. }) = publisher else { return };
        let wants = self.exchange.wants.entry(source).or_default();
        let before = wants.iter().position(|known| known.beyond == want.beyond).map(|at| wants.remove(at));
        wants.push(want);
        let had = before.map_or(LayerSet::default(), |before| before.taken);
        let granted_before = before.and_then(|before| before.granted);
        match want.beyond {
            Beyond::Worker(worker) => {
                for layer in LAYERS {
                    if want.taken.contains(layer) && !had.contains(layer) {
                        self.exchange.begun.push_back((source, layer, worker));
                    }
                }
            }
            Beyond::Link(link) if had != want.taken || granted_before != want.granted => {
                self.unsettled_peers.insert(link);
            }
            Beyond::Link(_) => {}
        }
        self.settle_taken(source);
        if granted_before != want.granted || home != Home::Here && had != want.taken {
            self.undemanded.insert(source);
        }
    }

    /// Brings a source's streams in line with who takes them.
    fn settle_taken(&mut self, source: Source) {
        let wants = self.exchange.wants.get(&source).map(Vec::as_slice).unwrap_or_default();
        for layer in LAYERS {
            let takes = wants.iter().filter(|want| want.taken.contains(layer));
            let takers = takes.fold(Workers::default(), |all, want| match want.beyond {
                Beyond::Worker(worker) => all.with(Workers::only(worker)),
                // What links take goes out on lines of theirs.
                Beyond::Link(_) => all,
            });
            let id = self.publishers.stream(StreamKey { source, layer });
            if let Some(stream) = id.and_then(|id| self.streams.get_mut(id)) {
                stream.takers = takers;
            }
        }
    }

    /// Shows one worker a kept keyframe of what it has begun to take, or has one asked for. Gives false when there is
    /// none to be shown anything.
    pub(super) fn step_exports(&mut self, arena: &mut Arena) -> bool {
        let Some((source, layer, worker)) = self.exchange.begun.pop_front() else { return false };
        let key = StreamKey { source, layer };
        let room = self.publishers.get(source.peer).map(|publisher| publisher.room);
        let stream = self.publishers.stream(key).and_then(|id| self.streams.get(id));
        let (Some(room), Some(stream)) = (room, stream) else { return true };
        let Some(kept) = stream.history.replay(self.now) else {
            self.ask_keyframe(source.peer, source.kind, layer);
            return true;
        };
        for seq in kept {
            if let Some(packet) = stream.history.get(stream.epoch(), SeqNo::new(seq)) {
                self.exchange.carry((Workers::only(worker), room), stream, packet, arena);
            }
        }
        true
    }

    /// Carries a routed packet to the workers that take its stream.
    pub(super) fn export(&mut self, arrived: &Arrived, forwards: bool, arena: &mut Arena) {
        let Some(stream) = self.streams.get_mut(arrived.stream) else { return };
        if !forwards {
            stream.left_out = stream.left_out.saturating_add(1).min(LEFT_OUT_MAX);
            return;
        }
        if !stream.takers.is_empty()
            && let Some(publisher) = self.publishers.get(stream.key.source.peer)
            && let Some(packet) = stream.history.get(arrived.epoch, arrived.seq)
        {
            self.exchange.carry((stream.takers, publisher.room), stream, packet, arena);
        }
        stream.left_out = 0;
    }

    /// Forgets who has not spoken for long.
    pub(super) fn forget_exports(&mut self) {
        let now = self.now;
        let mut left = Vec::new();
        for (room, present) in &mut self.exchange.present {
            let before = present.len();
            present.retain(|_, presence| presence.until > now);
            if present.len() < before {
                left.push(*room);
            }
        }
        let mut changed = Vec::new();
        for (source, wants) in &mut self.exchange.wants {
            let before = wants.len();
            wants.retain(|want| want.until > now);
            if wants.len() < before {
                changed.push(*source);
            }
        }
        self.exchange.wants.retain(|_, wants| !wants.is_empty());
        for source in changed {
            self.settle_taken(source);
            self.undemanded.insert(source);
            left.extend(self.publishers.get(source.peer).map(|publisher| publisher.room));
        }
        for room in left {
            for peer in room_publishers(&self.rooms, room) {
                self.settle_voices_taken(peer);
            }
            let links = self.rooms.get(&room).map(|room| &room.links);
            self.unsettled_peers.extend(links.into_iter().flatten().copied());
        }
    }

    /// The highest layer of a source that was granted to anybody beyond. What a link does not afford nobody need send for it.
    pub(super) fn granted_beyond(&self, source: Source) -> Option<Layer> {
        let wants = self.exchange.wants.get(&source)?.iter();
        wants.filter_map(|want| self.afforded(source, want.beyond, want.granted?)).max()
    }
}

/// Everybody in a room who may send.
fn room_publishers(rooms: &BTreeMap<RoomId, crate::room::Room>, id: RoomId) -> Vec<PeerId> {
    rooms.get(&id).into_iter().flat_map(crate::room::Room::publishers).collect()
}
