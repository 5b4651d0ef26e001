//! A node with sample units, from nothing: builds, imports units where no data is yet, then becomes the server.

mod tiers;

use crate::workspace::Workspace;
use crate::{check, step, tools, web};
use anyhow::{Context, Result, ensure};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The configuration that is used as it is.
const CONFIG: &str = "configs/single.toml";
/// The configuration that is written, beside the build, when another port is asked for.
const PORT_CONFIG: &str = "run.toml";

/// How the node is to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Port for HTTPS instead of 8443; plain HTTP on loopback takes the next one.
    #[arg(long)]
    port: Option<u16>,
    /// The sample to import at the first start: a folder of configs/units, or a path.
    #[arg(long, default_value = "three-tier")]
    units: String,
    /// Three tiers of nodes on this machine instead of one node, and the NATS server between them.
    #[arg(long, conflicts_with_all = ["port", "units"])]
    tiers: bool,
    /// Where the node keeps what it must not lose.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Builds everything and becomes the server.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::require_node(workspace)?;
    let units = units(workspace, &options.units)?;
    web::install(workspace, web::CLIENT)?;
    web::build(workspace)?;
    check::build_server(workspace)?;
    let data = workspace.root.join(&options.data);
    if options.tiers {
        return tiers::run(workspace, &data);
    }
    let config = config(workspace, options.port)?;
    if !data.exists() {
        let mut import = server(workspace, "import-units", &config, &data);
        step::must("import of the sample units", import.arg(units))?;
    }
    println!("==> the node runs here until Ctrl-C; its data is in {}", options.data.display());
    Err(server(workspace, "serve", &config, &data).exec()).context("cannot start the server")
}

fn units(workspace: &Workspace, wanted: &str) -> Result<PathBuf> {
    let sample = workspace.path("configs/units").join(wanted);
    let path = if sample.exists() { sample } else { PathBuf::from(wanted) };
    ensure!(path.exists(), "there are no units at {}", path.display());
    Ok(path)
}

fn config(workspace: &Workspace, port: Option<u16>) -> Result<PathBuf> {
    let Some(port) = port else { return Ok(workspace.path(CONFIG)) };
    let path: PathBuf = workspace.metadata.target_directory.join(PORT_CONFIG).into();
    std::fs::write(&path, port_config(port)?).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Only what differs from the default: the doors.
fn port_config(port: u16) -> Result<String> {
    let plain = port.checked_add(1).context("the port after this one must exist too")?;
    Ok(format!(
        "[http]\naddresses = [\"0.0.0.0:{port}\", \"[::]:{port}\"]\n\
         plain_addresses = [\"127.0.0.1:{plain}\", \"[::1]:{plain}\"]\n"
    ))
}

fn server(workspace: &Workspace, verb: &str, config: &Path, data: &Path) -> Command {
    let mut command = Command::new(workspace.server_binary());
    command.arg(verb).arg("--config").arg(config).arg("--data").arg(data);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_port_moves_both_doors() {
        let text = port_config(9443).unwrap();
        let config: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(config["http"]["addresses"][0].as_str(), Some("0.0.0.0:9443"));
        assert_eq!(config["http"]["plain_addresses"][1].as_str(), Some("[::1]:9444"));
        assert!(port_config(65_535).is_err());
    }
}
