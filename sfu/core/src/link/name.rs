//! How a stream is named on a link: whose it is, which layer, in what format. The name is a header extension of sixteen
//! bytes, in every packet for a while after a stream took a line and now and then later; between, one byte tells that
//! the name that was read last still holds.

use super::words::{layer_byte, layer_of, read_source, source_bytes};
use crate::peer::{Carries, Codec, ExtensionIds, Format, Offered};
use crate::receive::StreamKey;
use crate::rtp::PayloadType;
use std::time::{Duration, Instant};

/// The numbers header extensions go by on every link: both ends are ours.
pub(crate) const EXTENSIONS: ExtensionIds = ExtensionIds {
    transport: Some(1),
    audio_level: Some(2),
    mid: Some(3),
    orientation: Some(4),
    capture_time: Some(5),
    dependency: Some(6),
    binding: Some(7),
    rid: None,
    repaired_rid: None,
};

/// Payload types of media and of its retransmissions.
const PAYLOAD_TYPES: [(Codec, PayloadType, Option<PayloadType>); 6] = [
    (Codec::Opus, PayloadType::new(111), None),
    (Codec::Red, PayloadType::new(63), None),
    (Codec::Vp8, PayloadType::new(96), Some(PayloadType::new(97))),
    (Codec::Vp9, PayloadType::new(98), Some(PayloadType::new(99))),
    (Codec::H264, PayloadType::new(102), Some(PayloadType::new(103))),
    (Codec::Av1, PayloadType::new(104), Some(PayloadType::new(105))),
];

/// A name is in every packet for so long: three round trips of a satellite line.
const NAMED_FOR: Duration = Duration::from_secs(2);
/// And in one of so many after that, for who lost them all.
const NAMED_EVERY: u32 = 32;

/// A name's bytes.
pub(crate) const NAME_BYTES: usize = 16;

/// What a format goes out as on a link.
pub(crate) fn offered(format: Format) -> Option<Offered> {
    let (_, payload_type, rtx) = *PAYLOAD_TYPES.iter().find(|(codec, ..)| *codec == format.codec)?;
    Some(Offered { format, payload_type, rtx })
}

/// What a payload type means on a link.
pub(crate) fn meaning(payload_type: PayloadType) -> Option<(Codec, Carries)> {
    PAYLOAD_TYPES.iter().find_map(|(codec, media, rtx)| {
        if *media == payload_type {
            Some((*codec, Carries::Media))
        } else {
            (*rtx == Some(payload_type)).then_some((*codec, Carries::Retransmissions))
        }
    })
}

/// A name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamName {
    /// The stream.
    pub(crate) key: StreamKey,
    /// What it comes in.
    pub(crate) format: Format,
}

impl StreamName {
    /// As it is written.
    pub(crate) fn bytes(&self) -> [u8; NAME_BYTES] {
        let mut bytes = [0; NAME_BYTES];
        let source = source_bytes(self.key.source);
        let parts = source.into_iter().chain([layer_byte(self.key.layer)]).chain(self.format.bytes());
        bytes.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
        bytes
    }

    /// Reads a name.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let bytes: &[u8; NAME_BYTES] = value.try_into().ok()?;
        let (source, rest) = bytes.split_first_chunk()?;
        let (&[layer], format) = rest.split_first_chunk()?;
        let key = StreamKey { source: read_source(*source)?, layer: layer_of(layer)? };
        let format = Format::read(*format.first_chunk()?)?;
        let fits = key.source.kind.is_audio() == format.codec.is_audio();
        fits.then_some(Self { key, format })
    }
}

/// What a line carries now. The number grows with every stream that takes it, so that no packet is taken for one of the
/// stream before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Binding {
    name: Option<StreamName>,
    number: u8,
    since: Option<Instant>,
    packets: u32,
}

impl Binding {
    /// A stream takes the line. Gives whether another had it.
    pub(crate) fn take(&mut self, now: Instant, key: StreamKey, format: Format) -> bool {
        let other = self.name.is_none_or(|name| name.key != key);
        if other {
            self.number = self.number.wrapping_add(1);
        }
        if other || self.name.is_some_and(|name| name.format != format) {
            self.name = Some(StreamName { key, format });
            self.since = Some(now);
            self.packets = 0;
        }
        other
    }

    /// Nothing has the line.
    pub(crate) fn free(&mut self) {
        self.name = None;
    }

    /// Its number, which is in every packet.
    pub(crate) fn number(&self) -> u8 {
        self.number
    }

    /// The name, for a packet that must have it.
    pub(crate) fn name(&self) -> Option<[u8; NAME_BYTES]> {
        self.name.map(|name| name.bytes())
    }

    /// The name, if the next packet is to have it.
    pub(crate) fn next_name(&mut self, now: Instant) -> Option<[u8; NAME_BYTES]> {
        let packet = self.packets;
        self.packets = packet.wrapping_add(1);
        let fresh = self.since.is_some_and(|since| now.saturating_duration_since(since) < NAMED_FOR);
        if fresh || packet.is_multiple_of(NAMED_EVERY) { self.name() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu_control::{Layer, PeerId, Source, SourceKind};

    fn key(kind: SourceKind) -> StreamKey {
        StreamKey { source: Source { peer: PeerId::new(0x0102_0304_0506_0708), kind }, layer: Layer::High }
    }

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for (codec, ..) in PAYLOAD_TYPES {
            let kind = if codec.is_audio() { SourceKind::Microphone } else { SourceKind::Camera };
            let name = StreamName { key: key(kind), format: Format::plain(codec) };
            assert_eq!(StreamName::read(&name.bytes()), Some(name));
            let wrong = StreamName { key: key(SourceKind::ScreenAudio), ..name };
            assert_eq!(StreamName::read(&wrong.bytes()).is_some(), codec.is_audio(), "{codec:?}");
        }
        assert_eq!(StreamName::read(&[0; 15]), None);
        assert_eq!(StreamName::read(&[0xFF; 16]), None);
    }

    #[test]
    fn a_name_is_said_for_a_while_and_then_now_and_then() {
        let now = crate::testing::epoch();
        let mut binding = Binding::default();
        assert!(binding.take(now, key(SourceKind::Camera), Format::plain(Codec::Vp8)));
        assert!(!binding.take(now, key(SourceKind::Camera), Format::plain(Codec::Vp8)));
        assert!((0..100).all(|_| binding.next_name(now).is_some()));
        let later = now + NAMED_FOR;
        assert_eq!((0..320).filter(|_| binding.next_name(later).is_some()).count(), 10);
        let before = binding.number();
        assert!(binding.take(later, key(SourceKind::Screen), Format::plain(Codec::Vp8)));
        assert_ne!(binding.number(), before);
        assert!(binding.next_name(later).is_some());
    }

    #[test]
    fn every_payload_type_means_one_thing() {
        for (codec, media, rtx) in PAYLOAD_TYPES {
            assert_eq!(meaning(media), Some((codec, Carries::Media)));
            assert_eq!(rtx.and_then(meaning), rtx.map(|_| (codec, Carries::Retransmissions)));
            assert_eq!(offered(Format::plain(codec)).map(|offered| offered.payload_type), Some(media));
        }
        assert_eq!(meaning(PayloadType::new(0)), None);
    }
}
