//! What nodes say to each other: messages, questions, shared keys, leases and logs of facts, behind one door.
//!
//! A node alone talks to itself through [`InProcess`]; several nodes use NATS. Both do the same, and one suite of tests
//! runs over both. Control only: no media goes this way, and a meeting of one node never needs it. So whatever happens to
//! the bus, the caller is told at once with a [`BusError`] and goes on alone: nothing here waits for a server that is away.
//!
//! 1. `subjects`    where a message may go; a name from a file or a stranger is checked once, here
//! 2. `message`     what arrives, and how much of it may wait
//! 3. `keys`        buckets of keys with revisions; compare and set; a watch that forgets nothing
//! 4. `lease`       a key somebody holds for a while, built on keys alone, safe without equal clocks
//! 5. `log`         facts in order, each stored once
//! 6. `state`       whether the bus is there, and what to do if not
//! 7. `in_process`  all of it in memory
//! 8. `nats`        all of it over NATS servers
//! 9. `permissions` what the servers let each node do
//!
//! Messages may be lost, never doubled and never out of order from one sender; keys and logs are kept. Whoever needs an
//! answer asks a question.

mod counters;
mod error;
mod in_process;
mod keys;
mod lease;
mod log;
mod message;
mod nats;
mod permissions;
mod state;
mod subjects;

pub use counters::BusCounters;
pub use error::BusError;
pub use in_process::InProcess;
pub use keys::{Bucket, Entry, Expect, Key, KeyEvent, Revision, Watch};
pub use lease::{Lease, LeaseDesk, LeaseError, LeaseEvent, LeaseRecord, LeaseTable};
pub use log::{LogEntry, LogName};
pub use message::{Message, ReplyTo, Subscription};
pub use nats::{Credentials, CredentialsError, NatsOptions, NatsStorage, ServerAddress};
pub use permissions::BusUser;
pub use state::{AwayCause, BusState};
pub use subjects::{ClusterName, NameError, NodeName, Pattern, Scope, Subject, Token, Topic};

use axum::body::Bytes;
use in_process::Local;
use nats::Remote;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The largest payload, bytes. NATS takes 1 MiB by default; a quarter of it leaves room for headers, and one message
/// never holds up a thin line for long: 256 KiB are two seconds at 1 Mbit/s. What is larger is sent in parts by who
/// has it.
pub const PAYLOAD_MAX_BYTES: usize = 256 * 1024;

/// Questions of one node that wait for an answer. One more is refused as [`BusError::Busy`].
pub const QUESTIONS_MAX: usize = 1_024;

/// Subscriptions of one node. One more is refused as [`BusError::Busy`].
pub const SUBSCRIPTIONS_MAX: usize = 4_096;

/// Who a node is on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its own name, unique in the whole tree.
    pub node: NodeName,
    /// The cluster whose keys and logs it shares; a node alone is a cluster of one.
    pub cluster: ClusterName,
}

/// A node's door to the bus. Clones are the same door.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    counters: Arc<BusCounters>,
    questions: tokio::sync::Semaphore,
    talk: Talk,
    kept: Kept,
}

/// By what messages go.
enum Talk {
    InProcess(Arc<Local>),
    Nats(Remote),
}

/// Where keys and logs are.
enum Kept {
    InProcess(Arc<Local>),
    JetStream(Box<nats::Storage>),
}

impl Bus {
    /// A door for a node that shares `medium` with nobody outside this process.
    pub fn in_process(medium: &InProcess, identity: Identity) -> Self {
        let counters = Arc::new(BusCounters::default());
        let local = Arc::new(Local::new(medium.clone(), identity.clone(), Arc::clone(&counters)));
        Self::new(identity, counters, Talk::InProcess(Arc::clone(&local)), Kept::InProcess(local))
    }

    /// A door to NATS servers. It begins to connect and does not wait for it; see [`Bus::state`].
    ///
    /// # Errors
    /// If the options themselves cannot be used; never because no server answers.
    pub async fn nats(options: &NatsOptions, identity: Identity) -> Result<Self, BusError> {
        let counters = Arc::new(BusCounters::default());
        let remote = Remote::open(options, &identity, Arc::clone(&counters)).await?;
        let kept = match options.storage {
            NatsStorage::Shared { replicas } => {
                Kept::JetStream(Box::new(remote.storage(identity.cluster.clone(), replicas)))
            }
            NatsStorage::Own => {
                let local = Local::new(InProcess::new(), identity.clone(), Arc::clone(&counters));
                Kept::InProcess(Arc::new(local))
            }
        };
        Ok(Self::new(identity, counters, Talk::Nats(remote), kept))
    }

    fn new(identity: Identity, counters: Arc<BusCounters>, talk: Talk, kept: Kept) -> Self {
        let questions = tokio::sync::Semaphore::new(QUESTIONS_MAX);
        Self { inner: Arc::new(Inner { identity, counters, questions, talk, kept }) }
    }

    /// Sends a message to whoever subscribes. It returns at once; delivery is not promised.
    pub fn publish(&self, subject: &Subject, payload: Bytes) -> Result<(), BusError> {
        let size = payload.len();
        let sent = sized(&payload).and_then(|()| match &self.inner.talk {
            Talk::InProcess(local) => local.publish(subject, &payload),
            Talk::Nats(remote) => remote.publish(subject, payload),
        });
        if sent.is_ok() {
            self.inner.counters.on_published(size);
        }
        self.counted(sent)
    }

    /// Receives what is sent to a pattern from now on; it is in force when this returns.
    pub async fn subscribe(&self, pattern: &Pattern) -> Result<Subscription, BusError> {
        let made = match &self.inner.talk {
            Talk::InProcess(local) => local.subscribe(pattern),
            Talk::Nats(remote) => remote.subscribe(pattern).await,
        };
        self.counted(made)
    }

    /// Asks whoever subscribes and waits for the first answer.
    pub async fn request(
        &self,
        subject: &Subject,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, BusError> {
        self.inner.counters.requests.add(1);
        let answered = async {
            sized(&payload)?;
            let _place = self.inner.questions.try_acquire().map_err(|_| BusError::Busy)?;
            match &self.inner.talk {
                Talk::InProcess(local) => local.request(subject, payload, timeout).await,
                Talk::Nats(remote) => remote.request(subject, payload, timeout).await,
            }
        };
        self.counted(answered.await)
    }

    /// Answers a question. It returns at once; who asked may have gone.
    pub fn answer(&self, to: ReplyTo, payload: Bytes) -> Result<(), BusError> {
        let sent = sized(&payload).and_then(|()| match &self.inner.talk {
            Talk::InProcess(local) => local.answer(to, payload),
            Talk::Nats(remote) => remote.answer(to, payload),
        });
        self.counted(sent)
    }

    /// Reads a key of this node's cluster.
    pub async fn get(&self, bucket: Bucket, key: &Key) -> Result<Option<Entry>, BusError> {
        let read = match &self.inner.kept {
            Kept::InProcess(local) => local.get(bucket, key),
            Kept::JetStream(storage) => storage.get(bucket, key).await,
        };
        self.counted(read)
    }

    /// Writes a key if it is as expected, and returns its new revision; [`BusError::Conflict`] if it is not.
    pub async fn put(
        &self,
        bucket: Bucket,
        key: &Key,
        value: Bytes,
        expect: Expect,
    ) -> Result<Revision, BusError> {
        let written = match sized(&value) {
            Err(error) => Err(error),
            Ok(()) => match &self.inner.kept {
                Kept::InProcess(local) => local.put(bucket, key, Some(value), expect),
                Kept::JetStream(storage) => storage.put(bucket, key, Some(value), expect).await,
            },
        };
        self.counted(written)
    }

    /// Removes a key if it is as expected; [`BusError::Conflict`] if it is not.
    pub async fn delete(&self, bucket: Bucket, key: &Key, expect: Expect) -> Result<Revision, BusError> {
        let removed = match &self.inner.kept {
            Kept::InProcess(local) => local.put(bucket, key, None, expect),
            Kept::JetStream(storage) => storage.put(bucket, key, None, expect).await,
        };
        self.counted(removed)
    }

    /// Follows a bucket: all it holds, [`KeyEvent::Loaded`], then every change.
    pub async fn watch(&self, bucket: Bucket) -> Result<Watch, BusError> {
        let watch = match &self.inner.kept {
            Kept::InProcess(local) => local.watch(bucket),
            Kept::JetStream(storage) => storage.watch(bucket).await,
        };
        self.counted(watch)
    }

    /// Adds to a log of this node's cluster. With `after`, only if that is the log's last entry ([`Revision::NONE`] for
    /// an empty log), else [`BusError::Conflict`]. An `id` that was added within the last two minutes is not added again;
    /// its entry's revision is returned.
    pub async fn append(
        &self,
        log: &LogName,
        id: &Token,
        payload: Bytes,
        after: Option<Revision>,
    ) -> Result<Revision, BusError> {
        let added = match sized(&payload) {
            Err(error) => Err(error),
            Ok(()) => match &self.inner.kept {
                Kept::InProcess(local) => local.append(log, id, payload, after),
                Kept::JetStream(storage) => storage.append(log, id, payload, after).await,
            },
        };
        self.counted(added)
    }

    /// Reads up to `most` entries of a log that come after one.
    pub async fn read(&self, log: &LogName, after: Revision, most: usize) -> Result<Vec<LogEntry>, BusError> {
        let read = match &self.inner.kept {
            Kept::InProcess(local) => local.read(log, after, most),
            Kept::JetStream(storage) => storage.read(log, after, most).await,
        };
        self.counted(read)
    }

    /// Whether the bus is there, now and whenever it changes.
    pub fn state(&self) -> watch::Receiver<BusState> {
        match &self.inner.talk {
            Talk::InProcess(local) => local.state(),
            Talk::Nats(remote) => remote.state(),
        }
    }

    /// Who this node is.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// What this door has counted.
    pub fn counters(&self) -> &BusCounters {
        &self.inner.counters
    }

    fn counted<T>(&self, result: Result<T, BusError>) -> Result<T, BusError> {
        result.inspect_err(|error| self.inner.counters.on_failure(error))
    }
}

fn sized(payload: &Bytes) -> Result<(), BusError> {
    let bytes = payload.len();
    if bytes > PAYLOAD_MAX_BYTES { Err(BusError::TooLarge { bytes }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
