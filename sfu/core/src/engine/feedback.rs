//! What clients report of what they got: losses, round trips, arrivals, pictures that broke.

use super::Engine;
use crate::crossing::Word;
use crate::datagram::Datagram;
use crate::link::words;
use crate::receive::SenderClock;
use crate::rtcp::{Compound, Report, ReportBlock};
use crate::rtp::Ssrc;
use crate::send::Path;
use crate::units::NtpTime;
use sfu_control::PeerId;

/// Lost packets one compound packet may ask for; a client that misses more needs a keyframe, and will say so.
const NACKS_PER_REPORT_MAX: usize = 128;
/// Sent packets one compound packet may speak of. Twenty bytes can name 65,535, and each costs a step; of those that were
/// sent 1,024 are remembered, and a client speaks of a hundred at a time.
const NUMBERS_PER_REPORT_MAX: usize = 4_096;

impl Engine {
    pub(super) fn on_rtcp(&mut self, peer: PeerId, datagram: Datagram<'_>) {
        let Datagram { source, destination, contents } = datagram;
        let Some(member) = self.members.get_mut(&peer) else { return };
        let plain = match member.uplink.open_reports(contents) {
            Ok(plain) => plain,
            Err(error) => return self.count_refused(error),
        };
        member.heard_at = self.now;
        if member.room.is_none() {
            member.bytes_up += plain.len() as u64;
        }
        member.downlink.follow(self.now, Path { local: destination, remote: source });
        let mut numbers = 0;
        for report in Compound::new(plain) {
            if let Ok(Report::Transport(feedback)) = &report {
                numbers += feedback.count();
            }
            match report {
                Ok(Report::Transport(_)) if numbers > NUMBERS_PER_REPORT_MAX => {
                    self.counters.dropped_malformed += 1;
                }
                Ok(report) => self.on_report(peer, &report),
                Err(_) => self.counters.dropped_malformed += 1,
            }
        }
    }

    fn on_report(&mut self, peer: PeerId, report: &Report<'_>) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        match report {
            Report::Sender { ssrc, ntp, rtp } => {
                let stream = member.uplink.stream(*ssrc).and_then(|id| self.streams.get_mut(id));
                if let Some(stream) = stream {
                    let clock = SenderClock { ntp: *ntp, rtp: *rtp, at: self.now };
                    stream.reception.on_sender_report(clock);
                    self.exchange.say(stream.takers, Word::Clock { key: stream.key, clock });
                }
            }
            Report::Received(block) => self.on_block(peer, block),
            Report::Nack { media, lost } => {
                let Some(line) = member.downlink.line_of(*media) else { return };
                for number in lost.clone().take(NACKS_PER_REPORT_MAX) {
                    self.counters.nacks_received += 1;
                    member.downlink.ask(line, number);
                }
                self.owed_pacing.insert(peer);
            }
            Report::KeyframeWanted { media } => {
                if let Some(slot) = member.downlink.line_of(*media) {
                    self.on_keyframe_wanted(peer, slot);
                }
            }
            Report::Transport(feedback) => {
                if let Some(estimate) = member.downlink.on_feedback(self.now, feedback) {
                    self.on_estimate(peer, estimate);
                }
                if let Some(index) = self.members.index(&peer) {
                    self.arm_pacer(index);
                }
            }
            Report::ReferenceTime { ssrc, ntp } => member.reference = Some((*ssrc, *ntp, self.now)),
            Report::Goodbye { ssrc } => self.on_goodbye(peer, *ssrc),
            Report::Application { name, data } if *name == words::NAME => self.on_words(peer, data),
            Report::Application { .. } => {}
        }
    }

    fn on_block(&mut self, peer: PeerId, block: &ReportBlock) {
        let clock = self.clock();
        if let Some(member) = self.members.get_mut(&peer) {
            member.downlink.on_report(clock, block);
        }
    }

    /// A stream ended: nothing of it is missing any more.
    fn on_goodbye(&mut self, peer: PeerId, ssrc: Ssrc) {
        let id = self.members.get(&peer).and_then(|member| member.uplink.stream(ssrc));
        if let Some(stream) = id.and_then(|id| self.streams.get_mut(id)) {
            stream.missing.clear();
        }
    }

    /// What our own clock shows in reports.
    pub(super) fn clock(&self) -> NtpTime {
        NtpTime::after(self.now.saturating_duration_since(self.started))
    }
}
