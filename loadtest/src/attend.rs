//! Participants that are told what to do while they take part, and tell what they meet as it happens: one JSON object a line
//! in, one JSON object a line out. They come back when their line breaks. What the tests in network namespaces are made with.

mod line;
mod person;

use crate::{
    network::Server,
    participant::Failure,
    scenario::{open, pairs},
};
use anyhow::{Context, ensure};
use clap::Args;
use line::Line;
use person::Person;
use serde::Deserialize;
use signaling_protocol::{ClientMessage, MeetingId, SignIn, UnitCode};
use std::{collections::BTreeMap, io::BufRead, net::IpAddr, path::PathBuf, sync::Arc};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

/// Sites and persons take part and do what they are told on standard input, until it ends.
#[derive(Debug, Clone, Args)]
pub struct Attend {
    /// The nodes, e.g. http://127.0.0.1:8080, the first one first; the next one is tried while one does not answer.
    #[arg(long, required = true)]
    pub server: Vec<String>,
    /// The local address that media is sent from.
    #[arg(long)]
    pub address: IpAddr,
    /// The meeting's id.
    #[arg(long)]
    pub meeting: String,
    /// A CSV file with the columns `code` and `secret`, as `giaoban site issue --csv` writes it.
    #[arg(long, requires = "site")]
    pub credentials: Option<PathBuf>,
    /// The codes of the sites that take part.
    #[arg(long)]
    pub site: Vec<String>,
    /// A CSV file with the columns `username` and `password`: every person in it takes part.
    #[arg(long)]
    pub persons: Option<PathBuf>,
}

/// What a participant is told to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    /// Who: a site's code or a person's name.
    who: String,
    /// What to say to the node.
    message: ClientMessage,
}

/// Takes part until standard input ends.
///
/// # Errors
/// When it cannot begin: a bad address, a site without a secret.
pub async fn attend(options: &Attend, say: fn(&str)) -> anyhow::Result<()> {
    let servers = options.server.iter().map(|address| Ok(Arc::new(Server::new(address)?)));
    let servers: Vec<Arc<Server>> = servers.collect::<anyhow::Result<_>>()?;
    let meeting = MeetingId::parse(options.meeting.as_str()).context("--meeting is not an id")?;
    let (told, mut tellings) = unbounded_channel();
    let mut desks = BTreeMap::new();
    let mut present = JoinSet::new();
    for (name, sign_in) in people(options)? {
        let (desk, orders) = unbounded_channel();
        desks.insert(name.clone(), desk);
        let person = Person {
            servers: servers.clone(),
            address: options.address,
            meeting: meeting.clone(),
            name,
            sign_in,
            told: told.clone(),
            orders,
        };
        present.spawn(person.live());
    }
    drop(told);
    let mut orders = orders();
    loop {
        tokio::select! {
            line = tellings.recv() => match line {
                Some(line) => say(&serde_json::to_string(&line)?),
                None => break,
            },
            order = orders.recv(), if !desks.is_empty() => match order {
                Some(Ok(order)) => pass_on(&desks, order),
                Some(Err(error)) => say(&serde_json::to_string(&Line::refused(&error))?),
                // Nobody is told anything any more: each leaves.
                None => desks.clear(),
            },
        }
    }
    Ok(())
}

fn pass_on(desks: &BTreeMap<String, UnboundedSender<ClientMessage>>, order: Order) {
    if let Some(desk) = desks.get(&order.who) {
        // Who has left is told nothing.
        let _left = desk.send(order.message);
    }
}

/// The lines of standard input; the channel ends with it.
fn orders() -> UnboundedReceiver<Result<Order, String>> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let order = line.map_err(|error| error.to_string()).and_then(|line| {
                serde_json::from_str(&line).map_err(|error| format!("not an order: {error}"))
            });
            if sender.send(order).is_err() {
                return;
            }
        }
    });
    receiver
}

fn people(options: &Attend) -> anyhow::Result<Vec<(String, SignIn)>> {
    let mut people = Vec::new();
    if let Some(path) = &options.credentials {
        let file = path.display().to_string();
        let secrets: BTreeMap<String, String> =
            pairs(open(path)?, &file, ["code", "secret"])?.into_iter().collect();
        for code in &options.site {
            let secret = secrets.get(code).with_context(|| format!("{file} has no site {code}"))?.clone();
            let code = String::from(UnitCode::parse(code.as_str()).context("--site is not a code")?);
            people.push((code.clone(), SignIn::Site { code, secret }));
        }
    }
    if let Some(path) = &options.persons {
        let rows = pairs(open(path)?, &path.display().to_string(), ["username", "password"])?;
        let person = |(username, password): (String, String)| {
            (username.clone(), SignIn::Person { username, password })
        };
        people.extend(rows.into_iter().map(person));
    }
    ensure!(!people.is_empty(), "nobody takes part: give --credentials with --site, or --persons");
    Ok(people)
}

/// Why somebody is not in the meeting, in words.
fn why(failure: &Failure) -> String {
    failure.to_string()
}
