//! One child process: its output passes through as it comes, and while it is silent a line says that it is alive.

use crate::clock;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Silence after which the user is told that the step is still alive.
const HEARTBEAT: Duration = Duration::from_secs(12);

/// What a finished step leaves.
pub(crate) struct Finished {
    /// How the child ended.
    pub(crate) status: ExitStatus,
    /// Every line it printed, both streams as they came.
    pub(crate) lines: Vec<String>,
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started; a failure of the command itself is in the status.
pub(crate) fn run(label: &str, command: &mut Command) -> Result<Finished> {
    let started = clock::now();
    println!("==> {label}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{label}: cannot start {:?}", command.get_program()))?;
    let (sender, receiver) = channel();
    let readers = [
        child.stdout.take().map(|pipe| read_lines(pipe, sender.clone())),
        child.stderr.take().map(|pipe| read_lines(pipe, sender)),
    ];
    let mut lines = Vec::new();
    loop {
        match receiver.recv_timeout(HEARTBEAT) {
            Ok(line) => {
                println!("{line}");
                lines.push(line);
            }
            Err(RecvTimeoutError::Timeout) => {
                println!(
                    "    … {label}: still working, {} s",
                    clock::now().duration_since(started).as_secs()
                );
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    for reader in readers.into_iter().flatten() {
        let _ended = reader.join();
    }
    let status = child.wait().with_context(|| format!("{label}: cannot wait for it"))?;
    println!("    {label}: {} s", clock::now().duration_since(started).as_secs());
    Ok(Finished { status, lines })
}

/// Runs a command that must succeed.
pub(crate) fn must(label: &str, command: &mut Command) -> Result<Finished> {
    let finished = run(label, command)?;
    anyhow::ensure!(finished.status.success(), "{label} failed ({})", finished.status);
    Ok(finished)
}

fn read_lines(pipe: impl Read + Send + 'static, lines: Sender<String>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if lines.send(line).is_err() {
                return;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_the_child_said_and_how_it_ended() {
        let finished =
            run("a shell", Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        let mut lines = finished.lines;
        lines.sort();
        assert_eq!(lines, ["err", "out"]);
        assert_eq!(finished.status.code(), Some(3));
        assert!(must("a shell", Command::new("sh").args(["-c", "exit 3"])).is_err());
    }

    #[test]
    fn says_what_could_not_be_started() {
        let error = run("nothing", &mut Command::new("no-such-program-here")).err().unwrap();
        assert!(error.to_string().contains("no-such-program-here"));
    }
}
