//! The compiled fan-out: every stream knows the slots it goes to. A slot is put on its ways when it wants another stream
//! or a switch took effect; a packet only walks the list.

use crate::engine::{MemberIndex, Publishers};
use crate::receive::{StreamId, StreamKey, Streams};
use crate::send::SlotStream;

/// One slot of one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SlotAddress {
    /// Whose.
    pub(crate) member: MemberIndex,
    /// Which, by position.
    pub(crate) slot: usize,
}

/// The streams a slot is on: what it shows, and what it waits for a keyframe of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ways([Option<StreamId>; 2]);

impl Ways {
    /// The streams whose packets a slot must see.
    pub(crate) fn of(slot: &SlotStream, publishers: &Publishers) -> Self {
        // A slot may wait for a keyframe of what it shows.
        let target = slot.target().filter(|target| slot.current() != Some(*target));
        let stream = |key: Option<StreamKey>| key.and_then(|key| publishers.stream(key));
        Self([stream(slot.current()), stream(target)])
    }

    /// Takes a slot off these ways and puts it on others. Gives the streams that gained or lost it.
    pub(crate) fn change(
        &mut self,
        to: Self,
        address: SlotAddress,
        streams: &mut Streams,
    ) -> impl Iterator<Item = StreamId> + use<> {
        let from = std::mem::replace(self, to);
        let only = |of: Self, not: Self| of.0.map(|id| id.filter(|id| !not.0.contains(&Some(*id))));
        let (gone, come) = (only(from, to), only(to, from));
        for id in gone.into_iter().flatten() {
            if let Some(stream) = streams.get_mut(id)
                && let Ok(place) = stream.fanout.binary_search(&address)
            {
                stream.fanout.remove(place);
            }
        }
        for id in come.into_iter().flatten() {
            if let Some(stream) = streams.get_mut(id)
                && let Err(place) = stream.fanout.binary_search(&address)
            {
                stream.fanout.insert(place, address);
            }
        }
        gone.into_iter().chain(come).flatten()
    }
}

#[cfg(test)]
impl Ways {
    /// Whether a stream is one of them.
    pub(crate) fn contains(&self, id: StreamId) -> bool {
        self.0.contains(&Some(id))
    }

    /// Whether a slot is found by all of them.
    pub(crate) fn lead_to(&self, address: SlotAddress, streams: &Streams) -> bool {
        let found = |id| streams.get(id).is_some_and(|stream| stream.fanout.contains(&address));
        self.0.into_iter().flatten().all(found)
    }
}
