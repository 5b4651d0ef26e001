//! A node with sample units, from nothing: builds, makes the data directory, imports units at the first start, then
//! becomes the server.

use crate::workspace::Workspace;
use crate::{check, tools, web};
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the node is to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The sample of units to start with: a folder of configs/units, or a path.
    #[arg(long, default_value = "three-tier")]
    units: String,
    /// Where the node keeps what it must not lose.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// The configuration.
    #[arg(long, default_value = "configs/single.toml")]
    config: PathBuf,
}

/// Builds everything and becomes the server.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::require_node(workspace)?;
    web::install(workspace, web::CLIENT)?;
    web::build(workspace)?;
    check::build_server(workspace)?;
    let data = workspace.root.join(&options.data);
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    Err(server(workspace, options, &data, "serve").exec()).context("cannot start the server")
}

fn server(workspace: &Workspace, options: &Options, data: &Path, verb: &str) -> Command {
    let mut command = Command::new(workspace.server_binary());
    command.arg(verb).arg("--config").arg(workspace.root.join(&options.config)).arg("--data").arg(data);
    command
}
