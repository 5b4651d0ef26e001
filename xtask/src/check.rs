//! All that needs no browser and runs no test: format, lints, generated files, house rules, configurations, and the
//! web client's own checks. Every check runs, whatever the others said.

use crate::workspace::Workspace;
use crate::{codegen, step, tidy, tools, web};
use anyhow::{Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is run when it happens to be installed; each takes minutes to build, so nothing installs them.
const OPTIONAL: [(&str, &[&str]); 2] = [("cargo-deny", &["deny", "check"]), ("cargo-machete", &["machete"])];

/// One check by name and how it ended.
pub(crate) struct Checked {
    pub(crate) name: &'static str,
    pub(crate) result: Result<()>,
}

/// Runs every check and fails if one failed.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    tools::require_node(workspace)?;
    let checks = all(workspace);
    let failed: Vec<&str> =
        checks.iter().filter(|check| check.result.is_err()).map(|check| check.name).collect();
    for check in &checks {
        if let Err(error) = &check.result {
            println!("{}: {error:#}", check.name);
        }
    }
    println!("{} checks passed, {} failed", checks.len() - failed.len(), failed.len());
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// Every check, cheapest first, the build of the web client before the crate that embeds it.
pub(crate) fn all(workspace: &Workspace) -> Vec<Checked> {
    let check = |name, result| Checked { name, result };
    let mut checks = vec![
        check("format", must(workspace.cargo(&["fmt", "--all", "--check"]), "cargo fmt --check")),
        check("generated file", codegen::check(workspace)),
        check("house rules", tidy::run(workspace)),
        check("web client", web_client(workspace)),
        check("web build", web::build(workspace)),
        check(
            "size of pages",
            must(workspace.npm(web::CLIENT, &["run", "size"]), "web client: npm run size"),
        ),
        check("lints", lints(workspace)),
        check("configurations", configurations(workspace)),
    ];
    for (program, arguments) in OPTIONAL {
        if Command::new(program).arg("--version").output().is_ok() {
            checks.push(check(program, must(workspace.cargo(arguments), program)));
        } else {
            println!(
                "==> {program}: not installed, left out (house rules check licences, bans and unused crates)"
            );
        }
    }
    checks
}

fn web_client(workspace: &Workspace) -> Result<()> {
    web::install(workspace, web::CLIENT)?;
    must(workspace.npm(web::CLIENT, &["run", "check"]), "web client: npm run check")?;
    // The browser tests are written in the same hand; they have no formatter of their own.
    let files = "../tests/browser/{harness,stories}/*.ts";
    let arguments = ["exec", "--", "prettier", "--config", ".prettierrc.json", "--check", files];
    must(workspace.npm(web::CLIENT, &arguments), "browser tests: format")
}

fn lints(workspace: &Workspace) -> Result<()> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    must(workspace.cargo(&arguments), "cargo clippy")
}

/// Every configuration and every sample of units, read by the product itself. The passwords and keys that a configuration
/// names are of the machine it is for.
fn configurations(workspace: &Workspace) -> Result<()> {
    build_everything(workspace)?;
    let configs = workspace.path("configs");
    let files = below(&configs, "toml")?;
    let samples = children(&configs.join("units"))?;
    ensure!(!files.is_empty() && !samples.is_empty(), "configs/ has no configuration or no sample of units");
    for file in &files {
        let nodes = file.file_name().is_some_and(|name| name == "nodes.toml");
        let check: &[&str] = if nodes { &["check-nodes"] } else { &["check-config", "--text-only"] };
        server(workspace, check, file)?;
    }
    for sample in &samples {
        server(workspace, &["import-units", "--dry-run"], sample)?;
    }
    println!("configurations: {} files and {} samples of units are accepted", files.len(), samples.len());
    Ok(())
}

/// Builds every test, and with them the programs they start. The browser tests use the same server: one that was selected
/// alone has other features in its libraries, so half of them would be built once more.
pub(crate) fn build_everything(workspace: &Workspace) -> Result<()> {
    must(workspace.cargo(&["test", "--workspace", "--locked", "--no-run"]), "cargo test --no-run")
}

/// Builds the server alone, as `cargo xtask run` uses it.
pub(crate) fn build_server(workspace: &Workspace) -> Result<()> {
    let arguments = ["build", "--locked", "--package", "signaling-server", "--bin", "giaoban"];
    must(workspace.cargo(&arguments), "cargo build giaoban")
}

fn server(workspace: &Workspace, arguments: &[&str], file: &Path) -> Result<()> {
    let output = Command::new(workspace.server_binary()).args(arguments).arg(file).output()?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{} is refused: {}", file.display(), String::from_utf8_lossy(&output.stderr).trim());
}

fn must(mut command: Command, label: &str) -> Result<()> {
    step::must(label, &mut command).map(|_finished| ())
}

fn children(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn below(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in children(directory)? {
        if path.is_dir() {
            found.extend(below(&path, extension)?);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    Ok(found)
}
