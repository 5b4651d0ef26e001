//! What one incoming stream brought lately: every payload once, for all subscribers, as long as a retransmission, a
//! paced queue or a late joiner may still want it.

use super::{Descriptor, Passed};
use crate::peer::Format;
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
    /// Its place among all that came of the stream, in order of arrival; the history counts.
    pub(crate) arrival: u64,
    /// Last packet of a frame, or first after silence.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// What the payload says about its place.
    pub(crate) descriptor: Descriptor,
    /// Header extensions that go on to subscribers.
    pub(crate) passed: Passed,
    /// AV1's dependency descriptor as it came; empty when there is none.
    pub(crate) dependency: Vec<u8>,
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
    /// The epoch of what follows.
    epoch: u16,
    /// Where the last keyframe began.
    keyframe: Option<SeqNo>,
    highest: Option<SeqNo>,
    /// How many packets came.
    arrivals: u64,
}

impl History {
    /// Keeps a packet; its payload and its dependency descriptor are copied into the place it takes over.
    pub(crate) fn keep(&mut self, mut packet: Packet, payload: &[u8], dependency: &[u8]) {
        let size = if packet.format.codec.is_audio() { AUDIO_PACKETS } else { VIDEO_PACKETS };
        if packet.epoch != self.epoch {
            (self.epoch, self.keyframe, self.highest) = (packet.epoch, None, None);
        }
        if packet.descriptor.starts_keyframe && !packet.format.codec.is_audio() {
            self.keyframe = self.keyframe.max(Some(packet.seq));
        }
        self.highest = self.highest.max(Some(packet.seq));
        self.arrivals += 1;
        packet.arrival = self.arrivals;
        let place = place(packet.seq, size);
        while self.packets.len() <= place {
            let filler = Packet { seq: SeqNo::new(u64::MAX), payload: Vec::new(), ..packet.clone() };
            self.packets.push(filler);
        }
        if let Some(kept) = self.packets.get_mut(place) {
            for (bytes, place, from) in [
                (payload, &mut packet.payload, &mut kept.payload),
                (dependency, &mut packet.dependency, &mut kept.dependency),
            ] {
                *place = std::mem::take(from);
                place.clear();
                place.extend_from_slice(bytes);
            }
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
        let (epoch, first, last) = (self.epoch, self.keyframe?, self.highest?);
        let fresh = |packet: &Packet| now.saturating_duration_since(packet.at) <= REPLAY_AGE_MAX;
        if last.since(first) >= REPLAY_PACKETS_MAX || !self.get(epoch, first).is_some_and(fresh) {
            return None;
        }
        let numbers = first.extended()..=last.extended();
        let whole = numbers.clone().all(|seq| self.get(epoch, SeqNo::new(seq)).is_some());
        whole.then_some(numbers)
    }

    /// The packets behind a keyframe's first one that came before it, in order of their numbers; none when they are too
    /// many to be shown at once.
    pub(crate) fn came_before<'a>(&'a self, first: &'a Packet) -> Option<impl Iterator<Item = &'a Packet>> {
        let last = self.highest.unwrap_or(first.seq).extended();
        let numbers = first.seq.extended() + 1..=last;
        let kept = numbers.filter_map(|seq| self.get(first.epoch, SeqNo::new(seq)));
        (last.saturating_sub(first.seq.extended()) < REPLAY_PACKETS_MAX)
            .then_some(kept.filter(|packet| packet.arrival < first.arrival))
    }

    /// Gives the memory back; nobody wants this stream.
    pub(crate) fn clear(&mut self) {
        *self = Self { arrivals: self.arrivals, ..Self::default() };
    }
}

/// Where a number lies in a ring of a power of two.
fn place(seq: SeqNo, size: u64) -> usize {
    usize::try_from(seq.extended() & (size - 1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Codec;

    fn packet(epoch: u16, seq: u64, at: Instant, starts_keyframe: bool) -> Packet {
        Packet {
            epoch,
            seq: SeqNo::new(seq),
            time: MediaTime::new(0),
            at,
            arrival: 0,
            marker: false,
            format: Format::plain(Codec::Vp8),
            descriptor: Descriptor { starts_keyframe, ..Descriptor::default() },
            passed: Passed::default(),
            dependency: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// Keeps packets of an epoch, the first of them a keyframe.
    fn keep(history: &mut History, epoch: u16, numbers: impl IntoIterator<Item = u64>, at: Instant) {
        for (place, seq) in numbers.into_iter().enumerate() {
            history.keep(packet(epoch, seq, at, place == 0), &[epoch.to_be_bytes()[1], 7], &[]);
        }
    }

    #[test]
    fn a_keyframe_and_all_since_are_shown_again_while_fresh_and_whole() {
        let now = crate::testing::epoch();
        let mut history = History::default();
        keep(&mut history, 1, 65_530..65_600, now);
        assert_eq!(history.replay(now + REPLAY_AGE_MAX), Some(65_530..=65_599));
        assert_eq!(history.replay(now + REPLAY_AGE_MAX * 2), None, "it is old");
        keep(&mut history, 1, (70_000..70_010).chain(70_011..70_020), now);
        assert_eq!(history.replay(now), None, "70010 is missing");
        history.keep(packet(1, 70_010, now, false), &[7], &[]);
        assert_eq!(history.replay(now), Some(70_000..=70_019));
        keep(&mut history, 1, 80_000..80_000 + REPLAY_PACKETS_MAX + 1, now);
        assert_eq!(history.replay(now), None, "it is too much");
    }

    #[test]
    fn a_sender_that_starts_over_is_shown_again_from_its_new_beginning() {
        let now = crate::testing::epoch();
        let mut history = History::default();
        keep(&mut history, 1, 50_000..50_010, now);
        keep(&mut history, 2, 3..13, now);
        assert_eq!(history.replay(now), Some(3..=12));
        assert!(history.get(1, SeqNo::new(50_000)).is_some_and(|packet| packet.payload == [1, 7]));
        assert!(history.get(2, SeqNo::new(50_000)).is_none());
    }

    #[test]
    fn what_is_overwritten_is_gone() {
        let now = crate::testing::epoch();
        let mut history = History::default();
        keep(&mut history, 1, 0..VIDEO_PACKETS + 1, now);
        assert!(history.get(1, SeqNo::new(0)).is_none());
        assert!(history.get(1, SeqNo::new(1)).is_some());
    }
}
