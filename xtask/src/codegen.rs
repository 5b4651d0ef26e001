//! TypeScript from the Rust types of the protocol. The file is committed; nobody edits it.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};

/// What is written.
const GENERATED: &str = "web-client/src/protocol/generated.ts";

/// Writes the file.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let path = workspace.path(GENERATED);
    std::fs::write(&path, signaling_protocol::typescript())
        .with_context(|| format!("cannot write {GENERATED}"))?;
    println!("{GENERATED} is written");
    Ok(())
}

/// Refuses a file that is not what would be written.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let committed = std::fs::read_to_string(workspace.path(GENERATED)).unwrap_or_default();
    ensure!(
        committed == signaling_protocol::typescript(),
        "{GENERATED} is stale; type `cargo xtask codegen` and commit it"
    );
    println!("{GENERATED} is up to date");
    Ok(())
}
