//! A search for inputs that break what must hold of our readers of foreign bytes: with libFuzzer where a nightly compiler
//! and cargo-fuzz are installed, else with the mutator of `tests/src/fuzz` on stable Rust.

use crate::step;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package of the libFuzzer targets.
const PACKAGE: &str = "tests/fuzz";
/// What libFuzzer needs. Both take minutes and are not part of the build, so nothing installs them.
const TO_INSTALL: &str =
    "rustup toolchain install nightly --profile minimal && cargo install --locked cargo-fuzz";
/// Seconds one input may take under libFuzzer, which is slowed by its instruments.
const TIMEOUT: &str = "-timeout=20";

/// What is to be searched, and how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The target; all of them, one after the other, if none is named.
    target: Option<String>,
    /// How long each target is searched.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Searches on stable Rust even where libFuzzer is there.
    #[arg(long)]
    stable: bool,
    /// Repeats a search on stable Rust; every search has another seed otherwise.
    #[arg(long)]
    seed: Option<u64>,
    /// Holds one input against the target instead of searching.
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
}

/// How a target is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Driver {
    LibFuzzer,
    Stable,
}

/// Searches every target that was asked for and fails if one was broken.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    step::must(
        "build of the search",
        &mut workspace.cargo(&["build", "--package", "tests", "--bin", "fuzz"]),
    )?;
    let known = targets(workspace)?;
    if let Some(target) = &options.target {
        ensure!(known.contains(target), "there is no target {target}; there are: {}", known.join(", "));
    }
    if let (Some(target), Some(file)) = (&options.target, &options.replay) {
        let file = file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?;
        let mut replay = tool(workspace, &["replay", target]);
        return step::must(target, replay.arg(file)).map(|_finished| ());
    }
    let driver = driver(workspace, options);
    let chosen = options.target.as_ref().map_or(known, |target| vec![target.clone()]);
    let mut broken = Vec::new();
    for target in &chosen {
        let mut command = match driver {
            Driver::LibFuzzer => libfuzzer(workspace, target, options.seconds)?,
            Driver::Stable => stable(workspace, target, options),
        };
        let finished = step::run(target, &mut command)?;
        if !finished.status.success() {
            keep_what_ended_it(workspace, target);
            broken.push(target.as_str());
        }
    }
    ensure!(broken.is_empty(), "broken: {}", broken.join(", "));
    println!("{} targets searched for {} s each, everything held", chosen.len(), options.seconds);
    Ok(())
}

/// The targets, as the tool lists them.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let output = tool(workspace, &["list"]).output().context("cannot start the search")?;
    let text = String::from_utf8(output.stdout).context("the list of targets")?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn tool(workspace: &Workspace, arguments: &[&str]) -> Command {
    let program = workspace.metadata.target_directory.join("debug").join("fuzz");
    workspace.command(program.as_str(), arguments)
}

fn driver(workspace: &Workspace, options: &Options) -> Driver {
    if options.stable || options.seed.is_some() {
        return Driver::Stable;
    }
    let answers = |program, arguments: &[&str], wanted: &str| {
        let output = workspace.command(program, arguments).output();
        output.is_ok_and(|output| {
            output.status.success() && has_line(&String::from_utf8_lossy(&output.stdout), wanted)
        })
    };
    let nightly = answers("rustup", &["toolchain", "list"], "nightly");
    if nightly && answers("rustup", &["run", "nightly", "cargo", "fuzz", "--version"], "cargo-fuzz") {
        return Driver::LibFuzzer;
    }
    println!("libFuzzer searches deeper; it needs: {TO_INSTALL}");
    println!("searching on stable Rust instead");
    Driver::Stable
}

fn has_line(text: &str, beginning: &str) -> bool {
    text.lines().any(|line| line.starts_with(beginning))
}

fn stable(workspace: &Workspace, target: &str, options: &Options) -> Command {
    let mut command = tool(workspace, &["search", target]);
    command.arg(options.seconds.to_string());
    command.args(options.seed.map(|seed| seed.to_string()));
    command
}

/// What libFuzzer finds worth keeping goes beside the build; the committed seeds are read and not written.
fn libfuzzer(workspace: &Workspace, target: &str, seconds: u64) -> Result<Command> {
    let found: PathBuf = workspace.metadata.target_directory.join("fuzz-corpus").join(target).into();
    std::fs::create_dir_all(&found)?;
    // The package is a workspace of its own; this gives it the versions that the product is built with.
    std::fs::copy(workspace.path("Cargo.lock"), workspace.path(PACKAGE).join("Cargo.lock"))?;
    let mut command =
        workspace.command("rustup", &["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", PACKAGE]);
    command.arg(target).arg(found).arg(workspace.path(PACKAGE).join("corpus").join(target));
    command.args(["--", &format!("-max_total_time={seconds}"), TIMEOUT]);
    Ok(command)
}

/// An input that ended the process of a search, by a full stack or the kernel, lies where the search put it before it
/// tried it.
fn keep_what_ended_it(workspace: &Workspace, target: &str) {
    let running = workspace.path(PACKAGE).join("artifacts").join(target).join("running");
    let kept = running.with_file_name("ended-the-process");
    if std::fs::rename(&running, &kept).is_ok() {
        say_how_to_replay(target, &kept);
    }
}

fn say_how_to_replay(target: &str, input: &Path) {
    println!("{target}: an input ended the process: {}", input.display());
    println!("{target}: replay it with: cargo xtask fuzz {target} --replay {}", input.display());
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn read(words: &[&str]) -> Option<Options> {
        Line::try_parse_from([&["fuzz"], words].concat()).ok().map(|line| line.options)
    }

    #[test]
    fn a_replay_names_its_target() {
        let options = read(&["rtp", "--seconds", "5"]).unwrap();
        assert_eq!((options.target.as_deref(), options.seconds), (Some("rtp"), 5));
        assert!(read(&["rtp", "--replay", "file"]).is_some());
        assert!(read(&["--replay", "file"]).is_none());
        assert!(read(&[]).unwrap().target.is_none());
    }

    #[test]
    fn finds_a_toolchain_in_the_list() {
        let list = "stable-x86_64-unknown-linux-gnu (default)\nnightly-x86_64-unknown-linux-gnu\n";
        assert!(has_line(list, "nightly"));
        assert!(!has_line("stable-x86_64 (not nightly)\n", "nightly"));
    }
}
