//! What is asked for on the command line, and who takes part in it.

use crate::{
    clock,
    network::Server,
    participant::{Part, Participant},
    report::Report,
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use signaling_protocol::{MeetingId, SignIn, UnitCode};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};

/// Participants on their way in at the same time. Each sign-in costs the server a password hash; a hall that comes
/// in through one door is not faster.
const JOINING_AT_ONCE: usize = 16;

/// Sites join one meeting.
#[derive(Debug, Clone, Args)]
pub struct Join {
    /// The node, e.g. http://127.0.0.1:8080. Plain HTTP only: a node listens to it on loopback.
    #[arg(long)]
    pub server: String,
    /// The meeting's id.
    #[arg(long)]
    pub meeting: String,
    /// How many sites join: the first ones of the credentials file.
    #[arg(long)]
    pub sites: usize,
    /// A CSV file without a header: site code, secret.
    #[arg(long)]
    pub credentials: PathBuf,
    /// A CSV file without a header: user name, password of one host. The host starts the meeting if need be and
    /// invites the first site to speak, so that there is something to receive.
    #[arg(long)]
    pub host: Option<PathBuf>,
    /// How long everybody stays after the last one came in, seconds.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// A site whose picture or sound is asked for sends it. Without this nobody sends.
    #[arg(long)]
    pub stage_publishes: bool,
    /// Prints the report as JSON instead of as a table.
    #[arg(long)]
    pub json: bool,
}

/// Runs the scenario to its end.
///
/// # Errors
/// When it cannot begin: a bad address, too few credentials. What goes wrong later is in the report.
pub async fn run(join: &Join) -> anyhow::Result<Report> {
    let server = Arc::new(Server::new(&join.server)?);
    let meeting = MeetingId::parse(join.meeting.as_str()).context("--meeting is not an id")?;
    let sites = sites(join)?;
    let host = match &join.host {
        Some(path) => Some(host(path, &sites)?),
        None => None,
    };

    let started = clock::now();
    let door = Arc::new(Semaphore::new(JOINING_AT_ONCE));
    let (leave, left) = tokio::sync::watch::channel(false);
    let (come, mut came) = tokio::sync::mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    let mut expected = 0;
    for (name, sign_in, part) in sites.into_iter().map(|site| site.part(join)).chain(host) {
        let participant = Participant {
            server: Arc::clone(&server),
            meeting: meeting.clone(),
            name,
            sign_in,
            part,
            door: Arc::clone(&door),
            came: come.clone(),
            left: left.clone(),
        };
        running.spawn(participant.live());
        expected += 1;
    }
    drop(come);

    // Everybody says once how joining ended; then all stay together for the time asked for.
    for _ in 0..expected {
        came.recv().await;
    }
    let all_in = started.elapsed();
    tokio::time::sleep(Duration::from_secs(join.seconds)).await;
    leave.send_replace(true);
    Ok(Report::new(&running.join_all().await, all_in))
}

struct Site {
    code: UnitCode,
    secret: String,
}

impl Site {
    fn part(self, join: &Join) -> (String, SignIn, Part) {
        let code = String::from(self.code);
        let part = if join.stage_publishes { Part::Publisher } else { Part::Receiver };
        (code.clone(), SignIn::Site { code, secret: self.secret }, part)
    }
}

fn sites(join: &Join) -> anyhow::Result<Vec<Site>> {
    ensure!(join.sites > 0, "--sites must be at least 1");
    let mut sites = Vec::new();
    for (line, (code, secret)) in pairs(&join.credentials)?.into_iter().take(join.sites).enumerate() {
        let place = || format!("{}, line {}", join.credentials.display(), line + 1);
        let code = UnitCode::parse(code).with_context(|| format!("{}: not a site code", place()))?;
        sites.push(Site { code, secret });
    }
    let file = join.credentials.display();
    ensure!(sites.len() == join.sites, "{file} has {} sites, {} are asked for", sites.len(), join.sites);
    Ok(sites)
}

fn host(path: &PathBuf, sites: &[Site]) -> anyhow::Result<(String, SignIn, Part)> {
    let Some((username, password)) = pairs(path)?.into_iter().next() else {
        bail!("{} is empty", path.display());
    };
    let invite = sites.first().context("nobody to invite")?.code.clone();
    Ok((username.clone(), SignIn::Person { username, password }, Part::Host { invite }))
}

/// The rows of a file with two columns.
fn pairs(path: &PathBuf) -> anyhow::Result<Vec<(String, String)>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let rows: Result<_, _> = reader.deserialize().collect();
    rows.with_context(|| format!("{} does not have two columns", path.display()))
}
