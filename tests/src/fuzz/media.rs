//! RTP headers, payload descriptors of the video codecs, and the part of STUN that says whose a message is.

use super::{Seen, magnitude};
use crate::clock;
use sfu_core::fuzzing::{
    Codec, ElementForm, Payload, RtpPacket, payload, renumbered, rtp as read, write_rtp,
};
use sfu_core::fuzzing::{stun_nominates, stun_ufrag};

/// The fixed part of a header.
const HEADER_BYTES: usize = 12;
/// Numbers a slot may have come to before a payload is renumbered: the ends of both widths and the middle.
const LAST_PICTURES: [u16; 4] = [0, 0x7E, 0x1234, 0x7FFF];

/// A header lies inside its packet; written anew in either form it says the same.
pub(super) fn rtp(packet: &[u8]) -> Seen {
    let Some(header) = read(packet) else { return Seen::refused(packet.len() < HEADER_BYTES) };
    let RtpPacket { header_bytes, ref elements, .. } = header;
    assert!((HEADER_BYTES..=packet.len()).contains(&header_bytes), "the payload begins outside");
    let taken: usize = elements.iter().map(|(_, value)| 1 + value.len()).sum();
    assert!(HEADER_BYTES + taken <= header_bytes, "more elements than bytes");
    // RFC 8285 sections 4.2 and 4.3: number zero is padding and nothing else.
    assert!(elements.iter().all(|(id, _)| *id != 0), "an element without a number");
    let (alone, payload) = packet.split_at(header_bytes);
    assert_eq!(read(alone).as_ref(), Some(&header), "the payload changed the header: {payload:?}");
    let cut = alone.split_last().map(|(_, rest)| rest).unwrap_or_default();
    assert_eq!(read(cut), None, "a header that is cut is read");
    for form in [ElementForm::OneByte, ElementForm::TwoByte] {
        written_again(&header, form);
    }
    Seen::taken((elements.len(), elements.iter().map(|(id, value)| (*id, value.len())).next()))
}

fn written_again(header: &RtpPacket, form: ElementForm) {
    let written = write_rtp(header, form);
    assert_eq!(written.len() % 4, 0, "a header is whole words");
    let fits = |(id, value): &&(u8, Vec<u8>)| match form {
        ElementForm::OneByte => *id <= 14 && (1..=16).contains(&value.len()),
        ElementForm::TwoByte => true,
    };
    let elements = header.elements.iter().filter(fits).cloned().collect();
    let expected = RtpPacket { elements, header_bytes: written.len(), ..header.clone() };
    assert_eq!(read(&written), Some(expected), "written as {form:?}");
}

/// See [`descriptor`].
pub(super) fn vp8(bytes: &[u8]) -> Seen {
    descriptor(Codec::Vp8, bytes)
}

/// See [`descriptor`].
pub(super) fn vp9(bytes: &[u8]) -> Seen {
    descriptor(Codec::Vp9, bytes)
}

/// See [`descriptor`].
pub(super) fn h264(bytes: &[u8]) -> Seen {
    descriptor(Codec::H264, bytes)
}

/// See [`descriptor`].
pub(super) fn av1(bytes: &[u8]) -> Seen {
    descriptor(Codec::Av1, bytes)
}

/// Every number is where it is said to be; renumbering changes the numbers, to what they should be, and nothing else.
fn descriptor(codec: Codec, bytes: &[u8]) -> Seen {
    let Some(found) = payload(codec, bytes) else { return Seen::refused(bytes.len().min(4)) };
    let Payload { starts_keyframe, picture, tl0, key } = found;
    let at = |offset: usize| bytes.get(offset).copied();
    if let Some(picture) = picture {
        let value = match picture.bytes {
            1 => at(picture.offset).filter(|byte| byte & 0x80 == 0).map(u16::from),
            _ => at(picture.offset).zip(at(picture.offset + 1)).map(|(high, low)| {
                assert!(high & 0x80 != 0, "a short number read as a long one");
                u16::from_be_bytes([high & 0x7F, low])
            }),
        };
        assert_eq!(value, Some(picture.value), "another number stands there");
    }
    for (offset, byte) in tl0.into_iter().chain(key) {
        assert_eq!(at(offset), Some(byte), "another number stands there");
        assert!(offset + 1 < bytes.len(), "a descriptor has a payload behind it");
    }
    if codec != Codec::H264 {
        // An aggregate's units are in its payload; the others are described in front.
        let longer = [bytes, &[0xFF; 3]].concat();
        assert_eq!(payload(codec, &longer), Some(found), "what follows changes the descriptor");
    }
    for last in LAST_PICTURES {
        renumbering(codec, (bytes, &found), last);
    }
    let parts = (picture.map(|picture| picture.bytes), tl0.is_some(), key.is_some());
    Seen::taken((starts_keyframe, parts, magnitude(bytes.len()).min(3)))
}

fn renumbering(codec: Codec, (bytes, before): (&[u8], &Payload), last: u16) {
    let written = renumbered(codec, bytes, last, clock::now()).unwrap_or_default();
    assert_eq!(written.len(), bytes.len(), "a payload keeps its length");
    let after = payload(codec, &written);
    assert!(after.is_some(), "a renumbered payload is not read");
    let Some(after) = after else { return };
    assert_eq!(after.starts_keyframe, before.starts_keyframe);
    let expected = before.picture.map(|picture| {
        let wide = last.wrapping_add(1) & 0x7FFF;
        (picture.offset, picture.bytes, if picture.bytes == 1 { wide & 0x7F } else { wide })
    });
    assert_eq!(after.picture.map(|picture| (picture.offset, picture.bytes, picture.value)), expected);
    let [_, low] = last.to_be_bytes();
    assert_eq!(after.tl0, before.tl0.map(|(offset, _)| (offset, low.wrapping_add(1))));
    assert_eq!(after.key, before.key.map(|(offset, byte)| (offset, byte & 0xE0 | 1)));
    let numbers: Vec<usize> = [before.tl0, before.key]
        .into_iter()
        .flatten()
        .map(|(offset, _)| offset)
        .chain(before.picture.into_iter().flat_map(|picture| picture.offset..picture.offset + picture.bytes))
        .collect();
    let changed = written.iter().zip(bytes).enumerate().filter(|(_, (new, old))| new != old);
    for (offset, _) in changed {
        assert!(numbers.contains(&offset), "byte {offset} is no number and was changed");
    }
}

/// Attributes and the cookie of RFC 8489.
pub(super) const STUN_WORDS: &[&[u8]] = &[
    b"\x21\x12\xA4\x42",
    b"\0\x06\0\x09",
    b"\0\x25\0\0",
    b"\0\x08\0\x14",
    b"\x80\x28\0\x04",
    b"abcd:efgh",
    b":",
];

/// A name that is found is found again in a message of ours, whatever stands around it.
pub(super) fn stun(message: &[u8]) -> Seen {
    let nominates = stun_nominates(message);
    let Some(ufrag) = stun_ufrag(message) else {
        return Seen::refused((nominates, magnitude(message.len())));
    };
    assert!(!ufrag.contains(':'), "a name with a colon");
    assert!(message.len() > 24 + ufrag.len(), "a name longer than its message");
    for name in [format!("{ufrag}:"), format!("{ufrag}:theirs:{ufrag}")] {
        let plain = stun_message(&[(0x8022, b"any"), (6, name.as_bytes())]);
        assert_eq!(stun_ufrag(&plain), Some(ufrag));
        assert!(!stun_nominates(&plain));
        let nominating = stun_message(&[(6, name.as_bytes()), (0x25, b""), (6, b"second:name")]);
        assert_eq!(stun_ufrag(&nominating), Some(ufrag));
        assert!(stun_nominates(&nominating));
    }
    Seen::taken((nominates, magnitude(ufrag.len())))
}

/// A binding request with these attributes (RFC 8489 sections 5 and 14).
fn stun_message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    message.extend_from_slice(&[7; 12]);
    for (kind, value) in attributes {
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    message
}
