//! H.264's units in RTP (RFC 6184): alone, aggregated without a decoding order (STAP-A) or fragmented (FU-A).

use super::{Descriptor, DescriptorError};

/// A sequence parameter set.
const PARAMETERS: u8 = 7;
/// STAP-A.
const AGGREGATE: u8 = 24;
/// FU-A.
const FRAGMENT: u8 = 28;
/// The type of a unit in its first byte, or behind the head of a fragment.
const TYPE: u8 = 0x1F;
/// S of a fragment: the unit begins with it.
const BEGINS: u8 = 0x80;

/// Reads it. A keyframe starts with the sequence parameters: a decoder that showed another source cannot begin with
/// an instantaneous refresh alone, since it would decode it by the other's parameters. Browsers put them in front of
/// every refresh.
pub(crate) fn h264(payload: &[u8]) -> Result<Descriptor, DescriptorError> {
    let (first, rest) = payload.split_first().ok_or(DescriptorError::Cut)?;
    let starts_keyframe = match first & TYPE {
        AGGREGATE => aggregates_parameters(rest)?,
        FRAGMENT => {
            let head = *rest.first().ok_or(DescriptorError::Cut)?;
            head & BEGINS != 0 && head & TYPE == PARAMETERS
        }
        unit => unit == PARAMETERS,
    };
    Ok(Descriptor { starts_keyframe, ..Descriptor::default() })
}

/// Whether any unit of an aggregation packet is a parameter set; all of them are walked, so that one that lies about
/// its length is refused.
fn aggregates_parameters(mut rest: &[u8]) -> Result<bool, DescriptorError> {
    let mut found = false;
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (unit, tail) = tail.split_at_checked(length).ok_or(DescriptorError::Cut)?;
        found |= unit.first().is_some_and(|first| first & TYPE == PARAMETERS);
        rest = tail;
    }
    Ok(found)
}
