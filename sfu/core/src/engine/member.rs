//! One peer inside the engine: its transport, what it sends, what it is sent, and how its line is.

use crate::peer::{Health, Offer, Peer, Role};
use crate::receive::{LAYERS, Receiver};
use crate::send::SlotStream;
use crate::units::{Bitrate, MediaTime};
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use sfu_control::{Layer, PeerId, RoomId, Slot, Source, SourceKind, View};
use std::collections::BTreeMap;
use std::time::Instant;

/// First sequence numbers lie low in the first cycle: a receiver that misses the first packets must not take a
/// roll-over for granted.
const FIRST_SEQUENCE_MAX: u16 = 0x4000;

/// All peers of an engine. Ordered, so that one seed gives one run.
pub(crate) type Members = BTreeMap<PeerId, Member>;

/// One slot with what was said about it.
#[derive(Debug)]
pub(crate) struct MemberSlot {
    /// Its stream.
    pub(crate) stream: SlotStream,
    /// The layer it was granted last.
    pub(crate) granted: Option<Layer>,
    /// The source signaling was last told of.
    pub(crate) announced: Option<Source>,
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Member {
    /// Where it belongs.
    pub(crate) room: RoomId,
    /// Its transport.
    pub(crate) peer: Peer,
    /// What it sends, in line order.
    pub(crate) receivers: Vec<Receiver>,
    /// What it is sent, in line order.
    pub(crate) slots: Vec<MemberSlot>,
    /// What it wants to see.
    pub(crate) view: View,
    /// What its line carries, as far as known.
    pub(crate) estimate: Option<Bitrate>,
    /// What its pictures were granted in sum.
    pub(crate) granted_rate: Bitrate,
    /// What the bandwidth estimator was told to look for.
    pub(crate) desired_rate: Bitrate,
    /// Whether a picture has less than it wants.
    pub(crate) hungry: bool,
    /// Until then its layers do not climb.
    pub(crate) climb_held_until: Option<Instant>,
    /// When ICE and DTLS came up.
    pub(crate) connected_at: Option<Instant>,
    /// When anything of it came last.
    pub(crate) heard_at: Instant,
    /// How its line is.
    pub(crate) health: Health,
    /// Media received since the last report.
    pub(crate) bytes_up: u64,
    /// Media sent since the last report.
    pub(crate) bytes_down: u64,
}

impl Member {
    /// A peer whose offer was just answered.
    pub(crate) fn new(room: RoomId, id: PeerId, peer: Peer, offer: &Offer, now: Instant) -> Self {
        let receivers = offer
            .lines
            .iter()
            .filter_map(|line| match line.role {
                Role::Source(kind) => {
                    let named: Vec<_> = line.encodings.iter().map(|(_, layer)| *layer).collect();
                    let layers = if named.is_empty() { &LAYERS[..1] } else { &named };
                    Some(Receiver::new(Source { peer: id, kind }, layers))
                }
                Role::Slot(_) => None,
            })
            .collect();
        Self {
            room,
            peer,
            receivers,
            slots: Vec::new(),
            view: crate::room::first_view(),
            estimate: None,
            granted_rate: Bitrate::ZERO,
            desired_rate: Bitrate::ZERO,
            hungry: false,
            climb_held_until: None,
            connected_at: None,
            heard_at: now,
            health: Health::default(),
            bytes_up: 0,
            bytes_down: 0,
        }
    }

    /// Adds the slots an offer has and this peer has not yet.
    pub(crate) fn add_slots(&mut self, rng: &mut ChaCha20Rng) {
        let known = self.slots.len();
        let new: Vec<Slot> = self.peer.slots().skip(known).map(|(slot, _)| slot).collect();
        for slot in new {
            let start = rng.random_range(1..FIRST_SEQUENCE_MAX);
            let stream = SlotStream::new(slot, start, MediaTime::new(rng.random()));
            self.slots.push(MemberSlot { stream, granted: None, announced: None });
        }
    }

    /// One of its sources.
    pub(crate) fn receiver(&self, kind: SourceKind) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.kind() == kind)
    }

    /// One of its sources, to change.
    pub(crate) fn receiver_mut(&mut self, kind: SourceKind) -> Option<&mut Receiver> {
        self.receivers.iter_mut().find(|receiver| receiver.kind() == kind)
    }

    /// Whether media can flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected_at.is_some()
    }
}
