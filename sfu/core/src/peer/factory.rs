//! What all transports of an engine share, and how one is made.

use super::{agreement, codec, keys};
use crate::engine::EngineError;
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

/// Letters of ICE user names and passwords; 16 and 32 of them carry 80 and 160 bits.
const ICE_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The numbers we propose for extensions the library does not propose by itself; the client's own win.
const CAPTURE_TIME_ID: u8 = 7;
const DEPENDENCY_ID: u8 = 12;

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
        let crypto = Arc::new(keys::crypto_provider());
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

    /// Makes a transport with its own ICE password that waits to be called.
    pub(super) fn build(&self, rng: &mut ChaCha20Rng, now: Instant) -> Rtc {
        self.build_as(true, rng, now)
    }

    /// Makes one that calls.
    pub(super) fn build_dialling(&self, rng: &mut ChaCha20Rng, now: Instant) -> Rtc {
        self.build_as(false, rng, now)
    }

    fn build_as(&self, waits: bool, rng: &mut ChaCha20Rng, now: Instant) -> Rtc {
        let config = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .set_ice_lite(waits)
            .set_rtp_mode(true)
            .set_extension(CAPTURE_TIME_ID, Extension::AbsoluteCaptureTime)
            .set_extension(DEPENDENCY_ID, Extension::with_serializer(agreement::DEPENDENCY_URI, Negotiated))
            .set_local_ice_credentials(IceCreds { ufrag: ice_word(rng, 16), pass: ice_word(rng, 32) });
        let mut rtc = codec::enable(config).build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
    }
}

/// An extension that is only negotiated by the library; its bytes never pass there.
#[derive(Debug)]
struct Negotiated;

impl ExtensionSerializer for Negotiated {
    fn write_to(&self, _: &mut [u8], _: &ExtensionValues) -> usize {
        0
    }

    fn parse_value(&self, _: &[u8], _: &mut ExtensionValues) -> bool {
        false
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }
}

/// Random letters for ICE.
fn ice_word(rng: &mut ChaCha20Rng, length: usize) -> String {
    (0..length)
        .filter_map(|_| ICE_LETTERS.get(rng.random_range(0..ICE_LETTERS.len())))
        .map(|&b| char::from(b))
        .collect()
}
