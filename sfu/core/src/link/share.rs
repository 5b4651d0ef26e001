//! What a link affords of what is wanted beyond it. Voices come first and are never weighed; of the pictures every one gets
//! its smallest form before any gets more, the programme before the slides and these before small pictures.

use crate::crossing::LayerSet;
use crate::select::Climb;
use crate::units::Bitrate;
use sfu_control::Layer;

/// Kept free of pictures for each room beyond: four voices with their headers.
const VOICES_RESERVE: Bitrate = Bitrate::kbps(180);
/// Of what is left pictures get this much; the rest is for headers and repairs.
const PICTURES_PERCENT: u64 = 90;
/// A picture climbs only into this much of that, so that it does not fall again with the next wobble.
const CLIMB_PERCENT: u64 = 85;

/// What a picture is to those beyond, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Everybody is shown it.
    Programme,
    /// It is presented.
    Slides,
    /// Somebody asked for it.
    Small,
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

/// What a layer takes: what it was measured at while it flowed, if its sender makes it larger than it should.
fn cost(state: &LayerState) -> Bitrate {
    if state.flowing && state.rate > Bitrate::ZERO { state.rate } else { state.nominal.max(state.rate) }
}

/// A picture somebody beyond wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedPicture {
    /// What it is there.
    pub(crate) class: Class,
    /// The highest layer granted to anybody there.
    pub(crate) granted: Layer,
    /// The layers somebody there is shown or waits for.
    pub(crate) taken: LayerSet,
    /// Up to where it was afforded last; none when it was not.
    pub(crate) held: Option<Layer>,
    /// What there is of it, smallest first.
    pub(crate) layers: Vec<LayerState>,
    /// Whether each layer holds all below it, so that one stream serves all.
    pub(crate) layered: bool,
}

/// What each is given, in the order of what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shares {
    /// Up to which layer.
    pub(crate) afforded: Vec<Option<Layer>>,
    /// What all of that amounts to, voices included.
    pub(crate) granted: Bitrate,
    /// What all that is wanted would.
    pub(crate) desired: Bitrate,
    /// Pictures that have less than is wanted of them.
    pub(crate) denied: usize,
    /// Whether one has less than it had.
    pub(crate) fell: bool,
    /// Whether one has more than it had.
    pub(crate) rose: bool,
}

/// Shares out what a link carries. `rooms` is how many it lets go on beyond.
pub(crate) fn share(wanted: &[WantedPicture], rooms: usize, carries: Bitrate, climb: Climb) -> Shares {
    let voices = VOICES_RESERVE.percent(100 * u64::try_from(rooms).unwrap_or(u64::MAX));
    let budget = carries.minus(voices).percent(PICTURES_PERCENT);
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted.get(*index).map(|picture| picture.class));
    let mut given: Vec<Option<Layer>> = vec![None; wanted.len()];
    let mut spent = Bitrate::ZERO;
    // First round: the smallest form of each. Second: as much as there is.
    for smallest in [true, false] {
        for index in &order {
            let (Some(picture), Some(place)) = (wanted.get(*index), given.get_mut(*index)) else { continue };
            let others = spent.minus(picture.upto(*place));
            let fits = |layer: &Layer| {
                let rises = picture.held.is_some_and(|held| *layer > held);
                let room = if rises { budget.percent(CLIMB_PERCENT) } else { budget };
                !(rises && climb == Climb::Held) && others.plus(picture.upto(Some(*layer))) <= room
            };
            let choices = picture.choices();
            let best = if smallest {
                choices.first().copied().filter(|layer| fits(layer))
            } else {
                choices.iter().rev().copied().find(|layer| fits(layer))
            };
            // Who got nothing in the first round gets nothing that is larger.
            if smallest || place.is_some() {
                *place = best.or(*place);
                spent = others.plus(picture.upto(*place));
            }
        }
    }
    let mut shares = Shares { granted: spent.plus(voices), desired: voices, ..Shares::default() };
    for (picture, given) in wanted.iter().zip(&given) {
        let full = picture.choices().last().copied();
        shares.desired = shares.desired.plus(picture.upto(full).percent(10_000 / PICTURES_PERCENT));
        shares.denied += usize::from(*given < full);
        shares.fell |= picture.held.min(full) > *given;
        shares.rose |= picture.held.is_some() && *given > picture.held;
    }
    shares.afforded = given;
    shares
}

impl WantedPicture {
    /// The layers it may be given, smallest first: those up to what is granted, or the smallest there is.
    fn choices(&self) -> Vec<Layer> {
        let all = || self.layers.iter().map(|state| state.layer);
        let within: Vec<Layer> = all().filter(|layer| *layer <= self.granted).collect();
        if within.is_empty() { all().take(1).collect() } else { within }
    }

    /// What it takes of the link up to a layer: that one, and those below that others are shown.
    fn upto(&self, layer: Option<Layer>) -> Bitrate {
        let Some(top) = layer else { return Bitrate::ZERO };
        let counts = |state: &&LayerState| {
            state.layer == top || !self.layered && state.layer < top && self.taken.contains(state.layer)
        };
        self.layers.iter().filter(counts).fold(Bitrate::ZERO, |sum, state| sum.plus(cost(state)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::LAYERS;
    use crate::select::nominal;

    /// A picture in three encodings of which somebody beyond is granted up to a layer.
    fn picture(class: Class, granted: Layer) -> WantedPicture {
        let state = |layer| LayerState { layer, flowing: true, rate: Bitrate::ZERO, nominal: nominal(layer) };
        let mut taken = LayerSet::default();
        taken.add(granted);
        let layers = LAYERS.map(state).to_vec();
        WantedPicture { class, granted, taken, held: None, layers, layered: false }
    }

    /// What each gets, as letters of layers.
    fn given(wanted: &[WantedPicture], kbps: u64) -> String {
        let shares = share(wanted, 1, Bitrate::kbps(kbps), Climb::Allowed);
        let letter = |layer: &Option<Layer>| match layer {
            None => '-',
            Some(Layer::Low) => 'q',
            Some(Layer::Medium) => 'h',
            Some(Layer::High) => 'f',
        };
        shares.afforded.iter().map(letter).collect()
    }

    #[test]
    fn smallest_forms_come_first_and_then_the_programme() {
        use Class::{Programme, Slides, Small};
        let wanted = [
            picture(Small, Layer::Medium),
            picture(Programme, Layer::High),
            picture(Slides, Layer::High),
            picture(Small, Layer::Low),
        ];
        let table =
            [(100, "----"), (350, "-q--"), (500, "-qq-"), (600, "qqq-"), (800, "qqqq"), (1_050, "qhqq")];
        for (kbps, expected) in table {
            assert_eq!(given(&wanted, kbps), expected, "{kbps} kbit/s");
        }
        assert_eq!(given(&wanted, 2_000), "qfqq");
        assert_eq!(given(&wanted, 4_000), "hffq");
    }

    #[test]
    fn layers_that_others_are_shown_are_paid_for_too() {
        let mut one = picture(Class::Programme, Layer::High);
        assert_eq!(given(std::slice::from_ref(&one), 1_620), "f");
        one.taken.add(Layer::Low);
        assert_eq!(given(std::slice::from_ref(&one), 1_620), "h");
        one.layered = true;
        assert_eq!(given(std::slice::from_ref(&one), 1_620), "f");
    }

    #[test]
    fn what_fell_climbs_only_when_it_may_and_with_room_to_spare() {
        let held = |layer| WantedPicture { held: Some(layer), ..picture(Class::Programme, Layer::High) };
        let afforded = |layer, kbps, climb| {
            share(&[held(layer)], 1, Bitrate::kbps(kbps), climb).afforded.first().copied().flatten()
        };
        assert_eq!(afforded(Layer::High, 1_600, Climb::Held), Some(Layer::High));
        assert_eq!(afforded(Layer::Low, 1_600, Climb::Allowed), Some(Layer::Medium), "85 percent");
        assert_eq!(afforded(Layer::Low, 1_800, Climb::Allowed), Some(Layer::High));
        assert_eq!(afforded(Layer::Low, 1_800, Climb::Held), Some(Layer::Low));
        let shares = share(&[held(Layer::High)], 1, Bitrate::kbps(800), Climb::Allowed);
        assert!(shares.fell && !shares.rose && shares.denied == 1);
        assert!(shares.desired > shares.granted);
    }

    #[test]
    fn every_room_keeps_its_voices() {
        let wanted = [picture(Class::Programme, Layer::Low)];
        let afforded = |rooms| share(&wanted, rooms, Bitrate::kbps(400), Climb::Allowed).afforded;
        assert_eq!((afforded(1), afforded(2)), (vec![Some(Layer::Low)], vec![None]));
    }
}
