//! One worker: a thread with its own sockets and its own engine. A round is: take what has arrived, let the engine
//! say what it has to, sleep until something arrives, a command comes or the engine's deadline is due.

use crate::{
    clock,
    directory::Directory,
    metrics::{Board, WorkerMetrics, WorkerState},
    socket::{MediaSocket, RECEIVE_BUFFER_BYTES, Received, Sent},
    waker::Waker,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sfu_control::{DisconnectReason, SfuCommand, SfuEvent};
use sfu_core::{Arena, Datagram, Engine, Input, Output, Transmit};
use std::{
    any::Any,
    io, iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};

/// Datagrams taken from one socket before the others, the commands and the timers have their turn. What is left
/// waits in the kernel's buffer for the next round, which follows at once.
const RECEIVE_BATCH: usize = 64;
/// Commands carried out before the sockets have their turn. An offer costs about a millisecond.
const COMMAND_BATCH: usize = 16;
/// Longest sleep; an engine without peers has no deadline of its own to speak of.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What a worker and its handle share.
#[derive(Debug)]
pub(crate) struct Link {
    /// Its number.
    pub(crate) worker: usize,
    /// Ends its sleep.
    pub(crate) waker: Waker,
    /// Tells it to stop.
    pub(crate) stopping: AtomicBool,
    /// Where it leaves its figures.
    pub(crate) board: Board,
}

/// Everything a worker owns.
pub(crate) struct Worker<F> {
    /// Its media engine.
    pub(crate) engine: Engine,
    /// Its sockets.
    pub(crate) sockets: Vec<MediaSocket>,
    /// What signaling asks.
    pub(crate) commands: Receiver<SfuCommand>,
    /// What it shares with its handle.
    pub(crate) link: Arc<Link>,
    /// Who lives where, told of every event first.
    pub(crate) directory: Arc<Directory>,
    /// Who is told of events.
    pub(crate) on_event: F,
}

impl<F: Fn(SfuEvent) + Clone> Worker<F> {
    /// Works until it is told to stop. A panic is a bug of ours in the engine: it is reported and everybody on this
    /// worker is told, rather than left waiting for packets that never come.
    pub(crate) fn run(self) {
        let link = Arc::clone(&self.link);
        let directory = Arc::clone(&self.directory);
        let on_event = self.on_event.clone();
        // Everything that may be half-changed after a panic is inside and dropped; commands are refused from then on.
        let cause = match catch_unwind(AssertUnwindSafe(move || self.work())) {
            Ok(Ok(())) => return link.board.end(WorkerState::Stopped),
            Ok(Err(error)) => error.to_string(),
            Err(payload) => panic_text(payload.as_ref()),
        };
        link.board.end(WorkerState::Failed);
        tracing::error!(worker = link.worker, cause, "media worker failed; restart the node");
        for peer in directory.evict_worker(link.worker) {
            on_event(SfuEvent::Disconnected { peer, reason: DisconnectReason::Failed });
        }
    }

    fn work(self) -> io::Result<()> {
        let Self { engine, sockets, commands, link, directory, on_event } = self;
        let waker = link.waker.descriptor();
        let descriptors = iter::once(waker).chain(sockets.iter().map(MediaSocket::descriptor));
        let mut polled: Vec<_> = descriptors.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        let mut rounds = Rounds {
            engine,
            arena: Arena::default(),
            sockets: &sockets,
            directory,
            on_event,
            figures: WorkerMetrics::default(),
        };
        loop {
            let deadline = rounds.drain();
            rounds.publish(&link.board);
            sleep(&mut polled, deadline)?;
            if link.stopping.load(Ordering::Acquire) {
                return Ok(());
            }
            let mut ready = polled.iter().map(|fd| !fd.revents().is_empty());
            if ready.next() == Some(true) {
                link.waker.clear();
                if rounds.command(&commands) == COMMAND_BATCH {
                    // There may be more; look again after the sockets had their turn.
                    link.waker.wake();
                }
            }
            for (socket, _) in sockets.iter().zip(ready).filter(|(_, ready)| *ready) {
                rounds.receive(socket);
            }
            rounds.time(deadline);
        }
    }
}

/// A worker's moving parts, apart from what it sleeps on.
struct Rounds<'a, F> {
    engine: Engine,
    arena: Arena,
    sockets: &'a [MediaSocket],
    directory: Arc<Directory>,
    on_event: F,
    figures: WorkerMetrics,
}

impl<F: Fn(SfuEvent)> Rounds<'_, F> {
    /// Carries out waiting commands; tells how many.
    fn command(&mut self, commands: &Receiver<SfuCommand>) -> usize {
        let mut done = 0;
        for command in commands.try_iter().take(COMMAND_BATCH) {
            self.engine.handle_input(clock::now(), Input::Command(command));
            done += 1;
            self.figures.commands += 1;
        }
        done
    }

    /// Hands over what has arrived at one socket.
    fn receive(&mut self, socket: &MediaSocket) {
        let mut buffer = [0; RECEIVE_BUFFER_BYTES];
        for _ in 0..RECEIVE_BATCH {
            let (length, source) = match socket.receive(&mut buffer) {
                Received::Datagram { length, source } => (length, source),
                Received::Empty => return,
                Received::Failed => {
                    self.figures.sockets.receive_errors += 1;
                    return;
                }
            };
            let Some(contents) = buffer.get_mut(..length) else { return };
            self.figures.sockets.received_datagrams += 1;
            self.figures.sockets.received_bytes += length_of(contents);
            let datagram = Datagram { source, destination: socket.announced(), contents };
            // The arrival time of each datagram matters to bandwidth estimation, so each has its own.
            self.engine.handle_input(clock::now(), Input::Datagram(datagram));
        }
    }

    /// Tells the engine the time if its deadline is due.
    fn time(&mut self, deadline: Instant) {
        let now = clock::now();
        if now >= deadline {
            self.engine.handle_input(now, Input::Timeout);
        }
    }

    /// Carries out everything the engine has to say; returns its next deadline.
    fn drain(&mut self) -> Instant {
        loop {
            match self.engine.poll_output(&mut self.arena) {
                Output::Transmit(transmit) => {
                    self.send(&transmit);
                    self.arena.clear();
                }
                Output::Event(event) => {
                    self.directory.on_event(&event);
                    (self.on_event)(event);
                }
                Output::Timeout(deadline) => return deadline,
            }
        }
    }

    /// Sends the datagrams of one transmit.
    fn send(&mut self, transmit: &Transmit) {
        let socket = self.sockets.iter().find(|socket| socket.announced() == transmit.source);
        let counters = &mut self.figures.sockets;
        for contents in self.arena.contents(transmit).chunks(transmit.segment.max(1)) {
            match socket.map_or(Sent::Failed, |socket| socket.send(contents, transmit.destination)) {
                Sent::Accepted => {
                    counters.sent_datagrams += 1;
                    counters.sent_bytes += length_of(contents);
                }
                Sent::Full => counters.send_full_drops += 1,
                Sent::Failed => counters.send_errors += 1,
            }
        }
    }

    fn publish(&mut self, board: &Board) {
        self.figures.rounds += 1;
        self.figures.engine = *self.engine.counters();
        board.publish(&self.figures);
    }
}

/// Sleeps until a descriptor is readable or the deadline is due.
fn sleep(polled: &mut [PollFd<'_>], deadline: Instant) -> io::Result<()> {
    let left = deadline.saturating_duration_since(clock::now()).min(SLEEP_MAX);
    let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
    for fd in polled.iter_mut() {
        fd.clear_revents();
    }
    match poll(polled, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn length_of(contents: &[u8]) -> u64 {
    u64::try_from(contents.len()).unwrap_or(u64::MAX)
}

/// What a panic said.
fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a text".to_owned())
}
