//! What one slot sent lately: enough of each packet to find its payload again at its publisher's stream and to number
//! it as it was numbered.

use super::munger::Patch;
use crate::receive::StreamId;
use crate::units::{MediaTime, SeqNo};
use sfu_control::Slot;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Packets remembered of a large picture at most: a second of 2.5 Mbit/s, three round trips of a satellite line.
const LARGE_PACKETS: usize = 256;
/// Packets remembered of a small one at most: two seconds of its low layer.
const SMALL_PACKETS: usize = 64;
/// Packets remembered of one that has just begun.
const FIRST_PACKETS: usize = 16;
/// A packet is remembered for so long unless too many follow.
const REMEMBERED: Duration = Duration::from_secs(1);

const _: () = assert!(
    LARGE_PACKETS.is_power_of_two() && SMALL_PACKETS.is_power_of_two() && FIRST_PACKETS.is_power_of_two(),
    "masks, not division"
);
const _: () = assert!(FIRST_PACKETS < SMALL_PACKETS, "rings only grow");

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
}

/// A number of 48 bits, as many as one key may seal packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number([u16; 3]);

impl Number {
    fn of(seq: SeqNo) -> Self {
        let [_, _, a, b, c, d, e, f] = seq.extended().to_be_bytes();
        Self([[a, b], [c, d], [e, f]].map(u16::from_be_bytes))
    }

    fn seq(self) -> SeqNo {
        SeqNo::new(self.0.into_iter().fold(0, |number, part| number << 16 | u64::from(part)))
    }
}

/// A sent packet as it is remembered, of which every subscriber has hundreds.
#[derive(Debug, Clone, Copy)]
struct Kept {
    stream: StreamId,
    time: MediaTime,
    /// When it was sent again last, by the ring's clock.
    again: Option<NonZeroU32>,
    input: Number,
    seq: Number,
    epoch: u16,
    patch: Patch,
}

const _: () = assert!(size_of::<Kept>() == 40);

impl Kept {
    fn of(sent: &Sent) -> Self {
        let Sent { stream, epoch, input, seq, time, patch } = *sent;
        Self { stream, time, again: None, input: Number::of(input), seq: Number::of(seq), epoch, patch }
    }

    fn sent(&self) -> Sent {
        let Self { stream, time, epoch, patch, .. } = *self;
        Sent { stream, epoch, input: self.input.seq(), seq: self.seq.seq(), time, patch }
    }
}

/// A ring of them. It doubles while it is filled in less than the time a packet is to be remembered.
#[derive(Debug)]
pub(crate) struct SentPackets {
    most: usize,
    ring: Vec<Option<Kept>>,
    latest: Option<Sent>,
    /// When the ring was filled last, and how many packets were remembered since.
    filled: Option<Instant>,
    since: usize,
    /// What repetitions are timed from.
    began: Option<Instant>,
}

impl SentPackets {
    /// The memory of a slot; audio is not sent again.
    pub(crate) fn new(slot: Slot) -> Self {
        let most = match slot {
            Slot::Audio(_) | Slot::FloorAudio => 0,
            Slot::Programme | Slot::Slides => LARGE_PACKETS,
            Slot::Mosaic(_) => SMALL_PACKETS,
        };
        Self { most, ring: Vec::new(), latest: None, filled: None, since: 0, began: None }
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        (self.ring, self.latest) = (Vec::new(), None);
    }

    /// Remembers a packet.
    pub(crate) fn remember(&mut self, now: Instant, sent: Sent) {
        if self.most == 0 {
            return;
        }
        self.latest = Some(sent);
        if self.since >= self.ring.len() {
            self.on_filled(now);
        }
        self.since += 1;
        let place = self.place(sent.seq.wire());
        if let Some(place) = self.ring.get_mut(place) {
            *place = Some(Kept::of(&sent));
        }
    }

    /// Takes a ring of twice the size if this one was filled too soon.
    fn on_filled(&mut self, now: Instant) {
        self.since = 0;
        let filled = self.filled.replace(now);
        let lately = filled.is_none_or(|filled| now.saturating_duration_since(filled) < REMEMBERED);
        if !lately || self.ring.len() >= self.most {
            return;
        }
        let size = (self.ring.len() * 2).max(FIRST_PACKETS);
        for kept in std::mem::replace(&mut self.ring, vec![None; size]).into_iter().flatten() {
            let place = self.place(kept.seq.seq().wire());
            if let Some(place) = self.ring.get_mut(place) {
                *place = Some(kept);
            }
        }
    }

    /// The packet remembered last.
    pub(crate) fn latest(&self) -> Option<Sent> {
        self.latest
    }

    /// Finds a packet that is asked for, unless it was sent again within the last round trip.
    pub(crate) fn asked(&mut self, now: Instant, wire: u16, rtt: Duration) -> Option<Sent> {
        let began = *self.began.get_or_insert(now);
        let milliseconds = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let clock = NonZeroU32::MIN.saturating_add(milliseconds(now.saturating_duration_since(began)));
        let place = self.place(wire);
        let kept = self.ring.get_mut(place)?.as_mut().filter(|kept| kept.seq.seq().wire() == wire)?;
        let lately = |at: NonZeroU32| clock.get() - at.get() < milliseconds(rtt);
        if kept.again.is_some_and(lately) {
            return None;
        }
        kept.again = Some(clock);
        Some(kept.sent())
    }

    fn place(&self, wire: u16) -> usize {
        usize::from(wire) & self.ring.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::Streams;
    use crate::receive::{LayerStream, StreamKey};
    use sfu_control::{Layer, PeerId, Source, SourceKind};

    const RTT: Duration = Duration::from_millis(100);

    /// Packets of a slot, one each so many milliseconds, up to the number given.
    fn ring(slot: Slot, gap_ms: u64, count: u64) -> (SentPackets, Instant) {
        let source = Source { peer: PeerId::new(1), kind: SourceKind::Camera };
        let stream = Streams::default().insert(LayerStream::new(StreamKey { source, layer: Layer::Low }));
        let (mut packets, mut now) = (SentPackets::new(slot), crate::testing::epoch());
        for number in 0..count {
            now += Duration::from_millis(gap_ms);
            let (seq, input) = (SeqNo::new(number + 65_000), SeqNo::new(number + (7 << 40)));
            let (time, patch) = (MediaTime::new(0), Patch::default());
            packets.remember(now, Sent { stream, epoch: 3, input, seq, time, patch });
        }
        (packets, now)
    }

    #[test]
    fn a_second_is_remembered_or_as_much_as_there_is_room_for() {
        for (slot, gap_ms, held) in [
            (Slot::Programme, 200, 16),
            (Slot::Programme, 8, 128),
            (Slot::Programme, 1, LARGE_PACKETS),
            (Slot::Mosaic(0), 33, 32),
            (Slot::Mosaic(0), 1, SMALL_PACKETS),
        ] {
            let (mut packets, now) = ring(slot, gap_ms, 3_000);
            let known = |back: &u64| {
                let number = 68_000 - back;
                let sent = packets.asked(now, SeqNo::new(number).wire(), RTT);
                sent.inspect(|sent| {
                    assert_eq!((sent.seq, sent.epoch), (SeqNo::new(number), 3));
                    assert_eq!(sent.input, SeqNo::new(number - 65_000 + (7 << 40)));
                })
                .is_some()
            };
            assert_eq!((1..3_000).take_while(known).count(), held, "{slot:?}, one each {gap_ms} ms");
        }
    }

    #[test]
    fn a_packet_is_sent_again_once_in_a_round_trip() {
        let (mut packets, now) = ring(Slot::Programme, 8, 100);
        let wire = SeqNo::new(65_099).wire();
        let mut asked = |after: u64| packets.asked(now + Duration::from_millis(after), wire, RTT).is_some();
        assert_eq!([0, 1, 99, 100, 199, 200].map(&mut asked), [true, false, false, true, false, true]);
    }
}
