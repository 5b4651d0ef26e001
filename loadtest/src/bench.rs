//! The benchmark's generator: it starts a server, fills it with receivers that cost next to nothing, and measures what
//! forwarding costs that server. Two builds of our node, and our node and a Janus, are measured in turns in one run, so
//! that whatever else the machine does at the time meets all of them.
//!
//! 1. `cases`     what is measured
//! 2. `server`    what a case asks of a server; `node` and `janus` are two
//! 3. `crowd`     everybody who takes part, driven by one thread
//! 4. `endpoint`  one of them: `stun`, DTLS, SRTP; `sdp` is how it shows itself
//! 5. `camera`    when a publisher sends what; `packet` writes and reads it
//! 6. `feedback`  what receivers say back
//! 7. `wire`      one socket for all
//! 8. `process`   what a process costs
//! 9. `row`       one measurement

mod camera;
mod cases;
mod crowd;
mod endpoint;
mod feedback;
mod janus;
mod node;
mod packet;
mod process;
mod row;
mod sdp;
mod server;
mod stun;
mod wire;

pub use row::{Latency, Row};

use crate::bench::server::Server;
use anyhow::{Context, ensure};
use cases::Case;
use clap::Args;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};
use wire::Network;

/// Measures servers side by side.
#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// Our node: the program `bench_node` of the SFU's shell.
    #[arg(long)]
    pub node: PathBuf,
    /// Another build of it, measured in turns with the first.
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// Measures a Janus too, if it is installed.
    #[arg(long)]
    pub janus: bool,
    /// Only these cases: whole names, or what is before the number.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// How often everything is measured; the median counts.
    #[arg(long, default_value_t = 1)]
    pub rounds: usize,
    /// How long one look takes, seconds.
    #[arg(long, default_value_t = 8)]
    pub seconds: u64,
    /// The processor the servers run on; the generator belongs on another one.
    #[arg(long)]
    pub processor: Option<usize>,
    /// The first two numbers of the receivers' addresses; all of these must be local. Some servers bind their sockets to
    /// an interface and reach no loopback address.
    #[arg(long, default_value = "127.1")]
    network: Network,
    /// Where the rows are written as JSON.
    #[arg(long)]
    pub out: PathBuf,
}

/// Which server is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contender<'a> {
    Ours(&'a Path),
    Against(&'a Path),
    Janus,
}

impl Contender<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Ours(_) => "ours",
            Self::Against(_) => "against",
            Self::Janus => "janus",
        }
    }

    fn start(self, processor: Option<usize>) -> anyhow::Result<Box<dyn Server>> {
        Ok(match self {
            Self::Ours(program) | Self::Against(program) => {
                Box::new(node::Node::start(program, server::own_address()?, processor)?)
            }
            Self::Janus => Box::new(janus::Janus::start(Path::new(janus::PROGRAM), processor)?),
        })
    }
}

impl Bench {
    /// Measures all that was asked for; each row is told as soon as there is one.
    ///
    /// # Errors
    /// When a case could not be measured, after all others were: the rows of these are written.
    pub fn run(&self, mut tell: impl FnMut(&str)) -> anyhow::Result<Vec<Row>> {
        let wanted = |case: &Case| {
            let name = case.name();
            let named = |only: &String| name == *only || name.starts_with(&format!("{only}-"));
            self.only.is_empty() || self.only.iter().any(named)
        };
        let cases: Vec<_> = Case::ALL.into_iter().filter(wanted).collect();
        ensure!(!cases.is_empty(), "no case has such a name");
        let mut contenders = vec![Contender::Ours(&self.node)];
        contenders.extend(self.against.as_deref().map(Contender::Against));
        if self.janus {
            if Path::new(janus::PROGRAM).exists() {
                contenders.push(Contender::Janus);
            } else {
                tell("Janus is not installed and is left out; apt-get install janus");
            }
        }
        tell(&Row::head());
        let (mut rows, mut failed) = (Vec::new(), 0);
        for round in 1..=self.rounds {
            for (case, contender) in cases.iter().flat_map(|case| contenders.iter().map(move |c| (case, c))) {
                match self.measure(*case, *contender) {
                    Ok(measured) => {
                        let named = |row| Row { server: contender.name().to_owned(), round, ..row };
                        let fresh = rows.len();
                        rows.extend(measured.into_iter().map(named));
                        rows.iter().skip(fresh).for_each(|row| tell(&row.line()));
                    }
                    // The others may still be measured; what is missing is said again at the end.
                    Err(error) => {
                        failed += 1;
                        tell(&format!("{} at {}: {error:#}", case.name(), contender.name()));
                    }
                }
            }
        }
        let mut text = serde_json::to_string_pretty(&rows)?;
        writeln!(text)?;
        std::fs::write(&self.out, text).with_context(|| format!("cannot write {}", self.out.display()))?;
        ensure!(failed == 0, "{failed} cases could not be measured");
        Ok(rows)
    }

    fn measure(&self, case: Case, contender: Contender<'_>) -> anyhow::Result<Vec<Row>> {
        let mut server = contender.start(self.processor)?;
        case.run(server.as_mut(), self.network, Duration::from_secs(self.seconds))
    }
}
