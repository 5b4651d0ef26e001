//! The two ICE messages an endpoint with one pair needs (RFC 8489, RFC 8445): a binding request that nominates the pair,
//! made once and sent again to keep the connection alive; and the answer to a server that checks the pair too.

use aws_lc_rs::hmac;
use std::net::SocketAddr;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER_BYTES: usize = 20;
const INTEGRITY_BYTES: usize = 24;
const FINGERPRINT_BYTES: usize = 8;
/// Host candidate, first component (RFC 8445 section 5.1.2).
const PRIORITY: u32 = (126 << 24) | (65_535 << 8) | 255;

/// Whose binding this is.
pub(super) struct Credentials<'a> {
    pub(super) local_ufrag: &'a str,
    pub(super) remote_ufrag: &'a str,
    pub(super) remote_password: &'a str,
}

/// A binding request with its integrity and fingerprint.
pub(super) fn binding_request(number: u32, credentials: &Credentials<'_>) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend(COOKIE);
    message.extend(*b"benching");
    message.extend(number.to_be_bytes());
    let username = format!("{}:{}", credentials.remote_ufrag, credentials.local_ufrag);
    attribute(&mut message, 0x0006, username.as_bytes());
    attribute(&mut message, 0x0024, &PRIORITY.to_be_bytes());
    // Controlling, and so the one who nominates.
    attribute(&mut message, 0x802A, &u64::from(number).to_be_bytes());
    attribute(&mut message, 0x0025, &[]);

    seal(&mut message, credentials.remote_password);
    message
}

/// The answer to a server's own binding request; none if the datagram is something else.
pub(super) fn binding_success(request: &[u8], source: SocketAddr, password: &str) -> Option<Vec<u8>> {
    let (header, _) = request.split_first_chunk::<HEADER_BYTES>()?;
    let [0, 1, _, _, transaction @ ..] = header else { return None };
    let (SocketAddr::V4(source), true) = (source, transaction.starts_with(&COOKIE)) else { return None };
    let mut message = vec![1, 1, 0, 0];
    message.extend(transaction);
    let mut mapped = vec![0, 1];
    mapped.extend(source.port().to_be_bytes());
    mapped.extend(source.ip().octets());
    // The first half of the cookie hides the port, the whole of it the address.
    let mask = COOKIE.iter().take(2).chain(&COOKIE);
    mapped.iter_mut().skip(2).zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    attribute(&mut message, 0x0020, &mapped);
    seal(&mut message, password);
    Some(message)
}

/// Whether a datagram says that a binding succeeded.
pub(super) fn is_success(datagram: &[u8]) -> bool {
    datagram.starts_with(&[1, 1]) && datagram.get(4..8) == Some(&COOKIE)
}

/// Adds integrity and fingerprint; each covers all before it, with a length that already counts itself.
fn seal(message: &mut Vec<u8>, password: &str) {
    let body = message.len() - HEADER_BYTES;
    set_length(message, body + INTEGRITY_BYTES);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let integrity = hmac::sign(&key, message);
    attribute(message, 0x0008, integrity.as_ref());
    set_length(message, body + INTEGRITY_BYTES + FINGERPRINT_BYTES);
    let fingerprint = crc32(message) ^ 0x5354_554E;
    attribute(message, 0x8028, &fingerprint.to_be_bytes());
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn set_length(message: &mut [u8], length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(place) = message.get_mut(2..4) {
        place.copy_from_slice(&length);
    }
}

/// The CRC of ISO 3309, bit by bit: it is made once for each connection.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_crc_is_met() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_request_is_what_a_foreign_stack_accepts() {
        let credentials =
            Credentials { local_ufrag: "here", remote_ufrag: "there", remote_password: "a long password" };
        let request = binding_request(7, &credentials);
        let parsed = str0m::ice::StunMessage::parse(&request);
        assert!(parsed.is_ok(), "{:?}", parsed.err());
        assert_eq!(usize::from(request[2]) << 8 | usize::from(request[3]), request.len() - HEADER_BYTES);
        assert!(!is_success(&request));
    }

    #[test]
    fn a_servers_own_request_is_answered_and_nothing_else_is() {
        let credentials = Credentials { local_ufrag: "a", remote_ufrag: "b", remote_password: "secret" };
        let request = binding_request(7, &credentials);
        let source = "192.0.2.1:3478".parse().unwrap();
        let answer = binding_success(&request, source, "secret").unwrap();
        assert!(is_success(&answer));
        let parsed = str0m::ice::StunMessage::parse(&answer).unwrap();
        assert_eq!(parsed.mapped_address(), Some(source));
        assert_eq!(binding_success(&answer, source, "secret"), None);
        assert_eq!(binding_success(&request[..10], source, "secret"), None);
    }
}
