//! One of the four things a peer may send, in up to three layers.

use super::{LayerStream, StreamId, StreamKey, Streams};
use sfu_control::{Gate, Layer, Source, SourceKind};

/// One of the four things a peer may send.
#[derive(Debug)]
pub(crate) struct Receiver {
    source: Source,
    /// Whether its packets pass at all.
    pub(crate) gate: Gate,
    layers: [Option<StreamId>; 3],
}

impl Receiver {
    /// A source that may send these layers; its gate starts closed.
    pub(crate) fn new(source: Source, layers: &[Layer], streams: &mut Streams) -> Self {
        let layers = LAYERS.map(|layer| {
            let stream = || streams.insert(LayerStream::new(StreamKey { source, layer }));
            layers.contains(&layer).then(stream)
        });
        Self { source, gate: Gate::Closed, layers }
    }

    /// One of its layers.
    pub(crate) fn layer(&self, layer: Layer) -> Option<StreamId> {
        *self.layers.get(index_of(layer))?
    }

    /// The negotiated layers, smallest first.
    pub(crate) fn layers(&self) -> impl Iterator<Item = StreamId> {
        self.layers.into_iter().flatten()
    }

    /// Which of several layers one of its layers is as large as: the only encoding of a camera is the whole picture. That of
    /// a screen is as large for the moment in which a page changes, and next to nothing on the average.
    pub(crate) fn as_large_as(&self, layer: Layer) -> Layer {
        let alone = self.kind() == SourceKind::Camera && self.layers().nth(1).is_none();
        if alone { Layer::High } else { layer }
    }

    /// What it is.
    pub(crate) fn kind(&self) -> SourceKind {
        self.source.kind
    }
}

/// All layers, smallest first.
pub(crate) const LAYERS: [Layer; 3] = [Layer::Low, Layer::Medium, Layer::High];

/// A layer's place in an array.
pub(crate) fn index_of(layer: Layer) -> usize {
    match layer {
        Layer::Low => 0,
        Layer::Medium => 1,
        Layer::High => 2,
    }
}
