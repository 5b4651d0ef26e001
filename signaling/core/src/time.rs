//! The two times: one to wait by, one to write down.

use std::time::Instant;

/// The two times a shell hands in together: one to wait by, one to write down.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic; deadlines are kept in it.
    pub instant: Instant,
    /// Wall time; facts carry it.
    pub wall: UtcMillis,
}

/// Wall time of a fact: milliseconds since 1970 UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct UtcMillis(pub i64);
