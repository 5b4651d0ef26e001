//! A running node as its owner sees it: commands in, events out, figures, stop.

use crate::{
    clock,
    config::{Listen, ListenAddress, NodeConfig, NodeError},
    directory::Directory,
    metrics::{Board, NodeMetrics},
    socket::MediaSocket,
    waker::Waker,
    worker::{Link, Worker},
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
    /// Opens the sockets and starts the workers. `on_event` is called on their threads, in order for each room; it
    /// must not block, since media waits for it.
    ///
    /// # Errors
    /// [`NodeError`] says what is missing; nothing is left running then.
    pub fn start<F>(config: &NodeConfig, on_event: F) -> Result<Self, NodeError>
    where
        F: Fn(SfuEvent) + Send + Clone + 'static,
    {
        let listen = config.listen_addresses()?;
        let directory = Arc::new(Directory::new(config.workers));
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
        for sockets in sockets {
            let worker = node.start_worker(config, sockets, on_event.clone())?;
            node.workers.push(worker);
        }
        Ok(node)
    }

    /// Hands a command to the worker it concerns. Never blocks.
    ///
    /// # Errors
    /// [`SendError`]; the command had no effect then.
    pub fn send(&self, command: SfuCommand) -> Result<(), SendError> {
        let Some(worker) = self.workers.get(self.directory.worker_for(&command)) else {
            return Err(SendError::Gone);
        };
        let trace = self.directory.admit(&command);
        let refusal = match worker.commands.try_send(command) {
            Ok(()) => {
                self.directory.on_queued(trace);
                worker.link.waker.wake();
                return Ok(());
            }
            Err(TrySendError::Full(_)) => {
                self.refused_full.fetch_add(1, Ordering::Relaxed);
                SendError::Full
            }
            Err(TrySendError::Disconnected(_)) => {
                self.refused_gone.fetch_add(1, Ordering::Relaxed);
                SendError::Gone
            }
        };
        self.directory.on_refused(trace);
        Err(refusal)
    }

    /// A copy of all figures.
    pub fn metrics(&self) -> NodeMetrics {
        NodeMetrics {
            workers: self.workers.iter().map(|worker| worker.link.board.latest()).collect(),
            peers: self.directory.peers(),
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
        sockets: Vec<MediaSocket>,
        on_event: F,
    ) -> Result<WorkerHandle, NodeError>
    where
        F: Fn(SfuEvent) + Send + Clone + 'static,
    {
        let worker = self.workers.len();
        let waker = Waker::new().map_err(NodeError::Thread)?;
        let link =
            Arc::new(Link { worker, waker, stopping: AtomicBool::new(false), board: Board::default() });
        let (commands, received) = sync_channel(COMMAND_QUEUE);
        let engine_config = EngineConfig {
            local_addresses: sockets.iter().map(MediaSocket::announced).collect(),
            max_peers: config.max_peers_per_worker(),
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(NodeError::Randomness)?;
        let body = Worker {
            engine: Engine::new(engine_config, seed, clock::now())?,
            sockets,
            commands: received,
            link: Arc::clone(&link),
            directory: Arc::clone(&self.directory),
            on_event,
        };
        let thread = thread::Builder::new().name(format!("sfu-{worker}")).spawn(move || body.run());
        Ok(WorkerHandle { commands, link, thread: Some(thread.map_err(NodeError::Thread)?) })
    }
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
