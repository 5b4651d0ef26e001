//! What crosses the door of a transport: packets in our own words, and nothing of the library behind it.

use super::Format;
use crate::datagram::Letter;
use crate::send::Patch;
use crate::units::{Bitrate, MediaTime, SeqNo};
use sfu_control::{DisconnectReason, Layer, SourceKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Header extensions that travel on from publisher to subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions {
    /// RFC 6464 voice bit.
    pub(super) voice: Option<bool>,
    /// How the camera is held.
    pub(super) orientation: Option<str0m::rtp::VideoOrientation>,
}

/// A media packet of a publisher, decrypted and in order of arrival; retransmissions are restored.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Which source.
    pub(crate) kind: SourceKind,
    /// Which of its encodings.
    pub(crate) layer: Layer,
    /// The stream it came on; it changes when the sender starts over.
    pub(crate) ssrc: u32,
    /// Its number, roll-overs counted.
    pub(crate) seq: SeqNo,
    /// Its timestamp.
    pub(crate) time: MediaTime,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// RFC 6464: 0 is loudest, 127 is silence.
    pub(crate) audio_level: Option<u8>,
    /// What else goes on.
    pub(crate) extensions: Extensions,
    /// The media; empty for padding.
    pub(crate) payload: Arc<[u8]>,
}

/// A media packet for a slot.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    /// Which of the peer's slots, by position.
    pub(crate) slot: usize,
    /// Its number in the slot's stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in the slot's stream.
    pub(crate) time: MediaTime,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Its codec, as the publisher sends it.
    pub(crate) format: Format,
    /// Goes on as it came.
    pub(crate) audio_level: Option<u8>,
    /// Go on as they came.
    pub(crate) extensions: Extensions,
    /// The media, shared.
    pub(crate) payload: &'a Arc<[u8]>,
    /// What changes in it.
    pub(crate) patch: Patch,
}

/// What a transport gives.
#[derive(Debug)]
pub(crate) enum PeerOutput {
    /// Send this.
    Transmit(Letter),
    /// Media came.
    Media(Incoming),
    /// Media came that belongs to no negotiated stream.
    Stray,
    /// The client needs a keyframe on one of its slots.
    KeyframeWanted { slot: usize },
    /// ICE and DTLS are up.
    Connected,
    /// What the line carries.
    Estimate(Bitrate),
    /// How the line is.
    Health(Health),
    /// What was asked to be sent again since the last report, by us and by the client.
    Nacks { sent: u64, received: u64 },
    /// It is over; nothing follows.
    Gone { reason: DisconnectReason, panicked: bool },
    /// Nothing before then.
    Timeout(Instant),
}

/// How a line is, as the client's reports say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Health {
    /// Round trip.
    pub(crate) rtt: Option<Duration>,
    /// Lost on the way down, in thousandths.
    pub(crate) down_loss_permille: u16,
    /// Lost on the way up, in thousandths.
    pub(crate) up_loss_permille: u16,
}
