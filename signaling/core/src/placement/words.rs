//! The SFU's words in the client's.

use sfu_control::{Demand, Layer, Slot, SourceKind};
use signaling_protocol::{PublishDemand, PublishSource, SlotName};

pub(super) fn slot_name(slot: Slot) -> SlotName {
    match slot {
        Slot::Audio(index) => SlotName::Audio { index },
        Slot::FloorAudio => SlotName::FloorAudio {},
        Slot::Programme => SlotName::Programme {},
        Slot::Slides => SlotName::Slides {},
        Slot::Mosaic(index) => SlotName::Mosaic { index },
    }
}

pub(super) fn publish_source(kind: SourceKind) -> PublishSource {
    match kind {
        SourceKind::Microphone => PublishSource::Microphone,
        SourceKind::Camera => PublishSource::Camera,
        SourceKind::Screen => PublishSource::Screen,
        SourceKind::ScreenAudio => PublishSource::ScreenAudio,
    }
}

pub(super) fn publish_demand(demand: Demand) -> PublishDemand {
    match demand {
        Demand::Paused => PublishDemand::Paused,
        Demand::UpTo(Layer::Low) => PublishDemand::Low,
        Demand::UpTo(Layer::Medium) => PublishDemand::Medium,
        Demand::UpTo(Layer::High) => PublishDemand::High,
    }
}
