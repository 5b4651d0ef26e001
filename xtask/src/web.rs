//! Building and checking the web client. What is already fresh is not done again.

use crate::step;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::Path;
use std::time::SystemTime;

/// The package of the web client.
pub(crate) const CLIENT: &str = "web-client";
/// The package of the browser tests.
pub(crate) const BROWSER_TESTS: &str = "tests/browser";

/// Everything in the client's package that its build does not read, and what the build itself writes.
const NOT_INPUT: [&str; 5] = ["node_modules", "dist", "coverage", ".vite", "results"];

/// Installs a package's dependencies as its lockfile says, unless that was done since the lockfile changed.
pub(crate) fn install(workspace: &Workspace, package: &str) -> Result<()> {
    let lock = modified(&workspace.path(package).join("package-lock.json"));
    let installed = modified(&workspace.path(package).join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= lock {
        println!("==> npm ci in {package}: nothing to do");
        return Ok(());
    }
    let mut command = workspace.npm(package, &["ci", "--no-audit", "--no-fund"]);
    // The browsers are Debian's; Playwright must not fetch its own.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    step::must(&format!("npm ci in {package}"), &mut command)?;
    Ok(())
}

/// Builds the client, unless its build is newer than everything it is made from.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let package = workspace.path(CLIENT);
    let built = modified(&package.join("dist/index.html"));
    if built.is_some() && built > newest(&package) {
        println!("==> web client: the build is up to date");
        return Ok(());
    }
    step::must("web client: npm run build", &mut workspace.npm(CLIENT, &["run", "build"]))?;
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

/// The newest change below a directory; directories count, since a deleted file changes only them.
fn newest(directory: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(directory).ok()?;
    let mut latest = None;
    for entry in entries.flatten() {
        let path = entry.path();
        if NOT_INPUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let below = if path.is_dir() { newest(&path).max(modified(&path)) } else { modified(&path) };
        latest = latest.max(below);
    }
    latest
}
