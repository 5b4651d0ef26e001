//! The wheel against the plainest thing that could be right: a sorted set.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// An ordered set of deadlines; what the wheel must not differ from.
#[derive(Default)]
struct Model {
    order: BTreeSet<(Instant, u32)>,
    armed: BTreeMap<u32, Instant>,
}

impl Model {
    fn arm(&mut self, key: u32, at: Instant) {
        self.disarm(key);
        self.armed.insert(key, at);
        self.order.insert((at, key));
    }

    fn disarm(&mut self, key: u32) {
        if let Some(at) = self.armed.remove(&key) {
            self.order.remove(&(at, key));
        }
    }

    fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let (at, key) = self.order.first().copied().filter(|(at, _)| *at <= now)?;
        self.order.remove(&(at, key));
        self.armed.remove(&key);
        Some(key)
    }

    fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Arms a timer so many microseconds from now, or back.
    Arm {
        key: u32,
        ahead_us: i64,
    },
    Disarm {
        key: u32,
    },
    /// Lets time pass and takes everything that is due, unless `limit` stops it.
    Pass {
        by_us: u64,
        limit: usize,
    },
    Next,
}

/// Few keys, so that they are moved often, and spans around every edge: one slot, one word, one turn, several turns.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let span =
        prop_oneof![Just(0), 0..3_000_i64, 0..100_000_i64, 4_090_000..4_100_000_i64, 0..60_000_000_i64,];
    let ahead = prop_oneof![9 => span.clone(), 1 => span.clone().prop_map(|us| -us)];
    let step = prop_oneof![
        6 => (0..24_u32, ahead).prop_map(|(key, ahead_us)| Step::Arm { key, ahead_us }),
        1 => (0..24_u32).prop_map(|key| Step::Disarm { key }),
        3 => (span, prop_oneof![Just(usize::MAX), 0..3_usize])
            .prop_map(|(by_us, limit)| Step::Pass { by_us: by_us.unsigned_abs(), limit }),
        2 => Just(Step::Next),
    ];
    proptest::collection::vec(step, 1..400)
}

#[expect(clippy::disallowed_methods, reason = "an arbitrary start; only differences to it matter")]
fn start() -> Instant {
    Instant::now() + Duration::from_secs(100)
}

fn shift(at: Instant, us: i64) -> Instant {
    let span = Duration::from_micros(us.unsigned_abs());
    if us < 0 { at - span } else { at + span }
}

proptest! {
    #[test]
    fn behaves_as_a_sorted_set(steps in steps()) {
        let (mut wheel, mut model) = (Wheel::default(), Model::default());
        let mut now = start();
        for step in steps {
            match step {
                Step::Arm { key, ahead_us } => {
                    let at = shift(now, ahead_us);
                    wheel.arm(key, at);
                    model.arm(key, at);
                }
                Step::Disarm { key } => {
                    wheel.disarm(&key);
                    model.disarm(key);
                }
                Step::Pass { by_us, limit } => {
                    now += Duration::from_micros(by_us);
                    for _ in 0..limit {
                        let due = model.pop_due(now);
                        prop_assert_eq!(wheel.pop_due(now), due);
                        if due.is_none() {
                            break;
                        }
                    }
                }
                Step::Next => prop_assert_eq!(wheel.next(), model.next()),
            }
            for key in 0..24 {
                prop_assert_eq!(wheel.is_armed(&key), model.armed.contains_key(&key));
            }
        }
        prop_assert_eq!(wheel.next(), model.next());
    }
}

fn entries(wheel: &Wheel<u32>) -> usize {
    let mut free = 0;
    let mut chain = wheel.free;
    while let Some(link) = chain {
        free += 1;
        chain = wheel.entries[index(link)].next;
    }
    wheel.front.len() + wheel.entries.len() - free
}

#[test]
fn a_timer_moved_ahead_of_every_packet_keeps_one_entry() {
    let mut wheel = Wheel::default();
    let mut now = start();
    for _ in 0..10_000 {
        wheel.arm(1, now + Duration::from_millis(30));
        assert_eq!(wheel.pop_due(now), None);
        assert_eq!(wheel.next(), Some(now + Duration::from_millis(30)));
        now += Duration::from_micros(150);
    }
    assert_eq!(entries(&wheel), 1);
}

#[test]
fn a_timer_moved_back_and_forth_leaves_no_heap_of_entries() {
    let mut wheel = Wheel::default();
    let now = start();
    wheel.arm(0, now);
    for round in 0..10_000 {
        wheel.arm(1, now + Duration::from_millis(if round % 2 == 0 { 40 } else { 80 }));
    }
    assert!(entries(&wheel) <= 3, "{}", entries(&wheel));
}

#[test]
fn a_day_without_timers_does_not_make_the_next_one_late_or_dear() {
    let mut wheel = Wheel::default();
    let mut now = start();
    wheel.arm(1, now);
    now += Duration::from_secs(86_400);
    assert_eq!(wheel.pop_due(now), Some(1));
    wheel.arm(2, now + Duration::from_secs(30));
    assert_eq!(wheel.next(), Some(now + Duration::from_secs(30)));
    assert_eq!(wheel.pop_due(now + Duration::from_secs(30)), Some(2));
    assert_eq!((wheel.next(), entries(&wheel)), (None, 0));
}
