//! What the engines of one node tell each other, when the people of one room are connected to several of them. What
//! one packet means to all receivers of another worker crosses once; that worker fans it out.
//!
//! Everything but media is **soft state**: it is said when it changes and again every second, and what is not said again
//! for three seconds is forgotten. So nothing here must arrive: a full ring drops, and a second later all is well.

use crate::datagram::Arena;
use crate::peer::Format;
use crate::receive::{Offered, Passed, SenderClock, StreamKey};
use crate::rtp::Ssrc;
use crate::units::{MediaTime, SeqNo};
use crate::workers::{WorkerId, Workers};
use sfu_control::{Layer, RoomId, Source};
use std::ops::Range;

/// A media payload with its dependency descriptor fills an Ethernet frame at most. A larger one would not leave again
/// behind the headers we add.
pub(crate) const PAYLOAD_MAX_BYTES: usize = 1_460;

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
    /// To all: people of this room are connected here and want to know what there is.
    Present { room: RoomId },
    /// To who is present: this may be had.
    Offered { room: RoomId, source: Source, format: Option<Format>, layers: [Option<Offered>; 3] },
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
