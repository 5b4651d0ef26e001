//! One client's stream over a line: a voice, a picture in three layers with keyframes, the estimator that is tested, and
//! a receiver that reports.

use super::line::{Line, Packet};
use crate::downlink::probing::Probing;
use crate::estimate::{Estimator, INITIAL_ESTIMATE, Pacer, SentHistory};
use crate::receive::{Choice, Frames, OperatingPoint};
use crate::select::{PictureWish, Rest, allocate, points};
use crate::units::Bitrate;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{Layer, ReceiveProfile, Slot};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// What the layers amount to; all frames are of one size.
const LADDER: [(Layer, u64); 3] = [(Layer::Low, 150), (Layer::Medium, 530), (Layer::High, 1_500)];
/// A voice packet every 20 ms: 40 kbit/s.
const VOICE: (i64, i64) = (20_000, 100);
const HALF_PERCENT: u64 = 50;
const SECOND: i64 = 1_000_000;
const FRAME: i64 = 33_333;
const PACKET: i64 = 1_200;
const PADDING: i64 = 1_000;
/// A keyframe is this many frames large.
const KEYFRAME: i64 = 5;
/// How long a keyframe of another layer takes to come.
const SWITCH: i64 = 250_000;
const RESELECT: i64 = 1_000_000;

/// Something that was true from a moment on, in microseconds.
pub(super) type Since<T> = (i64, T);

/// What the receiver tells: number and arrival.
type Report = Vec<(u16, Option<i64>)>;

/// One client's stream.
pub(super) struct Flow {
    index: usize,
    epoch: Instant,
    estimator: Estimator,
    pacer: Pacer,
    history: SentHistory,
    probing: Option<Probing>,
    waiting: VecDeque<i64>,
    next: u64,
    next_voice: i64,
    next_frame: i64,
    next_choice: i64,
    keyframe: bool,
    /// The next frame is of the higher of two temporal layers.
    extra: bool,
    granted: OperatingPoint,
    granted_rate: Bitrate,
    hungry: bool,
    judged: Bitrate,
    rest: Rest,
    switches: Option<Since<OperatingPoint>>,
    /// What was shown from when on.
    pub(super) shown: Vec<Since<OperatingPoint>>,
    receiver: Receiver,
    reports: VecDeque<Since<Report>>,
    rng: ChaCha20Rng,
}

/// The other end.
#[derive(Default)]
struct Receiver {
    arrivals: BTreeMap<u64, i64>,
    base: u64,
    next_report: i64,
    voices: Vec<i64>,
    bytes: Vec<Since<i64>>,
}

impl Flow {
    pub(super) fn new(index: usize, seed: u8, start: i64) -> Self {
        let epoch = crate::testing::epoch();
        let mut rng = ChaCha20Rng::from_seed([seed.wrapping_add(100); 32]);
        let start = start + rng.random_range(0..SECOND) * i64::try_from(index + 1).unwrap();
        let at = epoch + Duration::from_micros(start.unsigned_abs());
        Self {
            index,
            epoch,
            estimator: Estimator::new(at),
            pacer: Pacer::new(at),
            history: SentHistory::default(),
            probing: None,
            waiting: VecDeque::new(),
            next: 0,
            next_voice: start,
            next_frame: start,
            next_choice: start,
            keyframe: true,
            extra: false,
            granted: OperatingPoint::all(Layer::Low),
            granted_rate: Bitrate::ZERO,
            hungry: false,
            judged: Bitrate::ZERO,
            rest: Rest::new(u64::try_from(index).unwrap() + 1),
            switches: None,
            shown: vec![(start, OperatingPoint::all(Layer::Low))],
            receiver: Receiver { next_report: start, ..Receiver::default() },
            reports: VecDeque::new(),
            rng,
        }
    }

    /// Lets it do what is due.
    pub(super) fn run(&mut self, now: i64, line: &mut Line, feedback: (i64, u32)) {
        self.read_reports(now, line);
        self.choose(now);
        while self.next_voice <= now {
            self.next_voice += VOICE.0;
            self.transmit(now, VOICE.1, true, line);
        }
        while self.next_frame <= now {
            self.next_frame += FRAME;
            self.make_frame();
        }
        while self.pacer.may_send(self.at(now))
            && let Some(bytes) = self.waiting.pop_front()
        {
            self.transmit(now, bytes, false, line);
        }
        if self.waiting.is_empty() {
            self.probe(now, line);
        }
        self.report(now, feedback, line);
    }

    /// A packet of this stream arrived.
    pub(super) fn receive(&mut self, at: i64, packet: Packet) {
        self.receiver.arrivals.insert(packet.number, at);
        self.receiver.bytes.push((at, packet.bytes));
        if packet.voice {
            self.receiver.voices.push(at);
        }
    }

    fn at(&self, now: i64) -> Instant {
        self.epoch + Duration::from_micros(now.unsigned_abs())
    }

    fn transmit(&mut self, now: i64, bytes: i64, voice: bool, line: &mut Line) {
        let at = self.at(now);
        let size = usize::try_from(bytes).unwrap();
        match &mut self.probing {
            Some(probing) => {
                probing.on_sent(size);
                self.history.on_probe_sent(at, size, probing.probe.id);
            }
            None => self.history.on_sent(at, size),
        }
        self.pacer.on_sent(at, size);
        let packet = Packet { flow: self.index, number: self.next, bytes, voice, sent: now };
        self.next += 1;
        line.send(packet);
    }

    fn make_frame(&mut self) {
        let OperatingPoint { layer, frames } = self.point();
        let (_, kbps) = LADDER[layer as usize];
        let mut bytes = i64::try_from(kbps).unwrap() * FRAME / 8_000;
        let extra = self.extra;
        self.extra = !extra;
        if std::mem::take(&mut self.keyframe) {
            (bytes, self.extra) = (bytes * KEYFRAME, true);
        } else if extra && frames == Frames::Half {
            bytes = 0;
        } else {
            let share = if extra { 100 - HALF_PERCENT } else { HALF_PERCENT };
            bytes = bytes * 2 * i64::try_from(share).unwrap() / 100;
        }
        while bytes > 0 {
            self.waiting.push_back(bytes.min(PACKET));
            bytes -= PACKET;
        }
    }

    fn probe(&mut self, now: i64, line: &mut Line) {
        let at = self.at(now);
        if self.probing.is_none() {
            self.probing = self.estimator.poll_probe(at).map(|probe| Probing::new(probe, at));
            self.set_pace(at);
        }
        while let Some(probing) = self.probing.filter(|probing| probing.due() <= at) {
            if probing.is_over() || self.estimator.calls_off_probe() {
                self.probing = None;
                self.set_pace(at);
                self.estimator.on_probe_left(at, probing.bytes, at - probing.began);
            } else {
                self.transmit(now, PADDING, false, line);
            }
        }
    }

    /// What is sent in the time of a probe is part of it and leaves as fast.
    fn set_pace(&mut self, at: Instant) {
        let probing = self.probing.map(|probing| probing.probe.rate);
        let pace = self.estimator.pacing_rate(at);
        self.pacer.set_rate(pace.map(|rate| probing.map_or(rate, |probe| rate.max(probe))));
    }

    fn read_reports(&mut self, now: i64, line: &Line) {
        while self.reports.front().is_some_and(|(at, _)| *at <= now) {
            let (_, report) = self.reports.pop_front().unwrap();
            let at = self.at(now);
            let rtt = 2 * line.shape.delay_ms + line.queue_ms();
            self.estimator.on_round_trip(Duration::from_millis(rtt.unsigned_abs()));
            self.estimator.on_feedback(at, &mut self.history, report.into_iter());
            self.set_pace(at);
            let found = self.hungry && self.estimate() >= self.judged.percent(120);
            if found || self.estimate() < self.granted_rate {
                self.next_choice = now;
            }
        }
    }

    /// What the engine does when it settles a peer.
    fn choose(&mut self, now: i64) {
        if let Some((_, point)) = self.switches.filter(|(at, _)| *at <= now) {
            self.switches = None;
            self.shown.push((now, point));
            self.keyframe = true;
            self.waiting.clear();
        }
        if now < self.next_choice {
            return;
        }
        self.next_choice = now + RESELECT;
        let held = Some(self.granted);
        let ways = LADDER.into_iter().flat_map(|(layer, kbps)| {
            let rate = Bitrate::kbps(kbps);
            points(Choice { layer, flowing: true, rate, half: rate.percent(HALF_PERCENT) }, rate, true, held)
        });
        let wish = PictureWish { slot: Slot::Programme, height: 720, held, points: ways.collect() };
        let climb = self.rest.climb(self.at(now), self.estimate());
        let allocation = allocate(&[wish], ReceiveProfile::Full, self.estimate(), climb, self.granted_rate);
        self.granted_rate = allocation.granted;
        (self.hungry, self.judged) = (allocation.hungry, self.estimate());
        if allocation.fell {
            self.rest.on_fall(self.at(now));
        }
        if allocation.rose {
            self.rest.on_rise(self.at(now), self.estimate());
        }
        self.estimator.set_desired(allocation.desired.percent(150).max(Bitrate::kbps(2_500)));
        let granted = allocation.shares[0].granted.unwrap();
        if granted != self.granted {
            self.granted = granted;
            let shown = self.point();
            self.switches = (granted.layer != shown.layer).then_some((now + SWITCH, granted));
            if granted.layer == shown.layer && granted != shown {
                self.shown.push((now, granted));
            }
        }
    }

    fn report(&mut self, now: i64, (interval, lost): (i64, u32), line: &Line) {
        if now < self.receiver.next_report {
            return;
        }
        self.receiver.next_report = now + interval;
        let arrivals = std::mem::take(&mut self.receiver.arrivals);
        let (Some((first, _)), Some((last, _))) = (arrivals.first_key_value(), arrivals.last_key_value())
        else {
            return;
        };
        let numbers = (*first).min(self.receiver.base)..=*last;
        self.receiver.base = self.receiver.base.max(last + 1);
        if self.rng.random_range(0..1_000) < lost {
            return;
        }
        let told = |number: u64| (u16::try_from(number & 0xFFFF).unwrap(), arrivals.get(&number).copied());
        self.reports.push_back((now + line.shape.delay_ms * 1_000, numbers.map(told).collect()));
    }
}

/// What came of it.
impl Flow {
    pub(super) fn estimate(&self) -> Bitrate {
        self.estimator.estimate().unwrap_or(INITIAL_ESTIMATE)
    }

    pub(super) fn point(&self) -> OperatingPoint {
        self.shown.last().unwrap().1
    }

    /// What is shown at a moment.
    pub(super) fn point_at(&self, at: i64) -> OperatingPoint {
        self.shown.iter().rev().find(|(since, _)| *since <= at).unwrap().1
    }

    /// The last moment within a span, since its beginning, at which all of a layer was not shown.
    pub(super) fn settled(&self, layer: Layer, from: i64, to: i64) -> i64 {
        let wrong = |at: &i64| self.point_at(*at) != OperatingPoint::all(layer);
        (from..to).step_by(10_000).filter(wrong).last().map_or(0, |at| at - from)
    }

    /// Changes of layer, or of how many frames of it are shown, within a span.
    pub(super) fn changes(&self, from: i64, to: i64) -> usize {
        let inside = self.shown.iter().filter(|(at, _)| (from..to).contains(at));
        inside.count()
    }

    /// The share of a span during which all of a layer or a better one was shown, in hundredths.
    pub(super) fn share(&self, layer: Layer, from: i64, to: i64) -> usize {
        let moments = || (from..to).step_by(10_000);
        let least = OperatingPoint::all(layer);
        moments().filter(|at| self.point_at(*at) >= least).count() * 100 / moments().count()
    }

    /// The share of a span during which at least half of a layer's frames were shown, in hundredths.
    pub(super) fn share_of_half(&self, layer: Layer, from: i64, to: i64) -> usize {
        let moments = || (from..to).step_by(10_000);
        let least = OperatingPoint::half(layer);
        moments().filter(|at| self.point_at(*at) >= least).count() * 100 / moments().count()
    }

    /// The longest time without a voice within a span, in milliseconds.
    pub(super) fn silence(&self, from: i64, to: i64) -> i64 {
        let mut heard: Vec<i64> = self.receiver.voices.clone();
        heard.sort_unstable();
        let inside = heard.iter().copied().filter(|at| (from..to).contains(at));
        let times: Vec<i64> = [from].into_iter().chain(inside).chain([to]).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap() / 1_000
    }

    /// What arrived within a span, in kilobits per second.
    pub(super) fn goodput(&self, from: i64, to: i64) -> i64 {
        let inside = self.receiver.bytes.iter().filter(|(at, _)| (from..to).contains(at));
        inside.map(|(_, bytes)| bytes).sum::<i64>() * 8_000 / (to - from)
    }
}
