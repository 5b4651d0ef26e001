//! VP9 in spatial layers on one stream: each viewer is shown as many as he looks at and his line carries, and what he gets
//! is a stream that needs nothing he did not get.

use super::booth::{Booth, Marks, Received};
use crate::peer::Codec;
use crate::rtp::{Fixed, Form, HeaderWriter, Ssrc};
use crate::units::MediaTime;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use sfu_control::{PeerId, Slot, SourceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(33);
const SSRC: u32 = 0x5EC0_0001;
const LAYERS: u8 = 3;

/// What frames that are no keyframe's are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// L3T1: their own past and the layer below.
    Full,
    /// L3T1_KEY: their own past.
    Key,
}

/// A camera that encodes three sizes into one stream.
struct Encoder {
    peer: PeerId,
    mode: Mode,
    seq: u16,
    picture: u32,
    keyframe: u32,
    keyframe_due: bool,
    /// Packets and bytes of a layer's frame.
    frames: [(u8, usize); LAYERS as usize],
    sent: BTreeMap<u16, Vec<u8>>,
}

impl Encoder {
    fn new(peer: PeerId, mode: Mode) -> Self {
        let frames = [(1, 200), (2, 300), (3, 400)];
        let (seq, sent) = (65_500, BTreeMap::new());
        Self { peer, mode, seq, picture: 0, keyframe: 0, keyframe_due: true, frames, sent }
    }

    /// The packets of the next picture, in layers below `layers`.
    fn picture(&mut self, booth: &Booth, layers: u8) -> Vec<Vec<u8>> {
        self.picture += 1;
        self.keyframe = if std::mem::take(&mut self.keyframe_due) { 0 } else { self.keyframe + 1 };
        let mut packets = Vec::new();
        for spatial in 0..layers {
            let (parts, bytes) = self.frames[usize::from(spatial)];
            for part in 0..parts {
                let marks = Marks {
                    sender: u32::try_from(self.peer.number()).unwrap(),
                    layer: 0,
                    picture: self.picture,
                    keyframe: self.keyframe,
                    part,
                    parts,
                    spatial,
                    temporal: 0,
                };
                packets.push(self.packet(booth, &marks, layers, bytes));
            }
        }
        packets
    }

    fn packet(&mut self, booth: &Booth, marks: &Marks, layers: u8, bytes: usize) -> Vec<u8> {
        let agreement = booth.agreement(self.peer);
        let line = agreement.sources.iter().find(|line| line.kind == SourceKind::Camera).unwrap();
        let vp9 = agreement.formats.iter().find(|offered| offered.format.codec == Codec::Vp9).unwrap();
        self.seq = self.seq.wrapping_add(1);
        let ends = marks.part + 1 == marks.parts;
        let fixed = Fixed {
            payload_type: vp9.payload_type,
            marker: ends && marks.spatial + 1 == layers,
            sequence: self.seq,
            time: MediaTime::new(self.picture * 2_970),
            ssrc: Ssrc::new(SSRC + u32::try_from(self.peer.number()).unwrap()),
        };
        let inter = !marks.is_keyframe();
        let below = marks.spatial > 0 && (self.mode == Mode::Full || !inter);
        let [high, low] = u16::try_from(self.picture).unwrap().to_be_bytes();
        let flags = 0xA0 | u8::from(inter) << 6 | u8::from(marks.part == 0) << 3 | u8::from(ends) << 2;
        // A keyframe tells how many layers there are.
        let told = !inter && marks.spatial == 0 && marks.part == 0;
        let mut head =
            vec![flags | u8::from(told) << 1, high | 0x80, low, marks.spatial << 1 | u8::from(below), 0];
        head.extend(told.then_some((layers - 1) << 5));
        head.push(0x77);
        let mut packet = Vec::new();
        let mut header = HeaderWriter::begin(&mut packet, &fixed, Form::OneByte);
        header.element(agreement.extensions.mid, line.mid.as_bytes());
        header.finish();
        packet.extend_from_slice(&marks.paint(head, bytes));
        self.sent.insert(self.seq, packet.clone());
        packet
    }
}

/// A camera on stage, and viewers who look at it at these heights.
fn hall(mode: Mode, heights: &[u16]) -> (Booth, Encoder, Vec<PeerId>) {
    hall_of(Booth::new(), mode, heights)
}

fn hall_of(mut booth: Booth, mode: Mode, heights: &[u16]) -> (Booth, Encoder, Vec<PeerId>) {
    let sender = booth.join_with_one_encoding(1, &[Codec::Vp9]);
    let join = |(number, height): (u32, &u16)| {
        let viewer = booth.join(number, &[Codec::Vp9]);
        booth.look(viewer, *height);
        viewer
    };
    let viewers = (2..).zip(heights).map(join).collect();
    booth.stage(sender);
    (booth, Encoder::new(sender, mode), viewers)
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

/// The pictures that came since one, with the highest layer of each. Panics when one needs what did not come.
fn pictures(mode: Mode, received: &[Received], since: u32) -> Vec<(u32, u8)> {
    let packets: Vec<_> = received.iter().map(|packet| (packet, Marks::read(&packet.payload))).collect();
    let mut decoded: BTreeSet<(u32, u8)> = BTreeSet::new();
    let mut seen = Vec::new();
    for pair in packets.windows(2) {
        assert_eq!(pair[1].0.seq, pair[0].0.seq.wrapping_add(1), "{:?} then {:?}", pair[0].1, pair[1].1);
    }
    for picture in packets.chunk_by(|one, other| one.0.time == other.0.time) {
        let number = picture[0].1.picture;
        assert!(picture.iter().all(|(_, marks)| marks.picture == number));
        for frame in picture.chunk_by(|one, other| one.1.spatial == other.1.spatial) {
            let marks = frame[0].1;
            let parts: Vec<_> = frame.iter().map(|(_, marks)| marks.part).collect();
            assert_eq!(parts, (0..marks.parts).collect::<Vec<_>>(), "{marks:?} is not whole");
            let layer = marks.spatial;
            let past = marks.is_keyframe() || decoded.contains(&(number - 1, layer));
            let based = mode == Mode::Full || marks.is_keyframe();
            let below = layer == 0 || !based || decoded.contains(&(number, layer - 1));
            assert!(past && below, "{marks:?} needs what did not come");
            decoded.insert((number, layer));
        }
        let markers: Vec<_> = picture.iter().map(|(packet, _)| packet.marker).collect();
        let (last, others) = markers.split_last().unwrap();
        assert!(*last && !others.contains(&true), "picture {number} is marked {markers:?}");
        if number > since {
            seen.push((number, picture.last().unwrap().1.spatial));
        }
    }
    seen
}

fn seen(booth: &Booth, viewer: PeerId, encoder: &Encoder, since: u32) -> Vec<(u32, u8)> {
    pictures(encoder.mode, &booth.received(viewer, Slot::Programme), since)
}

#[test]
fn each_viewer_is_shown_what_he_looks_at() {
    for mode in [Mode::Full, Mode::Key] {
        let (mut booth, mut encoder, viewers) = hall(mode, &[180, 360, 720]);
        film(&mut booth, &mut encoder, LAYERS, 4);
        for (layer, viewer) in (0..).zip(&viewers) {
            let seen = seen(&booth, *viewer, &encoder, 60);
            assert_eq!(seen.len(), 60, "{mode:?}: a picture is missing");
            assert!(seen.iter().all(|(_, top)| *top == layer), "{mode:?}: {seen:?} instead of {layer}");
        }
    }
}

#[test]
fn viewers_of_another_worker_are_shown_what_they_look_at() {
    // The camera is at one worker, the second of the viewers beside it and the others at the other.
    let (mut booth, mut encoder, viewers) = hall_of(Booth::with_workers(2), Mode::Key, &[180, 360, 720]);
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
    for mode in [Mode::Full, Mode::Key] {
        let (mut booth, mut encoder, viewers) = hall(mode, &[720]);
        film(&mut booth, &mut encoder, LAYERS, 3);
        booth.look(viewers[0], 180);
        let fell = encoder.picture;
        film(&mut booth, &mut encoder, LAYERS, 3);
        assert!(seen(&booth, viewers[0], &encoder, fell).iter().all(|(_, top)| *top == 0), "{mode:?}");
        for (height, layer) in [(360, 1), (720, 2)] {
            booth.look(viewers[0], height);
            let asked = encoder.picture;
            film(&mut booth, &mut encoder, LAYERS, 3);
            let seen = seen(&booth, viewers[0], &encoder, asked);
            assert_eq!(seen.len(), 90, "{mode:?}");
            let climbed = seen.iter().position(|(_, top)| *top == layer).expect("it climbed");
            assert!(climbed <= 32, "{mode:?}: after {climbed} pictures");
            assert!(seen[climbed..].iter().all(|(_, top)| *top == layer), "{mode:?}: {seen:?}");
        }
    }
}

#[test]
fn what_the_line_does_not_carry_is_left_out() {
    let (mut booth, mut encoder, viewers) = hall(Mode::Key, &[720]);
    // 100, 430 and 2,900 kbit/s in sum over a line that is taken for 1,500.
    encoder.frames = [(1, 400), (2, 700), (9, 1_150)];
    film(&mut booth, &mut encoder, LAYERS, 10);
    let seen = seen(&booth, viewers[0], &encoder, 150);
    assert_eq!(seen.len(), 150);
    assert!(seen.iter().all(|(_, top)| *top == 1), "{seen:?}");
}

#[test]
fn a_layer_that_its_sender_gives_up_is_not_missed_and_is_taken_up_again() {
    for mode in [Mode::Full, Mode::Key] {
        let (mut booth, mut encoder, viewers) = hall(mode, &[720, 360]);
        film(&mut booth, &mut encoder, LAYERS, 3);
        let gave_up = encoder.picture;
        film(&mut booth, &mut encoder, 2, 4);
        for viewer in &viewers {
            let seen = seen(&booth, *viewer, &encoder, gave_up);
            assert_eq!(seen.len(), 120, "{mode:?}");
            assert!(seen.iter().all(|(_, top)| *top == 1), "{mode:?}: {seen:?}");
        }
        encoder.keyframe_due = true;
        let again = encoder.picture;
        film(&mut booth, &mut encoder, LAYERS, 3);
        assert!(seen(&booth, viewers[0], &encoder, again + 45).iter().all(|(_, top)| *top == 2), "{mode:?}");
        assert!(seen(&booth, viewers[1], &encoder, again).iter().all(|(_, top)| *top == 1), "{mode:?}");
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
    for late in [None, Some(Duration::from_millis(3)), Some(Duration::from_millis(80))] {
        let (mut booth, mut encoder, viewers) = hall(Mode::Full, &[180]);
        film(&mut booth, &mut encoder, LAYERS, 2);
        film_badly(&mut booth, &mut encoder, 4, late);
        let seen = seen(&booth, viewers[0], &encoder, 30);
        assert_eq!(seen.len(), 150, "{late:?}");
        assert!(seen.iter().all(|(_, top)| *top == 0), "{late:?}");
    }
}

#[test]
fn no_number_is_used_twice_however_the_ceiling_moves_over_a_bad_line() {
    for late in [Duration::from_millis(3), Duration::from_millis(50), Duration::from_millis(120)] {
        let (mut booth, mut encoder, viewers) = hall(Mode::Key, &[720]);
        film(&mut booth, &mut encoder, LAYERS, 2);
        for height in [180, 720, 360, 720, 180, 360, 720] {
            booth.look(viewers[0], height);
            // A number that is used twice is refused by who opens it.
            film_badly(&mut booth, &mut encoder, 3, Some(late));
        }
        let received = booth.received(viewers[0], Slot::Programme);
        let numbers: BTreeSet<u16> = received.iter().map(|packet| packet.seq).collect();
        assert_eq!(numbers.len(), received.len(), "{late:?}");
        let top = received.iter().rev().take(40).map(|packet| Marks::read(&packet.payload).spatial).max();
        assert_eq!(top, Some(2), "{late:?}: it did not climb");
    }
}

#[test]
fn another_camera_is_repaired_like_the_first() {
    let (mut booth, mut first, viewers) = hall(Mode::Key, &[720]);
    let other = booth.join_with_one_encoding(8, &[Codec::Vp9]);
    let mut second = Encoder { seq: 100, ..Encoder::new(other, Mode::Key) };
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
    let seen = pictures(Mode::Key, &received, 0);
    assert_eq!(seen.len(), 120);
    assert!(seen.iter().all(|(_, top)| *top == 2), "{seen:?}");
}

#[test]
fn a_newcomer_is_shown_the_kept_keyframe_in_his_own_size() {
    let (mut booth, mut encoder, _) = hall(Mode::Full, &[720]);
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
