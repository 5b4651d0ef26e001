//! Ids, texts and days: what every larger reader is made of.

use super::{Seen, magnitude};
use signaling_core::Day;
use signaling_protocol::{BoundedText, SeatId, Ticket, fold};

/// What is hard to fold, to compose or to count.
pub(super) const WORDS: &[&[u8]] = &[
    "ệ".as_bytes(),
    "e\u{323}\u{302}".as_bytes(),
    "Đ".as_bytes(),
    "İ".as_bytes(),
    "\u{1E9E}".as_bytes(),
    "\u{FB01}".as_bytes(),
    "\u{1D15E}".as_bytes(),
    "\u{0344}".as_bytes(),
    "\u{200B}".as_bytes(),
    "\u{202E}".as_bytes(),
    "\u{A0}".as_bytes(),
    b"\0",
    b"2024-02-29",
];

/// A text that is taken is bounded and is taken the same again; folding twice is folding once; a day is written as it was
/// read.
pub(super) fn words(input: &[u8]) -> Seen {
    let Ok(text) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "folded twice");
    let id = SeatId::parse(text);
    if let Ok(id) = &id {
        assert_eq!(id.as_str(), text);
        assert!((1..=64).contains(&text.len()) && text.is_ascii());
        assert!(Ticket::parse(text).is_ok(), "an id is a plausible secret");
    }
    let day = Day::parse(text);
    if let Some(day) = day {
        assert_eq!(day.to_string(), text);
    }
    let bounded = BoundedText::<60>::parse(text);
    if let Ok(bounded) = &bounded {
        let taken = bounded.as_str();
        assert!((1..=60).contains(&taken.chars().count()) && taken.trim() == taken, "{taken:?}");
        assert!(!taken.chars().any(|sign| sign.is_control() && sign != '\n'), "{taken:?}");
        assert_eq!(BoundedText::<60>::parse(taken).as_ref(), Ok(bounded));
        assert_eq!(fold(taken), folded, "composed it folds otherwise");
    }
    let shape = (id.is_ok(), day.is_some(), bounded.is_ok(), magnitude(folded.len()));
    if id.is_ok() || day.is_some() || bounded.is_ok() { Seen::taken(shape) } else { Seen::refused(shape) }
}
