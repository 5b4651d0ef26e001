//! One slot's stream on its way to one client: its numbers, what the client calls its formats, and what it sent lately.

use crate::link::{self, Binding};
use crate::peer::{Format, Offered, SlotLine};
use crate::receive::StreamKey;
use crate::rtp::Ssrc;
use crate::send::SentPackets;
use crate::units::SeqNo;
use sfu_control::Slot;
use std::time::Instant;

/// What a slot's stream needs to leave.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) ssrc: Ssrc,
    pub(super) rtx: Option<Ssrc>,
    pub(super) rtx_seq: SeqNo,
    pub(super) mid: Vec<u8>,
    /// Whether the client has shown that it knows the stream; until then each packet says whose it is.
    pub(super) known: bool,
    /// What has it now, if it is a line of a link.
    pub(super) binding: Option<Binding>,
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
            binding: None,
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

    /// A line of a link, which any stream may take.
    pub(super) fn of_link(ssrc: Ssrc, rtx: Option<Ssrc>, slot: Slot) -> Self {
        let slot = SlotLine { slot, mid: String::new(), ssrc, rtx, formats: Vec::new() };
        Self { binding: Some(Binding::default()), ..Self::new(&slot) }
    }

    /// Says what the next packet belongs to, where lines go from hand to hand.
    pub(super) fn take(&mut self, now: Instant, key: StreamKey, format: Format) {
        let Some(binding) = &mut self.binding else { return };
        if binding.take(now, key, format) {
            // What went out under the name before must not be sent again under this one.
            self.sent.clear();
        }
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
        if self.binding.is_some() {
            return link::offered(format);
        }
        let of = |format| self.formats.iter().find(|offered| offered.format == format).copied();
        of(format).or_else(|| of(format.without_redundancy()?))
    }
}
