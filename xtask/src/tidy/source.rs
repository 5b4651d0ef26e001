//! The files of the checkout, and what of a file is code: comments and tests blanked out, lines kept.

use anyhow::{Context, Result};
use std::path::Path;

/// What is not ours or not source: build output, dependencies, results, data of a running node.
const SKIPPED: [&str; 8] =
    ["target", "node_modules", "dist", ".git", "data", "results", "test-results", ".vite"];

/// Corpora and captures are bytes, however they are named.
const BYTES: [&str; 3] = ["corpus", "corpora", "captures"];

/// One text file.
pub(super) struct File {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
}

impl File {
    /// The end of the name after the last dot.
    pub(super) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Whether the whole file is a test or serves only tests.
    pub(super) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        // The gallery shows every screen with invented people in it.
        let folders = ["tests/", "web-client/gallery/"];
        let folder =
            folders.iter().any(|folder| self.path.starts_with(folder)) || self.path.contains("/tests/");
        let helper = matches!(name, "tests.rs" | "testing.rs" | "testing.ts" | "test_support.rs");
        folder || helper || name.ends_with("_tests.rs") || name.contains(".test.")
    }

    /// The text with comments and `#[cfg(test)]` items blanked out; strings stay.
    pub(super) fn code(&self) -> String {
        match self.extension() {
            "rs" => without_test_items(&strip(&self.text, Language::Rust)),
            "ts" | "js" | "mjs" => strip(&self.text, Language::Script),
            "svelte" => strip(&self.text, Language::Markup),
            _ => self.text.clone(),
        }
    }
}

/// Every text file of the checkout, in order of path. A file that is not UTF-8 is not text.
pub(super) fn read_all(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    read_below(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_below(directory: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) || BYTES.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read_below(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// How comments and strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Rust,
    Script,
    Markup,
}

/// Where the scanner is.
enum Place {
    Code,
    LineComment,
    BlockComment { depth: u32, close: &'static str },
    Text { quote: char },
    RawText { close: String },
}

/// Blanks comments out. It knows strings well enough not to take `"//"` for a comment; a regular expression with a
/// quote in it may fool it until the end of the line.
fn strip(text: &str, language: Language) -> String {
    let mut place = Place::Code;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (next, taken, keep) = advance(place, rest, character, language);
        place = next;
        let (chunk, after) = rest.split_at(taken);
        if keep {
            out.push_str(chunk);
        } else {
            out.extend(chunk.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

/// One move: where the scanner is next, how many bytes it took, and whether they are kept.
fn advance(place: Place, rest: &str, character: char, language: Language) -> (Place, usize, bool) {
    let one = character.len_utf8();
    match place {
        Place::Code => enter(rest, character, language),
        Place::LineComment if character == '\n' => (Place::Code, one, true),
        Place::LineComment => (Place::LineComment, one, false),
        Place::BlockComment { depth, close } if rest.starts_with(close) => {
            let next = if depth > 1 { Place::BlockComment { depth: depth - 1, close } } else { Place::Code };
            (next, close.len(), false)
        }
        Place::BlockComment { depth, close } if language == Language::Rust && rest.starts_with("/*") => {
            (Place::BlockComment { depth: depth + 1, close }, 2, false)
        }
        Place::BlockComment { depth, close } => (Place::BlockComment { depth, close }, one, false),
        Place::Text { quote } if character == '\\' => {
            let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
            (Place::Text { quote }, one + escaped, true)
        }
        Place::Text { quote } if character == quote => (Place::Code, one, true),
        // A script's string ends with its line: a stray quote in a regular expression must not swallow the file.
        Place::Text { quote } if character == '\n' && language != Language::Rust && quote != '`' => {
            (Place::Code, one, true)
        }
        Place::Text { quote } => (Place::Text { quote }, one, true),
        Place::RawText { close } if rest.starts_with(&close) => (Place::Code, close.len(), true),
        Place::RawText { close } => (Place::RawText { close }, one, true),
    }
}

fn enter(rest: &str, character: char, language: Language) -> (Place, usize, bool) {
    let one = character.len_utf8();
    if language == Language::Markup && rest.starts_with("<!--") {
        return (Place::BlockComment { depth: 1, close: "-->" }, 4, false);
    }
    if rest.starts_with("//") {
        return (Place::LineComment, 2, false);
    }
    if rest.starts_with("/*") {
        return (Place::BlockComment { depth: 1, close: "*/" }, 2, false);
    }
    match (language, character) {
        (Language::Rust, 'r') => match raw_string(rest) {
            Some((opened, close)) => (Place::RawText { close }, opened, true),
            None => (Place::Code, one, true),
        },
        // A quote character is a text of its own; a lifetime is not a text at all.
        (Language::Rust, '\'') if rest.starts_with("'\"'") => (Place::Code, 3, true),
        (_, '"') => (Place::Text { quote: '"' }, one, true),
        (Language::Script, '\'' | '`') => (Place::Text { quote: character }, one, true),
        _ => (Place::Code, one, true),
    }
}

fn raw_string(rest: &str) -> Option<(usize, String)> {
    let hashes = rest.get(1..)?.chars().take_while(|c| *c == '#').count();
    let quoted = rest.get(1 + hashes..)?.starts_with('"');
    quoted.then(|| (2 + hashes, format!("\"{}", "#".repeat(hashes))))
}

/// Blanks out what `#[cfg(test)]` stands before, up to its closing brace or semicolon.
fn without_test_items(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let (before, item) = rest.split_at(start);
        out.push_str(before);
        let length = item_length(item);
        let (gone, after) = item.split_at(length);
        out.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Braces in strings of a test are rare and nearly always in pairs; a miscount only hides code behind a test.
fn item_length(item: &str) -> usize {
    let mut depth = 0_u32;
    for (at, character) in item.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str, text: &str) -> String {
        File { path: path.to_owned(), text: text.to_owned() }.code()
    }

    #[test]
    fn rust_comments_and_tests_go_and_strings_stay() {
        let text = "/// doc\nlet a = \"// kept\"; // gone\n/* gone /* too */ */let b = r#\"/* kept\"#;\n";
        let left = code("a.rs", text);
        assert!(left.contains("// kept") && left.contains("/* kept") && left.contains("let b"));
        assert!(!left.contains("doc") && !left.contains("gone") && !left.contains("too"));
        assert_eq!(left.lines().count(), text.lines().count());
        let left =
            code("a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { fn hidden() { if x {} } }\nfn b() {}\n");
        assert!(left.contains("fn a") && left.contains("fn b") && !left.contains("hidden"));
        let left = code("a.rs", "#[cfg(test)]\nmod tests;\nfn a() {}\n");
        assert!(left.contains("fn a") && !left.contains("mod tests"));
    }

    #[test]
    fn script_and_markup_comments_go() {
        let left = code("a.ts", "const a = 'it // stays'; // gone\nconst b = `x\n// stays too`;\n");
        assert!(left.contains("it // stays") && left.contains("// stays too") && !left.contains("gone"));
        let left = code("a.svelte", "<!-- gone\n --><p>stays</p>");
        assert!(left.contains("stays") && !left.contains("gone"));
    }

    #[test]
    fn tells_tests_from_code() {
        for (path, test) in [
            ("tests/scenarios/floor.rs", true),
            ("signaling/core/src/meeting/tests.rs", true),
            ("web-client/src/store/reduce.test.ts", true),
            ("signaling/core/src/meeting.rs", false),
        ] {
            assert_eq!(File { path: path.to_owned(), text: String::new() }.is_test(), test, "{path}");
        }
    }
}
