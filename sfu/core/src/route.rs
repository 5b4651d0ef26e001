//! The compiled fan-out: every stream knows the slots it goes to. Compiled anew when a slot wants another stream
//! or a switch took effect; a packet only walks the list.

use crate::engine::{MemberIndex, Members, Publishers};
use crate::receive::{StreamKey, Streams};
use crate::room::Room;
use crate::send::SlotStream;

/// One slot of one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SlotAddress {
    /// Whose.
    pub(crate) member: MemberIndex,
    /// Which, by position.
    pub(crate) slot: usize,
}

/// Compiles the fan-out of one room. Only its own members are walked, so nothing can cross into another.
pub(crate) fn compile(members: &Members, publishers: &Publishers, streams: &mut Streams, room: &Room) {
    let sent =
        || room.publishers().filter_map(|peer| publishers.get(peer)).flat_map(|sender| sender.streams());
    for id in sent() {
        if let Some(stream) = streams.get_mut(id) {
            stream.fanout.clear();
        }
    }
    for peer in &room.members {
        let (Some(member), Some(index)) = (members.get(peer), members.index(peer)) else { continue };
        for (slot, stream) in member.slots.iter().enumerate() {
            for key in streams_of(&stream.stream) {
                debug_assert!(room.contains(key.source.peer), "a slot may only show its own room");
                debug_assert!(key.source.peer != *peer, "nobody is sent its own source");
                if let Some(stream) = publishers.stream(key).and_then(|id| streams.get_mut(id)) {
                    stream.fanout.push(SlotAddress { member: index, slot });
                }
            }
        }
    }
    for id in sent() {
        if let Some(stream) = streams.get_mut(id) {
            stream.fanout.sort_unstable();
        }
    }
}

/// The streams whose packets a slot must see.
fn streams_of(stream: &SlotStream) -> impl Iterator<Item = StreamKey> {
    // A slot may wait for a keyframe of what it shows.
    let target = stream.target().filter(|target| stream.current() != Some(*target));
    [stream.current(), target].into_iter().flatten()
}
