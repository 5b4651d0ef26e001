//! A meeting from nothing: a person with a first password signs in, chooses a password and convenes. For programs that
//! start nodes of their own.

use crate::{
    clock,
    network::{NetworkError, Server},
    scenario::{open, pairs},
};
use anyhow::{Context, bail};
use clap::Args;
use signaling_protocol::{
    BoundedText, ChangePassword, CreateMeeting, MeetingId, MeetingKind, SignIn, UnitCode, UtcSeconds,
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How often a node that does not answer yet is asked again.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// A person convenes a meeting; the password is another one afterwards.
#[derive(Debug, Clone, Args)]
pub struct Convene {
    /// The node, e.g. http://127.0.0.1:8080.
    #[arg(long)]
    pub server: String,
    /// A CSV file with the columns `username` and `password`, the first password, and one person in it.
    #[arg(long)]
    pub person: PathBuf,
    /// The password it has afterwards.
    #[arg(long)]
    pub password: String,
    /// The meeting's id.
    #[arg(long)]
    pub meeting: String,
    /// Which unit convenes.
    #[arg(long)]
    pub unit: String,
    /// The sites, in protocol order.
    #[arg(long, value_delimiter = ',')]
    pub sites: Vec<String>,
    /// How long a node that is starting is waited for, seconds.
    #[arg(long, default_value_t = 60)]
    pub patience: u64,
}

/// Convenes.
///
/// # Errors
/// If the node does not answer in time or refuses.
pub async fn convene(options: &Convene) -> anyhow::Result<()> {
    let server = Server::new(&options.server)?;
    let (username, first) = person(&options.person)?;
    let unit = |code: &String| UnitCode::parse(code.as_str()).with_context(|| format!("unit {code}"));
    let sites = options.sites.iter().map(unit).collect::<anyhow::Result<Vec<_>>>()?;
    let until = clock::now() + Duration::from_secs(options.patience);
    let sign_in = SignIn::Person { username, password: first.clone() };
    let session = loop {
        match server.sign_in(sign_in.clone()).await {
            Ok(session) => break session,
            Err(NetworkError::Http(_) | NetworkError::Unexpected { .. }) if !is_past(until) => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            Err(error) => return Err(error).context("sign-in"),
        }
    };
    let change = ChangePassword { current: first, new: options.password.clone() };
    server.change_password(&session, &change).await.context("password")?;
    let starts = UtcSeconds(u32::try_from(clock::wall_nanos() / 1_000_000_000).unwrap_or(u32::MAX));
    let meeting = CreateMeeting {
        meeting: MeetingId::parse(options.meeting.as_str()).context("--meeting is not an id")?,
        title: BoundedText::parse("Diễn tập đường truyền").context("title")?,
        kind: MeetingKind::Rehearsal,
        convening_unit: unit(&options.unit)?,
        starts,
        sites,
        staff: Vec::new(),
        no_state_secrets: true,
    };
    server.convene(&session, &meeting).await.context("meeting")
}

fn is_past(until: Instant) -> bool {
    clock::now() >= until
}

fn person(path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    match pairs(open(path)?, &name, ["username", "password"])?.into_iter().next() {
        Some(person) => Ok(person),
        None => bail!("{name} has no row under its header"),
    }
}
