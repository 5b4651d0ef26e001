//! `giaoban-loadtest`: drives a node with participants that need no browser.

use clap::{Parser, Subcommand};
use loadtest::{Join, run};
use std::process::ExitCode;

/// Drives a node with participants that need no browser.
#[derive(Debug, Parser)]
#[command(name = "giaoban-loadtest", version)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Sites sign in, join one meeting, receive media for a while and leave.
    Join(Join),
}

fn main() -> anyhow::Result<ExitCode> {
    let Scenario::Join(join) = Arguments::parse().scenario;
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(run(&join))?;
    let text = if join.json { report.json()? } else { report.table() };
    #[expect(clippy::print_stdout, reason = "the report is what this program is for")]
    {
        println!("{text}");
    }
    Ok(if report.everybody_joined() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
