//! The number that stands for a node's name.

use crate::NodeName;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A node's number, the same on every node and in every version since it comes from the name alone. It is the upper half of
/// ids that must differ between nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct NodeNumber(u32);

impl NodeNumber {
    /// Of a node that is alone: its ids need no upper half.
    pub const ALONE: Self = Self(0);

    /// The number of a name: the first four bytes of its SHA-256. Never that of a node alone.
    pub fn of(name: &NodeName) -> Self {
        let digest = Sha256::digest(name.as_str().as_bytes());
        let first = digest.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
        Self(first.max(1))
    }

    /// The number.
    pub fn value(self) -> u32 {
        self.0
    }
}

impl fmt::Display for NodeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
