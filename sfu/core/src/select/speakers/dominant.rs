//! Who leads: the method of Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing" (2013).
//! A voice is scored over three lengths, a frame, a tenth of a second and a second, by how much likelier its activity is
//! from speech than from noise; a challenger leads when it outdoes the leader over all three. Where the paper counts
//! active parts of the spectrum we have a level (RFC 6464), which is counted in steps.

use std::time::{Duration, Instant};

/// The shortest length: one packet of audio.
const FRAME: Duration = Duration::from_millis(20);
/// Frames of a medium length, and mediums of a long one.
const MEDIUM_FRAMES: u8 = 5;
const LONG_MEDIUMS: u8 = 10;
const FRAMES: usize = MEDIUM_FRAMES as usize * LONG_MEDIUMS as usize;
/// Levels below this (dB below overload) are noise; above, every four decibels are a step, up to thirteen.
const NOISE_LEVEL: u8 = 65;
const STEP_DECIBELS: u8 = 4;
const STEPS: u8 = 13;
/// A frame of at least so many steps is active: an ordinary voice, 50 dB below overload.
const ACTIVE_STEPS: u8 = 4;
/// A medium length with at least so many active frames is active.
const ACTIVE_FRAMES: u8 = 3;
/// Who leads has spoken for this many mediums: while nobody leads, any cough would outdo the silence.
const LEAD_MEDIUMS: u8 = 4;
/// How fast the likelihood of noise falls with activity, over each length (the paper's lambdas).
const NOISE_DECAY: [f64; 3] = [0.78, 24.0, 47.0];
/// By how much a challenger outdoes the leader over each length, as a logarithm (the paper's C1 to C3).
const MARGINS: [f64; 3] = [3.0, 2.0, 0.0];
/// What a score is at least, so that scores have ratios.
const SCORE_MIN: f64 = 1e-10;

const _: () = assert!(LONG_MEDIUMS >= LEAD_MEDIUMS, "somebody can lead");

/// What one voice did within the last second.
#[derive(Debug)]
pub(super) struct Activity {
    /// Steps of each frame, in a ring; `latest` is when the newest began.
    steps: [u8; FRAMES],
    newest: usize,
    latest: Instant,
}

/// A voice's scores over the three lengths, shortest first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scores {
    scores: [f64; 3],
    /// What the first and the last were made of.
    steps: u8,
    long: u8,
}

impl Activity {
    /// A voice that was silent until now.
    pub(super) fn new(now: Instant) -> Self {
        Self { steps: [0; FRAMES], newest: 0, latest: now }
    }

    /// Takes the level of a packet.
    pub(super) fn record(&mut self, now: Instant, level: u8) {
        self.advance(now);
        let steps = (NOISE_LEVEL.saturating_sub(level) / STEP_DECIBELS).min(STEPS);
        if let Some(newest) = self.steps.get_mut(self.newest) {
            *newest = steps.max(*newest);
        }
    }

    /// What it amounts to now. Time without packets is silence.
    pub(super) fn scores(&mut self, now: Instant) -> Scores {
        self.advance(now);
        let oldest_first = self.steps.iter().cycle().skip(self.newest + 1).take(FRAMES);
        let (mut mediums, mut active) = ([0_u8; LONG_MEDIUMS as usize], 0);
        for (place, steps) in oldest_first.enumerate() {
            if let Some(medium) = mediums.get_mut(place / usize::from(MEDIUM_FRAMES)) {
                *medium += u8::from(*steps >= ACTIVE_STEPS);
            }
        }
        for medium in mediums {
            active += u8::from(medium >= ACTIVE_FRAMES);
        }
        // The newest tenth of a second makes the shorter scores. Its loudest frame stands for the shortest: which frame is
        // the very last depends on how packets came.
        let loudest = (0..usize::from(MEDIUM_FRAMES))
            .filter_map(|back| self.steps.get((self.newest + FRAMES - back) % FRAMES))
            .max();
        let steps = loudest.copied().unwrap_or_default();
        let [short, medium, long] = NOISE_DECAY;
        let newest = mediums.last().copied().unwrap_or_default();
        let scores = [
            score(steps, STEPS, short),
            score(newest, MEDIUM_FRAMES, medium),
            score(active, LONG_MEDIUMS, long),
        ];
        Scores { scores, steps, long: active }
    }

    /// Lets frames pass, all silent.
    fn advance(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.latest).as_millis() / FRAME.as_millis();
        for _ in 0..passed.min(FRAMES as u128) {
            self.newest = (self.newest + 1) % FRAMES;
            if let Some(newest) = self.steps.get_mut(self.newest) {
                *newest = 0;
            }
        }
        self.latest += FRAME * u32::try_from(passed).unwrap_or(u32::MAX);
    }
}

impl Scores {
    /// Whether a voice may lead where nobody does.
    pub(super) fn may_lead(&self) -> bool {
        self.long >= LEAD_MEDIUMS
    }

    /// Whether it outdoes a leader's over every length.
    pub(super) fn outdo(&self, leader: &Self) -> bool {
        let pairs = self.scores.iter().zip(&leader.scores).zip(MARGINS);
        self.may_lead() && pairs.into_iter().all(|((own, theirs), margin)| (own / theirs).ln() > margin)
    }

    /// What the best challenger is chosen by: the medium length, then loudness.
    pub(super) fn rank(&self) -> (f64, u8) {
        let [_, medium, _] = self.scores;
        (medium, self.steps)
    }
}

/// How much likelier so many active parts of `all` are from speech, where each is active or not with equal odds, than
/// from noise, whose likelihood falls by `decay`; a logarithm, but never below [`SCORE_MIN`].
fn score(active: u8, all: u8, decay: f64) -> f64 {
    let ways: f64 = (1..=active).map(|part| (f64::from(all - part + 1) / f64::from(part)).ln()).sum();
    let speech = ways - f64::from(all) * std::f64::consts::LN_2;
    (speech - decay.ln() + decay * f64::from(active)).max(SCORE_MIN)
}
