//! The compiled fan-out: every stream knows the slots it goes to. Compiled anew when a slot wants another stream
//! or a switch took effect; a packet only walks the list.

use crate::engine::Members;
use crate::receive::StreamKey;
use crate::send::SlotStream;
use sfu_control::PeerId;
use std::collections::BTreeSet;

/// One slot of one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotAddress {
    /// Whose.
    pub(crate) peer: PeerId,
    /// Which, by position.
    pub(crate) slot: usize,
}

/// Compiles the fan-out of one room. Only its own members are walked, so nothing can cross into another.
pub(crate) fn compile(members: &mut Members, room: &BTreeSet<PeerId>) {
    let mut edges = Vec::new();
    for peer in room {
        let Some(member) = members.get_mut(peer) else { continue };
        for receiver in &mut member.receivers {
            for (_, stream) in receiver.layers_mut() {
                stream.fanout.clear();
            }
        }
        for (slot, stream) in member.slots.iter().enumerate() {
            let address = SlotAddress { peer: *peer, slot };
            edges.extend(streams_of(&stream.stream).map(|key| (key, address)));
        }
    }
    for (key, address) in edges {
        debug_assert!(room.contains(&key.source.peer), "a slot may only show its own room");
        debug_assert!(key.source.peer != address.peer, "nobody is sent its own source");
        let stream = members
            .get_mut(&key.source.peer)
            .and_then(|member| member.receiver_mut(key.source.kind))
            .and_then(|receiver| receiver.layer_mut(key.layer));
        if let Some(stream) = stream {
            stream.fanout.push(address);
        }
    }
}

/// The streams whose packets a slot must see.
fn streams_of(stream: &SlotStream) -> impl Iterator<Item = StreamKey> {
    [stream.current(), stream.target()].into_iter().flatten()
}
