//! A hashed timer wheel (Varghese and Lauck 1987, scheme 6) with exact deadlines: a ring of millisecond slots that are
//! cheap to enter, and a heap, the front, that puts the entries of the slots already reached in exact order.
//!
//! Moving and disarming leave entries behind. What counts is the deadline in `armed`; an entry only says when to
//! look at it. A timer that moves to a later time, as nearly all do, keeps its entry and gets a new one when that
//! one comes up; a deadline beyond the ring waits in the ring's last slot and is looked at once per turn.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::iter;
use std::time::{Duration, Instant};

/// Slots of the ring, one millisecond each: four seconds hold every periodic timer of the engine, and a 30 s
/// handshake is looked at eight times. It costs 32 KiB for each worker.
const SLOTS: usize = 4_096;
/// Slots whose occupancy one word tells.
const WORD_BITS: usize = u64::BITS as usize;
/// Words that tell of all slots.
const WORDS: usize = SLOTS / WORD_BITS;
const _: () = assert!(SLOTS.is_power_of_two() && SLOTS > WORD_BITS);

/// Milliseconds since the wheel's first deadline.
type Tick = u64;

/// When a timer is due, and when its one valid entry comes up: never later.
#[derive(Debug, Clone, Copy)]
struct Armed {
    at: Instant,
    queued: Instant,
}

/// Armed timers by key. Arming, moving and disarming cost a hash look-up or two, whatever their number.
#[derive(Debug)]
pub(super) struct Wheel<K> {
    armed: HashMap<K, Armed, BuildHasherDefault<KeyHasher>>,
    /// Tick 0: the first deadline ever armed. Anything earlier counts as tick 0 too.
    epoch: Option<Instant>,
    /// Slots up to this tick are emptied into the front; later ones are in the ring. It may be ahead of the time,
    /// since looking for the next deadline reaches for it.
    reached: Tick,
    /// Entries of the slots reached, earliest first.
    front: BinaryHeap<Reverse<(Instant, K)>>,
    /// The latest entry of tick `t` is that of slot `t % SLOTS`, for the `SLOTS - 1` ticks after `reached`.
    ring: Box<[Option<Link>]>,
    /// One bit for each slot: whether it has entries.
    occupied: [u64; WORDS],
    /// The entries of all slots, each a chain: one memory for all grows to its size once, where a vector for each
    /// slot would grow for hours.
    entries: Vec<Entry<K>>,
    /// The chain of entries that are not used.
    free: Option<Link>,
}

/// Where an entry lies.
type Link = u32;

/// A key in a slot, and what lies behind it there.
#[derive(Debug, Clone, Copy)]
struct Entry<K> {
    key: K,
    next: Option<Link>,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self {
            armed: HashMap::default(),
            epoch: None,
            reached: 0,
            front: BinaryHeap::new(),
            ring: iter::repeat_n(None, SLOTS).collect(),
            occupied: [0; WORDS],
            entries: Vec::new(),
            free: None,
        }
    }
}

impl<K: Copy + Ord + Hash> Wheel<K> {
    /// Arms a timer, or moves it.
    pub(super) fn arm(&mut self, key: K, at: Instant) {
        if let Some(armed) = self.armed.get_mut(&key)
            && armed.queued <= at
        {
            armed.at = at;
            return;
        }
        let queued = self.enqueue(key, at);
        self.armed.insert(key, Armed { at, queued });
    }

    /// Disarms a timer if it is armed.
    pub(super) fn disarm(&mut self, key: &K) {
        self.armed.remove(key);
    }

    /// Takes the earliest timer that is due; of several due at one instant, the smallest.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<K> {
        self.reach(self.tick(now));
        let (at, key) = self.first()?;
        if at > now {
            return None;
        }
        self.front.pop();
        self.armed.remove(&key);
        Some(key)
    }

    /// When the earliest timer is due.
    pub(super) fn next(&mut self) -> Option<Instant> {
        loop {
            if let Some((at, _)) = self.first() {
                return Some(at);
            }
            let tick = self.next_occupied()?;
            self.reach(tick);
        }
    }

    /// Whether a timer is armed.
    pub(super) fn is_armed(&self, key: &K) -> bool {
        self.armed.contains_key(key)
    }

    /// When a timer is due, if it is armed.
    pub(super) fn due(&self, key: &K) -> Option<Instant> {
        self.armed.get(key).map(|armed| armed.at)
    }

    /// The first entry of the front that is valid and exact. What is neither is removed or put where it belongs.
    fn first(&mut self) -> Option<(Instant, K)> {
        loop {
            let &Reverse((queued, key)) = self.front.peek()?;
            let valid = self.armed.get(&key).filter(|armed| armed.queued == queued);
            let at = valid.map(|armed| armed.at);
            if at == Some(queued) {
                return Some((queued, key));
            }
            // Disarmed, moved to an earlier time where it has another entry, or moved to a later time.
            self.front.pop();
            if let Some(at) = at {
                self.requeue(key, at);
            }
        }
    }

    /// Enters a key where its deadline belongs, or at the ring's end if that is beyond; tells when the entry comes up.
    fn enqueue(&mut self, key: K, at: Instant) -> Instant {
        let epoch = *self.epoch.get_or_insert(at);
        let tick = self.tick(at);
        if tick <= self.reached {
            self.front.push(Reverse((at, key)));
            return at;
        }
        let last = self.reached + SLOTS as Tick - 1;
        let slot = slot_of(tick.min(last));
        self.push(slot, key);
        self.set_occupied(slot, true);
        if tick <= last { at } else { epoch + Duration::from_millis(last) }
    }

    /// Enters a key whose only valid entry was just removed.
    fn requeue(&mut self, key: K, at: Instant) {
        let queued = self.enqueue(key, at);
        self.armed.insert(key, Armed { at, queued });
    }

    /// Empties all slots up to a tick into the front.
    fn reach(&mut self, tick: Tick) {
        if tick <= self.reached {
            return;
        }
        while let Some(next) = self.next_occupied().filter(|next| *next <= tick) {
            self.reached = next;
            let slot = slot_of(next);
            self.set_occupied(slot, false);
            let mut chain = self.ring.get_mut(slot).and_then(Option::take);
            while let Some((key, behind)) = self.pop(chain) {
                chain = behind;
                let armed = self.armed.get(&key).copied();
                if let Some(armed) = armed.filter(|armed| self.tick(armed.queued) == next) {
                    self.requeue(key, armed.at);
                }
            }
        }
        self.reached = tick;
    }

    /// Puts a key before the chain of a slot.
    fn push(&mut self, slot: usize, key: K) {
        let Some(head) = self.ring.get_mut(slot) else { return };
        let entry = Entry { key, next: *head };
        let place = self.free.and_then(|link| Some((link, self.entries.get_mut(index(link))?)));
        if let Some((link, place)) = place {
            self.free = place.next;
            *place = entry;
            *head = Some(link);
        } else if let Ok(link) = Link::try_from(self.entries.len()) {
            self.entries.push(entry);
            *head = Some(link);
        }
    }

    /// Takes the first entry of a chain and frees it; gives its key and the rest of the chain.
    fn pop(&mut self, chain: Option<Link>) -> Option<(K, Option<Link>)> {
        let link = chain?;
        let entry = self.entries.get_mut(index(link))?;
        let Entry { key, next } = *entry;
        entry.next = self.free;
        self.free = Some(link);
        Some((key, next))
    }

    /// The first tick after `reached` whose slot has entries.
    fn next_occupied(&self) -> Option<Tick> {
        let start = slot_of(self.reached + 1);
        let (first, shift) = (start / WORD_BITS, start % WORD_BITS);
        // The word of the start is looked at twice: its upper bits come first, its lower ones last.
        let upper = u64::MAX << shift;
        (0..=WORDS).find_map(|step| {
            let index = (first + step) % WORDS;
            let mask = match step {
                0 => upper,
                WORDS => !upper,
                _ => u64::MAX,
            };
            let word = self.occupied.get(index)? & mask;
            let slot = index * WORD_BITS + usize::try_from(word.trailing_zeros()).ok()?;
            let distance = (slot + SLOTS - start) % SLOTS;
            (word != 0).then_some(self.reached + 1 + distance as Tick)
        })
    }

    fn set_occupied(&mut self, slot: usize, occupied: bool) {
        if let Some(word) = self.occupied.get_mut(slot / WORD_BITS) {
            let bit = 1 << (slot % WORD_BITS);
            if occupied { *word |= bit } else { *word &= !bit }
        }
    }

    fn tick(&self, at: Instant) -> Tick {
        let since = self.epoch.map_or(Duration::ZERO, |epoch| at.saturating_duration_since(epoch));
        since.as_secs() * 1_000 + Tick::from(since.subsec_millis())
    }
}

fn index(link: Link) -> usize {
    usize::try_from(link).unwrap_or(usize::MAX)
}

fn slot_of(tick: Tick) -> usize {
    usize::try_from(tick % SLOTS as Tick).unwrap_or(0)
}

/// A multiplicative hash. Keys are small numbers that signaling chose, not words of strangers, and the order of the
/// map is never looked at.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl KeyHasher {
    /// An odd number without a pattern: 2^64 over the golden ratio (Knuth, volume 3, section 6.4).
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(Self::SPREAD);
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.mix(u64::from(*byte)));
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    /// What a derived `Hash` says of an enum's variant.
    fn write_isize(&mut self, word: isize) {
        self.mix(word.unsigned_abs() as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits, which a product mixes least.
        self.0 ^ (self.0 >> 32)
    }
}
