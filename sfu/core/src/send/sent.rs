//! What one slot sent lately: enough of each packet to find its payload again at its publisher's stream and to number
//! it as it was numbered.

use super::munger::Patch;
use crate::receive::StreamId;
use crate::units::{MediaTime, SeqNo};
use sfu_control::Slot;
use std::time::{Duration, Instant};

/// Packets remembered of a large picture: a second of 2.5 Mbit/s, three round trips of a satellite line.
const LARGE_PACKETS: usize = 256;
/// Packets remembered of a small one: two seconds of its low layer.
const SMALL_PACKETS: usize = 64;

const _: () =
    assert!(LARGE_PACKETS.is_power_of_two() && SMALL_PACKETS.is_power_of_two(), "masks, not division");

/// One sent packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Where its payload came from.
    pub(crate) stream: StreamId,
    /// That stream's epoch.
    pub(crate) epoch: u16,
    /// Its number there.
    pub(crate) input: SeqNo,
    /// Its number in the slot's stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in the slot's stream.
    pub(crate) time: MediaTime,
    /// What was changed in its payload or its dependency descriptor.
    pub(crate) patch: Patch,
    /// When it was sent again last.
    pub(crate) again: Option<Instant>,
}

/// A ring of them. It grows to its size once.
#[derive(Debug)]
pub(crate) struct SentPackets {
    size: usize,
    ring: Vec<Sent>,
    latest: Option<Sent>,
}

impl SentPackets {
    /// The memory of a slot; audio is not sent again.
    pub(crate) fn new(slot: Slot) -> Self {
        let size = match slot {
            Slot::Audio(_) | Slot::FloorAudio => 0,
            Slot::Programme | Slot::Slides => LARGE_PACKETS,
            Slot::Mosaic(_) => SMALL_PACKETS,
        };
        Self { size, ring: Vec::new(), latest: None }
    }

    /// Remembers a packet.
    pub(crate) fn remember(&mut self, sent: Sent) {
        if self.size == 0 {
            return;
        }
        self.latest = Some(sent);
        let place = usize::from(sent.seq.wire()) & (self.size - 1);
        while self.ring.len() <= place {
            self.ring.push(Sent { seq: SeqNo::new(u64::MAX), ..sent });
        }
        if let Some(slot) = self.ring.get_mut(place) {
            *slot = sent;
        }
    }

    /// The packet remembered last.
    pub(crate) fn latest(&self) -> Option<Sent> {
        self.latest
    }

    /// Finds a packet that is asked for, unless it was sent again within the last round trip.
    pub(crate) fn asked(&mut self, now: Instant, wire: u16, rtt: Duration) -> Option<Sent> {
        let place = usize::from(wire) & self.size.checked_sub(1)?;
        let sent = self.ring.get_mut(place)?;
        let lately = |at| now.saturating_duration_since(at) < rtt;
        if sent.seq.wire() != wire || sent.seq.extended() == u64::MAX || sent.again.is_some_and(lately) {
            return None;
        }
        sent.again = Some(now);
        Some(*sent)
    }
}
