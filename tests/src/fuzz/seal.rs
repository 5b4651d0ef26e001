//! SRTP and SRTCP: the first byte chooses protection and kind, the rest is a packet before it is sealed.

use super::{Seen, magnitude};
use sfu_core::fuzzing::{Protection, Seal, rtp};

/// Set in the first byte, the rest is a compound report.
const REPORTS: u8 = 0x80;

/// What is sealed is opened once, as it was; what is changed, cut, repeated or not sealed at all is not.
pub(super) fn srtp(input: &[u8]) -> Seen {
    let Some((first, plain)) = input.split_first() else { return Seen::refused(0) };
    let protection = match first & 3 {
        0 | 3 => Protection::Gcm128,
        1 => Protection::Gcm256,
        _ => Protection::Counter,
    };
    let pair = Seal::upward(protection);
    assert!(pair.is_some(), "no keys for {protection:?}");
    let Some(mut seal) = pair else { return Seen::refused(1) };
    assert_eq!(seal.open_media(plain), None, "what nobody sealed is opened");
    assert_eq!(seal.open_reports(plain), None, "what nobody sealed is opened");
    let reports = first & REPORTS != 0;
    let sealed = if reports { seal.reports(plain) } else { seal.media(plain) };
    let Some(sealed) = sealed else { return Seen::refused((protection, reports)) };
    let expected = if reports { Some(plain.to_vec()) } else { unpadded(plain) };
    let mut open = |bytes: &[u8]| if reports { seal.open_reports(bytes) } else { seal.open_media(bytes) };
    for place in [0, 1, 4, plain.len() / 2, plain.len(), sealed.len() - 1] {
        let mut changed = sealed.clone();
        if let Some(byte) = changed.get_mut(place) {
            *byte ^= 0x10;
        }
        assert_eq!(open(&changed), None, "byte {place} was changed");
    }
    for length in [0, 11, plain.len(), sealed.len() - 1] {
        assert_eq!(open(sealed.get(..length).unwrap_or_default()), None, "cut to {length}");
    }
    let opened = open(&sealed);
    assert_eq!(opened, expected);
    assert_eq!(open(&sealed), None, "opened twice");
    Seen::taken((protection, reports, opened.map(|plain| magnitude(plain.len()))))
}

/// The payload without its padding (RFC 3550 section 5.1); none when the padding lies.
fn unpadded(packet: &[u8]) -> Option<Vec<u8>> {
    let payload = packet.get(rtp(packet)?.header_bytes..)?;
    if packet.first()? & 0x20 == 0 {
        return Some(payload.to_vec());
    }
    let padding = usize::from(*payload.last()?);
    let kept = payload.len().checked_sub(padding).filter(|_| padding > 0)?;
    payload.get(..kept).map(<[u8]>::to_vec)
}
