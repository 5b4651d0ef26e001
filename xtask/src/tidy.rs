//! The house rules that no other tool checks. Every rule is a function from facts about the checkout to violations,
//! so that a unit test can show it a checkout that breaks it.
//!
//! - `source`    files, and a text without its comments and tests
//! - `arrows`    which crate may depend on which; the walls of the cores; dependencies nobody uses
//! - `licences`  deny.toml applied to what cargo resolves
//! - `shape`     sizes, maps, the length of ARCHITECTURE.md, where the web client may import from
//! - `words`     names of tiers in code, machine paths, open ends without an issue

mod arrows;
mod licences;
mod shape;
mod source;
mod words;

use crate::workspace::Workspace;
use anyhow::{Result, ensure};
use std::fmt;

/// One rule broken in one place.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    /// The file, from the root of the checkout, with its line if one line is to blame.
    place: String,
    /// What is wrong and what would be right.
    message: String,
}

impl Violation {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Checks every rule and lists every violation.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let files = source::read_all(&workspace.root)?;
    let crates = arrows::crates(&workspace.metadata, &files);
    let mut violations = Vec::new();
    violations.extend(arrows::inner(&crates));
    violations.extend(arrows::walls(&crates, &files));
    violations.extend(arrows::unused(&crates));
    violations.extend(licences::judge(&licences::packages(&workspace.metadata), &licences::policy(&files)?));
    violations.extend(shape::sizes(&files, shape::OVERSIZE));
    violations.extend(shape::maps(&files));
    violations.extend(shape::architecture(&files));
    violations.extend(shape::web_imports(&files));
    violations.extend(words::tiers(&files));
    violations.extend(words::machine_paths(&files, &words::own_paths(&workspace.root)));
    violations.extend(words::open_ends(&files));
    for violation in &violations {
        println!("{violation}");
    }
    ensure!(violations.is_empty(), "tidy: {} places break a house rule", violations.len());
    println!("tidy: {} files and {} crates keep the house rules", files.len(), crates.len());
    Ok(())
}
