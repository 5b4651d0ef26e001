//! A batch of datagrams received in one system call. Its memory is taken once; each datagram lies in it until the
//! next call, to be changed in place.

use super::{
    BATCH_MESSAGES, MediaSocket,
    system::{self, MessageIn},
};
use crate::clock;
use std::{
    io,
    net::SocketAddr,
    os::fd::AsFd,
    time::{Duration, Instant},
};

/// The largest message: datagrams the kernel joined are at most one largest IP packet together. A single one that is
/// too large for the engine is received whole, so that the engine sees, refuses and counts it.
const MESSAGE_MAX_BYTES: usize = 65_536;

/// What a message has of the batch's memory: its largest size and 21 cache lines. Were the shares a power of two apart,
/// the first kilobyte of every message, nearly always all of it, would compete for the same sets of the cache.
/// What is never written, nearly all of it, is never resident.
const SHARE_BYTES: usize = MESSAGE_MAX_BYTES + 21 * 64;

/// A time of arrival further back than this says that the wall clock was set, not that the datagram waited: the kernel's
/// buffer does not hold a second of media.
const WAITED_MAX: Duration = Duration::from_secs(1);

/// What one attempt to receive gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many messages, each a datagram or several joined.
    Messages(u64),
    /// Nothing has arrived.
    Empty,
    /// The system refused; what it has to say about an unconnected socket concerns no peer.
    Failed,
}

/// One datagram of a batch.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    /// Who sent it.
    pub(crate) source: SocketAddr,
    /// When the kernel had it, or when it was read where the kernel does not say.
    pub(crate) arrived: Instant,
    /// Its bytes.
    pub(crate) contents: &'a mut [u8],
}

/// Room for a batch, and the last batch received.
#[derive(Debug)]
pub(crate) struct ReceiveBatch {
    room: Vec<u8>,
    messages: [MessageIn; BATCH_MESSAGES],
    received: usize,
    /// When the last batch was read, and the wall clock then, in which the kernel says when a message came.
    read: Instant,
    read_wall: Duration,
}

impl ReceiveBatch {
    /// Room for a batch, empty.
    pub(crate) fn new() -> Self {
        Self {
            room: vec![0; BATCH_MESSAGES * SHARE_BYTES],
            messages: [MessageIn::default(); BATCH_MESSAGES],
            received: 0,
            read: clock::now(),
            read_wall: clock::wall(),
        }
    }

    /// Replaces the batch by what has arrived at a socket.
    pub(crate) fn receive(&mut self, socket: &MediaSocket) -> Received {
        self.received = 0;
        let received = loop {
            let descriptor = socket.socket.as_fd();
            match system::receive(descriptor, &mut self.messages, &mut self.room, SHARE_BYTES) {
                Ok(received) => break received,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Empty,
                Err(_) => return Received::Failed,
            }
        };
        self.received = received;
        (self.read, self.read_wall) = (clock::now(), clock::wall());
        Received::Messages(received as u64)
    }

    /// The datagrams, in the order they came, joined ones cut apart again.
    pub(crate) fn datagrams(&mut self) -> impl Iterator<Item = Incoming<'_>> {
        let read = (self.read, self.read_wall);
        let shares = self.room.chunks_exact_mut(SHARE_BYTES);
        let messages = self.messages.iter().take(self.received).zip(shares);
        messages.filter_map(move |(message, share)| datagrams_of(message, share, read)).flatten()
    }
}

/// The datagrams of one message. Its sender is of the socket's family, so there is always one to name.
fn datagrams_of<'a>(
    message: &MessageIn,
    share: &'a mut [u8],
    (read, read_wall): (Instant, Duration),
) -> Option<impl Iterator<Item = Incoming<'a>>> {
    let source = message.address.parse()?;
    let said = message.control.read();
    let waited = said.arrived.and_then(|arrived| read_wall.checked_sub(arrived));
    let waited = waited.filter(|waited| *waited <= WAITED_MAX).unwrap_or_default();
    let arrived = read.checked_sub(waited).unwrap_or(read);
    let contents = share.get_mut(..message.length)?;
    // A datagram without a single byte is one nevertheless.
    let empty = contents.is_empty().then(<&mut [u8]>::default);
    let parts = contents.chunks_mut(said.segment.unwrap_or(MESSAGE_MAX_BYTES)).chain(empty);
    Some(parts.map(move |contents| Incoming { source, arrived, contents }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{ListenAddress, Offload},
        metrics::SocketCounters,
        socket::Burst,
    };
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn the_kernel_says_when_a_datagram_came_and_is_believed_within_reason() {
        let listen = ListenAddress::same(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let socket = MediaSocket::bind(listen, 0, Offload::Automatic).unwrap();
        let burst = Burst { destination: socket.announced(), contents: b"x", segment: 1 };
        socket.send([burst], &mut SocketCounters::default());
        let mut batch = ReceiveBatch::new();
        assert_eq!(batch.receive(&socket), Received::Messages(1));
        let stamp = batch.messages[0].control.read().arrived.unwrap();

        let ms = Duration::from_millis;
        let read = batch.read + ms(2_000);
        for (wall, waited) in [
            (stamp, ms(0)),
            (stamp + ms(3), ms(3)),
            (stamp + ms(1_000), ms(1_000)),
            // The wall clock was set forth, or back.
            (stamp + ms(1_001), ms(0)),
            (stamp - ms(1), ms(0)),
        ] {
            (batch.read, batch.read_wall) = (read, wall);
            assert_eq!(batch.datagrams().next().unwrap().arrived, read - waited);
        }
    }
}
