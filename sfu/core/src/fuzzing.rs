//! The crate's readers of foreign bytes, for fuzz targets only: each takes anything and must neither panic nor hang.

use crate::peer::{Exported, Offer};
use crate::receive::descriptor;
use crate::rtcp::{Compound, Report};
use crate::rtp::RtpHeader;
use crate::srtp::SrtpReceiver;
use sfu_control::ConnectRefusal;

/// Reads a video payload as every codec we know.
pub fn payload(bytes: &[u8]) {
    for read in [descriptor::vp8, descriptor::vp9, descriptor::h264, descriptor::av1] {
        let _ = read(bytes);
    }
}

/// Reads an offer's layout and gives the offer as it would be handed on.
pub fn offer(sdp: &str) -> Result<String, ConnectRefusal> {
    Offer::parse(sdp).map(|offer| offer.sdp)
}

/// Reads whose STUN message this is.
pub fn stun_ufrag(bytes: &[u8]) -> Option<&str> {
    crate::demux::local_ufrag(bytes)
}

/// Reads an RTP header and its extensions.
pub fn rtp(bytes: &[u8]) -> Option<usize> {
    let header = RtpHeader::parse(bytes).ok()?;
    Some(header.extensions(bytes).count())
}

/// Reads a compound RTCP packet to its last number; gives how many things it says.
pub fn rtcp(bytes: &[u8]) -> usize {
    let read = |report: Report<'_>| match report {
        Report::Transport(feedback) => feedback.arrivals().count(),
        Report::Nack { lost, .. } => lost.count(),
        Report::Sender { .. }
        | Report::Received(_)
        | Report::KeyframeWanted { .. }
        | Report::ReferenceTime { .. }
        | Report::Goodbye { .. } => 1,
    };
    Compound::new(bytes).flatten().map(read).sum()
}

/// Opens a packet as media and as a report with keys everybody knows, under each profile; gives how often it opened.
pub fn srtp(bytes: &[u8]) -> usize {
    use dimpl::SrtpProfile as Profile;
    let profiles = [Profile::AEAD_AES_128_GCM, Profile::AEAD_AES_256_GCM, Profile::AES128_CM_SHA1_80];
    let opened = profiles.into_iter().filter_map(|profile| {
        let material = dimpl::KeyingMaterial::new(&[7; 88]);
        let mut receiver = SrtpReceiver::from_exported(&Exported { active: false, profile, material })?;
        let media = receiver.unprotect_rtp(&mut bytes.to_vec()).is_ok();
        let report = receiver.unprotect_rtcp(&mut bytes.to_vec()).is_ok();
        Some(usize::from(media) + usize::from(report))
    });
    opened.sum()
}
