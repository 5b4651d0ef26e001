//! The participants of the lab: a program in each namespace, orders to it and what it tells.

use super::log::{Line, Log, What};
use super::servers::{CHAIR, DOOR, Servers};
use super::shell::inside;
use super::tree::Tree;
use crate::clock;
use anyhow::{Context, Result, bail};
use signaling_protocol::{ClientMessage, SeatId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Everybody who takes part.
pub(super) struct People {
    programs: Vec<Child>,
    desks: Vec<ChildStdin>,
    /// Who is told what at which desk, and at which node each sits.
    seats: BTreeMap<String, (usize, usize)>,
    tellings: Receiver<Line>,
    pub(super) log: Log,
}

impl People {
    /// Starts the programs: the chair at the top, sites at their nodes.
    pub(super) fn start(
        tree: &Tree,
        servers: &Servers,
        loadtest: &Path,
        meeting: &str,
        sites: &[(usize, String)],
    ) -> Result<Self> {
        let (sender, tellings) = channel();
        let (programs, desks, seats) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut people = Self { programs, desks, seats, tellings, log: Log::default() };
        for at in 0..tree.nodes.len() {
            let mut command = inside(&tree.namespace(at), loadtest);
            command.args(["attend", "--server", DOOR, "--address", &tree.address(at), "--meeting", meeting]);
            let here: Vec<&String> =
                sites.iter().filter(|(node, _)| *node == at).map(|(_, code)| code).collect();
            if at == 0 {
                command.arg("--persons").arg(servers.file("chair.csv"));
                people.seats.insert(CHAIR.to_owned(), (people.desks.len(), at));
            } else if here.is_empty() {
                continue;
            } else {
                command.arg("--credentials").arg(servers.file("sites.csv"));
            }
            for code in here {
                command.args(["--site", code]);
                people.seats.insert(code.clone(), (people.desks.len(), at));
            }
            let log = File::create(servers.file(&format!("people-{}.log", tree.name(at))))?;
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
            let mut child = command.spawn().context("cannot start participants")?;
            people.desks.push(child.stdin.take().context("participants listen to nobody")?);
            let output = child.stdout.take().context("participants tell nothing")?;
            let record = File::create(servers.file(&format!("told-{}.jsonl", tree.name(at))))?;
            listen(BufReader::new(output), record, sender.clone());
            people.programs.push(child);
        }
        Ok(people)
    }

    /// Everybody's name, with the node.
    pub(super) fn names(&self) -> Vec<(String, usize)> {
        self.seats.iter().map(|(name, (_, at))| (name.clone(), *at)).collect()
    }

    /// Takes what is told for so long.
    pub(super) fn listen(&mut self, time: Duration) -> Result<()> {
        self.until(time, |_| false).map(drop)
    }

    /// Takes what is told until something holds; gives whether it did in time.
    pub(super) fn until(&mut self, time: Duration, holds: impl Fn(&Log) -> bool) -> Result<bool> {
        let end = clock::now() + time;
        loop {
            if holds(&self.log) {
                return Ok(true);
            }
            match self.tellings.recv_timeout(end.saturating_duration_since(clock::now())) {
                Ok(line) => self.log.lines.push(line),
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => bail!("all participants ended; see their logs"),
            }
        }
    }

    /// Waits until everybody of some is in.
    pub(super) fn wait_for(&mut self, names: &[String], after: u64, time: Duration) -> Result<()> {
        let all = |log: &Log| names.iter().all(|name| log.joined(name, after).is_some());
        if self.until(time, all)? {
            return Ok(());
        }
        let missing: Vec<String> = names
            .iter()
            .filter(|name| self.log.joined(name, after).is_none())
            .map(|name| format!("{name} ({})", self.last_word(name)))
            .collect();
        bail!("not in after {} s: {}", time.as_secs(), missing.join(", "))
    }

    fn last_word(&self, name: &str) -> String {
        let words = self.log.lines.iter().rev().find_map(|line| match &line.what {
            What::Lost { why } | What::Refused { why } if line.who == name => Some(why.clone()),
            What::Lost { .. }
            | What::Refused { .. }
            | What::Joined { .. }
            | What::Left {}
            | What::Meeting { .. }
            | What::Second { .. }
            | What::Gap { .. } => None,
        });
        words.unwrap_or_else(|| "said nothing".to_owned())
    }

    /// Tells somebody what to ask of the node.
    pub(super) fn order(&mut self, who: &str, message: &ClientMessage) -> Result<()> {
        let (desk, _) = self.seats.get(who).with_context(|| format!("{who} takes no part"))?;
        let desk = self.desks.get_mut(*desk).context("no such desk")?;
        Ok(writeln!(desk, "{}", serde_json::json!({ "who": who, "message": message }))?)
    }

    /// Somebody's seat.
    pub(super) fn seat(&self, who: &str) -> Result<SeatId> {
        let joined = self.log.joined(who, 0).map(|(seat, _)| seat.clone());
        joined.with_context(|| format!("{who} never joined"))
    }

    /// Lets everybody leave.
    pub(super) fn finish(mut self) -> Result<()> {
        self.desks.clear();
        for program in &mut self.programs {
            program.wait()?;
        }
        Ok(())
    }
}

/// Reads what a program tells, and keeps it for whoever wants to know more than the figures.
fn listen(output: impl BufRead + Send + 'static, mut record: File, lines: Sender<Line>) {
    std::thread::spawn(move || {
        for text in output.lines().map_while(Result::ok) {
            // The record is for people; a full disk must not stop the lab.
            let _unwritten = writeln!(record, "{text}");
            // What is no line of ours is of no use to anybody; their own log has the rest.
            if let Ok(line) = serde_json::from_str(&text)
                && lines.send(line).is_err()
            {
                return;
            }
        }
    });
}
