//! The engine as the home of publishers: what it offers of them to other workers, and what these take. A stream crosses
//! to a worker while somebody there is shown it or waits for it; a voice crosses wherever its room is.

use super::Engine;
use super::exchange::{FORGOTTEN_AFTER, Want};
use super::publishers::Home;
use super::turn::Arrived;
use crate::crossing::{LayerSet, Word};
use crate::datagram::Arena;
use crate::receive::{LAYERS, Offered, StreamKey};
use crate::units::SeqNo;
use crate::workers::{WorkerId, Workers};
use sfu_control::{Gate, PeerId, RoomId, Source};

/// Packets left out in a row that are told of; the stream's renumbering closes longer gaps by itself.
const LEFT_OUT_MAX: u16 = 1_000;

impl Engine {
    /// Another worker has people in a room.
    pub(super) fn on_present(&mut self, worker: WorkerId, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let present = self.exchange.present.entry(id).or_default();
        if present.insert(worker, self.now + FORGOTTEN_AFTER).is_some() {
            return;
        }
        let members: Vec<PeerId> = room.members.iter().copied().collect();
        for peer in members {
            self.settle_voices_taken(peer);
            self.offer(peer, Workers::only(worker));
        }
    }

    /// Lets a peer's voices cross to where its room is.
    fn settle_voices_taken(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.get(peer) else { return };
        let takers = self.exchange.present(publisher.room);
        for receiver in publisher.receivers.iter().filter(|receiver| receiver.kind().is_audio()) {
            for stream in receiver.layers() {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.takers = takers;
                }
            }
        }
    }

    /// Tells who is present of what changed of a peer that is connected here.
    pub(super) fn settle_offers(&mut self, peer: PeerId) {
        let publisher = self.publishers.get(peer).filter(|publisher| publisher.home == Home::Here);
        let present = publisher.map_or(Workers::default(), |publisher| self.exchange.present(publisher.room));
        if !present.is_empty() {
            self.settle_voices_taken(peer);
            self.offer_changes(peer, present);
        }
    }

    fn offer_changes(&mut self, peer: PeerId, to: Workers) {
        for source in self.sources(peer) {
            let word = self.offer_of(source);
            let shape = word.map(without_rates);
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
        for source in self.sources(peer) {
            if let Some(word) = self.offer_of(source) {
                self.exchange.said_offers.insert(source, without_rates(word));
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

    pub(super) fn sources(&self, peer: PeerId) -> Vec<Source> {
        let receivers = self.publishers.get(peer).map(|publisher| publisher.receivers.as_slice());
        let kinds = receivers.unwrap_or_default().iter().map(|receiver| receiver.kind());
        kinds.map(|kind| Source { peer, kind }).collect()
    }

    /// What may be had of a source; nothing while its gate is closed.
    fn offer_of(&self, source: Source) -> Option<Word> {
        let room = self.publishers.get(source.peer)?.room;
        let receiver = self.publishers.receiver(source).filter(|receiver| receiver.gate == Gate::Open)?;
        let stream = |layer| receiver.layer(layer).and_then(|id| self.streams.get(id));
        let offered = LAYERS.map(|layer| {
            stream(layer).map(|stream| Offered {
                flowing: stream.is_flowing(self.now),
                rate: stream.bitrate(),
                half: stream.half_bitrate(),
            })
        });
        let format = LAYERS.into_iter().filter_map(stream).find_map(|stream| stream.format);
        Some(Word::Offered { room, source, format, layers: offered })
    }

    /// A peer is gone: nobody waits three seconds to learn it.
    pub(super) fn withdraw(&mut self, peer: PeerId, room: RoomId) {
        let present = self.exchange.present(room);
        for source in self.sources(peer) {
            self.exchange.say(present, Word::Withdrawn { source });
        }
    }

    /// Another worker wants something of a source. What it had not before it is shown from a keyframe on.
    pub(super) fn on_wanted(&mut self, (room, source): (RoomId, Source), want: Want) {
        let publisher = self.publishers.get(source.peer).filter(|publisher| publisher.home == Home::Here);
        if publisher.is_none_or(|publisher| publisher.room != room) {
            return;
        }
        let wants = self.exchange.wants.entry(source).or_default();
        let before = wants.iter().position(|known| known.worker == want.worker).map(|at| wants.remove(at));
        wants.push(want);
        let had = before.map_or(LayerSet::default(), |before| before.taken);
        for layer in LAYERS {
            if want.taken.contains(layer) && !had.contains(layer) {
                self.exchange.begun.push_back((source, layer, want.worker));
            }
        }
        self.settle_taken(source);
        if before.and_then(|before| before.granted) != want.granted {
            self.undemanded.insert(source);
        }
    }

    /// Brings a source's streams in line with who takes them.
    fn settle_taken(&mut self, source: Source) {
        let wants = self.exchange.wants.get(&source).map(Vec::as_slice).unwrap_or_default();
        for layer in LAYERS {
            let takes = wants.iter().filter(|want| want.taken.contains(layer));
            let takers = takes.fold(Workers::default(), |all, want| all.with(Workers::only(want.worker)));
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
            present.retain(|_, until| *until > now);
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
        }
        for room in left {
            let members = self.rooms.get(&room).map(|room| room.members.iter().copied().collect::<Vec<_>>());
            for peer in members.unwrap_or_default() {
                self.settle_voices_taken(peer);
            }
        }
    }
}

/// An offer as it is compared: rates change with every packet.
fn without_rates(word: Word) -> Word {
    let bare = |offered: Offered| Offered { flowing: offered.flowing, ..Offered::default() };
    match word {
        Word::Offered { room, source, format, layers } => {
            Word::Offered { room, source, format, layers: layers.map(|layer| layer.map(bare)) }
        }
        other @ (Word::Present { .. }
        | Word::Withdrawn { .. }
        | Word::Wanted { .. }
        | Word::KeyframeWanted { .. }
        | Word::Clock { .. }
        | Word::Media(_)) => other,
    }
}
