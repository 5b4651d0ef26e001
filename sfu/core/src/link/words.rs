//! Words as they travel on a link: one behind the other in the data of an RTCP APP packet (RFC 3550 section 6.7), which is
//! sealed like every report. All numbers are big-endian. Whoever reads takes what it can read in whole, up to the first
//! thing it cannot.

use crate::crossing::{Hops, LayerSet, Word};
use crate::peer::Format;
use crate::receive::Offered;
use crate::units::Bitrate;
use sfu_control::{Layer, RoomId, Source, SourceKind};

/// The name of our APP packets, which tells their version too.
pub(crate) const NAME: [u8; 4] = *b"GBL1";
/// Bytes of words in one packet at most, so that it fits in one datagram of any line.
pub(crate) const PACKET_BYTES_MAX: usize = 1_100;
/// What the longest word takes.
const WORD_BYTES_MAX: usize = 43;

const _: () = assert!(WORD_BYTES_MAX * 2 < PACKET_BYTES_MAX, "every word fits");

/// First bytes of words.
mod kind {
    pub(super) const PRESENT: u8 = 1;
    pub(super) const OFFERED: u8 = 2;
    pub(super) const WITHDRAWN: u8 = 3;
    pub(super) const WANTED: u8 = 4;
    pub(super) const SUM: u8 = 5;
    pub(super) const AGAIN: u8 = 6;
}

/// Writes a word behind what is there. Gives false for one that does not travel on links: packets, clocks and requests for
/// keyframes are RTP and RTCP there.
pub(crate) fn write(word: &Word, data: &mut Vec<u8>) -> bool {
    match *word {
        Word::Present { room, hops } => {
            data.push(kind::PRESENT);
            data.extend_from_slice(&room.number().to_be_bytes());
            data.push(hops.byte());
        }
        Word::Offered { room, source, hops, format, layers } => {
            data.push(kind::OFFERED);
            data.extend_from_slice(&room.number().to_be_bytes());
            write_source(source, data);
            data.push(hops.byte());
            data.extend_from_slice(&format.map_or([0; 6], Format::bytes));
            for layer in layers {
                data.push(layer.map_or(0, |offered| 1 + u8::from(offered.flowing)));
                data.extend_from_slice(&layer.map_or(0, |offered| offered.rate.as_kbps()).to_be_bytes());
            }
        }
        Word::Withdrawn { source } => {
            data.push(kind::WITHDRAWN);
            write_source(source, data);
        }
        Word::Wanted { room, source, granted, taken } => {
            data.push(kind::WANTED);
            data.extend_from_slice(&room.number().to_be_bytes());
            write_source(source, data);
            data.extend_from_slice(&[granted.map_or(0, |layer| 1 + layer_byte(layer)), taken.bits()]);
        }
        Word::Sum { count, hash } => {
            data.push(kind::SUM);
            data.extend_from_slice(&count.to_be_bytes());
            data.extend_from_slice(&hash.to_be_bytes());
        }
        Word::Again => data.push(kind::AGAIN),
        Word::KeyframeWanted { .. } | Word::Clock { .. } | Word::Media(_) => return false,
    }
    true
}

/// What one packet's data says, in order. It ends at the first word that cannot be read; fill bytes are none.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    rest: &'a [u8],
    broken: bool,
}

impl<'a> Words<'a> {
    /// Starts at the first word.
    pub(crate) fn read(data: &'a [u8]) -> Self {
        Self { rest: data, broken: false }
    }

    /// Whether it ended before the data did.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    fn word(&mut self) -> Option<Word> {
        Some(match self.byte()? {
            kind::PRESENT => Word::Present { room: self.room()?, hops: Hops::read(self.byte()?)? },
            kind::OFFERED => Word::Offered {
                room: self.room()?,
                source: self.source()?,
                hops: Hops::read(self.byte()?)?,
                format: self.format()?,
                layers: [self.layer()?, self.layer()?, self.layer()?],
            },
            kind::WITHDRAWN => Word::Withdrawn { source: self.source()? },
            kind::WANTED => Word::Wanted {
                room: self.room()?,
                source: self.source()?,
                granted: match self.byte()? {
                    0 => None,
                    layer => Some(layer_of(layer - 1)?),
                },
                taken: LayerSet::read(self.byte()?)?,
            },
            kind::SUM => Word::Sum {
                count: u16::from_be_bytes(self.bytes()?),
                hash: u64::from_be_bytes(self.bytes()?),
            },
            kind::AGAIN => Word::Again,
            _ => return None,
        })
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes().map(|[byte]| byte)
    }

    fn room(&mut self) -> Option<RoomId> {
        self.bytes().map(u64::from_be_bytes).map(RoomId::new)
    }

    fn source(&mut self) -> Option<Source> {
        self.bytes().and_then(read_source)
    }

    /// Absence is all zeros.
    fn format(&mut self) -> Option<Option<Format>> {
        let bytes = self.bytes()?;
        if bytes == [0; 6] { Some(None) } else { Format::read(bytes).map(Some) }
    }

    fn layer(&mut self) -> Option<Option<Offered>> {
        let [state, rate @ ..] = self.bytes::<5>()?;
        let rate = Bitrate::kbps(u32::from_be_bytes(rate).into());
        match state {
            0 => Some(None),
            1 | 2 => Some(Some(Offered { flowing: state == 2, rate, ..Offered::default() })),
            _ => None,
        }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let word = self.word();
        self.broken = word.is_none();
        word
    }
}

/// How a source is named: whose and which, nine bytes.
pub(super) const SOURCE_BYTES: usize = 9;

fn write_source(source: Source, data: &mut Vec<u8>) {
    data.extend_from_slice(&source_bytes(source));
}

pub(super) fn source_bytes(source: Source) -> [u8; SOURCE_BYTES] {
    let [p0, p1, p2, p3, p4, p5, p6, p7] = source.peer.number().to_be_bytes();
    let kind = match source.kind {
        SourceKind::Microphone => 0,
        SourceKind::Camera => 1,
        SourceKind::Screen => 2,
        SourceKind::ScreenAudio => 3,
    };
    [p0, p1, p2, p3, p4, p5, p6, p7, kind]
}

/// Reads a source. A peer that stands for a link is none.
pub(super) fn read_source(bytes: [u8; SOURCE_BYTES]) -> Option<Source> {
    let [p0, p1, p2, p3, p4, p5, p6, p7, kind] = bytes;
    let peer = sfu_control::PeerId::new(u64::from_be_bytes([p0, p1, p2, p3, p4, p5, p6, p7]));
    let kind = match kind {
        0 => SourceKind::Microphone,
        1 => SourceKind::Camera,
        2 => SourceKind::Screen,
        3 => SourceKind::ScreenAudio,
        _ => return None,
    };
    (!super::is_link(peer)).then_some(Source { peer, kind })
}

pub(super) fn layer_byte(layer: Layer) -> u8 {
    match layer {
        Layer::Low => 0,
        Layer::Medium => 1,
        Layer::High => 2,
    }
}

pub(super) fn layer_of(byte: u8) -> Option<Layer> {
    match byte {
        0 => Some(Layer::Low),
        1 => Some(Layer::Medium),
        2 => Some(Layer::High),
        _ => None,
    }
}

/// One offer's part in the sum of all: its bytes, rates apart, by FNV-1a.
pub(crate) fn hash(word: &Word) -> u64 {
    let mut bytes = Vec::with_capacity(WORD_BYTES_MAX);
    write(&word.without_rates(), &mut bytes);
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Codec;
    use sfu_control::{NodeNumber, PeerId};

    fn all() -> Vec<Word> {
        let source = Source { peer: PeerId::at(NodeNumber::new(7), 9), kind: SourceKind::Screen };
        let mut taken = LayerSet::default();
        taken.add(Layer::High);
        let offered = |flowing| Some(Offered { flowing, rate: Bitrate::kbps(401), ..Offered::default() });
        vec![
            Word::Present { room: RoomId::new(u64::MAX), hops: Hops::NONE },
            Word::Offered {
                room: RoomId::new(3),
                source,
                hops: Hops::read(8).unwrap(),
                format: Some(Format::plain(Codec::Vp9)),
                layers: [offered(true), None, offered(false)],
            },
            Word::Offered {
                room: RoomId::new(3),
                source: Source { kind: SourceKind::Microphone, ..source },
                hops: Hops::NONE,
                format: None,
                layers: [None; 3],
            },
            Word::Withdrawn { source },
            Word::Wanted { room: RoomId::new(3), source, granted: Some(Layer::Medium), taken },
            Word::Wanted { room: RoomId::new(3), source, granted: None, taken: LayerSet::default() },
            Word::Sum { count: 700, hash: 0x0123_4567_89AB_CDEF },
            Word::Again,
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let mut data = Vec::new();
        for word in all() {
            let before = data.len();
            assert!(write(&word, &mut data));
            assert!(data.len() - before <= WORD_BYTES_MAX, "{word:?}");
        }
        assert_eq!(Words::read(&data).collect::<Vec<_>>(), all());
    }

    #[test]
    fn reading_ends_where_sense_does() {
        let mut data = Vec::new();
        write(&Word::Again, &mut data);
        let whole = data.clone();
        write(&all()[1], &mut data);
        for cut in whole.len() + 1..data.len() {
            let mut words = Words::read(&data[..cut]);
            assert_eq!(words.by_ref().collect::<Vec<_>>(), [Word::Again], "{cut}");
            assert!(words.is_broken());
        }
        let link = super::super::peer_of(sfu_control::LinkId::new(1));
        for bad in [
            vec![0],
            vec![7],
            [vec![kind::PRESENT], vec![0; 8], vec![9]].concat(),
            [vec![kind::WITHDRAWN], vec![0; 8], vec![4]].concat(),
            [vec![kind::WITHDRAWN], link.number().to_be_bytes().to_vec(), vec![0]].concat(),
            [vec![kind::WANTED], vec![0; 17], vec![4, 0]].concat(),
            [vec![kind::WANTED], vec![0; 17], vec![0, 8]].concat(),
        ] {
            let mut words = Words::read(&bad);
            assert_eq!(words.next(), None, "{bad:?}");
            assert!(words.is_broken());
        }
    }

    #[test]
    fn a_sum_is_deaf_to_rates_and_to_nothing_else() {
        let Word::Offered { room, source, hops, format, layers } = all()[1] else { unreachable!() };
        let of = |room, hops, layers| hash(&Word::Offered { room, source, hops, format, layers });
        let other =
            [Some(Offered { flowing: true, rate: Bitrate::kbps(9), ..Offered::default() }), None, layers[2]];
        assert_eq!(of(room, hops, layers), of(room, hops, other));
        let stopped = [
            Some(Offered { flowing: false, rate: Bitrate::kbps(401), ..Offered::default() }),
            None,
            layers[2],
        ];
        assert_ne!(of(room, hops, layers), of(room, hops, stopped));
        assert_ne!(of(room, hops, layers), of(room, Hops::NONE, layers));
        assert_ne!(of(room, hops, layers), of(RoomId::new(4), hops, layers));
    }
}
