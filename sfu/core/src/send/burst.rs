//! Gathers what leaves for one destination into runs of equal datagrams, which a kernel that can cuts apart itself.

use crate::datagram::{Arena, Transmit};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// Datagrams in one run. A run leaves the machine back to back at line rate; longer ones overflow the small buffers of
/// switches on the way (measured elsewhere: 90 times the loss for a whole frame at once).
const RUN_MAX: usize = 5;

/// A way between one of our addresses and one of a client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    /// Ours.
    pub(crate) local: SocketAddr,
    /// The client's.
    pub(crate) remote: SocketAddr,
}

/// Runs that are ready to be told of.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    ready: VecDeque<Transmit>,
}

impl Bursts {
    /// Takes in the datagram that was written behind `start` of the arena.
    pub(crate) fn push(&mut self, path: Path, start: usize, arena: &Arena) {
        let length = arena.len().saturating_sub(start);
        if let Some(run) = self.ready.back_mut()
            && (run.source, run.destination) == (path.local, path.remote)
            && run.start + run.length == start
            && run.length.is_multiple_of(run.segment)
            && run.length < run.segment * RUN_MAX
            && length <= run.segment
            && length > 0
        {
            run.length += length;
            return;
        }
        self.ready.push_back(Transmit {
            source: path.local,
            destination: path.remote,
            start,
            length,
            segment: length,
        });
    }

    /// The next run.
    pub(crate) fn pop(&mut self) -> Option<Transmit> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(datagrams: &[(u16, usize)]) -> Vec<(u16, usize, usize)> {
        let (mut arena, mut bursts) = (Arena::default(), Bursts::default());
        for (port, length) in datagrams {
            let start = arena.len();
            arena.bytes_mut().resize(start + length, 0);
            let path = Path {
                local: SocketAddr::from(([192, 0, 2, 1], 1)),
                remote: SocketAddr::from(([192, 0, 2, 2], *port)),
            };
            bursts.push(path, start, &arena);
        }
        let run = |run: Transmit| (run.destination.port(), run.segment, run.datagrams());
        std::iter::from_fn(|| bursts.pop()).map(run).collect()
    }

    #[test]
    fn equal_datagrams_make_a_run_and_a_shorter_one_ends_it() {
        assert_eq!(runs(&[(1, 100), (1, 100), (1, 40), (1, 40)]), [(1, 100, 3), (1, 40, 1)]);
    }

    #[test]
    fn a_longer_datagram_another_destination_and_enough_of_them_begin_a_new_run() {
        assert_eq!(runs(&[(1, 40), (1, 100)]), [(1, 40, 1), (1, 100, 1)]);
        assert_eq!(runs(&[(1, 40), (2, 40), (1, 40)]), [(1, 40, 1), (2, 40, 1), (1, 40, 1)]);
        assert_eq!(runs(&[(1, 40); 7]), [(1, 40, RUN_MAX), (1, 40, 2)]);
    }
}
