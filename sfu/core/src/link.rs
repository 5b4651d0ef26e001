//! A link: a peer that is another node. What is said on it is what the workers of one node tell each other (`crossing`), and
//! what is shown beyond it travels as streams of RTP, each once, whatever the audience there.
//!
//! 1. `words`  what is said, in RTCP APP packets
//! 2. `name`   how a stream is named in its packets
//! 3. `share`  what a link affords of what is wanted beyond it

mod name;
mod share;
pub(crate) mod words;

pub(crate) use name::{Binding, EXTENSIONS, StreamName, meaning, offered};
pub(crate) use share::{Class, LayerState, Shares, WantedPicture, share};

use crate::crossing::Word;
use crate::receive::StreamKey;
use crate::units::Bitrate;
use sfu_control::{Layer, LinkId, LinkLimits, NodeNumber, PeerId, RoomId, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Peers of this node number stand for links; signaling gives it to no node.
const LINKS: NodeNumber = NodeNumber::new(u32::MAX);

/// Links one engine keeps: each may be another branch.
pub(crate) const LINKS_MAX: usize = 64;
/// Streams one link carries each way; each picture has a second one for repairs, and a receiver knows 256. What is wanted on
/// top is not afforded.
pub(crate) const LINES_MAX: usize = 120;
/// Rooms that go on beyond one link.
pub(crate) const SPANS_MAX: usize = 256;
/// Offers remembered of one link. What is offered on top is not known here.
pub(crate) const HEARD_MAX: usize = 16_384;
/// Places of voices in a room that goes on beyond a link: the three loudest and the floor.
pub(crate) const VOICES: usize = 4;
/// A link on which nothing came for so long is down: five times what each end says twice a second is lost. Those beyond are
/// withdrawn then.
pub(crate) const SILENCE_MAX: Duration = Duration::from_millis(2_500);
/// What was said over a link and not said again for so long holds no more; it is said every second, and lines lose.
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);
/// How often the sum of offers may be wrong before what was not said again since is taken for withdrawn.
pub(crate) const ROUNDS_MAX: u8 = 4;

/// The peer that stands for a link inside the engine.
pub(crate) fn peer_of(link: LinkId) -> PeerId {
    PeerId::at(LINKS, link.number())
}

/// Whether a peer stands for a link.
pub(crate) fn is_link(peer: PeerId) -> bool {
    peer.node() == LINKS
}

/// An offer of the other node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    /// What it said.
    pub(crate) word: Word,
    /// How often the sum was wrong since.
    pub(crate) rounds: u8,
}

/// One link, apart from its transport, which is a member's.
#[derive(Debug)]
pub(crate) struct Link {
    /// What signaling calls it.
    pub(crate) id: LinkId,
    /// What may be sent on it at most.
    pub(crate) cap: Option<Bitrate>,
    /// The rooms that go on beyond it.
    pub(crate) spans: BTreeSet<RoomId>,
    /// What it was offered, as it was said last.
    pub(crate) said: BTreeMap<Source, Word>,
    /// What it offers.
    pub(crate) heard: BTreeMap<Source, Heard>,
    /// The highest layer it affords of what is wanted beyond; none when not even the lowest.
    pub(crate) afforded: BTreeMap<Source, Option<Layer>>,
    /// Pictures somebody beyond wants more of than it affords.
    pub(crate) denied: usize,
    /// Which place of which room has which voice line.
    pub(crate) voices: BTreeMap<(RoomId, usize), usize>,
    /// Which picture has which line.
    pub(crate) pictures: BTreeMap<StreamKey, usize>,
    /// Lines of voices and of pictures that nothing has.
    pub(crate) free: (Vec<usize>, Vec<usize>),
}

impl Link {
    /// One that carries nothing.
    pub(crate) fn new(id: LinkId, limits: LinkLimits) -> Self {
        Self {
            id,
            cap: cap_of(limits),
            spans: BTreeSet::new(),
            said: BTreeMap::new(),
            heard: BTreeMap::new(),
            afforded: BTreeMap::new(),
            denied: 0,
            voices: BTreeMap::new(),
            pictures: BTreeMap::new(),
            free: (Vec::new(), Vec::new()),
        }
    }

    /// How many offers were said, and their sum.
    pub(crate) fn sum_said(&self) -> Word {
        sum(self.said.values())
    }

    /// The same of what was heard.
    pub(crate) fn sum_heard(&self) -> Word {
        sum(self.heard.values().map(|heard| &heard.word))
    }
}

/// The cap signaling wants.
pub(crate) fn cap_of(limits: LinkLimits) -> Option<Bitrate> {
    limits.cap_kbps.map(|kbps| Bitrate::kbps(kbps.into()))
}

/// Both ends add up what holds; where the sums differ something was lost on the way.
fn sum<'a>(offers: impl Iterator<Item = &'a Word>) -> Word {
    let add = |(count, hash): (u16, u64), word| (count.wrapping_add(1), hash.wrapping_add(words::hash(word)));
    let (count, hash) = offers.fold((0, 0), add);
    Word::Sum { count, hash }
}
