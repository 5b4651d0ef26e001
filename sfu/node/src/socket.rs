//! One UDP socket per listening address. It receives what has arrived and sends what it is given; it never
//! blocks and decides nothing.

use crate::{config::ListenAddress, config::NodeError};
use sfu_core::DATAGRAM_MAX_BYTES;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, BorrowedFd},
};

/// Kernel buffers asked for, bytes each way: 4 MiB hold 30 ms of 1 Gbit/s, longer than a worker is ever held up
/// by one round. The kernel grants at most `net.core.rmem_max` and `wmem_max`; less means earlier loss, no error.
const KERNEL_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// One byte more than the engine reads, so that it sees, refuses and counts a datagram that was too large.
pub(crate) const RECEIVE_BUFFER_BYTES: usize = DATAGRAM_MAX_BYTES + 1;

/// What one attempt to receive gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// A datagram; its bytes are the first `length` of the buffer.
    Datagram {
        /// Bytes.
        length: usize,
        /// Who sent it.
        source: SocketAddr,
    },
    /// Nothing more has arrived.
    Empty,
    /// The system refused; what it has to say about an unconnected socket concerns no peer.
    Failed,
}

/// What one attempt to send gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// On its way.
    Accepted,
    /// The kernel's buffer is full; dropped, as any router on the way would.
    Full,
    /// No route, forbidden, too large or the like; dropped.
    Failed,
}

/// A bound socket.
#[derive(Debug)]
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    announced: SocketAddr,
}

impl MediaSocket {
    /// Opens and binds a socket.
    pub(crate) fn bind(listen: ListenAddress, port: u16) -> Result<Self, NodeError> {
        let address = SocketAddr::new(listen.bind, port);
        let open = || -> io::Result<UdpSocket> {
            let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
            if address.is_ipv6() {
                // Each family has its own sockets; a v4 peer on a v6 socket would have a mapped address that
                // equals no candidate.
                socket.set_only_v6(true)?;
            }
            socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES)?;
            socket.set_send_buffer_size(KERNEL_BUFFER_BYTES)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            Ok(socket.into())
        };
        let bound = open().and_then(|socket| Ok((socket.local_addr()?.port(), socket)));
        let (port, socket) = bound.map_err(|source| NodeError::Bind { address, source })?;
        Ok(Self { socket, announced: SocketAddr::new(listen.announce, port) })
    }

    /// Receives one datagram if one has arrived. `buffer` has [`RECEIVE_BUFFER_BYTES`].
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Received {
        loop {
            match self.socket.recv_from(buffer) {
                Ok((length, source)) => return Received::Datagram { length, source },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Empty,
                Err(_) => return Received::Failed,
            }
        }
    }

    /// Sends one datagram.
    pub(crate) fn send(&self, contents: &[u8], destination: SocketAddr) -> Sent {
        loop {
            match self.socket.send_to(contents, destination) {
                Ok(_) => return Sent::Accepted,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Sent::Full,
                Err(_) => return Sent::Failed,
            }
        }
    }

    /// The address peers know: it names this socket in the engine's datagrams both ways.
    pub(crate) fn announced(&self) -> SocketAddr {
        self.announced
    }

    /// For waiting on.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    /// Waits for the socket itself rather than for time to pass.
    fn wait(socket: &MediaSocket) {
        use rustix::event::{PollFd, PollFlags, poll};
        poll(&mut [PollFd::from_borrowed_fd(socket.descriptor(), PollFlags::IN)], None).unwrap();
    }

    #[test]
    fn both_families_carry_datagrams_and_name_their_sender() {
        for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            let socket = MediaSocket::bind(ListenAddress::same(address), 0).unwrap();
            let other = MediaSocket::bind(ListenAddress::same(address), 0).unwrap();
            let mut buffer = [0; RECEIVE_BUFFER_BYTES];
            assert_eq!(socket.receive(&mut buffer), Received::Empty);

            assert_eq!(other.send(b"hello", socket.announced()), Sent::Accepted);
            wait(&socket);
            assert_eq!(
                socket.receive(&mut buffer),
                Received::Datagram { length: 5, source: other.announced() }
            );
            assert_eq!(&buffer[..5], b"hello");
        }
    }

    #[test]
    fn a_datagram_that_is_too_large_is_seen_to_be() {
        let socket = MediaSocket::bind(ListenAddress::same(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0).unwrap();
        let mut buffer = [0; RECEIVE_BUFFER_BYTES];
        socket.send(&[7; DATAGRAM_MAX_BYTES + 500], socket.announced());
        socket.send(&[7; DATAGRAM_MAX_BYTES], socket.announced());
        wait(&socket);
        assert!(matches!(
            socket.receive(&mut buffer),
            Received::Datagram { length: RECEIVE_BUFFER_BYTES, .. }
        ));
        wait(&socket);
        assert!(matches!(socket.receive(&mut buffer), Received::Datagram { length: DATAGRAM_MAX_BYTES, .. }));
    }

    #[test]
    fn a_taken_port_is_refused_by_name() {
        let listen = ListenAddress::same(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let first = MediaSocket::bind(listen, 0).unwrap();
        let refusal = MediaSocket::bind(listen, first.announced().port()).unwrap_err();
        assert!(matches!(refusal, NodeError::Bind { address, .. } if address == first.announced()));
    }

    #[test]
    fn the_announced_address_may_differ_from_the_bound_one() {
        let announce = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
        let listen = ListenAddress { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), announce };
        assert_eq!(MediaSocket::bind(listen, 0).unwrap().announced().ip(), announce);
    }
}
