//! What clients are told about their media and ours: arrivals, what is missing, keyframes wanted, clocks and counts.
//! Whatever is due for one client leaves in one compound packet.

use super::Engine;
use crate::datagram::Arena;
use crate::downlink::Outbox;
use crate::receive::StreamId;
use crate::rtcp::ReportWriter;
use crate::rtp::Ssrc;
use crate::timer::Timer;
use sfu_control::PeerId;
use std::time::Duration;

/// How often a sender is told what arrived: often enough for its estimator, seldom enough for its line.
pub(super) const FEEDBACK_INTERVAL: Duration = Duration::from_millis(100);
/// How often clocks and counts are told. RFC 3550 allows more and browsers do the same.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// How soon they are told of a stream that begins.
pub(super) const FIRST_REPORT_DELAY: Duration = Duration::from_millis(100);
/// The name we report under. It identifies nobody: each session has one sender on our side.
const NAME: &str = "giaoban";

impl Engine {
    /// Tells one client what is due. Gives false when nothing is due for anybody.
    pub(super) fn step_reports(&mut self, arena: &mut Arena) -> bool {
        let by_timer = self.owed_reports.first().map(|(peer, _)| *peer);
        let by_picture = self.owed_keyframes.first().map(|(peer, _)| *peer);
        let Some(peer) = [by_timer, by_picture].into_iter().flatten().min() else { return false };
        let due = |timer| self.owed_reports.remove(&(peer, timer));
        let [feedback, repair, reports] =
            [Timer::Feedback(peer), Timer::Repair(peer), Timer::Reports(peer)].map(due);
        let keyframes = self.take_owed_keyframes(peer);
        let Some(ssrc) = self.members.get(&peer).and_then(|member| member.downlink.report_ssrc()) else {
            return true;
        };
        let start = arena.len();
        let mut writer = ReportWriter::begin(arena.bytes_mut());
        if reports {
            self.write_clocks(peer, ssrc, &mut writer);
        }
        if feedback {
            self.write_feedback(peer, ssrc, &mut writer);
        }
        if repair {
            self.write_missing(peer, ssrc, &mut writer);
        }
        for id in keyframes {
            if let Some(media) = self.streams.get(id).and_then(|stream| stream.ssrc()) {
                writer.keyframe(ssrc, media);
            }
        }
        if !writer.is_empty() {
            let mut out = Outbox { arena, bursts: &mut self.bursts };
            if let Some(member) = self.members.get_mut(&peer) {
                member.downlink.post_report(start, &mut out);
            }
        }
        true
    }

    fn take_owed_keyframes(&mut self, peer: PeerId) -> Vec<StreamId> {
        let mut taken = Vec::new();
        while let Some((_, id)) = self.owed_keyframes.first().copied().filter(|(whose, _)| *whose == peer) {
            self.owed_keyframes.remove(&(peer, id));
            taken.push(id);
        }
        taken
    }

    /// Sender reports of the slots that sent, a receiver report of the streams that came.
    fn write_clocks(&mut self, peer: PeerId, ssrc: Ssrc, writer: &mut ReportWriter<'_>) {
        let ntp = self.clock();
        let Some(index) = self.members.index(&peer) else { return };
        let Some(member) = self.members.at(index) else { return };
        let times: Vec<_> = member
            .slots
            .iter()
            .map(|slot| {
                let stream = slot.stream.current().and_then(|key| self.publishers.stream(key));
                let sender = stream.and_then(|id| self.streams.get(id)?.reception.sender());
                slot.stream.time_at(self.now, sender)
            })
            .collect();
        let Some(member) = self.members.at_mut(index) else { return };
        for (position, stream, counts) in member.downlink.take_active() {
            if let Some(time) = times.get(position).copied().flatten() {
                writer.sender(stream, ntp, time, counts);
            }
        }
        let mut blocks = Vec::new();
        for id in member.uplink.streams() {
            let Some(stream) = self.streams.get_mut(id) else { continue };
            let (Some(media), true) = (stream.ssrc(), stream.is_flowing(self.now)) else { continue };
            blocks.extend(stream.reception.report(self.now).map(|report| (media, report)));
        }
        if !blocks.is_empty() || writer.is_empty() && member.reference.is_some() {
            writer.receiver(ssrc, &blocks);
        }
        if !writer.is_empty() {
            writer.description(ssrc, NAME);
        }
        if let Some((receiver, clock, at)) = member.reference.take() {
            let delay = self.now.saturating_duration_since(at).as_micros() * 65_536 / 1_000_000;
            writer.delay_since(ssrc, receiver, (clock.middle(), u32::try_from(delay).unwrap_or(u32::MAX)));
        }
        self.timers.arm(Timer::Reports(peer), self.now + REPORT_INTERVAL);
    }

    fn write_feedback(&mut self, peer: PeerId, ssrc: Ssrc, writer: &mut ReportWriter<'_>) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        member
            .downlink
            .feedback_mut()
            .take(|base, count, arrivals| writer.transport(ssrc, base, count, arrivals));
    }

    fn write_missing(&mut self, peer: PeerId, ssrc: Ssrc, writer: &mut ReportWriter<'_>) {
        let Some(member) = self.members.get(&peer) else { return };
        let rtt = member.downlink.round_trip();
        let mut next = None;
        for id in member.uplink.streams() {
            let Some(stream) = self.streams.get_mut(id) else { continue };
            self.missing_scratch.clear();
            stream.missing.take_due(self.now, rtt, &mut self.missing_scratch);
            if let (Some(media), false) = (stream.ssrc(), self.missing_scratch.is_empty()) {
                self.counters.nacks_sent += self.missing_scratch.len() as u64;
                writer.nack(ssrc, media, &self.missing_scratch);
            }
            next = [next, stream.missing.next()].into_iter().flatten().min();
        }
        if let Some(next) = next {
            self.timers.arm(Timer::Repair(peer), next);
        }
    }
}
