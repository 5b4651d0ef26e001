//! Text that people type or files hold: always NFC, bounded, without control characters; and its folded form
//! for search.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// Longer than allowed, counted in characters after normalisation.
    #[error("the text has more than {max} characters")]
    TooLong {
        /// Characters allowed.
        max: usize,
    },
    /// Holds a control character other than a line break.
    #[error("the text has control characters")]
    Control,
}

/// A text of 1 to `MAX` characters, trimmed, in Unicode NFC.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct BoundedText<const MAX: usize>(String);

impl<const MAX: usize> BoundedText<MAX> {
    /// Normalises and checks a text.
    ///
    /// # Errors
    /// [`TextError`] if it is empty, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // A text that is too long by bytes alone is refused before work is spent on it: NFC never shrinks a
        // character below a quarter of its decomposed bytes by more than the 18 that Unicode's stability
        // policy bounds expansion with.
        if text.len() > MAX.saturating_mul(18) {
            return Err(TextError::TooLong { max: MAX });
        }
        let normal: String = text.trim().nfc().collect();
        if normal.is_empty() {
            return Err(TextError::Empty);
        }
        if normal.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if normal.chars().any(|c| c.is_control() && c != '\n') {
            return Err(TextError::Control);
        }
        Ok(Self(normal))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for BoundedText<MAX> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::parse(&text)
    }
}

impl<const MAX: usize> From<BoundedText<MAX>> for String {
    fn from(text: BoundedText<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for BoundedText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Folds a text for search: lower case, no diacritics, `đ` as `d`, single spaces. "Tân An", its decomposed form
/// and "tan an" fold to the same string, and so do both placements of a tone mark ("Hoà", "Hòa").
pub fn fold(text: &str) -> String {
    let bare = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let lower: String = bare.flat_map(char::to_lowercase).map(|c| if c == 'đ' { 'd' } else { c }).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_every_way_of_writing_to_one() {
        let decomposed: String = "Tân An".nfd().collect();
        for text in ["Tân An", decomposed.as_str(), "tan an", "  TÂN   AN "] {
            assert_eq!(fold(text), "tan an");
        }
        assert_eq!(fold("Hoà"), fold("Hòa"));
        assert_eq!(fold("Đắk Lắk"), "dak lak");
    }

    #[test]
    fn bounds_count_normalised_characters() {
        let decomposed: String = "Ẳ".repeat(8).nfd().collect();
        assert_eq!(BoundedText::<8>::parse(&decomposed).unwrap().as_str(), "Ẳ".repeat(8));
        assert_eq!(BoundedText::<8>::parse("123456789"), Err(TextError::TooLong { max: 8 }));
        assert_eq!(BoundedText::<8>::parse(" \t "), Err(TextError::Empty));
        assert_eq!(BoundedText::<8>::parse("a\u{7}b"), Err(TextError::Control));
    }
}
