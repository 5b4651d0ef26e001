//! Compound RTCP packets.

use super::{Seen, magnitude};
use sfu_core::fuzzing::{Told, reports, write_reports};
use std::collections::BTreeSet;

/// Heads of the packets we read, and the marks of a hall's slots.
pub(super) const WORDS: &[&[u8]] = &[
    b"\x80\xC8\0\x06",
    b"\x81\xC9\0\x07",
    b"\x81\xCB\0\x01",
    b"\x81\xCD\0\x03",
    b"\x8F\xCD\0\x05",
    b"\x81\xCE\0\x02",
    b"\x84\xCE\0\x04",
    b"\x80\xCF\0\x04",
    b"\x80\xCC\0\x03",
    b"\xA0\xCC\0\x03",
    b"\x04\0\0\x02",
    b"\x9F\xFF",
    b"\x3F\xFF",
    b"\xEE\xEE\xEE\x04",
    b"\xEE\xEF\xFF\xFF",
];

/// The reference time of feedback comes round.
const ROUND_MICROS: i64 = 64_000 << 24;

/// What is read is no more than its bytes can say; what we write ourselves is read again as it was.
pub(super) fn rtcp(packet: &[u8]) -> Seen {
    let told = reports(packet);
    let broken = told.iter().position(|one| *one == Told::Broken);
    assert!(broken.is_none_or(|at| at + 1 == told.len()), "reading goes on behind what cannot be read");
    assert!(told.len() <= 1 + packet.len() / 4, "more reports than words");
    for one in &told {
        match one {
            Told::Nack { lost, .. } => assert!(lost.len() <= packet.len() / 4 * 17, "more numbers than bits"),
            Told::Arrivals(arrivals) => within(arrivals, packet.len()),
            Told::Sender { .. }
            | Told::Received { .. }
            | Told::KeyframeWanted { .. }
            | Told::ReferenceTime { .. }
            | Told::Goodbye { .. }
            | Told::Application { .. }
            | Told::Broken => {}
        }
    }
    written_again(&told);
    let shape: Vec<_> = told.iter().take(6).map(shape).collect();
    if broken.is_some() || told.is_empty() { Seen::refused(shape) } else { Seen::taken(shape) }
}

/// Numbers run on, and every arrival has bytes that say when.
fn within(arrivals: &[(u16, Option<i64>)], bytes: usize) {
    for (one, next) in arrivals.iter().zip(arrivals.iter().skip(1)) {
        assert_eq!(next.0, one.0.wrapping_add(1), "numbers do not run on");
    }
    let arrived = arrivals.iter().filter(|(_, at)| at.is_some()).count();
    assert!(arrived <= bytes, "more arrivals than bytes");
}

fn written_again(told: &[Told]) {
    let ours = |one: &&Told| {
        matches!(
            one,
            Told::Sender { .. }
                | Told::Nack { .. }
                | Told::KeyframeWanted { .. }
                | Told::Arrivals(_)
                | Told::Application { .. }
        )
    };
    let before: Vec<Told> = told.iter().filter(ours).cloned().collect();
    let written = write_reports(&before);
    assert_eq!(written.len() % 4, 0, "reports are whole words");
    let after = reports(&written);
    assert_eq!(flat(&after), flat(&before), "{written:02X?}");
}

/// One statement, in which it makes no difference over how many messages and in which order numbers are spread.
#[derive(Debug, PartialEq, Eq)]
enum Flat {
    As(Told),
    Lost(u32, BTreeSet<u16>),
    Arrival(u16, Option<i64>),
}

fn flat(told: &[Told]) -> Vec<Flat> {
    let mut flat = Vec::new();
    for one in told {
        match one {
            Told::Nack { media, lost } => flat.push(Flat::Lost(*media, lost.iter().copied().collect())),
            Told::Arrivals(arrivals) => flat.extend(
                arrivals
                    .iter()
                    .map(|(number, at)| Flat::Arrival(*number, at.map(|at| at.rem_euclid(ROUND_MICROS)))),
            ),
            Told::Sender { .. }
            | Told::Received { .. }
            | Told::KeyframeWanted { .. }
            | Told::ReferenceTime { .. }
            | Told::Goodbye { .. }
            | Told::Application { .. }
            | Told::Broken => flat.push(Flat::As(one.clone())),
        }
    }
    flat
}

fn shape(told: &Told) -> (u8, u32) {
    match told {
        Told::Sender { .. } => (0, 0),
        Told::Received { .. } => (1, 0),
        Told::Nack { lost, .. } => (2, magnitude(lost.len())),
        Told::KeyframeWanted { .. } => (3, 0),
        Told::Arrivals(arrivals) => (4, magnitude(arrivals.len())),
        Told::ReferenceTime { .. } => (5, 0),
        Told::Goodbye { .. } => (6, 0),
        Told::Broken => (7, 0),
        Told::Application { data, .. } => (8, magnitude(data.len())),
    }
}
