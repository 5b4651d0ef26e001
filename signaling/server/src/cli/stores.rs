//! `giaoban store …`: the database as a whole.

use super::{Place, open_store, print};
use crate::config::Config;
use crate::data_dir::DataDirectory;
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Copies everything into the empty store of another configuration, from SQLite to Postgres or back, and checks all
    /// facts by their hashes. Stop the node first
    Copy {
        /// The configuration whose store is written
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

pub(super) async fn run(place: &Place, command: &Command) -> Result<()> {
    match command {
        Command::Copy { to } => copy(place, to).await,
    }
}

async fn copy(place: &Place, to: &Path) -> Result<()> {
    let path = place.config()?.store.path;
    // Nobody is to write behind the copy's back. Other nodes of a cluster cannot be seen from here.
    let _lock = match DataDirectory::open(&path).and_then(|data| data.lock()) {
        Ok(lock) => lock,
        Err(error) => {
            return Err(error).with_context(|| format!("stop the node on {} first", path.display()));
        }
    };
    let source = place.existing_store().await?;
    let target = open_store(&Config::load(to)?.store)
        .await
        .with_context(|| format!("the store of {}", to.display()))?;
    let copied = source.copy_to(&target).await?;
    for (table, rows) in &copied.tables {
        print(&format!("{table}\t{rows} rows"))?;
    }
    print(&format!("facts\t{} of {} meetings, whole before and after", copied.facts, copied.meetings))?;
    print(&format!("copied {} to {}", source.place(), target.place()))?;
    print("not in a database: certificate and keys; copy the files of the data directory too")?;
    target.close().await;
    source.close().await;
    Ok(())
}
