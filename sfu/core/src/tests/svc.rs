//! VP9 and AV1 in layers on one stream: each viewer is shown as many as he looks at and his line carries, and what he gets
//! is a stream that needs nothing he did not get.

mod camera;

use super::booth::{Booth, Marks};
use crate::peer::Codec;
use camera::{Coding, Encoder, LAYERS, Mode, codings, pictures};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{PeerId, Slot};
use std::collections::BTreeSet;
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(33);
/// VP9 in layers of size alone.
const VP9_FULL: Coding = Coding { codec: Codec::Vp9, mode: Mode::Full, temporal: 1 };
const VP9_KEY: Coding = Coding { codec: Codec::Vp9, mode: Mode::Key, temporal: 1 };
const AV1_FULL: Coding = Coding { codec: Codec::Av1, ..VP9_FULL };
const AV1_KEY: Coding = Coding { codec: Codec::Av1, ..VP9_KEY };

/// A camera on stage, and viewers who look at it at these heights.
fn hall(coding: Coding, heights: &[u16]) -> (Booth, Encoder, Vec<PeerId>) {
    hall_of(Booth::new(), coding, heights)
}

fn hall_of(mut booth: Booth, coding: Coding, heights: &[u16]) -> (Booth, Encoder, Vec<PeerId>) {
    let sender = booth.join_with_one_encoding(1, &[coding.codec]);
    let join = |(number, height): (u32, &u16)| {
        let viewer = booth.join(number, &[coding.codec]);
        booth.look(viewer, *height);
        viewer
    };
    let viewers = (2..).zip(heights).map(join).collect();
    booth.stage(sender);
    (booth, Encoder::new(sender, coding), viewers)
}

/// Sends pictures in so many layers for a while, answering what is asked.
fn film(booth: &mut Booth, encoder: &mut Encoder, layers: u8, seconds: u32) {
    for _ in 0..seconds * 30 {
        for packet in encoder.picture(booth, layers) {
            booth.send(encoder.peer, packet, Duration::ZERO);
        }
        booth.run(FRAME);
        encoder.keyframe_due |= !booth.take_wanted(encoder.peer).is_empty();
    }
}

fn seen(booth: &Booth, viewer: PeerId, encoder: &Encoder, since: u32) -> Vec<(u32, u8)> {
    pictures(encoder.coding, &booth.received(viewer, Slot::Programme), since)
}

#[test]
fn each_viewer_is_shown_what_he_looks_at() {
    for coding in codings() {
        let (mut booth, mut encoder, viewers) = hall(coding, &[180, 360, 720]);
        film(&mut booth, &mut encoder, LAYERS, 4);
        for (layer, viewer) in (0..).zip(&viewers) {
            let seen = seen(&booth, *viewer, &encoder, 60);
            assert_eq!(seen.len(), 60, "{coding:?}: a picture is missing");
            assert!(seen.iter().all(|(_, top)| *top == layer), "{coding:?}: {seen:?} instead of {layer}");
        }
    }
}

#[test]
fn viewers_of_another_worker_are_shown_what_they_look_at() {
    // The camera is at one worker, the second of the viewers beside it and the others at the other.
    let (mut booth, mut encoder, viewers) = hall_of(Booth::with_workers(2), VP9_KEY, &[180, 360, 720]);
    film(&mut booth, &mut encoder, LAYERS, 4);
    booth.look(viewers[0], 720);
    film(&mut booth, &mut encoder, LAYERS, 3);
    for (layer, viewer) in [2, 1, 2].into_iter().zip(&viewers) {
        let seen = seen(&booth, *viewer, &encoder, 160);
        assert_eq!(seen.len(), 50, "a picture is missing");
        assert!(seen.iter().all(|(_, top)| *top == layer), "{seen:?} instead of {layer}");
    }
}

#[test]
fn falling_is_at_once_and_climbing_costs_a_keyframe() {
    for coding in codings() {
        let (mut booth, mut encoder, viewers) = hall(coding, &[720]);
        film(&mut booth, &mut encoder, LAYERS, 3);
        booth.look(viewers[0], 180);
        let fell = encoder.picture;
        film(&mut booth, &mut encoder, LAYERS, 3);
        assert!(seen(&booth, viewers[0], &encoder, fell).iter().all(|(_, top)| *top == 0), "{coding:?}");
        for (height, layer) in [(360, 1), (720, 2)] {
            booth.look(viewers[0], height);
            let asked = encoder.picture;
            film(&mut booth, &mut encoder, LAYERS, 3);
            let seen = seen(&booth, viewers[0], &encoder, asked);
            assert_eq!(seen.len(), 90, "{coding:?}");
            let climbed = seen.iter().position(|(_, top)| *top == layer).expect("it climbed");
            assert!(climbed <= 32, "{coding:?}: after {climbed} pictures");
            assert!(seen[climbed..].iter().all(|(_, top)| *top == layer), "{coding:?}: {seen:?}");
        }
    }
}

#[test]
fn what_the_line_does_not_carry_is_left_out() {
    let (mut booth, mut encoder, viewers) = hall(VP9_KEY, &[720]);
    // 100, 430 and 2,900 kbit/s in sum over a line that is taken for 1,500.
    encoder.frames = [(1, 400), (2, 700), (9, 1_150)];
    film(&mut booth, &mut encoder, LAYERS, 10);
    let seen = seen(&booth, viewers[0], &encoder, 150);
    assert_eq!(seen.len(), 150);
    assert!(seen.iter().all(|(_, top)| *top == 1), "{seen:?}");
}

#[test]
fn a_larger_picture_at_half_its_frames_comes_before_a_smaller_one() {
    for coding in codings().filter(|coding| coding.temporal == 2) {
        let (mut booth, mut encoder, viewers) = hall(coding, &[720]);
        // 100, 430 and 1,800 kbit/s in sum, of which a line that is taken for 1,500 carries half the frames.
        encoder.frames = [(1, 400), (2, 700), (5, 1_150)];
        film(&mut booth, &mut encoder, LAYERS, 10);
        let seen = seen(&booth, viewers[0], &encoder, 150);
        assert_eq!(seen.len(), 75, "{coding:?}");
        assert!(seen.iter().all(|(_, top)| *top == 2), "{coding:?}: {seen:?}");
        encoder.frames[2] = (1, 1_150);
        let before = encoder.picture;
        film(&mut booth, &mut encoder, LAYERS, 8);
        let again = self::seen(&booth, viewers[0], &encoder, before + 150);
        assert_eq!(again.len(), 90, "{coding:?}");
        assert!(again.iter().all(|(_, top)| *top == 2), "{coding:?}: {again:?}");
    }
}

#[test]
fn a_layer_that_its_sender_gives_up_is_not_missed_and_is_taken_up_again() {
    for coding in codings() {
        let (mut booth, mut encoder, viewers) = hall(coding, &[720, 360]);
        film(&mut booth, &mut encoder, LAYERS, 3);
        let gave_up = encoder.picture;
        film(&mut booth, &mut encoder, 2, 4);
        for viewer in &viewers {
            let seen = seen(&booth, *viewer, &encoder, gave_up);
            assert_eq!(seen.len(), 120, "{coding:?}");
            assert!(seen.iter().all(|(_, top)| *top == 1), "{coding:?}: {seen:?}");
        }
        encoder.keyframe_due = true;
        let again = encoder.picture;
        film(&mut booth, &mut encoder, LAYERS, 3);
        assert!(
            seen(&booth, viewers[0], &encoder, again + 45).iter().all(|(_, top)| *top == 2),
            "{coding:?}"
        );
        assert!(seen(&booth, viewers[1], &encoder, again).iter().all(|(_, top)| *top == 1), "{coding:?}");
    }
}

/// Sends pictures of which packets above the lowest layer are lost or late, each of a few.
fn film_badly(booth: &mut Booth, encoder: &mut Encoder, seconds: u32, late: Option<Duration>) {
    let mut chance = ChaCha20Rng::seed_from_u64(7);
    for _ in 0..seconds * 30 {
        for packet in encoder.picture(booth, LAYERS) {
            let harmed = Marks::read(&packet).spatial > 0 && chance.random_range(0..100) < 15;
            match late.filter(|_| harmed) {
                _ if !harmed => booth.send(encoder.peer, packet, Duration::ZERO),
                Some(late) => booth.send(encoder.peer, packet, late),
                None => {}
            }
        }
        booth.run(FRAME);
        encoder.keyframe_due |= !booth.take_wanted(encoder.peer).is_empty();
    }
}

#[test]
fn what_is_lost_or_late_above_the_ceiling_is_not_missed_below_it() {
    let lates = [None, Some(Duration::from_millis(3)), Some(Duration::from_millis(80))];
    for (late, coding) in lates.into_iter().flat_map(|late| [(late, VP9_FULL), (late, AV1_FULL)]) {
        let (mut booth, mut encoder, viewers) = hall(coding, &[180]);
        film(&mut booth, &mut encoder, LAYERS, 2);
        film_badly(&mut booth, &mut encoder, 4, late);
        let seen = seen(&booth, viewers[0], &encoder, 30);
        assert_eq!(seen.len(), 150, "{coding:?}, {late:?}");
        assert!(seen.iter().all(|(_, top)| *top == 0), "{coding:?}, {late:?}");
    }
}

#[test]
fn no_number_is_used_twice_however_the_ceiling_moves_over_a_bad_line() {
    let lates = [3, 50, 120].map(Duration::from_millis);
    for (late, coding) in lates.into_iter().flat_map(|late| [(late, VP9_KEY), (late, AV1_KEY)]) {
        let (mut booth, mut encoder, viewers) = hall(coding, &[720]);
        film(&mut booth, &mut encoder, LAYERS, 2);
        for height in [180, 720, 360, 720, 180, 360, 720] {
            booth.look(viewers[0], height);
            // A number that is used twice is refused by who opens it.
            film_badly(&mut booth, &mut encoder, 3, Some(late));
        }
        let received = booth.received(viewers[0], Slot::Programme);
        let numbers: BTreeSet<u16> = received.iter().map(|packet| packet.seq).collect();
        assert_eq!(numbers.len(), received.len(), "{coding:?}, {late:?}");
        let top = received.iter().rev().take(40).map(|packet| Marks::read(&packet.payload).spatial).max();
        assert_eq!(top, Some(2), "{coding:?}, {late:?}: it did not climb");
    }
}

#[test]
fn another_camera_is_repaired_like_the_first() {
    let (mut booth, mut first, viewers) = hall(VP9_KEY, &[720]);
    let other = booth.join_with_one_encoding(8, &[Codec::Vp9]);
    let mut second = Encoder::new(other, VP9_KEY);
    second.seq = 100;
    film(&mut booth, &mut first, LAYERS, 2);
    // It climbs once more, at numbers far beyond those of the other camera.
    for height in [180, 720] {
        booth.look(viewers[0], height);
        film(&mut booth, &mut first, LAYERS, 3);
    }
    booth.stage(other);
    film_badly(&mut booth, &mut second, 3, Some(Duration::from_millis(50)));
    film(&mut booth, &mut second, LAYERS, 1);
    let mut received = booth.received(viewers[0], Slot::Programme);
    received.retain(|packet| Marks::read(&packet.payload).sender == 8);
    received.sort_by_key(|packet| packet.seq);
    let seen = pictures(VP9_KEY, &received, 0);
    assert_eq!(seen.len(), 120);
    assert!(seen.iter().all(|(_, top)| *top == 2), "{seen:?}");
}

#[test]
fn a_newcomer_is_shown_the_kept_keyframe_in_his_own_size() {
    let (mut booth, mut encoder, _) = hall(VP9_FULL, &[720]);
    film(&mut booth, &mut encoder, LAYERS, 3);
    encoder.keyframe_due = true;
    for _ in 0..6 {
        for packet in encoder.picture(&booth, LAYERS) {
            booth.send(encoder.peer, packet, Duration::ZERO);
        }
        booth.run(FRAME);
    }
    let newcomer = booth.join(9, &[Codec::Vp9]);
    booth.look(newcomer, 360);
    booth.run(Duration::from_millis(5));
    let shown = seen(&booth, newcomer, &encoder, 0);
    assert_eq!(shown.len(), 6, "{shown:?}");
    film(&mut booth, &mut encoder, LAYERS, 2);
    assert!(seen(&booth, newcomer, &encoder, 96).iter().all(|(_, top)| *top == 1));
}
