//! One client's outgoing side: writes a slot's packets for the wire, seals them, paces pictures to what the line
//! carries, and answers requests for what was lost.

mod line;
pub(crate) mod probing;
mod write;

use line::Line;
use probing::Probing;

use crate::datagram::Arena;
use crate::estimate::{Estimator, Pacer, SentHistory, TwccRecorder};
use crate::peer::{Agreement, Exported, ExtensionIds, Format};
use crate::receive::{Packet, StreamId, Streams};
use crate::rtcp::{ReportBlock, TransportFeedback};
use crate::rtp::Ssrc;
use crate::send::{Bursts, Path, Place, Sent};
use crate::srtp::SrtpSender;
use crate::units::{Bitrate, NtpTime};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets of one client that wait for the line: what nine megabits a second bring in [`WAIT_MAX`], or the keyframes of
/// eight pictures at once. What comes on top is dropped and repaired or superseded.
const WAITING_MAX: usize = 1_024;
/// How long a picture's packet waits. A line that needs longer does not carry the picture: what waits is dropped, and the
/// client asks for a keyframe.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// When packets wait for this long although the line takes them as fast as ever, more was granted than it was taken to carry:
/// less must be, before anything is dropped. The largest keyframe is gone before.
const OVERRUN_AFTER: Duration = Duration::from_millis(600);

const _: () =
    assert!(OVERRUN_AFTER.as_millis() < WAIT_MAX.as_millis(), "less is granted before packets are dropped");
/// A way that was silent for this long may be given up for another the client nominates.
const PATH_PATIENCE: Duration = Duration::from_secs(1);
/// Requests for lost packets that wait to be answered; one client loses no more within a turn and lives.
const ASKED_MAX: usize = 256;
/// What a round trip is taken for until it is measured.
const RTT_UNKNOWN: Duration = Duration::from_millis(100);

/// Where packets are written.
pub(crate) struct Outbox<'a> {
    /// Their bytes.
    pub(crate) arena: &'a mut Arena,
    /// Where they go.
    pub(crate) bursts: &'a mut Bursts,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// It is in the outbox.
    Sent,
    /// It waits for the line.
    Paced,
    /// Too much waits already, or there is no way to the client.
    Refused,
}

/// A packet that waits for the line.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    line: usize,
    sent: Sent,
    since: Instant,
}

/// The outgoing side.
#[derive(Debug)]
pub(crate) struct Downlink {
    keys: Option<SrtpSender>,
    path: Option<Path>,
    heard_on_path: Instant,
    extensions: ExtensionIds,
    lines: Vec<Line>,
    history: SentHistory,
    estimator: Estimator,
    pacer: Pacer,
    waiting: VecDeque<Waiting>,
    probing: Option<Probing>,
    asked: VecDeque<(usize, u16)>,
    feedback: TwccRecorder,
    /// The reference time of the client's last message, roll-overs counted.
    feedback_reference: Option<i64>,
    rtt: Option<Duration>,
    loss_permille: u16,
}

impl Downlink {
    /// One that has neither keys nor lines yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            keys: None,
            path: None,
            heard_on_path: now,
            extensions: ExtensionIds::default(),
            lines: Vec::new(),
            history: SentHistory::default(),
            estimator: Estimator::new(now),
            pacer: Pacer::new(now),
            waiting: VecDeque::new(),
            probing: None,
            asked: VecDeque::new(),
            feedback: TwccRecorder::default(),
            feedback_reference: None,
            rtt: None,
            loss_permille: 0,
        }
    }

    /// Takes over what was agreed on; lines that are known keep their numbers.
    pub(crate) fn agree(&mut self, agreement: &Agreement) {
        self.extensions = agreement.extensions;
        for (position, slot) in agreement.slots.iter().enumerate() {
            match self.lines.get_mut(position) {
                Some(line) => line.agree(slot),
                None => self.lines.push(Line::new(slot)),
            }
        }
    }

    /// Takes the keys of a finished handshake. Gives false when they are not of a kind we speak.
    pub(crate) fn unlock(&mut self, exported: &Exported) -> bool {
        self.keys = SrtpSender::from_exported(exported);
        self.keys.is_some()
    }

    /// The handshake came this way, and nothing better is known.
    pub(crate) fn suggest(&mut self, path: Path) {
        self.path.get_or_insert(path);
    }

    /// The client wants this way used. It is, when the one in use has been silent; else its media will show.
    pub(crate) fn nominate(&mut self, now: Instant, path: Path) {
        if now.saturating_duration_since(self.heard_on_path) > PATH_PATIENCE {
            self.follow(now, path);
        }
    }

    /// Something the client sealed came this way, so this is the way it uses.
    pub(crate) fn follow(&mut self, now: Instant, path: Path) {
        self.path = Some(path);
        self.heard_on_path = now;
    }

    /// Whether a slot's line negotiated a format.
    pub(crate) fn takes(&self, line: usize, format: Format) -> bool {
        self.lines.get(line).is_some_and(|line| line.offered(format).is_some())
    }

    /// Makes a format the one the next packet of a slot goes out in. Gives false when it was not negotiated.
    pub(crate) fn chooses(&mut self, line: usize, format: Format) -> bool {
        let Some(line) = self.lines.get_mut(line) else { return false };
        if line.chosen.is_none_or(|chosen| chosen.format != format) {
            line.chosen = line.offered(format);
        }
        line.chosen.is_some()
    }

    /// Sends a packet of a slot, or puts it behind those that wait. Voices never wait.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        (line, stream): (usize, StreamId),
        (packet, place): (&Packet, Place),
        out: &mut Outbox<'_>,
    ) -> Sending {
        let sent = Sent {
            stream,
            epoch: packet.epoch,
            input: packet.seq,
            seq: place.seq,
            time: place.time,
            patch: place.patch,
        };
        if !packet.format.codec.is_audio() {
            let waits = !self.waiting.is_empty() || !self.pacer.may_send(now);
            if waits && self.waiting.len() >= WAITING_MAX {
                return Sending::Refused;
            }
            if waits {
                if packet.descriptor.starts_keyframe {
                    // What waits of the picture before is superseded, and would only keep this one back.
                    self.waiting.retain(|waiting| waiting.line != line || waiting.sent.stream == stream);
                }
                self.waiting.push_back(Waiting { line, sent, since: now });
                return Sending::Paced;
            }
        }
        if self.write(now, line, (packet, &sent), out) { Sending::Sent } else { Sending::Refused }
    }
}

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
    fn set_pace(&mut self, now: Instant) {
        let probing = self.probing.map(|probing| probing.probe.rate);
        self.pacer.set_rate(
            self.estimator.pacing_rate(now).map(|rate| probing.map_or(rate, |probe| rate.max(probe))),
        );
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

impl Downlink {
    /// Which line a stream of ours is.
    pub(crate) fn line_of(&self, ssrc: Ssrc) -> Option<usize> {
        self.lines.iter().position(|line| line.ssrc == ssrc)
    }

    /// The number reports to this client are sent under.
    pub(crate) fn report_ssrc(&self) -> Option<Ssrc> {
        self.lines.first().map(|line| line.ssrc)
    }

    /// The client reports how it receives a stream of ours; `clock` is what our own clock shows.
    pub(crate) fn on_report(&mut self, clock: NtpTime, block: &ReportBlock) {
        let Some(line) = self.lines.iter_mut().find(|line| line.ssrc == block.ssrc) else { return };
        line.known = true;
        self.loss_permille = u16::from(block.fraction_lost) * 125 / 32;
        if block.last_sender_report != 0 {
            let since = clock.middle().wrapping_sub(block.last_sender_report).wrapping_sub(block.delay);
            // A negative round trip is a client whose clock jumped.
            if since < 1 << 31 {
                let rtt = Duration::from_micros(u64::from(since) * 1_000_000 / 65_536);
                self.rtt = Some(rtt);
                self.estimator.on_round_trip(rtt);
            }
        }
    }

    /// What arrived of what we sent. Gives the estimate when it changed.
    pub(crate) fn on_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) -> Option<Bitrate> {
        let feedback = feedback.clone().nearest(self.feedback_reference);
        self.feedback_reference = Some(feedback.reference());
        let before = self.estimator.estimate();
        self.estimator.on_feedback(now, &mut self.history, feedback.arrivals());
        let estimate = self.estimator.estimate();
        self.set_pace(now);
        estimate.filter(|_| estimate != before)
    }

    /// Tells the estimator how much there is to find.
    pub(crate) fn set_desired_bitrate(&mut self, desired: Bitrate) {
        self.estimator.set_desired(desired);
    }

    /// What arrives from the client, for feedback about it.
    pub(crate) fn feedback_mut(&mut self) -> &mut TwccRecorder {
        &mut self.feedback
    }

    /// The round trip to reckon repairs by.
    pub(crate) fn round_trip(&self) -> Duration {
        self.rtt.unwrap_or(RTT_UNKNOWN)
    }

    /// The round trip, once measured.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// What the client reported lost last, in thousandths.
    pub(crate) fn loss_permille(&self) -> u16 {
        self.loss_permille
    }

    /// The counts of lines that sent since this was asked last: position, stream, packets and octets.
    pub(crate) fn take_active(&mut self) -> impl Iterator<Item = (usize, Ssrc, (u32, u32))> {
        self.lines.iter_mut().enumerate().filter_map(|(position, line)| {
            std::mem::take(&mut line.active).then_some((position, line.ssrc, (line.packets, line.octets)))
        })
    }
}
