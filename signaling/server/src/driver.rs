//! The one task that owns the hub: wait → input → drain → store → carry out.
//!
//! Whatever the hub asked for in one round is carried out only after the round's facts are durable, in one
//! transaction. While the database is away this task waits with them, and the hub's time stands still; media goes on in
//! the SFU. If they cannot be stored at all, nobody is told of them and the process ends: what it holds in memory is
//! ahead of what it could restore.

mod durable;
mod handle;
mod outbox;

pub use handle::{CallError, HubCounts, HubHandle, Request};
pub use outbox::{End, Frames, Outbox, OutboxSender, outbox};

use crate::media::Media;
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::store::{Apart, Store, StoreError};
use axum::extract::ws::Utf8Bytes;
use outbox::Sent;
use sfu_control::SfuEvent;
use signaling_core::{Answer, CallId, ConnectionId, FactRecord, Hub, Input, Output};
use signaling_protocol::{MeetingId, Refusal, ServerFrame, ServerMessage};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Requests waiting for the hub. When it is full, WebSockets are not read and HTTP calls wait: the pressure goes
/// back to the clients.
const REQUEST_QUEUE: usize = 4_096;

/// Inputs handled before their facts are stored together. One commit costs milliseconds on a disk; an input
/// costs microseconds.
const ROUND_MAX: usize = 256;

const _: () = assert!(ROUND_MAX < REQUEST_QUEUE);

/// Why the driver ended.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Facts could not be stored.
    #[error("facts could not be stored: {0}")]
    Store(#[from] StoreError),
    /// The database was away for too long.
    #[error(
        "facts could not be stored: the database was away for {} s, which is store.give_up_after_seconds; nothing that \
         was confirmed is lost; look after the database and start the node again", .0.as_secs()
    )]
    GaveUp(Duration),
}

/// The task's state.
pub struct Driver {
    hub: Hub,
    store: Store,
    media: Arc<Media>,
    metrics: Arc<Metrics>,
    neighbours: Arc<Neighbours>,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Receiver<SfuEvent>,
    connections: HashMap<ConnectionId, OutboxSender>,
    calls: HashMap<CallId, oneshot::Sender<Result<Answer, Refusal>>>,
    next_call: u32,
    deadline: Option<Instant>,
    /// How long the hub's time has stood still.
    stood_still: Duration,
    /// Inputs that carrying out made: connections that were too slow, commands the SFU could not take.
    follow_ups: VecDeque<Input>,
    stopping: bool,
}

/// What one round asked for.
#[derive(Default)]
struct Round {
    records: Vec<FactRecord>,
    /// Facts of islands.
    apart: Vec<Apart>,
    /// Meetings whose island is taken in.
    forgotten: Vec<MeetingId>,
    outputs: Vec<Output>,
}

impl Driver {
    /// A driver for a hub that has its units and facts, and the handle others reach it by.
    pub fn new(
        hub: Hub,
        store: Store,
        media: Arc<Media>,
        events: mpsc::Receiver<SfuEvent>,
        watched: (Arc<Metrics>, Arc<Neighbours>),
    ) -> (Self, HubHandle) {
        let (metrics, neighbours) = watched;
        let (sender, requests) = mpsc::channel(REQUEST_QUEUE);
        let driver = Self {
            hub,
            store,
            media,
            metrics,
            neighbours,
            requests,
            events,
            connections: HashMap::new(),
            calls: HashMap::new(),
            next_call: 0,
            deadline: None,
            stood_still: Duration::ZERO,
            follow_ups: VecDeque::new(),
            stopping: false,
        };
        (driver, HubHandle::new(sender))
    }

    /// Runs until it is told to stop or the store fails.
    pub async fn run(mut self) -> Result<(), DriverError> {
        // What restoring asked for: rooms to open, seats to mark as lost.
        let mut round = Round::default();
        self.drain(&mut round);
        self.finish(round).await?;
        while !self.stopping {
            let mut round = Round::default();
            match self.wait().await {
                Some(input) => self.feed(input, &mut round),
                None => self.drain(&mut round),
            }
            for _ in 1..ROUND_MAX {
                let Some(input) = self.ready() else { break };
                self.feed(input, &mut round);
            }
            self.finish(round).await?;
        }
        Ok(())
    }

    /// Waits for something to do. `None` if it needed no input.
    async fn wait(&mut self) -> Option<Input> {
        if let Some(input) = self.follow_ups.pop_front() {
            return Some(input);
        }
        let deadline =
            self.deadline.map(|deadline| tokio::time::Instant::from_std(deadline + self.stood_still));
        let timeout = async move {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            request = self.requests.recv() => match request {
                Some(request) => self.accept(request),
                // Every handle is gone, so nobody is left to serve.
                None => Some(self.stop()),
            },
            Some(event) = self.events.recv() => Some(Input::Sfu(event)),
            () = timeout => Some(Input::Timeout),
        }
    }

    /// What is there without waiting.
    fn ready(&mut self) -> Option<Input> {
        if self.stopping {
            return None;
        }
        if let Some(input) = self.follow_ups.pop_front() {
            return Some(input);
        }
        if let Ok(event) = self.events.try_recv() {
            return Some(Input::Sfu(event));
        }
        let request = self.requests.try_recv().ok()?;
        self.accept(request)
    }

    /// Turns a request into the hub's input and remembers whom to answer.
    fn accept(&mut self, request: Request) -> Option<Input> {
        match request {
            Request::Call { by, what, reply } => {
                let call = self.expect(reply);
                Some(Input::Call { call, by, what })
            }
            Request::Offer { bearer, offer, reply } => {
                let call = self.expect(reply);
                Some(Input::Offer { call, bearer, offer })
            }
            Request::OfferAgain { bearer, offer, reply } => {
                let call = self.expect(reply);
                Some(Input::OfferAgain { call, bearer, offer })
            }
            Request::Hangup { bearer, reply } => {
                let call = self.expect(reply);
                Some(Input::Hangup { call, bearer })
            }
            Request::Recheck { changed, reply } => {
                let call = self.expect(reply);
                Some(Input::Recheck { call, changed })
            }
            Request::Opened { connection, outbox } => {
                self.connections.insert(connection, outbox);
                Some(Input::Opened { connection })
            }
            Request::Frame { connection, text } => Some(Input::Frame { connection, text }),
            Request::Closed { connection } => {
                // A connection the hub has closed is already forgotten here; the hub knows.
                self.connections.remove(&connection).map(|_| Input::Closed { connection })
            }
            Request::Node { from, envelope } => Some(Input::Node { from, envelope: *envelope }),
            Request::Units(units) => Some(Input::ReplaceUnits { units }),
            Request::Probe(reply) => {
                // Whoever asked may have gone; then nobody needs the answer.
                let _ = reply.send(());
                None
            }
            Request::Counts(reply) => {
                // As above.
                let _ = reply.send(self.hub.counters());
                None
            }
            Request::Nodes(reply) => {
                // As above.
                let _ = reply.send((self.hub.statuses(), self.hub.figures()));
                None
            }
            Request::Load(load) => Some(Input::Load { load }),
            Request::Stop => Some(self.stop()),
        }
    }

    fn expect(&mut self, reply: oneshot::Sender<Result<Answer, Refusal>>) -> CallId {
        let call = CallId(self.next_call);
        self.next_call = self.next_call.wrapping_add(1);
        self.calls.insert(call, reply);
        call
    }

    fn stop(&mut self) -> Input {
        self.stopping = true;
        Input::Stop
    }

    fn feed(&mut self, input: Input, round: &mut Round) {
        let now = self.hub_now();
        self.hub.handle_input(now, input);
        self.drain(round);
    }

    fn drain(&mut self, round: &mut Round) {
        loop {
            match self.hub.poll_output() {
                Output::Store(records) => round.records.extend(records),
                Output::StoreApart { island, records } => round.apart.push((island, records)),
                Output::ForgetApart { meeting } => round.forgotten.push(meeting),
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                output @ (Output::Send { .. }
                | Output::Broadcast { .. }
                | Output::Close { .. }
                | Output::Answer { .. }
                | Output::Sfu(_)
                | Output::Node { .. }
                | Output::Neighbour { .. }) => {
                    round.outputs.push(output);
                }
            }
        }
    }

    /// Stores what must be stored, then carries out the rest in order.
    async fn finish(&mut self, round: Round) -> Result<(), DriverError> {
        if !round.records.is_empty() {
            self.make_durable(&round.records).await?;
        }
        for (island, records) in &round.apart {
            self.store.append_apart(*island, records).await?;
        }
        for meeting in &round.forgotten {
            self.store.forget_apart(meeting).await?;
        }
        for output in round.outputs {
            self.carry_out(output);
        }
        Ok(())
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Send { connection, message } => self.send(&[connection], message),
            Output::Broadcast { connections, message } => self.send(&connections, message),
            Output::Close { connection } => {
                if let Some(outbox) = self.connections.remove(&connection) {
                    outbox.finish();
                }
            }
            Output::Answer { call, result } => {
                if let Some(reply) = self.calls.remove(&call) {
                    // The HTTP client may have gone; what was done stays done.
                    let _ = reply.send(result);
                }
            }
            Output::Sfu(command) => {
                if let Some(event) = self.media.send(command) {
                    self.follow_ups.push_back(Input::Sfu(event));
                }
            }
            Output::Node { to, envelope } => self.neighbours.post(to, envelope),
            Output::Neighbour { node, news } => Neighbours::on_news(&node, news),
            // These are taken out while draining.
            Output::Store(_)
            | Output::StoreApart { .. }
            | Output::ForgetApart { .. }
            | Output::Timeout(_) => {}
        }
    }

    /// Writes a message once, however many it goes to.
    fn send(&mut self, connections: &[ConnectionId], message: ServerMessage) {
        let frame = ServerFrame { message };
        let Ok(text) = serde_json::to_string(&frame) else {
            tracing::error!("a server message has no JSON form");
            return;
        };
        let text = Utf8Bytes::from(text);
        for connection in connections {
            self.queue(*connection, text.clone(), &frame.message);
        }
    }

    fn queue(&mut self, connection: ConnectionId, text: Utf8Bytes, message: &ServerMessage) {
        let Some(outbox) = self.connections.get(&connection) else { return };
        if let ServerMessage::Bye(bye) = message {
            self.metrics.on_bye(bye.reason);
        }
        match outbox.send(text) {
            Sent::Queued => self.metrics.frames_out.add(1),
            Sent::Full => {
                tracing::warn!(
                    connection = connection.0,
                    "a client reads too slowly and is told to come back"
                );
                self.metrics.overruns.add(1);
                if let Some(outbox) = self.connections.remove(&connection) {
                    outbox.overrun();
                }
                self.follow_ups.push_back(Input::Closed { connection });
            }
        }
    }
}
