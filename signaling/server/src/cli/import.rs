//! `giaoban import-units`: files in, a checked tree in the store, and what that changes.

use super::{Place, print};
use crate::store::{Store, UnitRow};
use crate::units;
use anyhow::{Context, Result, bail};
use clap::Args;
use signaling_core::{ImportProblem, UnitTree};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Largest file read, bytes: 50,000 units of 200 bytes, with room.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Changes listed one by one; beyond that only their number.
const CHANGES_LISTED: usize = 20;

#[derive(Args)]
pub(super) struct Options {
    /// A folder with tiers.csv and units.csv, or with units.json; or a JSON file
    #[arg(required_unless_present_any = ["json", "units"], conflicts_with_all = ["json", "units", "tiers"])]
    path: Option<PathBuf>,
    /// The tiers as CSV
    #[arg(long, requires = "units", value_name = "FILE")]
    tiers: Option<PathBuf>,
    /// The units as CSV
    #[arg(long, requires = "tiers", value_name = "FILE")]
    units: Option<PathBuf>,
    /// Tiers and units as one JSON file
    #[arg(long, conflicts_with = "units", value_name = "FILE")]
    json: Option<PathBuf>,
    /// Checks the files and says what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(place: &Place, options: &Options) -> Result<()> {
    let tree = read(options)?;
    let (tiers, rows) = units::to_rows(&tree);
    print(&format!("{} tiers and {} units, no mistakes", tiers.len(), rows.len()))?;
    let config = place.config()?.store;
    let exists = config.server.is_some() || config.path.is_dir();
    if options.dry_run && !exists {
        return print("dry run: nothing was changed; there is no data directory yet");
    }
    let store = place.store().await?;
    report(&store.units().await?, &rows)?;
    warn_about_lost(&store, &tree).await?;
    if options.dry_run {
        return print("dry run: nothing was changed");
    }
    store.replace_units(&tiers, &rows).await?;
    print("imported; a running node takes the units over within seconds")
}

fn read(options: &Options) -> Result<UnitTree> {
    let read = match options {
        Options { tiers: Some(tiers), units: Some(units), .. } => csv(tiers, units)?,
        Options { json: Some(file), .. } => UnitTree::from_json(&bytes(file)?),
        Options { path: Some(path), .. } => at(path)?,
        Options { .. } => bail!("say what to import: a folder, or --tiers and --units, or --json"),
    };
    read.map_err(|problems| refusal("refused, nothing was changed", &problems))
}

/// Units that are only looked at: a folder or a JSON file, as for an import.
pub(super) fn look(path: &Path) -> Result<UnitTree> {
    at(path)?.map_err(|problems| refusal(&format!("{} has mistakes", path.display()), &problems))
}

fn at(path: &Path) -> Result<Result<UnitTree, Vec<ImportProblem>>> {
    if path.is_dir() { folder(path) } else { Ok(UnitTree::from_json(&bytes(path)?)) }
}

fn folder(path: &Path) -> Result<Result<UnitTree, Vec<ImportProblem>>> {
    let (tiers, units, json) = (path.join("tiers.csv"), path.join("units.csv"), path.join("units.json"));
    match (tiers.is_file() && units.is_file(), json.is_file()) {
        (true, false) => csv(&tiers, &units),
        (false, true) => Ok(UnitTree::from_json(&bytes(&json)?)),
        (true, true) => bail!("{} has both CSV and JSON files; name the one to import", path.display()),
        (false, false) => bail!("{} has neither tiers.csv and units.csv nor units.json", path.display()),
    }
}

fn csv(tiers: &Path, units: &Path) -> Result<Result<UnitTree, Vec<ImportProblem>>> {
    Ok(UnitTree::from_csv(&bytes(tiers)?, &bytes(units)?))
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let context = || format!("cannot read {}", path.display());
    let length = std::fs::metadata(path).with_context(context)?.len();
    if length > FILE_MAX_BYTES {
        bail!("{} is larger than {} MiB", path.display(), FILE_MAX_BYTES / 1024 / 1024);
    }
    std::fs::read(path).with_context(context)
}

fn refusal(what: &str, problems: &[ImportProblem]) -> anyhow::Error {
    let list: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    anyhow::anyhow!("{what}:\n{}", list.join("\n"))
}

/// Says what is new, gone and different.
fn report(before: &[UnitRow], after: &[UnitRow]) -> Result<()> {
    let index = |rows: &[UnitRow]| -> HashMap<String, UnitRow> {
        rows.iter().map(|row| (row.code.clone(), row.clone())).collect()
    };
    let (old, new) = (index(before), index(after));
    let describe = |row: &UnitRow| format!("{} {}", row.code, row.name);
    let added = after.iter().filter(|row| !old.contains_key(&row.code)).map(describe).collect::<Vec<_>>();
    let gone = before.iter().filter(|row| !new.contains_key(&row.code)).map(describe).collect::<Vec<_>>();
    let differs = |row: &&UnitRow| old.get(&row.code).is_some_and(|before| before != *row);
    let changed = after.iter().filter(differs).map(describe).collect::<Vec<_>>();
    for (what, list) in [("new", added), ("gone", gone), ("changed", changed)] {
        print(&format!("{what}: {}", list.len()))?;
        // The first import is new from end to end; naming it all says nothing.
        if !before.is_empty() && list.len() <= CHANGES_LISTED {
            list.iter().try_for_each(|line| print(&format!("  {line}")))?;
        }
    }
    Ok(())
}

/// A unit that is gone from the file takes its site and its people with it.
async fn warn_about_lost(store: &Store, tree: &UnitTree) -> Result<()> {
    for site in store.sites().await? {
        if !units::is_known(tree, &site.unit) {
            print(&format!("warning: site {} has a secret and is not in the file", site.unit))?;
        }
    }
    for account in store.accounts().await? {
        if !units::is_known(tree, &account.unit) {
            print(&format!(
                "warning: account {} belongs to {}, which is not in the file",
                account.username, account.unit
            ))?;
        }
    }
    Ok(())
}
