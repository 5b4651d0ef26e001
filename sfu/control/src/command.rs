//! What signaling asks of an SFU.

use crate::{LinkId, PeerId, RoomId, Source, SourceKind};
use serde::{Deserialize, Serialize};

/// Whether packets of a source pass. A closed gate drops them at ingress, whatever the client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Gate {
    /// Packets pass.
    Open,
    /// Packets are dropped and counted.
    Closed,
}

/// How much a client can or wants to receive (domain.md section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReceiveProfile {
    /// Everything its line affords.
    Full,
    /// Programme at the medium layer at most, slides at a low rate, mosaic at the low layer.
    Saver,
    /// Voices, and of the programme and the slides a still picture every ten seconds.
    AudioStills,
    /// No video at all.
    AudioOnly,
}

/// One small picture a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MosaicWish {
    /// Which of its mosaic slots: 0 is the first.
    pub slot: u8,
    /// Whose picture; always a camera or a screen.
    pub source: Source,
    /// How tall it is shown, in device pixels; the layer is chosen from it.
    pub height: u16,
}

/// Everything a client wants to see, always whole: a later view replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// How much it wants to receive.
    pub profile: ReceiveProfile,
    /// Height of the programme picture in device pixels, 0 when it is not shown.
    pub programme_height: u16,
    /// Height of the slides in device pixels, 0 when they are not shown.
    pub slides_height: u16,
    /// The small pictures; a slot that is not named is empty.
    pub mosaic: Vec<MosaicWish>,
}

/// What a link may carry towards the other node, as its line's owner wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkLimits {
    /// Everything sent on it in sum, kbit/s; none when only the line limits it.
    pub cap_kbps: Option<u32>,
}

/// What signaling asks of an SFU. Commands about something unknown are counted and otherwise ignored, since
/// a peer may vanish while a command about it is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SfuCommand {
    /// Makes an empty room.
    OpenRoom {
        /// The new room.
        room: RoomId,
    },
    /// Ends a room and disconnects all its peers.
    CloseRoom {
        /// The room to end.
        room: RoomId,
    },
    /// Adds a peer with its one offer; answered by `Answered` or `Refused`. All its gates start closed.
    Connect {
        /// The new peer.
        peer: PeerId,
        /// Where it belongs.
        room: RoomId,
        /// The client's SDP offer: m-lines as web-client.md section 5.2 orders them.
        offer: String,
    },
    /// A new offer on a living peer: ICE restart or a larger slot pool. Answered like `Connect`.
    Renegotiate {
        /// The peer.
        peer: PeerId,
        /// The new SDP offer.
        offer: String,
    },
    /// Ends a peer; no event follows.
    Disconnect {
        /// The peer.
        peer: PeerId,
    },
    /// Takes a peer to another room on the transport it has; its gates and its view stay as they are. It is sent nothing
    /// of the old room after that, and nobody there anything of it.
    MoveTo {
        /// The peer.
        peer: PeerId,
        /// Where it belongs from now on.
        room: RoomId,
    },
    /// Opens or closes one source of a peer.
    SetGate {
        /// The peer.
        peer: PeerId,
        /// Which of its sources.
        kind: SourceKind,
        /// Open or closed.
        gate: Gate,
    },
    /// Chooses the picture everybody in the room is shown.
    SetProgramme {
        /// The room.
        room: RoomId,
        /// The picture, or none.
        source: Option<Source>,
        /// What the programme's own sender is shown instead of itself.
        reverse: Option<Source>,
    },
    /// Chooses what fills the slides slot of everybody but its sender.
    SetSlides {
        /// The room.
        room: RoomId,
        /// The screen, or none.
        source: Option<Source>,
    },
    /// Chooses whose microphone fills the floor's audio slot of everybody but its sender.
    SetFloor {
        /// The room.
        room: RoomId,
        /// The microphone, or none.
        source: Option<Source>,
    },
    /// Says what a peer wants to see.
    SetView {
        /// The peer.
        peer: PeerId,
        /// All of it.
        view: View,
    },
    /// Begins a link to another node; answered by `LinkOffered` or `LinkRefused`. The other node's SFU is to be given the
    /// offer by `AcceptLink`, and its answer is to come back by `CompleteLink`, over a way on which both nodes know each
    /// other: the fingerprints in them are all that tells the two ends that they are talking to one another.
    DialLink {
        /// The new link.
        link: LinkId,
        /// What may be sent on it.
        limits: LinkLimits,
    },
    /// Ends another node's offer in a link; answered by `LinkAnswered` or `LinkRefused`.
    AcceptLink {
        /// The new link.
        link: LinkId,
        /// The other node's SDP offer.
        offer: String,
        /// What may be sent on it.
        limits: LinkLimits,
    },
    /// Brings the other node's answer; `LinkUp` or `LinkDown` follows.
    CompleteLink {
        /// The link.
        link: LinkId,
        /// The SDP answer.
        answer: String,
    },
    /// Changes what may be sent on a link.
    SetLinkLimits {
        /// The link.
        link: LinkId,
        /// What may be sent on it from now on.
        limits: LinkLimits,
    },
    /// Ends a link; no event follows.
    CloseLink {
        /// The link.
        link: LinkId,
    },
    /// Lets a room go on beyond a link: both nodes say so, each to its own SFU, by the same name of the room. Its voices then
    /// cross, and its pictures as far as somebody beyond is shown them.
    Span {
        /// The room.
        room: RoomId,
        /// The link.
        link: LinkId,
    },
    /// Ends a room at a link; what came of it over the link is withdrawn at once.
    Unspan {
        /// The room.
        room: RoomId,
        /// The link.
        link: LinkId,
    },
}

impl SfuCommand {
    /// The link it is about.
    pub fn link(&self) -> Option<LinkId> {
        match self {
            Self::DialLink { link, .. }
            | Self::AcceptLink { link, .. }
            | Self::CompleteLink { link, .. }
            | Self::SetLinkLimits { link, .. }
            | Self::CloseLink { link }
            | Self::Span { link, .. }
            | Self::Unspan { link, .. } => Some(*link),
            Self::OpenRoom { .. }
            | Self::CloseRoom { .. }
            | Self::Connect { .. }
            | Self::Renegotiate { .. }
            | Self::Disconnect { .. }
            | Self::SetGate { .. }
            | Self::SetProgramme { .. }
            | Self::SetSlides { .. }
            | Self::SetFloor { .. }
            | Self::SetView { .. }
            | Self::MoveTo { .. } => None,
        }
    }
}
