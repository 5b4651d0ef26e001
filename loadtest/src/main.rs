//! `giaoban-loadtest`: drives a node with participants that need no browser.

use clap::{Parser, Subcommand};
use loadtest::{Attend, Bench, Convene, Emulate, Join, attend, convene, emulate, run};
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
    /// Sites and persons take part and do what they are told on standard input.
    Attend(Attend),
    /// A person convenes a meeting.
    Convene(Convene),
    /// A line between two namespaces that delays, loses and is narrow.
    Emulate(Emulate),
    /// Measures what forwarding costs a server, beside another build of it or another server.
    Bench(Bench),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().scenario {
        Scenario::Join(join) => join_all(&join),
        Scenario::Attend(options) => alone(attend(&options, say)),
        Scenario::Convene(options) => alone(convene(&options)),
        Scenario::Emulate(options) => alone(emulate(&options, say)),
        Scenario::Bench(bench) => {
            bench.run(say)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs on one thread: what measures shares its machine with what is measured.
fn alone(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)?;
    Ok(ExitCode::SUCCESS)
}

fn join_all(join: &Join) -> anyhow::Result<ExitCode> {
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
