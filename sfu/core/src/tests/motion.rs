//! Half of the frames of a picture where the line does not carry all: what is left can be decoded, and numbers run on.

use super::booth::{Booth, Encoder, Marks, check, check_since};
use crate::peer::Codec;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{Layer, PeerId, Slot};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(33);
/// Packets of a frame: 330 and 1,800 kbit/s over a line that is taken for 1,500.
const LIGHT: u8 = 10;
const HEAVY: u8 = 55;

/// What a camera's line does to packets: how many of a hundred come once they were asked for again, and how many are
/// overtaken.
#[derive(Debug, Clone, Copy)]
struct Harm {
    lost: u32,
    late: u32,
}

const NONE: Harm = Harm { lost: 0, late: 0 };

/// A camera on stage that sends its largest picture, and one who looks at it.
struct Hall {
    booth: Booth,
    encoder: Encoder,
    viewer: PeerId,
    chance: ChaCha20Rng,
}

impl Hall {
    fn new(codec: Codec, workers: usize) -> Self {
        let mut booth = Booth::with_workers(workers);
        let sender = booth.join(1, &[codec]);
        let viewer = booth.join(2, &[codec]);
        booth.stage(sender);
        let encoder = Encoder::new(&booth, sender, Layer::High, codec);
        Self { booth, encoder, viewer, chance: ChaCha20Rng::seed_from_u64(5) }
    }

    fn film(&mut self, parts: u8, seconds: u32, harm: Harm) {
        for _ in 0..seconds * 30 {
            for packet in self.encoder.frame(&self.booth, parts) {
                let after = match self.chance.random_range(0..100) {
                    which if which < harm.lost => Duration::from_millis(60),
                    which if which < harm.lost + harm.late => {
                        Duration::from_millis(self.chance.random_range(1..40))
                    }
                    _ => Duration::ZERO,
                };
                self.booth.send(self.encoder.peer, packet, after);
            }
            self.booth.run(FRAME);
            self.encoder.keyframe_due |= !self.booth.take_wanted(self.encoder.peer).is_empty();
        }
    }

    /// How many frames came in the last seconds, of each temporal layer.
    fn shown(&self, seconds: u64) -> [usize; 2] {
        let since = self.booth.now - Duration::from_secs(seconds);
        let received = self.booth.received(self.viewer, Slot::Programme);
        let first =
            received.iter().filter(|packet| packet.at >= since).map(|packet| Marks::read(&packet.payload));
        let mut frames = [0; 2];
        for marks in first.filter(|marks| marks.part == 0) {
            frames[usize::from(marks.temporal)] += 1;
        }
        frames
    }
}

#[test]
fn a_line_that_does_not_carry_all_frames_is_sent_half_and_then_all_again() {
    for (codec, workers) in [(Codec::Vp8, 1), (Codec::Vp9, 1), (Codec::Vp8, 2)] {
        let mut hall = Hall::new(codec, workers);
        hall.film(LIGHT, 3, NONE);
        let [lower, upper] = hall.shown(1);
        assert!(lower >= 14 && upper >= 14, "{codec:?}: {lower} and {upper}");
        hall.film(HEAVY, 12, NONE);
        let [lower, upper] = hall.shown(2);
        assert_eq!(upper, 0, "{codec:?}, {workers} workers");
        assert!(lower >= 29, "{codec:?}: {lower}");
        hall.film(LIGHT, 10, NONE);
        let [lower, upper] = hall.shown(2);
        assert!(lower >= 29 && upper >= 29, "{codec:?}: {lower} and {upper}");
        let checked = check(&hall.booth.received(hall.viewer, Slot::Programme));
        assert!(checked.frames > 500 && checked.switches == 0, "{codec:?}: {checked:?}");
        assert_eq!((checked.gaps, checked.broken), (0, 0), "{codec:?}: {checked:?}");
    }
}

#[test]
fn what_is_lost_and_late_of_what_is_left_out_breaks_nothing() {
    for codec in [Codec::Vp8, Codec::Vp9] {
        for harm in [Harm { lost: 3, late: 0 }, Harm { lost: 0, late: 10 }, Harm { lost: 2, late: 5 }] {
            let mut hall = Hall::new(codec, 1);
            hall.film(LIGHT, 3, harm);
            hall.film(HEAVY, 10, harm);
            let since = hall.booth.now;
            hall.film(HEAVY, 4, harm);
            hall.film(LIGHT, 1, NONE);
            let received = hall.booth.received(hall.viewer, Slot::Programme);
            let [lower, upper] = hall.shown(3);
            assert!(upper < lower, "{codec:?}, {harm:?}: {lower} and {upper} frames");
            let checked = check_since(&received, since);
            println!("{codec:?}, {harm:?}: {checked:?}, {lower} and {upper} frames in three seconds");
            // Of a frame that was wholly missing before it came nobody could know that it was to be left out.
            assert!(checked.frames >= 60, "{codec:?}, {harm:?}: {checked:?}");
            assert_eq!((checked.stray, checked.gaps), (0, 0), "{codec:?}, {harm:?}: {checked:?}");
        }
    }
}
