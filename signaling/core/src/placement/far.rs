//! Seats that are heard at another node: by which peer they send, and beyond which neighbour that peer lies.

use super::Placement;
use crate::neighbour::NodeName;
use sfu_control::PeerId;
use signaling_protocol::SeatId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a seat sends from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Which seat.
    pub seat: SeatId,
    /// By which peer; none if it sends nothing.
    pub peer: Option<PeerId>,
    /// Beyond which neighbour it lies; none if it is here.
    pub beyond: Option<NodeName>,
}

/// The seats of other nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Far {
    peers: BTreeMap<SeatId, (PeerId, NodeName)>,
    seats: HashMap<PeerId, SeatId>,
    /// Whose peer is another one since neighbours were told, and beyond whom it lay if it is gone.
    moved: BTreeMap<SeatId, Option<NodeName>>,
}

impl Far {
    pub(super) fn seat_of(&self, peer: PeerId) -> Option<&SeatId> {
        self.seats.get(&peer)
    }

    pub(super) fn peer_of(&self, seat: &SeatId) -> Option<PeerId> {
        self.peers.get(seat).map(|(peer, _)| *peer)
    }

    /// A seat of this node has another peer.
    pub(super) fn note_moved(&mut self, seat: &SeatId) {
        self.moved.insert(seat.clone(), None);
    }

    /// Whether that is news.
    fn set(&mut self, seat: &SeatId, peer: Option<PeerId>, beyond: &NodeName) -> bool {
        let known = self.peers.get(seat);
        match (known, peer) {
            (Some((known, at)), Some(peer)) if *known == peer && at == beyond => return false,
            // What another neighbour said later is what holds.
            (Some((_, at)), None) if at != beyond => return false,
            (None, None) => return false,
            (Some(_) | None, Some(_) | None) => {}
        }
        if let Some((old, _)) = self.peers.remove(seat) {
            self.seats.remove(&old);
        }
        if let Some(peer) = peer {
            self.peers.insert(seat.clone(), (peer, beyond.clone()));
            self.seats.insert(peer, seat.clone());
        }
        self.moved.insert(seat.clone(), Some(beyond.clone()));
        true
    }
}

impl Placement {
    /// A seat sends from beyond another node, or does not any more.
    pub(crate) fn set_far(&mut self, seat: &SeatId, peer: Option<PeerId>, beyond: &NodeName) {
        if self.far.set(seat, peer, beyond) {
            self.stale.seat(seat);
            self.watchers_are_stale(seat);
        }
    }

    /// Of these seats nothing comes from beyond a node any more. Whether anything did.
    pub(crate) fn forget_beyond(&mut self, node: &NodeName, which: impl Fn(&SeatId) -> bool) -> bool {
        let beyond = self.far.peers.iter().filter(|(seat, (_, at))| at == node && which(seat));
        let seats: Vec<SeatId> = beyond.map(|(seat, _)| seat.clone()).collect();
        for seat in &seats {
            self.set_far(seat, None, node);
        }
        !seats.is_empty()
    }

    /// Who sends by another peer since this was asked last.
    pub(crate) fn take_moved(&mut self) -> Vec<Moved> {
        let moved = std::mem::take(&mut self.far.moved);
        moved.into_iter().map(|(seat, was_beyond)| self.moved(seat, was_beyond)).collect()
    }

    /// Who sends by which peer, here and beyond.
    pub(crate) fn all_peers(&self) -> Vec<Moved> {
        let seats: BTreeSet<&SeatId> = self.media.keys().chain(self.far.peers.keys()).collect();
        let all = seats.into_iter().map(|seat| self.moved(seat.clone(), None));
        all.filter(|moved| moved.peer.is_some()).collect()
    }

    fn moved(&self, seat: SeatId, was_beyond: Option<NodeName>) -> Moved {
        let here = self.media.get(&seat).is_some_and(|media| media.answered);
        let beyond = self.far.peers.get(&seat).map(|(_, at)| at.clone()).filter(|_| !here);
        let peer = self.peer_of(&seat);
        Moved { seat, peer, beyond: if peer.is_some() { beyond } else { was_beyond } }
    }
}
