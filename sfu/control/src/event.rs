//! What an SFU reports.

use crate::{Layer, LinkId, PeerId, RoomId, Slot, Source, SourceKind};
use serde::{Deserialize, Serialize};

/// Why an offer was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ConnectRefusal {
    /// The text is not an SDP offer.
    #[error("the offer is not valid SDP: {detail}")]
    MalformedOffer {
        /// Where it went wrong, without quoting credentials.
        detail: String,
    },
    /// The m-lines are not the slot layout clients negotiate.
    #[error("the offer's media lines are not in the expected order: {detail}")]
    UnexpectedLayout {
        /// The first line that differs.
        detail: String,
    },
    /// No codec in common for a line that needs one.
    #[error("no common codec for media line {mid}")]
    NoCommonCodec {
        /// The line's mid.
        mid: String,
    },
    /// The room or the peer does not exist (any more).
    #[error("the room or peer is unknown")]
    Unknown {},
    /// The SFU holds as many peers as it is configured for.
    #[error("this node is full")]
    Full {},
}

/// Why a peer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DisconnectReason {
    /// Nothing was heard for longer than ICE allows.
    Timeout,
    /// The client closed the connection.
    Closed,
    /// The handshake or the transport failed.
    Failed,
}

/// Which encodings of a source somebody needs. The client is told, so that an unseen picture costs its line
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "need", content = "layer", rename_all = "camelCase")]
pub enum Demand {
    /// Nobody needs it: all encodings pause.
    Paused,
    /// All layers from the lowest to this one are needed.
    UpTo(Layer),
}

/// One direction of a peer's line over the last report interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineReport {
    /// Media received from the client, kbit/s.
    pub up_kbps: u32,
    /// Media sent to the client, kbit/s.
    pub down_kbps: u32,
    /// What the bandwidth estimator thinks the downlink carries, kbit/s; 0 while unknown.
    pub down_estimate_kbps: u32,
    /// Round trip, milliseconds; 0 while unknown.
    pub rtt_ms: u32,
    /// Packets lost on the way up, in thousandths.
    pub up_loss_permille: u16,
    /// Packets lost on the way down, in thousandths.
    pub down_loss_permille: u16,
}

/// One end's view of a link over the last report interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkReport {
    /// Received on it, headers included, kbit/s.
    pub in_kbps: u32,
    /// Sent on it, headers included, kbit/s.
    pub out_kbps: u32,
    /// What the bandwidth estimator thinks it carries from here, kbit/s; 0 while unknown.
    pub out_estimate_kbps: u32,
    /// The cap on what is sent, kbit/s; 0 when there is none.
    pub out_cap_kbps: u32,
    /// Round trip, milliseconds; 0 while unknown.
    pub rtt_ms: u32,
    /// Packets lost on the way here, in thousandths.
    pub in_loss_permille: u16,
    /// Packets lost on the way there, in thousandths.
    pub out_loss_permille: u16,
    /// Streams that came.
    pub in_streams: u16,
    /// Streams that were sent.
    pub out_streams: u16,
    /// Pictures somebody beyond wants more of than the link affords.
    pub denied: u16,
}

/// What an SFU reports, in the order it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SfuEvent {
    /// The answer to `Connect` or `Renegotiate`.
    Answered {
        /// The peer.
        peer: PeerId,
        /// The SDP answer, with this node's candidates in it.
        answer: String,
        /// The client's receive pool: which slot is carried by which mid.
        slots: Vec<(Slot, String)>,
    },
    /// `Connect` or `Renegotiate` failed; after `Connect` the peer does not exist.
    Refused {
        /// The peer.
        peer: PeerId,
        /// Why.
        refusal: ConnectRefusal,
    },
    /// ICE and DTLS are up: media flows.
    Connected {
        /// The peer.
        peer: PeerId,
    },
    /// The peer is gone and its id is free.
    Disconnected {
        /// The peer.
        peer: PeerId,
        /// Why.
        reason: DisconnectReason,
    },
    /// A slot shows another source from this RTP timestamp on (of the slot's own stream), so that the name
    /// plate can flip with the picture.
    SlotSwitched {
        /// Whose slot.
        peer: PeerId,
        /// Which slot.
        slot: Slot,
        /// What fills it now; none when it fell silent or empty.
        source: Option<Source>,
        /// First RTP timestamp of the new source, 0 when there is none.
        rtp_timestamp: u32,
    },
    /// Which encodings of a source are needed changed.
    Demanded {
        /// Who sends it.
        peer: PeerId,
        /// Which source.
        kind: SourceKind,
        /// What is needed from now on.
        demand: Demand,
    },
    /// Whose microphones are heard in a room right now: whoever leads the talk, then the loudest; sent on change, at most
    /// 5 times a second.
    Speaking {
        /// The room.
        room: RoomId,
        /// At most three peers.
        peers: Vec<PeerId>,
    },
    /// A peer's line, every two seconds while connected.
    Line {
        /// The peer.
        peer: PeerId,
        /// The figures.
        report: LineReport,
    },
    /// The offer `DialLink` asked for.
    LinkOffered {
        /// The link.
        link: LinkId,
        /// The SDP offer for the other node's `AcceptLink`.
        offer: String,
    },
    /// The answer `AcceptLink` asked for.
    LinkAnswered {
        /// The link.
        link: LinkId,
        /// The SDP answer for the other node's `CompleteLink`.
        answer: String,
    },
    /// `DialLink`, `AcceptLink` or `CompleteLink` failed; the link does not exist.
    LinkRefused {
        /// The link.
        link: LinkId,
        /// Why.
        refusal: ConnectRefusal,
    },
    /// The link carries media.
    LinkUp {
        /// The link.
        link: LinkId,
    },
    /// The link is gone and what came over it withdrawn; its id is free.
    LinkDown {
        /// The link.
        link: LinkId,
        /// Why.
        reason: DisconnectReason,
    },
    /// A link's line, every two seconds while it is up.
    LinkLine {
        /// The link.
        link: LinkId,
        /// The figures.
        report: LinkReport,
    },
}
