//! Three tiers of nodes on this machine: one at the top, one below it, one below that, and the NATS server they speak over.
//! A newcomer sees a site at the lowest node speak to the chair at the top, cuts the line by stopping a process, and sees
//! the branch go on.

use crate::workspace::Workspace;
use crate::{step, tools};
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// The nodes, from the top down: a path through configs/tiers/nodes.toml.
const NODES: [&str; 3] = ["dieu-hanh", "thuong-du", "hai-hop"];
/// The tree of nodes they are of, and the units it serves.
const TREE: &str = "configs/tiers/nodes.toml";
const UNITS: &str = "configs/units/five-tier";
/// Where the NATS server listens, on loopback only.
const BUS: &str = "127.0.0.1:14222";
/// Ports of the first node; each further one has them a hundred higher.
const HTTPS_PORT: usize = 8443;
const PLAIN_PORT: usize = 8080;
const MEDIA_PORT: usize = 50_000;
const PORTS_APART: usize = 100;

/// Starts them all and waits until they have ended.
pub(super) fn run(workspace: &Workspace, data: &Path) -> Result<()> {
    tools::require_servers()?;
    let folder = data.join("tiers");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let passwords: Vec<String> = NODES.iter().map(|_| secret()).collect::<Result<_>>()?;
    write_secret(&folder.join("nats.conf"), &bus_config(&passwords))?;
    for (at, (name, password)) in NODES.iter().zip(&passwords).enumerate() {
        let credentials = format!("user=\"{name}\"\npassword=\"{password}\"\n");
        write_secret(&folder.join(format!("{name}.credentials")), &credentials)?;
        let config = node_config(at, &folder, &workspace.path(TREE));
        write_secret(&folder.join(format!("{name}.toml")), &config)?;
    }
    let mut bus = Command::new("nats-server");
    let mut children =
        vec![bus.arg("-c").arg(folder.join("nats.conf")).spawn().context("cannot start nats-server")?];
    let top = folder.join(NODES.first().copied().unwrap_or_default());
    if !top.exists() {
        let units = workspace.path(UNITS);
        step::must("import of the sample units", server(workspace, "import-units", &folder, 0).arg(units))?;
    }
    for at in 0..NODES.len() {
        children.push(server(workspace, "serve", &folder, at).spawn().context("cannot start a node")?);
    }
    tell(&folder);
    wait(children)
}

fn tell(folder: &Path) {
    println!("==> three nodes run here until Ctrl-C; their data is in {}", folder.display());
    for (at, name) in NODES.iter().enumerate() {
        let (https, plain) = (HTTPS_PORT + at * PORTS_APART, PLAIN_PORT + at * PORTS_APART);
        println!("    {name:<12} https://127.0.0.1:{https}  http://127.0.0.1:{plain}");
    }
    println!(
        "    Convene and issue site codes at the first; sites of 51100 come in at the last. The word for trying a cut"
    );
    println!("    line: pkill -STOP nats-server, and after a while pkill -CONT nats-server.");
}

/// Waits for all of them. Ctrl-C reaches each; one that ends by itself leaves the others running, which is what a tree of
/// nodes is for.
fn wait(children: Vec<Child>) -> Result<()> {
    for mut child in children {
        let status = child.wait()?;
        ensure!(status.success(), "one of the programs ended with {status}");
    }
    Ok(())
}

fn server(workspace: &Workspace, verb: &str, folder: &Path, at: usize) -> Command {
    let name = NODES.get(at).copied().unwrap_or_default();
    let mut command = Command::new(workspace.server_binary());
    command.arg(verb).arg("--config").arg(folder.join(format!("{name}.toml")));
    command.arg("--data").arg(folder.join(name));
    command
}

fn bus_config(passwords: &[String]) -> String {
    let mut text = format!("listen: {BUS}\nmax_payload: 1MB\nauthorization {{ users: [\n");
    for (name, password) in NODES.iter().zip(passwords) {
        let _ = writeln!(text, "  {{ user: \"{name}\", password: \"{password}\" }}");
    }
    text.push_str("] }\n");
    text
}

fn node_config(at: usize, folder: &Path, tree: &Path) -> String {
    let name = NODES.get(at).copied().unwrap_or_default();
    let port = |first: usize| first + at * PORTS_APART;
    format!(
        "[node]\nname = \"{name}\"\nnodes = \"{tree}\"\n\
         [http]\naddresses = [\"127.0.0.1:{https}\"]\nplain_addresses = [\"127.0.0.1:{plain}\"]\n\
         [media]\naddresses = [\"127.0.0.1\"]\nfirst_port = {media}\nworkers = 1\n\
         [bus]\nkind = \"nats\"\nservers = [\"{BUS}\"]\ncredentials_file = \"{folder}/{name}.credentials\"\n",
        folder = folder.display(),
        tree = tree.display(),
        https = port(HTTPS_PORT),
        plain = port(PLAIN_PORT),
        media = port(MEDIA_PORT),
    )
}

fn secret() -> Result<String> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn write_secret(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_are_a_way_through_the_sample_tree_and_their_ports_differ() {
        let tree = include_str!("../../../configs/tiers/nodes.toml");
        let tree: toml::Table = toml::from_str(tree).unwrap();
        let mut parent = None;
        for name in NODES {
            let nodes = tree["node"].as_array().unwrap();
            let node = nodes.iter().find(|node| node["name"].as_str() == Some(name)).unwrap();
            assert_eq!(node.get("parent").and_then(|parent| parent.as_str()), parent);
            parent = Some(name);
        }
        let texts: Vec<String> =
            (0..3).map(|at| node_config(at, Path::new("/data"), Path::new("nodes.toml"))).collect();
        let config: toml::Table = toml::from_str(&texts[2]).unwrap();
        assert_eq!(config["http"]["addresses"][0].as_str(), Some("127.0.0.1:8643"));
        assert!(texts[0] != texts[1] && texts[1] != texts[2]);
        assert_ne!(secret().unwrap(), secret().unwrap());
    }
}
