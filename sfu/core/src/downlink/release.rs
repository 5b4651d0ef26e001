//! What waits for the line and goes on when it may: first what was lost, then pictures, and padding that finds out whether
//! the line carries more.

use super::line::Line;
use super::probing::{self, Probing};
use super::{Downlink, Outbox, WAITING_MAX};
use crate::receive::{Packet, Streams};
use crate::send::Sent;
use std::time::{Duration, Instant};

/// How long a picture's packet waits. A line that needs longer does not carry the picture: what waits is dropped, and the
/// client asks for a keyframe.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// When packets wait for this long although the line takes them as fast as ever, more was granted than it was taken to carry:
/// less must be, before anything is dropped. The largest keyframe is gone before.
const OVERRUN_AFTER: Duration = Duration::from_millis(600);
/// Requests for lost packets that wait to be answered; one client loses no more within a turn and lives.
const ASKED_MAX: usize = 256;

const _: () =
    assert!(OVERRUN_AFTER.as_millis() < WAIT_MAX.as_millis(), "less is granted before packets are dropped");

/// What was sent again or went on after it had waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Released {
    /// Media packets that had waited.
    pub(crate) sent: u64,
    /// Their payload bytes.
    pub(crate) bytes: u64,
    /// Packets sent again.
    pub(crate) again: u64,
    /// Packets that waited for too long, or whose payload was overwritten meanwhile.
    pub(crate) lost: u64,
    /// Whether more comes than can leave, and not because the line became narrow.
    pub(crate) overrun: bool,
}

impl Downlink {
    /// A client asks for a packet again.
    pub(crate) fn ask(&mut self, line: usize, number: u16) {
        if self.asked.len() < ASKED_MAX {
            self.asked.push_back((line, number));
        }
    }

    /// Sends what the line takes now: first what was lost, then what waits.
    pub(crate) fn release(&mut self, now: Instant, streams: &Streams, out: &mut Outbox<'_>) -> Released {
        let mut released = Released::default();
        let rtt = self.round_trip();
        while self.pacer.may_send(now)
            && let Some((line, number)) = self.asked.pop_front()
        {
            let found = self.lines.get_mut(line).and_then(|line| line.sent.asked(now, number, rtt));
            if let Some((sent, packet)) = found.and_then(|sent| Some((sent, kept(streams, &sent)?))) {
                released.again += u64::from(self.write_again(now, line, (packet, &sent), out));
            }
        }
        if self.waiting.front().is_some_and(|waiting| now.saturating_duration_since(waiting.since) > WAIT_MAX)
        {
            released.lost += self.waiting.len() as u64;
            self.waiting.clear();
        }
        while self.pacer.may_send(now)
            && let Some(waiting) = self.waiting.pop_front()
        {
            let Some(packet) = kept(streams, &waiting.sent) else {
                released.lost += 1;
                continue;
            };
            if self.chooses(waiting.line, packet.format)
                && self.write(now, waiting.line, (packet, &waiting.sent), out)
            {
                released.sent += 1;
                released.bytes += packet.payload.len() as u64;
            }
        }
        let waits = self.waiting.front().map(|waiting| now.saturating_duration_since(waiting.since));
        let much = self.waiting.len() >= WAITING_MAX || waits.is_some_and(|waits| waits > OVERRUN_AFTER);
        released.overrun = much && self.estimator.paces_freely(now);
        if self.waiting.is_empty() {
            self.probe(now, streams, out);
        }
        released
    }

    /// A slot shows nothing from now on: what waits of it keeps others waiting. Gives how many packets that were.
    pub(crate) fn forget_waiting(&mut self, line: usize) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.line != line);
        if let Some(binding) = self.lines.get_mut(line).and_then(|line| line.binding.as_mut()) {
            binding.free();
        }
        (before - self.waiting.len()) as u64
    }

    /// Measures the line by sending again what was sent last, at the rate that is asked about: to the client it is repair
    /// it does not need.
    fn probe(&mut self, now: Instant, streams: &Streams, out: &mut Outbox<'_>) {
        if self.probing.is_none() {
            self.probing = self.estimator.poll_probe(now).map(|probe| Probing::new(probe, now));
            self.set_pace(now);
        }
        if self.probing.is_none() {
            return;
        }
        let latest = |(position, line): (usize, &Line)| Some((position, line.rtx.and(line.sent.latest())?));
        let found = self.lines.iter().enumerate().filter_map(latest).next();
        let found = found.and_then(|(line, sent)| Some((line, sent, kept(streams, &sent)?)));
        while let Some(probing) = self.probing.filter(|probing| probing.due() <= now) {
            let over = probing.is_over() || self.estimator.calls_off_probe();
            let padded = !over
                && found
                    .is_some_and(|(line, sent, packet)| self.write_again(now, line, (packet, &sent), out));
            if !padded {
                self.probing = None;
                self.set_pace(now);
                self.estimator.on_probe_left(
                    now,
                    probing.bytes,
                    now.saturating_duration_since(probing.began),
                );
            }
        }
    }

    /// Lets packets leave as fast as the line takes them. What is sent anyway is part of a probe and must not wait for its
    /// padding, or no probe would be faster than packets are paced.
    pub(super) fn set_pace(&mut self, now: Instant) {
        let probing = self.probing.map(|probing| probing.probe.rate);
        let rate = self.estimator.pacing_rate(now).map(|rate| probing.map_or(rate, |probe| rate.max(probe)));
        self.pacer.set_rate([rate, self.cap].into_iter().flatten().min());
    }

    /// When something may go on, or the line is to be probed; none when neither is.
    pub(crate) fn next_release(&self, now: Instant) -> Option<Instant> {
        let waits = !self.waiting.is_empty() || !self.asked.is_empty();
        let release = waits.then(|| self.pacer.next_at(now));
        // Nothing is probed past what waits, and asking for it would wake us at once again and again.
        let probe = match &self.probing {
            _ if !self.waiting.is_empty() => None,
            Some(probing) => Some(probing.due().max(now + probing::TICK)),
            None => self.estimator.next_probe(now),
        };
        [release, probe].into_iter().flatten().min()
    }
}

/// The packet a slot sent, if its stream still has it.
fn kept<'a>(streams: &'a Streams, sent: &Sent) -> Option<&'a Packet> {
    streams.get(sent.stream)?.history.get(sent.epoch, sent.input)
}
