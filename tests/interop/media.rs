//! What a publisher sends: a tone in Opus and a picture in VP8, as RTP packets that carry a mark by which a receiver
//! knows them again.

use rtc::rtp::{Header, Packet};

/// Samples of one 20 ms Opus packet at 48 kHz.
const OPUS_STEP: u32 = 960;
/// Ticks of one picture at 30 a second and 90 kHz.
const VP8_STEP: u32 = 3_000;
/// Pictures between two keyframes: often enough that no test waits for one that was asked for and lost.
const KEYFRAME_EVERY: u16 = 30;

/// An audio source. The payload is an Opus packet of the mark's bytes: the node never looks into it.
pub(crate) struct Tone {
    mark: &'static [u8],
    sent: u16,
}

impl Tone {
    pub(crate) fn new(mark: &'static [u8]) -> Self {
        Self { mark, sent: 0 }
    }

    /// The next packet, 20 ms after the last.
    pub(crate) fn next(&mut self, ssrc: u32, payload_type: u8) -> Packet {
        self.sent += 1;
        let payload = [&[0x78], self.mark].concat();
        packet(ssrc, payload_type, self.sent, OPUS_STEP * u32::from(self.sent), payload)
    }
}

/// A video source of one packet a picture, as a small picture is.
pub(crate) struct Picture {
    mark: &'static [u8],
    sent: u16,
}

impl Picture {
    pub(crate) fn new(mark: &'static [u8]) -> Self {
        Self { mark, sent: 0 }
    }

    /// The next picture, a thirtieth of a second after the last.
    pub(crate) fn next(&mut self, ssrc: u32, payload_type: u8) -> Packet {
        let keyframe = self.sent.is_multiple_of(KEYFRAME_EVERY);
        self.sent += 1;
        let mut payload = descriptor(self.sent).to_vec();
        payload.extend(if keyframe { keyframe_header(320, 180).to_vec() } else { vec![0x11, 0x02, 0x00] });
        payload.extend(self.mark);
        let mut packet = packet(ssrc, payload_type, self.sent, VP8_STEP * u32::from(self.sent), payload);
        packet.header.marker = true;
        packet
    }
}

/// RFC 7741 section 4.2: start of partition 0, with a 15-bit picture id and TL0PICIDX.
fn descriptor(picture: u16) -> [u8; 6] {
    let [high, low] = (picture & 0x7FFF).to_be_bytes();
    [0x90, 0xE0, 0x80 | high, low, low, 0x00]
}

/// RFC 6386 section 9.1: a frame tag with the keyframe bit clear and show_frame set, start code, dimensions.
fn keyframe_header(width: u16, height: u16) -> [u8; 10] {
    let [width_low, width_high] = width.to_le_bytes();
    let [height_low, height_high] = height.to_le_bytes();
    [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, width_low, width_high, height_low, height_high]
}

fn packet(ssrc: u32, payload_type: u8, sequence_number: u16, timestamp: u32, payload: Vec<u8>) -> Packet {
    let header = Header { version: 2, payload_type, sequence_number, timestamp, ssrc, ..Header::default() };
    Packet { header, payload: payload.into() }
}
