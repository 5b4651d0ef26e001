//! A whole engine with a link to another node. An input is a list of steps: a byte that says what, one that is not read, two
//! bytes of length, and as many bytes; a step of time has its milliseconds where the others have their length.

use super::{Seen, magnitude};
use crate::clock;
use sfu_core::fuzzing::{Branch, Hurt, link_words, stream_name};
use std::time::Duration;

/// What those in the branch connected with.
const OFFER: &str = include_str!("../../fuzz/corpus/offer/taken-ten-lines.sdp");
/// Steps one input is read for.
const STEPS_MAX: usize = 64;
/// Longest a step of time takes.
const PASS_MAX_MS: u64 = 5_000;
/// Heads of words, of the reports that carry them, and of the peer that is on stage.
pub(super) const WORDS: &[&[u8]] = &[
    b"GBL1",
    b"\x80\xCC\0\x03",
    b"\0\0\0\x07\0\0\0\x01",
    b"\x01\0\0\0\0\0\0\0\0",
    b"\x02\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0\x01\x01",
    b"\x03\0\0\0\x07\0\0\0\x01\x01",
    b"\x04\0\0\0\0\0\0\0\0\x01\x03\x07",
    b"\x05\0\0",
    b"\x06",
];

/// Whatever the other node says: the engine comes to rest, what leaves it can be opened by whom it is for, nothing that came
/// over the link goes back or into a room that ends here, and no transport breaks.
pub(super) fn link(input: &[u8]) -> Seen {
    reads_what_it_writes(input);
    let Some(mut branch) = play(input) else { return Seen::refused(0) };
    let settled = branch.pass(Duration::from_millis(PASS_MAX_MS));
    assert_eq!(settled, Ok(()), "afterwards");
    judge(&branch)
}

fn reads_what_it_writes(input: &[u8]) {
    let (written, count, whole) = link_words(input);
    assert!(written.len() <= input.len(), "more was written than read");
    assert_eq!(
        link_words(&written),
        (written.clone(), count, true),
        "words are not read as they were written"
    );
    if whole {
        assert_eq!(written, input, "a word has two forms");
    }
    for value in input.windows(16) {
        if let Some(name) = stream_name(value) {
            assert_eq!(name, value, "a name has two forms");
        }
    }
}

/// The branch after an input's steps.
fn play(input: &[u8]) -> Option<Branch> {
    let branch = Branch::new(OFFER, clock::now());
    assert!(branch.is_some(), "the branch's own offer is refused");
    let mut branch = branch?;
    let mut rest = input;
    for number in 0..STEPS_MAX {
        let Some((&[what, _, high, low], tail)) = rest.split_first_chunk::<4>() else { break };
        let length = u16::from_be_bytes([high, low]);
        let time = what % 4 == 3;
        let (bytes, tail) = if time { (&[][..], tail) } else { cut(tail, length) };
        rest = tail;
        let done = match what % 4 {
            0 => branch.words(bytes),
            1 => branch.media(bytes),
            2 => branch.reports(bytes),
            _ => branch.pass(Duration::from_millis(u64::from(length) % PASS_MAX_MS)),
        };
        assert_eq!(done, Ok::<(), Hurt>(()), "in step {number}");
    }
    Some(branch)
}

/// As many bytes as there are said to be, or as there are.
fn cut(bytes: &[u8], length: u16) -> (&[u8], &[u8]) {
    bytes.split_at_checked(length.into()).unwrap_or((bytes, &[]))
}

fn judge(branch: &Branch) -> Seen {
    let counters = branch.counters();
    assert_eq!(counters.peers_panicked, 0, "a transport broke");
    let many = |count: u64| magnitude(usize::try_from(count).unwrap_or(usize::MAX));
    let shape = [
        counters.words_in,
        counters.words_out,
        counters.words_malformed,
        counters.media_in,
        counters.media_forwarded,
        counters.dropped_stream,
        counters.dropped_malformed,
        counters.keyframes_requested,
        counters.upstream_missing,
        counters.links,
    ];
    let shape = shape.map(many);
    if counters.words_in > 0 || counters.media_in > 0 { Seen::taken(shape) } else { Seen::refused(shape) }
}
