//! One slot's stream on its way to one client: its numbers, what the client calls its formats, and what it sent lately.

use crate::peer::{Format, Offered, SlotLine};
use crate::rtp::Ssrc;
use crate::send::SentPackets;
use crate::units::SeqNo;

/// What a slot's stream needs to leave.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) ssrc: Ssrc,
    pub(super) rtx: Option<Ssrc>,
    pub(super) rtx_seq: SeqNo,
    pub(super) mid: Vec<u8>,
    /// Whether the client has shown that it knows the stream; until then each packet says whose it is.
    pub(super) known: bool,
    pub(super) formats: Vec<Offered>,
    pub(super) chosen: Option<Offered>,
    pub(super) sent: SentPackets,
    pub(super) packets: u32,
    pub(super) octets: u32,
    /// Whether anything was sent since the last report.
    pub(super) active: bool,
}

impl Line {
    pub(super) fn new(slot: &SlotLine) -> Self {
        let mut line = Self {
            ssrc: slot.ssrc,
            rtx: None,
            rtx_seq: SeqNo::new(1),
            mid: Vec::new(),
            known: false,
            formats: Vec::new(),
            chosen: None,
            sent: SentPackets::new(slot.slot),
            packets: 0,
            octets: 0,
            active: false,
        };
        line.agree(slot);
        line
    }

    pub(super) fn agree(&mut self, slot: &SlotLine) {
        self.ssrc = slot.ssrc;
        self.rtx = slot.rtx;
        self.mid = slot.mid.clone().into_bytes();
        self.formats.clone_from(&slot.formats);
        self.chosen = None;
    }

    /// What a format goes out as: itself, or without its redundancy for who did not negotiate that.
    pub(super) fn offered(&self, format: Format) -> Option<Offered> {
        let of = |format| self.formats.iter().find(|offered| offered.format == format).copied();
        of(format).or_else(|| of(format.without_redundancy()?))
    }
}
