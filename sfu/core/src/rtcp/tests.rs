use super::*;
use crate::receive::ReceptionReport;
use crate::rtp::Ssrc;
use crate::units::{MediaTime, NtpTime};
use proptest::collection::vec;
use proptest::prelude::*;

const US: Ssrc = Ssrc::new(1);
const MEDIA: Ssrc = Ssrc::new(0xAABB_CCDD);

fn written(write: impl FnOnce(&mut ReportWriter<'_>)) -> Vec<u8> {
    let mut buffer = vec![0xEE; 5];
    write(&mut ReportWriter::begin(&mut buffer));
    let packet = buffer.split_off(5);
    assert!(packet.len().is_multiple_of(4));
    packet
}

fn read(packet: &[u8]) -> Vec<Report<'_>> {
    Compound::new(packet).map(|report| report.unwrap()).collect()
}

#[test]
fn a_compound_packet_says_what_was_written() {
    let report = ReceptionReport {
        fraction_lost: 64,
        cumulative_lost: 1_000,
        highest: 70_000,
        jitter: 12,
        last_sender_report: 0x1234_5678,
        delay: 65_536,
    };
    let ntp = NtpTime::new(0xE940_0001_8000_0000);
    let packet = written(|writer| {
        writer.sender(US, ntp, MediaTime::new(90_000), (7, 700));
        writer.receiver(US, &[(MEDIA, report)]);
        writer.description(US, "giaoban");
        writer.keyframe(US, MEDIA);
    });
    let block =
        ReportBlock { ssrc: MEDIA, fraction_lost: 64, last_sender_report: 0x1234_5678, delay: 65_536 };
    assert_eq!(
        read(&packet),
        [
            Report::Sender { ssrc: US, ntp, rtp: MediaTime::new(90_000) },
            Report::Received(block),
            Report::KeyframeWanted { media: MEDIA },
        ]
    );
    assert_eq!(ntp.middle(), 0x0001_8000);
}

#[test]
fn lost_packets_are_named_in_pairs_of_number_and_bits() {
    let lost = [65_530, 65_531, 65_535, 0, 10, 11, 500];
    let packet = written(|writer| writer.nack(US, MEDIA, &lost));
    assert_eq!(packet.len(), 12 + 4 * 3, "three pairs: 65530 to 10, 11, 500");
    let [Report::Nack { media, lost: named }] = &read(&packet)[..] else { panic!("one NACK") };
    assert_eq!(*media, MEDIA);
    assert_eq!(named.clone().collect::<Vec<_>>(), lost);
}

#[test]
fn a_browsers_full_intra_request_and_clock_are_read() {
    let fir = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0xAA, 0xBB, 0xCC, 0xDD, 9, 0, 0, 0];
    assert_eq!(read(&fir), [Report::KeyframeWanted { media: MEDIA }]);
    let rrtr = [0x80, 207, 0, 4, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
    let ntp = NtpTime::new(0x0102_0304_0506_0708);
    assert_eq!(read(&rrtr), [Report::ReferenceTime { ssrc: US, ntp }]);
    let dlrr = written(|writer| writer.delay_since(US, MEDIA, (ntp.middle(), 5)));
    assert_eq!(dlrr[8..], [5, 0, 0, 3, 0xAA, 0xBB, 0xCC, 0xDD, 3, 4, 5, 6, 0, 0, 0, 5]);
    let bye = [0x81, 203, 0, 1, 0xAA, 0xBB, 0xCC, 0xDD];
    assert_eq!(read(&bye), [Report::Goodbye { ssrc: MEDIA }]);
}

#[test]
fn what_follows_a_lie_is_not_read() {
    let mut packet = written(|writer| {
        writer.keyframe(US, MEDIA);
        writer.keyframe(US, MEDIA);
    });
    packet[15] = 200;
    let told: Vec<_> = Compound::new(&packet).collect();
    assert_eq!(told, [Ok(Report::KeyframeWanted { media: MEDIA }), Err(RtcpError::Cut)]);
}

#[test]
fn an_arrival_too_far_from_the_one_before_begins_another_message() {
    let arrivals = [Some(0), Some(250), Some(60_000_000)];
    let mut told = 0;
    let packet = written(|writer| told = writer.transport(US, 9, 0, &arrivals));
    assert_eq!(told, 2);
    let [Report::Transport(feedback)] = &read(&packet)[..] else { panic!("one message") };
    assert_eq!(feedback.arrivals().collect::<Vec<_>>(), [(9, Some(0)), (10, Some(250))]);
}

#[test]
fn a_receivers_clock_goes_on_when_its_bits_come_round() {
    let round = 64_000_i64 << 24;
    let mut last = None;
    for at in (0..3 * round).step_by(1 << 37) {
        let packet = written(|writer| {
            writer.transport(US, 7, 0, &[Some(at)]);
        });
        let [Report::Transport(feedback)] = &read(&packet)[..] else { panic!("one message") };
        let feedback = feedback.clone().nearest(last);
        last = Some(feedback.reference());
        let (_, arrival) = feedback.arrivals().next().unwrap();
        assert!((arrival.unwrap() - at).abs() <= 250, "{at}");
    }
}

proptest! {
    #[test]
    fn arrivals_are_told_to_a_quarter_millisecond(
        base in any::<u16>(), start in 0_i64..10_000_000_000,
        steps in vec(prop::option::weighted(0.7, -20_000_i64..200_000), 1..200),
    ) {
        let mut at = start;
        let arrivals: Vec<_> = steps.iter().map(|step| step.map(|step| { at = (at + step).max(0); at })).collect();
        let mut told = 0;
        let packet = written(|writer| told = writer.transport(US, base, 3, &arrivals));
        prop_assert_eq!(told, arrivals.len());
        let reports = read(&packet);
        let [Report::Transport(feedback)] = &reports[..] else { panic!("one message") };
        let read: Vec<_> = feedback.arrivals().collect();
        prop_assert_eq!(read.len(), arrivals.len());
        for (place, ((number, read), sent)) in read.iter().zip(&arrivals).enumerate() {
            prop_assert_eq!(*number, base.wrapping_add(u16::try_from(place).unwrap()));
            prop_assert_eq!(read.is_some(), sent.is_some());
            if let (Some(read), Some(sent)) = (read, sent) {
                prop_assert!((read - sent).abs() <= 250, "{} for {}", read, sent);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in vec(any::<u8>(), 0..200), kind in 200_u8..208) {
        if let [first, second, ..] = &mut bytes[..] {
            (*first, *second) = (0x80 | *first & 0x1F, kind);
        }
        for report in Compound::new(&bytes).flatten() {
            if let Report::Transport(feedback) = report {
                prop_assert!(feedback.arrivals().count() <= 65_535);
            } else if let Report::Nack { lost, .. } = report {
                prop_assert!(lost.count() <= 17 * 50);
            }
        }
    }
}
