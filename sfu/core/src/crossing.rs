//! What engines tell each other, when the people of one room are connected to several of them: the workers of one node
//! over rings, those of two nodes over a link (`link`). What one packet means to all receivers beyond crosses once; the
//! engine there fans it out.
//!
//! Everything but media is **soft state**: it is said when it changes and again every second, and what is not said again
//! for three seconds is forgotten. So nothing here must arrive: a full ring drops, and a second later all is well. On a
//! link, where what nobody is shown should cost next to nothing, offers are summed up instead of said again.

use crate::datagram::Arena;
use crate::peer::Format;
use crate::receive::{Offered, Passed, SenderClock, StreamKey};
use crate::rtp::Ssrc;
use crate::units::{MediaTime, SeqNo};
use crate::workers::{WorkerId, Workers};
use sfu_control::{Layer, PeerId, RoomId, Source};
use std::ops::Range;

/// A media payload with its dependency descriptor fills an Ethernet frame at most. A larger one would not leave again
/// behind the headers we add.
pub(crate) const PAYLOAD_MAX_BYTES: usize = 1_460;

/// Another engine that is told things and tells things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Beyond {
    /// That of another worker of this node.
    Worker(WorkerId),
    /// That at the other end of a link of this one.
    Link(PeerId),
}

/// How many links lie between an engine and what it was told of. It grows with every link, so what goes round in a loop
/// of them comes to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Hops(u8);

impl Hops {
    /// It is at this node.
    pub(crate) const NONE: Self = Self(0);
    /// Too far to be of use: trees of four levels have paths of six links.
    pub(crate) const TOO_FAR: Self = Self(9);

    /// Reads what was written; none beyond what is of use.
    pub(crate) fn read(byte: u8) -> Option<Self> {
        (byte < Self::TOO_FAR.0).then_some(Self(byte))
    }

    /// As it is written.
    pub(crate) fn byte(self) -> u8 {
        self.0
    }

    /// One link farther; none when that is too far.
    pub(crate) fn farther(self) -> Option<Self> {
        Self::read(self.0 + 1)
    }

    /// Whether it is near enough to be told on.
    pub(crate) fn is_of_use(self) -> bool {
        self < Self::TOO_FAR
    }
}

/// Which layers of a source somebody wants, as bits from the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LayerSet(u8);

impl LayerSet {
    /// Adds one.
    pub(crate) fn add(&mut self, layer: Layer) {
        self.0 |= Self::bit(layer);
    }

    /// Whether one is in it.
    pub(crate) fn contains(self, layer: Layer) -> bool {
        self.0 & Self::bit(layer) != 0
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads what was written; none when there are bits that mean nothing.
    pub(crate) fn read(bits: u8) -> Option<Self> {
        (bits < 8).then_some(Self(bits))
    }

    /// As it is written.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    fn bit(layer: Layer) -> u8 {
        match layer {
            Layer::Low => 1,
            Layer::Medium => 2,
            Layer::High => 4,
        }
    }
}

/// A media packet on its way to another worker; its dependency descriptor and its payload go beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Media {
    /// The room its publisher is in. Whoever has not heard yet that it went to another one lets nobody see it.
    pub(crate) room: RoomId,
    /// The stream it belongs to.
    pub(crate) key: StreamKey,
    /// What its publisher calls the stream now.
    pub(crate) ssrc: Ssrc,
    /// Its number there.
    pub(crate) seq: SeqNo,
    /// Its timestamp there.
    pub(crate) time: MediaTime,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// Header extensions that go on.
    pub(crate) passed: Passed,
    /// How many of the bytes beside it are AV1's dependency descriptor; the rest is payload.
    pub(crate) dependency: u16,
    /// How many packets right before it were left out on purpose, so that nobody takes them for lost.
    pub(crate) left_out: u16,
}

/// One thing said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// To all: people of this room are connected here or beyond and want to know what there is. Between workers one that is
    /// too far only listens to who speaks.
    Present { room: RoomId, hops: Hops },
    /// To who is present: this may be had.
    Offered { room: RoomId, source: Source, hops: Hops, format: Option<Format>, layers: [Option<Offered>; 3] },
    /// To who is present: this may be had no longer.
    Withdrawn { source: Source },
    /// To the source's worker: these layers are to cross, and up to this one is granted to somebody.
    Wanted { room: RoomId, source: Source, granted: Option<Layer>, taken: LayerSet },
    /// To the source's worker: a decoder needs a keyframe.
    KeyframeWanted { key: StreamKey },
    /// To who takes the stream: what its sender said of its clock.
    Clock { key: StreamKey, clock: SenderClock },
    /// To who takes the stream: a packet.
    Media(Media),
    /// Over a link: so many offers hold, and this is their sum.
    Sum { count: u16, hash: u64 },
    /// Over a link: say all offers again.
    Again,
}

impl Word {
    /// An offer as it is compared: rates change with every packet.
    #[must_use]
    pub(crate) fn without_rates(self) -> Self {
        let bare = |offered: Offered| Offered { flowing: offered.flowing, ..Offered::default() };
        match self {
            Self::Offered { room, source, hops, format, layers } => {
                Self::Offered { room, source, hops, format, layers: layers.map(|layer| layer.map(bare)) }
            }
            other @ (Self::Present { .. }
            | Self::Withdrawn { .. }
            | Self::Wanted { .. }
            | Self::KeyframeWanted { .. }
            | Self::Clock { .. }
            | Self::Media(_)
            | Self::Sum { .. }
            | Self::Again) => other,
        }
    }
}

/// What an engine asks its shell to carry to other workers; the payload lies in the arena like that of a transmit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Where to.
    pub to: Workers,
    pub(crate) from: WorkerId,
    pub(crate) word: Word,
    pub(crate) payload: Range<usize>,
}

/// A crossing as it travels, with its payload: the one item of a packet that another worker gets.
#[derive(Debug, Clone)]
pub struct Parcel {
    pub(crate) from: WorkerId,
    pub(crate) word: Word,
    length: usize,
    payload: [u8; PAYLOAD_MAX_BYTES],
}

impl Crossing {
    /// Packs it up; to be called before the arena is cleared.
    pub fn parcel(&self, arena: &Arena) -> Parcel {
        let mut payload = [0; PAYLOAD_MAX_BYTES];
        let bytes = arena.range(self.payload.clone());
        let length = bytes.len().min(PAYLOAD_MAX_BYTES);
        if let (Some(place), Some(bytes)) = (payload.get_mut(..length), bytes.get(..length)) {
            place.copy_from_slice(bytes);
        }
        Parcel { from: self.from, word: self.word, length, payload }
    }
}

impl Parcel {
    /// The payload.
    pub(crate) fn payload(&self) -> &[u8] {
        self.payload.get(..self.length).unwrap_or_default()
    }
}
