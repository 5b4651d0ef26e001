//! Every deadline of the engine. A timer is armed at most once: arming it again moves it.

use sfu_control::{PeerId, RoomId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Everything that can become due without input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A peer's transport wants to act: DTLS retransmission, RTCP, NACK, pacing, bandwidth probing.
    Transport(PeerId),
    /// A peer must have been heard of by then, or it is gone.
    Silence(PeerId),
    /// A peer's line is reported and its measured rates roll over.
    Report(PeerId),
    /// A peer's layers are chosen anew, to climb when the line has been good for long enough.
    Reselect(PeerId),
    /// Keyframes of this peer's sources that were asked for and have not come are asked for again.
    Keyframes(PeerId),
    /// A peer's layers are checked for having stopped.
    Activity(PeerId),
    /// Who is loudest in a room is judged again.
    Speakers(RoomId),
    /// Pictures of a room that nobody has needed for a while are paused.
    Demand(RoomId),
}

/// The armed timers, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Instant, Timer)>,
    armed: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Arms a timer, or moves it.
    pub(crate) fn arm(&mut self, timer: Timer, at: Instant) {
        if let Some(before) = self.armed.insert(timer, at) {
            if before == at {
                return;
            }
            self.order.remove(&(before, timer));
        }
        self.order.insert((at, timer));
    }

    /// Arms a timer unless it is already armed.
    pub(crate) fn arm_if_idle(&mut self, timer: Timer, at: Instant) {
        if !self.armed.contains_key(&timer) {
            self.arm(timer, at);
        }
    }

    /// Disarms everything that concerns a peer.
    pub(crate) fn forget_peer(&mut self, peer: PeerId) {
        for timer in [
            Timer::Transport(peer),
            Timer::Silence(peer),
            Timer::Report(peer),
            Timer::Reselect(peer),
            Timer::Keyframes(peer),
            Timer::Activity(peer),
        ] {
            self.disarm(timer);
        }
    }

    /// Disarms everything that concerns a room.
    pub(crate) fn forget_room(&mut self, room: RoomId) {
        self.disarm(Timer::Speakers(room));
        self.disarm(Timer::Demand(room));
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.order.first()?;
        if at > now {
            return None;
        }
        self.order.pop_first();
        self.armed.remove(&timer);
        Some(timer)
    }

    /// When the earliest one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    fn disarm(&mut self, timer: Timer) {
        if let Some(at) = self.armed.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }
}
