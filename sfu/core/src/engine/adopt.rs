//! A peer whose handshake is skipped, for fuzz targets: what an engine does with a client that holds its keys cannot be
//! reached through a handshake that nothing but a whole client completes.

use super::Engine;
use crate::peer::Exported;
use crate::rtp::Ssrc;
use crate::send::Path;
use sfu_control::PeerId;

impl Engine {
    /// Takes a peer's handshake for finished on a way, with these keys.
    pub(crate) fn adopt(&mut self, peer: PeerId, path: Path, exported: &Exported) {
        self.demux.learn_address(peer, path.remote);
        self.on_keys(peer, exported);
        if let Some(member) = self.members.get_mut(&peer) {
            member.downlink.suggest(path);
        }
        self.on_connected(peer);
    }

    /// The stream of a peer's slot, by the slot's place.
    pub(crate) fn slot_ssrc(&self, peer: PeerId, place: usize) -> Option<Ssrc> {
        self.members.get(&peer)?.peer.agreement().slots.get(place).map(|line| line.ssrc)
    }
}

#[cfg(test)]
impl Engine {
    /// What was agreed on with a peer.
    pub(crate) fn agreement(&self, peer: PeerId) -> &crate::peer::Agreement {
        self.members.get(&peer).expect("it was answered").peer.agreement()
    }
}
