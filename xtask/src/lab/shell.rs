//! Short commands of the system, that succeed in silence or say why not.

use anyhow::{Context, Result, ensure};
use std::process::Command;

/// Runs a command; gives what it printed.
pub(super) fn sh(words: &[&str]) -> Result<String> {
    let (program, arguments) = words.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(arguments);
    output(&mut command)
}

/// Runs a command that was put together elsewhere.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", told.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program inside a namespace. What runs there has no child between: its process is the one that was started.
pub(super) fn inside(namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}
