//! Keyframes: who waits for one is shown a kept one if there is, else its publisher is asked, not more than once a second
//! whatever the audience. One whose first packet comes behind others of it is shown with what came before.

use super::publishers::Home;
use super::write::Aftermath;
use super::{Engine, Member};
use crate::crossing::{Beyond, Word};
use crate::datagram::Arena;
use crate::downlink::{Outbox, Sending, Way};
use crate::receive::{LayerStream, Packet, StreamId, StreamKey};
use crate::send::Forward;
use crate::timer::Timer;
use crate::units::SeqNo;
use crate::workers::Workers;
use sfu_control::{Layer, PeerId, Source, SourceKind};
use std::time::Instant;

impl Engine {
    /// A subscriber's decoder needs a keyframe of what one of its slots shows.
    pub(super) fn on_keyframe_wanted(&mut self, subscriber: PeerId, slot: usize) {
        self.counters.keyframe_requests_in += 1;
        let slot = self.members.get(&subscriber).and_then(|member| member.slots.get(slot));
        // A decoder that was given one still expects more soon; it gets them when they are due.
        let moving = slot.filter(|slot| !slot.stream.shows_stills());
        if let Some(key) = moving.and_then(|slot| slot.stream.current()) {
            self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
        }
    }

    /// A slot waits for another picture: it is shown a kept keyframe of it, or one is asked for.
    pub(super) fn expect_keyframe(&mut self, subscriber: PeerId, position: usize) {
        let slot = self.members.get(&subscriber).and_then(|member| member.slots.get(position));
        let key = slot.and_then(|slot| slot.stream.target()).filter(|key| !key.source.kind.is_audio());
        let Some(key) = key else { return };
        let stream = self.publishers.stream(key).and_then(|id| self.streams.get(id));
        if stream.is_some_and(|stream| stream.history.replay(self.now).is_some()) {
            self.replays.insert((subscriber, position));
        } else {
            self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
        }
    }

    /// Lets a slot show spatial layers up to one, or whatever comes; what it has to climb to is asked for.
    pub(super) fn look_up_to(&mut self, subscriber: PeerId, position: usize, layer: Option<u8>) {
        let slot = self.members.get_mut(&subscriber).and_then(|member| member.slots.get_mut(position));
        let Some(slot) = slot else { return };
        slot.stream.look_up_to(layer);
        let climbs = slot.stream.current().filter(|key| slot.stream.climbs(*key));
        if let Some(key) = climbs {
            self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
        }
    }

    /// Keyframes that came while a client was still shaking hands could not be written to it, and a client asks for none
    /// of a stream it has never heard: all its waiting pictures are seen to anew.
    pub(super) fn expect_keyframes(&mut self, subscriber: PeerId) {
        let slots = self.members.get(&subscriber).map_or(0, |member| member.slots.len());
        for position in 0..slots {
            self.expect_keyframe(subscriber, position);
        }
    }

    /// Asks a publisher for a keyframe unless it was asked a moment ago.
    pub(super) fn ask_keyframe(&mut self, peer: PeerId, kind: SourceKind, layer: Layer) {
        let Some(id) = self.stream_id(peer, kind, layer) else { return };
        let Some(stream) = self.streams.get_mut(id) else { return };
        if stream.keyframe.ask(self.now) {
            self.send_keyframe_request(peer, kind, layer);
        }
        self.arm_keyframes(peer);
    }

    /// Puts a request among what the publisher is told next.
    pub(super) fn send_keyframe_request(&mut self, peer: PeerId, kind: SourceKind, layer: Layer) {
        let Some(id) = self.stream_id(peer, kind, layer) else { return };
        // A stream that was never heard has no number to ask by; it begins with a keyframe anyway.
        if self.streams.get(id).is_none_or(|stream| stream.ssrc().is_none()) {
            return;
        }
        self.counters.keyframes_requested += 1;
        match self.publishers.get(peer).map(|publisher| publisher.home) {
            Some(Home::At(Beyond::Worker(worker))) => {
                let key = StreamKey { source: Source { peer, kind }, layer };
                self.exchange.say(Workers::only(worker), Word::KeyframeWanted { key });
            }
            Some(Home::At(Beyond::Link(link))) => self.owed_keyframes.insert((link, id)),
            Some(Home::Here) | None => {
                self.owed_keyframes.insert((peer, id));
            }
        }
    }

    /// Asks again for keyframes somebody still waits for.
    pub(super) fn repeat_keyframe_requests(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.get(peer) else { return };
        let ids: Vec<StreamId> = publisher.streams().collect();
        for id in ids {
            let waiting = self.is_awaited(id);
            let Some(stream) = self.streams.get_mut(id) else { continue };
            let (kind, layer) = (stream.key.source.kind, stream.key.layer);
            if stream.keyframe.take_due(self.now, waiting) {
                self.send_keyframe_request(peer, kind, layer);
            }
        }
        self.arm_keyframes(peer);
    }

    /// Arms the repetition of what a publisher still owes.
    pub(super) fn arm_keyframes(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.get(peer) else { return };
        let owed = publisher.streams().filter_map(|id| self.streams.get(id)?.keyframe.due());
        if let Some(due) = owed.min() {
            self.timers.arm(Timer::Keyframes(peer), due);
        }
    }

    /// Shows one waiting slot a kept keyframe and what came since. Gives false when none waits.
    pub(super) fn step_replay(&mut self, arena: &mut Arena) -> bool {
        let Some((peer, position)) = self.replays.pop_first() else { return false };
        let Some(index) = self.members.index(&peer) else { return true };
        let Some(member) = self.members.get(&peer) else { return true };
        let target = member.slots.get(position).and_then(|slot| slot.stream.target());
        let Some((key, id)) = target.and_then(|key| Some((key, self.publishers.stream(key)?))) else {
            return true;
        };
        let Some(stream) = self.streams.get(id) else { return true };
        let (Some(kept), true) = (stream.history.replay(self.now), member.is_connected()) else {
            self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
            return true;
        };
        self.counters.replays += 1;
        let Some(member) = self.members.at_mut(index) else { return true };
        let mut out = Outbox { arena, bursts: &mut self.bursts };
        for seq in kept {
            let Some(packet) = stream.history.get(stream.epoch(), SeqNo::new(seq)) else { continue };
            let Some(slot) = member.slots.get_mut(position) else { break };
            if packet.is_padding() || !member.downlink.chooses(position, packet.format) {
                slot.stream.skip(key, packet.epoch, packet.seq);
                continue;
            }
            let (Forward::Send(place) | Forward::Switch(place)) = slot.stream.forward(key, packet) else {
                continue;
            };
            if packet.descriptor.starts_keyframe {
                let rtp = place.time.rtp();
                self.turn.leave(Aftermath::Switched { member: index, slot: position, key, rtp });
            }
            let way = Way { line: position, stream: id, key };
            if member.downlink.send(self.now, way, (packet, place), &mut out) != Sending::Refused {
                member.bytes_down += packet.payload.len() as u64;
                self.counters.media_forwarded += 1;
            }
        }
        self.turn.leave(Aftermath::Paced { member: index });
        self.settle_aftermath();
        true
    }

    fn stream_id(&self, peer: PeerId, kind: SourceKind, layer: Layer) -> Option<StreamId> {
        self.publishers.stream(StreamKey { source: Source { peer, kind }, layer })
    }

    /// Whether a flowing stream is waited for by anybody.
    pub(super) fn is_awaited(&self, id: StreamId) -> bool {
        let Some(stream) = self.streams.get(id) else { return false };
        let waits = |address: &crate::route::SlotAddress| {
            let slot = self.members.at(address.member).and_then(|member| member.slots.get(address.slot));
            slot.is_some_and(|slot| {
                slot.stream.target() == Some(stream.key) || slot.stream.climbs(stream.key)
            })
        };
        stream.is_live(self.now) && stream.fanout.iter().any(waits)
    }
}

/// What a slot was shown beside the packet it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CaughtUp {
    /// Packets that left.
    pub(super) sent: u64,
    /// Whether some wait for the line.
    pub(super) paced: bool,
    /// Packets there was no room for.
    pub(super) refused: u64,
}

/// Shows a slot that has just begun with `first` what came of the stream before it, overtook it or was sent while it was
/// lost: those packets passed when the slot could not begin with them, and no repair would bring them back.
pub(super) fn catch_up(
    now: Instant,
    member: &mut Member,
    way: Way,
    (stream, first): (&LayerStream, &Packet),
    out: &mut Outbox<'_>,
) -> CaughtUp {
    let mut caught = CaughtUp::default();
    for packet in stream.history.came_before(first).into_iter().flatten() {
        let Some(slot) = member.slots.get_mut(way.line) else { break };
        if packet.is_padding() || !member.downlink.chooses(way.line, packet.format) {
            slot.stream.skip(stream.key, packet.epoch, packet.seq);
            continue;
        }
        let Forward::Send(place) = slot.stream.forward(stream.key, packet) else { continue };
        match member.downlink.send(now, way, (packet, place), out) {
            Sending::Sent => {
                member.bytes_down += packet.payload.len() as u64;
                caught.sent += 1;
            }
            Sending::Paced => caught.paced = true,
            Sending::Refused => caught.refused += 1,
        }
    }
    caught
}
