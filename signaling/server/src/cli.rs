//! What the program can do from the command line.

mod accounts;
mod bus;
mod facts;
mod import;
mod language;
mod nodes;
mod plan;
mod sites;
mod stores;

use crate::config::{self, Config, DEFAULT_FILE, NodesFile};
use crate::data_dir::DataDirectory;
use crate::store::{self, Store};
use crate::{logs, serve, units};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use signaling_core::UnitTree;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "giaoban", version, about = "Giao Ban: meetings of an administration, on its own machines")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

/// Which configuration and which data a command works with.
#[derive(Args)]
struct Place {
    /// The configuration; without it everything has its default
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, instead of the configuration's store.path
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a node until SIGTERM or Ctrl-C
    Serve,
    /// Reads a configuration and names every mistake in it
    CheckConfig {
        /// The configuration; --config does as well
        file: Option<PathBuf>,
        /// Connects to the bus servers it names as well
        #[arg(long, conflicts_with = "text_only")]
        connect: bool,
        /// Leaves out the files with passwords and keys that it names: for a configuration of another machine
        #[arg(long)]
        text_only: bool,
    },
    /// Writes what a NATS server must let a node do, for the server's configuration
    BusUser(bus::User),
    /// Writes the complete default configuration, with comments
    PrintConfig,
    /// Reads a nodes file, names every mistake in it and says which node does what
    CheckNodes(nodes::Check),
    /// Writes a nodes file to begin with: one node at the top and one for each unit of the tiers named
    PrintNodes(nodes::Print),
    /// Predicts what a meeting puts on every line and node; fails if something is over its cap
    Plan(Box<plan::Options>),
    /// Replaces the units by those of a file; a running node takes them over within seconds
    ImportUnits(import::Options),
    /// Accounts of persons
    #[command(subcommand)]
    Account(accounts::Command),
    /// Gives an account a role in a unit and everything below it, or takes it away
    Grant(accounts::Grant),
    /// Accounts of meeting rooms
    #[command(subcommand)]
    Site(sites::Command),
    /// Writes a meeting's facts, one JSON object a line
    ExportFacts {
        /// The meeting
        meeting: String,
    },
    /// Checks that the facts of all meetings are whole and unchanged
    VerifyFacts,
    /// The database as a whole
    #[command(subcommand)]
    Store(stores::Command),
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    match dispatch(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "giaoban: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, each said once: many a cause is already in the words of what it caused.
fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn dispatch(arguments: Arguments) -> Result<()> {
    let Arguments { command, place } = arguments;
    match command {
        Command::CheckConfig { file, connect, text_only } => {
            let deep = match (connect, text_only) {
                (true, _) => Deep::Servers,
                (false, true) => Deep::Text,
                (false, false) => Deep::Files,
            };
            check_config(&place, file, deep)
        }
        Command::BusUser(user) => bus::user(&user),
        Command::CheckNodes(options) => nodes::check(&options),
        Command::PrintNodes(options) => nodes::print_file(&options),
        Command::Plan(options) => plan::run(&options),
        Command::PrintConfig => print(DEFAULT_FILE.trim_end()),
        Command::Serve => {
            let config = place.config()?;
            logs::start(config.log);
            runtime()?.block_on(serve::run(config)).context("the node ended")
        }
        Command::ImportUnits(options) => runtime()?.block_on(import::run(&place, &options)),
        Command::Account(command) => runtime()?.block_on(accounts::run(&place, command)),
        Command::Grant(grant) => runtime()?.block_on(accounts::grant(&place, grant)),
        Command::Site(command) => runtime()?.block_on(sites::run(&place, command)),
        Command::ExportFacts { meeting } => runtime()?.block_on(facts::export(&place, &meeting)),
        Command::Store(command) => runtime()?.block_on(stores::run(&place, &command)),
        Command::VerifyFacts => runtime()?.block_on(facts::verify(&place)),
    }
}

/// How far a check of a configuration goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deep {
    /// What is written in it and in the nodes file.
    Text,
    /// The files with passwords, keys and certificates too. A database is not connected to.
    Files,
    /// The bus servers too.
    Servers,
}

fn check_config(place: &Place, file: Option<PathBuf>, deep: Deep) -> Result<()> {
    let given = place.config.clone();
    ensure!(given.is_none() || file.is_none(), "give the configuration once: as FILE or as --config FILE");
    let Some(file) = file.or(given) else { bail!("say which: giaoban check-config FILE") };
    let config = Config::load(&file)?;
    if deep >= Deep::Files {
        store::Place::of(&config.store)?;
        bus::check_files(&config.bus)?;
    }
    if deep >= Deep::Servers {
        runtime()?.block_on(bus::connect(&config.bus))?;
    }
    let own = config.node.as_ref().map(NodesFile::of).transpose()?;
    print(&format!("{} has no mistakes", file.display()))?;
    match own {
        Some((nodes, own)) => nodes::place(&nodes.tree, &own).iter().try_for_each(|line| print(line)),
        None => print("one node alone: it serves everybody"),
    }
}

impl Place {
    fn config(&self) -> Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::load(file)?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.store.path.clone_from(data);
        }
        Ok(config)
    }

    /// The store, made if there is none yet.
    async fn store(&self) -> Result<Store> {
        open_store(&self.config()?.store).await
    }

    /// The store of a node that has run or has its units.
    async fn existing_store(&self) -> Result<Store> {
        let config = self.config()?.store;
        let path = &config.path;
        ensure!(
            config.server.is_some() || path.is_dir(),
            "there is no data directory {}; name it with --data DIR, or import units first",
            path.display()
        );
        self.store().await
    }
}

/// The store that a configuration names, made if there is none yet.
async fn open_store(config: &config::Store) -> Result<Store> {
    if config.server.is_none() {
        let path = &config.path;
        DataDirectory::open(path)
            .with_context(|| format!("cannot use the data directory {}", path.display()))?;
    }
    Ok(Store::open(store::Place::of(config)?).await?)
}

/// The units in the store.
async fn stored_units(store: &Store) -> Result<UnitTree> {
    let tree = units::load(store).await?;
    ensure!(!units::is_empty(&tree), "there are no units yet; import them first: giaoban import-units PATH");
    Ok(tree)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// Writes a line to standard output; a reader that has gone (`| head`) ends the program quietly.
fn print(line: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write"),
    }
}
