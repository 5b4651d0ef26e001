//! Watches: a consumer of a bucket's stream, made anew on each connection.

use super::storage::{Storage, bucket_prefix, bucket_tag, is_removed};
use super::{SERVER_TIMEOUT, failed};
use crate::bus::error::BusError;
use crate::bus::keys::{Bucket, Entry, Key, KeyEvent, Revision, Watch, WatchKind};
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use futures_util::StreamExt as _;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that wait in one watch. When it is full the consumer waits, and skips what is replaced meanwhile.
const QUEUE_MAX: usize = 256;

/// The pause before a watch that could not be made is tried again.
const AGAIN: Duration = Duration::from_millis(250);

type Events = mpsc::Sender<Result<KeyEvent, BusError>>;

/// Starts following a bucket.
pub(super) async fn open(storage: Storage, bucket: Bucket) -> Result<Watch, BusError> {
    let connection = *storage.line().connection().borrow();
    let start = consume(&storage, bucket).await?;
    let (events, receiver) = mpsc::channel(QUEUE_MAX);
    tokio::spawn(Follower { storage, bucket, connection, events }.run(start));
    Ok(Watch(WatchKind::Nats(receiver)))
}

/// A consumer and whether there is anything to load.
struct Start {
    messages: Ordered,
    is_empty: bool,
}

async fn consume(storage: &Storage, bucket: Bucket) -> Result<Start, BusError> {
    let tag = bucket_tag(storage.cluster(), bucket);
    storage
        .guard(tag, async {
            let stream = storage.stream(&storage.bucket_config(bucket)).await?;
            let config = OrderedConfig {
                deliver_subject: storage.inbox(),
                filter_subject: format!("{}>", bucket_prefix(storage.cluster(), bucket)),
                deliver_policy: DeliverPolicy::LastPerSubject,
                replay_policy: ReplayPolicy::Instant,
                ..OrderedConfig::default()
            };
            let consumer = stream.create_consumer(config).await.map_err(failed)?;
            let is_empty = consumer.cached_info().num_pending == 0;
            let messages = consumer.messages().await.map_err(failed)?;
            Ok(Start { messages, is_empty })
        })
        .await
}

/// Why following one consumer ended.
enum Stopped {
    /// Another is needed.
    Consumer,
    /// Nobody reads any more.
    Unread,
}

struct Follower {
    storage: Storage,
    bucket: Bucket,
    connection: u64,
    events: Events,
}

impl Follower {
    async fn run(mut self, mut start: Start) {
        loop {
            if let Stopped::Unread = self.follow(start).await {
                return;
            }
            start = match self.again().await {
                Ok(start) => start,
                Err(error) => {
                    // Nobody may be reading.
                    let _ = self.events.send(Err(error)).await;
                    return;
                }
            };
            if self.events.send(Ok(KeyEvent::Restarted)).await.is_err() {
                return;
            }
        }
    }

    /// Tells what a consumer brings until it is of no use.
    async fn follow(&self, start: Start) -> Stopped {
        let Start { mut messages, is_empty } = start;
        let mut connection = self.storage.line().connection();
        let mut loaded = is_empty;
        if is_empty && self.events.send(Ok(KeyEvent::Loaded)).await.is_err() {
            return Stopped::Unread;
        }
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                _ = connection.wait_for(|number| *number != self.connection) => return Stopped::Consumer,
                () = self.events.closed() => return Stopped::Unread,
            };
            // A consumer that missed something is replaced.
            let Some(Ok(message)) = message else { return Stopped::Consumer };
            let Some((event, pending)) = self.read(message) else { continue };
            if self.events.send(Ok(event)).await.is_err() {
                return Stopped::Unread;
            }
            if !loaded && pending == 0 {
                loaded = true;
                if self.events.send(Ok(KeyEvent::Loaded)).await.is_err() {
                    return Stopped::Unread;
                }
            }
        }
    }

    /// An event and how many more are waiting at the server.
    fn read(&self, message: Message) -> Option<(KeyEvent, u64)> {
        let info = message.info().ok()?;
        let (revision, pending) = (Revision(info.stream_sequence), info.pending);
        let prefix = bucket_prefix(self.storage.cluster(), self.bucket);
        let Some(key) = message.subject.strip_prefix(&prefix).and_then(|key| Key::parse(key).ok()) else {
            tracing::warn!(subject = %message.subject, "the bus holds a key that this version does not know");
            return None;
        };
        let removed = message.headers.as_ref().is_some_and(is_removed);
        let event = if removed {
            KeyEvent::Deleted { key, revision }
        } else {
            KeyEvent::Put { key, entry: Entry { revision, value: message.message.payload } }
        };
        Some((event, pending))
    }

    /// Makes another consumer as soon as the bus is there.
    ///
    /// # Errors
    /// If the server forbids it, or nobody reads any more.
    async fn again(&mut self) -> Result<Start, BusError> {
        let gone = || BusError::Failed { what: "it was closed".to_owned() };
        let mut state = self.storage.line().state();
        loop {
            tokio::select! {
                there = state.wait_for(|state| state.away().is_none()) => { there.map_err(|_| gone())?; }
                () = self.events.closed() => return Err(gone()),
            }
            self.connection = *self.storage.line().connection().borrow();
            match consume(&self.storage, self.bucket).await {
                Ok(start) => return Ok(start),
                Err(error @ BusError::Refused { .. }) => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "a watch is tried again");
                    tokio::time::sleep(AGAIN.min(SERVER_TIMEOUT)).await;
                }
            }
        }
    }
}
