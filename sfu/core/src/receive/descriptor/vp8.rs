//! VP8's payload descriptor (RFC 7741 section 4.2) and the bit of the frame header behind it that tells a keyframe
//! (RFC 6386 section 9.1).

use super::{Descriptor, DescriptorError, OPENS_ALL, Reader, Temporal};

/// X: the second byte is there.
const EXTENDED: u8 = 0x80;
/// S: a partition starts here.
const STARTS: u8 = 0x10;
/// PID: which partition; the first carries the frame header.
const PARTITION: u8 = 0x07;
/// I: a picture number follows.
const HAS_PICTURE: u8 = 0x80;
/// L: the index of the lowest temporal layer follows.
const HAS_TL0: u8 = 0x40;
/// T and K share one byte: the temporal layer with its sync bit, and the keyframe index.
const HAS_TEMPORAL: u8 = 0x20;
const HAS_KEY: u8 = 0x10;
/// Y: it needs nothing above the lowest temporal layer.
const SYNCED: u8 = 0x20;
/// P in the frame header: it needs a frame before it.
const INTER: u8 = 0x01;

/// Reads it.
pub(crate) fn vp8(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let mut reader = Reader::new(payload);
    let mut found = Descriptor::default();
    let required = reader.byte()?;
    let starts_frame = required & STARTS != 0 && required & PARTITION == 0;
    if required & EXTENDED != 0 {
        let extension = reader.byte()?;
        if extension & HAS_PICTURE != 0 {
            found.picture_id = Some(reader.picture_id()?);
        }
        if extension & HAS_TL0 != 0 {
            found.tl0_index = Some(reader.small()?);
        }
        if extension & (HAS_TEMPORAL | HAS_KEY) != 0 {
            let byte = reader.small()?;
            found.key_index = (extension & HAS_KEY != 0).then_some(byte);
            found.temporal = (extension & HAS_TEMPORAL != 0).then(|| temporal(byte.byte, starts_frame));
        }
    }
    let header = reader.byte()?;
    found.starts_keyframe = starts_frame && header & INTER == 0;
    if let Some(temporal) = found.temporal.as_mut().filter(|_| found.starts_keyframe) {
        temporal.opens = OPENS_ALL;
    }
    Ok(found)
}

/// TID, two bits; Y.
fn temporal(byte: u8, begins: bool) -> Temporal {
    let layer = byte >> 6;
    let opens = if byte & SYNCED != 0 { layer } else { 0 };
    Temporal { layer, begins, opens, highest: layer }
}
