//! RTP packets on the wire (RFC 3550 section 5.1): reads a header without copying it, writes one without allocating.

mod extension;
pub(crate) mod red;
mod writer;

pub(crate) use extension::Extensions;
pub(crate) use writer::{Fixed, Form, HeaderWriter};

use std::fmt;

/// The fixed part of a header.
pub(crate) const HEADER_BYTES: usize = 12;

/// The number of a stream, chosen by its sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ssrc(u32);

impl Ssrc {
    /// Wraps the header field.
    pub(crate) const fn new(ssrc: u32) -> Self {
        Self(ssrc)
    }

    /// The header field.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ssrc({:#010x})", self.0)
    }
}

/// What the client calls a format by, seven bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PayloadType(u8);

impl PayloadType {
    /// Wraps the header field; its eighth bit is not part of it.
    pub(crate) const fn new(payload_type: u8) -> Self {
        Self(payload_type & 0x7F)
    }

    /// The header field.
    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}

/// Why bytes are no RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtpError {
    /// They end inside the header.
    #[error("the packet ends inside its header")]
    Cut,
    /// The version is not 2.
    #[error("the packet is not of version 2")]
    Version,
}

/// What a header says, and where its parts lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RtpHeader {
    /// The P bit: the payload ends with padding that counts itself.
    pub(crate) padded: bool,
    /// The marker bit.
    pub(crate) marker: bool,
    /// The payload type.
    pub(crate) payload_type: PayloadType,
    /// The sixteen bits of the number.
    pub(crate) sequence: u16,
    /// The timestamp.
    pub(crate) timestamp: u32,
    /// The stream.
    pub(crate) ssrc: Ssrc,
    /// The profile field of the extension block; zero when there is none.
    profile: u16,
    /// Where the extension elements begin.
    elements: usize,
    /// Where the payload begins.
    pub(crate) length: usize,
}

impl RtpHeader {
    /// Reads a header.
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, RtpError> {
        let fixed: &[u8; HEADER_BYTES] = packet.first_chunk().ok_or(RtpError::Cut)?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let mut length = HEADER_BYTES + 4 * usize::from(first & 0x0F);
        let mut profile = 0;
        let mut elements = length;
        if first & 0x10 != 0 {
            let block: &[u8; 4] = packet.get(length..).and_then(<[u8]>::first_chunk).ok_or(RtpError::Cut)?;
            let [p0, p1, w0, w1] = *block;
            profile = u16::from_be_bytes([p0, p1]);
            elements = length + 4;
            length = elements + 4 * usize::from(u16::from_be_bytes([w0, w1]));
        }
        if length > packet.len() {
            return Err(RtpError::Cut);
        }
        Ok(Self {
            padded: first & 0x20 != 0,
            marker: second & 0x80 != 0,
            payload_type: PayloadType::new(second),
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: Ssrc::new(u32::from_be_bytes([c0, c1, c2, c3])),
            profile,
            elements,
            length,
        })
    }

    /// The extension elements of the packet this header was read from.
    pub(crate) fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        Extensions::new(self.profile, packet.get(self.elements..self.length).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
