//! What a client's line carries: departure times against reported arrivals, by Google congestion control
//! (draft-ietf-rmcat-gcc-02; Carlucci et al., "Congestion Control for Web Real-Time Communication", 2017).

mod acknowledged;
mod cluster;
mod history;
mod loss;
mod pacer;
mod probe;
mod queue;
mod rate;
mod recorder;
mod trend;

pub(crate) use history::SentHistory;
pub(crate) use pacer::Pacer;
pub(crate) use recorder::TwccRecorder;

use crate::units::Bitrate;
use acknowledged::Acknowledged;
use loss::LossControl;
pub(crate) use probe::Probe;
use probe::{Found, Occasion, Prober};
use queue::{Origin, Queue};
use rate::RateControl;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use trend::{Trend, Usage};

/// What a line is taken for before anything is known of it, and what the estimator starts at: with less, the first
/// feedback would take a picture away that was just granted.
pub(crate) const INITIAL_ESTIMATE: Bitrate = Bitrate::kbps(1_500);
/// Below this nothing is estimated: audio goes whatever is said.
pub(crate) const FLOOR: Bitrate = Bitrate::kbps(60);
/// Queued packets leave at this multiple of the estimate, so that a keyframe is through before the next frame comes
/// (libwebrtc's pacing factor).
const PACING_PERCENT: u64 = 250;
/// While a queue stands they leave no faster than it empties,
const PACING_OVER_PERCENT: u64 = 100;
/// while it is long, leaving room for voices,
const PACING_LONG_PERCENT: u64 = 50;
/// and for this long after it they must not fill it at once again.
const PACING_CAUTION: Duration = Duration::from_secs(4);
/// How fast they leave then.
const PACING_CAUTIOUS_PERCENT: u64 = 125;
/// What a round trip is taken for until it is measured.
const RTT_UNKNOWN: Duration = Duration::from_millis(100);

/// A packet that is missing for longer than this is lost: lines of ours have up to 150 ms of jitter.
const LATE_MAX: Duration = Duration::from_millis(250);
/// Missing packets remembered; when more are missing the line is down.
const MISSING_MAX: usize = 512;

/// The estimator of one line.
#[derive(Debug)]
pub(crate) struct Estimator {
    trend: Trend,
    queue: Queue,
    rate: RateControl,
    loss: LossControl,
    acknowledged: Acknowledged,
    prober: Prober,
    desired: Bitrate,
    /// What had not arrived when the client reported, and when that was.
    missing: VecDeque<(u16, Instant)>,
    /// Whether any feedback came: a client that gives none is not estimated and not paced.
    heard: bool,
    rtt: Duration,
}

impl Estimator {
    /// One that knows nothing.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            trend: Trend::default(),
            queue: Queue::default(),
            rate: RateControl::new(INITIAL_ESTIMATE, now),
            loss: LossControl::new(),
            acknowledged: Acknowledged::default(),
            prober: Prober::new(),
            desired: Bitrate::ZERO,
            missing: VecDeque::new(),
            heard: false,
            rtt: RTT_UNKNOWN,
        }
    }

    /// What the line carries; none before the first feedback.
    pub(crate) fn estimate(&self) -> Option<Bitrate> {
        self.heard.then(|| self.rate.target().min(self.loss.ceiling()).max(FLOOR))
    }

    /// At what rate packets that wait may leave; none when nothing is known.
    pub(crate) fn pacing_rate(&self, now: Instant) -> Option<Bitrate> {
        self.estimate().map(|estimate| estimate.percent(self.pacing_percent(now)))
    }

    /// Whether the line is not to blame when packets wait: they may leave as fast as ever.
    pub(crate) fn paces_freely(&self, now: Instant) -> bool {
        self.pacing_percent(now) == PACING_PERCENT
    }

    fn pacing_percent(&self, now: Instant) -> u64 {
        let lately = |at| now.saturating_duration_since(at) < PACING_CAUTION;
        if self.queue.is_long() {
            PACING_LONG_PERCENT
        } else if self.queue.stands() {
            PACING_OVER_PERCENT
        } else if self.rate.decreased().is_some_and(lately) {
            PACING_CAUTIOUS_PERCENT
        } else {
            PACING_PERCENT
        }
    }

    /// How much there is to find: more than anybody wants is not looked for.
    pub(crate) fn set_desired(&mut self, desired: Bitrate) {
        self.desired = desired;
    }

    /// The round trip was measured.
    pub(crate) fn on_round_trip(&mut self, rtt: Duration) {
        self.rtt = rtt;
        self.rate.set_round_trip(rtt);
    }

    /// Packets arrived or did not: numbers with microseconds on the receiver's clock.
    pub(crate) fn on_feedback(
        &mut self,
        now: Instant,
        history: &mut SentHistory,
        arrivals: impl Iterator<Item = (u16, Option<i64>)>,
    ) {
        let (mut arrived, mut newest) = (0_u32, None);
        for (number, arrival) in arrivals {
            let Some(arrival) = arrival else {
                if self.missing.len() < MISSING_MAX && history.on_missing(number) {
                    self.missing.push_back((number, now));
                }
                continue;
            };
            let Some(sent) = history.on_arrived(number) else { continue };
            arrived += 1;
            newest = newest.max(Some(sent.micros));
            self.acknowledged.on_arrival(arrival, sent.bytes);
            let probing = sent.probe.is_some() || self.prober.is_recent(now);
            let origin = if probing { Origin::Probe } else { Origin::Media };
            self.queue.on_arrival(sent.micros, arrival, origin);
            match sent.probe {
                Some(probe) => self.prober.on_arrival(probe, (sent.micros, arrival), sent.bytes),
                // A probe's own queue says nothing about what is sent otherwise.
                None => self.trend.on_arrival(sent.micros, arrival, now),
            }
        }
        if let Some(newest) = newest {
            self.queue.on_told(history.micros(now) - newest);
        }
        let lost = self.take_lost(now, history);
        let told = arrived + lost;
        if told == 0 {
            return;
        }
        self.heard = true;
        // What the line loses anyway had passed its narrowest place too.
        let passed = 100_000 / u64::from(1_000 - self.loss.own().min(500));
        let acknowledged = self.acknowledged.bitrate().map(|rate| rate.percent(passed));
        self.loss.on_feedback(now, (told, lost), acknowledged);
        let usage = match self.prober.recent(now) {
            Some(probe) if !self.queue.is_beyond(probe) => Usage::Normal,
            Some(_) | None => self.queue.judge(now, self.trend.usage()),
        };
        self.rate.update(now, usage, acknowledged);
        match self.prober.take_result(now, self.loss.own()) {
            Some(Found::AtLeast(found)) => self.raise(now, found),
            Some(Found::All(found)) => {
                self.raise(now, found);
                self.rate.limit(found, acknowledged);
            }
            None => {}
        }
    }

    fn raise(&mut self, now: Instant, found: Bitrate) {
        self.rate.raise(now, found.min(self.desired.max(self.rate.target())));
        self.loss.raise(found);
    }

    /// How many packets have been missing for too long to be only late.
    fn take_lost(&mut self, now: Instant, history: &mut SentHistory) -> u32 {
        let mut lost = 0;
        while let Some((number, noticed)) = self.missing.front().copied() {
            if now.saturating_duration_since(noticed) < LATE_MAX {
                break;
            }
            self.missing.pop_front();
            lost += u32::from(history.is_missing(number));
        }
        lost
    }

    /// Whether the line is to be probed now for what is desired and not yet found.
    pub(crate) fn poll_probe(&mut self, now: Instant) -> Option<Probe> {
        let estimate =
            self.estimate().filter(|estimate| *estimate < self.desired && self.prober.is_due(now))?;
        let spread = self.queue.spread().filter(|_| !self.queue.stands() && self.loss.is_calm());
        let occasion = Occasion { estimate, desired: self.desired, spread };
        self.prober.poll(now, &occasion)
    }

    /// Whether the probe under way fills the line's queue and is to end.
    pub(crate) fn calls_off_probe(&self) -> bool {
        self.queue.fills()
    }

    /// All of a probe left: so many bytes within such a span, what was sent anyway included.
    pub(crate) fn on_probe_left(&mut self, now: Instant, bytes: usize, span: Duration) {
        self.prober.on_left(now, (bytes, span), self.rtt);
    }

    /// When to ask for a probe again.
    pub(crate) fn next_probe(&self, now: Instant) -> Option<Instant> {
        let hungry = self.estimate().is_some_and(|estimate| estimate < self.desired);
        hungry.then(|| self.prober.next().unwrap_or(now))
    }
}

#[cfg(test)]
mod tests;
