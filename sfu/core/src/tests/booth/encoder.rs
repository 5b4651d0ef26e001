//! One encoding of a camera of a booth: frames as packets of any codec, with the numbers that must run on.

use super::{Booth, Marks};
use crate::peer::Codec;
use crate::rtp::{Fixed, Form, HeaderWriter, PayloadType, Ssrc};
use crate::units::MediaTime;
use sfu_control::{Layer, PeerId, SourceKind};
use std::collections::BTreeMap;
use std::time::Instant;

/// Payload bytes of a packet.
const BYTES: usize = 120;
/// What is left of such a packet for the last unit of an aggregate, marks included.
const H264_REST: u8 = 125;

pub(crate) struct Encoder {
    pub(crate) peer: PeerId,
    pub(crate) layer: Layer,
    pub(crate) codec: Codec,
    pub(crate) ssrc: u32,
    pub(crate) keyframe_due: bool,
    mid: Vec<u8>,
    rid: &'static [u8],
    started: Instant,
    seq: u16,
    time: u32,
    /// Sixteen bits of it in AV1, fifteen elsewhere.
    picture_id: u16,
    tl0: u8,
    key_index: u8,
    picture: u32,
    keyframe: u32,
    /// What was sent, for repairs.
    sent: BTreeMap<u16, Vec<u8>>,
}

impl Encoder {
    /// The camera of a peer in one of three encodings; its numbers begin anywhere.
    pub(crate) fn new(booth: &Booth, peer: PeerId, layer: Layer, codec: Codec) -> Self {
        let lines = &booth.agreement(peer).sources;
        let line = lines.iter().find(|line| line.kind == SourceKind::Camera).unwrap();
        let seed = u32::try_from(peer.number()).unwrap() * 10 + layer as u32 + 1;
        let low = u16::try_from(seed & 0xFF).unwrap();
        Self {
            peer,
            layer,
            codec,
            ssrc: 0x1000_0000 + seed * 0x100,
            keyframe_due: true,
            mid: line.mid.clone().into_bytes(),
            rid: [b"q", b"h", b"f"][layer as usize],
            started: booth.now,
            seq: low.wrapping_mul(6_553).wrapping_sub(30),
            time: seed.wrapping_mul(0x1357_9BDF),
            picture_id: low.wrapping_mul(3_276).wrapping_sub(9),
            tl0: low.to_le_bytes()[0].wrapping_mul(77).wrapping_sub(5),
            key_index: low.to_le_bytes()[0] & 0x1F,
            picture: 0,
            keyframe: 0,
            sent: BTreeMap::new(),
        }
    }

    /// Begins anew on another stream, as a sender does that was reloaded.
    pub(crate) fn restart(&mut self) {
        self.ssrc += 1;
        self.seq = self.seq.wrapping_mul(31).wrapping_add(7);
        self.time = self.time.wrapping_mul(17);
        self.picture_id = self.picture_id.wrapping_mul(5);
        self.tl0 = self.tl0.wrapping_mul(3);
        self.keyframe_due = true;
        self.sent.clear();
    }

    /// A packet once more.
    pub(crate) fn again(&self, ssrc: u32, number: u16) -> Option<Vec<u8>> {
        self.sent.get(&number).filter(|_| ssrc == self.ssrc).cloned()
    }

    /// The packets of the next frame.
    pub(crate) fn frame(&mut self, booth: &Booth, parts: u8) -> Vec<Vec<u8>> {
        self.picture += 1;
        self.keyframe = if std::mem::take(&mut self.keyframe_due) { 0 } else { self.keyframe + 1 };
        // The first of two is of the lowest temporal layer, as browsers have it.
        let temporal = u8::try_from(self.keyframe % 2).unwrap();
        self.picture_id = self.picture_id.wrapping_add(1);
        self.tl0 = self.tl0.wrapping_add(1 - temporal);
        self.key_index = (self.key_index + u8::from(self.keyframe == 0)) & 0x1F;
        (0..parts).map(|part| self.packet(booth, (part, parts), temporal)).collect()
    }

    fn packet(&mut self, booth: &Booth, (part, parts): (u8, u8), temporal: u8) -> Vec<u8> {
        let marks = Marks {
            sender: u32::try_from(self.peer.number()).unwrap(),
            layer: self.layer as u8,
            picture: self.picture,
            keyframe: self.keyframe,
            part,
            parts,
            spatial: 0,
            temporal,
        };
        let head = self.head(&marks);
        let dependency = if self.codec == Codec::Av1 { self.dependency(&marks) } else { Vec::new() };
        let elapsed = (booth.now - self.started).as_micros() * 9 / 100;
        self.seq = self.seq.wrapping_add(1);
        let agreement = booth.agreement(self.peer);
        let offered = agreement.formats.iter().find(|offered| offered.format.codec == self.codec).unwrap();
        let fixed = Fixed {
            payload_type: PayloadType::new(offered.payload_type.get()),
            marker: part + 1 == parts,
            sequence: self.seq,
            time: MediaTime::new(self.time.wrapping_add(u32::try_from(elapsed).unwrap())),
            ssrc: Ssrc::new(self.ssrc),
        };
        let ids = &agreement.extensions;
        let mut packet = Vec::new();
        let mut header = HeaderWriter::begin(&mut packet, &fixed, Form::carrying(dependency.len()));
        header.element(ids.mid, &self.mid);
        header.element(ids.rid, self.rid);
        if !dependency.is_empty() {
            header.element(ids.dependency, &dependency);
        }
        header.finish();
        packet.extend_from_slice(&marks.paint(head, BYTES));
        self.sent.insert(self.seq, packet.clone());
        packet
    }

    /// What stands in front of a payload.
    fn head(&self, marks: &Marks) -> Vec<u8> {
        let (begins, ends) = (marks.part == 0, marks.part + 1 == marks.parts);
        let (inter, temporal) = (!marks.is_keyframe(), marks.temporal);
        let synced = u8::from(temporal > 0 && marks.is_synced());
        let [high, low] = self.picture_id.to_be_bytes();
        match self.codec {
            Codec::Opus | Codec::Red => vec![0xFC],
            Codec::Vp8 => {
                let layer = temporal << 6 | synced << 5 | self.key_index;
                let begins = 0x80 | u8::from(begins) << 4;
                vec![begins, 0xF0, high | 0x80, low, self.tl0, layer, u8::from(inter || marks.part > 0)]
            }
            Codec::Vp9 => {
                let flags = 0xA0 | u8::from(inter) << 6 | u8::from(begins) << 3 | u8::from(ends) << 2;
                vec![flags, high | 0x80, low, temporal << 5 | synced << 4, self.tl0, 0x77]
            }
            Codec::H264 => match (inter, begins) {
                (false, true) => vec![0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 1, 0, H264_REST, 0x65],
                (false, false) => vec![0x7C, 0x05 | u8::from(ends) << 6, 1],
                (true, _) => vec![0x7C, 0x01 | u8::from(begins) << 7 | u8::from(ends) << 6, 1],
            },
            Codec::Av1 => match (inter, begins) {
                (false, true) => vec![0x18, 0x0A],
                (false, false) => vec![0x98, 0x32],
                (true, true) => vec![0x10, 0x32],
                (true, false) => vec![0x90, 0x32],
            },
        }
    }

    /// Two templates: one that needs nothing and one that needs the frame before; a keyframe brings them along.
    fn dependency(&self, marks: &Marks) -> Vec<u8> {
        let [high, low] = self.picture_id.to_be_bytes();
        let (begins, ends) = (marks.part == 0, marks.part + 1 == marks.parts);
        let first = u8::from(begins) << 7 | u8::from(ends) << 6 | u8::from(!marks.is_keyframe());
        let mut bytes = vec![first, high, low];
        if marks.is_keyframe() && begins {
            bytes.extend_from_slice(&[0b1000_0000, 0b0000_0000, 0b0011_1010, 0b0100_0000, 0b1000_0000]);
            bytes.resize(24, 0);
        }
        bytes
    }
}
