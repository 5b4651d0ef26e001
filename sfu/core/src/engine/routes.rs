//! Puts slots on the ways of the streams they show and wait for.

use super::{Engine, Member, MemberIndex};
use crate::receive::StreamId;
use crate::route::{SlotAddress, Ways};

impl Engine {
    /// Brings the routes of slots in line with what these show and wait for.
    pub(super) fn settle_routes(&mut self) {
        if self.stale_routes.is_empty() {
            return;
        }
        while let Some((peer, position)) = self.stale_routes.pop_first() {
            let Some(index) = self.members.index(&peer) else { continue };
            let slot = self.members.at_mut(index).and_then(|member| member.slots.get_mut(position));
            let Some(slot) = slot else { continue };
            let to = Ways::of(&slot.stream, &self.publishers);
            let address = SlotAddress { member: index, slot: position };
            let changed = slot.ways.change(to, address, &mut self.streams);
            self.on_rerouted(changed);
        }
        self.turn.reseek(&self.streams);
    }

    /// Takes the slots of a member that is gone off their ways: its place may be given to another.
    pub(super) fn unroute(&mut self, index: MemberIndex, member: &mut Member) {
        for (position, slot) in member.slots.iter_mut().enumerate() {
            let address = SlotAddress { member: index, slot: position };
            let changed = slot.ways.change(Ways::default(), address, &mut self.streams);
            self.on_rerouted(changed);
        }
        self.stale_routes.retain(|(whose, _)| whose != member.id);
        self.turn.reseek(&self.streams);
    }

    /// Another worker sends what somebody here shows or waits for, so it may have to be told.
    fn on_rerouted(&mut self, changed: impl Iterator<Item = StreamId>) {
        let sources = changed.filter_map(|id| Some(self.streams.get(id)?.key.source));
        sources.filter(|source| !source.kind.is_audio()).for_each(|source| self.undemanded.insert(source));
    }
}
