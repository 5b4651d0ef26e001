//! The committed seeds: `fuzz/corpus/<target>/<verdict>-<what>`. A seed's name says how it must end, so that a corpus in
//! which nothing is read any more is noticed.

use super::{Target, Verdict};
use std::io;
use std::path::{Path, PathBuf};

/// One seed.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Its file's name.
    pub name: String,
    /// How it must end; none when its name does not say.
    pub verdict: Option<Verdict>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Where the libFuzzer package with its corpora and findings is.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The seeds of a target, in order of name.
pub fn seeds(target: &Target) -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(folder().join("corpus").join(target.name))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let verdict = match name.split_once('-') {
            Some(("taken", _)) => Some(Verdict::Taken),
            Some(("refused", _)) => Some(Verdict::Refused),
            Some(_) | None => None,
        };
        seeds.push(Seed { name, verdict, bytes: std::fs::read(entry.path())? });
    }
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(seeds)
}
