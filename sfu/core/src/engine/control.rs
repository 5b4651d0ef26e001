//! The control sides of peers: what they give is carried out here, from the first letter to the farewell.

use super::publishers::Home;
use super::{Engine, Member, Pending, deadlines, reports};
use crate::datagram::Letter;
use crate::peer::{Exported, PeerOutput};
use crate::timer::Timer;
use sfu_control::{DisconnectReason, PeerId, SfuEvent};

/// A transport that gives more outputs than this without a pause is broken; it is left for the next turn.
const OUTPUTS_PER_TURN_MAX: usize = 100_000;

impl Engine {
    /// Lets a peer's control side send what was queued on it.
    pub(super) fn flush(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.peer.handle_timeout(self.now);
            self.drain(peer);
        }
    }

    /// Takes everything a peer's control side gives.
    pub(super) fn drain(&mut self, peer: PeerId) {
        for _ in 0..OUTPUTS_PER_TURN_MAX {
            let Some(member) = self.members.get_mut(&peer) else { return };
            match member.peer.poll_output(self.now) {
                PeerOutput::Timeout(at) => return self.timers.arm(Timer::Transport(peer), at.max(self.now)),
                PeerOutput::Letter(letter) => self.post(peer, letter),
                PeerOutput::Keys(exported) => self.on_keys(peer, &exported),
                PeerOutput::Connected => self.on_connected(peer),
                PeerOutput::Gone { reason, panicked } => {
                    self.counters.peers_panicked += u64::from(panicked);
                    return self.lose_peer(peer, reason);
                }
            }
        }
        self.timers.arm(Timer::Transport(peer), self.now);
    }

    /// A control side answers only addresses that know its password, so its destinations are its addresses.
    pub(super) fn post(&mut self, peer: PeerId, letter: Letter) {
        self.demux.learn_address(peer, letter.destination);
        self.output.push_back(Pending::Letter(letter));
    }

    pub(super) fn on_keys(&mut self, peer: PeerId, exported: &Exported) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let unlocked = member.uplink.unlock(exported) && member.downlink.unlock(exported);
        if !unlocked {
            self.lose_peer(peer, DisconnectReason::Failed);
        }
    }

    pub(super) fn count_members(&mut self) {
        self.counters.links = self.links.len() as u64;
        self.counters.peers = (self.members.len() - self.links.len()) as u64;
    }

    pub(super) fn event(&mut self, event: SfuEvent) {
        self.output.push_back(Pending::Event(event));
    }

    pub(super) fn on_connected(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        if member.is_connected() {
            return;
        }
        member.connected_at = Some(self.now);
        member.heard_at = self.now;
        if member.room.is_none() {
            return self.on_link_up(peer);
        }
        self.unsettled_peers.insert(peer);
        self.timers.arm(Timer::Silence(peer), self.now + deadlines::SILENCE_MAX);
        self.timers.arm(Timer::Line(peer), self.now + deadlines::LINE_INTERVAL);
        self.timers.arm(Timer::Reports(peer), self.now + reports::REPORT_INTERVAL);
        self.expect_keyframes(peer);
        self.event(SfuEvent::Connected { peer });
    }

    /// Ends a peer that went by itself.
    pub(super) fn lose_peer(&mut self, peer: PeerId, reason: DisconnectReason) {
        let link = self.links.get(&peer).map(|link| link.id);
        self.remove_peer(peer);
        self.event(match link {
            Some(link) => SfuEvent::LinkDown { link, reason },
            None => SfuEvent::Disconnected { peer, reason },
        });
    }

    /// Forgets a peer and takes its sources out of everybody's slots.
    pub(super) fn remove_peer(&mut self, peer: PeerId) -> Option<Box<Member>> {
        let index = self.members.index(&peer)?;
        let mut member = self.members.remove(&peer)?;
        self.unroute(index, &mut member);
        match member.room {
            Some(room) => {
                self.discount(room, member.slots.iter().filter_map(|slot| slot.counted));
                self.withdraw(peer, room);
            }
            None => self.forget_link(peer),
        }
        self.forget_publisher(peer);
        self.demux.forget(peer);
        self.timers.forget_peer(peer);
        self.unflushed.retain(|whose| whose != peer);
        self.unsettled_peers.retain(|whose| whose != peer);
        self.replays.retain(|(whose, _)| whose != peer);
        self.count_members();
        Some(member)
    }

    /// Takes what a peer sent, here or at another worker, out of its room and of everybody's slots.
    pub(super) fn forget_publisher(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.remove(peer, &mut self.streams) else { return };
        self.exchange.forget(peer);
        let Some(room) = self.rooms.get_mut(&publisher.room) else { return };
        let was_for_all = match publisher.home {
            Home::Here => room.remove(peer),
            Home::At(_) => room.remove_guest(peer),
        };
        let others: Vec<_> = room.members.iter().chain(&room.links).copied().collect();
        if was_for_all {
            self.unsettled_rooms.insert(publisher.room);
        }
        self.unsaid.insert(publisher.room);
        for other in others {
            self.empty_slots_of(other, peer);
        }
    }
}

#[cfg(test)]
impl Engine {
    /// Lets a peer's transport panic as a defect of the library would.
    pub(crate) fn break_transport(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.peer.panic_inside();
        }
        self.unflushed.insert(peer);
    }
}
