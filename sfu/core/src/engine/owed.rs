//! What is to be done next, in order. It is empty most of the time and filled again for every turn, so it keeps its
//! memory: a tree would ask for a node each time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Things to do, the smallest first, so that one seed gives one run. What is said twice is done once.
#[derive(Debug)]
pub(super) struct Owed<T>(BinaryHeap<Reverse<T>>);

impl<T: Ord> Default for Owed<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T: Ord + Copy> Owed<T> {
    /// Adds something.
    pub(super) fn insert(&mut self, thing: T) {
        self.0.push(Reverse(thing));
    }

    /// Adds several things.
    pub(super) fn extend(&mut self, things: impl IntoIterator<Item = T>) {
        self.0.extend(things.into_iter().map(Reverse));
    }

    /// What comes first.
    pub(super) fn first(&self) -> Option<T> {
        self.0.peek().map(|Reverse(thing)| *thing)
    }

    /// Takes what comes first.
    pub(super) fn pop_first(&mut self) -> Option<T> {
        let Reverse(first) = self.0.pop()?;
        while self.first() == Some(first) {
            self.0.pop();
        }
        Some(first)
    }

    /// Takes what comes first if it is one of these.
    pub(super) fn pop_first_if(&mut self, wanted: impl FnOnce(T) -> bool) -> Option<T> {
        if wanted(self.first()?) { self.pop_first() } else { None }
    }

    /// Keeps only these.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(T) -> bool) {
        self.0.retain(|Reverse(thing)| wanted(*thing));
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_smallest_first_and_everything_once() {
        let mut owed = Owed::default();
        for thing in [3, 1, 2, 1, 3, 3] {
            owed.insert(thing);
        }
        assert_eq!(owed.pop_first_if(|thing| thing == 2), None);
        owed.retain(|thing| thing != 2);
        assert_eq!(owed.pop_first_if(|thing| thing == 1), Some(1));
        assert_eq!([owed.first(), owed.pop_first(), owed.pop_first()], [Some(3), Some(3), None]);
        assert!(owed.is_empty());
    }
}
