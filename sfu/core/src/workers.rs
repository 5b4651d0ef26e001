//! The workers of a node: which of them an engine is, and sets of others.

/// One worker of a node, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerId(u8);

impl WorkerId {
    /// More workers than this share no room: a set of them is one machine word.
    pub const MAX: usize = 64;

    /// A worker by number; none beyond [`Self::MAX`].
    pub fn new(number: usize) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| usize::from(*number) < Self::MAX).map(Self)
    }

    /// Its number.
    pub fn number(self) -> usize {
        self.0.into()
    }
}

/// A set of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workers(u64);

impl Workers {
    /// This one alone.
    pub fn only(worker: WorkerId) -> Self {
        Self(1 << worker.0)
    }

    /// All of a node but one.
    pub(crate) fn others(here: WorkerId, count: usize) -> Self {
        let all = u32::try_from(count)
            .ok()
            .and_then(|count| 1_u64.checked_shl(count))
            .map_or(u64::MAX, |end| end - 1);
        Self(all & !(1 << here.0))
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = WorkerId> {
        (0..64).filter(move |number| self.0 >> number & 1 == 1).map(WorkerId)
    }
}
