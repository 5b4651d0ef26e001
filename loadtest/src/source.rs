//! What a publisher sends: packets with the headers of Opus and VP8 and a filler where the codec's data would be. A
//! node forwards them like any other; a decoder would show nothing sensible.

/// Audio packets a second.
pub(crate) const AUDIO_RATE: u32 = 50;
/// Pictures a second: a whole multiple of the audio packets, so that one tick serves both.
pub(crate) const PICTURE_RATE: u32 = 25;
/// Opus runs at 48 kHz on the wire.
const AUDIO_CLOCK: u32 = 48_000;
/// Video runs at 90 kHz on the wire.
const VIDEO_CLOCK: u32 = 90_000;
/// Pictures between two keyframes nobody asked for.
const KEYFRAME_EVERY: u32 = 250;
/// Payload bytes of one full video packet, as browsers send them.
const PACKET_BYTES: usize = 1_100;
/// Payload bytes of an Opus packet: 32 kbit/s.
const AUDIO_BYTES: usize = 80;

const _: () = assert!(AUDIO_RATE.is_multiple_of(PICTURE_RATE));

/// One RTP packet's worth, without header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
}

/// One simulcast layer as browsers make them at 16:9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LayerShape {
    pub(crate) rid: &'static str,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Bytes of a picture between keyframes: the layer's bit rate over the picture rate.
    pub(crate) picture_bytes: usize,
}

/// The layers from the lowest: 120, 400 and 1,200 kbit/s.
pub(crate) const LAYERS: [LayerShape; 3] = [
    LayerShape { rid: "q", width: 320, height: 180, picture_bytes: 600 },
    LayerShape { rid: "h", width: 640, height: 360, picture_bytes: 2_000 },
    LayerShape { rid: "f", width: 1_280, height: 720, picture_bytes: 6_000 },
];

/// A shared screen, at the most our web client sends: 1,500 kbit/s. It has no layers, so its name is never written.
pub(crate) const SCREEN: LayerShape =
    LayerShape { rid: "", width: 1_920, height: 1_080, picture_bytes: 7_500 };

/// How many times its usual size a keyframe has.
const KEYFRAME_FACTOR: usize = 4;

/// The `number`-th audio packet.
pub(crate) fn audio(number: u32) -> Piece {
    // TOC byte of a 20 ms full-band packet (RFC 6716 section 3.1), then filler.
    let mut payload = vec![0x55; AUDIO_BYTES];
    payload.insert(0, 0x78);
    Piece { timestamp: number.wrapping_mul(AUDIO_CLOCK / AUDIO_RATE), marker: false, payload }
}

/// Whether a picture is a keyframe without having been asked for.
pub(crate) fn is_scheduled_keyframe(number: u32) -> bool {
    number.is_multiple_of(KEYFRAME_EVERY)
}

/// The packets of the `number`-th picture of a layer.
pub(crate) fn picture(layer: LayerShape, number: u32, keyframe: bool) -> Vec<Piece> {
    let header = if keyframe { keyframe_header(layer).to_vec() } else { vec![0x11, 0x00, 0x00] };
    let size = layer.picture_bytes * if keyframe { KEYFRAME_FACTOR } else { 1 };
    let mut data = header;
    data.resize(size, 0x55);
    let packets = data.len().div_ceil(PACKET_BYTES);
    let timestamp = number.wrapping_mul(VIDEO_CLOCK / PICTURE_RATE);
    let piece = |(index, part): (usize, &[u8])| Piece {
        timestamp,
        marker: index + 1 == packets,
        payload: [&descriptor(number, index == 0), part].concat(),
    };
    data.chunks(PACKET_BYTES).enumerate().map(piece).collect()
}

/// RFC 7741 section 4.2: with a 15-bit picture id, and the start bit in a picture's first packet.
fn descriptor(picture: u32, is_first: bool) -> [u8; 4] {
    let [_, _, high, low] = picture.to_be_bytes();
    [if is_first { 0x90 } else { 0x80 }, 0x80, 0x80 | high, low]
}

/// RFC 6386 section 9.1: frame tag with the keyframe bit clear, start code, dimensions.
fn keyframe_header(layer: LayerShape) -> [u8; 10] {
    let ([width_low, width_high], [height_low, height_high]) =
        (layer.width.to_le_bytes(), layer.height.to_le_bytes());
    [0x10, 0x00, 0x00, 0x9D, 0x01, 0x2A, width_low, width_high, height_low, height_high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use str0m::rtp::Vp8Descriptor;

    #[test]
    fn every_packet_of_a_picture_parses_and_only_the_last_is_marked() {
        for layer in LAYERS {
            for (keyframe, size) in
                [(false, layer.picture_bytes), (true, layer.picture_bytes * KEYFRAME_FACTOR)]
            {
                let pieces = picture(layer, 40_000, keyframe);
                assert_eq!(pieces.iter().map(|piece| piece.payload.len() - 4).sum::<usize>(), size);
                for (index, piece) in pieces.iter().enumerate() {
                    assert!(Vp8Descriptor::parse(&piece.payload).is_ok());
                    assert_eq!(piece.marker, index + 1 == pieces.len());
                    assert!(piece.payload.len() <= PACKET_BYTES + 4);
                }
                // The inverse keyframe bit is the lowest of the frame tag.
                assert_eq!(pieces[0].payload[4] & 1 == 0, keyframe);
            }
        }
    }

    #[test]
    fn a_second_of_each_source_is_a_second_of_its_clock() {
        assert_eq!(audio(AUDIO_RATE).timestamp, AUDIO_CLOCK);
        assert_eq!(picture(LAYERS[0], PICTURE_RATE, false)[0].timestamp, VIDEO_CLOCK);
    }
}
