//! Reads a compound packet (RFC 3550 section 6.1; reduced size by RFC 5506).

use super::transport::TransportFeedback;
use super::{RtcpError, block, feedback, kind};
use crate::rtp::Ssrc;
use crate::units::{MediaTime, NtpTime};

/// One thing a compound packet says. What we have no use for is stepped over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report<'a> {
    /// A sender's clock.
    Sender { ssrc: Ssrc, ntp: NtpTime, rtp: MediaTime },
    /// How one stream was received.
    Received(ReportBlock),
    /// Packets are missing.
    Nack { media: Ssrc, lost: Nacked<'a> },
    /// A picture was lost (PLI or FIR).
    KeyframeWanted { media: Ssrc },
    /// What arrived when.
    Transport(TransportFeedback<'a>),
    /// A receiver's clock, to be told back.
    ReferenceTime { ssrc: Ssrc, ntp: NtpTime },
    /// A stream ended.
    Goodbye { ssrc: Ssrc },
    /// Something of a name that only its two ends know (RFC 3550 section 6.7).
    Application { name: [u8; 4], data: &'a [u8] },
}

/// A report block (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    /// The stream it is about.
    pub(crate) ssrc: Ssrc,
    /// Lost since the last report, in 256ths.
    pub(crate) fraction_lost: u8,
    /// Middle of the last sender report's time, zero when there was none.
    pub(crate) last_sender_report: u32,
    /// Since then, in 65,536ths of a second.
    pub(crate) delay: u32,
}

/// The numbers a NACK names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nacked<'a> {
    pairs: &'a [u8],
    /// The number of the pair under way and the bits behind it that are still to be named.
    pending: Option<(u16, u32)>,
}

impl Iterator for Nacked<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        loop {
            if let Some((first, bits)) = self.pending {
                if bits != 0 {
                    let behind = bits.trailing_zeros();
                    self.pending = Some((first, bits & (bits - 1)));
                    return Some(first.wrapping_add(u16::try_from(behind).unwrap_or(0)));
                }
                self.pending = None;
            }
            let (&[p0, p1, b0, b1], rest) = self.pairs.split_first_chunk::<4>()?;
            self.pairs = rest;
            let bits = u32::from(u16::from_be_bytes([b0, b1])) << 1 | 1;
            self.pending = Some((u16::from_be_bytes([p0, p1]), bits));
        }
    }
}

/// Walks a compound packet. Gives an error once and ends when the rest cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Compound<'a> {
    rest: &'a [u8],
    /// Blocks and entries of the packet under way.
    inner: Inner<'a>,
}

#[derive(Debug, Clone)]
enum Inner<'a> {
    None,
    Blocks(&'a [u8]),
    Extended(Ssrc, &'a [u8]),
    Goodbyes(&'a [u8]),
    Intra(&'a [u8]),
}

impl<'a> Compound<'a> {
    /// Starts at the first packet.
    pub(crate) fn new(packet: &'a [u8]) -> Self {
        Self { rest: packet, inner: Inner::None }
    }

    /// The next element of the packet under way.
    fn next_inner(&mut self) -> Option<Report<'a>> {
        match &mut self.inner {
            Inner::None => None,
            Inner::Blocks(blocks) => {
                let (block, rest) = blocks.split_first_chunk::<24>()?;
                *blocks = rest;
                let word = |at: usize| word(block, at);
                Some(Report::Received(ReportBlock {
                    ssrc: Ssrc::new(word(0)?),
                    fraction_lost: *block.get(4)?,
                    last_sender_report: word(16)?,
                    delay: word(20)?,
                }))
            }
            Inner::Goodbyes(streams) => {
                let (ssrc, rest) = streams.split_first_chunk::<4>()?;
                *streams = rest;
                Some(Report::Goodbye { ssrc: Ssrc::new(u32::from_be_bytes(*ssrc)) })
            }
            Inner::Intra(entries) => {
                let (entry, rest) = entries.split_first_chunk::<8>()?;
                *entries = rest;
                Some(Report::KeyframeWanted { media: Ssrc::new(word(entry, 0)?) })
            }
            Inner::Extended(ssrc, blocks) => loop {
                let (&[kind, _, l0, l1], rest) = blocks.split_first_chunk::<4>()?;
                let (body, rest) = rest.split_at_checked(4 * usize::from(u16::from_be_bytes([l0, l1])))?;
                *blocks = rest;
                if kind == block::RECEIVER_REFERENCE_TIME {
                    let ntp = NtpTime::new(u64::from_be_bytes(*body.first_chunk()?));
                    return Some(Report::ReferenceTime { ssrc: *ssrc, ntp });
                }
            },
        }
    }

    /// Opens the next packet; gives what it says at once, if it does.
    fn open(&mut self) -> Result<Option<Report<'a>>, RtcpError> {
        let (&[first, kind, l0, l1], _) = self.rest.split_first_chunk::<4>().ok_or(RtcpError::Cut)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let length = 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        let (packet, rest) = self.rest.split_at_checked(length).ok_or(RtcpError::Cut)?;
        self.rest = rest;
        let body = packet.get(4..).unwrap_or_default();
        let count = first & 0x1F;
        match kind {
            kind::SENDER_REPORT => {
                let (sender, blocks) = body.split_first_chunk::<24>().ok_or(RtcpError::Cut)?;
                self.inner = Inner::Blocks(counted(blocks, count, 24));
                Ok(sender_report(sender))
            }
            kind::RECEIVER_REPORT => {
                let (_, blocks) = body.split_first_chunk::<4>().ok_or(RtcpError::Cut)?;
                self.inner = Inner::Blocks(counted(blocks, count, 24));
                Ok(None)
            }
            kind::GOODBYE => {
                self.inner = Inner::Goodbyes(counted(body, count, 4));
                Ok(None)
            }
            kind::APPLICATION => {
                let (&[_, _, _, _, n0, n1, n2, n3], data) =
                    body.split_first_chunk::<8>().ok_or(RtcpError::Cut)?;
                let data = if first & 0x20 == 0 { data } else { unfilled(data).ok_or(RtcpError::Cut)? };
                Ok(Some(Report::Application { name: [n0, n1, n2, n3], data }))
            }
            kind::EXTENDED_REPORT => {
                let (ssrc, blocks) = body.split_first_chunk::<4>().ok_or(RtcpError::Cut)?;
                self.inner = Inner::Extended(Ssrc::new(u32::from_be_bytes(*ssrc)), blocks);
                Ok(None)
            }
            kind::TRANSPORT_FEEDBACK | kind::PAYLOAD_FEEDBACK => {
                let (streams, control) = body.split_first_chunk::<8>().ok_or(RtcpError::Cut)?;
                let media = Ssrc::new(word(streams, 4).ok_or(RtcpError::Cut)?);
                Ok(self.open_feedback(kind, count, media, control))
            }
            _ => Ok(None),
        }
    }

    fn open_feedback(&mut self, kind: u8, format: u8, media: Ssrc, control: &'a [u8]) -> Option<Report<'a>> {
        match (kind, format) {
            (kind::TRANSPORT_FEEDBACK, feedback::NACK) => {
                Some(Report::Nack { media, lost: Nacked { pairs: control, pending: None } })
            }
            (kind::TRANSPORT_FEEDBACK, feedback::TRANSPORT_WIDE) => {
                TransportFeedback::parse(control).map(Report::Transport)
            }
            (kind::PAYLOAD_FEEDBACK, feedback::PLI) => Some(Report::KeyframeWanted { media }),
            (kind::PAYLOAD_FEEDBACK, feedback::FIR) => {
                self.inner = Inner::Intra(control);
                None
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Report<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(report) = self.next_inner() {
                return Some(Ok(report));
            }
            self.inner = Inner::None;
            if self.rest.is_empty() {
                return None;
            }
            match self.open() {
                Ok(Some(report)) => return Some(Ok(report)),
                Ok(None) => {}
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
    }
}

fn sender_report(body: &[u8; 24]) -> Option<Report<'static>> {
    let seconds = u64::from(word(body, 4)?);
    let fraction = u64::from(word(body, 8)?);
    Some(Report::Sender {
        ssrc: Ssrc::new(word(body, 0)?),
        ntp: NtpTime::new(seconds << 32 | fraction),
        rtp: MediaTime::new(word(body, 12)?),
    })
}

/// What is left of a packet's data without the bytes that fill its last word; the last of them counts them.
fn unfilled(data: &[u8]) -> Option<&[u8]> {
    let fill = usize::from(*data.last()?);
    data.get(..data.len().checked_sub(fill)?)
}

/// As much of a list as its count and its bytes allow.
fn counted(list: &[u8], count: u8, size: usize) -> &[u8] {
    list.get(..usize::from(count) * size).unwrap_or(list)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
