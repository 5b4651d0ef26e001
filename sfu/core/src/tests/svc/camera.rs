//! A camera that encodes three sizes into one stream, and what is left of it judged as a decoder would.

use crate::peer::Codec;
use crate::rtp::{Fixed, Form, HeaderWriter, Ssrc};
use crate::tests::booth::{Booth, Marks, Received};
use crate::units::MediaTime;
use sfu_control::{PeerId, SourceKind};
use std::collections::{BTreeMap, BTreeSet};

const SSRC: u32 = 0x5EC0_0001;
pub(super) const LAYERS: u8 = 3;

/// What frames that are no keyframe's are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// L3T1: their own past and the layer below.
    Full,
    /// L3T1_KEY: their own past.
    Key,
}

/// How a camera encodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) codec: Codec,
    pub(super) mode: Mode,
    /// How many temporal layers it has.
    pub(super) temporal: u8,
}

/// All ways in which browsers encode three sizes.
pub(super) fn codings() -> impl Iterator<Item = Coding> {
    [Codec::Vp9, Codec::Av1].into_iter().flat_map(|codec| {
        [(Mode::Full, 1), (Mode::Key, 1), (Mode::Full, 2), (Mode::Key, 2)].map(|(mode, temporal)| Coding {
            codec,
            mode,
            temporal,
        })
    })
}

impl Coding {
    /// The temporal layer of a picture so far from its keyframe.
    fn layer_of(self, keyframe: u32) -> u8 {
        if self.temporal == 2 { u8::try_from(keyframe % 2).unwrap() } else { 0 }
    }

    /// The frames, by picture and size, that a frame is built on.
    fn needs(self, marks: &Marks) -> Vec<(u32, u8)> {
        let Marks { picture, keyframe, spatial, .. } = *marks;
        let past: &[u32] = match (keyframe, marks.temporal) {
            (0, _) => &[],
            (1, _) => &[1],
            (_, 0) if self.temporal == 2 => &[2],
            (_, 1) if !marks.is_synced() => &[1, 2],
            _ => &[1],
        };
        let below = spatial > 0 && (self.mode == Mode::Full || keyframe == 0);
        let past = past.iter().map(|back| (picture - back, spatial));
        past.chain(below.then(|| (picture, spatial - 1))).collect()
    }
}

/// See the module.
pub(super) struct Encoder {
    pub(super) peer: PeerId,
    pub(super) coding: Coding,
    pub(super) seq: u16,
    pub(super) picture: u32,
    keyframe: u32,
    pub(super) keyframe_due: bool,
    /// Packets and bytes of a layer's frame.
    pub(super) frames: [(u8, usize); LAYERS as usize],
    /// The number of each frame, as AV1 has it.
    numbers: BTreeMap<(u32, u8), u16>,
    next_number: u16,
}

impl Encoder {
    pub(super) fn new(peer: PeerId, coding: Coding) -> Self {
        let frames = [(1, 200), (2, 300), (3, 400)];
        let numbers = BTreeMap::new();
        let (seq, picture, keyframe) = (65_500, 0, 0);
        Self {
            peer,
            coding,
            seq,
            picture,
            keyframe,
            keyframe_due: true,
            frames,
            numbers,
            next_number: 65_530,
        }
    }

    /// The packets of the next picture, in layers below `layers`.
    pub(super) fn picture(&mut self, booth: &Booth, layers: u8) -> Vec<Vec<u8>> {
        self.picture += 1;
        self.keyframe = if std::mem::take(&mut self.keyframe_due) { 0 } else { self.keyframe + 1 };
        let mut packets = Vec::new();
        for spatial in 0..layers {
            let (parts, bytes) = self.frames[usize::from(spatial)];
            self.numbers.insert((self.picture, spatial), self.next_number);
            self.next_number = self.next_number.wrapping_add(1);
            for part in 0..parts {
                let marks = Marks {
                    sender: u32::try_from(self.peer.number()).unwrap(),
                    layer: 0,
                    picture: self.picture,
                    keyframe: self.keyframe,
                    part,
                    parts,
                    spatial,
                    temporal: self.coding.layer_of(self.keyframe),
                };
                packets.push(self.packet(booth, &marks, layers, bytes));
            }
        }
        packets
    }

    fn packet(&mut self, booth: &Booth, marks: &Marks, layers: u8, bytes: usize) -> Vec<u8> {
        let agreement = booth.agreement(self.peer);
        let line = agreement.sources.iter().find(|line| line.kind == SourceKind::Camera).unwrap();
        let codec = self.coding.codec;
        let offered = agreement.formats.iter().find(|offered| offered.format.codec == codec).unwrap();
        self.seq = self.seq.wrapping_add(1);
        let ends = marks.part + 1 == marks.parts;
        let fixed = Fixed {
            payload_type: offered.payload_type,
            marker: ends && marks.spatial + 1 == layers,
            sequence: self.seq,
            time: MediaTime::new(self.picture * 2_970),
            ssrc: Ssrc::new(SSRC + u32::try_from(self.peer.number()).unwrap()),
        };
        let (head, dependency) = match codec {
            Codec::Av1 => (av1_head(marks), self.dependency(marks)),
            _ => (self.vp9_head(marks, layers), Vec::new()),
        };
        let mut packet = Vec::new();
        let mut header = HeaderWriter::begin(&mut packet, &fixed, Form::carrying(dependency.len()));
        header.element(agreement.extensions.mid, line.mid.as_bytes());
        if !dependency.is_empty() {
            header.element(agreement.extensions.dependency, &dependency);
        }
        header.finish();
        packet.extend_from_slice(&marks.paint(head, bytes));
        packet
    }

    fn vp9_head(&self, marks: &Marks, layers: u8) -> Vec<u8> {
        let (inter, ends) = (!marks.is_keyframe(), marks.part + 1 == marks.parts);
        let below = self.coding.needs(marks).contains(&(marks.picture, marks.spatial.wrapping_sub(1)));
        let [high, low] = u16::try_from(self.picture).unwrap().to_be_bytes();
        let flags = 0xA0 | u8::from(inter) << 6 | u8::from(marks.part == 0) << 3 | u8::from(ends) << 2;
        // A keyframe tells how many layers there are.
        let told = !inter && marks.spatial == 0 && marks.part == 0;
        let synced = marks.temporal > 0 && marks.is_synced();
        let place = marks.temporal << 5 | u8::from(synced) << 4 | marks.spatial << 1 | u8::from(below);
        let mut head = vec![flags | u8::from(told) << 1, high | 0x80, low, place, 0];
        head.extend(told.then_some((layers - 1) << 5));
        head.push(0x77);
        head
    }

    /// A descriptor that names its references itself. Three templates for each size: the lower temporal layer where one can
    /// go over to the upper, the lower where one cannot, and the upper.
    fn dependency(&self, marks: &Marks) -> Vec<u8> {
        let begins = marks.part == 0;
        let ends = marks.part + 1 == marks.parts;
        let number = self.numbers[&(marks.picture, marks.spatial)];
        // The upper frame behind a lower one that opens is synced.
        let opens = marks.keyframe.is_multiple_of(8);
        let kind = if marks.temporal == 1 { 2 } else { u8::from(!opens) };
        let kinds = if self.coding.temporal == 2 { 3 } else { 1 };
        let template = marks.spatial * kinds + if kinds == 1 { 0 } else { kind };
        let mut bits = format!("{}{}{template:06b}{number:016b}", u8::from(begins), u8::from(ends));
        let structured = marks.is_keyframe() && marks.spatial == 0 && begins;
        bits += if structured { "10010" } else { "00010" };
        if structured {
            bits += &self.structure();
        }
        for (picture, spatial) in self.coding.needs(marks) {
            let back = number.wrapping_sub(self.numbers[&(picture, spatial)]);
            bits += &format!("01{:04b}", back - 1);
        }
        bits += "00";
        let bytes = bits
            .as_bytes()
            .chunks(8)
            .map(|chunk| (0..8).fold(0, |byte, at| byte << 1 | u8::from(chunk.get(at) == Some(&b'1'))));
        bytes.collect()
    }

    /// What the templates are. A target is a size and a temporal layer.
    fn structure(&self) -> String {
        let temporal = self.coding.temporal;
        let kinds: &[&str] = if temporal == 2 { &["open", "closed", "upper"] } else { &["open"] };
        let mut layers = String::new();
        let mut indications = String::new();
        for size in 0..LAYERS {
            for kind in kinds {
                layers += match *kind {
                    "open" if temporal == 2 => "00",
                    "closed" => "01",
                    _ if size + 1 == LAYERS => "11",
                    _ => "10",
                };
                for target in 0..LAYERS * temporal {
                    let (of_size, of_layer) = (target / temporal, target % temporal);
                    indications += match *kind {
                        _ if of_size < size => "00",
                        "upper" if of_layer == 0 => "00",
                        "upper" if of_size == size => "01",
                        "open" if of_size == size => "10",
                        "closed" if of_size == size && of_layer == 0 => "10",
                        _ => "11",
                    };
                }
            }
        }
        // No references; no chains, in two bits; no sizes.
        let references = "0".repeat(usize::from(LAYERS) * kinds.len());
        format!("000000{:05b}{layers}{indications}{references}000", LAYERS * temporal - 1)
    }
}

fn av1_head(marks: &Marks) -> Vec<u8> {
    match (marks.is_keyframe() && marks.spatial == 0, marks.part == 0) {
        (true, true) => vec![0x18, 0x0A],
        (true, false) => vec![0x98, 0x32],
        (false, true) => vec![0x10, 0x32],
        (false, false) => vec![0x90, 0x32],
    }
}

/// The pictures that came since one, with the highest layer of each. Panics when one needs what did not come.
pub(super) fn pictures(coding: Coding, received: &[Received], since: u32) -> Vec<(u32, u8)> {
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
            let needs = coding.needs(&marks);
            assert!(needs.iter().all(|frame| decoded.contains(frame)), "{marks:?} needs what did not come");
            decoded.insert((number, marks.spatial));
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
