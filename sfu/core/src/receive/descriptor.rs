//! Reads the payload descriptors of the video codecs: does a keyframe start here, and where are the numbers that
//! must run on when another source takes over a slot? Pure functions on bytes from the network.

mod av1;
mod dependency;
mod h264;
mod vp8;
mod vp9;

pub(crate) use av1::av1;
pub(crate) use dependency::{Dependency, NUMBER_OFFSET, Structure, frame_number};
pub(crate) use h264::h264;
pub(crate) use vp8::vp8;
pub(crate) use vp9::vp9;

/// A picture number inside a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureId {
    /// Its value.
    pub(crate) value: u16,
    /// Whether it has fifteen bits; otherwise seven.
    pub(crate) long: bool,
    /// Where it starts.
    pub(crate) offset: usize,
}

/// A number of up to eight bits inside a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SmallNumber {
    /// The whole byte that carries it.
    pub(crate) byte: u8,
    /// Where it is.
    pub(crate) offset: usize,
}

/// A packet's place among the spatial layers of its picture (RFC 9628 section 4.2; AV1 tells the same by its templates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spatial {
    /// Which layer, zero the smallest.
    pub(crate) layer: u8,
    /// B: the layer's frame begins here.
    pub(crate) begins: bool,
    /// E: it ends here.
    pub(crate) ends: bool,
    /// P: it needs a frame of an earlier picture.
    pub(crate) inter: bool,
    /// N_S: the highest layer of the stream, where it is told.
    pub(crate) highest: Option<u8>,
}

/// A packet's place among the temporal layers of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Temporal {
    /// Which layer, zero the slowest.
    pub(crate) layer: u8,
    /// Whether its picture begins here.
    pub(crate) begins: bool,
    /// Who was shown all below its own layer may be shown everything up to this one from its picture on.
    pub(crate) opens: u8,
    /// The highest layer of the stream, as far as that is known.
    pub(crate) highest: u8,
}

impl Temporal {
    /// Whether it can be left out without harm to what is of the layers below.
    pub(crate) fn is_extra(&self) -> bool {
        self.highest > 0 && self.layer == self.highest
    }

    /// Whether who was shown all but the highest layer may be shown that too from its picture on.
    pub(crate) fn opens_extra(&self) -> bool {
        self.opens >= self.highest
    }
}

/// What a video payload says about its place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Descriptor {
    /// The first packet of a frame that can be decoded without any before it.
    pub(crate) starts_keyframe: bool,
    /// The frame's number.
    pub(crate) picture_id: Option<PictureId>,
    /// The number of the last frame of the lowest temporal layer.
    pub(crate) tl0_index: Option<SmallNumber>,
    /// The number of the last VP8 temporal keyframe, in the low five bits.
    pub(crate) key_index: Option<SmallNumber>,
    /// The frame's number in AV1's dependency descriptor, which is no part of the payload.
    pub(crate) frame_number: Option<u16>,
    /// Its spatial layer, where VP9 or AV1 tells one.
    pub(crate) spatial: Option<Spatial>,
    /// Its temporal layer, where one is told.
    pub(crate) temporal: Option<Temporal>,
}

impl Descriptor {
    /// Whether a receiver takes a picture number that is left out for a missing picture, as VP8's do. Elsewhere pictures
    /// name those they are built on by their numbers, which must stay.
    pub(crate) fn counts_pictures(&self) -> bool {
        self.temporal.is_some() && self.spatial.is_none()
    }

    /// Whether a picture begins with it.
    pub(crate) fn begins_picture(&self) -> bool {
        let lowest = self.spatial.is_some_and(|spatial| spatial.layer == 0 && spatial.begins);
        self.temporal.map_or(lowest, |temporal| temporal.begins)
    }
}

/// Every layer there is a number for: what can be decoded alone opens all.
pub(crate) const OPENS_ALL: u8 = 7;

/// Why a payload could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DescriptorError {
    /// It ends inside its descriptor, or has nothing after it.
    #[error("the payload is cut inside its descriptor")]
    Cut,
}

/// A position in a payload that can only move forward.
struct Reader<'a> {
    payload: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn new(payload: &'a [u8]) -> Self {
        Self { payload, offset: 0 }
    }

    fn byte(&mut self) -> Result<u8, DescriptorError> {
        let byte = self.payload.get(self.offset).copied().ok_or(DescriptorError::Cut)?;
        self.offset += 1;
        Ok(byte)
    }

    fn skip(&mut self, bytes: usize) {
        self.offset = self.offset.saturating_add(bytes);
    }

    /// What follows; an error when nothing does.
    fn rest(&self) -> Result<&'a [u8], DescriptorError> {
        self.payload.get(self.offset..).filter(|rest| !rest.is_empty()).ok_or(DescriptorError::Cut)
    }

    fn small(&mut self) -> Result<SmallNumber, DescriptorError> {
        let offset = self.offset;
        Ok(SmallNumber { byte: self.byte()?, offset })
    }

    /// A picture number, whose first bit tells its width in VP8 and in VP9 alike.
    fn picture_id(&mut self) -> Result<PictureId, DescriptorError> {
        let offset = self.offset;
        let high = self.byte()?;
        if high & 0x80 == 0 {
            return Ok(PictureId { value: u16::from(high), long: false, offset });
        }
        let low = self.byte()?;
        Ok(PictureId { value: u16::from(high & 0x7F) << 8 | u16::from(low), long: true, offset })
    }
}

#[cfg(test)]
mod tests;
