//! What a receiver report says of one incoming stream (RFC 3550 sections 6.4 and A.3, A.8).

use crate::units::{ClockRate, MediaTime, NtpTime, SeqNo};
use std::time::{Duration, Instant};

/// A sender's report as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SenderClock {
    /// The sender's own time.
    pub(crate) ntp: NtpTime,
    /// The same moment on the stream's clock.
    pub(crate) rtp: MediaTime,
    /// When it came here.
    pub(crate) at: Instant,
}

/// The figures of one report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceptionReport {
    /// Lost since the last report, in 256ths.
    pub(crate) fraction_lost: u8,
    /// Lost since the beginning.
    pub(crate) cumulative_lost: u32,
    /// Highest number, roll-overs counted, 32 bits.
    pub(crate) highest: u32,
    /// Interarrival jitter in ticks.
    pub(crate) jitter: u32,
    /// Middle of the last sender report's time, zero when there was none.
    pub(crate) last_sender_report: u32,
    /// Since then, in 65,536ths of a second.
    pub(crate) delay: u32,
}

/// Counts one incoming stream.
#[derive(Debug)]
pub(crate) struct Reception {
    clock: ClockRate,
    base: Option<SeqNo>,
    highest: SeqNo,
    received: u64,
    reported_expected: u64,
    reported_received: u64,
    /// Ticks, in sixteenths as RFC 3550 A.8 keeps it.
    jitter: u64,
    last: Option<(Instant, MediaTime)>,
    sender: Option<SenderClock>,
}

impl Reception {
    /// A stream nothing has come of.
    pub(crate) fn new(clock: ClockRate) -> Self {
        Self {
            clock,
            base: None,
            highest: SeqNo::new(0),
            received: 0,
            reported_expected: 0,
            reported_received: 0,
            jitter: 0,
            last: None,
            sender: None,
        }
    }

    /// The clock its timestamps tick by.
    pub(crate) fn clock(&self) -> ClockRate {
        self.clock
    }

    /// Counts a packet; one that was sent again by request does not count.
    pub(crate) fn on_packet(&mut self, now: Instant, seq: SeqNo, time: MediaTime) {
        self.base.get_or_insert(seq);
        self.highest = self.highest.max(seq);
        self.received += 1;
        if let Some((at, before)) = self.last
            && time != before
        {
            let arrived = i64::from(self.clock.ticks(now.saturating_duration_since(at)));
            let sent = i64::from(time.offset_from(before).cast_signed());
            let difference = (arrived - sent).unsigned_abs();
            self.jitter = (self.jitter + difference).saturating_sub((self.jitter + 8) >> 4);
        }
        self.last = Some((now, time));
    }

    /// A sender report came.
    pub(crate) fn on_sender_report(&mut self, clock: SenderClock) {
        self.sender = Some(clock);
    }

    /// The last sender report.
    pub(crate) fn sender(&self) -> Option<SenderClock> {
        self.sender
    }

    /// The block for the next report; none when nothing came yet.
    pub(crate) fn report(&mut self, now: Instant) -> Option<ReceptionReport> {
        let base = self.base?;
        let expected = self.highest.since(base) + 1;
        let lost = expected.saturating_sub(self.received);
        let expected_since = expected.saturating_sub(self.reported_expected);
        let received_since = self.received.saturating_sub(self.reported_received);
        self.reported_expected = expected;
        self.reported_received = self.received;
        let lost_since = expected_since.saturating_sub(received_since);
        let fraction = (lost_since << 8).checked_div(expected_since).unwrap_or(0);
        let delay = self.sender.map_or(Duration::ZERO, |sender| now.saturating_duration_since(sender.at));
        Some(ReceptionReport {
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: u32::try_from(lost).unwrap_or(u32::MAX).min(0x7F_FFFF),
            highest: low_bits(self.highest.extended()),
            jitter: low_bits(self.jitter >> 4),
            last_sender_report: self.sender.map_or(0, |sender| sender.ntp.middle()),
            delay: u32::try_from(delay.as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX),
        })
    }
}

/// The low 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "the field has 32 bits and wraps")]
const fn low_bits(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_told_since_the_last_report_and_in_all() {
        let start = crate::testing::epoch();
        let mut reception = Reception::new(ClockRate::VIDEO);
        assert_eq!(reception.report(start), None);
        for seq in (65_500..65_600).filter(|seq| seq % 4 != 0) {
            reception.on_packet(start, SeqNo::new(seq), MediaTime::new(0));
        }
        let report = reception.report(start).unwrap();
        assert_eq!((report.fraction_lost, report.cumulative_lost, report.highest), (62, 24, 65_599));
        for seq in 65_600..65_700 {
            reception.on_packet(start, SeqNo::new(seq), MediaTime::new(0));
        }
        let report = reception.report(start).unwrap();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (0, 24));
    }

    #[test]
    fn an_even_stream_has_no_jitter_and_an_uneven_one_has() {
        let start = crate::testing::epoch();
        let at = |micros| start + Duration::from_micros(micros);
        let (mut even, mut uneven) = (Reception::new(ClockRate::VIDEO), Reception::new(ClockRate::VIDEO));
        for frame in 0..200_u32 {
            let time = MediaTime::new(frame * 2_700);
            let micros = u64::from(frame) * 30_000;
            even.on_packet(at(micros), SeqNo::new(frame.into()), time);
            uneven.on_packet(at(micros + u64::from(frame % 2) * 10_000), SeqNo::new(frame.into()), time);
        }
        assert_eq!(even.report(start).unwrap().jitter, 0);
        let jitter = uneven.report(start).unwrap().jitter;
        assert!((850..=950).contains(&jitter), "10 ms are 900 ticks, not {jitter}");
    }

    #[test]
    fn a_report_names_the_senders_last_one() {
        let start = crate::testing::epoch();
        let mut reception = Reception::new(ClockRate::OPUS);
        reception.on_packet(start, SeqNo::new(1), MediaTime::new(0));
        let ntp = NtpTime::new(0x1122_3344_5566_7788);
        reception.on_sender_report(SenderClock { ntp, rtp: MediaTime::new(0), at: start });
        let report = reception.report(start + Duration::from_millis(500)).unwrap();
        assert_eq!((report.last_sender_report, report.delay), (0x3344_5566, 32_768));
    }
}
