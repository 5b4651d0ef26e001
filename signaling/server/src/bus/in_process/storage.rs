//! Keys and logs of an in-process bus.

use crate::bus::error::BusError;
use crate::bus::keys::{Bucket, Entry, Expect, Key, Revision};
use crate::bus::log::{LogEntry, LogName};
use crate::bus::subjects::{ClusterName, Token};
use axum::body::Bytes;
use std::collections::{BTreeMap, VecDeque};

/// Keys in one bucket, removed ones among them until they are older than [`REMOVED_MAX`] others. A further new key is
/// refused as full.
const KEYS_MAX: usize = 65_536;

/// Removed keys that are remembered, so that a slow watch still hears of them.
const REMOVED_MAX: usize = 4_096;

/// Entries of one log; a further one is refused as full. A meeting of a day makes some tens of thousands of facts.
const LOG_MAX: usize = 1_000_000;

/// Ids of one log that are recognised when they come again. A sender repeats within seconds.
const IDS_MAX: usize = 4_096;

/// Everything kept.
#[derive(Default)]
pub(super) struct Storage {
    buckets: BTreeMap<(ClusterName, Bucket), KeptBucket>,
    logs: BTreeMap<ClusterName, KeptLogs>,
}

impl Storage {
    /// A bucket of a cluster.
    pub(super) fn bucket(&mut self, cluster: &ClusterName, bucket: Bucket) -> &mut KeptBucket {
        self.buckets.entry((cluster.clone(), bucket)).or_default()
    }

    /// The logs of a cluster.
    pub(super) fn logs(&mut self, cluster: &ClusterName) -> &mut KeptLogs {
        self.logs.entry(cluster.clone()).or_default()
    }
}

/// One bucket: the last change of each key, in order of change.
#[derive(Default)]
pub(super) struct KeptBucket {
    last: u64,
    keys: BTreeMap<Key, Revision>,
    changes: BTreeMap<Revision, (Key, Option<Bytes>)>,
    removed: VecDeque<Revision>,
}

impl KeptBucket {
    pub(super) const fn last(&self) -> Revision {
        Revision(self.last)
    }

    pub(super) fn entry(&self, key: &Key) -> Option<Entry> {
        let revision = *self.keys.get(key)?;
        let (_, value) = self.changes.get(&revision)?;
        value.clone().map(|value| Entry { revision, value })
    }

    pub(super) fn write(
        &mut self,
        key: &Key,
        value: Option<Bytes>,
        expect: Expect,
    ) -> Result<Revision, BusError> {
        let current = self.entry(key).map(|entry| entry.revision);
        let as_expected = match expect {
            Expect::Anything => true,
            Expect::Absent => current.is_none(),
            Expect::Last(revision) => current == Some(revision),
        };
        if !as_expected {
            return Err(BusError::Conflict);
        }
        if !self.keys.contains_key(key) && self.keys.len() >= KEYS_MAX {
            return Err(BusError::Full { what: "keys".to_owned() });
        }
        self.last += 1;
        let revision = Revision(self.last);
        if let Some(old) = self.keys.insert(key.clone(), revision) {
            self.changes.remove(&old);
        }
        if value.is_none() {
            self.removed.push_back(revision);
        }
        self.changes.insert(revision, (key.clone(), value));
        self.forget_removed();
        Ok(revision)
    }

    fn forget_removed(&mut self) {
        while self.removed.len() > REMOVED_MAX {
            let Some(oldest) = self.removed.pop_front() else { return };
            // One that was written again meanwhile has another revision.
            if let Some((key, None)) = self.changes.remove(&oldest) {
                self.keys.remove(&key);
            }
        }
    }

    /// The first change after a revision that still counts.
    pub(super) fn after(&self, seen: Revision) -> Option<(Key, Revision, Option<Bytes>)> {
        let later = (std::ops::Bound::Excluded(seen), std::ops::Bound::Unbounded);
        let (revision, (key, value)) = self.changes.range(later).next()?;
        Some((key.clone(), *revision, value.clone()))
    }
}

/// All logs of a cluster; their entries share one count.
#[derive(Default)]
pub(super) struct KeptLogs {
    last: u64,
    logs: BTreeMap<LogName, KeptLog>,
}

#[derive(Default)]
struct KeptLog {
    entries: Vec<LogEntry>,
    ids: VecDeque<(Token, Revision)>,
}

impl KeptLogs {
    pub(super) fn append(
        &mut self,
        log: &LogName,
        id: &Token,
        payload: Bytes,
        after: Option<Revision>,
    ) -> Result<Revision, BusError> {
        let kept = self.logs.entry(log.clone()).or_default();
        if let Some((_, revision)) = kept.ids.iter().find(|(known, _)| known == id) {
            return Ok(*revision);
        }
        let last = kept.entries.last().map_or(Revision::NONE, |entry| entry.revision);
        if after.is_some_and(|after| after != last) {
            return Err(BusError::Conflict);
        }
        if kept.entries.len() >= LOG_MAX {
            return Err(BusError::Full { what: format!("log {log}") });
        }
        self.last += 1;
        let revision = Revision(self.last);
        kept.entries.push(LogEntry { revision, payload });
        kept.ids.push_back((id.clone(), revision));
        if kept.ids.len() > IDS_MAX {
            kept.ids.pop_front();
        }
        Ok(revision)
    }

    pub(super) fn read(&self, log: &LogName, after: Revision, most: usize) -> Vec<LogEntry> {
        let Some(kept) = self.logs.get(log) else { return Vec::new() };
        let start = kept.entries.partition_point(|entry| entry.revision <= after);
        kept.entries.iter().skip(start).take(most).cloned().collect()
    }
}
