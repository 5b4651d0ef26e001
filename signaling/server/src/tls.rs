//! The certificate: the one configured, or a self-made one that is kept in the data directory.

use crate::config::CertificateFiles;
use crate::data_dir::DataDirectory;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "certificate-key.pem";

/// Where Linux keeps the host's name.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not PEM of the expected kind.
    #[error("{path} does not hold a {what} in PEM form: {reason}")]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// The certificate and its key do not work together.
    #[error("the certificate cannot be used: {0}")]
    Rustls(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// Who made the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// This node; browsers warn until it is trusted by hand.
    SelfMade,
    /// Somebody who issues certificates.
    Configured,
}

/// What HTTPS is served with.
pub struct Tls {
    /// For the listener.
    pub config: Arc<ServerConfig>,
    /// Who made the certificate.
    pub origin: CertificateOrigin,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
}

/// Loads the configured certificate, or the self-made one, which is made if there is none yet.
pub fn load(configured: Option<&CertificateFiles>, data: &DataDirectory) -> Result<Tls, TlsError> {
    let (chain, key, origin) = match configured {
        Some(files) => (files.chain.clone(), files.key.clone(), CertificateOrigin::Configured),
        None => {
            let (chain, key) = (data.file(CERTIFICATE_FILE), data.file(KEY_FILE));
            if !chain.exists() || !key.exists() {
                make(data)?;
            }
            (chain, key, CertificateOrigin::SelfMade)
        }
    };
    let certificates = read_chain(&chain)?;
    let private_key = read_key(&key)?;
    let fingerprint = certificates.first().map(fingerprint).unwrap_or_default();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, private_key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Tls { config: Arc::new(config), origin, fingerprint })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let pem = |reason: String| TlsError::Pem { path: path.to_owned(), what: "certificate", reason };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| pem(error.to_string()))?;
    if chain.is_empty() { Err(pem("no certificate in it".to_owned())) } else { Ok(chain) }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read(path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        what: "private key",
        reason: error.to_string(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Makes a certificate for every name and address this machine has now.
fn make(data: &DataDirectory) -> Result<(), TlsError> {
    let names = own_names();
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name.push(DnType::CommonName, names.first().cloned().unwrap_or_default());
    params.distinguished_name.push(DnType::OrganizationName, "Giao Ban");
    // A node on a private network has nobody who would renew it, and every machine trusts it by hand.
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let failed = |path: &str| {
        let path = data.file(path);
        move |source| TlsError::File { path, source }
    };
    // The key first: a certificate without its key would never be replaced.
    data.write_secret(KEY_FILE, key.serialize_pem().as_bytes()).map_err(failed(KEY_FILE))?;
    data.write_secret(CERTIFICATE_FILE, certificate.pem().as_bytes()).map_err(failed(CERTIFICATE_FILE))?;
    tracing::info!(names = names.join(" "), "made a certificate");
    Ok(())
}

/// The host's name, `localhost` and every address of every interface.
pub fn own_names() -> Vec<String> {
    let host = std::fs::read_to_string(HOST_NAME_FILE).unwrap_or_default();
    let host = host.trim();
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
    };
    let mut names: Vec<String> =
        [host, "localhost"].into_iter().filter(|name| plain(name)).map(str::to_owned).collect();
    // Without a list of interfaces the names alone are better than no certificate.
    for interface in if_addrs::get_if_addrs().unwrap_or_default() {
        if !interface.is_link_local() {
            names.push(interface.ip().to_string());
        }
    }
    names.dedup();
    names
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate.as_ref());
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TemporaryDirectory;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_certificate_is_made_once_and_kept_from_others() {
        let directory = TemporaryDirectory::new();
        let data = DataDirectory::open(directory.path()).unwrap();
        let first = load(None, &data).unwrap();
        assert_eq!(first.origin, CertificateOrigin::SelfMade);
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        assert_eq!(load(None, &data).unwrap().fingerprint, first.fingerprint);
        let mode = std::fs::metadata(data.file(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(own_names().iter().any(|name| name == "127.0.0.1"));
    }

    #[test]
    fn files_that_are_not_pem_are_named() {
        let directory = TemporaryDirectory::new();
        let data = DataDirectory::open(directory.path()).unwrap();
        data.write_secret("a.pem", b"no").unwrap();
        let files = CertificateFiles { chain: data.file("a.pem"), key: data.file("a.pem") };
        assert!(matches!(load(Some(&files), &data), Err(TlsError::Pem { what: "certificate", .. })));
        let files = CertificateFiles { chain: data.file("missing.pem"), key: data.file("a.pem") };
        assert!(matches!(load(Some(&files), &data), Err(TlsError::File { .. })));
    }
}
