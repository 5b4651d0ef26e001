//! Who and what is spoken about: rooms, peers, the sources they send and the slots they receive.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes a number type that cannot be mixed up with another one.
macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            /// Wraps a number that signaling chose; it is unique among the living ones of its kind.
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// The number, for use as an index or in a metric.
            pub const fn number(self) -> u32 {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
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
