//! AV1's aggregation header (AV1 RTP specification section 4.4) and the head of the first unit behind it (AV1 bitstream
//! specification section 5.3.2).

use super::{Descriptor, DescriptorError, Reader};

/// Z: the first unit continues one of the packet before.
const CONTINUES: u8 = 0x80;
/// N: a coded video sequence begins.
const NEW_SEQUENCE: u8 = 0x08;
/// The type of the unit that describes a sequence.
const SEQUENCE: u8 = 1;
/// The type of the unit between pictures, which senders should leave out.
const DELIMITER: u8 = 2;
/// A number of seven bits a byte has at most this many bytes.
const LENGTH_BYTES_MAX: u32 = 8;

/// Reads it. A keyframe starts where a sequence begins and is described: a decoder cannot begin without.
pub(crate) fn av1(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let mut reader = Reader::new(payload);
    let aggregation = reader.byte()?;
    reader.rest()?;
    let begins = aggregation & NEW_SEQUENCE != 0 && aggregation & CONTINUES == 0;
    let starts_keyframe = begins && described(&mut reader, aggregation >> 4 & 0x03)?;
    Ok(Descriptor { starts_keyframe, ..Descriptor::default() })
}

/// Whether the first unit that is no delimiter describes the sequence. `units` is W: how many there are, of which the
/// last has no length in front, or zero when all have one.
fn described(reader: &mut Reader<'_>, units: u8) -> Result<bool, DescriptorError> {
    for place in 1..=u8::MAX {
        let length = if units == place { None } else { Some(length(reader)?) };
        // A bit that is zero; the type, four bits; whether layer numbers follow; whether a length does.
        let kind = *reader.rest()?.first().ok_or(DescriptorError::Cut)? >> 3 & 0x0F;
        match length {
            Some(length) if kind == DELIMITER => reader.skip(length),
            Some(_) | None => return Ok(kind == SEQUENCE),
        }
    }
    Ok(false)
}

/// A number of seven bits a byte, lowest first.
fn length(reader: &mut Reader<'_>) -> Result<usize, DescriptorError> {
    let mut value = 0;
    for place in 0..LENGTH_BYTES_MAX {
        let byte = reader.byte()?;
        value |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(DescriptorError::Cut)
}
