//! What peers send: of those who are connected here, and, while it is offered, of those who are connected to another
//! worker of this node or beyond a link. Whoever routes or chooses asks here and need not know which of the two it is.

use crate::crossing::{Beyond, Hops};
use crate::peer::{Offer, OfferLine, Role};
use crate::receive::{LAYERS, LayerStream, Receiver, StreamId, StreamKey, Streams};
use sfu_control::{PeerId, RoomId, Source, SourceKind};
use std::collections::BTreeMap;

/// Where a publisher is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// To this engine.
    Here,
    /// To another engine, which offers what may be had of it.
    At(Beyond),
}

impl Home {
    /// Whether another engine is told of what comes from here: not who told us, and no worker of what another one told,
    /// since that one tells all.
    pub(crate) fn is_told_to(self, beyond: Beyond) -> bool {
        match (self, beyond) {
            (Self::Here, _) => true,
            (Self::At(Beyond::Worker(_)), Beyond::Worker(_)) => false,
            (Self::At(home), beyond) => home != beyond,
        }
    }

    /// Whether other workers are told of what comes from here.
    pub(crate) fn is_told_to_workers(self) -> bool {
        !matches!(self, Self::At(Beyond::Worker(_)))
    }
}

/// One peer as a sender.
#[derive(Debug)]
pub(crate) struct Publisher {
    /// Where it belongs.
    pub(crate) room: RoomId,
    /// Where it is connected.
    pub(crate) home: Home,
    /// How many links lie between.
    pub(crate) hops: Hops,
    /// What it sends, in line order.
    pub(crate) receivers: Vec<Receiver>,
}

impl Publisher {
    /// What a peer that is connected here may send, by its offer.
    pub(crate) fn of_offer(room: RoomId, peer: PeerId, offer: &Offer, streams: &mut Streams) -> Self {
        let source = |line: &OfferLine| match line.role {
            Role::Source(kind) => {
                let named: Vec<_> = line.encodings.iter().map(|(_, layer)| *layer).collect();
                let layers = if named.is_empty() { &LAYERS[..1] } else { &named };
                Some(Receiver::new(Source { peer, kind }, layers, streams))
            }
            Role::Slot(_) => None,
        };
        Self {
            room,
            home: Home::Here,
            hops: Hops::NONE,
            receivers: offer.lines.iter().filter_map(source).collect(),
        }
    }

    /// One of its sources.
    pub(crate) fn receiver(&self, kind: SourceKind) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.kind() == kind)
    }

    /// One of its sources, to change.
    pub(crate) fn receiver_mut(&mut self, kind: SourceKind) -> Option<&mut Receiver> {
        self.receivers.iter_mut().find(|receiver| receiver.kind() == kind)
    }

    /// All its streams.
    pub(crate) fn streams(&self) -> impl Iterator<Item = StreamId> {
        self.receivers.iter().flat_map(Receiver::layers)
    }
}

/// All publishers. Names are ordered, so that one seed gives one run.
#[derive(Debug, Default)]
pub(crate) struct Publishers(BTreeMap<PeerId, Publisher>);

impl Publishers {
    /// Adds one.
    pub(crate) fn insert(&mut self, peer: PeerId, publisher: Publisher) {
        self.0.insert(peer, publisher);
    }

    /// Forgets one with its streams.
    pub(crate) fn remove(&mut self, peer: PeerId, streams: &mut Streams) -> Option<Publisher> {
        let publisher = self.0.remove(&peer)?;
        for stream in publisher.streams() {
            streams.remove(stream);
        }
        Some(publisher)
    }

    /// One by name.
    pub(crate) fn get(&self, peer: PeerId) -> Option<&Publisher> {
        self.0.get(&peer)
    }

    /// One by name, to change.
    pub(crate) fn get_mut(&mut self, peer: PeerId) -> Option<&mut Publisher> {
        self.0.get_mut(&peer)
    }

    /// All that are connected elsewhere.
    pub(crate) fn guests(&self) -> impl Iterator<Item = (PeerId, Beyond, &Publisher)> {
        self.0.iter().filter_map(|(peer, publisher)| match publisher.home {
            Home::Here => None,
            Home::At(beyond) => Some((*peer, beyond, publisher)),
        })
    }

    /// All that other workers are told of, in order.
    pub(crate) fn told_to_workers(&self) -> impl Iterator<Item = PeerId> {
        self.0.iter().filter(|(_, publisher)| publisher.home.is_told_to_workers()).map(|(peer, _)| *peer)
    }

    /// A source.
    pub(crate) fn receiver(&self, source: Source) -> Option<&Receiver> {
        self.get(source.peer)?.receiver(source.kind)
    }

    /// Where a named stream is.
    pub(crate) fn stream(&self, key: StreamKey) -> Option<StreamId> {
        self.receiver(key.source)?.layer(key.layer)
    }

    /// The streams of a source that are there.
    pub(crate) fn layers<'a>(
        &self,
        source: Source,
        streams: &'a Streams,
    ) -> impl Iterator<Item = &'a LayerStream> {
        self.receiver(source).into_iter().flat_map(Receiver::layers).filter_map(|id| streams.get(id))
    }
}
