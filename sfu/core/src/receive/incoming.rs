//! A packet as it comes in: opened, its stream found, a repetition restored.

use crate::peer::Format;
use crate::rtp::Ssrc;
use crate::units::{MediaTime, SeqNo};

/// Header extensions that travel on from publisher to subscriber, as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Passed {
    /// RFC 6464: the whole byte, voice bit first.
    pub(crate) audio_level: Option<u8>,
    /// How the camera is held (3GPP TS 26.114).
    pub(crate) orientation: Option<u8>,
    /// When the frame was captured: eight bytes, or sixteen with the clock's offset.
    pub(crate) capture_time: Option<CaptureTime>,
}

/// The bytes of an absolute capture time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaptureTime {
    bytes: [u8; 16],
    long: bool,
}

impl CaptureTime {
    /// Takes the extension's bytes; none when they are neither eight nor sixteen.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        matches!(value.len(), 8 | 16).then_some(Self { bytes, long: value.len() == 16 })
    }

    /// The extension's bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.long { &self.bytes } else { self.bytes.get(..8).unwrap_or_default() }
    }
}

impl Passed {
    /// RFC 6464: 0 is loudest, 127 is silence.
    pub(crate) fn loudness(&self) -> Option<u8> {
        self.audio_level.map(|level| level & 0x7F)
    }
}

/// A media packet of a publisher, decrypted; retransmissions are restored.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    /// The stream it came on; it changes when the sender starts over.
    pub(crate) ssrc: Ssrc,
    /// Its number, roll-overs counted.
    pub(crate) seq: SeqNo,
    /// Its timestamp.
    pub(crate) time: MediaTime,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Its codec.
    pub(crate) format: Format,
    /// What else goes on.
    pub(crate) passed: Passed,
    /// AV1's dependency descriptor; empty when there is none.
    pub(crate) dependency: &'a [u8],
    /// The media; empty for padding.
    pub(crate) payload: &'a [u8],
}
