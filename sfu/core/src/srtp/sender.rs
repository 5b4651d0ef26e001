//! Seals what goes to a client.

use super::cipher::REPORT_HEADER_BYTES;
use super::{Cipher, Side, ciphers};
use crate::peer::Exported;
use crate::rtp::Ssrc;
use crate::units::SeqNo;

/// Our half of a session. Media indices come from outside, where the slots' numbers are kept; report indices are counted
/// here.
#[derive(Debug)]
pub(crate) struct SrtpSender {
    media: Cipher,
    reports: Cipher,
    next_report: u32,
}

impl SrtpSender {
    /// Takes the keys of a finished handshake.
    pub(crate) fn from_exported(exported: &Exported) -> Option<Self> {
        let (media, reports) = ciphers(exported, Side::Ours)?;
        Some(Self { media, reports, next_report: 0 })
    }

    /// Seals the packet that lies behind `start`, whose header has `header` bytes. `index` must not be used twice on one
    /// stream: with it the counter mode underneath would give both packets away.
    pub(crate) fn protect_rtp(
        &self,
        buffer: &mut Vec<u8>,
        (start, header): (usize, usize),
        (ssrc, index): (Ssrc, SeqNo),
    ) -> Option<()> {
        self.media.seal_media(buffer, (start, header), (ssrc, index.extended()))
    }

    /// Seals the compound report that lies behind `start`.
    pub(crate) fn protect_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> Option<()> {
        let sender = buffer.get(start + 4..start + REPORT_HEADER_BYTES)?.first_chunk()?;
        let ssrc = Ssrc::new(u32::from_be_bytes(*sender));
        let index = self.next_report;
        // RFC 3711 section 9.2: keys are spent after 2^31 reports, which is forty years of fifty a second.
        self.next_report = index.checked_add(1).filter(|next| *next < 1 << 31)?;
        self.reports.seal_reports(buffer, start, (ssrc, index))
    }
}
