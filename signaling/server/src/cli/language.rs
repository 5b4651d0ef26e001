//! In which language a report for people is written.

use clap::ValueEnum;

/// The two languages of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    Vi,
    En,
}

impl Language {
    /// The one asked for, else that of the terminal: Vietnamese if the first of these variables that is set says so.
    pub(super) fn of(asked: Option<Self>) -> Self {
        let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
        asked
            .unwrap_or_else(|| Self::named(["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).as_deref()))
    }

    fn named(locale: Option<&str>) -> Self {
        if locale.is_some_and(|locale| locale.starts_with("vi")) { Self::Vi } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_a_language() {
        assert_eq!(Language::named(Some("vi_VN.UTF-8")), Language::Vi);
        assert_eq!(Language::named(Some("C.UTF-8")), Language::En);
        assert_eq!(Language::named(None), Language::En);
        assert_eq!(Language::of(Some(Language::Vi)), Language::Vi);
    }
}
