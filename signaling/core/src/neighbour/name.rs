//! The name of a node.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name of a node, bytes: it stands in tables, subjects and metrics.
const NAME_MAX_BYTES: usize = 32;

/// Why a text is not the name of a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a node's name has 1 to {NAME_MAX_BYTES} small letters a-z, digits and '-'")]
pub struct NodeNameError;

/// The name of a node, unique in its tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(String);

impl NodeName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// [`NodeNameError`] if it is empty, too long or has other characters.
    pub fn parse(text: impl Into<String>) -> Result<Self, NodeNameError> {
        let text = text.into();
        let fits = (1..=NAME_MAX_BYTES).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && plain { Ok(Self(text)) } else { Err(NodeNameError) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NodeName {
    type Error = NodeNameError;
    fn try_from(text: String) -> Result<Self, NodeNameError> {
        Self::parse(text)
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> Self {
        name.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
