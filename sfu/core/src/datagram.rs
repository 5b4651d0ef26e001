//! What comes from and goes to a socket, named by address and nothing else.

use std::net::SocketAddr;

/// Largest datagram the engine reads. Larger ones are dropped and counted: an Ethernet frame holds 1,500 bytes,
/// and WebRTC stacks send at most about 1,200.
pub const DATAGRAM_MAX_BYTES: usize = 2_000;

/// One received datagram. Its bytes are the engine's to change: media is decrypted where it lies.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// The local address it came to.
    pub destination: SocketAddr,
    /// Its bytes.
    pub contents: &'a mut [u8],
}

/// Datagrams to send to one destination, one behind the other in an [`Arena`]. All have `segment` bytes but the
/// last, which may be shorter, so that a kernel that can cuts them apart itself (UDP GSO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit {
    /// The local address to send from.
    pub source: SocketAddr,
    /// Where to.
    pub destination: SocketAddr,
    /// Where its bytes begin in the arena.
    pub start: usize,
    /// How many bytes there are in all.
    pub length: usize,
    /// How many bytes each datagram has.
    pub segment: usize,
}

impl Transmit {
    /// How many datagrams it is.
    pub fn datagrams(&self) -> usize {
        self.length.div_ceil(self.segment.max(1))
    }
}

/// Bytes on their way out. The shell owns it: the engine writes behind what is there, the shell clears it when it
/// has sent what it was told of, and nothing is allocated once it has grown.
#[derive(Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
}

impl Arena {
    /// An empty arena with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// The bytes of a transmit; none once the arena was cleared.
    pub fn contents(&self, transmit: &Transmit) -> &[u8] {
        let end = transmit.start.saturating_add(transmit.length);
        self.bytes.get(transmit.start..end).unwrap_or_default()
    }

    /// Some of its bytes.
    pub(crate) fn range(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Forgets everything; what was told of before is gone.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How many bytes wait in it.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What the engine writes behind.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

/// A single datagram made outside the packet path: STUN, DTLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The local address to send from.
    pub(crate) source: SocketAddr,
    /// Where to.
    pub(crate) destination: SocketAddr,
    /// Its bytes.
    pub(crate) contents: Vec<u8>,
}

impl Letter {
    /// Copies it into an arena.
    pub(crate) fn post(&self, arena: &mut Arena) -> Transmit {
        let start = arena.len();
        arena.bytes_mut().extend_from_slice(&self.contents);
        let length = self.contents.len();
        Transmit { source: self.source, destination: self.destination, start, length, segment: length }
    }
}
