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
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
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
    /// A CSV file with the columns `code` and `secret`, as `giaoban site issue --csv` writes it.
    #[arg(long)]
    pub credentials: PathBuf,
    /// A CSV file with the columns `username` and `password` and one host in it. The host starts the meeting if need be and
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
    let name = join.credentials.display().to_string();
    let rows = pairs(open(&join.credentials)?, &name, ["code", "secret"])?;
    ensure!(rows.len() >= join.sites, "{name} has {} sites, {} are asked for", rows.len(), join.sites);
    let site = |(line, (code, secret)): (usize, (String, String))| {
        let code =
            UnitCode::parse(code).with_context(|| format!("{name}, row {}: not a site code", line + 1))?;
        Ok(Site { code, secret })
    };
    rows.into_iter().take(join.sites).enumerate().map(site).collect()
}

fn host(path: &Path, sites: &[Site]) -> anyhow::Result<(String, SignIn, Part)> {
    let name = path.display().to_string();
    let rows = pairs(open(path)?, &name, ["username", "password"])?;
    let Some((username, password)) = rows.into_iter().next() else {
        bail!("{name} has no row under its header");
    };
    let invite = sites.first().context("nobody to invite")?.code.clone();
    Ok((username.clone(), SignIn::Person { username, password }, Part::Host { invite }))
}

pub(crate) fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Two columns of a file whose first row names its columns.
pub(crate) fn pairs(
    file: impl Read,
    name: &str,
    columns: [&str; 2],
) -> anyhow::Result<Vec<(String, String)>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let headers = reader.headers().ok().with_context(|| format!("{name} is not text"))?;
    let place = |column: &str| {
        let at = headers.iter().position(|header| header == column);
        at.with_context(|| format!("{name} has no column `{column}`; its first row names the columns"))
    };
    let [first, second] = columns;
    let (first, second) = (place(first)?, place(second)?);
    // The csv crate's own message would quote the row, and with it a secret.
    let row = |(line, row): (usize, csv::Result<csv::StringRecord>)| {
        let row = row.ok().with_context(|| format!("{name}, row {}: not as many columns", line + 1))?;
        let cell = |place: usize| row.get(place).unwrap_or_default().to_owned();
        Ok((cell(first), cell(second)))
    };
    reader.records().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(file: &str) -> anyhow::Result<Vec<(String, String)>> {
        pairs(file.as_bytes(), "sites.csv", ["code", "secret"])
    }

    #[test]
    fn credentials_are_read_as_the_node_writes_them() {
        let file = "code,name,secret,link\n00101,Xã Tân An, s3cret ,https://x\n00102,Xã Hòa Bình,other,\n";
        assert_eq!(
            sites(file).unwrap(),
            [("00101".into(), "s3cret".into()), ("00102".into(), "other".into())]
        );
        assert_eq!(sites("secret,code\ns3cret,00101\n").unwrap(), [("00101".into(), "s3cret".into())]);
    }

    #[test]
    fn a_bad_row_is_named_and_its_secret_is_not() {
        for file in ["code,secret\n00101,s3cret\n00102\n", "code,secret\n00101,s3cret\n00102,s3cret,x\n"] {
            let error = format!("{:#}", sites(file).unwrap_err());
            assert_eq!(error, "sites.csv, row 2: not as many columns");
        }
    }

    #[test]
    fn a_file_without_a_header_is_told_what_it_lacks_without_its_secret() {
        let error = format!("{:#}", sites("00101,s3cret\n").unwrap_err());
        assert_eq!(error, "sites.csv has no column `code`; its first row names the columns");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = open(Path::new("no/such/file.csv")).unwrap_err().to_string();
        assert_eq!(error, "cannot read no/such/file.csv");
    }
}
