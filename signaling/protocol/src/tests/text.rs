//! Ids, secrets and texts: what is let in keeps the promise of its type, whatever was sent.

use crate::{
    AccountId, BoundedText, MeetingId, Mid, ResumeToken, SeatId, TextError, Ticket, TierCode, UnitCode, fold,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Whether a text passes as a `T` on the wire; what passes must come out as it went in.
fn passes<T: Serialize + DeserializeOwned>(text: &str) -> bool {
    let wire = serde_json::to_string(text).unwrap();
    serde_json::from_str::<T>(&wire).is_ok_and(|value| serde_json::to_string(&value).unwrap() == wire)
}

fn passes_as_id(text: &str) -> [bool; 6] {
    [
        passes::<MeetingId>(text),
        passes::<SeatId>(text),
        passes::<UnitCode>(text),
        passes::<TierCode>(text),
        passes::<AccountId>(text),
        passes::<Mid>(text),
    ]
}

/// Texts as people, files and attackers write them: composed and decomposed Vietnamese, marks without a letter,
/// characters that normalisation changes or must not, spaces of every kind, control characters.
fn written() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9]",
        4 => prop::sample::select(vec!["Ẳ", "ậ", "Đ", "đ", "ơ", "Hoà", "Hòa"]).prop_map(str::to_owned),
        4 => prop::sample::select(vec!["Ẳ", "ậ", "ế"]).prop_map(|text| text.nfd().collect()),
        2 => prop::sample::select(vec!['\u{301}', '\u{323}', '\u{309}', '\u{31b}']).prop_map(String::from),
        2 => prop::sample::select(vec!['\u{212b}', '\u{1d15e}', '\u{fb2c}', '\u{ac01}', '\u{2000}', '\u{130}'])
            .prop_map(String::from),
        2 => prop::sample::select(vec![' ', '\t', '\n', '\u{a0}', '\u{3000}', '\u{85}']).prop_map(String::from),
        1 => prop::sample::select(vec!['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}']).prop_map(String::from),
        2 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

#[test]
fn an_id_has_1_to_64_plain_characters() {
    for good in ["a", "90001", "Site_9-0.1", "-", &"x".repeat(64)] {
        assert_eq!(passes_as_id(good), [true; 6], "{good:?}");
    }
    for bad in ["", " ", "a b", " a", "a\n", "a/b", "../a%", "é", "90001\0", &"x".repeat(65)] {
        assert_eq!(passes_as_id(bad), [false; 6], "{bad:?}");
    }
}

#[test]
fn a_secret_has_1_to_512_visible_characters_and_is_never_printed() {
    for (text, good) in [("a", true), ("", false), ("a b", false), ("é", false), ("\u{7f}", false)] {
        assert_eq!((passes::<Ticket>(text), passes::<ResumeToken>(text)), (good, good), "{text:?}");
    }
    assert!(passes::<Ticket>(&"x".repeat(512)) && !passes::<Ticket>(&"x".repeat(513)));
    let shown = format!("{:?} {:?}", Ticket::parse("hush").unwrap(), ResumeToken::parse("hush").unwrap());
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn a_text_of_the_longest_length_passes_in_every_form() {
    // The characters that normalisation stretches and shrinks most, as many as fit.
    for letter in ['a', 'Ẳ', 'đ', '\u{1f82}', '\u{ac01}', '\u{1f600}'] {
        let full = String::from(letter).repeat(120);
        let decomposed: String = full.nfd().collect();
        for text in [&full, &decomposed] {
            assert_eq!(BoundedText::<120>::parse(text).unwrap().as_str(), full);
            let longer = format!("{text}{letter}");
            assert_eq!(BoundedText::<120>::parse(&longer), Err(TextError::TooLong { max: 120 }));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_are_what_they_promise(text in "[A-Za-z0-9._-]{0,70}|[ -~]{0,8}|\\PC{0,8}") {
        let promised = (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        prop_assert_eq!(passes_as_id(&text), [promised; 6]);
    }

    #[test]
    fn a_bounded_text_keeps_its_promises(text in written()) {
        let normal: String = text.trim().nfc().collect();
        match BoundedText::<20>::parse(&text) {
            Ok(bounded) => {
                let inside = bounded.as_str();
                prop_assert_eq!(inside, &normal);
                prop_assert!(is_nfc(inside) && inside.trim() == inside);
                prop_assert!((1..=20).contains(&inside.chars().count()));
                prop_assert!(inside.chars().all(|c| c == '\n' || !c.is_control()));
                // Written and read again it is the same text.
                prop_assert!(passes::<BoundedText<20>>(inside));
            }
            Err(TextError::Empty) => prop_assert!(normal.is_empty()),
            Err(TextError::TooLong { max }) => prop_assert!(max == 20 && normal.chars().count() > 20),
            Err(TextError::Control) => prop_assert!(normal.chars().any(|c| c.is_control() && c != '\n')),
        }
    }

    #[test]
    fn every_form_of_a_text_is_the_same_text(text in written()) {
        let composed: String = text.nfc().collect();
        let decomposed: String = text.nfd().collect();
        let read = BoundedText::<20>::parse(&text);
        prop_assert_eq!(&BoundedText::<20>::parse(&composed), &read);
        prop_assert_eq!(&BoundedText::<20>::parse(&decomposed), &read);
    }

    #[test]
    fn folding_is_the_same_for_every_form_and_done_once(text in written()) {
        let folded = fold(&text);
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(&fold(&decomposed), &folded);
        prop_assert_eq!(&fold(&folded), &folded);
        prop_assert_eq!(folded.trim(), &folded);
    }
}
