//! A line that is narrow, lossy and uneven: a queue that drops at its tail, then loss, then jitter. Microseconds
//! throughout, so that a simulated minute takes milliseconds.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, VecDeque};

/// How packets are delayed beyond the queue, in milliseconds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jitter {
    /// They overtake each other.
    Free(u32),
    /// They never do, as on a radio link that repeats what it lost: one that is late holds up those behind it.
    InOrder(u32),
}

/// How packets are lost beyond the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Each for itself, in thousandths.
    Independent(u32),
    /// In bursts of ten on average (Gilbert's model), in thousandths of all.
    Bursts(u32),
}

/// What a line is like; may change while it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) capacity_bps: i64,
    /// What the queue holds at most.
    pub(super) queue_bytes: i64,
    /// One way, in milliseconds.
    pub(super) delay_ms: i64,
    pub(super) jitter: Jitter,
    pub(super) loss: Loss,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            capacity_bps: 4_000_000,
            queue_bytes: 40_000,
            delay_ms: 25,
            jitter: Jitter::Free(0),
            loss: Loss::Independent(0),
        }
    }
}

/// A packet on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet {
    pub(super) flow: usize,
    pub(super) number: u64,
    pub(super) bytes: i64,
    pub(super) voice: bool,
    pub(super) sent: i64,
}

/// The line.
pub(super) struct Line {
    pub(super) shape: Shape,
    queue: VecDeque<Packet>,
    queued: i64,
    /// When what left the queue last had left it wholly.
    free: i64,
    losing: bool,
    latest: i64,
    under_way: BTreeMap<(i64, u64), Packet>,
    count: u64,
    rng: ChaCha20Rng,
}

impl Line {
    pub(super) fn new(shape: Shape, seed: u8) -> Self {
        Self {
            shape,
            queue: VecDeque::new(),
            queued: 0,
            free: 0,
            losing: false,
            latest: 0,
            under_way: BTreeMap::new(),
            count: 0,
            rng: ChaCha20Rng::from_seed([seed; 32]),
        }
    }

    /// A packet enters, or is dropped when the queue is full.
    pub(super) fn send(&mut self, packet: Packet) {
        if self.queued + packet.bytes <= self.shape.queue_bytes {
            self.queued += packet.bytes;
            self.queue.push_back(packet);
        }
    }

    /// Lets time pass until a moment and gives what arrived, with when it did.
    pub(super) fn run(&mut self, until: i64) -> Vec<(i64, Packet)> {
        while let Some(packet) = self.queue.front().copied() {
            let left = self.free.max(packet.sent) + packet.bytes * 8_000_000 / self.shape.capacity_bps;
            if left > until {
                break;
            }
            self.free = left;
            self.queue.pop_front();
            self.queued -= packet.bytes;
            if !self.loses() {
                let arrival = self.arrival(left);
                self.count += 1;
                self.under_way.insert((arrival, self.count), packet);
            }
        }
        let mut arrived = Vec::new();
        while let Some(entry) = self.under_way.first_entry().filter(|entry| entry.key().0 <= until) {
            arrived.push((entry.key().0, entry.remove()));
        }
        arrived
    }

    /// How long a packet that enters now stands in the queue, in milliseconds.
    pub(super) fn queue_ms(&self) -> i64 {
        self.queued * 8_000 / self.shape.capacity_bps
    }

    fn arrival(&mut self, left: i64) -> i64 {
        let jitter = match self.shape.jitter {
            Jitter::Free(ms) | Jitter::InOrder(ms) => i64::from(self.rng.random_range(0..=ms * 1_000)),
        };
        let arrival = left + self.shape.delay_ms * 1_000 + jitter;
        match self.shape.jitter {
            Jitter::Free(_) => arrival,
            Jitter::InOrder(_) => {
                self.latest = self.latest.max(arrival);
                self.latest
            }
        }
    }

    fn loses(&mut self) -> bool {
        match self.shape.loss {
            Loss::Independent(permille) => self.rng.random_range(0..1_000) < permille,
            Loss::Bursts(permille) => {
                // Left with a tenth, entered as often as keeps the average.
                let turn = if self.losing { 100 } else { 100 * permille / (1_000 - permille) };
                self.losing ^= self.rng.random_range(0..1_000) < turn;
                self.losing
            }
        }
    }
}
