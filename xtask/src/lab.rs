//! A small country on this machine: the real nodes of three tiers in network namespaces, real lines between them, and
//! participants at every node. What crosses the lines is counted at the interfaces, lines are cut, made long, bad and
//! narrow, nodes are killed, and each story ends in figures beside what they may be.
//!
//! 1. `tree`     the nodes, and which lines a stream must cross
//! 2. `net`      namespaces, lines, counters; `shell` runs the system's commands, `sweep` removes all of it
//! 3. `servers`  the NATS server and the nodes
//! 4. `people`   participants; `log` is what they told
//! 5. `stories`  what happens, and what is measured; `row` is one figure

mod log;
mod net;
mod people;
mod row;
mod servers;
mod shell;
mod stories;
mod sweep;
mod tree;

use crate::{clock, step, tools, web, workspace::Workspace};
use anyhow::{Context, Result, bail, ensure};
use net::Net;
use people::People;
use row::{Row, Verdict};
use servers::Servers;
use signaling_protocol::ClientMessage;
use std::path::PathBuf;
use std::time::Duration;
use stories::Story;
use sweep::Sweeper;
use tree::Tree;

/// Where everything of a run is, inside the build output, and where the figures go.
const FOLDER: &str = "lab";
const FIGURES: &str = "lab.json";
/// The meeting.
const MEETING: &str = "lab-meeting";
/// The node whose line is emulated, and the one whose site is on stage.
const EMULATED: &str = "hai-hop";
const STAGE_NODE: &str = "tho-sa";
/// Seven nodes start at once on two processors, and each takes over the accounts of its branch.
const START_PATIENCE: Duration = Duration::from_secs(90);

/// What is to happen.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these stories, in this order.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Story>,
    /// Takes the debug build instead of the release build.
    #[arg(long)]
    debug: bool,
    /// Another build of the node to measure instead: its `giaoban`.
    #[arg(long)]
    node: Option<PathBuf>,
    /// Takes the programs as they are instead of building them.
    #[arg(long)]
    without_build: bool,
    /// Waits until standard input ends, and removes what a lab left.
    #[arg(long, hide = true)]
    sweep: bool,
}

/// Everything a story works with.
struct Lab {
    tree: Tree,
    net: Net,
    servers: Servers,
    people: People,
    /// The sites, with the node each sits at.
    sites: Vec<(usize, String)>,
    /// Who is on stage.
    stage: String,
    root: PathBuf,
    giaoban: PathBuf,
}

/// Builds, measures, removes everything.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.sweep {
        return sweep::wait_and_sweep();
    }
    ensure!(is_root(), "the lab makes network namespaces, which only root may: type sudo -E cargo xtask lab");
    tools::require_servers()?;
    tools::require_lab()?;
    if !options.without_build {
        build(workspace, options.debug)?;
    }
    sweep::sweep().context("cannot remove what an earlier lab left")?;
    let sweeper = Sweeper::start()?;
    let measured = measure(workspace, options);
    let swept = sweeper.finish();
    let rows = measured?;
    swept?;
    println!("{}", row::table(&rows));
    let path: PathBuf = workspace.metadata.target_directory.join(FIGURES).into();
    std::fs::write(&path, serde_json::to_string_pretty(&rows)?)?;
    println!("the figures are in {}", path.display());
    let missed = rows.iter().filter(|row| row.verdict == Verdict::Missed).count();
    ensure!(missed == 0, "{missed} figures are not what they may be");
    Ok(())
}

fn is_root() -> bool {
    shell::sh(&["id", "-u"]).is_ok_and(|id| id.trim() == "0")
}

fn build(workspace: &Workspace, debug: bool) -> Result<()> {
    web::install(workspace, web::CLIENT)?;
    web::build(workspace)?;
    let mut words = vec!["build", "--locked", "--package", "signaling-server", "--package", "loadtest"];
    if !debug {
        words.push("--release");
    }
    step::must("cargo build", &mut workspace.cargo(&words)).map(drop)
}

fn measure(workspace: &Workspace, options: &Options) -> Result<Vec<Row>> {
    let mut lab = Lab::open(workspace, options)?;
    let mut rows = Vec::new();
    let stories = if options.only.is_empty() { Story::ALL.to_vec() } else { options.only.clone() };
    for story in stories {
        println!("==> {}", story.title());
        let figures = story.run(&mut lab).with_context(|| format!("in {}", story.title()))?;
        println!("{}", row::table(&figures));
        rows.extend(figures);
    }
    lab.people.finish()?;
    Ok(rows)
}

impl Lab {
    fn open(workspace: &Workspace, options: &Options) -> Result<Self> {
        let target = workspace.metadata.target_directory.clone().into_std_path_buf();
        let built = target.join(if options.debug { "debug" } else { "release" });
        let giaoban = options.node.clone().unwrap_or_else(|| built.join("giaoban"));
        let loadtest = built.join("giaoban-loadtest");
        let folder = target.join(FOLDER);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        let root = workspace.root.clone();
        let tree = Tree::read(&std::fs::read_to_string(root.join(servers::NODES))?)?;
        let sites = tree.sites(&std::fs::read_to_string(root.join(servers::UNITS).join("units.json"))?)?;
        let net = Net::build(&tree, tree.place(EMULATED)?, &loadtest)?;
        let mut servers = Servers::prepare(&tree, &giaoban, &folder, &root)?;
        servers.start_bus()?;
        for at in 0..tree.nodes.len() {
            servers.start(at)?;
        }
        servers.convene(&loadtest, MEETING, &sites)?;
        let people = People::start(&tree, &servers, &loadtest, MEETING, &sites)?;
        let stage_node = tree.place(STAGE_NODE)?;
        let stage = sites.iter().find(|(at, _)| *at == stage_node).map(|(_, code)| code.clone());
        let stage = stage.context("nobody sits at the node that is to be on stage")?;
        let mut lab = Self { tree, net, servers, people, sites, stage, root, giaoban };
        lab.assemble()?;
        Ok(lab)
    }

    /// Everybody is in, the chair presents and speaks, and a site is on stage and speaks.
    fn assemble(&mut self) -> Result<()> {
        let names: Vec<String> = self.people.names().into_iter().map(|(name, _)| name).collect();
        let began = clock::now();
        self.people.wait_for(&names, 0, START_PATIENCE)?;
        println!("    {} participants are in after {} s", names.len(), began.elapsed().as_secs());
        let seat = self.people.seat(&self.stage)?;
        let screen = signaling_protocol::PublishSource::Screen;
        let presence = signaling_protocol::Presence::On;
        for message in [
            ClientMessage::StartMeeting {},
            ClientMessage::SetSource { source: screen, presence },
            ClientMessage::StartPresenting {},
            ClientMessage::AllowAllMicrophones {},
            ClientMessage::InviteToSpeak { seat },
            ClientMessage::OpenMicrophone {},
        ] {
            self.people.order(servers::CHAIR, &message)?;
        }
        self.people.listen(Duration::from_secs(2))?;
        let stage = self.stage.clone();
        self.people.order(&stage, &ClientMessage::OpenMicrophone {})?;
        let chair = servers::CHAIR;
        let viewers: Vec<String> = names.into_iter().filter(|name| *name != stage && name != chair).collect();
        let shown = |log: &log::Log| {
            let kinds = [(stage.as_str(), log::Kind::Camera), (stage.as_str(), log::Kind::Voice)];
            let kinds = kinds.into_iter().chain([(chair, log::Kind::Screen), (chair, log::Kind::Voice)]);
            kinds.clone().all(|(from, kind)| viewers.iter().all(|who| log.hears((who, from), kind, 1)))
        };
        if !self.people.until(Duration::from_secs(30), shown)? {
            bail!("not everybody sees the stage and the slides, or hears both who speak");
        }
        // Encoders, estimates and names of streams settle.
        self.people.listen(Duration::from_secs(8))
    }

    /// The names of the sites below a node, it included.
    fn below(&self, node: usize) -> Vec<String> {
        let below = self.tree.below(node);
        let here = self.sites.iter().filter(|(at, _)| below.contains(at));
        here.map(|(_, code)| code.clone()).collect()
    }
}
