//! Logs of a cluster: facts in order, each stored once.

use super::keys::Revision;
use super::subjects::{NameError, Token};
use axum::body::Bytes;
use std::fmt;

/// Which log; a meeting's, for instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogName(Token);

impl LogName {
    /// The log of something with an id.
    pub fn of_id(id: &str) -> Result<Self, NameError> {
        Token::from_id(id).map(Self)
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it stands; revisions of one log grow, with gaps.
    pub revision: Revision,
    /// What it says.
    pub payload: Bytes,
}
