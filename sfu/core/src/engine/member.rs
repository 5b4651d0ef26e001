//! One peer inside the engine: its transport, what it is sent, and how its line is. What it sends is its publisher's.

use crate::downlink::Downlink;
use crate::peer::Peer;
use crate::receive::OperatingPoint;
use crate::route::Ways;
use crate::rtp::Ssrc;
use crate::select::Rest;
use crate::send::SlotStream;
use crate::units::{Bitrate, MediaTime, NtpTime};
use crate::uplink::Uplink;
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use sfu_control::{Layer, PeerId, RoomId, Slot, Source, View};
use std::time::Instant;

/// First sequence numbers lie low in the first cycle: a receiver that misses the first packets must not take a
/// roll-over for granted.
const FIRST_SEQUENCE_MAX: u16 = 0x4000;

/// One slot with what was said about it.
#[derive(Debug)]
pub(crate) struct MemberSlot {
    /// Its stream.
    pub(crate) stream: SlotStream,
    /// What it was granted last.
    pub(crate) granted: Option<OperatingPoint>,
    /// The source signaling was last told of.
    pub(crate) announced: Option<Source>,
    /// What the room counts it as needing.
    pub(crate) counted: Option<(Source, Layer)>,
    /// The streams it is on.
    pub(crate) ways: Ways,
}

impl MemberSlot {
    /// The layer that is needed for it, if it is to show a picture.
    pub(crate) fn need(&self) -> Option<(Source, Layer)> {
        let key = self.stream.target().or(self.stream.current())?;
        Some((key.source, self.granted?.layer))
    }
}

/// What went missing on the way up since the last line report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Losses {
    /// Packets that came or should have.
    pub(crate) expected: u64,
    /// Packets that did not.
    pub(crate) missing: u64,
}

impl Losses {
    /// The lost fraction in thousandths.
    pub(crate) fn permille(&self) -> u16 {
        let fraction = (self.missing * 1_000).checked_div(self.expected).unwrap_or(0);
        u16::try_from(fraction.min(1_000)).unwrap_or(1_000)
    }
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name.
    pub(crate) id: PeerId,
    /// Where it belongs; nowhere if it is a link, which has something of many rooms.
    pub(crate) room: Option<RoomId>,
    /// Its control side.
    pub(crate) peer: Peer,
    /// What opens its packets.
    pub(crate) uplink: Uplink,
    /// What carries packets to it.
    pub(crate) downlink: Downlink,
    /// What it is sent, in line order.
    pub(crate) slots: Vec<MemberSlot>,
    /// What it wants to see.
    pub(crate) view: View,
    /// What its line carries, as far as known.
    pub(crate) estimate: Option<Bitrate>,
    /// What its line was taken to carry when its pictures were granted last.
    pub(crate) judged_estimate: Bitrate,
    /// What its pictures were granted in sum.
    pub(crate) granted_rate: Bitrate,
    /// What the bandwidth estimator was told to look for.
    pub(crate) desired_rate: Bitrate,
    /// Whether a picture has less than it wants.
    pub(crate) hungry: bool,
    /// When its layers may climb again.
    pub(crate) rest: Rest,
    /// When ICE and DTLS came up.
    pub(crate) connected_at: Option<Instant>,
    /// When anything of it came last.
    pub(crate) heard_at: Instant,
    /// The receiver's clock it wants told back, and when it came (RFC 3611 section 4.4).
    pub(crate) reference: Option<(Ssrc, NtpTime, Instant)>,
    /// Losses on the way up since the last report.
    pub(crate) losses: Losses,
    /// Media received since the last report.
    pub(crate) bytes_up: u64,
    /// Media sent since the last report.
    pub(crate) bytes_down: u64,
}

impl Member {
    /// A peer whose offer was just answered.
    pub(crate) fn new(room: RoomId, id: PeerId, peer: Peer, now: Instant) -> Self {
        Self::standing(Some(room), id, peer, Downlink::new(now), now)
    }

    /// A link to another node.
    pub(crate) fn of_link(id: PeerId, peer: Peer, rng: &mut ChaCha20Rng, now: Instant) -> Self {
        let own = Ssrc::new(rng.random_range(1..u32::MAX));
        Self::standing(None, id, peer, Downlink::of_link(now, own), now)
    }

    fn standing(room: Option<RoomId>, id: PeerId, peer: Peer, downlink: Downlink, now: Instant) -> Self {
        Self {
            id,
            room,
            peer,
            uplink: Uplink::default(),
            downlink,
            slots: Vec::new(),
            view: crate::room::first_view(),
            estimate: None,
            judged_estimate: Bitrate::ZERO,
            granted_rate: Bitrate::ZERO,
            desired_rate: Bitrate::ZERO,
            hungry: false,
            rest: Rest::new(id.number()),
            connected_at: None,
            heard_at: now,
            reference: None,
            losses: Losses::default(),
            bytes_up: 0,
            bytes_down: 0,
        }
    }

    /// Adds the slots an offer has and this peer has not yet, and takes over what was agreed on for all.
    pub(crate) fn add_slots(&mut self, rng: &mut ChaCha20Rng) {
        let lines = &self.peer.agreement().slots;
        for line in lines.iter().skip(self.slots.len()) {
            let start = rng.random_range(1..FIRST_SEQUENCE_MAX);
            let stream = SlotStream::new(line.slot, start, MediaTime::new(rng.random()));
            let (ways, granted, announced, counted) = (Ways::default(), None, None, None);
            self.slots.push(MemberSlot { stream, granted, announced, counted, ways });
        }
        self.downlink.agree(self.peer.agreement());
    }

    /// Adds a slot that any stream may take; gives its place.
    pub(crate) fn add_line(&mut self, slot: Slot, rng: &mut ChaCha20Rng) -> usize {
        let start = rng.random_range(1..FIRST_SEQUENCE_MAX);
        let stream = SlotStream::new(slot, start, MediaTime::new(rng.random()));
        let repeated = !matches!(slot, Slot::Audio(_) | Slot::FloorAudio);
        let ssrc = Ssrc::new(rng.random_range(1..u32::MAX));
        let rtx = repeated.then(|| Ssrc::new(rng.random_range(1..u32::MAX)));
        self.downlink.add_line(ssrc, rtx, slot);
        self.slots.push(MemberSlot {
            stream,
            granted: None,
            announced: None,
            counted: None,
            ways: Ways::default(),
        });
        self.slots.len() - 1
    }

    /// Which slot is on which line.
    pub(crate) fn slot_lines(&self) -> Vec<(Slot, String)> {
        self.peer.agreement().slots.iter().map(|line| (line.slot, line.mid.clone())).collect()
    }

    /// Whether media can flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected_at.is_some()
    }
}
