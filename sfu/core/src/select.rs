//! What one subscriber is sent: of each picture the size, and all or half of its frames, that fit its wish, its profile and
//! its line. Audio is never weighed against pictures; among pictures the programme comes first, then the slides, then the mosaic.

mod rest;
mod speakers;

pub(crate) use rest::Rest;
pub(crate) use speakers::{Heard, SPEAKERS_TICK, Speakers};

use crate::receive::{Choice, Frames, LAYERS, OperatingPoint};
use crate::units::Bitrate;
use sfu_control::{Layer, ReceiveProfile, Slot};

/// Kept free of pictures: four voices with headers and retransmissions.
const AUDIO_RESERVE: Bitrate = Bitrate::kbps(180);
/// A picture climbs only into this much of the estimate, so that it does not fall again with the next wobble.
const CLIMB_PERCENT: u64 = 85;
/// A larger size at half its frames is climbed to only with this much of what it takes to spare: it begins with a keyframe,
/// and an estimate that jitter made half as high again as the line is must not bring it.
const LARGER_PERCENT: u64 = 150;
/// Slides may overrun what is left by half: a page that changed is a short burst, and one that never comes is
/// worse than one that comes late.
const SLIDES_PERCENT: u64 = 150;
/// What amounts to less is not shown at half its frames: there is little to be saved, and motion is what makes it a face.
const HALVED_MIN: Bitrate = Bitrate::kbps(200);
/// What half of the frames are taken for until they were measured, of all: they lie further apart and differ by more.
const HALF_PERCENT: u64 = 65;
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
    /// What it was given last.
    pub(crate) held: Option<OperatingPoint>,
    /// In what ways it may be had, smallest first, with what they amount to.
    pub(crate) points: Vec<PointState>,
}

/// One way in which a wanted picture may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PointState {
    /// Which.
    pub(crate) point: OperatingPoint,
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
    /// What to ask the publisher for; none when not even the least fits.
    pub(crate) granted: Option<OperatingPoint>,
    /// What to show now: what was granted, or what flows until that comes.
    pub(crate) shown: Option<OperatingPoint>,
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
        let fits = |state: &&PointState| {
            let rises = wish.held.is_none_or(|held| state.point > held);
            let room = match (wish.held, wish.slot) {
                (Some(_), _) if rises && climb == Climb::Held => return false,
                (Some(_), _) if rises => climbing,
                (None, Slot::Mosaic(_)) if is_first => budget,
                (None, Slot::Mosaic(_)) if climb == Climb::Held => budget.min(kept_up),
                (None, Slot::Mosaic(_)) => budget.min(climbing.max(kept_up)),
                (Some(_) | None, _) => budget,
            };
            let larger = wish.held.is_some_and(|held| state.point.layer > held.layer);
            let spare = if larger && state.point.frames == Frames::Half { LARGER_PERCENT } else { 100 };
            state.point.layer <= cap && cost(state).percent(spare) <= room.minus(kept)
        };
        let granted = wish.points.iter().rev().find(fits).or(wish.points.first().filter(|_| must));
        let full = wish.points.iter().rev().find(|state| state.point.layer <= cap).or(wish.points.first());
        allocation.desired = allocation.desired.plus(full.map_or(Bitrate::ZERO, cost));
        allocation.hungry |= granted.map(|state| state.point) < full.map(|state| state.point);
        allocation.fell |=
            wish.held.is_some_and(|held| held.layer <= cap && granted.is_none_or(|state| state.point < held));
        let taken = granted.map_or(Bitrate::ZERO, cost);
        allocation.rose |= match wish.held {
            Some(held) => granted.is_some_and(|state| state.point > held),
            None => !is_first && taken > kept_up,
        };
        kept_up = kept_up.minus(taken);
        allocation.granted = allocation.granted.plus(taken);
        budget = budget.minus(taken);
        climbing = climbing.minus(taken);
        *share = Share {
            granted: granted.map(|state| state.point),
            shown: granted.map(|state| shown(&wish.points, state.point)),
        };
    }
    allocation.shares = shares;
    allocation
}

/// What is given to who is shown stills: the smallest keyframes there are, on any line, and next to nothing of it.
fn stills(wishes: &[PictureWish]) -> Allocation {
    let share = |wish: &PictureWish| {
        let granted = wish.points.first().map(|state| state.point);
        Share { granted, shown: granted.map(|point| shown(&wish.points, point)) }
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
        wish.and_then(|wish| wish.points.first()).map_or(Bitrate::ZERO, cost)
    };
    let slides = smallest(Slot::Slides);
    if smallest(Slot::Programme).plus(slides) <= budget.percent(SLIDES_PERCENT) {
        slides
    } else {
        Bitrate::ZERO
    }
}

/// What it takes of a line: what it was measured at while it flowed, if its sender makes it larger than it should.
fn cost(state: &PointState) -> Bitrate {
    if state.flowing && state.rate > Bitrate::ZERO { state.rate } else { state.nominal.max(state.rate) }
}

/// The granted layer if it flows; else all of the best below it that does, else half of the lowest above it, else itself.
fn shown(points: &[PointState], granted: OperatingPoint) -> OperatingPoint {
    let flowing = |layer: &Layer| points.iter().any(|state| state.point.layer == *layer && state.flowing);
    let below = LAYERS.into_iter().rev().filter(|layer| *layer <= granted.layer).find(flowing);
    let above = LAYERS.into_iter().filter(|layer| *layer > granted.layer).find(flowing);
    match (below, above) {
        (Some(layer), _) if layer == granted.layer => granted,
        (Some(layer), _) => OperatingPoint::all(layer),
        (None, Some(layer)) => OperatingPoint::half(layer),
        (None, None) => granted,
    }
}

/// In what ways a size may be had. `halves` tells whether half of its frames can be left out; whoever is shown half of them
/// keeps them whatever they amount to.
pub(crate) fn points(
    choice: Choice,
    nominal: Bitrate,
    halves: bool,
    held: Option<OperatingPoint>,
) -> impl Iterator<Item = PointState> {
    let Choice { layer, flowing, rate, half } = choice;
    let all = PointState { point: OperatingPoint::all(layer), flowing, rate, nominal };
    let point = OperatingPoint::half(layer);
    let half = PointState { point, flowing, rate: half, nominal: nominal.percent(HALF_PERCENT) };
    let worth = halves && cost(&all) > HALVED_MIN || held == Some(point);
    worth.then_some(half).into_iter().chain([all])
}

#[cfg(test)]
mod tests;
