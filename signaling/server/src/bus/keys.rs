//! Buckets of keys with revisions: what the nodes of a cluster must agree on.
//!
//! A bucket keeps the last value of each key. A revision grows with every change in its bucket, so a writer that says
//! which revision it has seen overwrites nothing it has not. A watch may skip values that were replaced meanwhile, never
//! the last one.

use super::error::BusError;
use super::in_process::LocalWatch;
use super::subjects::{NameError, Token};
use axum::body::Bytes;
use std::fmt;
use tokio::sync::mpsc;

/// Most levels of a key.
const KEY_LEVELS_MAX: usize = 3;

/// The buckets of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// Which nodes there are, where and how loaded.
    Directory,
    /// Which node a meeting's parts are at.
    Placement,
    /// What somebody holds for a while: see [`super::LeaseDesk`].
    Leases,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Directory, Self::Placement, Self::Leases];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Placement => "placement",
            Self::Leases => "leases",
        }
    }
}

/// A key: one to three names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// A key of one name.
    pub fn new(name: &Token) -> Self {
        Self(name.as_str().to_owned())
    }

    /// A key of two names: what kind of thing, and which.
    pub fn of(kind: super::Topic, name: &Token) -> Self {
        Self(format!("{}.{name}", kind.as_str()))
    }

    /// Checks and wraps a key.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut levels = 0;
        for level in text.split('.') {
            Token::parse(level)?;
            levels += 1;
        }
        // Too many levels are told as one name that is too long.
        if levels > KEY_LEVELS_MAX {
            Token::parse(text).map(|name| Self::new(&name))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which change of a bucket or log. It grows; nobody computes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub(super) u64);

impl Revision {
    /// Before all others.
    pub const NONE: Self = Self(0);
}

/// What a writer has seen of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It does not matter.
    Anything,
    /// The key is not there.
    Absent,
    /// The key was last changed by this.
    Last(Revision),
}

/// A key's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The change that made it.
    pub revision: Revision,
    /// The value.
    pub value: Bytes,
}

/// What a watch sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    /// A key has this value.
    Put {
        /// Which.
        key: Key,
        /// Its value.
        entry: Entry,
    },
    /// A key is gone.
    Deleted {
        /// Which.
        key: Key,
        /// The change that removed it.
        revision: Revision,
    },
    /// All that the bucket held when the watch began has been seen; changes follow.
    Loaded,
    /// The bus was away and is back: forget all keys. What the bucket holds and [`KeyEvent::Loaded`] follow.
    Restarted,
}

/// Follows a bucket. Dropping it ends the watch.
pub struct Watch(pub(super) WatchKind);

pub(super) enum WatchKind {
    InProcess(LocalWatch),
    Nats(mpsc::Receiver<Result<KeyEvent, BusError>>),
}

impl Watch {
    /// The next event. While the bus is away it waits.
    ///
    /// # Errors
    /// When the watch has ended: the server forbids it.
    pub async fn next(&mut self) -> Result<KeyEvent, BusError> {
        match &mut self.0 {
            WatchKind::InProcess(watch) => watch.next().await,
            WatchKind::Nats(events) => {
                let gone = || Err(BusError::Failed { what: "it was closed".to_owned() });
                events.recv().await.unwrap_or_else(gone)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_to_three_names() {
        for good in ["a", "meeting.m1", "a.b.c"] {
            assert_eq!(Key::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a.*", "a.>", "a b", "a.b.c.d"] {
            assert!(Key::parse(bad).is_err(), "{bad:?}");
        }
    }
}
