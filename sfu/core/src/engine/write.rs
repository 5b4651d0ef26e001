//! A batch on its way out to one subscriber after the other, and what that leaves to do.

use super::keyframes::catch_up;
use super::turn::{Fate, Item, Target, Turn};
use super::{Engine, Member, MemberIndex};
use crate::datagram::Arena;
use crate::downlink::{Outbox, Sending, Way};
use crate::receive::{LayerStream, Packet, StreamId, StreamKey};
use crate::send::{Forward, Place};
use crate::stats::Counters;
use crate::timer::Timer;
use sfu_control::SfuEvent;
use std::time::Instant;

/// What a slot's packet asks of the engine once the subscriber is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aftermath {
    Switched { member: MemberIndex, slot: usize, key: StreamKey, rtp: u32 },
    Restarted { key: StreamKey },
    Paced { member: MemberIndex },
}

/// One subscriber while the batch is written to it.
struct Writing<'a> {
    now: Instant,
    index: MemberIndex,
    member: &'a mut Member,
    out: Outbox<'a>,
    counters: &'a mut Counters,
    aftermath: &'a mut Vec<Aftermath>,
}

impl Writing<'_> {
    /// Puts a packet into a slot's stream and on the line.
    fn forward(&mut self, slot: usize, id: StreamId, (stream, packet): (&LayerStream, &Packet)) {
        if !self.member.downlink.chooses(slot, packet.format) {
            return self.counters.dropped_codec += 1;
        }
        let begins = self.begins(slot, stream.key, packet);
        if begins && stream.history.came_before(packet).is_none() {
            return self.aftermath.push(Aftermath::Restarted { key: stream.key });
        }
        let Some(place) = self.place(slot, stream.key, packet) else { return };
        let way = Way { line: slot, stream: id, key: stream.key };
        self.send(way, packet, place);
        if begins {
            self.catch_up(way, (stream, packet));
        }
    }

    fn begins(&self, slot: usize, key: StreamKey, packet: &Packet) -> bool {
        self.member.slots.get(slot).is_some_and(|slot| slot.stream.begins_with(key, packet))
    }

    fn send(&mut self, way: Way, packet: &Packet, place: Place) {
        match self.member.downlink.send(self.now, way, (packet, place), &mut self.out) {
            Sending::Sent => {
                self.member.bytes_down += packet.payload.len() as u64;
                self.counters.media_forwarded += 1;
            }
            Sending::Paced => self.on_paced(),
            Sending::Refused => self.counters.dropped_pacer += 1,
        }
    }

    /// Shows with a keyframe's first packet what came of it before that.
    fn catch_up(&mut self, way: Way, (stream, packet): (&LayerStream, &Packet)) {
        let caught = catch_up(self.now, self.member, way, (stream, packet), &mut self.out);
        self.counters.media_forwarded += caught.sent;
        self.counters.dropped_pacer += caught.refused;
        if caught.paced {
            self.on_paced();
        }
    }

    fn on_paced(&mut self) {
        let known = self.aftermath.iter().any(|left| matches!(left, Aftermath::Paced { .. }));
        if !known {
            self.aftermath.push(Aftermath::Paced { member: self.index });
        }
    }

    /// The numbers a packet goes out with; none if it does not.
    fn place(&mut self, slot: usize, key: StreamKey, packet: &Packet) -> Option<Place> {
        match self.member.slots.get_mut(slot)?.stream.forward(key, packet) {
            Forward::Send(place) => return Some(place),
            Forward::Switch(place) => {
                let rtp = place.time.rtp();
                self.aftermath.push(Aftermath::Switched { member: self.index, slot, key, rtp });
                return Some(place);
            }
            Forward::NotYet => {}
            Forward::Late => self.counters.dropped_late += 1,
            Forward::Restarted => self.aftermath.push(Aftermath::Restarted { key }),
        }
        None
    }

    /// Leaves a packet out of a slot's stream.
    fn skip(&mut self, slot: usize, key: StreamKey, item: &Item) {
        if let Some(slot) = self.member.slots.get_mut(slot) {
            slot.stream.skip(key, item.epoch, item.seq);
        }
    }
}

impl Engine {
    /// Writes everything of the batch that goes to one member.
    pub(super) fn write_member(&mut self, index: MemberIndex, arena: &mut Arena) {
        let Some(member) = self.members.at_mut(index).filter(|member| member.is_connected()) else { return };
        let Turn { items, cursors, targets, aftermath, .. } = &mut self.turn;
        let out = Outbox { arena, bursts: &mut self.bursts };
        let counters = &mut self.counters;
        let mut writing = Writing { now: self.now, index, member, out, counters, aftermath };
        for item in &*items {
            let Some(cursor) = cursors.get(item.stream) else { continue };
            let found = || {
                let stream = self.streams.get(cursor.stream)?;
                Some((stream, stream.history.get(item.epoch, item.seq)?))
            };
            for Target { slot, .. } in targets.iter().filter(|target| target.stream == item.stream) {
                match (item.fate, found()) {
                    (Fate::Skip, _) => writing.skip(*slot, cursor.key, item),
                    (Fate::Forward, Some(found)) => writing.forward(*slot, cursor.stream, found),
                    (Fate::Forward, None) => writing.counters.dropped_overrun += 1,
                }
            }
        }
    }

    /// Does what writing a member left to do.
    pub(super) fn settle_aftermath(&mut self) {
        while let Some(left) = self.turn.aftermath.pop() {
            match left {
                Aftermath::Switched { member, slot, key, rtp } => self.on_switched(member, slot, key, rtp),
                Aftermath::Restarted { key } => {
                    self.ask_keyframe(key.source.peer, key.source.kind, key.layer);
                }
                Aftermath::Paced { member } => self.arm_pacer(member),
            }
        }
    }

    /// Another source or layer begins in a slot.
    fn on_switched(&mut self, index: MemberIndex, position: usize, key: StreamKey, rtp_timestamp: u32) {
        self.counters.slot_switches += 1;
        let Some(member) = self.members.at_mut(index) else { return };
        let peer = member.id;
        self.stale_routes.insert((peer, position));
        if member.room.is_none() {
            return self.timers.arm_by(Timer::Reports(peer), self.now + super::reports::FIRST_REPORT_DELAY);
        }
        let Some(slot) = member.slots.get_mut(position) else { return };
        if slot.announced == Some(key.source) {
            return;
        }
        slot.announced = Some(key.source);
        let (slot, source) = (slot.stream.slot(), Some(key.source));
        // The client can measure its round trip and place the stream in time once it has our clock.
        self.timers.arm(Timer::Reports(peer), self.now + super::reports::FIRST_REPORT_DELAY);
        self.event(SfuEvent::SlotSwitched { peer, slot, source, rtp_timestamp });
    }
}
