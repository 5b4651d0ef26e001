//! Brings slots in line with what rooms, views, gates and lines now say, and then what follows from slots: routes and
//! demands. Runs once per turn, however many inputs asked for it, and touches whom a change concerns: a room of a
//! thousand is not walked for one who comes.

use super::{Engine, deadlines};
use crate::estimate::INITIAL_ESTIMATE;
use crate::link::is_link;
use crate::receive::{LAYERS, LayerStream, OperatingPoint, StreamKey, index_of};
use crate::room::Room;
use crate::select::{PictureWish, Share, allocate, nominal, points};
use crate::timer::Timer;
use crate::units::Bitrate;
use sfu_control::{Gate, Layer, PeerId, ReceiveProfile, RoomId, SfuEvent, Slot, Source};

/// The estimator looks for more than is wanted, since layers climb only into a part of what it finds.
pub(super) const DESIRED_PERCENT: u64 = 150;
/// What it looks for at least, so that the first picture finds its line already measured.
pub(super) const DESIRED_MIN: Bitrate = Bitrate::kbps(2_500);
/// Who has less than it wants is looked at anew at once when its line is found to carry this much of what it was taken for.
/// Less is seen to within a second.
const FOUND_PERCENT: u64 = 120;

impl Engine {
    /// Settles what is unsettled.
    pub(super) fn settle(&mut self) {
        // It is asked at every step of a turn, and there is seldom anything.
        if self.is_settled() {
            return;
        }
        #[cfg(test)]
        self.note_settled();
        while let Some(source) = self.unsettled_sources.pop_first() {
            self.settle_source(source);
        }
        while let Some(id) = self.unsettled_rooms.pop_first() {
            self.unsaid.insert(id);
            let Some(room) = self.rooms.get(&id) else { continue };
            for peer in room.members.iter().chain(&room.links) {
                self.unsettled_peers.insert(*peer);
            }
        }
        while let Some(peer) = self.unsettled_peers.pop_first() {
            if is_link(peer) {
                self.settle_link(peer);
            } else {
                self.settle_peer(peer);
            }
        }
        self.settle_routes();
        while let Some(source) = self.undemanded.pop_first() {
            self.settle_demand(source);
        }
        while let Some(room) = self.unsaid.pop_first() {
            self.settle_link_offers(room);
        }
    }

    fn is_settled(&self) -> bool {
        self.unsettled_sources.is_empty()
            && self.unsettled_rooms.is_empty()
            && self.unsettled_peers.is_empty()
            && self.stale_routes.is_empty()
            && self.undemanded.is_empty()
            && self.unsaid.is_empty()
    }

    /// What may be had of a source changed: who wants it is settled, and who may want it is told.
    fn settle_source(&mut self, source: Source) {
        let Some(id) = self.publishers.get(source.peer).map(|publisher| publisher.room) else { return };
        let Some(room) = self.rooms.get(&id) else { return };
        if room.is_for_all(source) {
            self.unsettled_rooms.insert(id);
        } else if !source.kind.is_audio() {
            let members = room.members.iter().filter_map(|peer| self.members.get(peer));
            for member in members.filter(|member| Room::names(&member.view, source)) {
                self.unsettled_peers.insert(member.id);
            }
            room.links.iter().for_each(|link| self.unsettled_peers.insert(*link));
        }
        self.undemanded.insert(source);
        self.settle_offers(source.peer);
    }

    /// Gives voices their slots at once, pictures untouched.
    pub(super) fn settle_voices(&mut self, room: RoomId) {
        let Some(stage) = self.rooms.get(&room) else { return };
        let (members, links): (Vec<_>, Vec<_>) =
            (stage.members.iter().copied().collect(), stage.links.iter().copied().collect());
        for peer in members {
            self.retarget_voices(peer);
        }
        for link in links {
            self.settle_link_voices(link, room);
        }
        self.settle_routes();
    }

    fn settle_peer(&mut self, peer: PeerId) {
        self.retarget_voices(peer);
        self.retarget_pictures(peer);
        self.recount(peer);
    }

    /// What a slot should show among what may be shown at all. A picture in a codec the client has not is not
    /// wished for: waiting for its keyframe would cost the sender one a second for ever.
    pub(super) fn wish(&self, peer: PeerId, position: usize, slot: Slot) -> Option<Source> {
        let member = self.members.get(&peer)?;
        let source = self.rooms.get(&member.room?)?.wish(peer, &member.view, slot)?;
        let receiver = self.publishers.receiver(source)?;
        let mut streams = self.publishers.layers(source, &self.streams);
        let format = streams.find_map(|stream| stream.format);
        let taken = format.is_none_or(|format| member.downlink.takes(position, format));
        (taken && receiver.gate == Gate::Open).then_some(source)
    }

    fn retarget_voices(&mut self, peer: PeerId) {
        for position in self.positions(peer, is_voice) {
            let Some(slot) = self.slot_at(peer, position) else { continue };
            let key = self.wish(peer, position, slot).map(|source| StreamKey { source, layer: Layer::Low });
            self.retarget(peer, position, key);
        }
    }

    fn retarget_pictures(&mut self, peer: PeerId) {
        let mut places = Vec::new();
        let mut wishes = Vec::new();
        for position in self.positions(peer, |slot| !is_voice(slot)) {
            let Some(slot) = self.slot_at(peer, position) else { continue };
            match self.wish(peer, position, slot) {
                Some(source) => {
                    wishes.push(self.picture_wish(peer, position, slot, source));
                    places.push((position, source));
                }
                None => {
                    self.settle_motion(peer, position);
                    self.grant(peer, position, None);
                    self.retarget(peer, position, None);
                }
            }
        }
        let Some(member) = self.members.get_mut(&peer) else { return };
        let estimate = member.estimate.unwrap_or(INITIAL_ESTIMATE);
        member.judged_estimate = estimate;
        let estimate = estimate.min(member.rest.ceiling(self.now));
        let climb = member.rest.climb(self.now, estimate);
        let allocation = allocate(&wishes, member.view.profile, estimate, climb, member.granted_rate);
        member.hungry = allocation.hungry;
        member.granted_rate = allocation.granted;
        if allocation.fell {
            member.rest.on_fall(self.now);
        }
        if allocation.rose {
            member.rest.on_rise(self.now, estimate);
        }
        let desired = allocation.desired.percent(DESIRED_PERCENT).max(desired_at_least(member.view.profile));
        if member.desired_rate != desired {
            member.desired_rate = desired;
            member.downlink.set_desired_bitrate(desired);
            self.owed_pacing.insert(peer);
        }
        if allocation.hungry {
            self.timers.arm_if_idle(Timer::Reselect(peer), self.now + deadlines::RESELECT_INTERVAL);
        }
        for ((position, source), Share { granted, shown }) in places.into_iter().zip(allocation.shares) {
            self.settle_motion(peer, position);
            self.grant(peer, position, granted);
            let stream = shown.map(|shown| self.stream_of(source, shown.layer));
            self.retarget(peer, position, stream.map(|(key, _)| key));
            self.look_up_to(peer, position, stream.and_then(|(_, spatial)| spatial));
            self.show_frames(peer, position, shown);
        }
    }

    /// Which stream a layer comes on, and which spatial layer of it that is, if it has several.
    pub(super) fn stream_of(&self, source: Source, layer: Layer) -> (StreamKey, Option<u8>) {
        let lowest = StreamKey { source, layer: LAYERS[0] };
        let stream = self.publishers.stream(lowest).and_then(|id| self.streams.get(id));
        match stream.filter(|stream| stream.is_layered()) {
            Some(_) => (lowest, u8::try_from(index_of(layer)).ok()),
            None => (StreamKey { source, layer }, None),
        }
    }

    fn picture_wish(&self, peer: PeerId, position: usize, slot: Slot, source: Source) -> PictureWish {
        let member = self.members.get(&peer);
        let held = member.and_then(|member| member.slots.get(position));
        let layered = self.publishers.layers(source, &self.streams).any(LayerStream::is_layered);
        // What another source was granted says nothing about this one, nor what this one was before its layers were known.
        let same = held.is_some_and(|slot| {
            let key = slot.stream.target().or(slot.stream.current());
            key.is_some_and(|key| key.source == source) && layered != slot.stream.looks_all_the_way_up()
        });
        let held = held.filter(|_| same).and_then(|slot| slot.granted);
        let layers = || self.publishers.layers(source, &self.streams);
        // A camera encodes all its sizes alike, also those that nobody has asked for yet.
        let halves = layers().any(LayerStream::has_temporal_layers);
        let receiver = self.publishers.receiver(source);
        let alone = |layer| receiver.map_or(layer, |receiver| receiver.as_large_as(layer));
        let size = |layer| nominal(if layered { layer } else { alone(layer) });
        PictureWish {
            slot,
            height: member.map_or(0, |member| Room::height(&member.view, slot)),
            held,
            points: layers()
                .flat_map(|stream| stream.choices(self.now))
                .flat_map(|choice| points(choice, size(choice.layer), halves, held))
                .collect(),
        }
    }

    pub(super) fn grant(&mut self, peer: PeerId, position: usize, point: Option<OperatingPoint>) {
        let slot = self.members.get_mut(&peer).and_then(|member| member.slots.get_mut(position));
        if let Some(slot) = slot {
            slot.granted = point;
        }
    }

    fn show_frames(&mut self, peer: PeerId, position: usize, shown: Option<OperatingPoint>) {
        let slot = self.members.get_mut(&peer).and_then(|member| member.slots.get_mut(position));
        if let (Some(slot), Some(shown)) = (slot, shown) {
            slot.stream.show_frames(shown.frames);
        }
    }

    /// Points a slot at a stream, or at none.
    pub(super) fn retarget(&mut self, peer: PeerId, position: usize, key: Option<StreamKey>) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let Some(slot) = member.slots.get_mut(position) else { return };
        if slot.stream.target().or(slot.stream.current()) == key {
            return;
        }
        let fell_empty = slot.stream.retarget(key);
        if key.is_none() {
            self.counters.dropped_pacer += member.downlink.forget_waiting(position);
        }
        let awaited = slot.stream.target().filter(|key| !key.source.kind.is_audio());
        self.stale_routes.insert((peer, position));
        if fell_empty {
            self.announce_empty(peer, position);
        }
        if awaited.is_some() {
            self.expect_keyframe(peer, position);
        }
    }

    /// Takes the sources of a peer that is gone out of somebody's slots.
    pub(super) fn empty_slots_of(&mut self, peer: PeerId, gone: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let mut emptied = Vec::new();
        for (position, slot) in member.slots.iter_mut().enumerate() {
            let before = (slot.stream.current(), slot.stream.target());
            if slot.stream.lose(gone) {
                emptied.push(position);
            }
            if before != (slot.stream.current(), slot.stream.target()) {
                // Its share of the line is free for others.
                self.unsettled_peers.insert(peer);
                self.stale_routes.insert((peer, position));
            }
        }
        for position in emptied {
            self.announce_empty(peer, position);
        }
    }

    fn announce_empty(&mut self, peer: PeerId, position: usize) {
        let slot = self.members.get_mut(&peer).and_then(|member| member.slots.get_mut(position));
        let Some(slot) = slot else { return };
        if slot.announced.take().is_some() {
            let slot = slot.stream.slot();
            self.event(SfuEvent::SlotSwitched { peer, slot, source: None, rtp_timestamp: 0 });
        }
    }

    pub(super) fn on_estimate(&mut self, peer: PeerId, estimate: Bitrate) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        member.estimate = Some(estimate);
        let found = member.hungry && estimate >= member.judged_estimate.percent(FOUND_PERCENT);
        if found || estimate < member.granted_rate {
            self.unsettled_peers.insert(peer);
        }
    }

    pub(super) fn positions(&self, peer: PeerId, which: impl Fn(Slot) -> bool) -> Vec<usize> {
        let slots = self.members.get(&peer).map(|member| member.slots.as_slice()).unwrap_or_default();
        let wanted = slots.iter().enumerate().filter(|(_, slot)| which(slot.stream.slot()));
        wanted.map(|(position, _)| position).collect()
    }

    fn slot_at(&self, peer: PeerId, position: usize) -> Option<Slot> {
        self.members.get(&peer)?.slots.get(position).map(|slot| slot.stream.slot())
    }
}

/// Whether a slot is heard rather than seen.
fn is_voice(slot: Slot) -> bool {
    matches!(slot, Slot::Audio(_) | Slot::FloorAudio)
}

/// What a client may want in a moment, whatever it wants now.
fn desired_at_least(profile: ReceiveProfile) -> Bitrate {
    match profile {
        ReceiveProfile::Full => DESIRED_MIN,
        ReceiveProfile::Saver | ReceiveProfile::AudioStills | ReceiveProfile::AudioOnly => Bitrate::ZERO,
    }
}
