//! A peer that goes to another room on the transport it has: nothing is negotiated anew, and from one packet to the next
//! it is sent nothing of the old room and sends nothing there.

use super::Engine;
use sfu_control::{PeerId, RoomId, Source};

impl Engine {
    pub(super) fn move_to(&mut self, peer: PeerId, to: RoomId) {
        let from = self.members.get(&peer).and_then(|member| member.room);
        let Some(from) = from.filter(|_| self.rooms.contains_key(&to)) else {
            return self.counters.commands_unknown += 1;
        };
        if from == to {
            return;
        }
        self.withdraw(peer, from);
        self.exchange.forget(peer);
        let told = self.leave(peer, from);
        if let Some(member) = self.members.get_mut(&peer) {
            member.room = Some(to);
        }
        if let Some(publisher) = self.publishers.get_mut(peer) {
            publisher.room = to;
        }
        if let Some(room) = self.rooms.get_mut(&to) {
            room.members.insert(peer);
            room.told.extend(told);
        }
        self.untake(peer);
        self.unsaid.insert(from);
        self.say_present(to);
        self.unsettled_peers.insert(peer);
        for source in self.sources(peer) {
            self.unsettled_sources.insert(source);
        }
    }

    /// Takes a peer out of everybody's slots, and everybody out of its own. Gives what it was told about its pictures:
    /// that holds until something else is needed.
    fn leave(&mut self, peer: PeerId, from: RoomId) -> Vec<(Source, crate::room::Told)> {
        for position in self.positions(peer, |_| true) {
            self.grant(peer, position, None);
            self.retarget(peer, position, None);
        }
        self.recount(peer);
        let Some(room) = self.rooms.get_mut(&from) else { return Vec::new() };
        let told = room.told.iter().filter(|(source, _)| source.peer == peer);
        let told = told.map(|(source, told)| (*source, *told)).collect();
        let was_for_all = room.remove(peer);
        let others: Vec<_> = room.members.iter().chain(&room.links).copied().collect();
        if was_for_all {
            self.unsettled_rooms.insert(from);
        }
        for other in others {
            self.empty_slots_of(other, peer);
        }
        told
    }

    /// No other worker takes anything of a peer until it asks for it in the new room.
    fn untake(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.get(peer) else { return };
        for id in publisher.streams() {
            if let Some(stream) = self.streams.get_mut(id) {
                stream.takers = crate::workers::Workers::default();
            }
        }
    }
}
