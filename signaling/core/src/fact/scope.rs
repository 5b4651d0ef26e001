//! Of which sitting of a meeting a fact is.
//!
//! Facts of two sittings **commute**: folded in any order that keeps each sitting's own, they give the same state. So
//! what two nodes wrote down apart from each other is put together by concatenation.

use serde::{Deserialize, Serialize};
use signaling_protocol::UnitCode;

/// A sitting of a meeting. On the wire and in the log it is the branch's unit code, and nothing for the plenary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Option<UnitCode>", into = "Option<UnitCode>")]
pub enum Scope {
    /// Of those who sit together with the chair of the meeting.
    #[default]
    Plenary,
    /// Of a branch that sits apart, named by its unit.
    Branch(UnitCode),
}

impl Scope {
    /// Whether it is the plenary.
    pub fn is_plenary(&self) -> bool {
        *self == Self::Plenary
    }

    /// Facts of this sitting.
    pub(crate) fn of<T>(&self, facts: impl IntoIterator<Item = T>) -> Vec<(Self, T)> {
        facts.into_iter().map(|fact| (self.clone(), fact)).collect()
    }
}

impl From<Option<UnitCode>> for Scope {
    fn from(branch: Option<UnitCode>) -> Self {
        branch.map_or(Self::Plenary, Self::Branch)
    }
}

impl From<Scope> for Option<UnitCode> {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Plenary => None,
            Scope::Branch(unit) => Some(unit),
        }
    }
}
