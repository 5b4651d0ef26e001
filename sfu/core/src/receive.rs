//! One incoming stream: a source's layer as its publisher sends it. Records what came, notices what is missing,
//! and knows since when a keyframe is owed.

pub(crate) mod descriptor;
mod keyframe;
mod rate;

pub(crate) use keyframe::KeyframeOwed;
pub(crate) use rate::RateMeter;

use crate::peer::{Format, Incoming};
use crate::route::SlotAddress;
use crate::units::{Bitrate, MediaTime, SeqNo};
use descriptor::Descriptor;
use sfu_control::{Gate, Layer, Source, SourceKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A layer that sent nothing for this long has stopped: subscribers fall back to one that flows. Two frames of
/// the slowest screen share fit in.
pub(crate) const LAYER_STOPPED_AFTER: Duration = Duration::from_millis(1_500);

/// Names one incoming stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    /// Whose and what.
    pub(crate) source: Source,
    /// Which encoding; always the lowest for what is sent in one encoding.
    pub(crate) layer: Layer,
}

/// One media packet on its way through the engine. The payload is shared, never copied per subscriber unless its
/// numbers change.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// Which stream it belongs to.
    pub(crate) key: StreamKey,
    /// Counts the stream's restarts by its sender.
    pub(crate) epoch: u32,
    /// Its place in the stream.
    pub(crate) seq: SeqNo,
    /// Its timestamp in the stream.
    pub(crate) time: MediaTime,
    /// Last packet of a frame, or first after silence.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// RFC 6464: 0 is loudest, 127 is silence.
    pub(crate) audio_level: Option<u8>,
    /// What the payload says about its place.
    pub(crate) descriptor: Descriptor,
    /// The media itself.
    pub(crate) payload: Arc<[u8]>,
    /// Header extensions that go on to subscribers.
    pub(crate) extensions: crate::peer::Extensions,
}

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Behind all before it, with this many missing in between.
    After { missing: u64 },
    /// It was missing.
    Late,
}

/// What receiving a packet amounted to.
#[derive(Debug)]
pub(crate) enum Received {
    /// Forward it. `resumed` tells that the layer was not flowing before.
    Media { packet: Packet, resumed: bool, order: Order },
    /// Padding: it has a number but no media.
    Padding(Packet),
    /// Its payload could not be read.
    Malformed,
}

/// One encoding of a source.
#[derive(Debug)]
pub(crate) struct LayerStream {
    /// The slots it goes to, compiled by `route`.
    pub(crate) fanout: Vec<SlotAddress>,
    /// Whether a keyframe is owed.
    pub(crate) keyframe: KeyframeOwed,
    /// What it amounts to.
    pub(crate) rate: RateMeter,
    /// What its sender uses, once it was heard.
    pub(crate) format: Option<Format>,
    ssrc: u32,
    epoch: u32,
    highest: Option<SeqNo>,
    last_packet: Option<Instant>,
    /// Whether its stopping is still to be noticed.
    noticed_flowing: bool,
}

impl LayerStream {
    fn new() -> Self {
        Self {
            fanout: Vec::new(),
            keyframe: KeyframeOwed::default(),
            rate: RateMeter::default(),
            format: None,
            ssrc: 0,
            epoch: 0,
            highest: None,
            last_packet: None,
            noticed_flowing: false,
        }
    }

    /// Whether packets have come lately.
    pub(crate) fn is_flowing(&self, now: Instant) -> bool {
        self.last_packet.is_some_and(|at| now.saturating_duration_since(at) < LAYER_STOPPED_AFTER)
    }

    /// Whether it stopped since this was asked last.
    pub(crate) fn take_stopped(&mut self, now: Instant) -> bool {
        let stopped = self.noticed_flowing && !self.is_flowing(now);
        self.noticed_flowing &= !stopped;
        stopped
    }

    /// Its measured rate.
    pub(crate) fn bitrate(&self) -> Bitrate {
        self.rate.bitrate()
    }

    /// Records a packet.
    fn on_packet(&mut self, now: Instant, key: StreamKey, incoming: Incoming) -> Received {
        let resumed = !self.is_flowing(now);
        if self.ssrc != incoming.ssrc {
            self.ssrc = incoming.ssrc;
            self.epoch = self.epoch.wrapping_add(1);
            self.highest = None;
        }
        let order = self.order_of(incoming.seq);
        let padding = incoming.payload.is_empty();
        let descriptor = match incoming.format.codec.describe(&incoming.payload) {
            Ok(descriptor) => descriptor,
            Err(_) if padding => Descriptor::default(),
            Err(_) => return Received::Malformed,
        };
        let packet = Packet {
            key,
            epoch: self.epoch,
            seq: incoming.seq,
            time: incoming.time,
            marker: incoming.marker,
            format: incoming.format,
            audio_level: incoming.audio_level,
            descriptor,
            payload: incoming.payload,
            extensions: incoming.extensions,
        };
        if padding {
            return Received::Padding(packet);
        }
        self.format = Some(packet.format);
        self.last_packet = Some(now);
        self.noticed_flowing = true;
        self.rate.record(now, packet.payload.len());
        if descriptor.starts_keyframe {
            self.keyframe.on_keyframe();
        }
        Received::Media { packet, resumed, order }
    }

    /// Where a packet stands to the ones before it.
    fn order_of(&mut self, seq: SeqNo) -> Order {
        match self.highest {
            Some(highest) if seq < highest => Order::Late,
            Some(highest) => {
                self.highest = Some(seq);
                Order::After { missing: seq.since(highest).saturating_sub(1) }
            }
            None => {
                self.highest = Some(seq);
                Order::After { missing: 0 }
            }
        }
    }
}

/// One of the four things a peer may send.
#[derive(Debug)]
pub(crate) struct Receiver {
    source: Source,
    /// Whether its packets pass at all.
    pub(crate) gate: Gate,
    layers: [Option<Box<LayerStream>>; 3],
}

impl Receiver {
    /// A source that may send these layers; its gate starts closed.
    pub(crate) fn new(source: Source, layers: &[Layer]) -> Self {
        let stream = |layer: Layer| layers.contains(&layer).then(|| Box::new(LayerStream::new()));
        Self {
            source,
            gate: Gate::Closed,
            layers: [stream(Layer::Low), stream(Layer::Medium), stream(Layer::High)],
        }
    }

    /// Records a packet of one of its layers; none when that layer was not negotiated.
    pub(crate) fn on_packet(&mut self, now: Instant, incoming: Incoming) -> Option<Received> {
        let key = StreamKey { source: self.source, layer: incoming.layer };
        self.layer_mut(incoming.layer).map(|stream| stream.on_packet(now, key, incoming))
    }

    /// One of its layers.
    pub(crate) fn layer(&self, layer: Layer) -> Option<&LayerStream> {
        self.layers.get(index_of(layer))?.as_deref()
    }

    /// One of its layers, to change.
    pub(crate) fn layer_mut(&mut self, layer: Layer) -> Option<&mut LayerStream> {
        self.layers.get_mut(index_of(layer))?.as_deref_mut()
    }

    /// The negotiated layers, smallest first.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (Layer, &LayerStream)> {
        LAYERS.into_iter().filter_map(|layer| self.layer(layer).map(|stream| (layer, stream)))
    }

    /// The negotiated layers to change, smallest first.
    pub(crate) fn layers_mut(&mut self) -> impl Iterator<Item = (Layer, &mut LayerStream)> {
        LAYERS
            .into_iter()
            .zip(&mut self.layers)
            .filter_map(|(layer, stream)| Some((layer, stream.as_deref_mut()?)))
    }

    /// What it is.
    pub(crate) fn kind(&self) -> SourceKind {
        self.source.kind
    }
}

/// All layers, smallest first.
pub(crate) const LAYERS: [Layer; 3] = [Layer::Low, Layer::Medium, Layer::High];

/// A layer's place in an array.
fn index_of(layer: Layer) -> usize {
    match layer {
        Layer::Low => 0,
        Layer::Medium => 1,
        Layer::High => 2,
    }
}
