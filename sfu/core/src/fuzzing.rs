//! The crate's readers of foreign bytes, for fuzz targets only: each takes anything and must neither panic nor hang.

use crate::peer::Offer;
use crate::receive::descriptor;
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
