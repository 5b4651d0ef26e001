//! Nothing of the lab stays: not when it fails, not when it is killed. A process of its own waits until the lab is gone,
//! however it went, and removes what it made; the next run removes what even that left.

use super::shell::sh;
use super::tree::PREFIX;
use anyhow::{Context, Result};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Ends every program in the lab's namespaces and removes them; their devices go with them.
pub(super) fn sweep() -> Result<()> {
    for namespace in ours(&sh(&["ip", "netns", "list"])?) {
        let programs = sh(&["ip", "netns", "pids", &namespace])?;
        for program in programs.split_whitespace() {
            // It may have ended by itself.
            let _gone = sh(&["sh", "-c", &format!("kill -KILL {program}")]);
        }
        sh(&["ip", "netns", "delete", &namespace])?;
    }
    Ok(())
}

/// The lab's among all namespaces: `gblab-x (id: 3)`.
fn ours(list: &str) -> Vec<String> {
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| name.starts_with(PREFIX)).map(str::to_owned).collect()
}

/// Sweeps once whoever holds it is gone: its end of the pipe closes then, whatever happened.
pub(super) struct Sweeper(Child);

impl Sweeper {
    /// Starts it, out of reach of Ctrl-C.
    pub(super) fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe().context("where is this program?")?);
        command.args(["lab", "--sweep"]).stdin(Stdio::piped()).process_group(0);
        Ok(Self(command.spawn().context("cannot start the sweeper")?))
    }

    /// Lets it sweep, and waits until it has.
    pub(super) fn finish(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        anyhow::ensure!(status.success(), "the sweeper ended with {status}");
        Ok(())
    }
}

/// What the sweeper does.
pub(super) fn wait_and_sweep() -> Result<()> {
    // Nothing is ever said; the end is what is waited for.
    let _nothing = std::io::stdin().read_to_end(&mut Vec::new())?;
    sweep()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_labs_own_namespaces_are_swept() {
        let list = "gblab-tho-sa (id: 2)\nsomething\nmy-gblab-x\ngblab-line\n";
        assert_eq!(ours(list), ["gblab-tho-sa", "gblab-line"]);
    }
}
