//! Words that may not stand in code: names of tiers, paths of one machine, open ends without an issue.

use super::Violation;
use super::source::File;
use std::path::Path;

/// Names of tiers, folded. Tiers are rows of a file; a name in code is a rule about one country in one year. Only
/// words that mean nothing else in code are here ("quan", "ap", "region" and "cluster" do).
const TIERS: [&str; 22] = [
    "tinh",
    "huyen",
    "phuong",
    "thon",
    "xa",
    "commune",
    "communes",
    "district",
    "districts",
    "province",
    "provinces",
    "provincial",
    "ward",
    "wards",
    "village",
    "villages",
    "hamlet",
    "township",
    "tỉnh",
    "huyện",
    "xã",
    "phường",
];

/// Places that only exist on somebody's machine.
const MACHINE_PATHS: [&str; 3] = ["/home/", "/Users/", "/tmp/"];

/// Words for work left undone.
const OPEN_ENDS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Names of tiers in code. Texts for people are exempt: they are in the dictionaries, in tests and in comments.
pub(super) fn tiers(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let code =
        files.iter().filter(|file| matches!(file.extension(), "rs" | "ts" | "svelte") && !file.is_test());
    let exempt = ["web-client/src/text/", "xtask/src/tidy/words.rs"];
    for file in code.filter(|file| !exempt.iter().any(|path| file.path.starts_with(path))) {
        for (number, line) in file.code().lines().enumerate() {
            for word in identifiers(line).iter().filter(|word| TIERS.contains(&word.as_str())) {
                let place = format!("{}:{}", file.path, number + 1);
                violations.push(Violation::new(place, format!("{word:?} is a tier's name; tiers are data")));
            }
        }
    }
    violations
}

/// The words of a line, lower case; `inviteAllCommunes` and `all_communes` have the word "communes".
fn identifiers(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in line.chars() {
        let starts = character.is_uppercase() && after_lower;
        if (!character.is_alphabetic() || starts) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if character.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words
}

/// The paths of the machine this runs on.
pub(super) fn own_paths(root: &Path) -> Vec<String> {
    let home = std::env::var("HOME").unwrap_or_default();
    let paths = [root.display().to_string(), format!("{home}/")];
    // A checkout in `/src` or a home of `/` would forbid half of all paths.
    paths.into_iter().filter(|path| path.len() > 5).collect()
}

/// Paths that only exist on one machine.
pub(super) fn machine_paths(files: &[File], own: &[String]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let rules = "xtask/src/tidy/words.rs";
    for file in files.iter().filter(|file| file.path != rules) {
        for (number, line) in file.text.lines().enumerate() {
            let named = own.iter().map(String::as_str).chain(MACHINE_PATHS).find(|path| mentions(line, path));
            if let Some(path) = named {
                let place = format!("{}:{}", file.path, number + 1);
                violations.push(Violation::new(place, format!("{path} is a path of one machine")));
            }
        }
    }
    violations
}

/// Whether a line names a path that begins at the root: `docs/home/x` and a URL's `host/home/` do not.
fn mentions(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '}' | ')'))
    })
}

/// Work left undone that no issue speaks of.
pub(super) fn open_ends(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let kinds = ["rs", "ts", "svelte", "css", "mjs", "toml", "md"];
    let rules = "xtask/src/tidy/words.rs";
    for file in files.iter().filter(|file| kinds.contains(&file.extension()) && file.path != rules) {
        for (number, line) in file.text.lines().enumerate() {
            let open = line.split(|c: char| !c.is_alphanumeric()).any(|word| OPEN_ENDS.contains(&word));
            let issue = line.split('#').skip(1).any(|after| after.starts_with(|c: char| c.is_ascii_digit()));
            if open && !issue {
                let place = format!("{}:{}", file.path, number + 1);
                violations.push(Violation::new(place, "an open end without an issue number (#12)"));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn tier_names_are_found_in_every_spelling() {
        for bad in
            ["let all_communes = 1;", "inviteAllCommunes()", "if kind == \"xã\" {", "enum Tier { Province }"]
        {
            assert_eq!(tiers(&[file("a/src/b.rs", bad)]).len(), 1, "{bad}");
        }
        for good in ["// all communes", "let forward = hexa;", "let toward = 1;"] {
            assert_eq!(tiers(&[file("a/src/b.rs", good)]), [], "{good}");
        }
        for exempt in ["tests/scenarios/a.rs", "web-client/src/text/vi.ts", "docs/hosts.md"] {
            assert_eq!(tiers(&[file(exempt, "let commune = 'xã';")]), [], "{exempt}");
        }
    }

    #[test]
    fn machine_paths_are_found() {
        let own = ["/srv/checkout".to_owned()];
        for bad in ["cd /srv/checkout/x", "open(\"/home/an/x\")", "`/tmp/x`"] {
            assert_eq!(machine_paths(&[file("docs/a.md", bad)], &own).len(), 1, "{bad}");
        }
        for good in ["see docs/home/x", "https://example.org/home/", "${dir}/tmp/x", "/var/lib/giaoban"] {
            assert_eq!(machine_paths(&[file("docs/a.md", good)], &own), [], "{good}");
        }
    }

    #[test]
    fn open_ends_name_an_issue() {
        assert_eq!(open_ends(&[file("a.rs", "// TODO: later")]).len(), 1);
        assert_eq!(open_ends(&[file("a.rs", "// TODO(#12): later")]), []);
        assert_eq!(open_ends(&[file("a.rs", "let todos = 1; // TODOS are fine")]), []);
    }
}
