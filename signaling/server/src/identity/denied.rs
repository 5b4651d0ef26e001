//! Why somebody was not let in.

use super::password::{HashError, Weakness};
use crate::store::StoreError;
use signaling_protocol::Refusal;
use std::time::Duration;

/// Why somebody was not let in or something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Refused, with what a technician is told.
    #[error("{0}")]
    Refused(Refusal),
    /// The new password is too weak.
    #[error("{0}")]
    Weak(#[from] Weakness),
    /// Refused for now.
    #[error("{refusal}, wait {wait:?}")]
    Wait {
        /// Why.
        refusal: Refusal,
        /// For how long.
        wait: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no randomness or hashing failed.
    #[error("{0}")]
    Failed(&'static str),
}

impl From<HashError> for Denied {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Wait { refusal: Refusal::RateLimited, wait: Duration::from_secs(2) },
            HashError::Failed => Self::Failed("hashing a password failed"),
        }
    }
}

impl From<getrandom::Error> for Denied {
    fn from(_: getrandom::Error) -> Self {
        Self::Failed("the system gave no randomness")
    }
}
