//! Which spatial layers of a stream a slot shows (VP9 SVC, RFC 9628). A picture is a layer's frame after the other, each
//! built on the one below or on its own past. Falling takes effect with the next picture; climbing needs a frame that is not
//! built on pictures the viewer never got, and is waited for until a keyframe brings one of every layer.

use super::Arrival;
use crate::receive::descriptor::Spatial;
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
    /// The picture under way, once all that follows of it is above what is shown.
    above: Option<Above>,
}

/// A picture of which only what is not shown can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Above {
    time: MediaTime,
    picture: Option<u16>,
}

impl Ceiling {
    /// Wants layers up to this one.
    pub(crate) fn want(&mut self, layer: Option<u8>) {
        self.wanted = layer;
    }

    /// Another stretch begins, with numbers and pictures of its own.
    pub(crate) fn begin(&mut self) {
        *self = Self { wanted: self.wanted, ..Self::default() };
    }

    /// Whether whatever comes is wanted.
    pub(crate) fn is_open(&self) -> bool {
        self.wanted.is_none()
    }

    /// Whether a keyframe is needed to show what is wanted.
    pub(crate) fn climbs(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted > self.reached)
    }

    /// Whether what is missing before a packet that comes behind all others lies above the ceiling: the same picture was
    /// above it already, or this is the beginning of the next one.
    pub(crate) fn hides_what_is_missing(&self, arrival: &Arrival, spatial: Spatial) -> bool {
        let Some(above) = self.above else { return false };
        let next = above.picture.zip(picture(arrival)).is_some_and(|(before, now)| is_next(before, now));
        above.time == arrival.time || spatial.layer == 0 && spatial.begins && next
    }

    /// Whether a packet is shown that comes behind all before it.
    pub(crate) fn takes(&mut self, arrival: &Arrival, spatial: Spatial) -> bool {
        let shown = self.reaches(arrival.seq, spatial);
        let hidden = !shown || self.ends(spatial);
        self.above = hidden.then(|| Above { time: arrival.time, picture: picture(arrival) });
        shown
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

    /// Whether a packet is shown that others have overtaken.
    pub(crate) fn takes_late(&self, seq: SeqNo, spatial: Spatial) -> bool {
        self.shows(spatial) && (spatial.layer == 0 || self.risen.is_none_or(|risen| seq > risen))
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

/// The number of a packet's picture, if it has fifteen bits of it.
fn picture(arrival: &Arrival) -> Option<u16> {
    arrival.descriptor.picture_id.filter(|id| id.long).map(|id| id.value)
}

/// Whether no picture lies between two.
fn is_next(before: u16, now: u16) -> bool {
    now.wrapping_sub(before) & 0x7FFF == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::descriptor::Descriptor;

    fn takes(ceiling: &mut Ceiling, spatial: Spatial) -> bool {
        let descriptor = Descriptor { spatial: Some(spatial), ..Descriptor::default() };
        let (seq, time) = (SeqNo::new(1), MediaTime::new(1));
        ceiling.takes(&Arrival { at: crate::testing::epoch(), seq, time, descriptor }, spatial)
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
}
