//! Leases: a key of [`Bucket::Leases`] that somebody holds for a while. Which node is a meeting's home is one, that a
//! node is there at all is another.
//!
//! No two clocks are compared. A holder counts from the moment before it sent its last renewal; everybody else counts
//! from the moment they saw it, which is later, and a little longer. Who takes over says which renewal it saw last, and the
//! bus refuses it if there was another. So a holder that stops acting at [`Lease::until`] is never one of two.
//!
//! While the bus is away nobody can renew and nobody can take over; what a holder does then is its own rule.

use super::Bus;
use super::error::BusError;
use super::keys::{Bucket, Entry, Expect, Key, KeyEvent, Revision, Watch};
use super::state::BusState;
use super::subjects::NodeName;
use crate::{clock, entropy};
use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The shortest lease: a renewal each third of it must survive one slow answer.
const TTL_MIN: Duration = Duration::from_millis(500);

/// The longest lease: how long a key of a node that is gone for good can stay.
const TTL_MAX: Duration = Duration::from_secs(3_600);

/// By how much of the time to live others wait longer than the holder counts: clocks of healthy machines run apart by
/// less than a thousandth, virtual ones that are stopped and moved by more.
const GRACE_DIVISOR: u32 = 8;

/// A renewal is due when this part of the time to live has passed, so that two may fail.
const RENEWALS_IN_TTL: u32 = 3;

/// What is written in a lease's key, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseRecord {
    /// Who holds it.
    pub holder: NodeName,
    /// How long a renewal holds, milliseconds.
    pub ttl_ms: u32,
    /// What the holder says of itself.
    #[serde(default)]
    pub data: String,
    /// Tells one taking from another of the same holder.
    claim: String,
}

impl LeaseRecord {
    fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms.into()).clamp(TTL_MIN, TTL_MAX)
    }

    fn bytes(&self) -> Result<Bytes, BusError> {
        let json = serde_json::to_vec(self).map_err(|error| BusError::Failed { what: error.to_string() })?;
        Ok(json.into())
    }

    fn parse(entry: &Entry) -> Option<Self> {
        serde_json::from_slice(&entry.value).ok()
    }
}

/// Why a lease could not be taken or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds it.
    #[error("somebody else holds it")]
    Held,
    /// The bus did not do it.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// A lease this node holds.
#[derive(Debug)]
pub struct Lease {
    key: Key,
    record: LeaseRecord,
    revision: Revision,
    sent: Instant,
}

impl Lease {
    /// Takes a lease that nobody holds ([`Expect::Absent`]) or that has lapsed ([`Expect::Last`] with the revision of
    /// [`LeaseEvent::Lapsed`]).
    ///
    /// After any error but [`LeaseError::Held`] it may be taken nevertheless; then it lapses.
    pub async fn take(
        bus: &Bus,
        key: Key,
        ttl: Duration,
        data: &str,
        seen: Expect,
    ) -> Result<Self, LeaseError> {
        let claim = entropy::bytes::<8>().map_err(|error| BusError::Failed { what: error.to_string() })?;
        let ttl = ttl.clamp(TTL_MIN, TTL_MAX);
        let record = LeaseRecord {
            holder: bus.identity().node.clone(),
            ttl_ms: u32::try_from(ttl.as_millis()).unwrap_or(u32::MAX),
            data: data.to_owned(),
            claim: format!("{:016x}", u64::from_le_bytes(claim)),
        };
        let sent = clock::instant();
        match bus.put(Bucket::Leases, &key, record.bytes()?, seen).await {
            Ok(revision) => Ok(Self { key, record, revision, sent }),
            Err(BusError::Conflict) => Err(LeaseError::Held),
            Err(error) => Err(error.into()),
        }
    }

    /// Holds it for another time to live. [`LeaseError::Held`] means it is lost; after another error it is held until
    /// [`Lease::until`] and may be renewed again.
    pub async fn renew(&mut self, bus: &Bus) -> Result<(), LeaseError> {
        let sent = clock::instant();
        let value = self.record.bytes()?;
        let renewed = bus.put(Bucket::Leases, &self.key, value.clone(), Expect::Last(self.revision)).await;
        self.revision = match renewed {
            Ok(revision) => revision,
            // An earlier renewal may have arrived although its answer did not.
            Err(BusError::Conflict) => {
                let own = self.own_revision(bus).await?;
                match bus.put(Bucket::Leases, &self.key, value, Expect::Last(own)).await {
                    Ok(revision) => revision,
                    Err(BusError::Conflict) => return Err(LeaseError::Held),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        self.sent = sent;
        Ok(())
    }

    /// Says something else of itself, with the next renewal.
    pub fn say(&mut self, data: &str) {
        data.clone_into(&mut self.record.data);
    }

    /// Gives it up at once, so that nobody has to wait for it to lapse.
    pub async fn release(self, bus: &Bus) -> Result<(), LeaseError> {
        match bus.delete(Bucket::Leases, &self.key, Expect::Last(self.revision)).await {
            Ok(_) => Ok(()),
            Err(BusError::Conflict) => {
                let own = self.own_revision(bus).await?;
                bus.delete(Bucket::Leases, &self.key, Expect::Last(own)).await?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn own_revision(&self, bus: &Bus) -> Result<Revision, LeaseError> {
        let entry = bus.get(Bucket::Leases, &self.key).await?;
        let own = entry.filter(|entry| {
            LeaseRecord::parse(entry).is_some_and(|record| record.claim == self.record.claim)
        });
        own.map(|entry| entry.revision).ok_or(LeaseError::Held)
    }

    /// Which lease.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Until when this node holds it. From then on somebody else may.
    pub fn until(&self) -> Instant {
        self.sent + self.record.ttl()
    }

    /// When it should be renewed.
    pub fn renew_at(&self) -> Instant {
        self.sent + self.record.ttl() / RENEWALS_IN_TTL
    }
}

/// What changes among leases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseEvent {
    /// Somebody holds it, or says something else of itself. Renewals are not told.
    Held {
        /// Which.
        key: Key,
        /// Who, and what it says.
        record: LeaseRecord,
    },
    /// It was given up.
    Freed {
        /// Which.
        key: Key,
    },
    /// It was not renewed in time; it can be taken.
    Lapsed {
        /// Which.
        key: Key,
        /// Who held it.
        record: LeaseRecord,
        /// What [`Lease::take`] needs.
        revision: Revision,
    },
    /// All leases have been told; changes follow.
    Loaded,
}

#[derive(Debug)]
struct Seen {
    record: LeaseRecord,
    revision: Revision,
    lapses: Instant,
    lapsed: bool,
    /// Not seen since the bus came back.
    stale: bool,
}

/// Whether a table knows what it does not hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// The bucket is being read, or the bus is away: a lease of which nothing is heard may have been renewed.
    Blind,
    /// Every renewal is heard.
    Clear,
}

/// Who holds what, as far as one watcher has seen. Sans-IO: it is handed events and time.
#[derive(Debug)]
pub struct LeaseTable {
    seen: BTreeMap<Key, Seen>,
    sight: Sight,
}

impl Default for LeaseTable {
    fn default() -> Self {
        Self { seen: BTreeMap::new(), sight: Sight::Blind }
    }
}

impl LeaseTable {
    /// Takes what a watch of [`Bucket::Leases`] saw.
    pub fn on_event(&mut self, now: Instant, event: KeyEvent, out: &mut VecDeque<LeaseEvent>) {
        match event {
            KeyEvent::Put { key, entry } => self.on_put(now, key, &entry, out),
            KeyEvent::Deleted { key, .. } => {
                if self.seen.remove(&key).is_some() {
                    out.push_back(LeaseEvent::Freed { key });
                }
            }
            KeyEvent::Restarted => {
                self.sight = Sight::Blind;
                self.seen.values_mut().for_each(|seen| seen.stale = true);
            }
            KeyEvent::Loaded => {
                let gone: Vec<Key> =
                    self.seen.iter().filter(|(_, seen)| seen.stale).map(|(key, _)| key.clone()).collect();
                for key in gone {
                    self.seen.remove(&key);
                    out.push_back(LeaseEvent::Freed { key });
                }
                self.sight = Sight::Clear;
                out.push_back(LeaseEvent::Loaded);
            }
        }
    }

    fn on_put(&mut self, now: Instant, key: Key, entry: &Entry, out: &mut VecDeque<LeaseEvent>) {
        let Some(record) = LeaseRecord::parse(entry) else {
            tracing::warn!(%key, "a lease is written in a form that this version does not know; is a node of another version running?");
            return;
        };
        let ttl = record.ttl();
        let lapses = now + ttl + ttl / GRACE_DIVISOR;
        let known = self.seen.get(&key).is_some_and(|seen| seen.record == record && !seen.lapsed);
        let seen =
            Seen { record: record.clone(), revision: entry.revision, lapses, lapsed: false, stale: false };
        self.seen.insert(key.clone(), seen);
        if !known {
            out.push_back(LeaseEvent::Held { key, record });
        }
    }

    /// The bus is away: silence means nothing until it is back.
    pub fn on_away(&mut self) {
        self.sight = Sight::Blind;
    }

    /// Tells what has lapsed by now.
    pub fn on_timeout(&mut self, now: Instant, out: &mut VecDeque<LeaseEvent>) {
        if self.sight == Sight::Blind {
            return;
        }
        for (key, seen) in self.seen.iter_mut().filter(|(_, seen)| !seen.lapsed && seen.lapses <= now) {
            seen.lapsed = true;
            let (record, revision) = (seen.record.clone(), seen.revision);
            out.push_back(LeaseEvent::Lapsed { key: key.clone(), record, revision });
        }
    }

    /// When [`LeaseTable::on_timeout`] has something to tell.
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.sight == Sight::Blind {
            return None;
        }
        self.seen.values().filter(|seen| !seen.lapsed).map(|seen| seen.lapses).min()
    }

    /// Who holds a lease that has not lapsed.
    pub fn holder(&self, key: &Key) -> Option<&LeaseRecord> {
        self.seen.get(key).filter(|seen| !seen.lapsed).map(|seen| &seen.record)
    }
}

/// Follows all leases of the cluster.
pub struct LeaseDesk {
    watch: Watch,
    state: watch::Receiver<BusState>,
    table: LeaseTable,
    told: VecDeque<LeaseEvent>,
}

impl LeaseDesk {
    /// Starts following.
    pub async fn open(bus: &Bus) -> Result<Self, BusError> {
        let watch = bus.watch(Bucket::Leases).await?;
        Ok(Self { watch, state: bus.state(), table: LeaseTable::default(), told: VecDeque::new() })
    }

    /// The next change. It may be dropped while it waits, as in `select!`; nothing is lost.
    ///
    /// # Errors
    /// When the watch has ended: the server forbids it.
    pub async fn next(&mut self) -> Result<LeaseEvent, BusError> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Ok(event);
            }
            let timeout = self.table.next_timeout();
            tokio::select! {
                event = self.watch.next() => {
                    self.table.on_event(clock::instant(), event?, &mut self.told);
                }
                changed = self.state.changed() => {
                    if changed.is_err() || self.state.borrow_and_update().away().is_some() {
                        self.table.on_away();
                    }
                    if changed.is_err() {
                        return Err(BusError::Failed { what: "it was closed".to_owned() });
                    }
                }
                () = until(timeout) => self.table.on_timeout(clock::instant(), &mut self.told),
            }
        }
    }

    /// Who holds what, as far as it has been seen.
    pub const fn table(&self) -> &LeaseTable {
        &self.table
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
