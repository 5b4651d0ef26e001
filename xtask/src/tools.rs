//! What must be installed. Debian packages are installed when we may (root with apt-get); otherwise the user is told
//! exactly what to type.

use crate::step;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

/// The oldest Node that the pinned build tools of the web client run on.
const NODE_MINIMUM: (u32, u32) = (20, 19);
/// The oldest npm that reads our lockfiles and keeps registry addresses out of them.
const NPM_MINIMUM: (u32, u32) = (9, 0);

/// One program that a Debian package brings.
struct Need {
    program: &'static str,
    packages: &'static [&'static str],
}

/// What Rust tests run beside them.
const SERVERS: [Need; 1] = [Need { program: "/usr/sbin/nats-server", packages: &["nats-server"] }];

/// What makes namespaces and lines, and a certificate for the server between nodes.
const LAB: [Need; 2] = [
    Need { program: "/usr/sbin/ip", packages: &["iproute2"] },
    Need { program: "/usr/bin/openssl", packages: &["openssl"] },
];

/// The fonts are here because a headless browser without any draws boxes, and the pictures are looked at.
const BROWSERS: [Need; 2] = [
    Need { program: "/usr/bin/chromium", packages: &["chromium", "chromium-sandbox", "fonts-dejavu-core"] },
    Need { program: "/usr/bin/firefox-esr", packages: &["firefox-esr", "fonts-dejavu-core"] },
];

/// Refuses a Node or npm that is missing or too old.
pub(crate) fn require_node(workspace: &Workspace) -> Result<()> {
    for (program, minimum) in [("node", NODE_MINIMUM), ("npm", NPM_MINIMUM)] {
        let output = workspace.command(program, &["--version"]).output().with_context(|| {
            format!(
                "{program} is not installed; Node {}.{} or newer is needed",
                NODE_MINIMUM.0, NODE_MINIMUM.1
            )
        })?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = parse_version(&text).with_context(|| format!("{program} --version said {text:?}"))?;
        ensure!(
            version >= minimum,
            "{program} {}.{} is too old; {}.{} or newer is needed",
            version.0,
            version.1,
            minimum.0,
            minimum.1
        );
    }
    Ok(())
}

/// Where Debian puts Postgres's programs, a folder for each version.
const POSTGRES: &str = "/usr/lib/postgresql";

/// Installs Debian's browsers if they are missing, or says what to install.
pub(crate) fn require_browsers() -> Result<()> {
    require("browsers", &BROWSERS)
}

/// Installs the servers that tests run against if they are missing, or says what to install.
pub(crate) fn require_servers() -> Result<()> {
    require("nats-server", &SERVERS)
}

/// Installs what the lab's network is made with, or says what to install.
pub(crate) fn require_lab() -> Result<()> {
    require("iproute2 and openssl", &LAB)
}

fn require(what: &str, needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !Path::new(need.program).exists()).collect();
    let mut packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    packages.sort_unstable();
    packages.dedup();
    install(what, &packages)
}

/// Installs Debian's Postgres if it is missing, or says what to install. The tests of the store start servers of their
/// own with its programs.
pub(crate) fn require_postgres() -> Result<()> {
    let mut versions = std::fs::read_dir(POSTGRES).into_iter().flatten().flatten();
    let is_there = versions.any(|version| version.path().join("bin/initdb").exists());
    install("Postgres", if is_there { &[] } else { &["postgresql"] })
}

fn install(what: &str, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if !may_install() {
        bail!("{what}: not here; type: sudo apt-get install --no-install-recommends {list}");
    }
    step::must("apt-get update", Command::new("apt-get").args(["update", "-q"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-q", "--no-install-recommends"]).args(packages);
    step::must(&format!("apt-get install {list}"), install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(())
}

fn may_install() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    root && Path::new("/usr/bin/apt-get").exists()
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(parse_version("v20.20.2"), Some((20, 20)));
        assert_eq!(parse_version("11.19.1"), Some((11, 19)));
        assert_eq!(parse_version("unknown"), None);
        assert!(parse_version("v18.20.4").unwrap() < NODE_MINIMUM);
        assert!(parse_version("v22.1.0").unwrap() > NODE_MINIMUM);
    }
}
