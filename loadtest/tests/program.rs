//! The program as a technician starts it: a mistake on the command line or in a file is told before anything is sent.
#![expect(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A sheet of credentials that goes when the test ends.
struct Sheet(PathBuf);

impl Sheet {
    fn new(name: &str, text: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.csv", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What it says when it does not begin. The server's address is of nobody: whoever dialled it would say so.
fn refused(sheet: &Path, changed: &[&str]) -> String {
    let mut arguments =
        vec!["join", "--server", "http://127.0.0.1:1", "--meeting", "giao-ban", "--seconds", "0"];
    arguments.extend_from_slice(changed);
    let output = Command::new(env!("CARGO_BIN_EXE_giaoban-loadtest"))
        .args(arguments)
        .arg("--credentials")
        .arg(sheet)
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn says(said: &str, wanted: &str) {
    assert!(said.contains(wanted), "wanted \"{wanted}\", said: {said}");
}

#[test]
fn a_sheet_that_cannot_be_used_is_named_and_its_codes_are_not_told() {
    let absent = Path::new("no-such-sheet.csv");
    says(&refused(absent, &["--sites", "1"]), "cannot read no-such-sheet.csv");

    let two = Sheet::new("two", "code,secret\n10100,AAAA-BBBB\n10200,CCCC-DDDD\n");
    says(&refused(&two.0, &["--sites", "3"]), "has 2 sites, 3 are asked for");
    says(&refused(&two.0, &["--sites", "0"]), "--sites must be at least 1");

    let other = Sheet::new("other", "unit,code\n10100,AAAA-BBBB\n");
    says(&refused(&other.0, &["--sites", "1"]), "has no column `secret`");

    let torn = Sheet::new("torn", "code,secret\n10100,AAAA-BBBB\n10200\n");
    let said = refused(&torn.0, &["--sites", "2"]);
    says(&said, "row 2");
    assert!(!said.contains("AAAA-BBBB"), "{said}");
}

#[test]
fn nobody_who_could_not_join_counts_as_joined() {
    let one = Sheet::new("one", "code,secret\n10100,AAAA-BBBB\n");
    let output = Command::new(env!("CARGO_BIN_EXE_giaoban-loadtest"))
        .args(["join", "--json", "--server", "http://127.0.0.1:1", "--meeting", "giao-ban"])
        .args(["--sites", "1", "--seconds", "0", "--credentials"])
        .arg(&one.0)
        .output()
        .unwrap();
    assert!(!output.status.success(), "a meeting nobody came to is no success");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.trim_start().starts_with('{'), "no report: {said}");
}
