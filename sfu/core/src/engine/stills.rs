//! Stills: who hears only, because the line bears no more, is shown a picture of the programme and of the slides now and
//! then, so that a hall does not look at an empty screen. A still is a keyframe that goes on alone; what follows it is left
//! out. All of a room get theirs at the same time, so that its sender makes one keyframe for all of them.

use super::Engine;
use crate::timer::Timer;
use sfu_control::{PeerId, ReceiveProfile, RoomId};
use std::time::Duration;

/// From one still to the next: a keyframe of ten kilobytes every ten seconds is a fifth of a voice.
const STILL_INTERVAL: Duration = Duration::from_secs(10);

impl Engine {
    /// Lets a slot show stills or moving pictures, as its subscriber's profile says.
    pub(super) fn settle_motion(&mut self, peer: PeerId, position: usize) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let (Some(room), profile) = (member.room, member.view.profile) else { return };
        let Some(slot) = member.slots.get_mut(position) else { return };
        if profile == ReceiveProfile::AudioStills {
            slot.stream.begin_stills();
            self.timers.arm_if_idle(Timer::Stills(room), self.now + STILL_INTERVAL);
        } else if slot.stream.end_stills() {
            self.expect_keyframe(peer, position);
        }
    }

    /// Lets everybody who is shown stills wait for the next one.
    pub(super) fn show_stills(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let mut awaited = Vec::new();
        let mut anybody = false;
        for peer in &room.members {
            let Some(member) = self.members.get_mut(peer) else { continue };
            for (position, slot) in member.slots.iter_mut().enumerate() {
                let shows = slot.stream.shows_stills();
                anybody |= shows;
                if shows && slot.stream.expect_still() {
                    awaited.push((*peer, position));
                }
            }
        }
        for (peer, position) in awaited {
            self.expect_keyframe(peer, position);
        }
        if anybody {
            self.timers.arm(Timer::Stills(id), self.now + STILL_INTERVAL);
        }
    }
}
