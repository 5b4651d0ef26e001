//! Measures what forwarding costs the node: builds the node's media shell and the generator, runs them on a processor
//! each, beside Debian's Janus and, if asked, another build of the node, and compares the ratios with the committed ones.
//! Ratios of one run are compared, never times: times are of a machine and of an hour.

mod delivery;
mod network;
mod ratios;

use crate::{step, workspace::Workspace};
use anyhow::{Context, Result, ensure};
use delivery::Verdict;
use network::Borrowed;
use ratios::{Limits, Measured, Ratio};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The committed ratios.
const LIMITS: &str = "docs/benchmarks.toml";
/// Where the rows go, inside the build output.
const ROWS: &str = "bench.json";
/// The servers run here and the generator beside them.
const SERVER_PROCESSOR: &str = "0";
const GENERATOR_PROCESSOR: &str = "1";

/// What is measured and how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Another build of the node to measure in turns with this one: its `bench_node`.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Only these cases: whole names, or what stands before the number, e.g. `broadcast,meeting-4`.
    #[arg(long)]
    only: Option<String>,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// How long one look takes, seconds.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Leaves Janus out.
    #[arg(long)]
    without_janus: bool,
    /// Fails if a ratio is worse than the committed one by more than its margin, or if too little arrived.
    #[arg(long)]
    check: bool,
}

/// Builds, measures, compares.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let processors = std::thread::available_parallelism()?.get();
    ensure!(processors > 1, "two processors are needed: one for the server, one for the generator");
    build(workspace)?;
    let release = workspace.metadata.target_directory.join("release");
    let rows: PathBuf = workspace.metadata.target_directory.join(ROWS).into();
    let mut generator = Command::new("taskset");
    generator
        .args(["-c", GENERATOR_PROCESSOR])
        .arg(release.join("giaoban-loadtest"))
        .args(["bench", "--processor", SERVER_PROCESSOR])
        .arg("--node")
        .arg(release.join("examples").join("bench_node"))
        .arg("--out")
        .arg(&rows)
        .args(["--rounds", &options.rounds.to_string(), "--seconds", &options.seconds.to_string()]);
    if let Some(against) = &options.against {
        generator.arg("--against").arg(against);
    }
    if let Some(only) = &options.only {
        generator.args(["--only", only]);
    }
    let borrowed = if options.without_janus { None } else { borrow_network() };
    if borrowed.is_some() {
        generator.args(["--janus", "--network", network::BORROWED]);
    } else {
        generator.args(["--network", network::LOOPBACK]);
    }
    step::must("measuring", &mut generator)?;
    drop(borrowed);

    let text = std::fs::read_to_string(&rows).with_context(|| format!("cannot read {}", rows.display()))?;
    let measured: Vec<Measured> = serde_json::from_str(&text)?;
    let found = ratios::found(&measured);
    println!();
    for ratio in &found {
        println!("{ratio}");
    }
    println!("the rows are in {}", rows.display());
    if options.check { check(&workspace.path(LIMITS), &measured, &found) } else { Ok(()) }
}

fn borrow_network() -> Option<Borrowed> {
    match Borrowed::take() {
        Ok(borrowed) => Some(borrowed),
        Err(error) => {
            println!("Janus is left out: {error:#}");
            None
        }
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    let node = ["build", "--release", "--locked", "--package", "sfu-node", "--example", "bench_node"];
    step::must("cargo build bench_node", &mut workspace.cargo(&node))?;
    let generator = ["build", "--release", "--locked", "--package", "loadtest"];
    step::must("cargo build loadtest", &mut workspace.cargo(&generator))?;
    Ok(())
}

fn check(limits: &Path, measured: &[Measured], found: &[Ratio]) -> Result<()> {
    let text =
        std::fs::read_to_string(limits).with_context(|| format!("cannot read {}", limits.display()))?;
    let limits: Limits = toml::from_str(&text)?;
    let (worse, missing) = limits.judge(found);
    for name in &missing {
        println!("{name} is committed and was not measured");
    }
    for ratio in &worse {
        println!("worse than committed: {ratio}");
    }
    let mut broken = 0;
    for row in measured {
        let Measured { case, delivery_percent, loss_percent, .. } = row;
        let told = format!("{case}: {delivery_percent:.2} % arrived, {loss_percent:.3} % lost");
        match limits.delivery.judge(row) {
            Some(Verdict::Broken) => {
                broken += 1;
                println!("too little arrived: {told}");
            }
            Some(Verdict::Saturated) => println!("not judged, a processor was the limit: {told}"),
            Some(Verdict::Kept) | None => {}
        }
    }
    ensure!(worse.is_empty(), "{} ratios are worse than the committed ones", worse.len());
    ensure!(broken == 0, "at {broken} cases too little arrived");
    println!("no ratio is worse than the committed ones, and what was sent arrived");
    Ok(())
}
