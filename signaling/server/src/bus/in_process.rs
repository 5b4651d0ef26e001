//! The bus in memory: for a node alone, and for tests of several nodes in one process.

mod storage;

use super::counters::BusCounters;
use super::error::BusError;
use super::keys::{Bucket, Entry, Expect, Key, KeyEvent, Revision, Watch, WatchKind};
use super::log::{LogEntry, LogName};
use super::message::{Mailbox, Message, ReplyPath, ReplyTo, Subscription};
use super::state::{AwayCause, BusState};
use super::subjects::{Pattern, Subject, Token};
use super::{Identity, SUBSCRIPTIONS_MAX};
use crate::clock;
use axum::body::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storage::Storage;
use tokio::sync::{oneshot, watch};

/// What several doors share: the place of a server.
#[derive(Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
}

struct Shared {
    core: Mutex<Core>,
    state: watch::Sender<BusState>,
    /// Grows with every change of a key and whenever the bus comes back; watches wait for it.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Core {
    subscriptions: Vec<(Pattern, Mailbox)>,
    storage: Storage,
    /// Times the bus has been away.
    outages: u64,
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl InProcess {
    /// An empty bus.
    pub fn new() -> Self {
        let core = Mutex::new(Core::default());
        let (state, _) = watch::channel(BusState::Connected);
        let (changes, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { core, state, changes }) }
    }

    /// Takes the bus away from all its doors, as when a server is gone; for drills and tests.
    pub fn cut(&self) {
        let away = BusState::Away { since: clock::instant(), cause: AwayCause::Lost };
        self.shared.state.send_replace(away);
    }

    /// Brings it back. What was subscribed and kept is still there.
    pub fn mend(&self) {
        self.core().outages += 1;
        self.shared.state.send_replace(BusState::Connected);
        self.shared.changes.send_modify(|number| *number += 1);
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.shared.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self) -> Result<(), BusError> {
        self.shared.state.borrow().away().map_or(Ok(()), |cause| Err(BusError::Away { cause }))
    }
}

/// One node's door.
pub(super) struct Local {
    medium: InProcess,
    identity: Identity,
    counters: Arc<BusCounters>,
}

impl Local {
    pub(super) fn new(medium: InProcess, identity: Identity, counters: Arc<BusCounters>) -> Self {
        Self { medium, identity, counters }
    }

    pub(super) fn publish(&self, subject: &Subject, payload: &Bytes) -> Result<(), BusError> {
        self.medium.present()?;
        self.deliver(subject, payload, None);
        Ok(())
    }

    /// Hands a message to every subscription it matches, and says to how many.
    fn deliver(
        &self,
        subject: &Subject,
        payload: &Bytes,
        waiting: Option<&Arc<Mutex<Option<oneshot::Sender<Bytes>>>>>,
    ) -> usize {
        let mut core = self.medium.core();
        core.subscriptions.retain(|(_, mailbox)| !mailbox.is_closed());
        let matching = core.subscriptions.iter().filter(|(pattern, _)| pattern.matches(subject));
        let mut count = 0;
        for (_, mailbox) in matching {
            let reply = waiting.map(|waiting| ReplyTo(ReplyPath::InProcess(Arc::clone(waiting))));
            mailbox.offer(Message { subject: subject.clone(), payload: payload.clone(), reply });
            count += 1;
        }
        count
    }

    pub(super) fn subscribe(&self, pattern: &Pattern) -> Result<Subscription, BusError> {
        self.medium.present()?;
        let mut core = self.medium.core();
        core.subscriptions.retain(|(_, mailbox)| !mailbox.is_closed());
        if core.subscriptions.len() >= SUBSCRIPTIONS_MAX {
            return Err(BusError::Busy);
        }
        let (mailbox, subscription) = Mailbox::open(Arc::clone(&self.counters));
        core.subscriptions.push((pattern.clone(), mailbox));
        Ok(subscription)
    }

    pub(super) async fn request(
        &self,
        subject: &Subject,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, BusError> {
        self.medium.present()?;
        let mut state = self.medium.shared.state.subscribe();
        let (sender, receiver) = oneshot::channel();
        let waiting = Arc::new(Mutex::new(Some(sender)));
        if self.deliver(subject, &payload, Some(&waiting)) == 0 {
            return Err(BusError::NobodyAnswers { subject: subject.to_string() });
        }
        let away = state.wait_for(|state| state.away().is_some());
        tokio::select! {
            // `waiting` keeps the sender, so an answer that never comes ends by the timeout.
            Ok(answer) = receiver => Ok(answer),
            Ok(state) = away => Err(BusError::Away { cause: state.away().unwrap_or(AwayCause::Lost) }),
            () = tokio::time::sleep(timeout) => Err(BusError::Timeout),
        }
    }

    pub(super) fn answer(&self, to: ReplyTo, payload: Bytes) -> Result<(), BusError> {
        self.medium.present()?;
        to.0.answer_in_process(payload);
        Ok(())
    }

    pub(super) fn get(&self, bucket: Bucket, key: &Key) -> Result<Option<Entry>, BusError> {
        self.medium.present()?;
        Ok(self.medium.core().storage.bucket(&self.identity.cluster, bucket).entry(key))
    }

    /// Writes a value, or removes it if there is none.
    pub(super) fn put(
        &self,
        bucket: Bucket,
        key: &Key,
        value: Option<Bytes>,
        expect: Expect,
    ) -> Result<Revision, BusError> {
        self.medium.present()?;
        let written =
            self.medium.core().storage.bucket(&self.identity.cluster, bucket).write(key, value, expect)?;
        self.medium.shared.changes.send_modify(|number| *number += 1);
        Ok(written)
    }

    pub(super) fn watch(&self, bucket: Bucket) -> Result<Watch, BusError> {
        self.medium.present()?;
        let changes = self.medium.shared.changes.subscribe();
        let mut core = self.medium.core();
        let outages = core.outages;
        let load_to = core.storage.bucket(&self.identity.cluster, bucket).last();
        drop(core);
        let (medium, identity) = (self.medium.clone(), self.identity.clone());
        let progress = Progress::Loading { load_to };
        let seen = Revision::NONE;
        let watch = LocalWatch { medium, identity, bucket, changes, seen, progress, outages };
        Ok(Watch(WatchKind::InProcess(watch)))
    }

    pub(super) fn append(
        &self,
        log: &LogName,
        id: &Token,
        payload: Bytes,
        after: Option<Revision>,
    ) -> Result<Revision, BusError> {
        self.medium.present()?;
        self.medium.core().storage.logs(&self.identity.cluster).append(log, id, payload, after)
    }

    pub(super) fn read(
        &self,
        log: &LogName,
        after: Revision,
        most: usize,
    ) -> Result<Vec<LogEntry>, BusError> {
        self.medium.present()?;
        Ok(self.medium.core().storage.logs(&self.identity.cluster).read(log, after, most))
    }

    pub(super) fn state(&self) -> watch::Receiver<BusState> {
        self.medium.shared.state.subscribe()
    }
}

/// How far a watch is.
enum Progress {
    /// Telling what the bucket held when the watch began.
    Loading { load_to: Revision },
    /// Telling changes.
    Following,
}

/// A watch: a place in the bucket's order of changes, not a queue, so it can neither fill nor lose anything.
pub(super) struct LocalWatch {
    medium: InProcess,
    identity: Identity,
    bucket: Bucket,
    changes: watch::Receiver<u64>,
    seen: Revision,
    progress: Progress,
    outages: u64,
}

impl LocalWatch {
    pub(super) async fn next(&mut self) -> Result<KeyEvent, BusError> {
        loop {
            self.changes.borrow_and_update();
            if let Some(event) = self.now() {
                return Ok(event);
            }
            if self.changes.changed().await.is_err() {
                return Err(BusError::Failed { what: "it was closed".to_owned() });
            }
        }
    }

    /// What can be told without waiting.
    fn now(&mut self) -> Option<KeyEvent> {
        self.medium.present().ok()?;
        let mut core = self.medium.core();
        let outages = core.outages;
        let bucket = core.storage.bucket(&self.identity.cluster, self.bucket);
        if self.outages != outages {
            self.outages = outages;
            self.seen = Revision::NONE;
            self.progress = Progress::Loading { load_to: bucket.last() };
            return Some(KeyEvent::Restarted);
        }
        let next = bucket.after(self.seen);
        match (&self.progress, next) {
            (Progress::Loading { load_to }, None) => {
                self.seen = self.seen.max(*load_to);
                self.progress = Progress::Following;
                Some(KeyEvent::Loaded)
            }
            (Progress::Loading { load_to }, Some((_, revision, _))) if revision > *load_to => {
                self.progress = Progress::Following;
                Some(KeyEvent::Loaded)
            }
            (_, None) => None,
            (_, Some((key, revision, value))) => {
                self.seen = revision;
                Some(match value {
                    Some(value) => KeyEvent::Put { key, entry: Entry { revision, value } },
                    None => KeyEvent::Deleted { key, revision },
                })
            }
        }
    }
}
