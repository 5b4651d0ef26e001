mod vectors;

use super::*;
use crate::peer::Exported;
use crate::rtp::Ssrc;
use crate::units::SeqNo;
use dimpl::{KeyingMaterial, SrtpProfile};
use proptest::collection::vec;
use proptest::prelude::*;

const PROFILES: [(SrtpProfile, usize, usize); 3] = [
    (SrtpProfile::AEAD_AES_128_GCM, 56, 16),
    (SrtpProfile::AEAD_AES_256_GCM, 88, 16),
    (SrtpProfile::AES128_CM_SHA1_80, 60, 10),
];
const HEADER: usize = 12;

fn exported((profile, bytes, _): (SrtpProfile, usize, usize), active: bool) -> Exported {
    let material: Vec<u8> = (0..).take(bytes).collect();
    Exported { active, profile, material: KeyingMaterial::new(&material) }
}

/// Both ends of one direction.
struct Line {
    sender: SrtpSender,
    receiver: SrtpReceiver,
}

impl Line {
    fn new(profile: (SrtpProfile, usize, usize)) -> Self {
        Self {
            sender: SrtpSender::from_exported(&exported(profile, true)).unwrap(),
            receiver: SrtpReceiver::from_exported(&exported(profile, false)).unwrap(),
        }
    }

    /// A sealed packet, built behind other bytes of a buffer.
    fn sealed(&self, ssrc: u32, index: u64, payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0xEE; 7];
        buffer.extend_from_slice(&plain(ssrc, index, payload));
        let index = SeqNo::new(index);
        self.sender.protect_rtp(&mut buffer, (7, HEADER), (Ssrc::new(ssrc), index)).unwrap();
        assert_eq!(buffer[..7], [0xEE; 7]);
        buffer.split_off(7)
    }

    fn sealed_report(&mut self, ssrc: u32, body: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0xEE; 3];
        buffer.extend_from_slice(&report(ssrc, body));
        self.sender.protect_rtcp(&mut buffer, 3).unwrap();
        buffer.split_off(3)
    }

    /// What the receiver makes of a packet: its place, or why not.
    fn receive(&mut self, packet: &[u8]) -> Result<u64, SrtpError> {
        self.receiver.unprotect_rtp(&mut packet.to_vec()).map(|opened| opened.index.extended())
    }
}

fn plain(ssrc: u32, index: u64, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&SeqNo::new(index).wire().to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 9]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

fn report(ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

#[test]
fn each_end_sends_with_the_key_the_other_receives_with() {
    for profile in PROFILES {
        let line = Line::new(profile);
        let sealed = line.sealed(1, 5, b"down");
        let mut wrong = SrtpReceiver::from_exported(&exported(profile, true)).unwrap();
        assert_eq!(wrong.unprotect_rtp(&mut sealed.clone()), Err(SrtpError::Authentication));
        let mut right = SrtpReceiver::from_exported(&exported(profile, false)).unwrap();
        let mut packet = sealed;
        let opened = right.unprotect_rtp(&mut packet).unwrap();
        assert_eq!(packet[opened.payload], *b"down");
        let short = Exported { material: KeyingMaterial::new(&[7; 20]), ..exported(profile, true) };
        assert!(SrtpSender::from_exported(&short).is_none());
    }
}

#[test]
fn a_packet_grows_by_the_tag_and_nothing_readable_stays() {
    for profile in PROFILES {
        let sealed = Line::new(profile).sealed(7, 1, &[0x5A; 100]);
        assert_eq!(sealed.len(), 112 + profile.2);
        assert_eq!(sealed[..HEADER], plain(7, 1, &[])[..]);
        assert!(!sealed.windows(4).any(|bytes| bytes == [0x5A; 4]));
    }
}

#[test]
fn every_changed_bit_is_noticed_and_leaves_no_trace() {
    for profile in PROFILES {
        let mut line = Line::new(profile);
        let sealed = line.sealed(7, 1, b"a payload");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(line.receive(&changed).is_err(), "{profile:?}: bit {bit}");
        }
        assert_eq!(line.receive(&sealed), Ok(1));
        let mut control = line.sealed_report(7, &[1, 2, 3, 4]);
        for bit in 0..control.len() * 8 {
            let mut changed = control.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(line.receiver.unprotect_rtcp(&mut changed).is_err(), "{profile:?}: bit {bit}");
        }
        assert_eq!(line.receiver.unprotect_rtcp(&mut control), Ok(&report(7, &[1, 2, 3, 4])[..]));
    }
}

#[test]
fn cut_packets_are_refused() {
    for profile in PROFILES {
        let mut line = Line::new(profile);
        let sealed = line.sealed(7, 1, b"a payload");
        let control = line.sealed_report(7, &[1, 2, 3, 4]);
        for length in 0..sealed.len() {
            assert!(line.receive(&sealed[..length]).is_err());
        }
        for length in 0..control.len() {
            assert!(line.receiver.unprotect_rtcp(&mut control[..length].to_vec()).is_err());
        }
    }
}

#[test]
fn padding_is_taken_off_after_decryption() {
    for profile in PROFILES {
        let mut line = Line::new(profile);
        let mut open = |index, payload: &[u8]| {
            let mut buffer = plain(7, index, payload);
            buffer[0] |= 0x20;
            let name = (Ssrc::new(7), SeqNo::new(index));
            line.sender.protect_rtp(&mut buffer, (0, HEADER), name).unwrap();
            let opened = line.receiver.unprotect_rtp(&mut buffer)?;
            Ok(buffer[opened.payload].to_vec())
        };
        assert_eq!(open(1, &[9, 9, 0, 0, 3]), Ok(vec![9, 9]));
        assert_eq!(open(2, &[0, 0, 3]), Ok(vec![]), "a packet of padding alone");
        assert_eq!(open(3, &[9, 0, 0]), Err(SrtpError::Malformed));
        assert_eq!(open(4, &[9, 9, 4]), Err(SrtpError::Malformed));
        assert_eq!(open(5, &[]), Err(SrtpError::Malformed));
    }
}

#[test]
fn packets_are_received_once_in_any_order() {
    for profile in PROFILES {
        let mut line = Line::new(profile);
        for index in [5, 3, 4, 6] {
            let sealed = line.sealed(1, index, b"x");
            assert_eq!(line.receive(&sealed), Ok(index));
            assert_eq!(line.receive(&sealed), Err(SrtpError::Replayed));
        }
        let old = line.sealed(1, 1, b"x");
        assert_eq!(line.receive(&line.sealed(1, 1_000, b"x")), Ok(1_000));
        assert_eq!(line.receive(&old), Err(SrtpError::Replayed), "behind the window nothing can be told");
    }
}

#[test]
fn reports_of_each_sender_are_received_once() {
    for profile in PROFILES {
        let mut line = Line::new(profile);
        let mut packets: Vec<_> =
            [1, 2, 1, 2].iter().map(|ssrc| line.sealed_report(*ssrc, &[1, 2, 3, 4])).collect();
        packets.reverse();
        for packet in &packets {
            assert!(line.receiver.unprotect_rtcp(&mut packet.clone()).is_ok());
            assert_eq!(line.receiver.unprotect_rtcp(&mut packet.clone()), Err(SrtpError::Replayed));
        }
    }
}

#[test]
fn days_of_numbers_roll_over_with_loss_and_disorder() {
    let mut line = Line::new(PROFILES[0]);
    // Two weeks of 300 packets a second have 5,500 roll-overs; around each of two hundred, packets are lost and swapped.
    for cycle in 0..200_u64 {
        let wrap = cycle << 16;
        for index in
            [wrap + 20_000, wrap + 45_000, wrap + 65_530, wrap + 65_537, wrap + 65_535, wrap + 65_540]
        {
            assert_eq!(line.receive(&line.sealed(9, index, b"x")), Ok(index), "cycle {cycle}");
        }
    }
}

#[test]
fn no_stream_is_forgotten_for_a_newer_one() {
    let mut line = Line::new(PROFILES[0]);
    let rolled = 3 << 16;
    for index in (0..=rolled).step_by(20_000) {
        assert_eq!(line.receive(&line.sealed(0, index, b"x")), Ok(index));
    }
    for ssrc in 1..256 {
        assert_eq!(line.receive(&line.sealed(ssrc, 1, b"x")), Ok(1));
    }
    assert_eq!(line.receive(&line.sealed(256, 1, b"x")), Err(SrtpError::TooManyStreams));
    assert_eq!(line.receive(&line.sealed(0, rolled + 9, b"x")), Ok(rolled + 9), "the first goes on");
    assert_eq!(line.receive(&line.sealed(99, 1, b"x")), Err(SrtpError::Replayed));
    let mut early = line.sealed_report(1_000, &[1, 2, 3, 4]);
    assert!(line.receiver.unprotect_rtcp(&mut early.clone()).is_ok());
    for ssrc in 0..255 {
        let mut report = line.sealed_report(ssrc, &[1, 2, 3, 4]);
        assert!(line.receiver.unprotect_rtcp(&mut report).is_ok());
    }
    let mut late = line.sealed_report(2_000, &[1, 2, 3, 4]);
    assert_eq!(line.receiver.unprotect_rtcp(&mut late), Err(SrtpError::TooManyStreams));
    assert_eq!(line.receiver.unprotect_rtcp(&mut early), Err(SrtpError::Replayed));
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(
        payload in vec(any::<u8>(), 0..1_300), ssrc in any::<u32>(), sequence in any::<u16>(),
        profile in prop::sample::select(&PROFILES[..]),
    ) {
        let mut line = Line::new(profile);
        let mut sealed = line.sealed(ssrc, u64::from(sequence), &payload);
        let opened = line.receiver.unprotect_rtp(&mut sealed).unwrap();
        prop_assert_eq!(opened.index, SeqNo::new(u64::from(sequence)));
        prop_assert_eq!(&sealed[opened.payload], &payload[..]);
        let mut control = line.sealed_report(ssrc, &payload);
        prop_assert_eq!(line.receiver.unprotect_rtcp(&mut control).unwrap(), &report(ssrc, &payload)[..]);
    }

    #[test]
    fn anything_is_refused(mut bytes in vec(any::<u8>(), 0..200), profile in prop::sample::select(&PROFILES[..])) {
        let mut line = Line::new(profile);
        if let Some(first) = bytes.first_mut() {
            *first = 0x80 | *first & 0x3F;
        }
        prop_assert!(line.receiver.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(line.receiver.unprotect_rtcp(&mut bytes).is_err());
    }
}
