//! What a publisher of the benchmark sends: VP8 packets of 1,200 bytes on the wire that carry the time they were sent
//! at, and how a receiver reads them: the header always, the time only where the packet is decrypted.

/// Bytes of a datagram, the tag of AES-GCM included.
pub(super) const DATAGRAM_BYTES: usize = 1_200;
const TAG_BYTES: usize = 16;
/// Ends every payload together with the time.
const MARK: [u8; 8] = *b"bench at";
/// The number of the transport-wide sequence number in our own offers.
pub(super) const TRANSPORT_ID: u8 = 3;
/// Its name (draft-holmer-rmcat-transport-wide-cc-extensions-01).
pub(super) const TRANSPORT_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// Profiles of a header extension (RFC 8285): elements of one and of two bytes.
const ONE_BYTE: [u8; 2] = [0xBE, 0xDE];

/// Whether a picture can be shown without the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    Key,
    Delta,
}

/// Where a packet stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) payload_type: u8,
    pub(super) ssrc: u32,
    pub(super) number: u16,
    pub(super) transport_number: Option<u16>,
    pub(super) timestamp: u32,
    pub(super) picture_number: u16,
    pub(super) picture: Picture,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// Writes a packet, not yet encrypted, into `packet`.
pub(super) fn write(packet: &mut Vec<u8>, place: &Place, nanos: u64) {
    packet.clear();
    let extension = place.transport_number.is_some();
    packet.push(if extension { 0x90 } else { 0x80 });
    packet.push(place.payload_type | if place.is_last { 0x80 } else { 0 });
    packet.extend(place.number.to_be_bytes());
    packet.extend(place.timestamp.to_be_bytes());
    packet.extend(place.ssrc.to_be_bytes());
    if let Some(number) = place.transport_number {
        let [high, low] = number.to_be_bytes();
        packet.extend(ONE_BYTE);
        packet.extend([0, 1, TRANSPORT_ID << 4 | 1, high, low, 0]);
    }
    // RFC 7741 section 4.2: a 15-bit picture id, and the start bit in a picture's first packet.
    let [high, low] = place.picture_number.to_be_bytes();
    packet.extend([if place.is_first { 0x90 } else { 0x80 }, 0x80, 0x80 | high, low]);
    if place.is_first {
        match place.picture {
            // RFC 6386 section 9.1: keyframe tag, start code, 1280 × 720.
            Picture::Key => packet.extend([0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02]),
            Picture::Delta => packet.extend([0x11, 0, 0]),
        }
    }
    packet.resize(DATAGRAM_BYTES - TAG_BYTES - MARK.len() - size_of::<u64>(), 0x55);
    packet.extend(MARK);
    packet.extend(nanos.to_be_bytes());
}

/// The time in a decrypted packet, if it has one.
pub(super) fn sent_at(packet: &[u8]) -> Option<u64> {
    let (rest, nanos) = packet.split_last_chunk::<8>()?;
    rest.ends_with(&MARK).then(|| u64::from_be_bytes(*nanos))
}

/// What a datagram is, by its first bytes (RFC 7983, RFC 5761).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

/// Names a datagram.
pub(super) fn kind(datagram: &[u8]) -> Kind {
    match datagram {
        [0..=3, ..] => Kind::Stun,
        [20..=63, ..] => Kind::Dtls,
        [128..=191, 192..=223, ..] => Kind::Rtcp,
        [128..=191, _, ..] => Kind::Rtp,
        _ => Kind::Unknown,
    }
}

/// What a receiver reads of a packet without decrypting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) ssrc: u32,
    pub(super) number: u16,
    pub(super) transport_number: Option<u16>,
}

/// Reads a header; `transport_id` is the extension's number, if it was negotiated.
pub(super) fn read(packet: &[u8], transport_id: Option<u8>) -> Option<Header> {
    let (fixed, rest) = packet.split_first_chunk::<12>()?;
    let [first, _, number_high, number_low, _, _, _, _, ssrc @ ..] = *fixed;
    let transport_number = match transport_id {
        Some(id) if first & 0x10 != 0 => {
            let rest = rest.get(usize::from(first & 0x0F) * 4..)?;
            let ([profile_high, profile_low, words_high, words_low], elements) = rest.split_first_chunk()?;
            let bytes = usize::from(u16::from_be_bytes([*words_high, *words_low])) * 4;
            let elements = elements.get(..bytes)?;
            ([*profile_high, *profile_low] == ONE_BYTE).then(|| element(elements, id)).flatten()
        }
        Some(_) | None => None,
    };
    let number = u16::from_be_bytes([number_high, number_low]);
    Some(Header { ssrc: u32::from_be_bytes(ssrc), number, transport_number })
}

/// The two bytes of an element of the one-byte form.
fn element(mut elements: &[u8], id: u8) -> Option<u16> {
    while let [first, rest @ ..] = elements {
        if *first == 0 {
            elements = rest;
            continue;
        }
        let length = usize::from(first & 0x0F) + 1;
        if first >> 4 == id {
            let [high, low] = *rest.first_chunk()?;
            return Some(u16::from_be_bytes([high, low]));
        }
        elements = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            payload_type: 96,
            ssrc: 77,
            number: 500,
            transport_number: Some(0x1234),
            timestamp: 9,
            picture_number: 3,
            picture: Picture::Key,
            is_first: true,
            is_last: true,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut packet = Vec::new();
        write(&mut packet, &place(), 42);
        assert_eq!(packet.len() + TAG_BYTES, DATAGRAM_BYTES);
        assert_eq!(kind(&packet), Kind::Rtp);
        let header = Header { ssrc: 77, number: 500, transport_number: Some(0x1234) };
        assert_eq!(read(&packet, Some(TRANSPORT_ID)), Some(header));
        assert_eq!(read(&packet, None), Some(Header { transport_number: None, ..header }));
        assert_eq!(sent_at(&packet), Some(42));
        assert_eq!(sent_at(&packet[..1_000]), None);
    }

    #[test]
    fn an_element_is_found_behind_others_and_padding() {
        assert_eq!(element(&[0x10, 7, 0, 0x31, 1, 2, 0], 3), Some(0x0102));
        assert_eq!(element(&[0x10, 7, 0, 0x31, 1], 3), None);
        assert_eq!(element(&[0x12, 7], 3), None);
    }
}
