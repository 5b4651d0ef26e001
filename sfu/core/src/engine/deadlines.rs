//! What becomes due without input.

use super::Engine;
use crate::link;
use crate::receive::{LAYER_STOPPED_AFTER, StreamId};
use crate::select::{SPEAKERS_TICK, nominal};
use crate::timer::Timer;
use crate::units::Bitrate;
use sfu_control::{DisconnectReason, LineReport, PeerId, RoomId, SfuEvent};
use std::time::Duration;

/// How often a line is told to signaling.
pub(super) const LINE_INTERVAL: Duration = Duration::from_secs(2);
/// ICE and DTLS take seconds on the worst satellite line; a client that needs longer has lost its way.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(30);
/// A client checks its path every 5 s at most (RFC 7675); after four missed checks it is gone.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(20);
/// How often a peer with less than it wants tries to climb.
pub(super) const RESELECT_INTERVAL: Duration = Duration::from_secs(1);
/// How often a publisher's layers are looked at: a layer that stopped is noticed within two of these.
const ACTIVITY_INTERVAL: Duration = Duration::from_millis(500);
/// How soon after a picture grew those who are shown it are granted anew.
const GROWN_INTERVAL: Duration = Duration::from_millis(50);

const _: () = assert!(ACTIVITY_INTERVAL.as_millis() * 2 < LAYER_STOPPED_AFTER.as_millis(), "seen in time");

impl Engine {
    pub(super) fn on_deadlines(&mut self) {
        while let Some(timer) = self.timers.pop_due(self.now) {
            match timer {
                Timer::Transport(peer) => self.flush(peer),
                Timer::Silence(peer) => self.on_silence(peer),
                Timer::Feedback(peer) | Timer::Repair(peer) | Timer::Reports(peer) => {
                    self.owed_reports.insert((peer, timer));
                }
                Timer::Pacer(peer) => {
                    self.owed_pacing.insert(peer);
                }
                Timer::Line(peer) => self.tell_line(peer),
                Timer::Reselect(peer) => {
                    self.unsettled_peers.insert(peer);
                }
                Timer::Keyframes(peer) => self.repeat_keyframe_requests(peer),
                Timer::Activity(peer) => self.on_activity(peer),
                Timer::Speakers(room) => self.judge_speakers(room),
                Timer::Stills(room) => self.show_stills(room),
                Timer::Exchange => self.refresh_exchange(),
                Timer::Demand(room) => self.release_demands(room),
            }
        }
    }

    fn on_silence(&mut self, peer: PeerId) {
        let Some(member) = self.members.get(&peer) else { return };
        let silence = if member.room.is_some() { SILENCE_MAX } else { link::SILENCE_MAX };
        let patience = if member.is_connected() { silence } else { HANDSHAKE_MAX };
        let deadline = member.heard_at + patience;
        // A client that talks but never finishes its handshake must not hold a place for ever either.
        if !member.is_connected() || deadline <= self.now {
            let reason =
                if member.is_connected() { DisconnectReason::Timeout } else { DisconnectReason::Failed };
            return self.lose_peer(peer, reason);
        }
        self.timers.arm(Timer::Silence(peer), deadline);
    }

    fn tell_line(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        if member.room.is_none() {
            return self.tell_link_line(peer);
        }
        let rtt = member.downlink.rtt().map_or(0, |rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX));
        let up_loss_permille = std::mem::take(&mut member.losses).permille();
        let report = LineReport {
            up_kbps: Bitrate::over(std::mem::take(&mut member.bytes_up), LINE_INTERVAL).as_kbps(),
            down_kbps: Bitrate::over(std::mem::take(&mut member.bytes_down), LINE_INTERVAL).as_kbps(),
            down_estimate_kbps: member.estimate.unwrap_or_default().as_kbps(),
            rtt_ms: rtt,
            up_loss_permille,
            down_loss_permille: member.downlink.loss_permille(),
        };
        self.timers.arm(Timer::Line(peer), self.now + LINE_INTERVAL);
        self.event(SfuEvent::Line { peer, report });
    }

    /// Notices layers that stopped, and ones that became larger than they were taken for when they were granted.
    fn on_activity(&mut self, peer: PeerId) {
        let Some(publisher) = self.publishers.get(peer) else { return };
        let mut flowing = false;
        let mut grown = Vec::new();
        for receiver in publisher.receivers.iter().filter(|receiver| !receiver.kind().is_audio()) {
            for id in receiver.layers() {
                let Some(stream) = self.streams.get_mut(id) else { continue };
                if stream.take_stopped(self.now) {
                    stream.history.clear();
                    self.unsettled_sources.insert(stream.key.source);
                }
                flowing |= stream.is_flowing(self.now);
                if stream.take_grown(nominal(receiver.as_large_as(stream.key.layer))) {
                    grown.push(id);
                }
            }
        }
        if flowing {
            self.timers.arm(Timer::Activity(peer), self.now + ACTIVITY_INTERVAL);
        }
        for id in grown {
            self.judge_shown(id);
        }
    }

    /// Who is shown a stream is granted anew, in a moment: many streams of a room become known together.
    fn judge_shown(&mut self, id: StreamId) {
        let shown = self.streams.get(id).map(|stream| stream.fanout.as_slice()).unwrap_or_default();
        for member in shown.iter().filter_map(|address| self.members.at(address.member)) {
            self.timers.arm_if_idle(Timer::Reselect(member.id), self.now + GROWN_INTERVAL);
        }
    }

    fn judge_speakers(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let changed = room.speakers.on_tick(self.now);
        let speaking = room.speakers.poll_speaking(self.now);
        if room.speakers.is_lively(self.now) {
            self.timers.arm(Timer::Speakers(id), self.now + SPEAKERS_TICK);
        }
        if changed {
            self.settle_voices(id);
        }
        if let Some(peers) = speaking.filter(|_| self.exchange.speaks_for(id)) {
            self.event(SfuEvent::Speaking { room: id, peers });
        }
    }
}
