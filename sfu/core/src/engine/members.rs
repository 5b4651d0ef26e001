//! All peers of an engine: found by name where signaling speaks, by place where packets pass.

use super::member::Member;
use sfu_control::PeerId;
use std::collections::BTreeMap;

/// A member's place. It is given away again when the member is gone, so routes are compiled anew before packets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MemberIndex(u32);

/// The members. Names are ordered, so that one seed gives one run.
#[derive(Debug, Default)]
pub(crate) struct Members {
    names: BTreeMap<PeerId, MemberIndex>,
    places: Vec<Option<Box<Member>>>,
    free: Vec<MemberIndex>,
}

impl Members {
    /// Adds a member.
    pub(crate) fn insert(&mut self, peer: PeerId, member: Member) -> MemberIndex {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            MemberIndex(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX))
        });
        if let Some(place) = self.places.get_mut(usize_of(index)) {
            *place = Some(Box::new(member));
        }
        self.names.insert(peer, index);
        index
    }

    /// Takes a member out.
    pub(crate) fn remove(&mut self, peer: &PeerId) -> Option<Box<Member>> {
        let index = self.names.remove(peer)?;
        self.free.push(index);
        self.places.get_mut(usize_of(index))?.take()
    }

    /// Their names, in order.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = PeerId> {
        self.names.keys().copied()
    }

    /// Whether somebody has this name.
    pub(crate) fn contains(&self, peer: &PeerId) -> bool {
        self.names.contains_key(peer)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a member is.
    pub(crate) fn index(&self, peer: &PeerId) -> Option<MemberIndex> {
        self.names.get(peer).copied()
    }

    /// A member by name.
    pub(crate) fn get(&self, peer: &PeerId) -> Option<&Member> {
        self.places.get(usize_of(self.index(peer)?))?.as_deref()
    }

    /// A member by name, to change.
    pub(crate) fn get_mut(&mut self, peer: &PeerId) -> Option<&mut Member> {
        let index = self.index(peer)?;
        self.at_mut(index)
    }

    /// A member by place.
    pub(crate) fn at(&self, index: MemberIndex) -> Option<&Member> {
        self.places.get(usize_of(index))?.as_deref()
    }

    /// A member by place, to change.
    pub(crate) fn at_mut(&mut self, index: MemberIndex) -> Option<&mut Member> {
        self.places.get_mut(usize_of(index))?.as_deref_mut()
    }
}

/// A place as an index.
fn usize_of(MemberIndex(index): MemberIndex) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
