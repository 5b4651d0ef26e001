//! RTP headers and payload descriptors in plain values.

use crate::receive::descriptor::{self, Descriptor};
use crate::rtp::{Fixed, Form, HeaderWriter, PayloadType, RtpHeader, Ssrc};
use crate::send::Munger;
use crate::units::{ClockRate, MediaTime, SeqNo};
use std::time::Instant;

/// A header and its extension elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpPacket {
    /// The payload type.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// The sixteen bits of the number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
    /// Each element's number and bytes.
    pub elements: Vec<(u8, Vec<u8>)>,
    /// Where the payload begins.
    pub header_bytes: usize,
}

/// How elements are written (RFC 8285).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementForm {
    /// Numbers to 14 and one to sixteen bytes.
    OneByte,
    /// Numbers to 255 and up to 255 bytes.
    TwoByte,
}

/// Reads a header.
pub fn rtp(packet: &[u8]) -> Option<RtpPacket> {
    let header = RtpHeader::parse(packet).ok()?;
    Some(RtpPacket {
        payload_type: header.payload_type.get(),
        marker: header.marker,
        sequence: header.sequence,
        timestamp: header.timestamp,
        ssrc: header.ssrc.get(),
        elements: header.extensions(packet).map(|(id, value)| (id, value.to_vec())).collect(),
        header_bytes: header.length,
    })
}

/// Writes a header; elements that the form has no place for are left out.
pub fn write_rtp(packet: &RtpPacket, form: ElementForm) -> Vec<u8> {
    let fixed = Fixed {
        payload_type: PayloadType::new(packet.payload_type),
        marker: packet.marker,
        sequence: packet.sequence,
        time: MediaTime::new(packet.timestamp),
        ssrc: Ssrc::new(packet.ssrc),
    };
    let form = match form {
        ElementForm::OneByte => Form::OneByte,
        ElementForm::TwoByte => Form::TwoByte,
    };
    let mut buffer = Vec::new();
    let mut writer = HeaderWriter::begin(&mut buffer, &fixed, form);
    for (id, value) in &packet.elements {
        writer.element(Some(*id), value);
    }
    writer.finish();
    buffer
}

/// The video codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// The AV1 RTP specification.
    Av1,
}

/// What a payload says about its place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// Whether a keyframe starts here.
    pub starts_keyframe: bool,
    /// The picture's number.
    pub picture: Option<Picture>,
    /// Where the number of the lowest temporal layer is, and its byte.
    pub tl0: Option<(usize, u8)>,
    /// Where the number of the temporal keyframe is, and the byte with it.
    pub key: Option<(usize, u8)>,
}

/// A picture's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its value.
    pub value: u16,
    /// How many bytes it has.
    pub bytes: usize,
    /// Where it starts.
    pub offset: usize,
}

fn read(codec: Codec, bytes: &[u8]) -> Option<Descriptor> {
    let read = match codec {
        Codec::Vp8 => descriptor::vp8,
        Codec::Vp9 => descriptor::vp9,
        Codec::H264 => descriptor::h264,
        Codec::Av1 => descriptor::av1,
    };
    read(bytes).ok()
}

/// Reads a payload's descriptor.
pub fn payload(codec: Codec, bytes: &[u8]) -> Option<Payload> {
    let found = read(codec, bytes)?;
    let picture = found.picture_id.map(|id| Picture {
        value: id.value,
        bytes: if id.long { 2 } else { 1 },
        offset: id.offset,
    });
    let small = |number: descriptor::SmallNumber| (number.offset, number.byte);
    Some(Payload {
        starts_keyframe: found.starts_keyframe,
        picture,
        tl0: found.tl0_index.map(small),
        key: found.key_index.map(small),
    })
}

/// The packet's own block of redundant audio whose blocks are of this payload type.
pub fn red(inner: u8, payload: &[u8]) -> Option<&[u8]> {
    crate::rtp::red::primary(payload, PayloadType::new(inner)).ok()
}

/// What one of AV1's dependency descriptors says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dependency {
    /// Whether decoding can begin with its packet.
    pub starts_keyframe: bool,
    /// Its frame's number.
    pub number: Option<u16>,
}

/// Reads descriptors of one stream in order; none for each that is refused.
pub fn dependencies(values: &[&[u8]]) -> Vec<Option<Dependency>> {
    let mut known = None;
    let mut read = |value: &&[u8]| {
        let found = descriptor::Dependency::read(value, &mut known).ok()?;
        Some(Dependency { starts_keyframe: found.starts_keyframe(), number: descriptor::frame_number(value) })
    };
    values.iter().map(&mut read).collect()
}

/// The descriptor as it leaves when it is the first of its source in a slot whose last frame had number `start`.
pub fn renumbered_dependency(value: &[u8], start: u16, now: Instant) -> Vec<u8> {
    let frame_number = descriptor::frame_number(value);
    let descriptor = Descriptor { frame_number, ..Descriptor::default() };
    let mut munger = Munger::new(ClockRate::VIDEO, start, MediaTime::new(0));
    let arrival = crate::send::Arrival {
        at: now,
        seq: SeqNo::new(1),
        time: MediaTime::new(0),
        marker: false,
        descriptor,
    };
    let mut written = value.to_vec();
    munger.begin(&arrival).patch.apply(&mut written);
    written
}

/// The payload as it leaves when it is the first of its source in a slot whose last picture had number `start`.
pub fn renumbered(codec: Codec, bytes: &[u8], start: u16, now: Instant) -> Option<Vec<u8>> {
    let descriptor = read(codec, bytes)?;
    let mut munger = Munger::new(ClockRate::VIDEO, start, MediaTime::new(0));
    let arrival = crate::send::Arrival {
        at: now,
        seq: SeqNo::new(1),
        time: MediaTime::new(0),
        marker: false,
        descriptor,
    };
    let mut written = bytes.to_vec();
    munger.begin(&arrival).patch.apply(&mut written);
    Some(written)
}
