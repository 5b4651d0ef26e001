//! The control side of a link. Here we offer as well: whoever dials is the controlling agent of ICE and the client of DTLS,
//! whoever is dialled answers as it answers clients. What travels is the nodes' own affair, so the one media line stands
//! for all of it.

use super::{OurOffer, Peer, TransportFactory, first_words, library_failed};
use rand_chacha::ChaCha20Rng;
use sfu_control::ConnectRefusal;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;
use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::{Direction, MediaKind};

/// One media line and the addresses of a node with many interfaces.
const SDP_MAX_BYTES: usize = 32 * 1024;

impl Peer {
    /// Makes an offer to another node.
    pub(crate) fn dial(
        factory: &TransportFactory,
        rng: &mut ChaCha20Rng,
        now: Instant,
    ) -> Result<(Self, String), ConnectRefusal> {
        let mut peer = Self::on_link(|| factory.build_dialling(rng, now))?;
        let offered = peer.guarded(|peer| {
            let mut changes = peer.rtc.sdp_api();
            changes.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
            changes.apply()
        });
        let (offer, pending) = offered.flatten().ok_or_else(library_failed)?;
        peer.offered = Some(OurOffer(pending));
        Ok((peer, offer.to_sdp_string()))
    }

    /// Takes the answer to our offer.
    pub(crate) fn complete(&mut self, answer: &str) -> Result<(), ConnectRefusal> {
        let answer =
            SdpAnswer::from_sdp_string(bounded(answer)?).map_err(|error| malformed(&error.to_string()))?;
        let OurOffer(pending) = self.offered.take().ok_or(ConnectRefusal::Unknown {})?;
        let accepted = self.guarded(|peer| peer.rtc.sdp_api().accept_answer(pending, answer));
        accepted.ok_or_else(library_failed)?.map_err(|error| malformed(&error.to_string()))
    }

    /// Answers another node's offer.
    pub(crate) fn accept(
        factory: &TransportFactory,
        offer: &str,
        rng: &mut ChaCha20Rng,
        now: Instant,
    ) -> Result<(Self, String), ConnectRefusal> {
        let offer = without_candidates(bounded(offer)?);
        let offer = SdpOffer::from_sdp_string(&offer).map_err(|error| malformed(&error.to_string()))?;
        let mut peer = Self::on_link(|| factory.build(rng, now))?;
        let answered =
            peer.guarded(|peer| peer.rtc.sdp_api().accept_offer(offer)).ok_or_else(library_failed)?;
        let answer = answered.map_err(|error| malformed(&error.to_string()))?;
        Ok((peer, answer.to_sdp_string()))
    }

    fn on_link(build: impl FnOnce() -> Rtc) -> Result<Self, ConnectRefusal> {
        let rtc = catch_unwind(AssertUnwindSafe(build)).map_err(|_| library_failed())?;
        Ok(Self::new(rtc))
    }
}

fn bounded(sdp: &str) -> Result<&str, ConnectRefusal> {
    if sdp.len() > SDP_MAX_BYTES { Err(malformed("it is larger than 32 kB")) } else { Ok(sdp) }
}

/// Whoever is dialled never calls, so it needs no addresses.
fn without_candidates(offer: &str) -> String {
    let mut clean = String::with_capacity(offer.len());
    for line in offer.lines().map(str::trim_end) {
        if !line.starts_with("a=candidate:") && line != "a=end-of-candidates" {
            let _ = write!(clean, "{line}\r\n");
        }
    }
    clean
}

fn malformed(detail: &str) -> ConnectRefusal {
    ConnectRefusal::MalformedOffer { detail: first_words(detail) }
}
