//! Searches one fuzz target on stable Rust, or replays one input; `cargo xtask fuzz` is the way to call it.
//!
//! `fuzz list`, `fuzz search <target> <seconds> [seed]`, `fuzz replay <target> <file>`

#![expect(clippy::print_stdout, reason = "a tool for the terminal speaks on the terminal")]

use std::hash::{BuildHasher as _, RandomState};
use std::process::ExitCode;
use std::time::Duration;
use tests::fuzz::search::{Ending, search};
use tests::fuzz::{TARGETS, Target, find};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match perform(&words) {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(words: &[&str]) -> Result<ExitCode, String> {
    match words {
        ["list"] => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(ExitCode::SUCCESS)
        }
        ["search", name, seconds] => run(known(name)?, number(seconds)?, RandomState::new().hash_one(())),
        ["search", name, seconds, seed] => run(known(name)?, number(seconds)?, number(seed)?),
        ["replay", name, file] => {
            let input = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
            let seen = (known(name)?.hold)(&input);
            println!("{name}: {} bytes, everything held, {:?}", input.len(), seen.verdict);
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("expected: list, search <target> <seconds> [seed], replay <target> <file>".to_owned()),
    }
}

fn known(name: &str) -> Result<&'static Target, String> {
    find(name).ok_or_else(|| format!("there is no target {name}"))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn run(target: &'static Target, seconds: u64, seed: u64) -> Result<ExitCode, String> {
    let name = target.name;
    let ending =
        search(target, Duration::from_secs(seconds), seed).map_err(|error| format!("{name}: {error}"))?;
    let (what, input) = match ending {
        Ending::Held { tries, shapes } => {
            println!("{name:13} {tries:9} inputs, {shapes:5} shapes, everything held (seed {seed})");
            return Ok(ExitCode::SUCCESS);
        }
        Ending::Broke { input } => ("broke a property", input),
        Ending::Slow { input } => ("took too long", input),
    };
    println!("{name}: an input {what} (seed {seed}): {}", input.display());
    println!("{name}: replay it with: cargo xtask fuzz {name} --replay {}", input.display());
    Ok(ExitCode::FAILURE)
}
