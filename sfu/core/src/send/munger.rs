//! Renumbers packets so that a slot is one unbroken stream: sequence numbers, timestamps, picture numbers run on
//! over every switch of source and layer, upstream losses stay visible as gaps, and what we leave out does not.

use crate::receive::descriptor::{Descriptor, NUMBER_OFFSET, PictureId, SmallNumber};
use crate::units::{ClockRate, MediaTime, SeqNo};
use std::collections::VecDeque;
use std::time::Instant;

/// How many left-out packets are remembered, so that a late packet from before them still finds its place.
const SHIFTS_MAX: usize = 64;
/// A longer gap is a sender that jumped, not loss: nobody could repair it, so it is closed.
const GAP_MAX: u64 = 1_000;
/// A switch moves the timestamp by the time that passed, but at least by this: a millisecond of video.
const SWITCH_TICKS_MIN: u32 = 90;

/// Bytes to replace in what carries a packet's numbers: the payload, or AV1's dependency descriptor where there is one.
/// It never changes length. Small, because one is remembered per sent packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Patch {
    count: u8,
    /// What follows of the picture is not shown, so this packet has to be marked as its last.
    ends_picture: bool,
    changes: [(u8, u8); 4],
}

impl Patch {
    /// Replaces the bytes.
    pub(crate) fn apply(&self, carrier: &mut [u8]) {
        for (offset, byte) in self.changes.iter().take(self.count.into()) {
            if let Some(place) = carrier.get_mut(usize::from(*offset)) {
                *place = *byte;
            }
        }
    }

    /// Marks the packet as the last of its picture.
    pub(crate) fn end_picture(&mut self) {
        self.ends_picture = true;
    }

    /// Whether the packet is the last of its picture although its sender's picture goes on.
    pub(crate) fn ends_picture(&self) -> bool {
        self.ends_picture
    }

    /// A descriptor's numbers lie in its first bytes; one that lies beyond a byte's reach is left as it is.
    fn push(&mut self, offset: usize, byte: u8) {
        if let (Some(free), Ok(offset)) =
            (self.changes.get_mut(usize::from(self.count)), u8::try_from(offset))
        {
            *free = (offset, byte);
            self.count += 1;
        }
    }
}

/// The numbers a packet goes out with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its sequence number in the slot's stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in the slot's stream.
    pub(crate) time: MediaTime,
    /// What to change in its payload or its dependency descriptor.
    pub(crate) patch: Patch,
}

/// The numbers a packet came in with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// When.
    pub(crate) at: Instant,
    /// Its sequence number in its source's stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in its source's stream.
    pub(crate) time: MediaTime,
    /// Whether it is the last of its picture.
    pub(crate) marker: bool,
    /// What its payload and its dependency descriptor say.
    pub(crate) descriptor: Descriptor,
}

/// From which incoming number on which offset leads to the outgoing one; wrapping.
#[derive(Debug, Clone, Copy)]
struct Shift {
    from: SeqNo,
    offset: u64,
    /// Pictures left out so far of which a receiver must not see the number missing.
    pictures: u16,
}

/// One source's stretch of the slot's stream.
#[derive(Debug)]
struct Span {
    first_in: SeqNo,
    highest_in: SeqNo,
    shifts: VecDeque<Shift>,
    time_offset: u32,
    picture_offset: u16,
    tl0_offset: u8,
    key_offset: u8,
    frame_offset: u16,
}

/// The numbering of one slot.
#[derive(Debug)]
pub(crate) struct Munger {
    clock: ClockRate,
    span: Option<Span>,
    highest: SeqNo,
    latest: MediaTime,
    latest_at: Option<Instant>,
    picture: u16,
    tl0: u8,
    key: u8,
    frame: u16,
}

impl Munger {
    /// A stream that has not begun. `start` is its first sequence number, which must lie in the first cycle:
    /// receivers assume roll-over zero.
    pub(crate) fn new(clock: ClockRate, start: u16, time: MediaTime) -> Self {
        Self {
            clock,
            span: None,
            highest: SeqNo::new(u64::from(start)),
            latest: time,
            latest_at: None,
            picture: start & 0x7FFF,
            tl0: start.to_be_bytes()[1],
            key: 0,
            frame: start,
        }
    }

    /// What the timestamps of the current source are moved by.
    pub(crate) fn time_offset(&self) -> Option<u32> {
        self.span.as_ref().map(|span| span.time_offset)
    }

    /// The latest timestamp that went out, and when its packet came in.
    pub(crate) fn latest(&self) -> Option<(MediaTime, Instant)> {
        self.latest_at.map(|at| (self.latest, at))
    }

    /// The clock of the stream.
    pub(crate) fn clock(&self) -> ClockRate {
        self.clock
    }

    /// Places the first packet of another source or layer: everything runs on from what was sent last.
    pub(crate) fn begin(&mut self, arrival: &Arrival) -> Place {
        let elapsed =
            self.latest_at.map_or(0, |at| self.clock.ticks(arrival.at.saturating_duration_since(at)));
        let time = self.latest.shifted(elapsed.max(SWITCH_TICKS_MIN));
        let seq = self.highest.plus(1);
        let descriptor = &arrival.descriptor;
        let picture = descriptor.picture_id.map_or(0, |id| id.value);
        let tl0 = descriptor.tl0_index.map_or(0, |index| index.byte);
        let key = descriptor.key_index.map_or(0, |index| index.byte & 0x1F);
        let frame = descriptor.frame_number.unwrap_or(0);
        let offset = seq.extended().wrapping_sub(arrival.seq.extended());
        self.span = Some(Span {
            first_in: arrival.seq,
            highest_in: arrival.seq,
            shifts: VecDeque::from([Shift { from: arrival.seq, offset, pictures: 0 }]),
            time_offset: time.offset_from(arrival.time),
            picture_offset: self.picture.wrapping_add(1).wrapping_sub(picture),
            tl0_offset: self.tl0.wrapping_add(1).wrapping_sub(tl0),
            key_offset: self.key.wrapping_add(1).wrapping_sub(key),
            frame_offset: self.frame.wrapping_add(1).wrapping_sub(frame),
        });
        self.highest = seq;
        self.latest = time;
        self.latest_at = Some(arrival.at);
        Place { seq, time, patch: self.renumber(descriptor, 0) }
    }

    /// Places a further packet of the source that began last; none when it is too late to have a place, or was left out.
    pub(crate) fn pass(&mut self, arrival: &Arrival) -> Option<Place> {
        let span = self.span.as_mut()?;
        let Shift { offset, pictures, .. } = if arrival.seq > span.highest_in {
            let gap = arrival.seq.since(span.highest_in);
            if gap > GAP_MAX {
                let offset = self.highest.plus(1).extended().wrapping_sub(arrival.seq.extended());
                let pictures = span.shifts.back()?.pictures;
                span.shifts.clear();
                span.shifts.push_back(Shift { from: arrival.seq, offset, pictures });
                span.first_in = arrival.seq;
            }
            span.highest_in = arrival.seq;
            *span.shifts.back()?
        } else {
            span.shift_of(arrival.seq)?
        };
        let seq = SeqNo::new(arrival.seq.extended().wrapping_add(offset));
        let time = arrival.time.shifted(span.time_offset);
        self.highest = self.highest.max(seq);
        if time.is_after(self.latest) {
            self.latest = time;
            self.latest_at = Some(arrival.at);
        }
        Some(Place { seq, time, patch: self.renumber(&arrival.descriptor, pictures) })
    }

    /// Whether a packet comes behind all of the current source before it.
    pub(crate) fn is_ahead(&self, seq: SeqNo) -> bool {
        self.span.as_ref().is_some_and(|span| seq > span.highest_in)
    }

    /// Leaves a packet of the current source out without leaving a gap. A late one has its gap already.
    pub(crate) fn skip(&mut self, seq: SeqNo) {
        if let Some(span) = self.span.as_mut().filter(|span| seq > span.highest_in) {
            span.leave_out(seq, seq.plus(1), 1);
            span.highest_in = seq;
        }
    }

    /// The packet that was skipped last was the first that came of a picture whose number must not be missing either.
    pub(crate) fn skip_picture(&mut self) {
        if let Some(shift) = self.span.as_mut().and_then(|span| span.shifts.back_mut()) {
            shift.pictures = shift.pictures.wrapping_add(1);
        }
    }

    /// Takes what is missing before a packet for left out. Nothing of it may be passed any more.
    pub(crate) fn close_before(&mut self, seq: SeqNo) {
        let Some(span) = self.span.as_mut() else { return };
        let first = span.highest_in.plus(1);
        let missing = seq.since(first);
        if (1..=GAP_MAX).contains(&missing) {
            span.leave_out(first, seq, missing);
            span.highest_in = seq.minus(1);
        }
    }

    /// What to write over a packet's picture numbers, keeping the highest ones in mind.
    fn renumber(&mut self, descriptor: &Descriptor, left_out: u16) -> Patch {
        let mut patch = Patch::default();
        let Some(span) = &self.span else { return patch };
        if let Some(id) = descriptor.picture_id {
            let number = id.value.wrapping_add(span.picture_offset).wrapping_sub(left_out) & 0x7FFF;
            if number.wrapping_sub(self.picture) & 0x7FFF < 0x4000 {
                self.picture = number;
            }
            write_picture_id(&mut patch, id, number);
        }
        if let Some(SmallNumber { byte, offset }) = descriptor.tl0_index {
            let number = byte.wrapping_add(span.tl0_offset);
            if number.wrapping_sub(self.tl0) < 0x80 {
                self.tl0 = number;
            }
            patch.push(offset, number);
        }
        if let Some(SmallNumber { byte, offset }) = descriptor.key_index {
            let number = (byte & 0x1F).wrapping_add(span.key_offset) & 0x1F;
            if number.wrapping_sub(self.key) & 0x1F < 0x10 {
                self.key = number;
            }
            patch.push(offset, byte & 0xE0 | number);
        }
        if let Some(number) = descriptor.frame_number {
            // What a frame needs is told by distances between numbers, which a common offset leaves alone.
            let number = number.wrapping_add(span.frame_offset);
            if number.wrapping_sub(self.frame) < 0x8000 {
                self.frame = number;
            }
            let [high, low] = number.to_be_bytes();
            patch.push(NUMBER_OFFSET, high);
            patch.push(NUMBER_OFFSET + 1, low);
        }
        patch
    }
}

impl Span {
    /// Closes the gap of so many packets left out between `first` and `next`. A run of them is remembered as one.
    fn leave_out(&mut self, first: SeqNo, next: SeqNo, count: u64) {
        let Some(&Shift { from, offset, pictures }) = self.shifts.back() else { return };
        let shift = Shift { from: next, offset: offset.wrapping_sub(count), pictures };
        if self.shifts.len() > 1 && from == first {
            self.shifts.pop_back();
        } else if self.shifts.len() >= SHIFTS_MAX {
            self.shifts.pop_front();
        }
        self.shifts.push_back(shift);
    }

    /// The shift of a late packet; none when it lies before this stretch or before what is remembered, or was left out: a
    /// number given to it would be another's.
    fn shift_of(&self, seq: SeqNo) -> Option<Shift> {
        if seq < self.first_in {
            return None;
        }
        let place = self.shifts.iter().rposition(|shift| shift.from <= seq)?;
        let shift = *self.shifts.get(place)?;
        let left_out = self.shifts.get(place + 1).is_some_and(|next| {
            let run = shift.offset.wrapping_sub(next.offset);
            next.from.extended().wrapping_sub(seq.extended()) <= run
        });
        (!left_out).then_some(shift)
    }
}

/// Writes a picture number in the width it came in.
fn write_picture_id(patch: &mut Patch, id: PictureId, number: u16) {
    let [high, low] = number.to_be_bytes();
    if id.long {
        patch.push(id.offset, high | 0x80);
        patch.push(id.offset + 1, low);
    } else {
        patch.push(id.offset, low & 0x7F);
    }
}

#[cfg(test)]
mod tests;
