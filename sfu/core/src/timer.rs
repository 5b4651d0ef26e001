//! Every deadline of the engine. A timer is armed at most once: arming it again moves it.

mod wheel;

use sfu_control::{PeerId, RoomId};
use std::time::Instant;
use wheel::Wheel;

/// Everything that can become due without input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timer {
    /// A peer's control side wants to act: checks, DTLS retransmission.
    Transport(PeerId),
    /// A peer is told what of its packets arrived when.
    Feedback(PeerId),
    /// A peer is asked again for what is missing.
    Repair(PeerId),
    /// What waits for a peer's line may go on, or its line is probed.
    Pacer(PeerId),
    /// Sender and receiver reports to a peer.
    Reports(PeerId),
    /// A peer must have been heard of by then, or it is gone.
    Silence(PeerId),
    /// A peer's line is told to signaling and its measured rates roll over.
    Line(PeerId),
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
    /// Those who are shown stills in a room are shown others.
    Stills(RoomId),
    /// The other workers of the node are told again what holds.
    Exchange,
}

/// The armed timers. They become due earliest first, and those due at the same instant in the order of [`Timer`], so
/// that one seed gives one run.
#[derive(Debug, Default)]
pub(crate) struct Timers(Wheel<Timer>);

impl Timers {
    /// Arms a timer, or moves it.
    pub(crate) fn arm(&mut self, timer: Timer, at: Instant) {
        self.0.arm(timer, at);
    }

    /// Arms a timer unless it is already armed.
    pub(crate) fn arm_if_idle(&mut self, timer: Timer, at: Instant) {
        if !self.0.is_armed(&timer) {
            self.0.arm(timer, at);
        }
    }

    /// Arms a timer, or moves it forward; one that is due earlier stays.
    pub(crate) fn arm_by(&mut self, timer: Timer, at: Instant) {
        if self.0.due(&timer).is_none_or(|due| due > at) {
            self.0.arm(timer, at);
        }
    }

    /// Disarms everything that concerns a peer.
    pub(crate) fn forget_peer(&mut self, peer: PeerId) {
        for timer in [
            Timer::Transport(peer),
            Timer::Silence(peer),
            Timer::Feedback(peer),
            Timer::Repair(peer),
            Timer::Pacer(peer),
            Timer::Reports(peer),
            Timer::Line(peer),
            Timer::Reselect(peer),
            Timer::Keyframes(peer),
            Timer::Activity(peer),
        ] {
            self.0.disarm(&timer);
        }
    }

    /// Disarms everything that concerns a room.
    pub(crate) fn forget_room(&mut self, room: RoomId) {
        self.0.disarm(&Timer::Speakers(room));
        self.0.disarm(&Timer::Demand(room));
        self.0.disarm(&Timer::Stills(room));
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        self.0.pop_due(now)
    }

    /// When the earliest one is due. It tidies up behind timers that have moved, hence `&mut`.
    pub(crate) fn next(&mut self) -> Option<Instant> {
        self.0.next()
    }
}
