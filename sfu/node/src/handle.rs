//! A running node as its owner sees it: commands in, events out, figures, stop.

use crate::{
    clock,
    config::{Listen, ListenAddress, NodeConfig, NodeError},
    crossing::Crossroads,
    directory::{Addressee, Directory},
    link::Link,
    metrics::{Board, NodeMetrics},
    socket::MediaSocket,
    waker::Waker,
    worker::Worker,
};
use sfu_control::{SfuCommand, SfuEvent};
use sfu_core::{Engine, EngineConfig};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

/// Commands waiting for one worker. A hall of 300 sites that all come back at once asks for 300 connections with
/// some ten commands each. When it is full the sender is told; it may try again later.
const COMMAND_QUEUE: usize = 4_096;

/// Why a command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The worker has more commands waiting than it can keep.
    #[error("the media worker is overloaded")]
    Full,
    /// The node was stopped or the worker failed; its peers were or will be reported as disconnected.
    #[error("the media worker is gone")]
    Gone,
}

/// A running node. Dropping it stops it.
#[derive(Debug)]
pub struct Node {
    workers: Vec<WorkerHandle>,
    directory: Arc<Directory>,
    addresses: Vec<SocketAddr>,
    refused_full: AtomicU64,
    refused_gone: AtomicU64,
}

#[derive(Debug)]
struct WorkerHandle {
    commands: SyncSender<SfuCommand>,
    link: Arc<Link>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Opens the sockets and starts the workers. `on_event` is called on their threads, in order for each peer; it
    /// must not block, since media waits for it.
    ///
    /// # Errors
    /// [`NodeError`] says what is missing; nothing is left running then.
    pub fn start<F>(config: &NodeConfig, on_event: F) -> Result<Self, NodeError>
    where
        F: Fn(SfuEvent) + Send + Clone + 'static,
    {
        let listen = config.listen_addresses()?;
        let directory = Arc::new(Directory::new(config.workers, config.max_peers_per_worker()));
        // All sockets first: a taken port is found before any thread runs.
        let sockets = config
            .ports()?
            .into_iter()
            .map(|port| open_sockets(config, &listen, port))
            .collect::<Result<Vec<_>, _>>()?;
        let mut node = Self {
            workers: Vec::with_capacity(sockets.len()),
            directory,
            addresses: sockets.iter().flatten().map(MediaSocket::announced).collect(),
            refused_full: AtomicU64::new(0),
            refused_gone: AtomicU64::new(0),
        };
        let links = (0..sockets.len()).map(new_link).collect::<Result<Vec<_>, _>>()?;
        for ((sockets, crossroads), link) in sockets.into_iter().zip(Crossroads::between(&links)).zip(links) {
            let worker = node.start_worker(config, (sockets, crossroads, link), on_event.clone())?;
            node.workers.push(worker);
        }
        Ok(node)
    }

    /// Hands a command to the worker it concerns, or to all of them if it is about a room. Never blocks.
    ///
    /// # Errors
    /// [`SendError`]; the command had no effect then, or, if it is about a room, not on every worker. To send it again does
    /// no harm.
    pub fn send(&self, command: SfuCommand) -> Result<(), SendError> {
        let (trace, queued) = match self.directory.addressee(&command) {
            Addressee::Worker(number) => {
                let trace = self.directory.admit(&command, number);
                (
                    trace,
                    self.workers.get(number).ok_or(SendError::Gone).and_then(|worker| worker.queue(command)),
                )
            }
            Addressee::All => (self.directory.admit(&command, 0), self.queue_for_all(&command)),
        };
        match queued {
            Ok(()) => self.directory.on_queued(trace),
            Err(refusal) => {
                let count = match refusal {
                    SendError::Full => &self.refused_full,
                    SendError::Gone => &self.refused_gone,
                };
                count.fetch_add(1, Ordering::Relaxed);
                self.directory.on_refused(trace);
            }
        }
        queued
    }

    /// Every worker that lives is to know of a room; one that failed keeps it from nobody else.
    fn queue_for_all(&self, command: &SfuCommand) -> Result<(), SendError> {
        let queued: Vec<_> = self.workers.iter().map(|worker| worker.queue(command.clone())).collect();
        if queued.contains(&Err(SendError::Full)) {
            return Err(SendError::Full);
        }
        if queued.contains(&Ok(())) { Ok(()) } else { Err(SendError::Gone) }
    }

    /// A copy of all figures.
    pub fn metrics(&self) -> NodeMetrics {
        NodeMetrics {
            workers: self.workers.iter().map(|worker| worker.link.board.latest()).collect(),
            peers: self.directory.peers(),
            links: self.directory.links(),
            commands_refused_full: self.refused_full.load(Ordering::Relaxed),
            commands_refused_gone: self.refused_gone.load(Ordering::Relaxed),
        }
    }

    /// The addresses put into answers, worker by worker.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops the workers and waits for them. Peers are not told: their signaling does that.
    pub fn stop(self) {
        drop(self);
    }

    fn start_worker<F>(
        &self,
        config: &NodeConfig,
        (sockets, crossroads, link): (Vec<MediaSocket>, Crossroads, Arc<Link>),
        on_event: F,
    ) -> Result<WorkerHandle, NodeError>
    where
        F: Fn(SfuEvent) + Send + Clone + 'static,
    {
        let worker = link.worker;
        let (commands, received) = sync_channel(COMMAND_QUEUE);
        let engine_config = EngineConfig {
            local_addresses: sockets.iter().map(MediaSocket::announced).collect(),
            max_peers: config.max_peers_per_worker(),
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(NodeError::Randomness)?;
        let mut engine = Engine::new(engine_config, seed, clock::now())?;
        if let Some((here, count)) = crossroads.seat(worker) {
            engine = engine.among(here, count);
        }
        let body = Worker {
            engine,
            sockets,
            crossroads,
            commands: received,
            link: Arc::clone(&link),
            directory: Arc::clone(&self.directory),
            on_event,
        };
        let thread = thread::Builder::new().name(format!("sfu-{worker}")).spawn(move || body.run());
        Ok(WorkerHandle { commands, link, thread: Some(thread.map_err(NodeError::Thread)?) })
    }
}

impl WorkerHandle {
    /// Puts a command into the worker's queue.
    fn queue(&self, command: SfuCommand) -> Result<(), SendError> {
        match self.commands.try_send(command) {
            Ok(()) => {
                self.link.waker.wake();
                Ok(())
            }
            Err(TrySendError::Full(_)) => Err(SendError::Full),
            Err(TrySendError::Disconnected(_)) => Err(SendError::Gone),
        }
    }
}

/// What a worker and its handle will share.
fn new_link(worker: usize) -> Result<Arc<Link>, NodeError> {
    let waker = Waker::new().map_err(NodeError::Thread)?;
    Ok(Arc::new(Link { worker, waker, stopping: AtomicBool::new(false), board: Board::default() }))
}

impl Drop for Node {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.link.stopping.store(true, Ordering::Release);
            worker.link.waker.wake();
        }
        for thread in self.workers.iter_mut().filter_map(|worker| worker.thread.take()) {
            // A worker that panicked has reported it.
            let _reported = thread.join();
        }
    }
}

/// One socket for each address. An address found automatically that has gone again, or is not yet usable, is left
/// out; one that was asked for by name is an error.
fn open_sockets(
    config: &NodeConfig,
    addresses: &[ListenAddress],
    port: u16,
) -> Result<Vec<MediaSocket>, NodeError> {
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        match (MediaSocket::bind(*address, port, config.offload), &config.listen) {
            (Ok(socket), _) => sockets.push(socket),
            (Err(NodeError::Bind { address, source }), Listen::Automatic)
                if source.kind() == io::ErrorKind::AddrNotAvailable =>
            {
                tracing::warn!(%address, "address is not usable, not listening on it");
            }
            (Err(error), _) => return Err(error),
        }
    }
    if sockets.is_empty() { Err(NodeError::NoAddress) } else { Ok(sockets) }
}
