//! What all transports of an engine share, and how one is made.

use super::codec;
use crate::engine::EngineError;
use crate::units::Bitrate;
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::bwe::Bitrate as NegotiatedBitrate;
use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion};
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

/// What a fresh line is assumed to carry until measured: the programme in its middle layer and audio.
const INITIAL_ESTIMATE: Bitrate = Bitrate::kbps(1_000);
/// How often round trip and loss are taken; twice per line report would tell no more.
const STATS_INTERVAL: Duration = Duration::from_secs(2);
/// Letters of ICE user names and passwords; 16 and 32 of them carry 80 and 160 bits.
const ICE_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Retransmission memory of a video slot: two seconds of the full picture.
const RESEND_PACKETS_VIDEO: usize = 512;

/// What all peers of an engine share.
#[derive(Debug)]
pub(crate) struct TransportFactory {
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
    candidates: Vec<Candidate>,
}

impl TransportFactory {
    /// Prepares what is made once: the certificate and the candidates.
    pub(crate) fn new(addresses: &[SocketAddr]) -> Result<Self, EngineError> {
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate().ok_or(EngineError::NoCertificate)?;
        let candidates = addresses
            .iter()
            .map(|address| {
                let usable = !address.ip().is_unspecified() && address.port() != 0;
                let candidate = usable.then(|| Candidate::host(*address, "udp").ok()).flatten();
                candidate.ok_or(EngineError::BadAddress { address: *address })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { crypto, certificate, candidates })
    }

    /// Makes a transport with its own ICE password.
    pub(super) fn build(&self, rng: &mut ChaCha20Rng, now: Instant) -> Rtc {
        let config = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            // DTLS 1.3 of this version takes the client's first SRTP profile, which is four times dearer than ours.
            .set_dtls_version(DtlsVersion::Dtls12)
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATS_INTERVAL))
            .set_send_buffer_video(RESEND_PACKETS_VIDEO)
            .set_local_ice_credentials(IceCreds { ufrag: ice_word(rng, 16), pass: ice_word(rng, 32) })
            .enable_bwe(Some(NegotiatedBitrate::bps(INITIAL_ESTIMATE.as_bps())));
        let mut rtc = codec::enable(config).build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
    }
}

/// Random letters for ICE.
fn ice_word(rng: &mut ChaCha20Rng, length: usize) -> String {
    (0..length)
        .filter_map(|_| ICE_LETTERS.get(rng.random_range(0..ICE_LETTERS.len())))
        .map(|&b| char::from(b))
        .collect()
}
