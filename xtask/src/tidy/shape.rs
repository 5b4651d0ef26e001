//! Sizes, maps and the direction of the web client's imports.

use super::Violation;
use super::source::File;

/// The longest a source file may be.
const LONGEST: usize = 500;
/// The longest ARCHITECTURE.md may be: it is read whole or not at all.
const ARCHITECTURE_LONGEST: usize = 200;

/// Files that are longer, how long they may be, and why. The list may only shrink.
pub(super) const OVERSIZE: &[(&str, usize, &str)] =
    &[("web-client/src/protocol/generated.ts", 2_000, "written by `cargo xtask codegen`")];

/// What a folder of the web client may not import from, and from where only types. Data flows connection → media →
/// protocol → store → view; the store is pure, so of the edges it knows words, never code.
const WEB_WALLS: [(&str, &[&str], &[&str]); 3] = [
    ("protocol", &["connection", "media", "store", "view"], &[]),
    ("store", &["connection", "view"], &["media"]),
    ("view", &["connection"], &[]),
];

/// Source files that are too long, and exceptions that are too generous.
pub(super) fn sizes(files: &[File], exceptions: &[(&str, usize, &str)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let sources = ["rs", "ts", "svelte", "css", "mjs"];
    for file in files.iter().filter(|file| sources.contains(&file.extension())) {
        let lines = file.text.lines().count();
        let exception = exceptions.iter().find(|(path, ..)| *path == file.path);
        let limit = exception.map_or(LONGEST, |(_, limit, _)| *limit);
        if lines > limit {
            violations.push(Violation::new(&file.path, format!("{lines} lines; {limit} is the limit")));
        }
        if exception.is_some() && lines <= LONGEST && !file.path.ends_with("generated.ts") {
            violations
                .push(Violation::new(&file.path, "short enough now: take it off the list of exceptions"));
        }
    }
    for (path, ..) in exceptions.iter().filter(|(path, ..)| !files.iter().any(|file| file.path == *path)) {
        violations.push(Violation::new(*path, "is on the list of exceptions but not there"));
    }
    violations
}

/// `lib.rs` files that are not a map: what the crate is, the walk as a numbered list, modules; no logic.
pub(super) fn maps(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("src/lib.rs")) {
        if !file.text.starts_with("//!") {
            violations.push(Violation::new(&file.path, "begins without `//!` words on what the crate is"));
        }
        if !file.text.lines().any(|line| line.starts_with("//! 1.")) {
            violations.push(Violation::new(&file.path, "has no numbered walk (`//! 1. …`)"));
        }
        for (number, line) in file.code().lines().enumerate() {
            if line.split_whitespace().take(3).any(|word| matches!(word, "fn" | "impl" | "struct" | "enum")) {
                let place = format!("{}:{}", file.path, number + 1);
                violations.push(Violation::new(place, "logic in a map: move it to a module"));
            }
        }
    }
    violations
}

/// ARCHITECTURE.md missing or too long.
pub(super) fn architecture(files: &[File]) -> Vec<Violation> {
    let Some(file) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else {
        return vec![Violation::new("ARCHITECTURE.md", "is missing")];
    };
    let lines = file.text.lines().count();
    if lines <= ARCHITECTURE_LONGEST {
        return Vec::new();
    }
    vec![Violation::new("ARCHITECTURE.md", format!("{lines} lines; {ARCHITECTURE_LONGEST} is the limit"))]
}

/// Imports of the web client that point the wrong way.
pub(super) fn web_imports(files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("web-client/src/")) {
        let folder = file.path.split('/').nth(2).unwrap_or_default();
        let Some((_, walls, types)) = WEB_WALLS.iter().find(|(name, ..)| *name == folder) else { continue };
        let mut only_types = false;
        for (number, line) in file.code().lines().enumerate() {
            if line.trim_start().starts_with("import") {
                only_types = line.trim_start().starts_with("import type");
            }
            let Some(target) = imported(line) else { continue };
            let closed = walls.iter().chain(types.iter().filter(|_| !only_types));
            if let Some(wall) = closed.into_iter().find(|wall| target.split('/').any(|part| part == **wall)) {
                let place = format!("{}:{}", file.path, number + 1);
                violations.push(Violation::new(place, format!("{folder} may not import from {wall}")));
            }
        }
    }
    violations
}

/// The path a line imports from, if it is one of ours.
fn imported(line: &str) -> Option<&str> {
    let quoted =
        line.split_once(" from ").map(|(_, after)| after).or_else(|| line.split_once("import(").map(|p| p.1));
    let quoted = quoted?.trim_start();
    let quote = quoted.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let path = quoted.get(1..)?.split(quote).next()?;
    path.starts_with('.').then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn long_files_need_an_exception_and_short_ones_must_not_have_one() {
        let long = file("a/src/long.rs", &"x\n".repeat(LONGEST + 1));
        assert_eq!(sizes(std::slice::from_ref(&long), &[]).len(), 1);
        assert_eq!(sizes(std::slice::from_ref(&long), &[("a/src/long.rs", 510, "why")]), []);
        let short = file("a/src/long.rs", "x\n");
        assert_eq!(sizes(&[short], &[("a/src/long.rs", 510, "why")]).len(), 1);
        assert_eq!(sizes(&[], &[("a/src/gone.rs", 510, "why")]).len(), 1);
        assert_eq!(sizes(&[file("docs/long.md", &"x\n".repeat(900))], &[]), []);
    }

    #[test]
    fn a_map_has_words_a_walk_and_no_logic() {
        assert_eq!(
            maps(&[file(
                "a/src/lib.rs",
                "//! What.\n//!\n//! 1. first\n\nmod first;\npub use first::First;\n"
            )]),
            []
        );
        assert_eq!(maps(&[file("a/src/lib.rs", "mod first;\n")]).len(), 2);
        assert_eq!(maps(&[file("a/src/lib.rs", "//! What.\n//! 1. first\npub fn logic() {}\n")]).len(), 1);
        assert_eq!(maps(&[file("a/src/other.rs", "pub fn logic() {}\n")]), []);
    }

    #[test]
    fn the_architecture_is_short() {
        assert_eq!(architecture(&[file("ARCHITECTURE.md", "short\n")]), []);
        assert_eq!(architecture(&[file("ARCHITECTURE.md", &"x\n".repeat(201))]).len(), 1);
        assert_eq!(architecture(&[]).len(), 1);
    }

    #[test]
    fn web_imports_point_one_way() {
        let bad = "import { Socket } from \"../../connection/socket.ts\";\n";
        assert_eq!(web_imports(&[file("web-client/src/view/room/Stage.svelte", bad)]).len(), 1);
        assert_eq!(web_imports(&[file("web-client/src/main.ts", bad)]), []);
        assert_eq!(
            web_imports(&[file("web-client/src/store/a.ts", "import type { X } from '../view/x.ts';\n")])
                .len(),
            1
        );
        assert_eq!(
            web_imports(&[file("web-client/src/store/a.ts", "import type { X } from '../protocol/x.ts';\n")]),
            []
        );
        assert_eq!(
            web_imports(&[file("web-client/src/view/a.ts", "import { view } from 'connection';\n")]),
            []
        );
    }
}
