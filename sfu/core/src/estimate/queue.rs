//! How long packets stand in the line's queue: the least delay of the last moments over the least of the last seconds.
//! Jitter only ever adds to a delay, so the least of many is nearly free of it, and a keyframe's own burst is gone before
//! the moments are over. It confirms the trend, which jitter deceives, and finds the queue that no longer grows because it
//! is full.

use super::trend::Usage;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The last moments: longer than a keyframe takes to drain, shorter than a freeze.
const RECENT_MICROS: i64 = 300_000;
/// What a probe is called off by: it must not wait for the moments to pass.
const LATEST_MICROS: i64 = 100_000;
/// Packets looked at; at 2.5 Mbit/s the last moments have eighty.
const RECENT_MAX: usize = 256;
/// The least delay is taken over one to two of these: long enough to hold a moment without a queue, short enough for
/// clocks that drift by 100 ppm to part by less than 2 ms.
const BASE_MICROS: i64 = 10_000_000;
/// The spread of delays is the least of so many measurements: jitter is in all of them, a keyframe in one.
const SPREADS: usize = 4;
/// A shorter queue than this is a frame's own.
const STANDING_MIN: i64 = 20_000;
/// How much of a new change of the least delay is believed, and how large it is taken at most: a queue is no jitter.
const NOISE_GAIN: f64 = 0.1;
const NOISE_MAX: f64 = 50_000.0;
/// The least delay strays by this many times its mean change, when jitter holds packets up one behind the other.
const NOISE_FACTOR: f64 = 3.0;
/// How much of a new reading of the queue is taken for usual: what lasts for seconds although nothing is held back is how
/// the line is.
const USUAL_GAIN: f64 = 0.05;
/// A reading is taken for no more than this, so that a real queue does not become usual before the rate is lowered.
const USUAL_MAX: i64 = 60_000;
/// Packets that follow each other faster than this are one frame's, and wait for each other.
const FRAME_MICROS: i64 = 5_000;
/// A probe that is called off leaves a queue no longer than this.
const LONG: i64 = 200_000;
/// News of arrivals is late by less than this on a line without a queue: clients tell ten times a second, and some tell late.
const NEWS_MICROS: i64 = 150_000;
/// How much older the least age of news may become with each: a way that became longer is learnt within seconds.
const NEWS_DRIFT: i64 = 2_000;
/// A queue that does not grow is borne until so much delay has been suffered from it: 50 ms too much for most of a second. A
/// keyframe's own drains before.
const PATIENCE: f64 = 40_000.0;
/// One that grows, until it is seen twice.
const PATIENCE_GROWING: f64 = 4_000.0;
/// Less traffic shortens a queue of ours within this time by this much at least, or else to a quarter less; one that stays
/// is a longer way, or somebody else's.
const ANSWER_MAX: Duration = Duration::from_secs(3);
const ANSWER_MICROS: i64 = 100_000;

/// What is known of the queue. Microseconds.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Departures and delays of the last moments.
    recent: VecDeque<(i64, i64)>,
    /// The least delay of this span and the one before, of this span alone, and since when it lasts.
    base: Option<i64>,
    base_next: Option<i64>,
    base_since: i64,
    spreads: VecDeque<i64>,
    bucket: Bucket,
    /// By how much the least delay changes from moment to moment, and how far it usually lies above the base.
    noise: Option<f64>,
    usual: f64,
    /// The last departure, and the last moment's least delay.
    latest: Option<i64>,
    floor: Option<i64>,
    /// Delay suffered from the queue that stands, microseconds times seconds, and until when it was counted.
    suffered: (f64, Option<Instant>),
    /// How old the newest arrival was when it was told, at least and last.
    news: Option<(i64, i64)>,
    /// When the rate was lowered, and how long the queue was.
    lowered: Option<(Instant, i64)>,
}

/// What a packet was sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// To be seen or heard.
    Media,
    /// To measure the line.
    Probe,
}

/// Delays of one span.
#[derive(Debug, Default)]
struct Bucket {
    since: i64,
    least: i64,
    sum: i64,
    count: i64,
}

impl Queue {
    /// A packet arrived; by our clock and by the receiver's.
    pub(super) fn on_arrival(&mut self, sent: i64, arrival: i64, origin: Origin) {
        let delay = arrival - sent;
        self.recent.push_back((sent, delay));
        while self.recent.len() > RECENT_MAX
            || self.recent.front().is_some_and(|(first, _)| sent - first > RECENT_MICROS)
        {
            self.recent.pop_front();
        }
        if sent - self.base_since > BASE_MICROS {
            self.base = self.base_next.take();
            self.base_since = sent;
        }
        let least = |kept: Option<i64>| Some(kept.map_or(delay, |kept| kept.min(delay)));
        self.base = least(self.base);
        self.base_next = least(self.base_next);
        // A probe's queue is no jitter.
        let follows = self.latest.replace(sent).is_some_and(|latest| sent - latest < FRAME_MICROS);
        match origin {
            Origin::Media if follows => {}
            Origin::Media => self.measure_spread(sent, delay),
            Origin::Probe => (self.bucket.count, self.floor) = (0, None),
        }
    }

    fn measure_spread(&mut self, sent: i64, delay: i64) {
        if self.bucket.count == 0 {
            self.bucket = Bucket { since: sent, least: delay, sum: delay, count: 1 };
            return;
        }
        self.bucket.least = self.bucket.least.min(delay);
        self.bucket.sum += delay;
        self.bucket.count += 1;
        if sent - self.bucket.since <= RECENT_MICROS {
            return;
        }
        let least = self.bucket.least;
        let before = self.floor.replace(least);
        let mean = self.bucket.sum / self.bucket.count;
        self.bucket.count = 0;
        if self.lowered.is_some() {
            // A queue of ours is being emptied.
            self.floor = None;
            return;
        }
        let reading = self.standing(RECENT_MICROS).clamp(0, USUAL_MAX);
        self.usual += USUAL_GAIN * (float(reading) - self.usual);
        if let Some(before) = before {
            let change = float((least - before).abs()).min(NOISE_MAX);
            self.noise = Some(self.noise.map_or(change, |noise| noise + NOISE_GAIN * (change - noise)));
        }
        if !self.stands() {
            if self.spreads.len() == SPREADS {
                self.spreads.pop_front();
            }
            self.spreads.push_back(mean - least);
        }
    }

    /// Arrivals were told of, the newest of which had left so long ago. When a queue forms at once, what stands in it is not
    /// told of before it is through; that nothing newer came is told at once.
    pub(super) fn on_told(&mut self, age: i64) {
        let least = self.news.map_or(age, |(least, _)| age.min(least + NEWS_DRIFT));
        self.news = Some((least, age));
    }

    /// By how much delays lie above their least on average; what a probe has to outlast. None until it was measured.
    pub(super) fn spread(&self) -> Option<Duration> {
        self.spreads.iter().min().map(|spread| Duration::from_micros(spread.unsigned_abs()))
    }

    /// How long the queue was in the last moments.
    fn standing(&self, within: i64) -> i64 {
        let Some((last, _)) = self.recent.back() else { return 0 };
        let delays = self.recent.iter().filter(|(sent, _)| last - sent <= within).map(|(_, delay)| *delay);
        let least = delays.min().unwrap_or(0);
        let late = self.news.map_or(0, |(least, age)| age - least - NEWS_MICROS);
        (least - self.base.unwrap_or(least)).max(late)
    }

    /// How long a queue may seem without being one.
    fn allowed(&self) -> i64 {
        STANDING_MIN.max(whole(self.usual + NOISE_FACTOR * self.noise.unwrap_or(0.0)))
    }

    /// Whether a queue stands.
    pub(super) fn stands(&self) -> bool {
        self.standing(RECENT_MICROS) > self.allowed()
    }

    /// Whether the queue is longer than a probe makes it.
    pub(super) fn is_long(&self) -> bool {
        self.standing(RECENT_MICROS) > LONG
    }

    /// Whether the queue is longer than a probe of such a length makes it on a line it was too much for. What is told late may
    /// still be told of the probe.
    pub(super) fn is_beyond(&self, probe: Duration) -> bool {
        let probe = i64::try_from(probe.as_micros()).unwrap_or(i64::MAX);
        self.standing(RECENT_MICROS) > LONG.saturating_add(probe)
    }

    /// Whether a probe fills the line so much that it is to be called off.
    pub(super) fn fills(&self) -> bool {
        self.standing(LATEST_MICROS) > 2 * self.allowed()
    }

    /// What the line does, given what its trend says.
    pub(super) fn judge(&mut self, now: Instant, trend: Usage) -> Usage {
        self.doubt(now);
        if !self.stands() {
            self.suffered = (0.0, None);
            return Usage::Normal;
        }
        if trend == Usage::Under {
            self.suffered.1 = Some(now);
            return Usage::Under;
        }
        let length = self.standing(RECENT_MICROS);
        let since = self.suffered.1.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.suffered = (self.suffered.0 + float(length - self.allowed()) * since, Some(now));
        let patience = if trend == Usage::Over { PATIENCE_GROWING } else { PATIENCE };
        if self.is_long() || self.suffered.0 >= patience {
            self.lowered.get_or_insert((now, length));
            Usage::Over
        } else {
            Usage::Under
        }
    }

    /// Takes a queue for the line's own length when less traffic did not shorten it.
    fn doubt(&mut self, now: Instant) {
        let Some((at, length)) = self.lowered else { return };
        let standing = self.standing(RECENT_MICROS);
        if !self.stands() {
            self.lowered = None;
        } else if now.saturating_duration_since(at) >= ANSWER_MAX {
            self.lowered = Some((now, standing));
            if standing * 4 >= length * 3 && standing + ANSWER_MICROS > length {
                self.base = self.recent.iter().map(|(_, delay)| *delay).min();
                self.base_next = self.base;
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "delays of seconds in microseconds fit a double")]
fn float(micros: i64) -> f64 {
    micros as f64
}

#[expect(clippy::cast_possible_truncation, reason = "delays of seconds in microseconds fit an integer")]
fn whole(micros: f64) -> i64 {
    micros as i64
}
