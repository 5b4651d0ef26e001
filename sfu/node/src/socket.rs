//! One UDP socket per listening address, and batches of datagrams to and from it. It never blocks and decides
//! nothing; that one system call carries many datagrams, and one message many segments, is hidden here.
//!
//! The cost of a datagram is its walk through the kernel's UDP and IP layers, not the call: `sendmmsg` saves a
//! quarter over `sendto`, and letting the kernel cut a burst apart (UDP GSO) saves a factor of 3 to 7. `nix` was
//! considered and not taken: its `sendmmsg` has one list of control messages for the whole batch, so destinations
//! whose segments differ in size need a call each; its slices' lifetime is tied to its headers, so they are collected
//! anew for every call; and its `recvmmsg` does not give the kernel the control buffers' size back, so a batch that
//! is used again loses the segment size and would read a joined burst as one datagram.
//!
//! 1. `system`   the three system calls; the only unsafe code
//! 2. `address`  a socket address as the kernel writes it
//! 3. `control`  what accompanies a message: segment size, time of arrival
//! 4. `receive`  a batch of datagrams received
//! 5. `send`     bursts sent in batches

mod address;
mod control;
mod receive;
mod send;
mod system;
#[cfg(test)]
mod tests;

pub(crate) use receive::{Incoming, ReceiveBatch, Received};
pub(crate) use send::Burst;

use crate::config::{ListenAddress, NodeError, Offload};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    cell::Cell,
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, BorrowedFd},
};
use system::set_option;

/// Kernel buffers asked for, bytes each way: 4 MiB hold 30 ms of 1 Gbit/s, longer than a worker is ever held up
/// by one round. The kernel grants at most `net.core.rmem_max` and `wmem_max`; less means earlier loss, no error.
const KERNEL_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Messages of one system call either way. What is left waits for the next round, which follows at once, so that
/// other sockets, commands and timers have their turn. A joined burst is one message, so a batch may be more
/// datagrams than this: at most the kernel's buffer.
pub(crate) const BATCH_MESSAGES: usize = 64;

/// Bursts in a row that the kernel did not take whole though it took their parts, before it is asked no more.
const REFUSED_BURSTS_MAX: u8 = 8;

/// Whether the kernel cuts what is sent on a socket into datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cutting {
    /// It does. So many bursts in a row were refused.
    Works { refused: u8 },
    /// It cannot, was found not to, or must not: one message is one datagram.
    Off,
}

/// A bound socket.
#[derive(Debug)]
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    announced: SocketAddr,
    cutting: Cell<Cutting>,
}

impl MediaSocket {
    /// Opens and binds a socket.
    pub(crate) fn bind(listen: ListenAddress, port: u16, offload: Offload) -> Result<Self, NodeError> {
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
        // It costs 75 ns a message and gives arrival times that queueing does not blur. Without it a datagram came when it was
        // read.
        let _without = set_option(socket.as_fd(), libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1);
        let cutting = match offload {
            Offload::Automatic => {
                // A kernel that cannot join hands out datagrams one by one, which is read the same way.
                let _without = set_option(socket.as_fd(), libc::SOL_UDP, libc::UDP_GRO, 1);
                // Zero is the default, no cutting unless a message asks for it; a kernel that cannot refuses it.
                let can = set_option(socket.as_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, 0);
                can.map_or(Cutting::Off, |()| Cutting::Works { refused: 0 })
            }
            Offload::Off => Cutting::Off,
        };
        let announced = SocketAddr::new(listen.announce, port);
        Ok(Self { socket, announced, cutting: Cell::new(cutting) })
    }

    /// The address peers know: it names this socket in the engine's datagrams both ways.
    pub(crate) fn announced(&self) -> SocketAddr {
        self.announced
    }

    /// For waiting on.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// A burst was taken whole.
    fn on_burst_taken(&self) {
        if matches!(self.cutting.get(), Cutting::Works { refused: 1.. }) {
            self.cutting.set(Cutting::Works { refused: 0 });
        }
    }

    /// A burst was refused though its parts were taken. One path with a small MTU refuses its own bursts for ever
    /// and must not slow down all others; a driver that cannot cut refuses all.
    fn on_burst_refused(&self) {
        let Cutting::Works { refused } = self.cutting.get() else { return };
        if refused + 1 < REFUSED_BURSTS_MAX {
            return self.cutting.set(Cutting::Works { refused: refused + 1 });
        }
        self.cutting.set(Cutting::Off);
        tracing::warn!(address = %self.announced, "the kernel does not cut bursts here; sending datagrams one by one");
    }
}
