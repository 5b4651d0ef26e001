//! What every packet says of itself in its last bytes: who made it, of which source, as the how many-th and when. A node
//! forwards payloads as they are, so whoever receives one knows how long it was on its way and what is missing.

use serde::Serialize;
use std::fmt;

/// A stamp's bytes.
pub(crate) const STAMP_BYTES: usize = 25;
/// How a stamp begins; filler never looks like it.
const MAGIC: [u8; 4] = *b"gbst";
/// Letters of a name that fit in.
const NAME_BYTES: usize = 8;

/// Whose packet it is: the first letters of a site's code or a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name([u8; NAME_BYTES]);

/// Of which source a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// A microphone.
    Voice,
    /// A camera, any layer of it.
    Camera,
    /// A shared screen.
    Screen,
}

/// A packet's stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Who made it.
    pub(crate) name: Name,
    /// Of which source.
    pub(crate) kind: Kind,
    /// Wall time, nanoseconds; all ends are on one machine.
    pub(crate) nanos: u64,
    /// The how many-th of its stream.
    pub(crate) number: u32,
}

impl Name {
    /// Of a text; what is too long is cut.
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = [0; NAME_BYTES];
        bytes.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        Self(bytes)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(String::from_utf8_lossy(&self.0).trim_end_matches('\0'))
    }
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Voice => 1,
            Self::Camera => 2,
            Self::Screen => 3,
        }
    }

    fn read(byte: u8) -> Option<Self> {
        [Self::Voice, Self::Camera, Self::Screen].into_iter().find(|kind| kind.byte() == byte)
    }
}

impl Stamp {
    /// Writes it over the end of a payload that has more room than that.
    pub(crate) fn write(&self, payload: &mut [u8]) {
        let Some(start) = payload.len().checked_sub(STAMP_BYTES) else { return };
        let bytes = MAGIC
            .into_iter()
            .chain(self.name.0)
            .chain([self.kind.byte()])
            .chain(self.nanos.to_be_bytes())
            .chain(self.number.to_be_bytes());
        payload.iter_mut().skip(start).zip(bytes).for_each(|(place, byte)| *place = byte);
    }

    /// Reads the one at the end of a payload.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (_, bytes) = payload.split_last_chunk::<STAMP_BYTES>()?;
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (name, rest) = rest.split_first_chunk::<NAME_BYTES>()?;
        let (kind, rest) = rest.split_first()?;
        let (nanos, number) = rest.split_first_chunk::<8>()?;
        Some(Self {
            name: Name(*name),
            kind: Kind::read(*kind)?,
            nanos: u64::from_be_bytes(*nanos),
            number: u32::from_be_bytes(number.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_filler_is_not_a_stamp() {
        let mut payload = vec![0x55; 80];
        assert_eq!(Stamp::read(&payload), None);
        let stamp = Stamp { name: Name::new("51101"), kind: Kind::Screen, nanos: u64::MAX - 7, number: 9 };
        stamp.write(&mut payload);
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!((payload[0], payload.len(), stamp.name.to_string().as_str()), (0x55, 80, "51101"));
        assert_eq!(Name::new("a-name-that-is-long").to_string(), "a-name-t");
        let mut short = [0x55; STAMP_BYTES - 1];
        stamp.write(&mut short);
        assert_eq!(short, [0x55; STAMP_BYTES - 1]);
        assert_eq!(Stamp::read(&short), None);
    }
}
