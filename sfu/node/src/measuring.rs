//! The node's batched I/O, opened to benches only.

use crate::{
    config::{ListenAddress, NodeError, Offload},
    metrics::SocketCounters,
    socket::{Burst, MediaSocket, ReceiveBatch, Received},
};
use std::net::{IpAddr, SocketAddr};

/// A media socket.
#[derive(Debug)]
pub struct Probe(MediaSocket);

/// A batch to receive into; a worker has one for all its sockets.
#[derive(Debug)]
pub struct Room(ReceiveBatch);

impl Room {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it takes megabytes; nothing that happens in passing")]
    pub fn new() -> Self {
        Self(ReceiveBatch::new())
    }
}

impl Probe {
    /// A socket on a port the system chooses.
    pub fn bind(address: IpAddr, offload: Offload) -> Result<Self, NodeError> {
        MediaSocket::bind(ListenAddress::same(address), 0, offload).map(Self)
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.0.announced()
    }

    /// Sends one burst to each destination; tells how many datagrams the kernel took.
    pub fn send(&self, destinations: &[SocketAddr], contents: &[u8], segment: usize) -> u64 {
        let mut counters = SocketCounters::default();
        let bursts =
            destinations.iter().map(|destination| Burst { destination: *destination, contents, segment });
        self.0.send(bursts, &mut counters);
        counters.sent_datagrams
    }

    /// Receives a batch; tells how many datagrams it was.
    pub fn receive(&self, room: &mut Room) -> u64 {
        match room.0.receive(&self.0) {
            Received::Messages(_) => room.0.datagrams().count() as u64,
            Received::Empty | Received::Failed => 0,
        }
    }
}
