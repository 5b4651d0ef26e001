//! Who and what is spoken about: rooms, peers, the sources they send and the slots they receive.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A node of the tree. Signaling gives each its own, so that names made at two nodes never meet; a node alone is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeNumber(u32);

impl NodeNumber {
    /// Wraps a number that signaling chose.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Makes a number type that cannot be mixed up with another one. The upper half names the node that made it, so it is
/// unique in the whole tree.
macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a number that signaling chose; it is unique among the living ones of its kind.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The one that a node counted so far when it made it.
            pub const fn at(node: NodeNumber, count: u32) -> Self {
                Self((node.0 as u64) << 32 | count as u64)
            }

            /// The number, for use as an index or in a metric.
            pub const fn number(self) -> u64 {
                self.0
            }

            /// The node that made it.
            pub const fn node(self) -> NodeNumber {
                NodeNumber((self.0 >> 32) as u32)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.node() {
                    NodeNumber(0) => write!(f, concat!(stringify!($name), "({})"), self.0),
                    NodeNumber(node) => {
                        let count = self.0 & u64::from(u32::MAX);
                        write!(f, concat!(stringify!($name), "({}:{})"), node, count)
                    }
                }
            }
        }
    };
}

number_id! {
    /// A set of peers that may receive each other's sources. Nothing done in one room is observable in another.
    RoomId
}
number_id! {
    /// One transport: a client's single peer connection. A seat that reconnects comes back as a new peer.
    PeerId
}

/// One connection between this node's SFU and another's. Only the two nodes' own signaling knows it, each by a name of its
/// own; a link that was cut comes back as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(u32);

impl LinkId {
    /// Wraps a number that signaling chose; it is unique among the links of this node so far.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// The four things a client may send, in the order of its first four m-lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// The room's or person's microphone (Opus).
    Microphone,
    /// The camera, sent as simulcast with rids `q`, `h`, `f`.
    Camera,
    /// What is presented: a shared screen or window.
    Screen,
    /// The sound that goes with [`SourceKind::Screen`].
    ScreenAudio,
}

impl SourceKind {
    /// All kinds in m-line order.
    pub const ALL: [Self; 4] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio];

    /// Whether this source is heard rather than seen.
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Microphone | Self::ScreenAudio)
    }
}

/// One thing one peer sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// Who sends it.
    pub peer: PeerId,
    /// Which of its four sources it is.
    pub kind: SourceKind,
}

/// A place in a client's receive pool. A slot is one unbroken RTP stream whatever source fills it
/// (design.md section 3); its m-line follows from its position in the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "index", rename_all = "camelCase")]
pub enum Slot {
    /// One of the three loudest open microphones: 0, 1 or 2.
    Audio(u8),
    /// The audio of whoever has the floor, so that a cough elsewhere never takes it away.
    FloorAudio,
    /// The picture everybody is shown.
    Programme,
    /// What is presented.
    Slides,
    /// A small picture this client asked for by itself.
    Mosaic(u8),
}

/// A simulcast layer, smallest first (rids `q`, `h`, `f`: a quarter, a half and the full capture height).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layer {
    /// rid `q`: about 320 × 180, 120 kbit/s.
    Low,
    /// rid `h`: about 640 × 360, 400 kbit/s.
    Medium,
    /// rid `f`: about 1280 × 720, 1.2 Mbit/s.
    High,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_made_at_two_nodes_never_meet() {
        let (alone, seven) = (NodeNumber::default(), NodeNumber::new(7));
        assert_eq!(PeerId::at(alone, 3), PeerId::new(3));
        assert_ne!(PeerId::at(seven, 3), PeerId::new(3));
        assert_eq!((PeerId::at(seven, 3).node(), PeerId::new(3).node()), (seven, alone));
        let largest = RoomId::at(NodeNumber::new(u32::MAX), u32::MAX);
        assert_eq!((largest.number(), largest.node().number()), (u64::MAX, u32::MAX));
        assert_eq!(format!("{:?} {:?}", PeerId::at(seven, 3), RoomId::new(3)), "PeerId(7:3) RoomId(3)");
    }
}
