//! A keyframe whose first packet comes after others of it, overtaken or repaired, begins the picture all the same.

use super::booth::{Booth, Encoder, check};
use crate::peer::Codec;
use sfu_control::{Layer, PeerId, Slot};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(33);
const MILLISECOND: Duration = Duration::from_millis(1);
const CODECS: [Codec; 4] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

/// A sender on stage, not yet heard, and a viewer who waits for it.
fn waiting(codec: Codec) -> (Booth, PeerId, Encoder) {
    let mut booth = Booth::new();
    let (sender, viewer) = (booth.join(1, &[codec]), booth.join(2, &[codec]));
    booth.look(viewer, 180);
    booth.stage(sender);
    let encoder = Encoder::new(&booth, sender, Layer::Low, codec);
    (booth, viewer, encoder)
}

/// Sends so many frames, one after the other.
fn frames(booth: &mut Booth, encoder: &mut Encoder, count: usize) {
    for _ in 0..count {
        for packet in encoder.frame(booth, 3) {
            booth.send(encoder.peer, packet, Duration::ZERO);
        }
        booth.run(FRAME);
    }
}

/// A viewer who comes when no keyframe is kept any more, and the packets of the keyframe that is made for it.
fn newcomer(booth: &mut Booth, encoder: &mut Encoder) -> (PeerId, Vec<Vec<u8>>) {
    frames(booth, encoder, 80);
    booth.take_wanted(encoder.peer);
    let viewer = booth.join(3, &[encoder.codec]);
    booth.look(viewer, 180);
    booth.run(FRAME);
    encoder.keyframe_due = booth.take_wanted(encoder.peer).contains(&encoder.ssrc);
    assert!(encoder.keyframe_due, "nobody asked for a keyframe");
    let keyframe = encoder.frame(booth, 5);
    (viewer, keyframe)
}

#[test]
fn a_first_packet_that_is_overtaken_loses_nothing() {
    for codec in CODECS {
        for behind in 1..=4 {
            let (mut booth, viewer, mut encoder) = waiting(codec);
            for (place, packet) in (0..).zip(encoder.frame(&booth, 5)) {
                let after = if place == 0 { MILLISECOND * behind } else { MILLISECOND * place };
                booth.send(encoder.peer, packet, after);
            }
            booth.run(FRAME);
            frames(&mut booth, &mut encoder, 20);
            let seen = check(&booth.received(viewer, Slot::Programme));
            assert_eq!((seen.frames, seen.gaps, seen.broken), (21, 0, 0), "{codec:?} behind {behind}");
        }
    }
}

#[test]
fn a_first_packet_that_is_repaired_begins_the_picture() {
    for codec in CODECS {
        let (mut booth, _, mut encoder) = waiting(codec);
        let (viewer, keyframe) = newcomer(&mut booth, &mut encoder);
        let lost = u16::from_be_bytes([keyframe[0][2], keyframe[0][3]]);
        for packet in &keyframe[1..] {
            booth.send(encoder.peer, packet.clone(), Duration::ZERO);
        }
        booth.run(FRAME);
        assert_eq!(booth.take_missed(encoder.peer), [(encoder.ssrc, lost)]);
        frames(&mut booth, &mut encoder, 2);
        assert_eq!(booth.received(viewer, Slot::Programme), []);
        // The engine's answer comes fifty milliseconds after the loss, behind two further frames.
        booth.send(encoder.peer, keyframe[0].clone(), MILLISECOND * 17);
        frames(&mut booth, &mut encoder, 20);
        let seen = check(&booth.received(viewer, Slot::Programme));
        assert_eq!((seen.frames, seen.gaps, seen.broken), (23, 0, 0), "{codec:?}");
    }
}

#[test]
fn how_many_packets_come_together_makes_no_difference() {
    let run = |together| {
        let (mut booth, _, mut encoder) = waiting(Codec::Vp8);
        let (viewer, keyframe) = newcomer(&mut booth, &mut encoder);
        booth.together = together;
        // The first packet in the middle of its frame, one twice, and the next frame at the same moment.
        booth.run(FRAME);
        let next = encoder.frame(&booth, 3);
        for packet in [1, 2, 0, 3, 3, 4].map(|place| &keyframe[place]).into_iter().chain(&next) {
            booth.send(encoder.peer, packet.clone(), Duration::ZERO);
        }
        booth.run(FRAME);
        frames(&mut booth, &mut encoder, 5);
        let received = booth.received(viewer, Slot::Programme);
        assert_eq!(check(&received).frames, 7);
        received.into_iter().map(|got| (got.seq, got.time, got.marker, got.payload)).collect::<Vec<_>>()
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn a_picture_goes_on_until_its_last_packet() {
    for codec in CODECS {
        let (mut booth, _, mut encoder) = waiting(codec);
        for parts in [1, 3] {
            let frame = encoder.frame(&booth, parts);
            let amid: Vec<_> =
                frame.iter().map(|packet| booth.is_amid_picture(encoder.peer, packet)).collect();
            assert_eq!(amid, (1..=parts).map(|part| part < parts).collect::<Vec<_>>(), "{codec:?}");
        }
    }
}

#[test]
fn a_switch_in_the_middle_of_a_batch_takes_nothing_from_others() {
    let (mut booth, first, mut low) = waiting(Codec::Vp8);
    let others = [3, 4].map(|number| booth.join(number, &[Codec::Vp8]));
    others.iter().for_each(|other| booth.look(*other, 180));
    // Somebody is shown the larger picture all the time, so that it flows.
    let large = booth.join(5, &[Codec::Vp8]);
    booth.look(large, 360);
    let mut medium = Encoder::new(&booth, low.peer, Layer::Medium, Codec::Vp8);
    booth.together = true;
    // After more frames than are shown again to who comes late, the first viewer climbs with the next keyframe, which
    // arrives together with a frame of what it leaves and the others are shown.
    for frame in 0..110 {
        if frame == 100 {
            booth.look(first, 360);
            medium.keyframe_due = true;
        }
        for packet in low.frame(&booth, 1).into_iter().chain(medium.frame(&booth, 1)) {
            booth.send(low.peer, packet, Duration::ZERO);
        }
        booth.run(FRAME);
    }
    assert_eq!(check(&booth.received(first, Slot::Programme)).switches, 1);
    for other in others {
        let seen = check(&booth.received(other, Slot::Programme));
        assert_eq!((seen.frames, seen.gaps), (110, 0), "{other:?} lost what another switched from");
    }
}

#[test]
fn a_beginning_that_lies_too_far_back_is_asked_for_anew() {
    let (mut booth, _, mut encoder) = waiting(Codec::Vp8);
    let (viewer, keyframe) = newcomer(&mut booth, &mut encoder);
    for packet in &keyframe[1..] {
        booth.send(encoder.peer, packet.clone(), Duration::ZERO);
    }
    // Two hundred packets later nobody wants to run through them all.
    for _ in 0..200 {
        let packet = encoder.frame(&booth, 1).remove(0);
        booth.send(encoder.peer, packet, Duration::ZERO);
        booth.run(MILLISECOND * 4);
    }
    booth.take_wanted(encoder.peer);
    booth.send(encoder.peer, keyframe[0].clone(), Duration::ZERO);
    booth.run(Duration::from_secs(1));
    assert_eq!(booth.received(viewer, Slot::Programme), []);
    assert_eq!(booth.take_wanted(encoder.peer), [encoder.ssrc]);
}

#[test]
fn a_layer_that_resumes_without_its_first_packet_is_asked_for_a_keyframe() {
    let (mut booth, viewer, mut encoder) = waiting(Codec::Vp8);
    frames(&mut booth, &mut encoder, 10);
    booth.look(viewer, 0);
    booth.run(Duration::from_secs(4));
    booth.look(viewer, 180);
    // It is waited for, asked for in vain, and comes back long after.
    booth.run(Duration::from_secs(4));
    booth.take_wanted(encoder.peer);
    encoder.keyframe_due = true;
    let keyframe = encoder.frame(&booth, 3);
    for packet in &keyframe[1..] {
        booth.send(encoder.peer, packet.clone(), Duration::ZERO);
    }
    booth.run(FRAME);
    assert_eq!(booth.take_wanted(encoder.peer), [encoder.ssrc], "nobody asked for a keyframe");
}
