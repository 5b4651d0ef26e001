//! Everything CI runs. Every suite runs whatever the others said; the last line is the sum.

use crate::workspace::Workspace;
use crate::{check, clock, step, tools, web};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::Duration;

/// What may be left out, for a quick look; CI leaves nothing out.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leaves the browser tests out.
    #[arg(long)]
    without_browsers: bool,
}

/// How one suite ended. A suite that could not run counts as one failure.
struct Suite {
    name: String,
    passed: u32,
    failed: u32,
    elapsed: Duration,
}

/// Runs everything.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::require_node(workspace)?;
    tools::require_postgres()?;
    tools::require_servers()?;
    if !options.without_browsers {
        tools::require_browsers()?;
    }
    let mut suites = vec![checks(workspace)];
    suites.push(suite("Rust tests", || rust_tests(workspace)));
    suites.push(suite("web client tests", || web_tests(workspace)));
    if options.without_browsers {
        println!("browser tests are left out, as asked");
    } else {
        suites.push(suite("browser tests", || browser_tests(workspace)));
    }
    report(&suites)
}

fn report(suites: &[Suite]) -> Result<()> {
    println!();
    for Suite { name, passed, failed, elapsed } in suites {
        println!("{name:18} {passed:5} passed {failed:3} failed {:5} s", elapsed.as_secs());
    }
    let (passed, failed) = sum(suites);
    println!("{passed} passed, {failed} failed");
    ensure!(failed == 0, "{failed} failed");
    Ok(())
}

fn sum(suites: &[Suite]) -> (u32, u32) {
    suites.iter().fold((0, 0), |(passed, failed), suite| (passed + suite.passed, failed + suite.failed))
}

fn suite(name: &str, work: impl FnOnce() -> Result<(u32, u32)>) -> Suite {
    let started = clock::now();
    let (passed, failed) = work().unwrap_or_else(|error| {
        println!("{name}: {error:#}");
        (0, 1)
    });
    Suite { name: name.to_owned(), passed, failed, elapsed: clock::now().duration_since(started) }
}

fn checks(workspace: &Workspace) -> Suite {
    suite("checks", || {
        let checks = check::all(workspace);
        let mut failed = 0;
        for check in &checks {
            if let Err(error) = &check.result {
                println!("{}: {error:#}", check.name);
                failed += 1;
            }
        }
        let all = u32::try_from(checks.len())?;
        Ok((all - failed, failed))
    })
}

fn rust_tests(workspace: &Workspace) -> Result<(u32, u32)> {
    let arguments = ["test", "--workspace", "--locked", "--no-fail-fast"];
    let finished = step::run("cargo test", &mut workspace.cargo(&arguments))?;
    Ok(counted(cargo_counts(&finished.lines), finished.status.success()))
}

/// What libtest said, summed over all test binaries.
fn cargo_counts(lines: &[String]) -> (u32, u32) {
    let mut sum = (0, 0);
    for line in lines.iter().filter_map(|line| line.strip_prefix("test result: ")) {
        let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            match pair {
                [count, "passed"] => sum.0 += count.parse().unwrap_or(0),
                [count, "failed"] => sum.1 += count.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
    sum
}

/// A suite that failed without a failed test did not build, or crashed: that is one failure.
fn counted((passed, failed): (u32, u32), success: bool) -> (u32, u32) {
    if success { (passed, failed) } else { (passed, failed.max(1)) }
}

fn web_tests(workspace: &Workspace) -> Result<(u32, u32)> {
    web::install(workspace, web::CLIENT)?;
    let report: &Path = &workspace.path("target/web-tests.json");
    fresh(report)?;
    let output = format!("--outputFile.json={}", report.display());
    let arguments = ["run", "test", "--", "--reporter=default", "--reporter=json", &output];
    let finished = step::run("web client tests", &mut workspace.npm(web::CLIENT, &arguments))?;
    let counts = json_counts(report, &["numPassedTests"], &["numFailedTests"])?;
    Ok(counted(counts, finished.status.success()))
}

fn browser_tests(workspace: &Workspace) -> Result<(u32, u32)> {
    web::build(workspace)?;
    check::build_everything(workspace)?;
    web::install(workspace, web::BROWSER_TESTS)?;
    let report: &Path = &workspace.path("tests/browser/results/report.json");
    fresh(report)?;
    let mut command = workspace.npm(web::BROWSER_TESTS, &["test"]);
    command.env("GIAOBAN_BINARY", workspace.server_binary()).env("GIAOBAN_REPORT", report);
    let finished = step::run("browser tests", &mut command)?;
    let counts = json_counts(report, &["stats", "expected"], &["stats", "unexpected"])?;
    // A story that only passes at the second try is a failure: nothing is retried.
    let (_, flaky) = json_counts(report, &["stats", "expected"], &["stats", "flaky"])?;
    Ok(counted((counts.0, counts.1 + flaky), finished.status.success()))
}

/// Makes sure that a report found later is of this run.
fn fresh(report: &Path) -> Result<()> {
    if let Some(folder) = report.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if report.exists() {
        std::fs::remove_file(report)?;
    }
    Ok(())
}

fn json_counts(report: &Path, passed: &[&str], failed: &[&str]) -> Result<(u32, u32)> {
    let text = std::fs::read_to_string(report).context("the suite left no report")?;
    let json: serde_json::Value = serde_json::from_str(&text).context("the report is not JSON")?;
    let count = |path: &[&str]| -> Result<u32> {
        let value = path.iter().try_fold(&json, |value, key| value.get(key));
        let number = value.and_then(serde_json::Value::as_u64);
        u32::try_from(number.with_context(|| format!("the report has no {}", path.join(".")))?)
            .context("a count")
    };
    Ok((count(passed)?, count(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_what_libtest_says() {
        let lines = [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        ];
        assert_eq!(cargo_counts(&lines.map(str::to_owned)), (7, 2));
    }

    #[test]
    fn a_suite_that_breaks_is_a_failure() {
        assert_eq!(counted((0, 0), false), (0, 1));
        assert_eq!(counted((5, 2), false), (5, 2));
        assert_eq!(counted((5, 0), true), (5, 0));
        let broken = suite("broken", || anyhow::bail!("no"));
        assert_eq!(sum(&[broken]), (0, 1));
        assert!(report(&[suite("bad", || Ok((3, 1)))]).is_err());
        assert!(report(&[suite("good", || Ok((3, 0)))]).is_ok());
    }
}
