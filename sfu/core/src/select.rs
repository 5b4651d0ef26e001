//! What one subscriber is sent: the layer of each picture that fits its wish, its profile and its line. Audio is
//! never weighed against pictures; among pictures the programme comes first, then the slides, then the mosaic.

mod rest;
mod speakers;

pub(crate) use rest::Rest;
pub(crate) use speakers::{Heard, SPEAKERS_TICK, Speakers};

use crate::receive::LAYERS;
use crate::units::Bitrate;
use sfu_control::{Layer, ReceiveProfile, Slot};

/// Kept free of pictures: four voices with headers and retransmissions.
const AUDIO_RESERVE: Bitrate = Bitrate::kbps(180);
/// A picture climbs only into this much of the estimate, so that it does not fall again with the next wobble.
const CLIMB_PERCENT: u64 = 85;
/// Slides may overrun what is left by half: a page that changed is a short burst, and one that never comes is
/// worse than one that comes late.
const SLIDES_PERCENT: u64 = 150;
/// A wish this tall or lower is served by the low layer.
const LOW_HEIGHT_MAX: u16 = 200;
/// A wish this tall or lower is served by the middle layer.
const MEDIUM_HEIGHT_MAX: u16 = 400;

const _: () = assert!(LOW_HEIGHT_MAX < MEDIUM_HEIGHT_MAX, "layers grow with height");
const _: () = assert!(CLIMB_PERCENT < 100, "climbing keeps a reserve");

/// A picture a subscriber wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PictureWish {
    /// For which slot.
    pub(crate) slot: Slot,
    /// How tall it is shown.
    pub(crate) height: u16,
    /// The layer it was given last.
    pub(crate) held: Option<Layer>,
    /// The layers its publisher negotiated, smallest first, with what they amount to.
    pub(crate) layers: Vec<LayerState>,
}

/// One layer of a wanted picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LayerState {
    /// Which.
    pub(crate) layer: Layer,
    /// Whether packets of it come.
    pub(crate) flowing: bool,
    /// Its measured rate, zero while unknown.
    pub(crate) rate: Bitrate,
    /// What it is taken for while that is unknown.
    pub(crate) nominal: Bitrate,
}

/// What a wish is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The layer to ask the publisher for; none when not even the lowest fits.
    pub(crate) granted: Option<Layer>,
    /// The layer to show now: the granted one, or a flowing one until that comes.
    pub(crate) shown: Option<Layer>,
}

/// What all pictures of a subscriber are given, in the order of the wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// One share a wish.
    pub(crate) shares: Vec<Share>,
    /// What all wishes would take in full, audio included: what the bandwidth estimator should look for.
    pub(crate) desired: Bitrate,
    /// What was granted, audio included.
    pub(crate) granted: Bitrate,
    /// Whether a picture had to do with less than it held.
    pub(crate) fell: bool,
    /// Whether a picture was given more than it held.
    pub(crate) rose: bool,
    /// Whether a picture has less than it wants.
    pub(crate) hungry: bool,
}

/// How free the allocator is to raise a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Climb {
    /// The line has been good for long enough.
    Allowed,
    /// It fell a moment ago.
    Held,
}

/// What a layer should amount to, from what clients are told to send (web-client's encodings).
pub(crate) const fn nominal(layer: Layer) -> Bitrate {
    match layer {
        Layer::Low => Bitrate::kbps(120),
        Layer::Medium => Bitrate::kbps(400),
        Layer::High => Bitrate::kbps(1_200),
    }
}

/// The highest layer a wish may be given.
fn cap(wish: &PictureWish, profile: ReceiveProfile) -> Layer {
    let by_height = match wish.height {
        height if height <= LOW_HEIGHT_MAX => Layer::Low,
        height if height <= MEDIUM_HEIGHT_MAX => Layer::Medium,
        _ => Layer::High,
    };
    let by_profile = match (profile, wish.slot) {
        (ReceiveProfile::Full, _) => Layer::High,
        (_, Slot::Programme) => Layer::Medium,
        _ => Layer::Low,
    };
    by_height.min(by_profile)
}

/// Which comes first when the line is narrow.
fn rank(slot: Slot) -> (u8, u8) {
    match slot {
        Slot::Audio(_) | Slot::FloorAudio => (0, 0),
        Slot::Programme => (1, 0),
        Slot::Slides => (2, 0),
        Slot::Mosaic(number) => (3, number),
    }
}

/// Shares a line among pictures. `before` is what was granted last, audio included.
pub(crate) fn allocate(
    wishes: &[PictureWish],
    profile: ReceiveProfile,
    estimate: Bitrate,
    climb: Climb,
    before: Bitrate,
) -> Allocation {
    if profile == ReceiveProfile::AudioStills {
        return stills(wishes);
    }
    let mut budget = estimate.minus(AUDIO_RESERVE);
    let mut climbing = budget.percent(CLIMB_PERCENT);
    // One more small picture is a climb too, but one instead of another is none, and neither are the first ones.
    let mut kept_up = before.minus(AUDIO_RESERVE);
    let is_first = kept_up == Bitrate::ZERO;
    let mut shares = vec![Share { granted: None, shown: None }; wishes.len()];
    let mut allocation = Allocation {
        shares: Vec::new(),
        desired: AUDIO_RESERVE,
        granted: AUDIO_RESERVE,
        fell: false,
        rose: false,
        hungry: false,
    };
    // Slides in their smallest form come before the programme in its best: they are what is being spoken about,
    // and often there is only one form of them.
    let mut kept = slides_floor(wishes, budget);
    let mut order: Vec<_> = wishes.iter().zip(&mut shares).collect();
    order.sort_by_key(|(wish, _)| rank(wish.slot));
    for (wish, share) in order {
        let cap = cap(wish, profile);
        // A stage without any picture is worse than a crowded line.
        let must = match wish.slot {
            Slot::Programme => true,
            Slot::Slides => std::mem::take(&mut kept) > Bitrate::ZERO,
            Slot::Mosaic(_) | Slot::Audio(_) | Slot::FloorAudio => false,
        };
        let fits = |state: &&LayerState| {
            let rises = wish.held.is_none_or(|held| state.layer > held);
            let room = match (wish.held, wish.slot) {
                (Some(_), _) if rises && climb == Climb::Held => return false,
                (Some(_), _) if rises => climbing,
                (None, Slot::Mosaic(_)) if is_first => budget,
                (None, Slot::Mosaic(_)) if climb == Climb::Held => budget.min(kept_up),
                (None, Slot::Mosaic(_)) => budget.min(climbing.max(kept_up)),
                (Some(_) | None, _) => budget,
            };
            state.layer <= cap && cost(state) <= room.minus(kept)
        };
        let granted = wish.layers.iter().rev().find(fits).or(wish.layers.first().filter(|_| must));
        let full = wish.layers.iter().rev().find(|state| state.layer <= cap).or(wish.layers.first());
        allocation.desired = allocation.desired.plus(full.map_or(Bitrate::ZERO, cost));
        allocation.hungry |= granted.map(|state| state.layer) < full.map(|state| state.layer);
        allocation.fell |=
            wish.held.is_some_and(|held| held <= cap && granted.is_none_or(|state| state.layer < held));
        let taken = granted.map_or(Bitrate::ZERO, cost);
        allocation.rose |= match wish.held {
            Some(held) => granted.is_some_and(|state| state.layer > held),
            None => !is_first && taken > kept_up,
        };
        kept_up = kept_up.minus(taken);
        allocation.granted = allocation.granted.plus(taken);
        budget = budget.minus(taken);
        climbing = climbing.minus(taken);
        *share = Share {
            granted: granted.map(|state| state.layer),
            shown: granted.map(|state| shown(&wish.layers, state.layer)),
        };
    }
    allocation.shares = shares;
    allocation
}

/// What is given to who is shown stills: the smallest keyframes there are, on any line, and next to nothing of it.
fn stills(wishes: &[PictureWish]) -> Allocation {
    let share = |wish: &PictureWish| {
        let granted = wish.layers.first().map(|state| state.layer);
        Share { granted, shown: granted.map(|layer| shown(&wish.layers, layer)) }
    };
    Allocation {
        shares: wishes.iter().map(share).collect(),
        desired: AUDIO_RESERVE,
        granted: AUDIO_RESERVE,
        fell: false,
        rose: false,
        hungry: false,
    }
}

/// What is kept for the smallest form of the slides; nothing when the line cannot bear them at all.
fn slides_floor(wishes: &[PictureWish], budget: Bitrate) -> Bitrate {
    let smallest = |slot: Slot| {
        let wish = wishes.iter().find(|wish| wish.slot == slot);
        wish.and_then(|wish| wish.layers.first()).map_or(Bitrate::ZERO, cost)
    };
    let slides = smallest(Slot::Slides);
    if smallest(Slot::Programme).plus(slides) <= budget.percent(SLIDES_PERCENT) {
        slides
    } else {
        Bitrate::ZERO
    }
}

/// What a layer takes of a line: what it was measured at while it flowed, if its sender makes it larger than it should.
fn cost(state: &LayerState) -> Bitrate {
    if state.flowing && state.rate > Bitrate::ZERO { state.rate } else { state.nominal.max(state.rate) }
}

/// The granted layer if it flows; else the best below it that does, else the lowest above it, else itself.
fn shown(layers: &[LayerState], granted: Layer) -> Layer {
    let flowing = |layer: &Layer| layers.iter().any(|state| state.layer == *layer && state.flowing);
    let below = LAYERS.into_iter().rev().filter(|layer| *layer <= granted).find(flowing);
    let above = LAYERS.into_iter().filter(|layer| *layer > granted).find(flowing);
    below.or(above).unwrap_or(granted)
}

#[cfg(test)]
mod tests;
