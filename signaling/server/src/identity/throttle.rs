//! Slowing down guessing: per name, known or not, and per address. Time is handed in.
//!
//! Names' wrong tries are written down by the caller and restored at the start: whoever can make a node restart, or
//! waits for it, gains no tries. What addresses did is in memory only; it is worth a minute.

use super::session::milliseconds;
use crate::config::Security;
use crate::store::{TRIES_KEPT, TriesRow};
use sha2::{Digest, Sha256};
use signaling_core::Now;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Names and addresses remembered at a time, each. When full, the one not seen for longest is forgotten: a
/// guesser who wants that to be his victim's must come from that many addresses.
const REMEMBERED: usize = TRIES_KEPT as usize;

/// Wrong tries of a name are forgotten after this long without one, if no lock holds longer.
const FORGET_AFTER: Duration = Duration::from_secs(3_600);

/// A sign-in name or site code, known or not, as what it hashes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameKey([u8; 32]);

impl NameKey {
    /// The key of a person's name.
    pub(super) fn person(username: &str) -> Self {
        Self::new("person", username)
    }

    /// The key of a site's code.
    pub(super) fn site(code: &str) -> Self {
        Self::new("site", code)
    }

    /// The hash itself.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn new(kind: &str, name: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(kind.as_bytes());
        digest.update([0]);
        digest.update(name.as_bytes());
        Self(digest.finalize().into())
    }
}

/// Whether something about a name was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nothing: the first try was right.
    Fresh,
    /// Wrong tries, which are to be forgotten there too.
    Kept,
}

struct Tries {
    wrong: u32,
    last: Instant,
    locked_until: Option<Instant>,
}

struct Bucket {
    tokens: f64,
    last: Instant,
}

/// What is known about recent tries.
pub(super) struct Throttle {
    wrong_tries: u32,
    lock_first: Duration,
    lock_longest: Duration,
    per_minute: f64,
    names: HashMap<NameKey, Tries>,
    addresses: HashMap<IpAddr, Bucket>,
}

impl Throttle {
    /// Knows nothing yet.
    pub(super) fn new(rules: &Security) -> Self {
        Self {
            wrong_tries: rules.wrong_tries.into(),
            lock_first: rules.lock_first,
            lock_longest: rules.lock_longest,
            per_minute: rules.tries_per_minute_per_address.into(),
            names: HashMap::new(),
            addresses: HashMap::new(),
        }
    }

    /// Takes one try from an address; refused tries say how long to wait.
    pub(super) fn address(&mut self, now: Instant, address: IpAddr) -> Result<(), Duration> {
        let key = network(address);
        let per_second = self.per_minute / 60.0;
        make_room(&mut self.addresses, &key, |bucket| bucket.last);
        let bucket = self.addresses.entry(key).or_insert(Bucket { tokens: self.per_minute, last: now });
        let passed = now.saturating_duration_since(bucket.last).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(self.per_minute);
        bucket.last = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Counts a try of a name as wrong before it is known to be: tries sent all at once must not pass together.
    /// [`Throttle::succeeded`] takes it back. A locked name says how long to wait.
    pub(super) fn name(&mut self, now: Instant, key: NameKey) -> Result<(), Duration> {
        let forget_after = self.memory();
        make_room(&mut self.names, &key, |tries| tries.last);
        let tries = self.names.entry(key).or_insert(Tries { wrong: 0, last: now, locked_until: None });
        if let Some(until) = tries.locked_until.filter(|until| *until > now) {
            return Err(until.saturating_duration_since(now));
        }
        if now.saturating_duration_since(tries.last) > forget_after {
            tries.wrong = 0;
        }
        tries.wrong = tries.wrong.saturating_add(1);
        tries.last = now;
        let beyond = tries.wrong.checked_sub(self.wrong_tries);
        tries.locked_until = beyond.map(|steps| {
            let wait = self.lock_first.saturating_mul(1_u32.checked_shl(steps.min(20)).unwrap_or(u32::MAX));
            now + wait.min(self.lock_longest)
        });
        Ok(())
    }

    /// The last try of a name was right.
    pub(super) fn succeeded(&mut self, key: NameKey) -> Memory {
        // A name that is not known here may have been written down by another process.
        let first = self.names.remove(&key).is_some_and(|tries| tries.wrong <= 1);
        if first { Memory::Fresh } else { Memory::Kept }
    }

    /// What is to be written down of a name.
    pub(super) fn kept(&self, now: Now, key: NameKey) -> Option<TriesRow> {
        let tries = self.names.get(&key)?;
        let ago = now.instant.saturating_duration_since(tries.last);
        let left = tries.locked_until.map(|until| until.saturating_duration_since(now.instant));
        Some(TriesRow {
            name_hash: key.0,
            wrong: tries.wrong,
            last: now.wall.0.saturating_sub(milliseconds(ago)),
            locked_until: left.map(|left| now.wall.0.saturating_add(milliseconds(left))),
        })
    }

    /// Takes back what was written down. A lock that a changed clock made longer than any is cut to the longest.
    pub(super) fn restore(&mut self, now: Now, row: &TriesRow) {
        let ago = Duration::from_millis(u64::try_from(now.wall.0.saturating_sub(row.last)).unwrap_or(0));
        let left = |until: i64| u64::try_from(until.saturating_sub(now.wall.0)).ok();
        let locked_until = row
            .locked_until
            .and_then(left)
            .map(|left| now.instant + Duration::from_millis(left).min(self.lock_longest));
        let last = now.instant.checked_sub(ago).unwrap_or(now.instant);
        let key = NameKey(row.name_hash);
        make_room(&mut self.names, &key, |tries| tries.last);
        self.names.insert(key, Tries { wrong: row.wrong, last, locked_until });
    }

    /// How long a name's tries count.
    pub(super) fn memory(&self) -> Duration {
        FORGET_AFTER.max(self.lock_longest * 2)
    }

    /// Names locked now.
    pub(super) fn locked(&self, now: Instant) -> usize {
        self.names.values().filter(|tries| tries.locked_until.is_some_and(|until| until > now)).count()
    }
}

fn make_room<K: Copy + Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, V>,
    key: &K,
    last: impl Fn(&V) -> Instant,
) {
    if map.len() < REMEMBERED || map.contains_key(key) {
        return;
    }
    let oldest = map.iter().min_by_key(|(_, value)| last(value)).map(|(key, _)| *key);
    if let Some(oldest) = oldest {
        map.remove(&oldest);
    }
}

/// One household or office: the address itself, or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, config::Config};

    fn throttle() -> (Throttle, Instant) {
        (Throttle::new(&Config::default().security), clock::instant())
    }

    #[test]
    fn the_fifth_wrong_try_locks_and_each_further_one_doubles_the_wait() {
        let (mut throttle, start) = throttle();
        let key = NameKey::person("van.a");
        for _ in 0..5 {
            assert_eq!(throttle.name(start, key), Ok(()));
        }
        assert_eq!(throttle.name(start, key), Err(Duration::from_secs(30)));
        let mut now = start + Duration::from_secs(30);
        for wait in [60, 120, 240, 480, 900, 900] {
            assert_eq!(throttle.name(now, key), Ok(()));
            assert_eq!(throttle.name(now, key), Err(Duration::from_secs(wait)));
            now += Duration::from_secs(wait);
        }
        assert_eq!(
            throttle.name(now, NameKey::site("van.a")),
            Ok(()),
            "a site of that name is somebody else"
        );
        throttle.succeeded(key);
        for _ in 0..5 {
            assert_eq!(throttle.name(now, key), Ok(()));
        }
    }

    #[test]
    fn old_mistakes_are_forgotten() {
        let (mut throttle, start) = throttle();
        let key = NameKey::person("van.a");
        for _ in 0..4 {
            throttle.name(start, key).unwrap();
        }
        let later = start + Duration::from_secs(3_601);
        for _ in 0..5 {
            assert_eq!(throttle.name(later, key), Ok(()));
        }
    }

    #[test]
    fn an_address_has_its_tries_back_after_a_while() {
        let (mut throttle, start) = throttle();
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        for _ in 0..240 {
            assert_eq!(throttle.address(start, address), Ok(()));
        }
        assert!(throttle.address(start, neighbour).is_err(), "the same /64");
        assert_eq!(throttle.address(start, other), Ok(()));
        assert_eq!(throttle.address(start + Duration::from_secs(1), address), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut throttle, start) = throttle();
        for number in 0..(REMEMBERED + 50) {
            throttle
                .name(start + Duration::from_millis(number as u64), NameKey::person(&number.to_string()))
                .unwrap();
        }
        assert_eq!(throttle.names.len(), REMEMBERED);
    }
}
