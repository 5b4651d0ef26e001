//! The crate's readers of foreign bytes and the writers beside them, for fuzz targets only: each takes anything, says in
//! plain values what it read, and must neither panic nor hang. What has to hold between them is written in the targets.
//!
//! - `media`    RTP headers, payload and dependency descriptors, redundant audio
//! - `reports`  compound RTCP packets
//! - `seal`     SRTP and SRTCP under keys everybody knows
//! - `hall`     a whole engine with peers whose keys everybody knows
//! - `branch`   one with a link whose keys everybody knows, and what is said on links

mod branch;
mod hall;
mod media;
mod reports;
mod seal;

pub use branch::{Branch, link_words, stream_name};
pub use hall::{Hall, Hurt, SEATS};
pub use media::{
    Codec, Dependency, ElementForm, Payload, Picture, RtpPacket, dependencies, payload, red, renumbered,
    renumbered_dependency, rtp, write_rtp,
};
pub use reports::{Told, reports, write_reports};
#[cfg(test)]
pub(crate) use seal::exported_at_node;
pub use seal::{Protection, Seal};

use crate::peer::{Carries, Offer, Role};
use sfu_control::{ConnectRefusal, Layer, Slot, SourceKind};

/// One media line of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedLine {
    /// Its mid.
    pub mid: String,
    /// The source it sends.
    pub source: Option<SourceKind>,
    /// The slot it receives.
    pub slot: Option<Slot>,
    /// Its simulcast encodings.
    pub encodings: Vec<(String, Layer)>,
    /// The streams it names, and whether each repeats another.
    pub named: Vec<(u32, bool)>,
}

/// Reads an offer's layout; gives it with the offer as it would be handed on.
pub fn offer(sdp: &str) -> Result<(Vec<OfferedLine>, String), ConnectRefusal> {
    let offer = Offer::parse(sdp)?;
    let lines = offer.lines.into_iter().map(|line| {
        let (source, slot) = match line.role {
            Role::Source(kind) => (Some(kind), None),
            Role::Slot(slot) => (None, Some(slot)),
        };
        let named = line.named.iter().map(|(ssrc, what)| (ssrc.get(), *what == Carries::Retransmissions));
        OfferedLine { mid: line.mid, source, slot, encodings: line.encodings, named: named.collect() }
    });
    Ok((lines.collect(), offer.sdp))
}

/// Reads whose STUN message this is.
pub fn stun_ufrag(message: &[u8]) -> Option<&str> {
    crate::demux::local_ufrag(message)
}

/// Reads whether a STUN message wants its way used.
pub fn stun_nominates(message: &[u8]) -> bool {
    crate::demux::nominates(message)
}
