//! One incoming stream: a source's layer as its publisher sends it. Records what came, notices what is missing,
//! keeps what may be wanted again, and knows since when a keyframe is owed.

mod choice;
pub(crate) mod descriptor;
mod history;
mod incoming;
mod keyframe;
mod missing;
mod rate;
mod reception;
mod source;
mod spatial;
mod streams;

pub(crate) use choice::{Choice, Frames, Offered, OperatingPoint};
pub(crate) use history::{History, Packet};
pub(crate) use incoming::{CaptureTime, Incoming, Passed};
pub(crate) use keyframe::KeyframeOwed;
pub(crate) use missing::Missing;
pub(crate) use rate::RateMeter;
pub(crate) use reception::{Reception, ReceptionReport, SenderClock};
pub(crate) use source::{LAYERS, Receiver, index_of};
use spatial::SpatialLayers;
pub(crate) use streams::{StreamId, Streams};

use crate::peer::Format;
use crate::route::SlotAddress;
use crate::rtp::Ssrc;
use crate::units::{Bitrate, ClockRate, SeqNo};
use crate::workers::Workers;
use descriptor::{Dependency, Descriptor, Spatial, Structure, frame_number};
use sfu_control::{Layer, Source};
use std::time::{Duration, Instant};

/// A layer that sent nothing for this long has stopped: subscribers fall back to one that flows. Two frames of
/// the slowest screen share fit in.
pub(crate) const LAYER_STOPPED_AFTER: Duration = Duration::from_millis(1_500);

/// A stream that became larger than this much of what it was is another burden. Rates of encoders wobble by less.
const GROWN_PERCENT: u64 = 125;

/// Names one incoming stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    /// Whose and what.
    pub(crate) source: Source,
    /// Which encoding; always the lowest for what is sent in one encoding.
    pub(crate) layer: Layer,
}

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Behind all before it, with this many missing in between.
    After { missing: u64 },
    /// It was missing.
    Late,
    /// It was there already.
    Twice,
}

/// What receiving a packet amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// It is kept and goes on. `resumed` tells that the layer was not flowing before.
    Media { epoch: u16, resumed: bool, order: Order },
    /// It is kept as padding: it has a number but no media.
    Padding { epoch: u16 },
    /// It came before.
    Twice,
    /// Its payload could not be read.
    Malformed,
}

/// One encoding of a source.
#[derive(Debug)]
pub(crate) struct LayerStream {
    /// Which one it is.
    pub(crate) key: StreamKey,
    /// The slots it goes to, compiled by `route`, in the order of members.
    pub(crate) fanout: Vec<SlotAddress>,
    /// The other workers it crosses to.
    pub(crate) takers: Workers,
    /// What its own worker says of it, if it comes from another.
    pub(crate) offered: Option<Offered>,
    /// How many packets in a row were left out on purpose, up to now.
    pub(crate) left_out: u16,
    /// Whether a keyframe is owed.
    pub(crate) keyframe: KeyframeOwed,
    /// What it amounts to.
    pub(crate) rate: RateMeter,
    /// What its sender uses, once it was heard.
    pub(crate) format: Option<Format>,
    /// What came lately.
    pub(crate) history: History,
    /// What did not come.
    pub(crate) missing: Missing,
    /// What reports say of it.
    pub(crate) reception: Reception,
    /// What it amounts to without its highest temporal layer, and which that is.
    half: RateMeter,
    highest_temporal: u8,
    /// Its spatial layers, once it was seen to have several.
    spatial: Option<Box<SpatialLayers>>,
    /// How to read AV1's dependency descriptors, as its last keyframe told.
    structure: Option<Structure>,
    ssrc: Option<Ssrc>,
    epoch: u16,
    highest: Option<SeqNo>,
    last_packet: Option<Instant>,
    /// Whether a packet since it last stopped has had its turn. What came together with others is known before it has,
    /// and must not count among those before it.
    noticed: bool,
    /// What it amounted to when its growth was last noticed.
    noticed_rate: Bitrate,
}

impl LayerStream {
    /// A stream nothing has come of.
    pub(crate) fn new(key: StreamKey) -> Self {
        let clock = if key.source.kind.is_audio() { ClockRate::OPUS } else { ClockRate::VIDEO };
        Self {
            key,
            fanout: Vec::new(),
            takers: Workers::default(),
            offered: None,
            left_out: 0,
            keyframe: KeyframeOwed::default(),
            rate: RateMeter::default(),
            format: None,
            history: History::default(),
            missing: Missing::default(),
            reception: Reception::new(clock),
            half: RateMeter::default(),
            highest_temporal: 0,
            spatial: None,
            structure: None,
            ssrc: None,
            epoch: 0,
            highest: None,
            last_packet: None,
            noticed: false,
            noticed_rate: Bitrate::ZERO,
        }
    }

    /// The stream it comes on now.
    pub(crate) fn ssrc(&self) -> Option<Ssrc> {
        self.ssrc
    }

    /// The epoch it is in.
    pub(crate) fn epoch(&self) -> u16 {
        self.epoch
    }

    /// The full number of a packet sent again, of which the wire has sixteen bits.
    pub(crate) fn restored(&self, wire: u16) -> Option<SeqNo> {
        self.highest.map(|highest| highest.nearest(wire))
    }

    /// Whether packets have come lately.
    pub(crate) fn is_flowing(&self, now: Instant) -> bool {
        self.last_packet.is_some_and(|at| now.saturating_duration_since(at) < LAYER_STOPPED_AFTER)
    }

    /// Whether packets come, or would if they were wanted: what comes from another worker comes on demand.
    pub(crate) fn is_live(&self, now: Instant) -> bool {
        self.offered.map_or_else(|| self.noticed && self.is_flowing(now), |offered| offered.flowing)
    }

    /// Whether others are told that packets come, or would if they were wanted.
    pub(crate) fn is_offered(&self, now: Instant) -> bool {
        self.offered.map_or_else(|| self.is_flowing(now), |offered| offered.flowing)
    }

    /// A packet of it has its turn.
    pub(crate) fn notice(&mut self) {
        self.noticed = true;
    }

    /// Whether it stopped since this was asked last.
    pub(crate) fn take_stopped(&mut self, now: Instant) -> bool {
        let stopped = self.noticed && !self.is_flowing(now);
        self.noticed &= !stopped;
        stopped
    }

    /// Whether it grew since this was asked last: beyond what it was first taken for, or what it was seen to be since.
    pub(crate) fn take_grown(&mut self, nominal: Bitrate) -> bool {
        let rate = self.bitrate();
        let grown = rate > self.noticed_rate.max(nominal).percent(GROWN_PERCENT);
        if grown || rate.percent(GROWN_PERCENT) < self.noticed_rate {
            self.noticed_rate = rate;
        }
        grown
    }

    /// Its measured rate.
    pub(crate) fn bitrate(&self) -> Bitrate {
        self.offered.map_or_else(|| self.rate.bitrate(), |offered| offered.rate)
    }

    /// Its measured rate without its highest temporal layer; zero while unknown, and when it has but one.
    pub(crate) fn half_bitrate(&self) -> Bitrate {
        let measured = if self.highest_temporal > 0 { self.half.bitrate() } else { Bitrate::ZERO };
        self.offered.map_or(measured, |offered| offered.half)
    }

    /// Whether some of its frames may be left out.
    pub(crate) fn has_temporal_layers(&self) -> bool {
        self.highest_temporal > 0 || self.offered.is_some_and(|offered| offered.half > Bitrate::ZERO)
    }

    /// What may be had of it, smallest first: itself, or so many of its spatial layers.
    pub(crate) fn choices(&self, now: Instant) -> impl Iterator<Item = Choice> {
        let live = self.is_live(now);
        let (rate, half) = (self.bitrate(), self.half_bitrate());
        let whole = Choice { layer: self.key.layer, flowing: live, rate, half };
        let sizes = self.spatial.as_deref().map(|spatial| spatial.sizes(now));
        let whole = sizes.is_none().then_some(whole);
        let sizes = sizes.into_iter().flatten();
        whole.into_iter().chain(sizes.map(move |size| Choice { flowing: size.flowing && live, ..size }))
    }

    /// Whether it was seen to have several spatial layers.
    pub(crate) fn is_layered(&self) -> bool {
        self.spatial.is_some()
    }

    /// Counts a packet that came by itself, whether it is let in or not.
    pub(crate) fn count(&mut self, now: Instant, incoming: &Incoming<'_>) {
        if self.ssrc != Some(incoming.ssrc) {
            self.begin(incoming.ssrc);
        }
        self.reception.on_packet(now, incoming.seq, incoming.time);
    }

    /// Records a packet that is let in.
    pub(crate) fn on_packet(&mut self, now: Instant, incoming: &Incoming<'_>) -> Received {
        let resumed = !self.is_flowing(now);
        if self.ssrc != Some(incoming.ssrc) {
            self.begin(incoming.ssrc);
        }
        let padding = incoming.payload.is_empty();
        let mut descriptor = match incoming.format.describe(incoming.payload) {
            Ok(descriptor) => descriptor,
            Err(_) if padding => Descriptor::default(),
            Err(_) => return Received::Malformed,
        };
        if !incoming.dependency.is_empty() {
            self.depend(&mut descriptor, incoming.dependency);
        }
        if let Some(temporal) = &mut descriptor.temporal {
            self.highest_temporal = self.highest_temporal.max(temporal.highest);
            temporal.highest = self.highest_temporal;
        }
        let order = self.order_of(now, incoming.seq, resumed);
        if order == Order::Twice {
            return Received::Twice;
        }
        let packet = Packet {
            epoch: self.epoch,
            seq: incoming.seq,
            time: incoming.time,
            at: now,
            arrival: 0,
            marker: incoming.marker,
            format: incoming.format,
            descriptor,
            passed: incoming.passed,
            dependency: Vec::new(),
            payload: Vec::new(),
        };
        self.history.keep(packet, incoming.payload, incoming.dependency);
        if padding {
            return Received::Padding { epoch: self.epoch };
        }
        self.format = Some(incoming.format);
        self.last_packet = Some(now);
        self.rate.record(now, incoming.payload.len());
        if !descriptor.temporal.is_some_and(|temporal| temporal.is_extra()) {
            self.half.record(now, incoming.payload.len());
        }
        let resumed = self.record_spatial(now, &descriptor, incoming.payload.len()) || resumed;
        if descriptor.starts_keyframe && !self.key.source.kind.is_audio() {
            self.keyframe.on_keyframe();
            self.missing.forget_before(incoming.seq);
        }
        Received::Media { epoch: self.epoch, resumed, order }
    }

    /// Counts a packet of a spatial layer. Gives whether that layer did not flow before.
    fn record_spatial(&mut self, now: Instant, descriptor: &Descriptor, bytes: usize) -> bool {
        let Some(Spatial { layer, highest, .. }) = descriptor.spatial else { return false };
        let known = layer.max(highest.unwrap_or(0));
        if known > 0 && self.spatial.is_none() {
            // What is told comes in this picture, and what this is built on came before it.
            let spatial = self.spatial.insert(Box::default());
            (0..=known).for_each(|layer| _ = spatial.record(now, (layer, None), 0));
        }
        let place = (layer, descriptor.temporal);
        self.spatial.as_deref_mut().is_some_and(|spatial| spatial.record(now, place, bytes))
    }

    /// Adds what AV1's dependency descriptor says. Who is shown this stream must begin where both the payload and the
    /// descriptor do: without the templates a receiver could read no descriptor that follows.
    fn depend(&mut self, descriptor: &mut Descriptor, dependency: &[u8]) {
        descriptor.frame_number = frame_number(dependency);
        let read = Dependency::read(dependency, &mut self.structure).ok();
        descriptor.starts_keyframe &= read.is_some_and(|dependency| dependency.starts_keyframe());
        if let Some((spatial, temporal)) = read.and_then(|dependency| dependency.layers()) {
            (descriptor.spatial, descriptor.temporal) = (Some(spatial), Some(temporal));
        }
    }

    /// What comes next has nothing to do with what came before, though it may have the same number.
    pub(crate) fn restart(&mut self) {
        self.ssrc = None;
    }

    /// Its sender starts over on another stream.
    fn begin(&mut self, ssrc: Ssrc) {
        self.ssrc = Some(ssrc);
        self.epoch = self.epoch.wrapping_add(1);
        self.highest = None;
        self.structure = None;
        self.spatial = None;
        self.highest_temporal = 0;
        self.missing.clear();
        self.reception = Reception::new(self.reception.clock());
    }

    /// Where a packet stands to the ones before it. Holes are noted. Those from before a rest nobody waits for any more, but
    /// right before the packet a layer resumes with may lie the one its keyframe begins with.
    fn order_of(&mut self, now: Instant, seq: SeqNo, rested: bool) -> Order {
        let Some(highest) = self.highest else {
            self.highest = Some(seq);
            return Order::After { missing: 0 };
        };
        if seq > highest {
            self.highest = Some(seq);
            let missing = seq.since(highest).saturating_sub(1);
            if rested {
                self.missing.clear();
            }
            if missing > 0 && !self.key.source.kind.is_audio() {
                self.missing.on_gap(now, highest.plus(1), missing);
            }
            return Order::After { missing };
        }
        self.missing.on_late(seq);
        if self.history.get(self.epoch, seq).is_some() { Order::Twice } else { Order::Late }
    }
}
