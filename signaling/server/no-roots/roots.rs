//! No certificate authorities.

#![no_std]
#![forbid(unsafe_code)]

/// None.
pub const TLS_SERVER_ROOTS: &[rustls_pki_types::TrustAnchor<'static>] = &[];
