//! How many slots were granted which layer of which picture: what a publisher is asked for is read from it, however many
//! watch.

use crate::receive::{LAYERS, index_of};
use sfu_control::{Layer, Source};
use std::collections::BTreeMap;

/// The counts of one room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs(BTreeMap<Source, [u32; LAYERS.len()]>);

impl Needs {
    /// A slot needs this too. Gives whether more is needed than before.
    pub(crate) fn add(&mut self, (source, layer): (Source, Layer)) -> bool {
        let before = self.highest(source);
        if let Some(count) = self.0.entry(source).or_default().get_mut(index_of(layer)) {
            *count += 1;
        }
        before < Some(layer)
    }

    /// A slot needs this no more. Gives whether less is needed than before.
    pub(crate) fn remove(&mut self, (source, layer): (Source, Layer)) -> bool {
        let Some(counts) = self.0.get_mut(&source) else { return false };
        if let Some(count) = counts.get_mut(index_of(layer)) {
            *count = count.saturating_sub(1);
        }
        if counts.iter().all(|count| *count == 0) {
            self.0.remove(&source);
        }
        self.highest(source) < Some(layer)
    }

    /// The highest layer anybody needs.
    pub(crate) fn highest(&self, source: Source) -> Option<Layer> {
        let counts = self.0.get(&source)?;
        LAYERS.into_iter().zip(counts).rev().find(|(_, count)| **count > 0).map(|(layer, _)| layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu_control::{PeerId, SourceKind};

    #[test]
    fn the_highest_counts_and_only_its_change_is_news() {
        let source = Source { peer: PeerId::new(1), kind: SourceKind::Camera };
        let mut needs = Needs::default();
        let steps = [(Layer::Medium, true), (Layer::Low, false), (Layer::High, true), (Layer::High, false)];
        for (layer, news) in steps {
            assert_eq!(needs.add((source, layer)), news, "{layer:?}");
        }
        let steps = [
            (Layer::High, false, Some(Layer::High)),
            (Layer::High, true, Some(Layer::Medium)),
            (Layer::Low, false, Some(Layer::Medium)),
            (Layer::Medium, true, None),
        ];
        for (layer, news, left) in steps {
            assert_eq!((needs.remove((source, layer)), needs.highest(source)), (news, left), "{layer:?}");
        }
        assert_eq!(needs, Needs::default());
    }
}
