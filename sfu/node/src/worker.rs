//! One worker: a thread with its own sockets and its own engine. A round is: take the batch that has arrived, let the
//! engine say all it has to, send that in batches, sleep until something arrives, a command comes or the engine's
//! deadline is due. Nothing waits for a batch to fill.

use crate::{
    clock,
    crossing::Crossroads,
    directory::Directory,
    link::Link,
    metrics::{Board, WorkerMetrics, WorkerState},
    socket::{BATCH_MESSAGES, Burst, Incoming, MediaSocket, ReceiveBatch, Received},
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sfu_control::{DisconnectReason, SfuCommand, SfuEvent};
use sfu_core::{Arena, Datagram, Engine, Input, Output, Transmit};
use std::{
    any::Any,
    io, iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering, mpsc::Receiver},
    time::{Duration, Instant},
};

/// Commands carried out before the sockets have their turn. An offer costs about a millisecond.
const COMMAND_BATCH: usize = 16;
/// Looks at one socket in a round at most: a picture sent back to back is there after two or three.
const RECEIVES_MAX: usize = 8;
/// Parcels of other workers taken in before the sockets have their turn: as many as a batch of datagrams may be.
const PARCEL_BATCH: usize = 256;
/// Longest sleep; an engine without peers has no deadline of its own to speak of.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Everything a worker owns.
pub(crate) struct Worker<F> {
    /// Its media engine.
    pub(crate) engine: Engine,
    /// Its sockets.
    pub(crate) sockets: Vec<MediaSocket>,
    /// The ways to the other workers.
    pub(crate) crossroads: Crossroads,
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
        let gone = directory.evict_worker(link.worker);
        let reason = DisconnectReason::Failed;
        gone.peers.into_iter().for_each(|peer| on_event(SfuEvent::Disconnected { peer, reason }));
        gone.links.into_iter().for_each(|link| on_event(SfuEvent::LinkDown { link, reason }));
    }

    fn work(self) -> io::Result<()> {
        let Self { engine, sockets, crossroads, commands, link, directory, on_event } = self;
        let waker = link.waker.descriptor();
        let descriptors = iter::once(waker).chain(sockets.iter().map(MediaSocket::descriptor));
        let mut polled: Vec<_> = descriptors.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        let mut rounds = Rounds {
            engine,
            arena: Arena::default(),
            transmits: Vec::with_capacity(BATCH_MESSAGES),
            batch: ReceiveBatch::new(),
            arrivals: Vec::new(),
            sockets: &sockets,
            crossroads,
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
                if rounds.command(&commands) == COMMAND_BATCH || rounds.cross() == PARCEL_BATCH {
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
    /// The bytes of `transmits`.
    arena: Arena,
    /// What the engine has given and has not been sent.
    transmits: Vec<Transmit>,
    batch: ReceiveBatch,
    /// When the datagrams of this round came.
    arrivals: Vec<Instant>,
    sockets: &'a [MediaSocket],
    crossroads: Crossroads,
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

    /// Takes in what other workers told; tells how much.
    fn cross(&mut self) -> usize {
        let mut done = 0;
        while done < PARCEL_BATCH
            && let Some((came, parcel)) = self.crossroads.take()
        {
            self.arrivals.push(came);
            self.engine.handle_input(clock::now(), Input::Crossed(&parcel));
            done += 1;
        }
        done
    }

    /// Hands over what has arrived at one socket, and looks again for the rest of a picture: of packets that were sent
    /// back to back the first wakes us, and the others are there before it is opened. They then leave together, and one
    /// look at an empty socket is cheaper than a second message to each receiver. Behind the end of a picture, a voice or
    /// a report there is nothing to look for. It ends after a full batch or so many looks, so that the others, the
    /// commands and the timers have their turn; the next round follows at once.
    fn receive(&mut self, socket: &MediaSocket) {
        for _ in 0..RECEIVES_MAX {
            if !self.receive_batch(socket) || !self.engine.is_amid_picture() {
                return;
            }
        }
    }

    /// One batch. Gives whether there may be more.
    fn receive_batch(&mut self, socket: &MediaSocket) -> bool {
        let messages = match self.batch.receive(socket) {
            Received::Messages(messages) => messages,
            Received::Empty => return false,
            Received::Failed => {
                self.figures.sockets.receive_errors += 1;
                return false;
            }
        };
        self.figures.sockets.received_messages += messages;
        for Incoming { source, arrived, contents } in self.batch.datagrams() {
            self.figures.sockets.received_datagrams += 1;
            self.figures.sockets.received_bytes += contents.len() as u64;
            self.arrivals.push(arrived);
            let datagram = Datagram { source, destination: socket.announced(), contents };
            // The arrival time of each datagram matters to bandwidth estimation, so each has its own.
            self.engine.handle_input(arrived, Input::Datagram(datagram));
        }
        messages < BATCH_MESSAGES as u64
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
        let sent_before = self.figures.sockets.sent_messages;
        let deadline = loop {
            match self.engine.poll_output(&mut self.arena) {
                Output::Transmit(transmit) => {
                    // What crossed comes before what is sent here: the other worker goes on at the same time.
                    self.crossroads.wake();
                    self.transmits.push(transmit);
                }
                Output::Cross(crossing) => {
                    let came = self.arrivals.first().copied();
                    self.figures.crossings_dropped += self.crossroads.carry(came, &crossing, &self.arena);
                }
                Output::Flush => self.flush(),
                Output::Event(event) => {
                    self.directory.on_event(&event);
                    (self.on_event)(event);
                }
                Output::Timeout(deadline) => break deadline,
            }
        };
        self.crossroads.wake();
        self.flush();
        if self.figures.sockets.sent_messages > sent_before {
            let now = clock::now();
            for arrived in &self.arrivals {
                self.figures.forwarding.record(now.saturating_duration_since(*arrived));
            }
        }
        self.arrivals.clear();
        deadline
    }

    /// Sends what the engine has given so far, each socket's part at once.
    fn flush(&mut self) {
        let (arena, counters) = (&self.arena, &mut self.figures.sockets);
        let mut homeless = self.transmits.len() as u64;
        for socket in self.sockets {
            let ours = self.transmits.iter().filter(|transmit| transmit.source == socket.announced());
            let bursts = ours.inspect(|_| homeless -= 1).map(|transmit| Burst {
                destination: transmit.destination,
                contents: arena.contents(transmit),
                segment: transmit.segment,
            });
            socket.send(bursts, counters);
        }
        // The engine sends from the addresses it was given, so there are none.
        counters.send_errors += homeless;
        self.transmits.clear();
        self.arena.clear();
    }

    fn publish(&mut self, board: &Board) {
        self.figures.rounds += 1;
        self.figures.engine = *self.engine.counters();
        board.publish(&self.figures);
    }
}

/// Sleeps until a descriptor is readable or the deadline is due. At once, without looking again for a while first: at
/// 10,000 datagrams a second of 40 µs each, 50 µs of looking took 5 µs off the median wait of 73 and a fifth of a
/// processor more; at 3,000 it took nothing off, for twice the processor time.
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

/// What a panic said.
fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a text".to_owned())
}
