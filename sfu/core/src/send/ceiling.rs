//! Which layers of a stream a slot shows.
//!
//! In size (VP9 and AV1 SVC): a picture is a layer's frame after the other, each built on the one below or on its own past.
//! Falling takes effect with the next picture; climbing needs a frame that is not built on pictures the viewer never got, and
//! is waited for until a keyframe brings one of every layer.
//!
//! In time: frames of the highest temporal layer are left out from the next picture on, and come back with one that says that
//! it needs none of those that were.

use super::Arrival;
use crate::receive::Frames;
use crate::receive::descriptor::{Spatial, Temporal};
use crate::units::{MediaTime, SeqNo};

/// The highest layer there is a name for; whoever is shown it is shown all.
const TOP: u8 = 2;

/// How far up a slot looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ceiling {
    /// The highest layer wanted; none while the stream is not known to have several.
    wanted: Option<u8>,
    /// The highest layer shown.
    reached: u8,
    /// How far the picture under way goes up, if it is a keyframe's, in which every layer can begin. What was wanted when it
    /// began holds to its end.
    opening: Option<u8>,
    /// Where that picture began, and how much was shown before it.
    opened: Option<(SeqNo, u8)>,
    /// Where the picture began with which more was shown than before: nobody was shown what lies above the old ceiling
    /// before it, and its numbers may be taken.
    risen: Option<SeqNo>,
    /// How many frames are wanted.
    frames: Frames,
    /// Whether frames of the highest temporal layer are left out.
    slow: bool,
    /// The picture under way, and whether it is left out whole.
    picture: Option<MediaTime>,
    left_out: bool,
    /// The picture under way, once nothing that follows of it is shown.
    above: Option<Above>,
}

/// A picture of which only what is not shown can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Above {
    time: MediaTime,
    number: Option<Number>,
    /// How far its number is from that of the next picture at most.
    step: u16,
}

/// A number that tells whether pictures lie between two packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// Of a picture, in fifteen bits.
    Picture(u16),
    /// Of a frame in AV1, of which a picture has one for each size.
    Frame(u16),
}

/// What becomes of a packet that comes behind all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Whether it is shown.
    pub(crate) shown: bool,
    /// Whether what is missing before it would not have been.
    pub(crate) hides_missing: bool,
    /// Whether it is the first that came of a picture that is left out whole.
    pub(crate) leaves_out: bool,
}

impl Ceiling {
    /// Wants layers up to this one.
    pub(crate) fn want(&mut self, layer: Option<u8>) {
        self.wanted = layer;
    }

    /// Wants so many frames.
    pub(crate) fn want_frames(&mut self, frames: Frames) {
        self.frames = frames;
    }

    /// Another stretch begins, with numbers and pictures of its own.
    pub(crate) fn begin(&mut self) {
        *self = Self { wanted: self.wanted, frames: self.frames, ..Self::default() };
    }

    /// Whether whatever comes is wanted.
    pub(crate) fn is_open(&self) -> bool {
        self.wanted.is_none()
    }

    /// Whether a keyframe is needed to show what is wanted.
    pub(crate) fn climbs(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted > self.reached)
    }

    /// Takes a packet that comes behind all before it.
    pub(crate) fn takes(&mut self, arrival: &Arrival) -> Taken {
        let descriptor = &arrival.descriptor;
        let is_first = self.picture.replace(arrival.time) != Some(arrival.time);
        if is_first {
            self.choose_frames(descriptor.temporal);
        }
        let shown =
            !self.left_out && descriptor.spatial.is_none_or(|spatial| self.reaches(arrival.seq, spatial));
        let hides_missing = self.above.is_some_and(|above| {
            let begins = descriptor.begins_picture() || self.left_out;
            above.time == arrival.time || begins && above.is_right_before(arrival)
        });
        let is_last = arrival.marker || shown && descriptor.spatial.is_some_and(|spatial| self.ends(spatial));
        self.above = (!shown || is_last).then(|| Above::of(arrival));
        Taken { shown, hides_missing, leaves_out: is_first && self.left_out }
    }

    /// Decides about a picture when the first of it comes.
    fn choose_frames(&mut self, temporal: Option<Temporal>) {
        let Some(temporal) = temporal else { return self.left_out = false };
        self.slow = match self.frames {
            Frames::Half => true,
            Frames::All => self.slow && !temporal.opens_extra(),
        };
        self.left_out = self.slow && temporal.is_extra();
    }

    fn reaches(&mut self, seq: SeqNo, spatial: Spatial) -> bool {
        let Spatial { layer, begins, inter, .. } = spatial;
        if layer == 0 && begins {
            let highest = self.wanted.unwrap_or(TOP);
            self.opening = (!inter).then_some(highest);
            self.opened = (!inter).then_some((seq, self.reached));
            self.reached = if inter { self.reached.min(highest) } else { 0 };
        } else if begins && !inter && layer == self.reached + 1 && self.opening >= Some(layer) {
            self.reached = layer;
            let risen = self.opened.filter(|(_, before)| layer > *before);
            self.risen = risen.map(|(seq, _)| seq).or(self.risen);
        }
        self.shows(spatial)
    }

    /// Whether a packet is shown that others have overtaken. One of a picture that was left out has a place only where its
    /// number was kept for it, and does no harm there.
    pub(crate) fn takes_late(&self, arrival: &Arrival) -> bool {
        arrival.descriptor.spatial.is_none_or(|spatial| {
            self.shows(spatial) && (spatial.layer == 0 || self.risen.is_none_or(|risen| arrival.seq > risen))
        })
    }

    /// Whether a packet belongs to what is shown.
    fn shows(&self, spatial: Spatial) -> bool {
        spatial.layer <= self.reached || self.reached == TOP
    }

    /// Whether a packet ends what is shown of its picture although more of it follows.
    pub(crate) fn ends(&self, spatial: Spatial) -> bool {
        let top = self.opening.unwrap_or(self.reached);
        spatial.ends && spatial.layer == top && top < TOP
    }
}

impl Above {
    fn of(arrival: &Arrival) -> Self {
        let descriptor = &arrival.descriptor;
        let number = Number::of(arrival);
        // Frames of the sizes above it, and then the next picture's first.
        let frames = descriptor
            .spatial
            .map_or(0, |spatial| spatial.highest.map_or(0, |highest| highest.saturating_sub(spatial.layer)));
        let step = match number {
            Some(Number::Frame(_)) if !arrival.marker => 1 + u16::from(frames),
            Some(Number::Frame(_) | Number::Picture(_)) | None => 1,
        };
        Self { time: arrival.time, number, step }
    }

    /// Whether no picture lies between this one and a packet's.
    fn is_right_before(&self, arrival: &Arrival) -> bool {
        let step = match (self.number, Number::of(arrival)) {
            (Some(Number::Picture(before)), Some(Number::Picture(now))) => now.wrapping_sub(before) & 0x7FFF,
            (Some(Number::Frame(before)), Some(Number::Frame(now))) => now.wrapping_sub(before),
            _ => return false,
        };
        (1..=self.step).contains(&step)
    }
}

impl Number {
    fn of(arrival: &Arrival) -> Option<Self> {
        let descriptor = &arrival.descriptor;
        let picture = descriptor.picture_id.filter(|id| id.long).map(|id| Self::Picture(id.value));
        picture.or(descriptor.frame_number.map(Self::Frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::descriptor::Descriptor;

    fn takes(ceiling: &mut Ceiling, spatial: Spatial) -> bool {
        let descriptor = Descriptor { spatial: Some(spatial), ..Descriptor::default() };
        let (seq, time) = (SeqNo::new(1), MediaTime::new(1));
        let arrival = Arrival { at: crate::testing::epoch(), seq, time, marker: false, descriptor };
        ceiling.takes(&arrival).shown
    }

    /// A layer's frame in one packet.
    fn frame(layer: u8, inter: bool) -> Spatial {
        Spatial { layer, begins: true, ends: true, inter, highest: None }
    }

    /// Which layers of a picture are shown, and after which it ends.
    fn picture(ceiling: &mut Ceiling, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
        let frames: Vec<_> = (0..3).map(|layer| frame(layer, !keyframe)).collect();
        let mut seen = (Vec::new(), Vec::new());
        for frame in frames {
            if takes(ceiling, frame) {
                seen.0.push(frame.layer);
                seen.1.extend(ceiling.ends(frame).then_some(frame.layer));
            }
        }
        seen
    }

    #[test]
    fn it_falls_with_the_next_picture_and_climbs_with_the_next_keyframe() {
        let mut ceiling = Ceiling::default();
        assert_eq!(picture(&mut ceiling, true), (vec![0, 1, 2], vec![]));
        ceiling.want(Some(1));
        assert!(ceiling.shows(frame(2, true)), "what is under way is ended");
        assert_eq!(picture(&mut ceiling, false), (vec![0, 1], vec![1]));
        ceiling.want(Some(0));
        assert_eq!(picture(&mut ceiling, false), (vec![0], vec![0]));
        ceiling.want(Some(2));
        assert!(ceiling.climbs());
        assert_eq!(picture(&mut ceiling, false), (vec![0], vec![0]));
        assert_eq!(picture(&mut ceiling, true), (vec![0, 1, 2], vec![]));
        assert!(!ceiling.climbs());
    }

    #[test]
    fn a_layer_whose_first_packet_is_lost_is_not_climbed_to_nor_any_above() {
        let mut ceiling = Ceiling::default();
        ceiling.want(Some(2));
        assert!(takes(&mut ceiling, frame(0, false)));
        assert!(!takes(&mut ceiling, Spatial { begins: false, ..frame(1, false) }));
        assert!(!takes(&mut ceiling, frame(2, false)));
        assert!(ceiling.climbs());
        // Frames that need pictures of their own layer.
        assert_eq!(picture(&mut ceiling, false), (vec![0], vec![0]));
    }

    /// Which pictures of temporal layers are shown; `opens` tells those that need nothing of the highest layer before them.
    fn shown(ceiling: &mut Ceiling, pictures: &[(u8, bool)], from: u32) -> Vec<bool> {
        let taken = pictures.iter().zip(from..).map(|((layer, opens), number)| {
            let opens = if *opens { *layer } else { 0 };
            let temporal = Temporal { layer: *layer, begins: true, opens, highest: 2 };
            let descriptor = Descriptor { temporal: Some(temporal), ..Descriptor::default() };
            let (seq, time) = (SeqNo::new(number.into()), MediaTime::new(number));
            let arrival = Arrival { at: crate::testing::epoch(), seq, time, marker: true, descriptor };
            ceiling.takes(&arrival).shown
        });
        taken.collect()
    }

    #[test]
    fn every_other_frame_is_left_out_at_once_and_comes_back_where_it_needs_none_before_it() {
        let mut ceiling = Ceiling::default();
        let (yes, no) = (true, false);
        assert_eq!(shown(&mut ceiling, &[(0, no), (2, no), (1, no), (2, no)], 1), [yes; 4]);
        ceiling.want_frames(Frames::Half);
        assert_eq!(shown(&mut ceiling, &[(0, no), (2, yes), (1, yes), (2, no)], 5), [yes, no, yes, no]);
        ceiling.want_frames(Frames::All);
        let back = shown(&mut ceiling, &[(0, no), (2, no), (1, yes), (2, no), (0, no), (2, yes), (1, no)], 9);
        assert_eq!(back, [yes, no, yes, no, yes, yes, yes]);
        // What is under way is ended as it was begun.
        assert_eq!(shown(&mut ceiling, &[(2, no)], 16), [yes]);
        ceiling.want_frames(Frames::Half);
        assert_eq!(shown(&mut ceiling, &[(2, no)], 16), [yes]);
        assert_eq!(shown(&mut ceiling, &[(2, no)], 17), [no]);
    }
}
