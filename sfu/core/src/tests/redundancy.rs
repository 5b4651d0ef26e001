//! Redundant audio goes on as it is to who takes it, and without its redundancy to who does not.

use super::booth::{Booth, Received};
use crate::peer::Codec;
use crate::rtp::{Fixed, Form, HeaderWriter, PayloadType, Ssrc};
use crate::units::MediaTime;
use sfu_control::{PeerId, Slot, SourceKind};
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(20);
const OPUS: u8 = 111;

/// A packet of a microphone under a payload type, loud enough to be heard.
fn voice(booth: &Booth, peer: PeerId, (payload_type, number): (u8, u16), payload: &[u8]) -> Vec<u8> {
    let agreement = booth.agreement(peer);
    let line = agreement.sources.iter().find(|line| line.kind == SourceKind::Microphone).unwrap();
    let fixed = Fixed {
        payload_type: PayloadType::new(payload_type),
        marker: false,
        sequence: number,
        time: MediaTime::new(u32::from(number) * 960),
        ssrc: Ssrc::new(77 + u32::try_from(peer.number()).unwrap()),
    };
    let mut packet = Vec::new();
    let mut header = HeaderWriter::begin(&mut packet, &fixed, Form::OneByte);
    header.element(agreement.extensions.mid, line.mid.as_bytes());
    header.element(agreement.extensions.audio_level, &[0x80 | 20]);
    header.finish();
    packet.extend_from_slice(payload);
    packet
}

/// Opus with one packet before it.
fn redundant(before: &[u8], own: &[u8]) -> Vec<u8> {
    let length = u8::try_from(before.len()).unwrap();
    [&[0x80 | OPUS, 960_u16.to_be_bytes()[0] << 2 | 3, 0, length, OPUS][..], before, own].concat()
}

fn heard(booth: &Booth, peer: PeerId) -> Vec<Received> {
    booth.received(peer, Slot::Audio(0))
}

#[test]
fn everybody_hears_it_in_the_form_he_takes() {
    hear_it(Booth::new());
}

#[test]
fn so_do_those_who_are_connected_to_another_worker() {
    hear_it(Booth::with_workers(2));
}

fn hear_it(mut booth: Booth) {
    let speaker = booth.join(1, &[Codec::Red, Codec::Vp8]);
    let [with, without] = [booth.join(2, &[Codec::Vp8, Codec::Red]), booth.join(3, &[Codec::Vp8])];
    let mut before = b"first".to_vec();
    for number in 10..110_u16 {
        let own = format!("voice {number}").into_bytes();
        let packet = voice(&booth, speaker, (63, number), &redundant(&before, &own));
        booth.send(speaker, packet, Duration::ZERO);
        booth.run(FRAME);
        before = own;
    }
    let (whole, plain) = (heard(&booth, with), heard(&booth, without));
    assert_eq!((whole.len(), plain.len()), (100, 100));
    for (number, (whole, plain)) in (10..).zip(whole.iter().zip(&plain)) {
        let own = format!("voice {number}").into_bytes();
        assert_eq!((whole.codec, plain.codec), (Codec::Red, Codec::Opus));
        assert!(whole.payload.ends_with(&own) && whole.payload.len() > 2 * own.len(), "{whole:?}");
        assert_eq!(plain.payload, own);
    }
    for pair in plain.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq.wrapping_add(1));
        assert_eq!(pair[1].time.wrapping_sub(pair[0].time), 960);
    }
}

#[test]
fn a_speaker_may_turn_redundancy_on_and_off() {
    let mut booth = Booth::new();
    let speaker = booth.join(1, &[Codec::Red, Codec::Vp8]);
    let [with, without] = [booth.join(2, &[Codec::Vp8, Codec::Red]), booth.join(3, &[Codec::Vp8])];
    for number in 0..60_u16 {
        let packet = if number / 10 % 2 == 0 {
            voice(&booth, speaker, (OPUS, number), b"own")
        } else {
            voice(&booth, speaker, (63, number), &redundant(b"before", b"own"))
        };
        booth.send(speaker, packet, Duration::ZERO);
        booth.run(FRAME);
    }
    let codecs: Vec<_> = heard(&booth, with).iter().map(|packet| packet.codec).collect();
    assert_eq!(codecs.iter().filter(|codec| **codec == Codec::Red).count(), 30);
    assert_eq!(codecs.len(), 60);
    assert!(heard(&booth, without).iter().all(|packet| packet.payload == b"own"));
    assert_eq!(heard(&booth, without).len(), 60);
}

#[test]
fn what_is_no_redundant_audio_goes_nowhere() {
    let mut booth = Booth::new();
    let speaker = booth.join(1, &[Codec::Red, Codec::Vp8]);
    let viewers = [booth.join(2, &[Codec::Vp8, Codec::Red]), booth.join(3, &[Codec::Vp8])];
    let nested = [&[0x80 | 63, 0, 0, 4, OPUS][..], b"deepown"].concat();
    let longer = [&[0x80 | OPUS, 0, 3, 255, OPUS][..], b"own"].concat();
    for (number, payload) in (0..).zip([&nested[..], &longer, &[OPUS], &[0x80 | OPUS, 0]]) {
        let packet = voice(&booth, speaker, (63, number), payload);
        booth.send(speaker, packet, Duration::ZERO);
        booth.run(FRAME);
    }
    assert_eq!(booth.engine_of(speaker).counters().dropped_malformed, 4);
    for viewer in viewers {
        assert_eq!(heard(&booth, viewer), []);
    }
}
