//! What an island wrote down, in chapters: one that was told to the home may be in the home's log already, so it is not
//! written on, and what happens when the line is cut once more goes under a name of its own.

use crate::FactRecord;

/// What happened beyond the last fact of the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::hub) struct Island {
    before: Vec<Chapter>,
    last: Chapter,
}

/// A part that is taken in once, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::hub) struct Chapter {
    /// Its name.
    pub(super) name: u64,
    /// Facts, numbered on from those before.
    pub(super) records: Vec<FactRecord>,
}

impl Island {
    /// One in which nothing happened.
    pub(super) fn new(name: u64) -> Self {
        Self { before: Vec::new(), last: Chapter { name, records: Vec::new() } }
    }

    /// The name of what is being written.
    pub(super) fn name(&self) -> u64 {
        self.last.name
    }

    /// What was written so far is not written on.
    pub(super) fn turn_page(&mut self, name: u64) {
        let next = Chapter { name, records: Vec::new() };
        let last = std::mem::replace(&mut self.last, next);
        if !last.records.is_empty() {
            self.before.push(last);
        }
    }

    /// Something happened.
    pub(super) fn write(&mut self, records: &[FactRecord]) {
        self.last.records.extend(records.iter().cloned());
    }

    /// What there is to tell: chapters in which something happened, or one in which nothing did.
    pub(super) fn chapters(&self) -> impl Iterator<Item = &Chapter> {
        let last = Some(&self.last).filter(|last| self.before.is_empty() || !last.records.is_empty());
        self.before.iter().chain(last)
    }

    /// The name of the last one that is told: with it all is taken in.
    pub(super) fn told_last(&self) -> u64 {
        self.chapters().last().map_or(self.last.name, |chapter| chapter.name)
    }

    /// All that happened.
    pub(super) fn records(&self) -> impl Iterator<Item = &FactRecord> {
        self.chapters().flat_map(|chapter| &chapter.records)
    }
}
