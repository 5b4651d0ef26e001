//! One end of a media connection, as cheap as it can be: a binding request, DTLS as the client, then SRTP by a foreign
//! library. No negotiation library, no jitter buffer, no decoder: at a thousand receivers those would be what is measured.

use super::{
    packet::{self, Kind},
    sdp::{Identity, Remote},
    stun::{self, Credentials},
};
use dimpl::{Config, Dtls, DtlsCertificate, KeyingMaterial, Output, SrtpProfile, certificate};
use rtc_crypto::RTCCryptoProvider;
use rtc_srtp::{context::Context, protection_profile::ProtectionProfile};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

/// Binding requests before one was answered.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Larger than any DTLS record of a handshake.
const RECORD_BYTES: usize = 2_048;

/// Why an endpoint failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum EndpointError {
    /// The handshake broke.
    #[error("DTLS: {0}")]
    Dtls(#[from] dimpl::Error),
    /// The library refused keys or bytes.
    #[error("SRTP: {0}")]
    Srtp(String),
    /// There is no crypto to be had.
    #[error("crypto: {0}")]
    Crypto(String),
}

/// What all endpoints share: making it is what a join would cost most.
pub(super) struct Workshop {
    config: Arc<Config>,
    certificate: DtlsCertificate,
    fingerprint: String,
    crypto: Arc<dyn RTCCryptoProvider>,
}

impl Workshop {
    pub(super) fn new() -> Result<Self, EndpointError> {
        let crypto = |error: &dyn std::fmt::Display| EndpointError::Crypto(error.to_string());
        let certificate = certificate::generate_self_signed_certificate().map_err(|error| crypto(&error))?;
        Ok(Self {
            config: Arc::new(Config::builder().build()?),
            fingerprint: certificate.fingerprint_str(),
            certificate,
            crypto: rtc_crypto::default_provider().map_err(|error| crypto(&error))?,
        })
    }

    /// How the endpoint with this number shows itself.
    pub(super) fn identity(&self, number: u32, address: SocketAddr) -> Identity {
        Identity {
            ufrag: format!("bench{number:05}"),
            password: format!("password-of-endpoint-{number:010}"),
            fingerprint: self.fingerprint.clone(),
            address,
        }
    }

    fn context(&self, profile: SrtpProfile, key: &[u8], salt: &[u8]) -> Result<Context, EndpointError> {
        let profile = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            SrtpProfile::AEAD_AES_128_GCM => ProtectionProfile::AeadAes128Gcm,
            SrtpProfile::AEAD_AES_256_GCM => ProtectionProfile::AeadAes256Gcm,
            _ => return Err(EndpointError::Srtp("a profile nobody offered".to_owned())),
        };
        Context::new(key, salt, profile, None, None, self.crypto.crypto())
            .map_err(|error| EndpointError::Srtp(error.to_string()))
    }

    /// Cuts the exported keys apart (RFC 5764 section 4.2): we are the client.
    fn keys(&self, material: &KeyingMaterial, profile: SrtpProfile) -> Result<Keys, EndpointError> {
        let (key_bytes, salt_bytes) = if profile == SrtpProfile::AES128_CM_SHA1_80 {
            (16, 14)
        } else if profile == SrtpProfile::AEAD_AES_128_GCM {
            (16, 12)
        } else {
            (32, 12)
        };
        let part = |from: usize, bytes: usize| material.get(from..from + bytes).unwrap_or_default();
        let salts = 2 * key_bytes;
        Ok(Keys {
            seal: self.context(profile, part(0, key_bytes), part(salts, salt_bytes))?,
            open: self.context(profile, part(key_bytes, key_bytes), part(salts + salt_bytes, salt_bytes))?,
            profile,
        })
    }
}

/// SRTP both ways.
pub(super) struct Keys {
    seal: Context,
    open: Context,
    profile: SrtpProfile,
}

/// How far a connection has come.
enum Phase {
    /// Its description is with the server.
    Offered,
    /// It asks for a binding.
    Asking { next: Instant },
    /// DTLS runs.
    Securing { dtls: Box<Dtls>, deadline: Instant, keys: Option<Box<Keys>> },
    /// Media may flow.
    Running(Box<Keys>),
}

/// A connection.
pub(super) struct Endpoint {
    number: u32,
    /// How it shows itself.
    pub(super) identity: Identity,
    /// The server's side of it.
    pub(super) remote: Option<Remote>,
    request: Vec<u8>,
    phase: Phase,
}

impl Endpoint {
    pub(super) fn new(workshop: &Workshop, number: u32, address: SocketAddr) -> Self {
        let identity = workshop.identity(number, address);
        Self { number, identity, remote: None, request: Vec::new(), phase: Phase::Offered }
    }

    /// Takes the server's description; the connection begins.
    pub(super) fn connect(&mut self, now: Instant, remote: Remote) {
        let credentials = Credentials {
            local_ufrag: &self.identity.ufrag,
            remote_ufrag: &remote.ufrag,
            remote_password: &remote.password,
        };
        self.request = stun::binding_request(self.number, &credentials);
        self.remote = Some(remote);
        // Offered => Asking
        self.phase = Phase::Asking { next: now };
    }

    /// Whether media may flow.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// What it protects media with.
    pub(super) fn profile(&self) -> Option<SrtpProfile> {
        match &self.phase {
            Phase::Running(keys) => Some(keys.profile),
            Phase::Offered | Phase::Asking { .. } | Phase::Securing { .. } => None,
        }
    }

    /// The binding request; sent every few seconds it keeps the connection alive.
    pub(super) fn keep_alive(&self) -> &[u8] {
        &self.request
    }

    /// Takes a datagram of the handshake; gives what is to be sent.
    pub(super) fn handle_handshake(
        &mut self,
        workshop: &Workshop,
        now: Instant,
        datagram: &[u8],
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        if let Some(remote) = &self.remote
            && let Some(answer) = stun::binding_success(datagram, remote.address, &self.identity.password)
        {
            return Ok(vec![answer]);
        }
        match (packet::kind(datagram), &mut self.phase) {
            (Kind::Stun, Phase::Asking { .. }) if stun::is_success(datagram) => {
                let config = Arc::clone(&workshop.config);
                let mut dtls = Box::new(Dtls::new_12(config, workshop.certificate.clone(), now));
                dtls.set_active(true);
                dtls.handle_timeout(now)?;
                // Asking => Securing
                self.phase = Phase::Securing { dtls, deadline: now, keys: None };
                self.drain(workshop)
            }
            (Kind::Dtls, Phase::Securing { dtls, .. }) => {
                dtls.handle_packet(datagram)?;
                self.drain(workshop)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// What is due now.
    pub(super) fn handle_time(
        &mut self,
        workshop: &Workshop,
        now: Instant,
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        match &mut self.phase {
            Phase::Asking { next } if now >= *next => {
                *next = now + ASK_EVERY;
                Ok(vec![self.request.clone()])
            }
            Phase::Securing { dtls, deadline, .. } if now >= *deadline => {
                dtls.handle_timeout(now)?;
                self.drain(workshop)
            }
            Phase::Offered | Phase::Asking { .. } | Phase::Securing { .. } | Phase::Running(_) => {
                Ok(Vec::new())
            }
        }
    }

    /// Encrypts a packet.
    pub(super) fn seal(
        &mut self,
        kind: Kind,
        plain: &[u8],
    ) -> Option<impl std::ops::Deref<Target = [u8]> + use<>> {
        let Phase::Running(keys) = &mut self.phase else { return None };
        match kind {
            Kind::Rtcp => keys.seal.encrypt_rtcp(plain).ok(),
            Kind::Rtp | Kind::Stun | Kind::Dtls | Kind::Unknown => keys.seal.encrypt_rtp(plain).ok(),
        }
    }

    /// Decrypts a packet.
    pub(super) fn open(
        &mut self,
        kind: Kind,
        sealed: &[u8],
    ) -> Option<impl std::ops::Deref<Target = [u8]> + use<>> {
        let Phase::Running(keys) = &mut self.phase else { return None };
        match kind {
            Kind::Rtcp => keys.open.decrypt_rtcp(sealed).ok(),
            Kind::Rtp | Kind::Stun | Kind::Dtls | Kind::Unknown => keys.open.decrypt_rtp(sealed).ok(),
        }
    }

    fn drain(&mut self, workshop: &Workshop) -> Result<Vec<Vec<u8>>, EndpointError> {
        let Phase::Securing { dtls, deadline, keys } = &mut self.phase else { return Ok(Vec::new()) };
        let mut sent = Vec::new();
        let mut buffer = vec![0; RECORD_BYTES];
        loop {
            match dtls.poll_output(&mut buffer) {
                Output::Packet(record) => sent.push(record.to_vec()),
                Output::KeyingMaterial(material, profile) => {
                    *keys = Some(Box::new(workshop.keys(&material, profile)?));
                }
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(at) => {
                    *deadline = at;
                    break;
                }
                Output::Connected
                | Output::PeerCert(_)
                | Output::ApplicationData(_)
                | Output::CloseNotify => {}
                _ => {}
            }
        }
        // Keys come when the last message of the handshake has: the server's, in DTLS 1.2.
        if let Some(keys) = keys.take() {
            // Securing => Running
            self.phase = Phase::Running(keys);
        }
        Ok(sent)
    }
}
