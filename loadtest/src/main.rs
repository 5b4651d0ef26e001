//! `giaoban-loadtest`: drives a node with participants that need no browser.

use clap::{Parser, Subcommand};
use loadtest::{Bench, Join, run};
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
    /// Measures what forwarding costs a server, beside another build of it or another server.
    Bench(Bench),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().scenario {
        Scenario::Join(join) => attend(&join),
        Scenario::Bench(bench) => {
            bench.run(say)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn attend(join: &Join) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(run(join))?;
    let text = if join.json { report.json()? } else { report.table() };
    say(&text);
    Ok(if report.everybody_joined() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "the report is what this program is for")]
fn say(text: &str) {
    println!("{text}");
}
