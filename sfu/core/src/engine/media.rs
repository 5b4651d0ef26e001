//! A media packet's way from its publisher to the slots it fills.

use super::Engine;
use crate::peer::{Incoming, Outgoing};
use crate::receive::{LAYER_STOPPED_AFTER, Order, Packet, Received};
use crate::route::SlotAddress;
use crate::select::{Heard, SPEAKERS_TICK};
use crate::send::{Forward, Place};
use crate::timer::Timer;
use sfu_control::{Gate, Layer, PeerId, SfuEvent, SourceKind};

/// A media payload fills an Ethernet frame at most. A larger one would not leave again behind the headers we add.
const PAYLOAD_MAX_BYTES: usize = 1_460;

impl Engine {
    pub(super) fn on_media(&mut self, publisher: PeerId, incoming: Incoming) {
        self.counters.media_in += 1;
        if incoming.payload.len() > PAYLOAD_MAX_BYTES {
            return self.counters.dropped_size += 1;
        }
        let now = self.now;
        let Some(member) = self.members.get_mut(&publisher) else { return };
        member.bytes_up += incoming.payload.len() as u64;
        let Some(receiver) = member.receiver_mut(incoming.kind) else {
            return self.counters.dropped_stream += 1;
        };
        if receiver.gate == Gate::Closed {
            return self.counters.dropped_gate += 1;
        }
        match receiver.on_packet(now, incoming) {
            Some(Received::Media { packet, resumed, order }) => {
                match order {
                    Order::After { missing } => self.counters.upstream_missing += missing,
                    Order::Late => self.counters.upstream_recovered += 1,
                }
                self.on_packet(&packet, resumed);
            }
            Some(Received::Padding(packet)) => {
                self.counters.dropped_padding += 1;
                self.skip(&packet);
            }
            Some(Received::Malformed) => self.counters.dropped_malformed += 1,
            None => self.counters.dropped_stream += 1,
        }
    }

    fn on_packet(&mut self, packet: &Packet, resumed: bool) {
        let source = packet.key.source;
        if source.kind.is_audio() {
            if !self.is_heard(packet) {
                self.counters.dropped_unheard += 1;
                return self.skip(packet);
            }
        } else if resumed {
            self.on_resumed(packet);
        }
        self.fan_out(packet);
    }

    /// Whether an audio packet goes anywhere. A voice that takes a place is routed before its first packet goes.
    fn is_heard(&mut self, packet: &Packet) -> bool {
        let source = packet.key.source;
        let Some(id) = self.members.get(&source.peer).map(|member| member.room) else { return false };
        let Some(room) = self.rooms.get_mut(&id) else { return false };
        self.timers.arm_if_idle(Timer::Speakers(id), self.now + SPEAKERS_TICK);
        match room.speakers.on_packet(self.now, source, packet.audio_level) {
            Heard::Yes => true,
            Heard::No => false,
            Heard::TookPlace => {
                self.settle_voices(id);
                true
            }
        }
    }

    /// A layer flows again: slots that had to do with less may climb to it, starting with this very packet.
    fn on_resumed(&mut self, packet: &Packet) {
        let peer = packet.key.source.peer;
        if let Some(member) = self.members.get(&peer) {
            self.unsettled_rooms.insert(member.room);
        }
        self.timers.arm_if_idle(Timer::Activity(peer), self.now + LAYER_STOPPED_AFTER);
        self.settle();
        let stream = self.members.get(&peer).and_then(|member| {
            member.receiver(packet.key.source.kind).and_then(|receiver| receiver.layer(packet.key.layer))
        });
        // A request made before the stream was ever heard could not be sent.
        if !packet.descriptor.starts_keyframe && stream.is_some_and(|stream| stream.keyframe.due().is_some())
        {
            self.send_keyframe_request(peer, packet.key.source.kind, packet.key.layer);
        }
    }

    fn fan_out(&mut self, packet: &Packet) {
        let fanout = self.take_fanout(packet);
        for address in &fanout {
            self.forward(*address, packet);
        }
        self.restore_fanout(packet, fanout);
    }

    /// Closes the gap a packet leaves that goes nowhere.
    fn skip(&mut self, packet: &Packet) {
        let fanout = self.take_fanout(packet);
        for address in &fanout {
            let slot =
                self.members.get_mut(&address.peer).and_then(|member| member.slots.get_mut(address.slot));
            if let Some(slot) = slot {
                slot.stream.skip(packet);
            }
        }
        self.restore_fanout(packet, fanout);
    }

    fn forward(&mut self, address: SlotAddress, packet: &Packet) {
        let Some(member) = self.members.get_mut(&address.peer) else { return };
        if !member.is_connected() {
            return;
        }
        let Some(slot) = member.slots.get_mut(address.slot) else { return };
        if !member.peer.takes(address.slot, packet.format) {
            return self.counters.dropped_codec += 1;
        }
        match slot.stream.forward(self.now, packet) {
            Forward::Send(place) => self.send(address, packet, &place),
            Forward::Switch(place) => {
                self.counters.slot_switches += 1;
                self.stale_routes.insert(member.room);
                if slot.announced != Some(packet.key.source) {
                    slot.announced = Some(packet.key.source);
                    let event = SfuEvent::SlotSwitched {
                        peer: address.peer,
                        slot: slot.stream.slot(),
                        source: slot.announced,
                        rtp_timestamp: place.time.rtp(),
                    };
                    self.event(event);
                }
                self.send(address, packet, &place);
            }
            Forward::NotYet => {}
            Forward::Late => self.counters.dropped_late += 1,
            Forward::Restarted => {
                let source = packet.key.source;
                self.ask_keyframe(source.peer, source.kind, packet.key.layer);
            }
        }
    }

    fn send(&mut self, address: SlotAddress, packet: &Packet, place: &Place) {
        let Some(member) = self.members.get_mut(&address.peer) else { return };
        let outgoing = Outgoing {
            slot: address.slot,
            seq: place.seq,
            time: place.time,
            marker: packet.marker,
            format: packet.format,
            audio_level: packet.audio_level,
            extensions: packet.extensions,
            payload: &packet.payload,
            patch: place.patch,
        };
        if member.peer.send(self.now, &outgoing) {
            member.bytes_down += packet.payload.len() as u64;
            self.counters.media_forwarded += 1;
            self.unflushed.insert(address.peer);
        } else {
            self.counters.dropped_codec += 1;
        }
    }

    /// A subscriber's decoder needs a keyframe of what one of its slots shows.
    pub(super) fn on_keyframe_wanted(&mut self, subscriber: PeerId, slot: usize) {
        self.counters.keyframe_requests_in += 1;
        let slot = self.members.get(&subscriber).and_then(|member| member.slots.get(slot));
        if let Some(key) = slot.and_then(|slot| slot.stream.current()) {
            self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
        }
    }

    /// Asks a publisher for a keyframe unless it was asked a moment ago.
    pub(super) fn ask_keyframe(&mut self, peer: PeerId, kind: SourceKind, layer: Layer) {
        let stream = self.members.get_mut(&peer).and_then(|member| member.receiver_mut(kind));
        let Some(stream) = stream.and_then(|receiver| receiver.layer_mut(layer)) else { return };
        if stream.keyframe.ask(self.now) {
            self.send_keyframe_request(peer, kind, layer);
        }
        self.arm_keyframes(peer);
    }

    pub(super) fn send_keyframe_request(&mut self, peer: PeerId, kind: SourceKind, layer: Layer) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        if member.peer.request_keyframe(kind, layer) {
            self.counters.keyframes_requested += 1;
            self.unflushed.insert(peer);
        }
    }

    /// Arms the repetition of what a publisher still owes.
    pub(super) fn arm_keyframes(&mut self, peer: PeerId) {
        let Some(member) = self.members.get(&peer) else { return };
        let owed = member.receivers.iter().flat_map(|receiver| receiver.layers().map(|(_, stream)| stream));
        if let Some(due) = owed.filter_map(|stream| stream.keyframe.due()).min() {
            self.timers.arm(Timer::Keyframes(peer), due);
        }
    }

    fn take_fanout(&mut self, packet: &Packet) -> Vec<SlotAddress> {
        self.fanout_of(packet).map(std::mem::take).unwrap_or_default()
    }

    /// Nothing compiles routes while a packet is under way, so what was taken is still what holds.
    fn restore_fanout(&mut self, packet: &Packet, fanout: Vec<SlotAddress>) {
        if let Some(place) = self.fanout_of(packet) {
            *place = fanout;
        }
    }

    fn fanout_of(&mut self, packet: &Packet) -> Option<&mut Vec<SlotAddress>> {
        let source = packet.key.source;
        let receiver = self.members.get_mut(&source.peer)?.receiver_mut(source.kind)?;
        receiver.layer_mut(packet.key.layer).map(|stream| &mut stream.fanout)
    }
}
