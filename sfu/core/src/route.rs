//! The compiled fan-out: every stream knows the slots it goes to. Compiled anew when a slot wants another stream
//! or a switch took effect; a packet only walks the list.

use crate::engine::{MemberIndex, Members};
use crate::receive::{StreamKey, Streams};
use crate::send::SlotStream;
use sfu_control::PeerId;
use std::collections::BTreeSet;

/// One slot of one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SlotAddress {
    /// Whose.
    pub(crate) member: MemberIndex,
    /// Which, by position.
    pub(crate) slot: usize,
}

/// Compiles the fan-out of one room. Only its own members are walked, so nothing can cross into another.
pub(crate) fn compile(members: &Members, streams: &mut Streams, room: &BTreeSet<PeerId>) {
    for receiver in room.iter().filter_map(|peer| members.get(peer)).flat_map(|member| &member.receivers) {
        for id in receiver.layers() {
            if let Some(stream) = streams.get_mut(id) {
                stream.fanout.clear();
            }
        }
    }
    for peer in room {
        let (Some(member), Some(index)) = (members.get(peer), members.index(peer)) else { continue };
        for (slot, stream) in member.slots.iter().enumerate() {
            for key in streams_of(&stream.stream) {
                debug_assert!(room.contains(&key.source.peer), "a slot may only show its own room");
                debug_assert!(key.source.peer != *peer, "nobody is sent its own source");
                if let Some(stream) = members.stream(key).and_then(|id| streams.get_mut(id)) {
                    stream.fanout.push(SlotAddress { member: index, slot });
                }
            }
        }
    }
    for receiver in room.iter().filter_map(|peer| members.get(peer)).flat_map(|member| &member.receivers) {
        for id in receiver.layers() {
            if let Some(stream) = streams.get_mut(id) {
                stream.fanout.sort_unstable();
            }
        }
    }
}

/// The streams whose packets a slot must see.
fn streams_of(stream: &SlotStream) -> impl Iterator<Item = StreamKey> {
    [stream.current(), stream.target()].into_iter().flatten()
}
