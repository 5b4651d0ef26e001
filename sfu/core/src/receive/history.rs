//! What one incoming stream brought lately: every payload once, for all subscribers, as long as a retransmission, a
//! paced queue or a late joiner may still want it.

use super::{Descriptor, Passed};
use crate::peer::{Codec, Format};
use crate::units::{MediaTime, SeqNo};
use std::time::{Duration, Instant};

/// How many video packets are kept: 1.6 s of 2.5 Mbit/s, several round trips of the longest line. A power of two.
const VIDEO_PACKETS: u64 = 512;
/// How many audio packets are kept: audio is not sent again, but one turn of the engine may bring this many.
const AUDIO_PACKETS: u64 = 128;
/// A keyframe and what came after it are shown to a newcomer at once if they are no more packets than this: a full
/// picture at 2.5 Mbit/s and the half second that follows it.
const REPLAY_PACKETS_MAX: u64 = 192;
/// An older keyframe is not worth the burst: the decoder would run through more than it catches up.
const REPLAY_AGE_MAX: Duration = Duration::from_millis(1_500);

const _: () =
    assert!(VIDEO_PACKETS.is_power_of_two() && AUDIO_PACKETS.is_power_of_two(), "masks, not division");
const _: () = assert!(REPLAY_PACKETS_MAX < VIDEO_PACKETS, "what is replayed is still there");

/// One media packet as it came, decrypted.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// Counts the stream's restarts by its sender.
    pub(crate) epoch: u16,
    /// Its place in the stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in the stream.
    pub(crate) time: MediaTime,
    /// When it came.
    pub(crate) at: Instant,
    /// Last packet of a frame, or first after silence.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// What the payload says about its place.
    pub(crate) descriptor: Descriptor,
    /// Header extensions that go on to subscribers.
    pub(crate) passed: Passed,
    /// The media itself; empty for padding.
    pub(crate) payload: Vec<u8>,
}

impl Packet {
    /// Whether it only fills a number.
    pub(crate) fn is_padding(&self) -> bool {
        self.payload.is_empty()
    }
}

/// A ring of packets by number. It grows to its size once and then only overwrites.
#[derive(Debug, Default)]
pub(crate) struct History {
    packets: Vec<Packet>,
    /// Where the last keyframe began, and in which epoch.
    keyframe: Option<(u16, SeqNo)>,
    highest: Option<SeqNo>,
}

impl History {
    /// Keeps a packet; its payload is copied from `payload` into the place it takes over.
    pub(crate) fn keep(&mut self, mut packet: Packet, payload: &[u8]) {
        let size = if packet.format.codec == Codec::Opus { AUDIO_PACKETS } else { VIDEO_PACKETS };
        if packet.descriptor.starts_keyframe && packet.format.codec != Codec::Opus {
            self.keyframe = Some((packet.epoch, packet.seq));
        }
        if self.keyframe.is_some_and(|(epoch, _)| epoch != packet.epoch) {
            self.keyframe = None;
            self.highest = None;
        }
        self.highest = self.highest.max(Some(packet.seq));
        let place = place(packet.seq, size);
        while self.packets.len() <= place {
            let filler = Packet { seq: SeqNo::new(u64::MAX), payload: Vec::new(), ..packet.clone() };
            self.packets.push(filler);
        }
        if let Some(kept) = self.packets.get_mut(place) {
            packet.payload = std::mem::take(&mut kept.payload);
            packet.payload.clear();
            packet.payload.extend_from_slice(payload);
            *kept = packet;
        }
    }

    /// A packet that is still there.
    pub(crate) fn get(&self, epoch: u16, seq: SeqNo) -> Option<&Packet> {
        [VIDEO_PACKETS, AUDIO_PACKETS].into_iter().find_map(|size| {
            let packet = self.packets.get(place(seq, size))?;
            (packet.seq == seq && packet.epoch == epoch).then_some(packet)
        })
    }

    /// What a newcomer can be shown at once: the last keyframe and everything since, if nothing of it is missing and it
    /// is neither old nor much.
    pub(crate) fn replay(&self, now: Instant) -> Option<std::ops::RangeInclusive<u64>> {
        let (epoch, first) = self.keyframe?;
        let last = self.highest?;
        let fresh = |packet: &Packet| now.saturating_duration_since(packet.at) <= REPLAY_AGE_MAX;
        if last.since(first) >= REPLAY_PACKETS_MAX || !self.get(epoch, first).is_some_and(fresh) {
            return None;
        }
        let numbers = first.extended()..=last.extended();
        let whole = numbers.clone().all(|seq| self.get(epoch, SeqNo::new(seq)).is_some());
        whole.then_some(numbers)
    }

    /// Gives the memory back; nobody wants this stream.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Where a number lies in a ring of a power of two.
fn place(seq: SeqNo, size: u64) -> usize {
    usize::try_from(seq.extended() & (size - 1)).unwrap_or(usize::MAX)
}
