//! What a process costs, as the kernel tells it.

use std::{fs, path::Path};

/// Processor time of a process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cpu {
    /// It ran, nanoseconds. On loopback this includes the delivery of what it sent.
    pub(super) ran: u64,
    /// It could have run and something else did, nanoseconds.
    pub(super) waited: u64,
}

impl Cpu {
    /// Of all living threads of a process.
    pub(super) fn of(pid: u32) -> Self {
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Self::default() };
        let each = threads.flatten().filter_map(|thread| Self::of_thread(&thread.path()));
        each.fold(Self::default(), |sum, one| Self {
            ran: sum.ran + one.ran,
            waited: sum.waited + one.waited,
        })
    }

    /// Since an earlier reading.
    pub(super) fn since(self, before: Self) -> Self {
        Self { ran: self.ran.saturating_sub(before.ran), waited: self.waited.saturating_sub(before.waited) }
    }

    fn of_thread(folder: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(folder.join("schedstat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse);
        Some(Self { ran: numbers.next()?.ok()?, waited: numbers.next()?.ok()? })
    }
}

/// Resident memory of a process, KiB.
pub(super) fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lives_costs_something() {
        assert_eq!(Cpu::parse("12 34 5\n"), Some(Cpu { ran: 12, waited: 34 }));
        assert_eq!(Cpu::parse(""), None);
        assert!(Cpu::of(std::process::id()).ran > 0);
        assert!(resident_kib(std::process::id()) > 0);
        assert_eq!(resident_kib(u32::MAX), 0);
    }
}
