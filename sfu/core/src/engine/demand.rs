//! What publishers are told to send: the highest layer that was granted to anybody here or at another worker, more at
//! once, less after a while. Slots are counted as they change, so that nobody has to be asked what he needs.

use super::Engine;
use super::publishers::Home;
use crate::room::{RELEASE_AFTER, Room, Told};
use crate::timer::Timer;
use sfu_control::{Demand, Gate, Layer, PeerId, RoomId, SfuEvent, Source};

impl Engine {
    /// Counts what a peer's slots need where that changed.
    pub(super) fn recount(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let Some(room) = member.room.and_then(|room| self.rooms.get_mut(&room)) else { return };
        for slot in &mut member.slots {
            let need = slot.need();
            let before = std::mem::replace(&mut slot.counted, need);
            if before != need {
                let gone = before.filter(|need| room.needs.remove(*need));
                let come = need.filter(|need| room.needs.add(*need));
                [gone, come].into_iter().flatten().for_each(|(source, _)| self.undemanded.insert(source));
            }
        }
    }

    /// Counts what a peer that is gone needed no more.
    pub(super) fn discount(&mut self, room: RoomId, needs: impl Iterator<Item = (Source, Layer)>) {
        let Some(room) = self.rooms.get_mut(&room) else { return };
        for need in needs {
            if room.needs.remove(need) {
                self.undemanded.insert(need.0);
            }
        }
    }

    /// Looks again at what was needed a moment ago and is no more.
    pub(super) fn release_demands(&mut self, id: RoomId) {
        let told = self.rooms.get(&id).into_iter().flat_map(|room| &room.told);
        for (source, _) in told.filter(|(_, told)| told.less_since.is_some()) {
            self.undemanded.insert(*source);
        }
    }

    /// Asks for what is needed of a source, wherever its publisher is connected.
    pub(super) fn settle_demand(&mut self, source: Source) {
        let Some(publisher) = self.publishers.get(source.peer) else { return };
        let id = publisher.room;
        match publisher.home {
            Home::Here if Room::pictures(source.peer).contains(&source) => self.demand(id, source),
            Home::Here => {}
            Home::At(beyond) => self.want(id, source, beyond),
        }
    }

    /// Tells a publisher what is needed of a picture; nothing at once when its gate is closed.
    fn demand(&mut self, id: RoomId, source: Source) {
        let Some(room) = self.rooms.get(&id) else { return };
        let need = room.needs.highest(source).max(self.granted_beyond(source));
        let demand = need.map_or(Demand::Paused, Demand::UpTo);
        let told = room.told.get(&source).copied();
        let receiver = self.publishers.receiver(source);
        let closed = receiver.is_none_or(|receiver| receiver.gate == Gate::Closed);
        match told {
            Some(told) if told.demand == demand && told.less_since.is_none() => {}
            Some(told) if rank(told.demand) > rank(demand) && !closed => {
                let since = told.less_since.unwrap_or(self.now);
                if self.now.saturating_duration_since(since) >= RELEASE_AFTER {
                    self.tell_demand(id, source, Told { demand, less_since: None });
                } else {
                    self.tell_demand(id, source, Told { demand: told.demand, less_since: Some(since) });
                    self.timers.arm_by(Timer::Demand(id), since + RELEASE_AFTER);
                }
            }
            Some(_) | None => self.tell_demand(id, source, Told { demand, less_since: None }),
        }
    }

    fn tell_demand(&mut self, id: RoomId, source: Source, told: Told) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let before = room.told.insert(source, told);
        if before.is_none_or(|before| before.demand != told.demand) {
            self.event(SfuEvent::Demanded { peer: source.peer, kind: source.kind, demand: told.demand });
        }
    }
}

/// Demands in order.
fn rank(demand: Demand) -> Option<Layer> {
    match demand {
        Demand::Paused => None,
        Demand::UpTo(layer) => Some(layer),
    }
}
