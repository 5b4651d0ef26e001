//! What carries more than one packet's payload: redundant audio, and AV1's dependency descriptors, each of which leans on
//! the ones before.

use super::{Seen, magnitude};
use crate::clock;
use sfu_core::fuzzing::{dependencies, red as primary, renumbered_dependency};

/// Earlier blocks that are borne.
const EARLIER_MAX: usize = 8;
/// Where a descriptor has its frame's number.
const NUMBER: [usize; 2] = [1, 2];
/// The part every descriptor has.
const MANDATORY_BYTES: usize = 3;

/// Headers of earlier blocks and of the last one.
pub(super) const RED_WORDS: &[&[u8]] = &[b"\xEF\x0F\x00\x04", b"\xEF\0\0\0", b"\xEF\xFF\xFF\xFF", b"\x6F"];

/// The first byte names the format of the blocks. The packet's own block is the end of the payload, as reckoned by another
/// reader; a further block in front changes nothing.
pub(super) fn red(input: &[u8]) -> Seen {
    let Some((&inner, payload)) = input.split_first() else { return Seen::refused(0) };
    let inner = inner & 0x7F;
    let reckoned = reckoned(inner, payload);
    let found = primary(inner, payload);
    assert_eq!(found, reckoned.map(|(start, _)| payload.get(start..).unwrap_or_default()));
    let Some((_, earlier)) = reckoned else { return Seen::refused(magnitude(payload.len())) };
    let block = b"another";
    let header = [0x80 | inner, 0xFF, 0xFC, 7];
    let headers = 4 * earlier + 1;
    let (heads, blocks) = payload.split_at(headers);
    let longer = [&header[..], heads, block, blocks].concat();
    assert_eq!(primary(inner, &longer), found.filter(|_| earlier < EARLIER_MAX), "a block in front");
    Seen::taken((earlier, found.map(<[u8]>::len).map(magnitude)))
}

/// Where the own block begins, and how many are before it: lengths first, then sums.
fn reckoned(inner: u8, payload: &[u8]) -> Option<(usize, usize)> {
    let earlier =
        payload.chunks(4).take_while(|head| head.first().is_some_and(|first| first & 0x80 != 0)).count();
    let heads: Vec<&[u8]> = payload.chunks(4).take(earlier + 1).collect();
    let (last, before) = heads.split_last()?;
    let whole = before.iter().all(|head| head.len() == 4) && earlier <= EARLIER_MAX;
    let ours = heads.iter().all(|head| head.first().is_some_and(|first| first & 0x7F == inner));
    let length = |head: &&[u8]| match **head {
        [_, _, high, low] => usize::from(high & 3) * 256 + usize::from(low),
        _ => 0,
    };
    let start = 4 * earlier + 1 + before.iter().map(length).sum::<usize>();
    (whole && ours && !last.is_empty() && start < payload.len()).then_some((start, earlier))
}

/// Beginnings of descriptors.
pub(super) const DEPENDENCY_WORDS: &[&[u8]] = &[b"\x03\xC1\0\x02", b"\x80\0\x01\x80", b"\0\0\0"];

/// The input is descriptors with their lengths in front. What lets decoding begin needs none before it; a descriptor's
/// numbers are where they are said to be, and renumbering changes nothing else.
pub(super) fn dependency(input: &[u8]) -> Seen {
    let mut values = Vec::new();
    let mut rest = input;
    while let Some((&length, behind)) = rest.split_first()
        && let Some((value, behind)) = behind.split_at_checked(length.into())
    {
        values.push(value);
        rest = behind;
    }
    let read = dependencies(&values);
    assert_eq!(read.len(), values.len());
    for (value, found) in values.iter().zip(&read) {
        let Some(found) = found else { continue };
        let number = NUMBER.map(|place| value.get(place).copied());
        assert_eq!(found.number.map(u16::to_be_bytes).map(|bytes| bytes.map(Some)), Some(number));
        assert!(value.len() >= MANDATORY_BYTES, "read from less than there must be");
        if found.starts_keyframe {
            assert_eq!(dependencies(&[value]), [Some(*found)], "a beginning leans on what was before");
        }
        let written = renumbered_dependency(value, 0xFFFE, clock::now());
        assert_eq!(written.get(1..3), Some(&[0xFF, 0xFF][..]), "the number that follows");
        let others = |bytes: &[u8]| (bytes.first().copied(), bytes.get(3..).map(<[u8]>::to_vec));
        assert_eq!(others(&written), others(value), "renumbering changed something else");
    }
    let shape: Vec<_> = read.iter().map(|found| found.map(|found| found.starts_keyframe)).take(6).collect();
    match read.last() {
        Some(Some(_)) => Seen::taken(shape),
        Some(None) | None => Seen::refused(shape),
    }
}
