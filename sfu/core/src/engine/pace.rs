//! What waits for a client's line: repairs, and pictures that came faster than the line takes them.

use super::{Engine, MemberIndex};
use crate::datagram::Arena;
use crate::downlink::Outbox;
use crate::timer::Timer;

impl Engine {
    /// Lets one client's waiting packets go on. Gives false when nobody's may.
    pub(super) fn step_pacers(&mut self, arena: &mut Arena) -> bool {
        let Some(peer) = self.owed_pacing.pop_first() else { return false };
        let Some(index) = self.members.index(&peer) else { return true };
        let Some(member) = self.members.at_mut(index) else { return true };
        let mut out = Outbox { arena, bursts: &mut self.bursts };
        let released = member.downlink.release(self.now, &self.streams, &mut out);
        member.bytes_down += released.bytes;
        self.counters.media_forwarded += released.sent;
        self.counters.resent += released.again;
        self.counters.dropped_overrun += released.lost;
        if released.overrun && member.rest.on_overrun(self.now, member.granted_rate) {
            self.unsettled_peers.insert(peer);
        }
        self.arm_pacer(index);
        true
    }

    /// Wakes the engine when something that waits may go on.
    pub(super) fn arm_pacer(&mut self, index: MemberIndex) {
        let Some(member) = self.members.at(index) else { return };
        if let Some(at) = member.downlink.next_release(self.now) {
            self.timers.arm(Timer::Pacer(member.id), at);
        }
    }
}
