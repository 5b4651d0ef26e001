//! VP9's payload descriptor (RFC 9628 section 4.2), in flexible and in non-flexible mode, to the end of its scalability
//! structure.

use super::{Descriptor, DescriptorError, OPENS_ALL, Reader, Spatial, Temporal};

/// I: a picture number follows.
const HAS_PICTURE: u8 = 0x80;
/// P: the frame needs one of an earlier picture.
const INTER: u8 = 0x40;
/// L: layer numbers follow.
const HAS_LAYERS: u8 = 0x20;
/// F: references are named one by one.
const FLEXIBLE: u8 = 0x10;
/// B: a layer's frame begins here.
const BEGINS: u8 = 0x08;
/// E: it ends here.
const ENDS: u8 = 0x04;
/// V: the scalability structure follows.
const HAS_STRUCTURE: u8 = 0x02;
/// U: its picture needs nothing of its temporal layer or above.
const SWITCHING_UP: u8 = 0x10;
/// References one frame may name.
const REFERENCES_MAX: usize = 3;

/// Reads it.
pub(crate) fn vp9(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let mut reader = Reader::new(payload);
    let mut found = Descriptor::default();
    let required = reader.byte()?;
    let has = |flag: u8| required & flag != 0;
    if has(HAS_PICTURE) {
        found.picture_id = Some(reader.picture_id()?);
    }
    let mut spatial = 0;
    if has(HAS_LAYERS) {
        // TID, three bits; U; SID, three bits; D.
        let layers = reader.byte()?;
        spatial = layers >> 1 & 0x07;
        let (begins, ends, inter) = (has(BEGINS), has(ENDS), has(INTER));
        found.spatial = Some(Spatial { layer: spatial, begins, ends, inter, highest: None });
        let layer = layers >> 5;
        let opens = match inter {
            false if spatial == 0 => OPENS_ALL,
            _ if layers & SWITCHING_UP != 0 => layer,
            _ => 0,
        };
        found.temporal = Some(Temporal { layer, begins: begins && spatial == 0, opens, highest: layer });
        if !has(FLEXIBLE) {
            found.tl0_index = Some(reader.small()?);
        }
    }
    if has(FLEXIBLE) && has(INTER) {
        for _ in 0..REFERENCES_MAX {
            // P_DIFF, seven bits; N: another follows.
            if reader.byte()? & 0x01 == 0 {
                break;
            }
        }
    }
    if has(HAS_STRUCTURE) {
        let highest = structure(&mut reader)?;
        found.spatial = found.spatial.map(|spatial| Spatial { highest: Some(highest), ..spatial });
    }
    reader.rest()?;
    found.starts_keyframe = has(BEGINS) && !has(INTER) && spatial == 0;
    Ok(found)
}

/// Steps over the scalability structure: N_S, Y and G, then the sizes of the layers, then the group of pictures. Gives
/// the number of the highest layer.
fn structure(reader: &mut Reader<'_>) -> Result<u8, DescriptorError> {
    let head = reader.byte()?;
    let layers = usize::from(head >> 5) + 1;
    if head & 0x10 != 0 {
        reader.skip(layers * 4);
    }
    if head & 0x08 != 0 {
        for _ in 0..reader.byte()? {
            // TID, three bits; U; R, two bits: how many references follow.
            let references = reader.byte()? >> 2 & 0x03;
            reader.skip(references.into());
        }
    }
    Ok(head >> 5)
}
