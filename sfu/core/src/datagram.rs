//! What comes from and goes to a socket, named by address and nothing else.

use std::net::SocketAddr;

/// Largest datagram the engine reads. Larger ones are dropped and counted: an Ethernet frame holds 1,500 bytes,
/// and WebRTC stacks send at most about 1,200.
pub const DATAGRAM_MAX_BYTES: usize = 2_000;

/// One received datagram.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// The local address it came to.
    pub destination: SocketAddr,
    /// Its bytes.
    pub contents: &'a [u8],
}

/// One datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The local address to send from.
    pub source: SocketAddr,
    /// Where to.
    pub destination: SocketAddr,
    /// Its bytes.
    pub contents: Vec<u8>,
}
