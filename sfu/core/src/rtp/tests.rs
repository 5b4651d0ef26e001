use super::*;
use crate::units::MediaTime;
use proptest::prelude::*;

fn fixed() -> Fixed {
    Fixed {
        payload_type: PayloadType::new(96),
        marker: true,
        sequence: 0xFFFE,
        time: MediaTime::new(0x0102_0304),
        ssrc: Ssrc::new(0xDEAD_BEEF),
    }
}

#[test]
fn what_is_written_is_read() {
    for form in [Form::OneByte, Form::TwoByte] {
        let mut buffer = vec![0xAA; 3];
        let mut writer = HeaderWriter::begin(&mut buffer, &fixed(), form);
        writer.element(Some(4), b"0");
        writer.element(None, b"lost");
        writer.element(Some(3), &[1, 2]);
        let length = writer.finish();
        buffer.extend_from_slice(b"payload");
        let packet = &buffer[3..];
        let header = RtpHeader::parse(packet).unwrap();
        assert_eq!(header.length, length);
        assert_eq!(&packet[header.length..], b"payload");
        assert_eq!((header.marker, header.payload_type.get()), (true, 96));
        assert_eq!((header.sequence, header.timestamp), (0xFFFE, 0x0102_0304));
        assert_eq!(header.ssrc, Ssrc::new(0xDEAD_BEEF));
        let elements: Vec<_> = header.extensions(packet).collect();
        assert_eq!(elements, [(4, &b"0"[..]), (3, &[1, 2][..])]);
    }
}

#[test]
fn elements_that_do_not_fit_the_short_form_are_left_out() {
    let mut buffer = Vec::new();
    let mut writer = HeaderWriter::begin(&mut buffer, &fixed(), Form::OneByte);
    writer.element(Some(15), b"x");
    writer.element(Some(1), &[0; 17]);
    writer.element(Some(2), b"y");
    writer.finish();
    let header = RtpHeader::parse(&buffer).unwrap();
    assert_eq!(header.extensions(&buffer).collect::<Vec<_>>(), [(2, &b"y"[..])]);
}

#[test]
fn a_number_of_zero_or_fifteen_ends_the_short_form() {
    for end in [0x02, 0xF0] {
        let mut packet = vec![0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 2];
        packet.extend_from_slice(&[0x10, 7, end, 1, 2, 3, 0x20, 8]);
        let header = RtpHeader::parse(&packet).unwrap();
        assert_eq!(header.extensions(&packet).collect::<Vec<_>>(), [(1, &[7][..])]);
    }
}

#[test]
fn contributing_sources_are_stepped_over() {
    let mut packet = vec![0x82, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    packet.extend_from_slice(&[0; 8]);
    packet.push(7);
    assert_eq!(RtpHeader::parse(&packet).unwrap().length, 20);
    assert_eq!(RtpHeader::parse(&packet[..19]), Err(RtpError::Cut));
    packet[0] = 0x42;
    assert_eq!(RtpHeader::parse(&packet), Err(RtpError::Version));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120), form in any::<bool>()) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = *first & 0x1F | 0x80 | 0x10;
        }
        if let (Some(csrc), true) = (bytes.first_mut(), form) {
            *csrc &= 0xF0;
            if let Some(profile) = bytes.get_mut(12..14) {
                profile.copy_from_slice(&ONE.to_be_bytes());
            }
        }
        if let Ok(header) = RtpHeader::parse(&bytes) {
            prop_assert!(header.length <= bytes.len());
            prop_assert!(header.extensions(&bytes).count() <= bytes.len());
        }
    }
}

const ONE: u16 = 0xBEDE;
