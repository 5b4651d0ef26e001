//! A whole engine. An input is a list of steps: a byte that says what, a byte that says who, two bytes of length, and as
//! many bytes of datagram; a step of time has its milliseconds where the others have their length.

use super::{Seen, magnitude};
use crate::clock;
use sfu_core::fuzzing::{Hall, Hurt, SEATS};
use std::time::Duration;

/// What everybody in the hall connected with.
const OFFER: &str = include_str!("../../fuzz/corpus/offer/taken-ten-lines.sdp");
/// Steps one input is read for.
const STEPS_MAX: usize = 64;
/// Longest a step of time takes.
const PASS_MAX_MS: u64 = 5_000;

/// Whatever strangers and clients that hold their keys say: the engine comes to rest, what leaves it can be opened by
/// whom it is for, nobody gets media that nobody else in its room has sent, and no transport breaks.
pub(super) fn engine(input: &[u8]) -> Seen {
    let Some(mut hall) = play(input) else { return Seen::refused(0) };
    let settled = hall.pass(Duration::from_millis(PASS_MAX_MS));
    assert_eq!(settled, Ok(()), "afterwards");
    judge(&hall)
}

/// The hall after an input's steps.
pub fn play(input: &[u8]) -> Option<Hall> {
    let hall = Hall::new(OFFER, clock::now());
    assert!(hall.is_some(), "the hall's own offer is refused");
    let mut hall = hall?;
    let mut rest = input;
    for number in 0..STEPS_MAX {
        let Some((&[what, who, high, low], tail)) = rest.split_first_chunk::<4>() else { break };
        let length = u16::from_be_bytes([high, low]);
        let who = usize::from(who) % (SEATS + 1);
        let time = what % 4 == 3;
        let (bytes, tail) = if time { (&[][..], tail) } else { cut(tail, length) };
        rest = tail;
        let done = match what % 4 {
            0 => hall.datagram(who, bytes),
            1 => hall.media(who, bytes),
            2 => hall.reports(who, bytes),
            _ => hall.pass(Duration::from_millis(u64::from(length) % PASS_MAX_MS)),
        };
        assert_eq!(done, Ok::<(), Hurt>(()), "in step {number}");
    }
    Some(hall)
}

/// As many bytes as there are said to be, or as there are.
fn cut(bytes: &[u8], length: u16) -> (&[u8], &[u8]) {
    bytes.split_at_checked(length.into()).unwrap_or((bytes, &[]))
}

fn judge(hall: &Hall) -> Seen {
    let counters = hall.counters();
    assert_eq!(counters.peers_panicked, 0, "a transport broke");
    let many = |count: u64| magnitude(usize::try_from(count).unwrap_or(usize::MAX));
    let shape = [
        counters.media_in,
        counters.media_forwarded,
        counters.datagrams_out,
        counters.dropped_malformed,
        counters.dropped_stream,
        counters.dropped_padding,
        counters.dropped_twice,
        counters.dropped_replayed,
        counters.nacks_received,
        counters.upstream_missing,
        counters.peers,
    ];
    let shape = shape.map(many);
    if counters.media_in > 0 || counters.nacks_received > 0 {
        Seen::taken(shape)
    } else {
        Seen::refused(shape)
    }
}
