//! DTLS as the negotiation library wants it, with two things added: all transports of the process share one checked
//! configuration (making and self-testing one costs a millisecond, a handshake without it 15 µs), and the SRTP keys
//! of a finished handshake come out to us.

use dimpl::{Config, Dtls, DtlsCertificate, Error, KeyingMaterial, Output, ProtocolVersion, SrtpProfile};
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use str0m::config::{DtlsCert, DtlsVersion};
use str0m::crypto::dtls::{DtlsInstance, DtlsProvider};
use str0m::crypto::{CryptoError, CryptoProvider};

/// The keys of a finished handshake (RFC 5764 section 4.2), not cut apart yet.
pub(crate) struct Exported {
    /// Whether we were the client of the handshake.
    pub(crate) active: bool,
    /// The negotiated protection.
    pub(crate) profile: SrtpProfile,
    /// Client key, server key, client salt, server salt.
    pub(crate) material: KeyingMaterial,
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exported").field("profile", &self.profile).finish_non_exhaustive()
    }
}

thread_local! {
    /// The library has no way to hand keys back, so they lie here from the moment its DTLS gives them until the call
    /// into it that made it do so returns, on the same thread.
    static EXPORTED: RefCell<Option<Exported>> = const { RefCell::new(None) };
}

/// Takes the keys which the last call into the library brought, if it did.
pub(super) fn take_exported() -> Option<Exported> {
    EXPORTED.take()
}

/// The library's own provider with our DTLS in it.
pub(super) fn crypto_provider() -> CryptoProvider {
    CryptoProvider { dtls_provider: &SharedDtls, ..str0m::crypto::from_feature_flags() }
}

/// Makes DTLS instances.
#[derive(Debug)]
struct SharedDtls;

impl SharedDtls {
    /// The one configuration. Cookies are off: ICE has proven the way back before DTLS begins.
    fn config() -> Result<Arc<Config>, CryptoError> {
        static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
        if let Some(config) = CONFIG.get() {
            return Ok(Arc::clone(config));
        }
        let built = Config::builder().use_server_cookie(false).build();
        let config = built.map_err(|error| CryptoError::Other(format!("DTLS configuration: {error}")))?;
        Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
    }
}

impl DtlsProvider for SharedDtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()
    }

    /// DTLS 1.2 whatever is asked: under 1.3 this library takes the client's first SRTP profile, which is four times
    /// dearer than ours.
    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        _: DtlsVersion,
        _: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let certificate = DtlsCertificate {
            certificate: certificate.certificate.clone(),
            private_key: certificate.private_key.clone(),
        };
        Ok(Box::new(Tapped { dtls: Dtls::new_12(Self::config()?, certificate, now) }))
    }
}

/// A DTLS association that tells its keys.
struct Tapped {
    dtls: Dtls,
}

impl std::fmt::Debug for Tapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tapped").finish_non_exhaustive()
    }
}

impl DtlsInstance for Tapped {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), Error> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> Output<'a> {
        let output = self.dtls.poll_output(buf);
        if let Output::KeyingMaterial(material, profile) = &output {
            let exported = Exported {
                active: self.dtls.is_active(),
                profile: *profile,
                material: KeyingMaterial::new(material),
            };
            EXPORTED.set(Some(exported));
            // The library would make ciphers and buffers of them, nine kilobytes for packets it never sees. That the
            // handshake is over, which it was told right before, it may hear twice.
            return Output::Connected;
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, Error> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.dtls.close()
    }
}
