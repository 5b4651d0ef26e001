//! Finds out whether a line carries more than is sent: for a short while more is sent, and the queue is watched.

use super::cluster::{Cluster, Departure};
use super::history::ProbeId;
use crate::units::Bitrate;
use std::num::NonZeroU8;
use std::time::{Duration, Instant};

/// How long a probe lasts at least: as long as the frames of others on the line are apart, or it falls between them and
/// finds their share free.
const SPAN_MIN: Duration = Duration::from_millis(35);
/// How long it lasts at most: a line that does not carry it has a queue of half of this when it is called off.
const SPAN_MAX: Duration = Duration::from_millis(400);
/// A probe outlasts the spread of delays by this factor, or jitter would be taken for a queue.
const SPAN_PER_SPREAD: u32 = 16;
/// So much spread is that of frames and not of the line.
const SPREAD_OF_FRAMES: Duration = Duration::from_millis(10);
/// Packets a probe has at least; fewer arrive in one interrupt of the receiver.
const PACKETS_MIN: u32 = 5;
/// The first probes of a line, while nothing else is known.
const FIRST_PERCENT: [u64; 2] = [300, 600];
/// A result that jitter may have changed by this much is none; the next probe lasts twice as long,
const ERROR_MAX: f64 = 0.15;
/// of it only what is left after so many times its error is believed at once,
const DOUBT_ERRORS: f64 = 2.0;
/// and, while it stays unclear, twice as long again,
const STRETCH_MAX: u32 = 32;
/// and comes as soon as what waits for it allows.
const INTERVAL_WHEN_UNCLEAR: Duration = Duration::from_secs(1);
/// A later probe asks for this much of the estimate,
const AGAIN_PERCENT: u64 = 200;
/// or for this much while the line's end is where it was: every probe is a queue for all who share the line.
const LIMITED_PERCENT: u64 = 175;
/// A probe longer than this asks for less then, or its queue would be as long as itself.
const LIMITED_SPAN: Duration = Duration::from_millis(100);
const LIMITED_LONG_PERCENT: u64 = 130;
/// Between probes of a line that has shown nothing more. With the steps that follow a success a line that became wide
/// again is found within ten seconds.
const INTERVAL: Duration = Duration::from_secs(4);
/// Between a probe that found more and the next, and between the first two.
const INTERVAL_AFTER_SUCCESS: Duration = Duration::from_millis(250);
/// How long what a probe left in the line's queue may show.
const DRAIN: Duration = Duration::from_millis(500);
/// How long after its round trip a probe's last arrival is told: clients tell ten times a second.
const TOLD_AFTER: Duration = Duration::from_millis(100);
/// A result that reaches the rate with this much more of it has not met the line's end; the rest is jitter.
const WHOLE_PERCENT: u64 = 125;
/// What is made of a result: the line is not filled to its brim.
const RESULT_PERCENT: u64 = 95;

/// A burst to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Marks its packets.
    pub(crate) id: ProbeId,
    /// At which rate, what is sent anyway included.
    pub(crate) rate: Bitrate,
    /// How many bytes at least.
    pub(crate) bytes: usize,
    /// In how many packets at least.
    pub(crate) packets: u32,
}

/// The probe under way.
#[derive(Debug, Clone, Copy)]
struct UnderWay {
    probe: Probe,
    span: Duration,
    cluster: Cluster,
    /// What left, once all did.
    left: Option<Departure>,
}

/// Decides when to probe and reads the outcome.
#[derive(Debug)]
pub(super) struct Prober {
    next_id: NonZeroU8,
    first: usize,
    /// Whether the last probe met the line's end.
    limited: bool,
    /// How many times longer than it seems necessary the next one lasts.
    stretch: u32,
    next_at: Option<Instant>,
    busy_until: Option<Instant>,
    /// How long the last probe was to last.
    latest_span: Duration,
    under_way: Option<UnderWay>,
}

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The line carries this, and nobody knows how much more.
    AtLeast(Bitrate),
    /// The line carries this and no more.
    All(Bitrate),
}

/// What a probe is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion {
    /// What the line is known to carry.
    pub(super) estimate: Bitrate,
    /// What is to be found at most.
    pub(super) desired: Bitrate,
    /// By how much delays lie above their least; none while that is unknown or the line is not calm.
    pub(super) spread: Option<Duration>,
}

impl Prober {
    /// One that has not probed.
    pub(super) fn new() -> Self {
        Self {
            next_id: NonZeroU8::MIN,
            first: 0,
            limited: false,
            stretch: 1,
            next_at: None,
            busy_until: None,
            latest_span: Duration::ZERO,
            under_way: None,
        }
    }

    /// Whether it is time for a probe.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next_at.is_none_or(|at| at <= now)
    }

    /// A probe, unless the line is not calm; asked for when one is due and there is something to be found.
    pub(super) fn poll(&mut self, now: Instant, occasion: &Occasion) -> Option<Probe> {
        let Occasion { estimate, desired, spread } = *occasion;
        let Some(spread) = spread else {
            self.next_at = Some(now + INTERVAL_AFTER_SUCCESS);
            return None;
        };
        let beyond = spread.saturating_sub(SPREAD_OF_FRAMES);
        let span = ((SPAN_MIN + beyond * SPAN_PER_SPREAD) * self.stretch).min(SPAN_MAX);
        let again = match self.limited {
            false => AGAIN_PERCENT,
            true if span > LIMITED_SPAN => LIMITED_LONG_PERCENT,
            true => LIMITED_PERCENT,
        };
        let percent = FIRST_PERCENT.get(self.first).copied().unwrap_or(again);
        self.first += 1;
        let rate = estimate.percent(percent).min(desired.percent(120));
        let id = ProbeId(self.next_id);
        self.next_id = self.next_id.checked_add(1).unwrap_or(NonZeroU8::MIN);
        let quick = self.first < FIRST_PERCENT.len();
        self.next_at = Some(now + if quick { INTERVAL_AFTER_SUCCESS } else { INTERVAL });
        self.stretch = (self.stretch / 2).max(1);
        self.busy_until = Some(now + span + DRAIN);
        self.latest_span = span;
        let bits = rate.as_bps().saturating_mul(u64::try_from(span.as_micros()).unwrap_or(0)) / 1_000_000;
        let bytes = usize::try_from(bits / 8).unwrap_or(usize::MAX);
        let probe = Probe { id, rate, bytes, packets: PACKETS_MIN };
        self.under_way = Some(UnderWay { probe, span, cluster: Cluster::default(), left: None });
        Some(probe)
    }

    /// Whether a probe may still stand in the line's queue.
    pub(super) fn is_recent(&self, now: Instant) -> bool {
        self.busy_until.is_some_and(|until| now < until)
    }

    /// How long the probe lasts, or lasted, that may still stand in the line's queue.
    pub(super) fn recent(&self, now: Instant) -> Option<Duration> {
        self.is_recent(now).then_some(self.latest_span)
    }

    /// When the next one may be due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next_at
    }

    /// All of a probe left, what was sent anyway included.
    pub(super) fn on_left(&mut self, now: Instant, (bytes, span): (usize, Duration), rtt: Duration) {
        if let Some(under_way) = &mut self.under_way {
            under_way.left = Some(Departure { bytes, span, told_by: now + rtt + TOLD_AFTER });
            self.busy_until = Some(now + DRAIN);
        }
    }

    /// A packet of a probe arrived.
    pub(super) fn on_arrival(&mut self, id: ProbeId, (sent, arrived): (i64, i64), bytes: u32) {
        if let Some(under_way) = self.under_way.as_mut().filter(|under_way| under_way.probe.id == id) {
            under_way.cluster.on_arrival(sent, arrived, bytes);
        }
    }

    /// What the probe under way found, once all of it must have arrived.
    pub(super) fn take_result(&mut self, now: Instant, own_loss_permille: u32) -> Option<Found> {
        let under_way = self.under_way?;
        let left = under_way.left.filter(|left| left.told_by <= now)?;
        self.under_way = None;
        let (result, error) = under_way.cluster.rate(&left, own_loss_permille)?;
        if error > ERROR_MAX && under_way.span < SPAN_MAX {
            self.stretch = (self.stretch * 4).min(STRETCH_MAX);
            self.next_at = Some(now + INTERVAL_WHEN_UNCLEAR);
            // What it found even if jitter was in its favour is something to go on from.
            let sure = 1.0 - DOUBT_ERRORS * error;
            return (sure > 0.0).then(|| Found::AtLeast(share(result.min(under_way.probe.rate), sure)));
        }
        let result = result.min(under_way.probe.rate);
        let carried = result.percent(RESULT_PERCENT);
        self.limited = result.percent(WHOLE_PERCENT) < under_way.probe.rate;
        if self.limited {
            return Some(Found::All(carried));
        }
        // The whole of it came through: there may be more.
        self.next_at = Some(now + INTERVAL_AFTER_SUCCESS);
        Some(Found::AtLeast(carried))
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive and far below 2^53"
)]
fn share(rate: Bitrate, of_one: f64) -> Bitrate {
    Bitrate::bps((rate.as_bps() as f64 * of_one) as u64)
}
