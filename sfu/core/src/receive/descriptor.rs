//! Reads the payload descriptors of the video codecs: does a keyframe start here, and where are the numbers that
//! must run on when another source takes over a slot? Pure functions on bytes from the network.

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
}

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

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, DescriptorError> {
        let byte = self.payload.get(self.offset).copied().ok_or(DescriptorError::Cut)?;
        self.offset += 1;
        Ok(byte)
    }

    fn small(&mut self) -> Result<SmallNumber, DescriptorError> {
        let offset = self.offset;
        Ok(SmallNumber { byte: self.byte()?, offset })
    }

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

/// RFC 7741 section 4.2 and, for the frame header behind it, RFC 6386 section 9.1.
pub(crate) fn vp8(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let mut reader = Reader { payload, offset: 0 };
    let mut found = Descriptor::default();
    let required = reader.byte()?;
    if required & 0x80 != 0 {
        let extension = reader.byte()?;
        if extension & 0x80 != 0 {
            found.picture_id = Some(reader.picture_id()?);
        }
        if extension & 0x40 != 0 {
            found.tl0_index = Some(reader.small()?);
        }
        if extension & 0x30 != 0 {
            let byte = reader.small()?;
            found.key_index = (extension & 0x10 != 0).then_some(byte);
        }
    }
    let header = reader.byte()?;
    let starts_frame = required & 0x10 != 0 && required & 0x07 == 0;
    found.starts_keyframe = starts_frame && header & 0x01 == 0;
    Ok(found)
}

/// RFC 9628 section 4.2.
pub(crate) fn vp9(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let mut reader = Reader { payload, offset: 0 };
    let mut found = Descriptor::default();
    let required = reader.byte()?;
    let (has_picture_id, inter, has_layers) =
        (required & 0x80 != 0, required & 0x40 != 0, required & 0x20 != 0);
    let (flexible, starts_frame) = (required & 0x10 != 0, required & 0x08 != 0);
    if has_picture_id {
        found.picture_id = Some(reader.picture_id()?);
    }
    let mut spatial = 0;
    if has_layers {
        spatial = reader.byte()? >> 1 & 0x07;
        if !flexible {
            found.tl0_index = Some(reader.small()?);
        }
    }
    if payload.len() <= reader.offset {
        return Err(DescriptorError::Cut);
    }
    found.starts_keyframe = starts_frame && !inter && spatial == 0;
    Ok(found)
}

/// RFC 6184: a sequence parameter set or the start of an instantaneous refresh, alone, aggregated or fragmented.
pub(crate) fn h264(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    const REFRESH: u8 = 5;
    const PARAMETERS: u8 = 7;
    const AGGREGATE: u8 = 24;
    const FRAGMENT: u8 = 28;
    let (first, rest) = payload.split_first().ok_or(DescriptorError::Cut)?;
    let refreshes = |unit: u8| matches!(unit & 0x1F, REFRESH | PARAMETERS);
    let starts_keyframe = match first & 0x1F {
        AGGREGATE => aggregated(rest)?.any(refreshes),
        FRAGMENT => {
            let header = *rest.first().ok_or(DescriptorError::Cut)?;
            header & 0x80 != 0 && refreshes(header)
        }
        unit => refreshes(unit),
    };
    Ok(Descriptor { starts_keyframe, ..Descriptor::default() })
}

/// The header bytes of the units in an aggregation packet.
fn aggregated(mut rest: &[u8]) -> Result<impl Iterator<Item = u8>, DescriptorError> {
    let mut headers = Vec::new();
    while let Some((length, tail)) = rest.split_at_checked(2) {
        let length =
            usize::from(u16::from_be_bytes([*length.first().unwrap_or(&0), *length.get(1).unwrap_or(&0)]));
        let (unit, tail) = tail.split_at_checked(length).ok_or(DescriptorError::Cut)?;
        headers.extend(unit.first());
        rest = tail;
    }
    Ok(headers.into_iter())
}

/// AV1 RTP specification section 4.4: the N bit marks the first packet of a coded video sequence.
pub(crate) fn av1(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let (aggregation, rest) = payload.split_first().ok_or(DescriptorError::Cut)?;
    if rest.is_empty() {
        return Err(DescriptorError::Cut);
    }
    let (continues, new_sequence) = (aggregation & 0x80 != 0, aggregation & 0x08 != 0);
    Ok(Descriptor { starts_keyframe: new_sequence && !continues, ..Descriptor::default() })
}

#[cfg(test)]
mod tests;
