//! `giaoban plan`: what a meeting will put on lines and nodes, before it is held.

mod report;
mod words;

use super::language::Language;
use super::{import, print};
use crate::clock;
use crate::config::NodesFile;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use signaling_core::plan::{
    Fit, Ladder, MAX_EXTRA, MAX_TILES, Measured, Plan, PlanInput, ProfileMix, Scenario, ScenarioName,
};
use signaling_core::{Day, NodeName, NodeTree};
use signaling_protocol::{TierCode, UnitCode};
use std::path::{Path, PathBuf};

/// Largest file of measurements read, bytes.
const MEASURED_MAX_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Args)]
pub(super) struct Options {
    /// The units, as for import-units
    #[arg(long, value_name = "PATH")]
    units: PathBuf,
    /// The nodes and their lines; without it one node serves everybody
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
    /// s1: every unit at the bottom with 27 neighbourhoods, three in ten at a time; s2: groups of 25 with 12 departments;
    /// s3, s4, s5: the whole tree with 25, 23 or no rooms more
    #[arg(long, value_parser = scenario_name)]
    scenario: ScenarioName,
    /// What the sites receive: full=80,saver=20; known are full, saver, stills, hd, monitor
    #[arg(long, value_name = "MIX", value_parser = ProfileMix::parse)]
    profile_mix: Option<ProfileMix>,
    /// The unit that convenes, instead of every one the scenario means
    #[arg(long, value_name = "UNIT", value_parser = |text: &str| UnitCode::parse(text))]
    meeting: Option<UnitCode>,
    /// The unit whose site is on stage, instead of the hall that convenes
    #[arg(long, value_name = "UNIT", value_parser = |text: &str| UnitCode::parse(text))]
    stage: Option<UnitCode>,
    /// Invites only the units of these tiers
    #[arg(long, value_name = "TIER", value_delimiter = ',', value_parser = |text: &str| TierCode::parse(text))]
    invite: Vec<TierCode>,
    /// Rooms beside those of units, instead of the scenario's number
    #[arg(long, value_name = "ROOMS", value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_EXTRA)))]
    extra: Option<u32>,
    /// Small pictures the control room watches, instead of the scenario's number
    #[arg(long, value_name = "PICTURES", value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_TILES)))]
    tiles: Option<u32>,
    /// How many of a hundred such meetings are held at the same time
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=100))]
    concurrent: Option<u32>,
    /// Which rates: those of planning, or the most the web client sends
    #[arg(long, value_enum, default_value_t = LadderName::Planning)]
    ladder: LadderName,
    /// Lists every node and line, not only the fullest
    #[arg(long)]
    all: bool,
    /// Writes JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Compares with what was counted: a JSON list of {"from", "to", "seconds", "bytes"}
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// The language of the tables; without it that of the terminal
    #[arg(long, value_enum)]
    language: Option<Language>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LadderName {
    Planning,
    Client,
}

fn scenario_name(text: &str) -> Result<ScenarioName, String> {
    text.parse().map_err(|()| "one of s1, s2, s3, s4, s5 is expected".to_owned())
}

pub(super) fn run(options: &Options) -> Result<()> {
    let words = words::of(Language::of(options.language));
    let units = import::look(&options.units)?;
    let nodes = nodes(options, &units)?;
    let scenario = options.scenario();
    let ladder = match options.ladder {
        LadderName::Planning => Ladder::PLANNING,
        LadderName::Client => Ladder::CLIENT,
    };
    let day = Day::of(clock::wall());
    let input = PlanInput { units: &units, day, nodes: &nodes, scenario: &scenario, ladder: &ladder };
    let plan = Plan::make(&input)?;
    if let Some(path) = &options.check {
        return compare(&plan, path, words);
    }
    if options.json {
        print(&serde_json::to_string_pretty(&plan)?)?;
    } else {
        print(report::text(&plan, words, options.all).trim_end())?;
    }
    match plan.fit() {
        Fit::Over => bail!("{}", words.refused),
        Fit::Unknown | Fit::Fits | Fit::Tight => Ok(()),
    }
}

fn nodes(options: &Options, units: &signaling_core::UnitTree) -> Result<NodeTree> {
    let Some(path) = &options.nodes else {
        return Ok(NodeTree::alone(NodeName::parse("giaoban")?));
    };
    let file = NodesFile::load(path)?;
    file.check_units(units)?;
    Ok(file.tree)
}

impl Options {
    fn scenario(&self) -> Scenario {
        let mut scenario = Scenario::preset(self.scenario);
        scenario.meeting.clone_from(&self.meeting);
        scenario.stage.clone_from(&self.stage);
        scenario.tiers.clone_from(&self.invite);
        scenario.extra = self.extra.unwrap_or(scenario.extra);
        scenario.tiles = self.tiles.unwrap_or(scenario.tiles);
        scenario.concurrent_percent = self.concurrent.unwrap_or(scenario.concurrent_percent);
        if let Some(mix) = &self.profile_mix {
            scenario.mix = mix.clone();
        }
        scenario
    }
}

fn compare(plan: &Plan, path: &Path, words: &words::Words) -> Result<()> {
    let at = || format!("cannot read {}", path.display());
    if std::fs::metadata(path).with_context(at)?.len() > MEASURED_MAX_BYTES {
        bail!("{} is larger than 4 MiB", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(at)?;
    let measured: Vec<Measured> = serde_json::from_str(&text).with_context(at)?;
    let compared = plan.compare(&measured);
    print(report::compared(&compared, words).trim_end())?;
    if compared.is_empty() || compared.iter().any(|one| !one.agrees) {
        bail!("{}", words.disagrees);
    }
    Ok(())
}
