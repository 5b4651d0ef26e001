//! Judges what came on a slot as a decoder would: one stream, frames whole and in order, every switch at a keyframe.

use super::{Marks, Received};
use crate::peer::Codec;
use crate::receive::descriptor::{self, Descriptor};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Checked {
    /// Frames that came whole.
    pub(crate) frames: usize,
    /// Numbers that were never used.
    pub(crate) gaps: u64,
    /// Times at which another source or layer began.
    pub(crate) switches: usize,
    /// Frames whose references were not all there, or which lack a packet.
    pub(crate) broken: usize,
    /// Such frames that were not cut short by what began soon after: what they lack could have been repaired.
    pub(crate) stray: usize,
}

/// How long repairing takes at most: noticing, asking, the way there and back.
const REPAIR: Duration = Duration::from_millis(150);

/// A packet with its number, roll-overs counted.
struct Numbered<'a> {
    seq: u64,
    packet: &'a Received,
    marks: Marks,
    descriptor: Descriptor,
}

fn read(packet: &Received) -> Descriptor {
    let read = match packet.codec {
        Codec::Opus | Codec::Red => return Descriptor::default(),
        Codec::Vp8 => descriptor::vp8,
        Codec::Vp9 => descriptor::vp9,
        Codec::H264 => descriptor::h264,
        Codec::Av1 => descriptor::av1,
    };
    let mut found = read(&packet.payload).unwrap();
    found.frame_number = descriptor::frame_number(&packet.dependency);
    found
}

/// Puts packets in the order of their numbers, none of which may be used twice.
fn ordered(received: &[Received]) -> Vec<Numbered<'_>> {
    let mut highest = 0x1_0000 + received.first().map_or(0, |first| u64::from(first.seq));
    let mut numbered: Vec<_> = received
        .iter()
        .map(|packet| {
            let seq = crate::units::SeqNo::new(highest).nearest(packet.seq).extended();
            highest = highest.max(seq);
            Numbered { seq, packet, marks: Marks::read(&packet.payload), descriptor: read(packet) }
        })
        .collect();
    numbered.sort_by_key(|numbered| numbered.seq);
    for pair in numbered.windows(2) {
        assert!(pair[0].seq < pair[1].seq, "{} was used twice", pair[1].seq);
    }
    numbered
}

/// Asserts what must hold whatever the line loses, and counts the rest.
pub(crate) fn check(received: &[Received]) -> Checked {
    check_since(received, crate::testing::epoch() - Duration::from_secs(3_600))
}

/// Like [`check`], and counts what came since a moment.
pub(crate) fn check_since(received: &[Received], since: Instant) -> Checked {
    let packets = ordered(received);
    let mut checked = Checked::default();
    // The frames of this stretch that could be decoded.
    let mut decoded: BTreeSet<u32> = BTreeSet::new();
    let frames: Vec<_> = packets
        .chunk_by(|one, other| {
            let same = |packet: &Numbered<'_>| (packet.marks.frame(), packet.packet.time);
            same(one) == same(other)
        })
        .collect();
    for pair in packets.windows(2) {
        let [before, after] = pair else { unreachable!() };
        if after.packet.at >= since {
            checked.gaps += after.seq - before.seq - 1;
        }
    }
    for (place, frame) in frames.iter().enumerate() {
        let [first, .., last] = [&frame[0], &frame[frame.len() - 1]];
        if let Some(before) = place.checked_sub(1).map(|place| frames[place]) {
            let switched = follows(&before[before.len() - 1], first);
            checked.switches += usize::from(switched && first.packet.at >= since);
            if switched {
                decoded.clear();
            }
        }
        let parts: Vec<u8> = frame.iter().map(|packet| packet.marks.part).collect();
        for packet in *frame {
            let ends = packet.marks.part + 1 == packet.marks.parts;
            assert_eq!(
                packet.packet.marker, ends,
                "the marker ends a frame and nothing else: {:?}",
                packet.marks
            );
        }
        let whole = parts == (0..first.marks.parts).collect::<Vec<_>>()
            && last.seq - first.seq + 1 == parts.len() as u64;
        let decodes = whole && needs(first).iter().all(|picture| decoded.contains(picture));
        if decodes {
            decoded.insert(first.marks.picture);
        }
        if first.packet.at < since {
            continue;
        }
        if decodes {
            checked.frames += 1;
        } else {
            checked.broken += 1;
            checked.stray += usize::from(!cut_short(frame, &frames[place + 1..]));
        }
    }
    checked
}

/// The pictures a frame is built on. A layer is a picture behind the other where the codec tells temporal layers: the lower
/// one is built on itself, the upper one on the lower and, unless it is synced, on itself.
fn needs(frame: &Numbered<'_>) -> Vec<u32> {
    let marks = &frame.marks;
    let layered = matches!(frame.packet.codec, Codec::Vp8 | Codec::Vp9);
    match marks.keyframe {
        0 => vec![],
        1 => vec![marks.picture - 1],
        _ if !layered => vec![marks.picture - 1],
        _ if marks.temporal == 0 => vec![marks.picture - 2],
        _ if marks.is_synced() => vec![marks.picture - 1],
        _ => vec![marks.picture - 1, marks.picture - 2],
    }
}

/// Whether what its stretch has behind a frame ends while it could still have been repaired.
fn cut_short(frame: &[Numbered<'_>], later: &[&[Numbered<'_>]]) -> bool {
    let (at, marks) = (frame[0].packet.at, &frame[0].marks);
    let goes_on = |later: &&&[Numbered<'_>]| {
        let other = &later[0].marks;
        (other.sender, other.layer) == (marks.sender, marks.layer) && !other.is_keyframe()
    };
    later.iter().take_while(goes_on).last().is_none_or(|last| last[0].packet.at <= at + REPAIR)
}

/// What must hold from one frame to the next, and whether another source or layer began.
fn follows(before: &Numbered<'_>, after: &Numbered<'_>) -> bool {
    let (old, new) = (&before.marks, &after.marks);
    let what = || format!("{old:?} as {} then {new:?} as {}", before.seq, after.seq);
    let step = after.packet.time.wrapping_sub(before.packet.time);
    assert!((1..90_000 * 60).contains(&step), "time moved by {step}: {}", what());
    // What was taken off a slot and put back is shown again from its last keyframe on.
    let again = new.picture <= old.picture;
    let switched = again || (old.sender, old.layer) != (new.sender, new.layer);
    if switched {
        assert!(new.is_keyframe() && new.part == 0, "began in the middle: {}", what());
    }
    let begins_anew = switched || new.picture - new.keyframe != old.picture - old.keyframe;
    // Frames that were lost whole have numbers; a switch leaves none out.
    let frames = if begins_anew { 1 } else { u16::try_from(new.picture - old.picture).unwrap() };
    let (was, is) = (&before.descriptor, &after.descriptor);
    let exact = |moved: u16, what: String| {
        if switched {
            assert_eq!(moved, 1, "{what}");
        } else {
            assert!(moved >= frames && moved < 1_000, "moved by {moved}: {what}");
        }
    };
    if let (Some(was), Some(is)) = (was.picture_id, is.picture_id) {
        assert!(was.long && is.long);
        let moved = is.value.wrapping_sub(was.value) & 0x7FFF;
        if after.packet.codec != Codec::Vp8 {
            exact(moved, format!("picture ids: {}", what()));
        } else if after.seq == before.seq + 1 {
            // What is left out on purpose has no number.
            assert_eq!(moved, 1, "picture ids: {}", what());
        } else {
            assert!((1..1_000).contains(&moved), "picture ids moved by {moved}: {}", what());
        }
    }
    if let (Some(was), Some(is)) = (was.frame_number, is.frame_number) {
        exact(is.wrapping_sub(was), format!("frame numbers: {}", what()));
    }
    if let (Some(was), Some(is)) = (was.tl0_index, is.tl0_index) {
        let moved = is.byte.wrapping_sub(was.byte);
        if switched {
            assert_eq!(moved, 1, "tl0: {}", what());
        } else if !begins_anew {
            let lowest = (old.keyframe + 1..=new.keyframe).filter(|picture| picture % 2 == 0).count();
            assert_eq!(usize::from(moved), lowest, "tl0: {}", what());
        }
    }
    if let (Some(was), Some(is)) = (was.key_index, is.key_index) {
        let moved = (is.byte & 0x1F).wrapping_sub(was.byte & 0x1F) & 0x1F;
        assert!(if switched { moved == 1 } else { moved < 0x10 }, "key index: {}", what());
    }
    switched
}
