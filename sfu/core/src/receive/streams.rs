//! Where incoming streams live: apart from the peers that send them, so that one peer's packets can be written to
//! another while both are at hand, and found by number, not by name.

use super::LayerStream;

/// Names a stream by its place. A place that was given to another stream since is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId {
    place: u32,
    generation: u32,
}

/// One place.
#[derive(Debug)]
struct Place {
    generation: u32,
    stream: Option<Box<LayerStream>>,
}

/// All incoming streams of an engine.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    places: Vec<Place>,
    free: Vec<u32>,
}

impl Streams {
    /// Adds a stream.
    pub(crate) fn insert(&mut self, stream: LayerStream) -> StreamId {
        let stream = Some(Box::new(stream));
        if let Some(number) = self.free.pop()
            && let Some(place) = self.places.get_mut(index(number))
        {
            place.stream = stream;
            return StreamId { place: number, generation: place.generation };
        }
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(Place { generation: 0, stream });
        StreamId { place: number, generation: 0 }
    }

    /// Forgets a stream; its place may be given away again.
    pub(crate) fn remove(&mut self, id: StreamId) {
        let Some(place) = self.places.get_mut(index(id.place)) else { return };
        if place.generation == id.generation && place.stream.take().is_some() {
            place.generation = place.generation.wrapping_add(1);
            self.free.push(id.place);
        }
    }

    /// A stream, unless it is gone.
    pub(crate) fn get(&self, id: StreamId) -> Option<&LayerStream> {
        let place = self.places.get(index(id.place))?;
        place.stream.as_deref().filter(|_| place.generation == id.generation)
    }

    /// A stream to change, unless it is gone.
    pub(crate) fn get_mut(&mut self, id: StreamId) -> Option<&mut LayerStream> {
        let place = self.places.get_mut(index(id.place))?;
        let current = place.generation == id.generation;
        place.stream.as_deref_mut().filter(|_| current)
    }
}

/// A place as an index.
fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
