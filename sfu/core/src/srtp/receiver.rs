//! Opens what comes from a client: finds how often a number has rolled over, refuses repetitions, and changes nothing
//! it keeps before a packet has proven authentic.

use super::cipher::REPORT_HEADER_BYTES;
use super::replay::Replay;
use super::{Cipher, Side, SrtpError, ciphers};
use crate::peer::Exported;
use crate::rtp::{RtpHeader, Ssrc};
use crate::units::SeqNo;
use std::ops::Range;

/// Streams one client may send on, over all its restarts: a browser has about a dozen at a time. Further ones are refused
/// rather than old ones forgotten: a stream whose roll-overs are forgotten can never be opened again, and its old packets
/// would be taken for new ones.
const STREAMS_MAX: usize = 256;
/// No RTP packet pads more than one byte can count.
const PADDING_MAX: usize = u8::MAX as usize;

/// One stream's numbers.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: Ssrc,
    highest: SeqNo,
    replay: Replay,
}

/// A packet that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unprotected {
    /// Its header.
    pub(crate) header: RtpHeader,
    /// Its number with roll-overs.
    pub(crate) index: SeqNo,
    /// Where its payload lies, padding removed.
    pub(crate) payload: Range<usize>,
}

/// The client's half of a session.
#[derive(Debug)]
pub(crate) struct SrtpReceiver {
    media: Cipher,
    reports: Cipher,
    streams: Vec<Stream>,
    senders: Vec<(Ssrc, Replay)>,
}

impl SrtpReceiver {
    /// Takes the keys of a finished handshake.
    pub(crate) fn from_exported(exported: &Exported) -> Option<Self> {
        let (media, reports) = ciphers(exported, Side::Theirs)?;
        Some(Self { media, reports, streams: Vec::new(), senders: Vec::new() })
    }

    /// Opens a media packet where it lies.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<Unprotected, SrtpError> {
        let header = RtpHeader::parse(packet).map_err(|_| SrtpError::Malformed)?;
        let known = self.streams.iter().position(|stream| stream.ssrc == header.ssrc);
        let stream = known.and_then(|place| self.streams.get(place));
        let index = match stream {
            Some(stream) => stream.highest.nearest(header.sequence),
            None => SeqNo::new(header.sequence.into()),
        };
        if stream.is_some_and(|stream| !stream.replay.is_new(index.extended())) {
            return Err(SrtpError::Replayed);
        }
        let end = self.media.open_media(packet, header.length, (header.ssrc, index.extended()))?;
        self.note(known, header.ssrc, index)?;
        let padding = if header.padded { padding(packet, header.length, end)? } else { 0 };
        Ok(Unprotected { header, index, payload: header.length..end - padding })
    }

    /// Opens a compound report where it lies; gives its plain bytes.
    pub(crate) fn unprotect_rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a [u8], SrtpError> {
        let ssrc = packet.get(4..REPORT_HEADER_BYTES).and_then(<[u8]>::first_chunk).copied();
        let ssrc = Ssrc::new(u32::from_be_bytes(ssrc.ok_or(SrtpError::Malformed)?));
        let index = self.reports.report_index(packet).ok_or(SrtpError::Malformed)?;
        // Libraries number the reports of each of a client's streams apart.
        let known = self.senders.iter().position(|(sender, _)| *sender == ssrc);
        let replay = known.and_then(|place| self.senders.get(place)).map(|(_, replay)| *replay);
        if replay.is_some_and(|replay| !replay.is_new(index.into())) {
            return Err(SrtpError::Replayed);
        }
        let end = self.reports.open_reports(packet, (ssrc, index))?;
        let mut replay = replay.unwrap_or_default();
        replay.note(index.into());
        if known.is_none() {
            if self.senders.len() >= STREAMS_MAX {
                return Err(SrtpError::TooManyStreams);
            }
            self.senders.push((ssrc, replay));
        } else if let Some(sender) = known.and_then(|place| self.senders.get_mut(place)) {
            sender.1 = replay;
        }
        packet.get(..end).ok_or(SrtpError::Malformed)
    }

    /// Keeps what an authentic packet showed.
    fn note(&mut self, known: Option<usize>, ssrc: Ssrc, index: SeqNo) -> Result<(), SrtpError> {
        if known.is_none() {
            if self.streams.len() >= STREAMS_MAX {
                return Err(SrtpError::TooManyStreams);
            }
            self.streams.push(Stream { ssrc, highest: index, replay: Replay::default() });
        }
        let place = known.unwrap_or(self.streams.len().saturating_sub(1));
        if let Some(stream) = self.streams.get_mut(place) {
            stream.highest = stream.highest.max(index);
            stream.replay.note(index.extended());
        }
        Ok(())
    }
}

/// How much of a payload is padding: its last byte counts it, itself included (RFC 3550 section 5.1).
fn padding(packet: &[u8], header: usize, end: usize) -> Result<usize, SrtpError> {
    let payload = packet.get(header..end).ok_or(SrtpError::Malformed)?;
    let padding = usize::from(*payload.last().ok_or(SrtpError::Malformed)?);
    if padding == 0 || padding > payload.len().min(PADDING_MAX) {
        return Err(SrtpError::Malformed);
    }
    Ok(padding)
}
