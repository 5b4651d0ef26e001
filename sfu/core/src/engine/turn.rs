//! One turn: the media packets that arrived together, on their way to the slots they fill. They are routed in the order
//! in which they came and written subscriber by subscriber, so that what belongs to one destination leaves together
//! and its state is fetched once; to a receiver it makes no difference how many came at a time.

use super::write::Aftermath;
use super::{Engine, MemberIndex};
use crate::datagram::Arena;
use crate::receive::{LAYER_STOPPED_AFTER, StreamId, StreamKey, Streams};
use crate::select::{Heard, SPEAKERS_TICK};
use crate::timer::Timer;
use crate::units::SeqNo;
use sfu_control::Source;
use std::collections::VecDeque;

/// Packets routed together at most. A shell hands in about as many before it drains; more gain nothing.
const BATCH_PACKETS_MAX: usize = 64;
/// Streams routed together at most: each is asked for every member.
const BATCH_STREAMS_MAX: usize = 64;

/// A packet that was taken in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) stream: StreamId,
    pub(super) epoch: u16,
    pub(super) seq: SeqNo,
    /// It only fills a number.
    pub(super) padding: bool,
    /// Its layer did not flow before.
    pub(super) resumed: bool,
}

/// What is to be done with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Forward,
    /// It goes nowhere, and nobody may see a gap where it was.
    Skip,
}

/// A routed packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Which of the batch's streams.
    pub(super) stream: usize,
    pub(super) epoch: u16,
    pub(super) seq: SeqNo,
    pub(super) fate: Fate,
}

/// How far a stream's fan-out has been served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    pub(super) stream: StreamId,
    pub(super) key: StreamKey,
    next: usize,
}

/// A slot's part in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) stream: usize,
    pub(super) slot: usize,
}

/// The packets of this turn. All its lists are kept over turns, so that a turn allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Turn {
    arrived: VecDeque<Arrived>,
    /// Decided, but to be routed only when what was decided before has left.
    held: Option<(Arrived, Fate)>,
    pub(super) items: Vec<Item>,
    pub(super) cursors: Vec<Cursor>,
    pub(super) targets: Vec<Target>,
    pub(super) aftermath: Vec<Aftermath>,
    /// Whether the batch is being written.
    writing: bool,
    /// Who was written to last.
    last: Option<MemberIndex>,
}

impl Turn {
    /// Takes a packet in.
    pub(super) fn arrive(&mut self, arrived: Arrived) {
        self.arrived.push_back(arrived);
    }

    /// Leaves something to do once a member is done.
    pub(super) fn leave(&mut self, aftermath: Aftermath) {
        self.aftermath.push(aftermath);
    }

    fn is_full(&self) -> bool {
        self.items.len() >= BATCH_PACKETS_MAX || self.cursors.len() >= BATCH_STREAMS_MAX
    }

    fn add(&mut self, streams: &Streams, arrived: Arrived, fate: Fate) {
        let Arrived { stream, epoch, seq, .. } = arrived;
        let known = self.cursors.iter().position(|cursor| cursor.stream == stream);
        let place = known.or_else(|| {
            let key = streams.get(stream)?.key;
            self.cursors.push(Cursor { stream, key, next: 0 });
            Some(self.cursors.len() - 1)
        });
        if let Some(place) = place {
            self.items.push(Item { stream: place, epoch, seq, fate });
        }
    }

    /// The next member that anything of this batch goes to, with its slots in `targets`.
    fn next_member(&mut self, streams: &Streams) -> Option<MemberIndex> {
        let ahead = |cursor: &Cursor| Some(streams.get(cursor.stream)?.fanout.get(cursor.next)?.member);
        let member = self.cursors.iter().filter_map(ahead).min()?;
        self.last = Some(member);
        self.targets.clear();
        for (stream, cursor) in self.cursors.iter_mut().enumerate() {
            let fanout =
                streams.get(cursor.stream).map(|stream| stream.fanout.as_slice()).unwrap_or_default();
            while let Some(address) = fanout.get(cursor.next).filter(|address| address.member == member) {
                self.targets.push(Target { stream, slot: address.slot });
                cursor.next += 1;
            }
        }
        Some(member)
    }

    /// Finds where each stream's fan-out has been served to, after it changed between two members.
    pub(super) fn reseek(&mut self, streams: &Streams) {
        let Some(last) = self.last.filter(|_| self.writing) else { return };
        for cursor in &mut self.cursors {
            let fanout =
                streams.get(cursor.stream).map(|stream| stream.fanout.as_slice()).unwrap_or_default();
            cursor.next = fanout.partition_point(|address| address.member <= last);
        }
    }
}

impl Engine {
    /// Goes one step on with the turn. Gives false when nothing is left of it.
    pub(super) fn step_turn(&mut self, arena: &mut Arena) -> bool {
        if self.turn.writing {
            if let Some(member) = self.turn.next_member(&self.streams) {
                self.write_member(member, arena);
                self.settle_aftermath();
            } else {
                self.turn.writing = false;
                self.turn.items.clear();
                self.turn.cursors.clear();
            }
            return true;
        }
        self.gather(arena);
        self.turn.last = None;
        self.turn.writing = !self.turn.items.is_empty();
        self.turn.writing
    }

    /// Decides about packets in the order they came, until enough are together or one needs other routes than the
    /// ones before it.
    fn gather(&mut self, arena: &mut Arena) {
        if let Some((arrived, fate)) = self.turn.held.take() {
            self.reroute_for(&arrived);
            self.route(arrived, fate, arena);
        }
        while !self.turn.is_full()
            && let Some(arrived) = self.turn.arrived.pop_front()
        {
            let (fate, reroutes) = self.decide(&arrived);
            if reroutes && !self.turn.items.is_empty() {
                self.turn.held = Some((arrived, fate));
                return;
            }
            if reroutes {
                self.reroute_for(&arrived);
            }
            self.route(arrived, fate, arena);
        }
    }

    /// Puts a decided packet on its ways: to slots here, and to the workers that take its stream.
    fn route(&mut self, arrived: Arrived, fate: Fate, arena: &mut Arena) {
        if !self.exchange.is_alone() {
            self.export(&arrived, fate == Fate::Forward, arena);
        }
        self.turn.add(&self.streams, arrived, fate);
    }

    /// What becomes of a packet, and whether it needs routes that hold from it on.
    fn decide(&mut self, arrived: &Arrived) -> (Fate, bool) {
        let Some(stream) = self.streams.get_mut(arrived.stream) else { return (Fate::Skip, false) };
        if arrived.padding {
            return (Fate::Skip, false);
        }
        stream.notice();
        if !stream.key.source.kind.is_audio() {
            return (Fate::Forward, arrived.resumed);
        }
        let source = stream.key.source;
        let loudness =
            stream.history.get(arrived.epoch, arrived.seq).and_then(|packet| packet.passed.loudness());
        let Some(id) = self.publishers.get(source.peer).map(|publisher| publisher.room) else {
            return (Fate::Skip, false);
        };
        let Some(room) = self.rooms.get_mut(&id) else { return (Fate::Skip, false) };
        self.timers.arm_if_idle(Timer::Speakers(id), self.now + SPEAKERS_TICK);
        match room.speakers.on_packet(self.now, source, loudness) {
            Heard::Yes => (Fate::Forward, false),
            Heard::No => {
                self.counters.dropped_unheard += 1;
                (Fate::Skip, false)
            }
            Heard::TookPlace => (Fate::Forward, true),
        }
    }

    /// Brings routes in line with what a packet changed: a voice took a place, or a layer flows again and slots that had
    /// to do with less may climb to it, starting with this very packet.
    fn reroute_for(&mut self, arrived: &Arrived) {
        let Some(stream) = self.streams.get(arrived.stream) else { return };
        let (peer, kind, layer) = (stream.key.source.peer, stream.key.source.kind, stream.key.layer);
        let Some(room) = self.publishers.get(peer).map(|publisher| publisher.room) else { return };
        if kind.is_audio() {
            return self.settle_voices(room);
        }
        self.unsettled_sources.insert(Source { peer, kind });
        self.timers.arm_if_idle(Timer::Activity(peer), self.now + LAYER_STOPPED_AFTER);
        self.settle();
        let Some(stream) = self.streams.get(arrived.stream) else { return };
        let starts = stream
            .history
            .get(arrived.epoch, arrived.seq)
            .is_some_and(|packet| packet.descriptor.starts_keyframe);
        let owed = stream.keyframe.due().is_some();
        if !starts && owed {
            // A request made before the stream was ever heard could not be sent.
            self.send_keyframe_request(peer, kind, layer);
        } else if !starts && self.is_awaited(arrived.stream) {
            // The packet it began with was lost, and nobody has asked since it rested.
            self.ask_keyframe(peer, kind, layer);
        }
    }
}
