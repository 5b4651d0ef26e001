//! One meeting's log: its facts, numbered and chained; the only history.
//!
//! A record's hash covers the hash before it and everything in the record, so that a log cannot be changed in the
//! middle without all later hashes being wrong.

use super::{Actor, Fact, Scope};
use crate::UtcMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling_protocol::{FactNumber, MeetingId, RequestId};
use std::fmt::Write as _;

/// In which form a record is written. A version is added when an older program could not read what is written, and
/// never taken away: facts are not rewritten.
///
/// - 1 had no version in the record, and none in its hash;
/// - 2 has it in both, and knows seats that lose their right or get another role;
/// - 3 says of which sitting a fact is, in the record and under its hash, and knows branches that sit apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactVersion(pub u32);

impl FactVersion {
    /// Of records without one.
    pub const FIRST: Self = Self(1);
    /// The first whose records say of which sitting they are.
    const SCOPED: Self = Self(3);
    /// What this program writes; it reads all up to it.
    pub const CURRENT: Self = Self(3);

    fn first() -> Self {
        Self::FIRST
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field by reference")]
    fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

/// One line of a meeting's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FactRecord {
    /// In which form it is written; a record of the first version says nothing.
    #[serde(default = "FactVersion::first", skip_serializing_if = "FactVersion::is_first")]
    pub version: FactVersion,
    /// Whose log.
    pub meeting: MeetingId,
    /// Its place in it, from 1.
    pub number: FactNumber,
    /// When.
    pub at: UtcMillis,
    /// By whom.
    pub by: Actor,
    /// The client's request it came from; makes a repeated request harmless even after a restart.
    pub request: Option<RequestId>,
    /// Of which sitting it is; a record of the plenary says nothing.
    #[serde(default, skip_serializing_if = "Scope::is_plenary")]
    pub scope: Scope,
    /// What.
    pub fact: Fact,
    /// SHA-256 over the hash before and all of the above, lower-case hex.
    pub hash: String,
}

/// Why a stored log is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A number is missing or out of order.
    #[error("fact {found} stands where fact {expected} belongs")]
    Number {
        /// What should stand there.
        expected: u32,
        /// What stands there.
        found: u32,
    },
    /// The text was changed after it was written.
    #[error("fact {number} was changed after it was written: its hash does not match")]
    Hash {
        /// Which.
        number: u32,
    },
    /// A log that does not begin with its meeting's making.
    #[error("the log does not begin with the making of its meeting")]
    Beginning,
    /// A record this program cannot read, or an older form after a newer one.
    #[error("fact {number} is written in form {found}, where {least} to {most} can stand")]
    Version {
        /// Which fact.
        number: u32,
        /// Its form.
        found: u32,
        /// The form of the fact before it.
        least: u32,
        /// The newest form this program reads.
        most: u32,
    },
    /// A record that says of which sitting it is, in a form that does not cover that by its hash.
    #[error("fact {number} names a sitting, which its form does not know")]
    Scope {
        /// Which.
        number: u32,
    },
    /// Records of two meetings in one log.
    #[error("fact {number} belongs to another meeting")]
    Meeting {
        /// Which.
        number: u32,
    },
}

impl FactRecord {
    /// The hash this record must have after `before`; empty before the first.
    pub fn expected_hash(&self, before: &str) -> String {
        let body = (&self.meeting, self.number, self.at, &self.by, self.request, &self.fact);
        let body = if self.version == FactVersion::FIRST {
            serde_json::to_vec(&body)
        } else if self.version < FactVersion::SCOPED {
            serde_json::to_vec(&(self.version, body))
        } else {
            serde_json::to_vec(&(self.version, &self.scope, body))
        };
        // These types have no map with non-text keys and no failing serializer, so this cannot fail; an empty
        // body would only make the hash wrong and thereby visible.
        let body = body.unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(before.as_bytes());
        hash.update(body);
        let mut text = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Checks one meeting's log from its first record.
///
/// # Errors
/// [`ChainError`] names the first record that is not as it was written.
pub fn verify_chain(records: &[FactRecord]) -> Result<(), ChainError> {
    let mut before = String::new();
    let mut least = FactVersion::FIRST;
    let Some(first) = records.first() else { return Err(ChainError::Beginning) };
    if !matches!(first.fact, Fact::MeetingCreated(_)) {
        return Err(ChainError::Beginning);
    }
    for (expected, record) in (1u32..).zip(records) {
        let found = record.number.0;
        if found != expected {
            return Err(ChainError::Number { expected, found });
        }
        if record.meeting != first.meeting {
            return Err(ChainError::Meeting { number: found });
        }
        if record.version < least || record.version > FactVersion::CURRENT {
            let (least, most) = (least.0, FactVersion::CURRENT.0);
            return Err(ChainError::Version { number: found, found: record.version.0, least, most });
        }
        least = record.version;
        if record.version < FactVersion::SCOPED && !record.scope.is_plenary() {
            return Err(ChainError::Scope { number: found });
        }
        if record.hash != record.expected_hash(&before) {
            return Err(ChainError::Hash { number: found });
        }
        before.clone_from(&record.hash);
    }
    Ok(())
}
