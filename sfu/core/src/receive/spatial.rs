//! The spatial layers of one stream (SVC): a source sent in one encoding that may be had in several sizes, as one sent
//! in several encodings may.

use super::descriptor::Temporal;
use super::{Choice, LAYER_STOPPED_AFTER, LAYERS, RateMeter};
use crate::units::Bitrate;
use std::time::Instant;

/// One size.
#[derive(Debug, Default)]
struct Size {
    rate: RateMeter,
    /// What it amounts to without its highest temporal layer.
    half: RateMeter,
    last: Option<Instant>,
}

impl Size {
    fn is_flowing(&self, now: Instant) -> bool {
        self.last.is_some_and(|at| now.saturating_duration_since(at) < LAYER_STOPPED_AFTER)
    }
}

/// What comes of each; more than three are counted with the third.
#[derive(Debug, Default)]
pub(crate) struct SpatialLayers([Size; LAYERS.len()]);

impl SpatialLayers {
    /// Counts a packet. Gives whether its layer did not flow before.
    pub(crate) fn record(
        &mut self,
        now: Instant,
        (layer, temporal): (u8, Option<Temporal>),
        bytes: usize,
    ) -> bool {
        let place = usize::from(layer).min(LAYERS.len() - 1);
        let Some(size) = self.0.get_mut(place) else { return false };
        let resumed = !size.is_flowing(now);
        size.rate.record(now, bytes);
        if !temporal.is_some_and(|temporal| temporal.is_extra()) {
            size.half.record(now, bytes);
        }
        size.last = Some(now);
        resumed
    }

    /// The sizes that ever came, smallest first: whether they flow, and what they amount to with all they are built on.
    pub(crate) fn sizes(&self, now: Instant) -> impl Iterator<Item = Choice> {
        let (mut rate, mut half) = (Bitrate::ZERO, Bitrate::ZERO);
        LAYERS.into_iter().zip(&self.0).filter(|(_, size)| size.last.is_some()).map(move |(layer, size)| {
            rate = rate.plus(size.rate.bitrate());
            half = half.plus(size.half.bitrate());
            Choice { layer, flowing: size.is_flowing(now), rate, half }
        })
    }
}
