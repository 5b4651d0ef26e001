//! In which ways a picture may be had: in several sizes, and of each all frames or fewer.

use crate::units::Bitrate;
use sfu_control::Layer;

/// Which frames of a layer are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Frames {
    /// Those below the highest temporal layer, which are half of all.
    Half,
    /// All.
    #[default]
    All,
}

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OperatingPoint {
    /// The size.
    pub(crate) layer: Layer,
    /// How many frames of it.
    pub(crate) frames: Frames,
}

impl OperatingPoint {
    /// All frames of a layer.
    pub(crate) fn all(layer: Layer) -> Self {
        Self { layer, frames: Frames::All }
    }

    /// Half the frames of a layer.
    pub(crate) fn half(layer: Layer) -> Self {
        Self { layer, frames: Frames::Half }
    }
}

/// One size as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Which.
    pub(crate) layer: Layer,
    /// Whether packets of it come.
    pub(crate) flowing: bool,
    /// Its rate, zero while unknown, with all frames and with half of them.
    pub(crate) rate: Bitrate,
    pub(crate) half: Bitrate,
}

/// What another worker offers of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Offered {
    /// Whether packets of it come.
    pub(crate) flowing: bool,
    /// What it amounts to.
    pub(crate) rate: Bitrate,
    /// What it amounts to without its highest temporal layer; zero when it has but one.
    pub(crate) half: Bitrate,
}
