//! Any sequence of switches, rests and restarts over any line leaves each slot one stream that a decoder can follow.
//! `SIM_SEED` replays one seed; what must hold is in `booth::check`.

use super::booth::{Booth, Checked, Encoder, check, check_since};
use crate::peer::Codec;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{Demand, Layer, PeerId, Slot, Source, SourceKind};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(33);
const LAYERS: [Layer; 3] = [Layer::Low, Layer::Medium, Layer::High];
const VIDEO: [Codec; 4] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
/// Frames of a story: a minute.
const FRAMES: u32 = 1_800;
/// Frames at its end in which nothing is done and nothing lost.
const CALM: u32 = 150;

/// What a line does to a packet, in thousandths.
#[derive(Debug, Clone, Copy)]
struct Line {
    lost: u32,
    twice: u32,
    late: u32,
    /// Repairs that come, of a thousand asked for.
    repaired: u32,
}

const CLEAN: Line = Line { lost: 0, twice: 0, late: 0, repaired: 1_000 };

/// One camera in three encodings, as its encoder runs.
struct Camera {
    peer: PeerId,
    encoders: Vec<Encoder>,
    /// Until which frame it rests.
    rests_until: u32,
    was_active: [bool; 3],
}

struct Story {
    booth: Booth,
    cameras: Vec<Camera>,
    viewer: PeerId,
    rng: ChaCha20Rng,
}

impl Story {
    fn new(seed: u64, codecs: [Codec; 3]) -> Self {
        let mut booth = Booth::new();
        let cameras = (1..).zip(codecs).map(|(number, codec)| {
            let peer = booth.join(number, &[codec]);
            let encoder = |layer| Encoder::new(&booth, peer, layer, codec);
            let encoders = LAYERS.map(encoder).into();
            Camera { peer, encoders, rests_until: 0, was_active: [false; 3] }
        });
        let cameras: Vec<_> = cameras.collect();
        let viewer = booth.join(9, &VIDEO);
        booth.stage(cameras[0].peer);
        Self { booth, cameras, viewer, rng: ChaCha20Rng::seed_from_u64(seed) }
    }

    fn chance(&mut self, permille: u32) -> bool {
        self.rng.random_range(0..1_000) < permille
    }

    /// Something that somebody decides.
    fn decide(&mut self, frame: u32) {
        let which = self.rng.random_range(0..self.cameras.len());
        match self.rng.random_range(0..100) {
            0..4 => self.booth.stage(self.cameras[which].peer),
            4..8 => {
                let height = [0, 180, 360, 720][self.rng.random_range(0..4)];
                self.booth.look(self.viewer, height);
            }
            8..9 => self.cameras[which].rests_until = frame + self.rng.random_range(10..120),
            9..10 => {
                let layer = self.rng.random_range(0..3);
                self.cameras[which].encoders[layer].restart();
            }
            _ => {}
        }
    }

    /// One frame of everybody who is to send.
    fn film(&mut self, frame: u32, line: Line) {
        for which in 0..self.cameras.len() {
            let camera = &self.cameras[which];
            let source = Source { peer: camera.peer, kind: SourceKind::Camera };
            let demand = self.booth.demanded.get(&source).copied().unwrap_or(Demand::Paused);
            for (place, layer) in LAYERS.into_iter().enumerate() {
                let wanted = matches!(demand, Demand::UpTo(highest) if layer <= highest);
                let camera = &mut self.cameras[which];
                let active = wanted && camera.rests_until <= frame;
                let encoder = &mut camera.encoders[place];
                encoder.keyframe_due |= active && !camera.was_active[place];
                camera.was_active[place] = active;
                if active {
                    let parts = self.rng.random_range(1..5);
                    let packets = encoder.frame(&self.booth, parts);
                    self.send(self.cameras[which].peer, packets, line);
                }
            }
        }
    }

    fn send(&mut self, peer: PeerId, packets: Vec<Vec<u8>>, line: Line) {
        for packet in packets {
            if self.chance(line.lost) {
                continue;
            }
            let late = if self.chance(line.late) { self.rng.random_range(0..40_000) } else { 0 };
            let copies = if self.chance(line.twice) { 2 } else { 1 };
            for _ in 0..copies {
                self.booth.send(peer, packet.clone(), Duration::from_micros(late));
            }
        }
    }

    /// Does what the engine asks of the cameras.
    fn answer(&mut self, line: Line) {
        for which in 0..self.cameras.len() {
            let peer = self.cameras[which].peer;
            let wanted = self.booth.take_wanted(peer);
            for encoder in &mut self.cameras[which].encoders {
                encoder.keyframe_due |= wanted.contains(&encoder.ssrc);
            }
            for (ssrc, number) in self.booth.take_missed(peer) {
                let encoders = &self.cameras[which].encoders;
                let again = encoders.iter().find_map(|encoder| encoder.again(ssrc, number));
                let after = Duration::from_millis(self.rng.random_range(5..60));
                if let Some(packet) = again.filter(|_| self.rng.random_range(0..1_000) < line.repaired) {
                    self.booth.send(peer, packet, after);
                }
            }
        }
    }

    /// Plays all of it; gives what the viewer saw, and what it saw once all was calm.
    fn play(mut self, line: Line) -> (Checked, Checked) {
        let mut calm_from = self.booth.now;
        for frame in 0..FRAMES {
            let calm = frame + CALM >= FRAMES;
            if frame + CALM == FRAMES {
                let shown = self.cameras[0].peer;
                self.booth.stage(self.cameras[1].peer);
                self.booth.run(FRAME);
                self.booth.stage(shown);
                self.booth.look(self.viewer, 720);
            } else if !calm {
                self.decide(frame);
            }
            if frame + CALM / 2 == FRAMES {
                calm_from = self.booth.now;
            }
            let line = if calm { CLEAN } else { line };
            self.film(if calm { u32::MAX } else { frame }, line);
            self.booth.run(FRAME);
            self.answer(line);
        }
        let received = self.booth.received(self.viewer, Slot::Programme);
        (check(&received), check_since(&received, calm_from))
    }
}

/// Plays some seeds of each mix of codecs.
fn play(line: Line, holds: impl Fn(Checked, Checked, &str)) {
    let replayed = std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = replayed.map_or(vec![1_u64, 4], |seed| vec![seed]);
    let [vp8, vp9, h264, av1] = VIDEO;
    for codecs in [[vp8; 3], [vp9; 3], [h264; 3], [av1; 3], [vp8, vp9, av1]] {
        for seed in &seeds {
            let told = format!("{codecs:?} SIM_SEED={seed}");
            println!("{told}");
            let (all, calm) = Story::new(*seed, codecs).play(line);
            println!("{all:?}, calm {calm:?}");
            assert!(all.switches >= 20 && all.frames >= 500, "little happened: {all:?}, {told}");
            // The picture may rest for a keyframe, but then it runs.
            assert!(calm.frames >= 60 && calm.gaps == 0 && calm.broken <= 1, "{calm:?}, {told}");
            holds(all, calm, &told);
        }
    }
}

#[test]
fn a_clean_line_shows_every_frame() {
    play(CLEAN, |all, _, told| {
        assert_eq!(all.gaps, 0, "{told}");
        assert_eq!(all.stray, 0, "frames were broken that no switch cut: {told}");
    });
}

#[test]
fn what_is_overtaken_comes_twice_or_is_repaired_breaks_nothing() {
    play(Line { lost: 30, twice: 20, late: 100, repaired: 1_000 }, |all, _, told| {
        assert_eq!(all.stray, 0, "frames were broken that no switch cut: {all:?} {told}");
    });
}

#[test]
fn what_is_lost_for_good_breaks_its_frames_and_no_numbering() {
    play(Line { lost: 60, twice: 20, late: 200, repaired: 400 }, |all, _, told| {
        assert!(all.gaps > 0, "nothing was lost: {told}");
    });
}
