//! What clients are told about their media and ours: arrivals, what is missing, keyframes wanted, clocks and counts.
//! Whatever is due for one client leaves in one compound packet.

use super::{Engine, Member};
use crate::datagram::Arena;
use crate::downlink::Outbox;
use crate::receive::ReceptionReport;
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

/// Lists that reports are made of, kept over turns so that a report allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Numbers to ask for.
    missing: Vec<u16>,
    /// How streams were received.
    blocks: Vec<(Ssrc, ReceptionReport)>,
    /// What is said on a link.
    pub(super) words: Vec<u8>,
}

impl Engine {
    /// Tells one client what is due. Gives false when nothing is due for anybody.
    pub(super) fn step_reports(&mut self, arena: &mut Arena) -> bool {
        let by_timer = self.owed_reports.first().map(|(peer, _)| peer);
        let by_picture = self.owed_keyframes.first().map(|(peer, _)| peer);
        let Some(peer) = [by_timer, by_picture].into_iter().flatten().min() else { return false };
        let Some(ssrc) = self.members.get(&peer).and_then(|member| member.downlink.report_ssrc()) else {
            self.owed_reports.retain(|(whose, _)| whose != peer);
            self.owed_keyframes.retain(|(whose, _)| whose != peer);
            return true;
        };
        let mut due = |timer| self.owed_reports.pop_first_if(|first| first == (peer, timer)).is_some();
        // In the order of the timers, as they lie there.
        let feedback = due(Timer::Feedback(peer));
        let repair = due(Timer::Repair(peer));
        let reports = due(Timer::Reports(peer));
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
        while let Some((_, id)) = self.owed_keyframes.pop_first_if(|(whose, _)| whose == peer) {
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

    /// Sender reports of the slots that sent, a receiver report of the streams that came.
    fn write_clocks(&mut self, peer: PeerId, ssrc: Ssrc, writer: &mut ReportWriter<'_>) {
        let ntp = self.clock();
        let Some(index) = self.members.index(&peer) else { return };
        let Some(Member { slots, downlink, uplink, reference, .. }) = self.members.at_mut(index) else {
            return;
        };
        for (position, stream, counts) in downlink.take_active() {
            let Some(slot) = slots.get(position) else { continue };
            let shown = slot.stream.current().and_then(|key| self.publishers.stream(key));
            let sender = shown.and_then(|id| self.streams.get(id)?.reception.sender());
            if let Some(time) = slot.stream.time_at(self.now, sender) {
                writer.sender(stream, ntp, time, counts);
            }
        }
        let blocks = &mut self.scratch.blocks;
        blocks.clear();
        for id in uplink.streams() {
            let Some(stream) = self.streams.get_mut(id) else { continue };
            let (Some(media), true) = (stream.ssrc(), stream.is_flowing(self.now)) else { continue };
            blocks.extend(stream.reception.report(self.now).map(|report| (media, report)));
        }
        if !blocks.is_empty() || writer.is_empty() && reference.is_some() {
            writer.receiver(ssrc, blocks);
        }
        if !writer.is_empty() {
            writer.description(ssrc, NAME);
        }
        if let Some((receiver, clock, at)) = reference.take() {
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
            self.scratch.missing.clear();
            stream.missing.take_due(self.now, rtt, &mut self.scratch.missing);
            if let (Some(media), false) = (stream.ssrc(), self.scratch.missing.is_empty()) {
                self.counters.nacks_sent += self.scratch.missing.len() as u64;
                writer.nack(ssrc, media, &self.scratch.missing);
            }
            next = [next, stream.missing.next()].into_iter().flatten().min();
        }
        if let Some(next) = next {
            self.timers.arm(Timer::Repair(peer), next);
        }
    }
}
