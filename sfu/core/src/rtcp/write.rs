//! Writes report packets one behind the other into a compound packet.

use super::{block, feedback, kind, transport};
use crate::receive::ReceptionReport;
use crate::rtp::Ssrc;
use crate::units::{MediaTime, NtpTime};

/// Blocks one packet counts.
const BLOCKS_MAX: usize = 31;
/// Bits behind a NACK's number.
const NACK_SPAN: u16 = 16;

/// A compound packet under way.
#[derive(Debug)]
pub(crate) struct ReportWriter<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> ReportWriter<'a> {
    /// Begins behind what is there.
    pub(crate) fn begin(buffer: &'a mut Vec<u8>) -> Self {
        let start = buffer.len();
        Self { buffer, start }
    }

    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.len() == self.start
    }

    /// A sender's clock and counts (RFC 3550 section 6.4.1), without blocks.
    pub(crate) fn sender(&mut self, ssrc: Ssrc, ntp: NtpTime, rtp: MediaTime, (packets, octets): (u32, u32)) {
        self.packet(0, kind::SENDER_REPORT, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&ntp.get().to_be_bytes());
            buffer.extend_from_slice(&rtp.rtp().to_be_bytes());
            buffer.extend_from_slice(&packets.to_be_bytes());
            buffer.extend_from_slice(&octets.to_be_bytes());
        });
    }

    /// How streams were received (RFC 3550 section 6.4.2).
    pub(crate) fn receiver(&mut self, ssrc: Ssrc, blocks: &[(Ssrc, ReceptionReport)]) {
        let blocks = blocks.get(..BLOCKS_MAX).unwrap_or(blocks);
        let count = u8::try_from(blocks.len()).unwrap_or(0);
        self.packet(count, kind::RECEIVER_REPORT, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            for (source, report) in blocks {
                let lost = u32::from(report.fraction_lost) << 24 | report.cumulative_lost;
                let words = [
                    source.get(),
                    lost,
                    report.highest,
                    report.jitter,
                    report.last_sender_report,
                    report.delay,
                ];
                buffer.extend(words.into_iter().flat_map(u32::to_be_bytes));
            }
        });
    }

    /// Who sends (RFC 3550 section 6.5): every compound packet that reports needs it.
    pub(crate) fn description(&mut self, ssrc: Ssrc, name: &str) {
        const CNAME: u8 = 1;
        let name = name.as_bytes();
        let length = u8::try_from(name.len()).unwrap_or(0);
        self.packet(1, kind::DESCRIPTION, |buffer| {
            let start = buffer.len();
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&[CNAME, length]);
            buffer.extend_from_slice(name.get(..length.into()).unwrap_or_default());
            // At least one zero ends the list, and more fill the word.
            let filled = (buffer.len() - start + 1).next_multiple_of(4);
            buffer.resize(start + filled, 0);
        });
    }

    /// Asks for packets again (RFC 4585 section 6.2.1). `lost` is in order.
    pub(crate) fn nack(&mut self, ssrc: Ssrc, media: Ssrc, lost: &[u16]) {
        self.packet(feedback::NACK, kind::TRANSPORT_FEEDBACK, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&media.get().to_be_bytes());
            let mut lost = lost.iter().copied().peekable();
            while let Some(first) = lost.next() {
                let mut bits = 0_u16;
                while let Some(next) =
                    lost.next_if(|next| (1..=NACK_SPAN).contains(&next.wrapping_sub(first)))
                {
                    bits |= 1 << (next.wrapping_sub(first) - 1);
                }
                buffer.extend_from_slice(&first.to_be_bytes());
                buffer.extend_from_slice(&bits.to_be_bytes());
            }
        });
    }

    /// Says something of our own (RFC 3550 section 6.7).
    pub(crate) fn application(&mut self, ssrc: Ssrc, name: [u8; 4], data: &[u8]) {
        self.packet(0, kind::APPLICATION, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&name);
            buffer.extend_from_slice(data);
        });
    }

    /// Asks for a keyframe (RFC 4585 section 6.3.1).
    pub(crate) fn keyframe(&mut self, ssrc: Ssrc, media: Ssrc) {
        self.packet(feedback::PLI, kind::PAYLOAD_FEEDBACK, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&media.get().to_be_bytes());
        });
    }

    /// Tells what arrived when. Gives how many packets of `arrivals` it speaks of.
    pub(crate) fn transport(&mut self, ssrc: Ssrc, base: u16, count: u8, arrivals: &[Option<i64>]) -> usize {
        let mut told = 0;
        self.packet(feedback::TRANSPORT_WIDE, kind::TRANSPORT_FEEDBACK, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&0_u32.to_be_bytes());
            told = transport::write(buffer, base, count, arrivals);
        });
        told
    }

    /// Tells a receiver its clock back (RFC 3611 section 4.5), so that it can measure its round trip.
    pub(crate) fn delay_since(&mut self, ssrc: Ssrc, receiver: Ssrc, (last, delay): (u32, u32)) {
        self.packet(0, kind::EXTENDED_REPORT, |buffer| {
            buffer.extend_from_slice(&ssrc.get().to_be_bytes());
            buffer.extend_from_slice(&[block::DELAY_SINCE_LAST, 0, 0, 3]);
            for word in [receiver.get(), last, delay] {
                buffer.extend_from_slice(&word.to_be_bytes());
            }
        });
    }

    /// One packet: its header, its body filled to a whole word, its length.
    fn packet(&mut self, count: u8, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&[0x80 | count, kind, 0, 0]);
        body(self.buffer);
        let body = self.buffer.len() - at;
        // RFC 3550 section 6.4.1: fill bytes are announced by the P bit and count themselves.
        let fill = body.next_multiple_of(4) - body;
        if let Ok(byte @ 1..) = u8::try_from(fill) {
            self.buffer.resize(at + body + fill - 1, 0);
            self.buffer.push(byte);
            if let Some(first) = self.buffer.get_mut(at) {
                *first |= 0x20;
            }
        }
        let words = u16::try_from((self.buffer.len() - at) / 4 - 1).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(place) = self.buffer.get_mut(at + 2..at + 4) {
            place.copy_from_slice(&words);
        }
    }
}
