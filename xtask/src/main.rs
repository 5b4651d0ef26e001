//! What a maintainer runs. Two commands do all the set-up on a fresh machine with Rust and Node: `cargo xtask run`
//! has a node running, `cargo xtask test` runs everything CI runs.
//!
//! 1. `workspace`  where things are
//! 2. `step`       one child process, shown to be alive while it works
//! 3. `tools`      what must be installed, and installing it where we may
//! 4. `web`        building and checking the web client
//! 5. `codegen`    TypeScript from `signaling-protocol`
//! 6. `tidy`       the house rules no other tool checks
//! 7. `check`      all that needs no browser and runs no test
//! 8. `test`       `check`, then every suite, then one line with the sum
//! 9. `fuzz`       a search for inputs that break our readers
//! 10. `run`       a node with sample units, from nothing
//! 11. `bench`     what forwarding costs, beside another build or another server
//! 12. `lab`       three tiers of real nodes in network namespaces, measured and tormented

#![expect(clippy::print_stdout, reason = "a tool for the terminal speaks on the terminal")]

mod bench;
mod check;
mod clock;
mod codegen;
mod fuzz;
mod lab;
mod run;
mod step;
mod test;
mod tidy;
mod tools;
mod web;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

#[derive(Parser)]
#[command(about = "Builds, runs and checks Giao Ban")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything and runs one node in the foreground, with sample units at the first start.
    Run(run::Options),
    /// Runs everything CI runs, browsers included, and ends with one line: N passed, N failed.
    Test(test::Options),
    /// Measures what forwarding costs the node, beside Debian's Janus or another build of the node.
    Bench(bench::Options),
    /// Three tiers of nodes in network namespaces: bytes of each line, cuts, bad lines, killed nodes. Needs root.
    Lab(lab::Options),
    /// Format, lints, house rules, generated files, web checks: no tests, no browsers.
    Check,
    /// Writes web-client/src/protocol/generated.ts from the Rust types.
    Codegen {
        /// Only says whether the file is up to date.
        #[arg(long)]
        check: bool,
    },
    /// Checks the house rules that no other tool checks.
    Tidy,
    /// Searches for inputs that break our readers of foreign bytes.
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Run(options) => run::run(&workspace, &options),
        Task::Test(options) => test::run(&workspace, &options),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Lab(options) => lab::run(&workspace, &options),
        Task::Check => check::run(&workspace),
        Task::Codegen { check: true } => codegen::check(&workspace),
        Task::Codegen { check: false } => codegen::write(&workspace),
        Task::Tidy => tidy::run(&workspace),
        Task::Fuzz(options) => fuzz::run(&workspace, &options),
    }
}
