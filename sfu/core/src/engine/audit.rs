//! Whether settling whom a change concerns left everything as settling everybody would have: asked in every story
//! after every turn that settled anything.

use super::{Engine, MemberIndex};
use crate::room::{Needs, Room};
use crate::route::{SlotAddress, Ways};
use sfu_control::{Demand, PeerId, Slot};

impl Engine {
    /// Something is being settled.
    pub(super) fn note_settled(&mut self) {
        self.unaudited = true;
    }

    /// Stops at the first thing that is not as it should be, if anything was settled since this was asked last.
    pub(crate) fn assert_settled(&mut self) {
        if !std::mem::take(&mut self.unaudited) {
            return;
        }
        for room in self.rooms.values() {
            self.assert_needs(room);
            for peer in &room.members {
                let index = self.members.index(peer).expect("who is in a room is a member");
                self.assert_slots(index);
                self.assert_demands(room, *peer);
            }
        }
        self.assert_routes();
    }

    fn assert_needs(&self, room: &Room) {
        let mut needs = Needs::default();
        let slots =
            room.members.iter().flat_map(|peer| &self.members.get(peer).expect("it is a member").slots);
        for slot in slots {
            slot.need().into_iter().for_each(|need| _ = needs.add(need));
        }
        assert_eq!(needs, room.needs, "every slot is counted once");
    }

    fn assert_slots(&self, index: MemberIndex) {
        let member = self.members.at(index).expect("it is a member");
        for (position, slot) in member.slots.iter().enumerate() {
            let at = (member.id, slot.stream.slot());
            let ways = Ways::of(&slot.stream, &self.publishers);
            assert_eq!(slot.ways, ways, "{at:?} is on the ways of what it shows and waits for");
            let address = SlotAddress { member: index, slot: position };
            assert!(ways.lead_to(address, &self.streams), "{at:?} is found by its streams");
            let shown = slot.stream.target().or(slot.stream.current()).map(|key| key.source);
            let wish = self.wish(member.id, position, slot.stream.slot());
            match slot.stream.slot() {
                Slot::Audio(_) | Slot::FloorAudio => assert_eq!(shown, wish, "{at:?} is heard as wished"),
                Slot::Programme | Slot::Slides | Slot::Mosaic(_) => {
                    assert!(shown.is_none() || shown == wish, "{at:?} shows {shown:?} instead of {wish:?}");
                }
            }
        }
    }

    fn assert_demands(&self, room: &Room, peer: PeerId) {
        for source in Room::pictures(peer) {
            let need = room.needs.highest(source).max(self.granted_beyond(source));
            let told = room.told.get(&source).expect("everybody is told at first");
            let asked = match told.demand {
                Demand::Paused => None,
                Demand::UpTo(layer) => Some(layer),
            };
            assert!(asked >= need, "{source:?} is asked for {asked:?}, and {need:?} is needed");
            assert_eq!(told.less_since.is_some(), asked > need, "{source:?}: {told:?}, needed {need:?}");
        }
    }

    /// Whether fan-outs lead to slots that are there, and to each once.
    fn assert_routes(&self) {
        let publishers = self.members.names().filter_map(|peer| self.publishers.get(peer));
        let guests = self.publishers.guests().map(|(.., guest)| guest);
        for id in publishers.chain(guests).flat_map(|publisher| publisher.streams()) {
            let stream = self.streams.get(id).expect("a publisher's streams are there");
            assert!(stream.fanout.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", stream.fanout);
            for address in &stream.fanout {
                let member = self.members.at(address.member).expect("routes lead to members");
                let slot = member.slots.get(address.slot).expect("routes lead to slots");
                assert!(slot.ways.contains(id), "{:?} is not on {:?}", member.id, stream.key);
                assert_ne!(member.id, stream.key.source.peer, "nobody is sent its own source");
            }
        }
    }
}
