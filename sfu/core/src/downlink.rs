//! One client's outgoing side: writes a slot's packets for the wire, seals them, paces pictures to what the line
//! carries, and answers requests for what was lost.

mod line;
pub(crate) mod probing;
mod release;
mod write;

use line::Line;
use probing::Probing;

use crate::datagram::Arena;
use crate::estimate::{Estimator, Pacer, SentHistory, TwccRecorder};
use crate::link;
use crate::peer::{Agreement, Exported, ExtensionIds, Format};
use crate::receive::{Packet, StreamId, StreamKey};
use crate::rtcp::{ReportBlock, TransportFeedback};
use crate::rtp::Ssrc;
use crate::send::{Bursts, Path, Place, Sent};
use crate::srtp::SrtpSender;
use crate::units::{Bitrate, NtpTime};
use sfu_control::Slot;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets of one client that wait for the line: what nine megabits bring in the second they may wait, or the keyframes of
/// eight pictures at once. What comes on top is dropped and repaired or superseded.
const WAITING_MAX: usize = 1_024;
/// A way that was silent for this long may be given up for another the client nominates.
const PATH_PATIENCE: Duration = Duration::from_secs(1);
/// What a round trip is taken for until it is measured.
const RTT_UNKNOWN: Duration = Duration::from_millis(100);

/// Where a packet goes, and where it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// The line it goes out on.
    pub(crate) line: usize,
    /// The stream it came on,
    pub(crate) stream: StreamId,
    /// and what that is called.
    pub(crate) key: StreamKey,
}

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
    /// The number reports are sent under where no line lends its own.
    own: Option<Ssrc>,
    /// What may be sent at most, whatever the line carries.
    cap: Option<Bitrate>,
    /// Everything sealed that left since this was asked last.
    wire_bytes: u64,
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
            own: None,
            cap: None,
            wire_bytes: 0,
        }
    }

    /// One to another node, whose reports go under a number of their own.
    pub(crate) fn of_link(now: Instant, own: Ssrc) -> Self {
        let history = SentHistory::of_link();
        Self { extensions: link::EXTENSIONS, own: Some(own), history, ..Self::new(now) }
    }

    /// Adds a line that any stream may take.
    pub(crate) fn add_line(&mut self, ssrc: Ssrc, rtx: Option<Ssrc>, slot: Slot) {
        self.lines.push(Line::of_link(ssrc, rtx, slot));
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
        Way { line, stream, key }: Way,
        (packet, place): (&Packet, Place),
        out: &mut Outbox<'_>,
    ) -> Sending {
        if let Some(line) = self.lines.get_mut(line) {
            line.take(now, key, packet.format);
        }
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

impl Downlink {
    /// Which line a stream of ours is.
    pub(crate) fn line_of(&self, ssrc: Ssrc) -> Option<usize> {
        self.lines.iter().position(|line| line.ssrc == ssrc)
    }

    /// The number reports to this client are sent under.
    pub(crate) fn report_ssrc(&self) -> Option<Ssrc> {
        self.own.or(self.lines.first().map(|line| line.ssrc))
    }

    /// Sets what may be sent at most.
    pub(crate) fn set_cap(&mut self, now: Instant, cap: Option<Bitrate>) {
        self.cap = cap;
        self.set_pace(now);
    }

    /// How many bytes left since this was asked last, seals and headers of RTP and RTCP included.
    pub(crate) fn take_wire_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.wire_bytes)
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
