//! Start and stop of a node, in order.
//!
//! Start: data directory → store → units → certificate → SFU → hub with its facts → listeners → first administrator.
//! Stop: not ready → everybody is told to come back → listeners → SFU → store.

mod banner;
mod listen;

use crate::bus::{Bus, BusError, InProcess};
use crate::config::{Config, NodesFile};
use crate::data_dir::DataDirectory;
use crate::driver::{Driver, DriverError, HubHandle, Request};
use crate::http::{App, Keeper, Readiness, Unready};
use crate::identity::{Denied, Identity};
use crate::load::LoadMeter;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::node_map::Placed;
use crate::store::{Place, Store};
use crate::tree::{Tree, Ways};
use crate::{clock, entropy, hub_start, tls, tree, units};
use anyhow::{Context, Result, anyhow, bail, ensure};
use listen::Listeners;
use signaling_core::{NodeName, UnitTree};
use signaling_protocol::{BoundedText, CreateAccount, GrantRole, GrantView, IssuedSecret, Refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often a node looks whether a command line beside it has changed units or rights and whether the SFU is
/// whole: a revoked site is out within this, and a look reads two small tables.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often sessions that are over are forgotten, in looks: hourly.
const PURGE_EVERY_LOOKS: u32 = 3_600;

/// How long clients have to hear that the node stops.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// How long requests under way have to end.
const DRAIN: Duration = Duration::from_secs(1);

/// A supervisor's patience is five seconds; every step of stopping has its part of it.
const _: () = assert!(FAREWELL.as_millis() + 2 * DRAIN.as_millis() < 4_500);

/// What a node that stands alone is called on the map.
const ALONE: &str = "giaoban";

/// The first administrator's sign-in name.
const FIRST_ADMINISTRATOR: &str = "admin";

/// Runs a node until it is told to stop.
pub(crate) async fn run(config: Config) -> Result<()> {
    // Signals first: one that comes during the start must stop the node, not kill it.
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for signals")?;
    let mut node = Node::start(config).await?;
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        failure = node.failure() => Err(failure),
    };
    node.stop().await;
    ended
}

/// A running node.
struct Node {
    app: Arc<App>,
    listeners: Listeners,
    driver: JoinHandle<Result<(), DriverError>>,
    look: JoinHandle<anyhow::Error>,
    media: Arc<Media>,
    /// Ends with the node.
    _tree: Tree,
    /// Held while the node runs.
    _lock: std::fs::File,
}

impl Node {
    async fn start(config: Config) -> Result<Self> {
        let placed = config.node.as_ref().map(NodesFile::of).transpose()?;
        let path = config.store.path.clone();
        let at = || format!("cannot use the data directory {}", path.display());
        let data = DataDirectory::open(&path).with_context(at)?;
        let lock = data.lock().with_context(at)?;
        let store = Store::open(Place::of(&config.store)?).await?;
        let store = store.of_node(&data.node_id().with_context(at)?);
        store.read_rights(clock::wall().0).await?;
        let place =
            placed.as_ref().and_then(|(nodes, own)| nodes.tree.place_of(&own.name)).unwrap_or_default();
        let bus = join_bus(&config).await.context("the bus cannot be used as it is configured in [bus]")?;
        tree::fill(&bus, &store, &place).await.context("cannot take over the units of the node above")?;
        let tree = Arc::new(units::load(&store).await?);
        ensure!(
            !units::is_empty(&tree),
            "there are no units yet; import them first: giaoban import-units --data {} PATH",
            path.display()
        );
        if let Some((nodes, own)) = &placed {
            // A node below has the units of its branch only.
            if place.parent.is_none() {
                nodes.check_units(&tree)?;
            }
            tracing::info!(node = %own.name, number = %own.number, "this is one of several nodes");
        }
        let tls = tls::load(config.http.certificate.as_ref(), &data)?;
        let (media, events) = Media::start(&config).context("cannot start the SFU")?;
        let media = Arc::new(media);
        let metrics = Arc::new(Metrics::default());
        let resume_key = data.resume_key().with_context(at)?;
        let given = (Arc::clone(&tree), place.clone());
        let hub = hub_start::start(&config, &store, given, resume_key, entropy::bytes()?).await?;
        let (neighbours, posted) = Neighbours::new();
        let neighbours = Arc::new(neighbours);
        let watched = (Arc::clone(&metrics), Arc::clone(&neighbours));
        let (driver, hub) = Driver::new(hub, store.clone(), Arc::clone(&media), events, watched);
        let identity = Identity::start(clock::now(), store.clone(), config.security.clone()).await?;
        let (units_sender, units) = watch::channel(tree);
        let app = Arc::new(App {
            config,
            store: store.clone(),
            accounts: if place.parent.is_some() { Keeper::Above } else { Keeper::Here },
            identity,
            hub: hub.clone(),
            settling: tokio::sync::Mutex::new(()),
            units,
            metrics,
            bus: bus.clone(),
            placed: match &placed {
                Some((nodes, own)) => Placed { tree: nodes.tree.clone(), own: own.name.clone() },
                None => Placed::alone(NodeName::parse(ALONE)?),
            },
            neighbours: Arc::clone(&neighbours),
            media: Some(Arc::clone(&media)),
            readiness: Readiness::default(),
            certificate: tls.origin,
        });
        let listeners = listen::start(&app, &tls).await?;
        let driver = tokio::spawn(driver.run());
        let ways = Ways { bus, store, hub: hub.clone(), neighbours, posted };
        let tree = Tree::start(&place, ways).await.context("cannot listen to the other nodes")?;
        app.rights().settle().await.context("cannot take over changed rights")?;
        let first = first_administrator(&app).await?;
        banner::print(&app, &listeners, &tls, first.as_ref())?;
        app.readiness.is_ready();
        let nodes = placed.map(|(nodes, _)| nodes).filter(|_| place.parent.is_none());
        let look = tokio::spawn(look(Arc::clone(&app), hub, units_sender, nodes));
        Ok(Self { app, listeners, driver, look, media, _tree: tree, _lock: lock })
    }

    /// Waits for something that a node cannot go on without.
    async fn failure(&mut self) -> anyhow::Error {
        let failure = tokio::select! {
            ended = &mut self.driver => match ended {
                Ok(Err(error)) => error.into(),
                Ok(Ok(())) => anyhow!("the meetings' task ended"),
                Err(error) => anyhow!("the meetings' task failed: {error}"),
            },
            ended = &mut self.look => ended.unwrap_or_else(|error| anyhow!("looking after the node failed: {error}")),
            error = self.listeners.failure() => error,
        };
        // What is in memory may be ahead of the store; nobody is to be told of it.
        self.app.readiness.is_not(Unready::StoreFailed);
        tracing::error!(error = format!("{failure:#}"), "the node cannot go on");
        failure
    }

    async fn stop(self) {
        tracing::info!("stopping");
        self.app.readiness.is_not(Unready::Stopping);
        self.look.abort();
        if !self.driver.is_finished() && self.app.hub.send(Request::Stop).await.is_ok() {
            match tokio::time::timeout(DRAIN, self.driver).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => tracing::error!(%error, "the meetings' task ended badly"),
                Ok(Err(error)) => tracing::error!(%error, "the meetings' task failed"),
                Err(_) => tracing::error!("the meetings' task did not end in time"),
            }
        }
        self.app.hear_farewell().await;
        self.listeners.stop(DRAIN).await;
        self.app.store.close().await;
        drop(self.media);
        tracing::info!("stopped");
    }
}

impl App {
    /// Waits until every client has been told that the node stops.
    async fn hear_farewell(&self) {
        let all = async {
            while self.metrics.open_connections() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            let left = self.metrics.open_connections();
            tracing::warn!(left, "some clients did not hear that the node stops");
        }
    }
}

/// The way to other nodes. A server that is away holds up nothing: its state is told and counted.
async fn join_bus(config: &Config) -> Result<Bus, BusError> {
    let identity = config.bus.identity.clone();
    match &config.bus.nats {
        None => Ok(Bus::in_process(&InProcess::new(), identity)),
        Some(nats) => Bus::nats(nats, identity).await,
    }
}

/// Looks after a running node. Returns when it cannot go on.
async fn look(
    app: Arc<App>,
    hub: HubHandle,
    units: watch::Sender<Arc<UnitTree>>,
    nodes: Option<NodesFile>,
) -> anyhow::Error {
    let mut version = app.store.units_version().await.unwrap_or_default();
    let mut looks = 0_u32;
    let mut meter = LoadMeter::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if !app.media.as_ref().is_none_or(|media| media.metrics().is_whole()) {
            return anyhow!("a media worker has failed");
        }
        if let Some(load) = meter.look()
            && hub.send(Request::Load(load)).await.is_err()
        {
            return anyhow!("the meetings' task is gone");
        }
        match take_units(&app, &hub, &units, &mut version).await {
            Ok(None) => {}
            // Meetings go on: sites whose unit no node names are served by the node at the top.
            Ok(Some(tree)) => {
                if let Some(Err(error)) = nodes.as_ref().map(|nodes| nodes.check_units(&tree)) {
                    tracing::error!(%error, "the imported units do not fit the nodes file; correct one of them");
                }
            }
            // The store has said once that it is away.
            Err(_) if app.store.is_away() => {}
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the imported units are not taken over");
            }
        }
        app.rights().settle_or_log().await;
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(PURGE_EVERY_LOOKS) {
            if let Err(error) = app.store.read_rights(clock::wall().0).await {
                tracing::error!(%error, "cannot say that this node is there");
            }
            match app.identity.purge(clock::now()).await {
                Ok(forgotten) => tracing::debug!(forgotten, "forgot sessions that are over"),
                Err(error) => tracing::error!(%error, "cannot forget sessions"),
            }
        }
    }
}

/// Takes over units that somebody has imported meanwhile, and returns them.
async fn take_units(
    app: &App,
    hub: &HubHandle,
    units: &watch::Sender<Arc<UnitTree>>,
    version: &mut Option<String>,
) -> Result<Option<Arc<UnitTree>>> {
    let latest = app.store.units_version().await?;
    if latest == *version {
        return Ok(None);
    }
    let tree = Arc::new(units::load(&app.store).await?);
    if hub.send(Request::Units(Arc::clone(&tree))).await.is_err() {
        bail!("the meetings' task is gone");
    }
    units.send_replace(Arc::clone(&tree));
    *version = latest;
    tracing::info!("took over imported units");
    Ok(Some(tree))
}

/// At the first start: an administrator of the whole tree, with a password that is shown once.
async fn first_administrator(app: &App) -> Result<Option<IssuedSecret>> {
    if app.accounts == Keeper::Above || !app.store.accounts().await?.is_empty() {
        return Ok(None);
    }
    let tree = Arc::clone(&app.units.borrow());
    let roots = units::roots(&tree, clock::wall());
    let first = roots.first().context("no unit is valid today; import units that are")?;
    let both = [GrantRole::Administrator, GrantRole::Convener];
    let grants: Vec<GrantView> =
        roots.iter().flat_map(|unit| both.map(|role| GrantView { role, unit: unit.clone() })).collect();
    let new = CreateAccount {
        username: FIRST_ADMINISTRATOR.to_owned(),
        name: BoundedText::parse("Quản trị hệ thống")?,
        unit: first.clone(),
        grants,
    };
    match app.identity.create_account(clock::now(), &new).await {
        Ok(issued) => Ok(Some(issued)),
        // Another node of the cluster, started for the first time together with this one, was first.
        Err(Denied::Refused(Refusal::NameTaken)) => Ok(None),
        Err(error) => Err(error).context("cannot make the first administrator"),
    }
}
