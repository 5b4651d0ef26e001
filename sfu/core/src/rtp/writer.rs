//! Writes headers behind what is in a buffer. Called once per forwarded packet, so it only appends.

use super::extension::{ONE_BYTE, TWO_BYTE};
use super::{HEADER_BYTES, PayloadType, Ssrc};
use crate::units::MediaTime;

/// What every header has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed {
    /// The payload type.
    pub(crate) payload_type: PayloadType,
    /// The marker bit.
    pub(crate) marker: bool,
    /// The sixteen bits of the number.
    pub(crate) sequence: u16,
    /// The timestamp.
    pub(crate) time: MediaTime,
    /// The stream.
    pub(crate) ssrc: Ssrc,
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Numbers to 14 and one to sixteen bytes.
    OneByte,
    /// Numbers to 255 and up to 255 bytes.
    TwoByte,
}

impl Form {
    /// The shorter form that carries an element of so many bytes. One header has one form; a stream may mix them, as
    /// every answer says (RFC 8285 section 6).
    pub(crate) fn carrying(bytes: usize) -> Self {
        if bytes <= SHORT_ELEMENT_BYTES_MAX { Self::OneByte } else { Self::TwoByte }
    }
}

/// What an element of the short form carries.
const SHORT_ELEMENT_BYTES_MAX: usize = 16;

/// A header under way.
#[derive(Debug)]
pub(crate) struct HeaderWriter<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
    form: Form,
}

impl<'a> HeaderWriter<'a> {
    /// Begins a header behind what is there.
    pub(crate) fn begin(buffer: &'a mut Vec<u8>, fixed: &Fixed, form: Form) -> Self {
        let start = buffer.len();
        let [s0, s1] = fixed.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = fixed.time.rtp().to_be_bytes();
        let [c0, c1, c2, c3] = fixed.ssrc.get().to_be_bytes();
        let second = fixed.payload_type.get() | if fixed.marker { 0x80 } else { 0 };
        let [p0, p1] = match form {
            Form::OneByte => ONE_BYTE.to_be_bytes(),
            Form::TwoByte => TWO_BYTE.to_be_bytes(),
        };
        // The extension block's length is filled in at the end.
        buffer.extend_from_slice(&[0x90, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3, p0, p1, 0, 0]);
        Self { buffer, start, form }
    }

    /// Adds an element and gives the bytes that were written. One that has no form here is left out: an unknown number,
    /// or bytes too many for it.
    pub(crate) fn element(&mut self, id: Option<u8>, value: &[u8]) -> Option<&mut [u8]> {
        let (id, length) = (id?, u8::try_from(value.len()).ok()?);
        match self.form {
            Form::OneByte
                if (1..=14).contains(&id) && (1..=SHORT_ELEMENT_BYTES_MAX).contains(&value.len()) =>
            {
                self.buffer.push(id << 4 | (length - 1));
            }
            Form::TwoByte if id != 0 => self.buffer.extend_from_slice(&[id, length]),
            Form::OneByte | Form::TwoByte => return None,
        }
        let start = self.buffer.len();
        self.buffer.extend_from_slice(value);
        self.buffer.get_mut(start..)
    }

    /// Ends the header; gives its length.
    pub(crate) fn finish(self) -> usize {
        let elements = self.start + HEADER_BYTES + 4;
        let end = elements + (self.buffer.len() - elements).next_multiple_of(4);
        self.buffer.resize(end, 0);
        let words = u16::try_from((end - elements) / 4).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(place) = self.buffer.get_mut(elements - 2..elements) {
            place.copy_from_slice(&words);
        }
        end - self.start
    }
}
