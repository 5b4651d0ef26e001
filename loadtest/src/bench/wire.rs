//! One UDP socket for all endpoints: each has an address of its own in one /16 and they share a port. So a batch of
//! datagrams is one call whoever they are for, nobody is woken for each of them, and the kernel says when each came.

use nix::{
    errno::Errno,
    libc,
    sys::{
        socket::{
            ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg,
            sendmsg, setsockopt, sockopt,
        },
        time::TimeValLike,
    },
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    fs, io,
    io::{IoSlice, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
    str::FromStr,
    time::Duration,
};

/// Datagrams of one call.
const BATCH: usize = 256;
/// Datagrams of one call out: a picture.
const BATCH_OUT: usize = 16;
/// Larger than any datagram here.
const ROOM_BYTES: usize = 2_048;
/// Kernel buffer asked for: a burst to some ten thousand receivers.
const BUFFER_BYTES: usize = 64 * 1024 * 1024;

/// The first half of the addresses all endpoints have. All of it must be local to this machine, as 127.1 always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) [u8; 2]);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = "a network is two numbers with a dot, like 127.1";
        let (first, second) = text.split_once('.').ok_or(network)?;
        Ok(Self([first.parse().map_err(|_| network)?, second.parse().map_err(|_| network)?]))
    }
}

/// A datagram that came.
pub(super) struct Arrived<'a> {
    /// The number of the endpoint it is for.
    pub(super) number: u32,
    /// When it came, by the kernel, wall time.
    pub(super) nanos: u64,
    pub(super) contents: &'a [u8],
}

/// The socket.
pub(super) struct Wire {
    socket: UdpSocket,
    network: Network,
    port: u16,
    headers: MultiHeaders<SockaddrIn>,
    headers_out: MultiHeaders<SockaddrIn>,
    rooms: Vec<[u8; ROOM_BYTES]>,
}

impl Wire {
    pub(super) fn open(network: Network) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        // Beyond what the system grants anybody only root gets it; less means that bursts are lost here, which the
        // report shows as this side's loss.
        if setsockopt(&socket, sockopt::RcvBufForce, &BUFFER_BYTES).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &BUFFER_BYTES)?;
        }
        let control = nix::cmsg_space!(libc::timespec, libc::in_pktinfo);
        let control_out = nix::cmsg_space!(libc::in_pktinfo);
        Ok(Self {
            network,
            port: socket.local_addr()?.port(),
            socket,
            headers: MultiHeaders::preallocate(BATCH, Some(control)),
            headers_out: MultiHeaders::preallocate(BATCH_OUT, Some(control_out)),
            rooms: vec![[0; ROOM_BYTES]; BATCH],
        })
    }

    /// Where the endpoint with this number is.
    pub(super) fn address(&self, number: u32) -> SocketAddr {
        let (Network([first, second]), [_, _, high, low]) = (self.network, number.to_be_bytes());
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(first, second, high, low)), self.port)
    }

    /// Sends from an endpoint. What the kernel does not take is lost, as on a line.
    pub(super) fn send(&self, from: SocketAddr, to: SocketAddr, contents: &[u8]) {
        let (IpAddr::V4(from), SocketAddr::V4(to)) = (from.ip(), to) else { return };
        let info = sent_from(from);
        let to = SockaddrIn::from(SocketAddrV4::new(*to.ip(), to.port()));
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let _lost = sendmsg(
            self.socket.as_raw_fd(),
            &[IoSlice::new(contents)],
            &control,
            MsgFlags::MSG_DONTWAIT,
            Some(&to),
        );
    }

    /// Sends several from one endpoint back to back, as a browser's pacer lets a picture out. What the kernel does not
    /// take is lost.
    pub(super) fn send_together(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagrams: &[impl std::ops::Deref<Target = [u8]>],
    ) {
        let (IpAddr::V4(from), SocketAddr::V4(to)) = (from.ip(), to) else { return };
        let info = sent_from(from);
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let to = [Some(SockaddrIn::from(to)); BATCH_OUT];
        for datagrams in datagrams.chunks(BATCH_OUT) {
            let slices: Vec<_> = datagrams.iter().map(|contents| [IoSlice::new(contents)]).collect();
            let descriptor = self.socket.as_raw_fd();
            let flags = MsgFlags::MSG_DONTWAIT;
            let _lost = sendmmsg(descriptor, &mut self.headers_out, &slices, to, control, flags);
        }
    }

    /// Hands over what has come, one batch; tells how many.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Arrived<'_>)) -> io::Result<usize> {
        let mut slices: Vec<_> = self.rooms.iter_mut().map(|room| [IoSliceMut::new(room)]).collect();
        let descriptor = self.socket.as_raw_fd();
        let messages =
            match recvmmsg(descriptor, &mut self.headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
                Ok(messages) => messages,
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
                Err(error) => return Err(error.into()),
            };
        let mut count = 0;
        for message in messages {
            count += 1;
            let (mut number, mut nanos) = (0, 0);
            for control in message.cmsgs()? {
                if let ControlMessageOwned::ScmTimestampns(time) = control {
                    nanos = u64::try_from(time.num_nanoseconds()).unwrap_or(0);
                } else if let ControlMessageOwned::Ipv4PacketInfo(info) = control {
                    let [_, _, high, low] = info.ipi_addr.s_addr.to_ne_bytes();
                    number = u32::from(u16::from_be_bytes([high, low]));
                }
            }
            if let Some(contents) = message.iovs().next() {
                take(Arrived { number, nanos, contents });
            }
        }
        Ok(count)
    }

    /// Waits until something comes, at most this long.
    pub(super) fn wait(&self, longest: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(longest).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Datagrams the kernel dropped because this side did not read them in time, since the socket was opened.
    pub(super) fn dropped(&self) -> u64 {
        let table = fs::read_to_string("/proc/net/udp").unwrap_or_default();
        drops_of(&table, self.port)
    }
}

/// Says which of our addresses a datagram leaves from.
fn sent_from(address: Ipv4Addr) -> libc::in_pktinfo {
    libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
        ipi_addr: libc::in_addr { s_addr: 0 },
    }
}

/// The last column of a socket's row.
fn drops_of(table: &str, port: u16) -> u64 {
    let local = format!(":{port:04X}");
    let row =
        table.lines().find(|row| row.split_whitespace().nth(1).is_some_and(|own| own.ends_with(&local)));
    row.and_then(|row| row.split_whitespace().last()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_come_to_the_endpoint_they_were_sent_to_with_their_time() {
        let mut wire = Wire::open("127.1".parse().unwrap()).unwrap();
        let (first, second) = (wire.address(1), wire.address(300));
        wire.send(first, second, b"to 300");
        wire.send_together(second, first, &[b"to 1".to_vec(), b"to 1 again".to_vec()]);
        let mut got = Vec::new();
        let deadline = crate::clock::now() + Duration::from_secs(20);
        while got.len() < 3 {
            let left: Duration = deadline.saturating_duration_since(crate::clock::now());
            assert!(left > Duration::ZERO, "{got:?}");
            wire.wait(left).unwrap();
            wire.receive(|arrived| {
                assert!(arrived.nanos.abs_diff(crate::clock::wall_nanos()) < 20_000_000_000);
                got.push((arrived.number, arrived.contents.to_vec()));
            })
            .unwrap();
        }
        assert_eq!(got, [(300, b"to 300".to_vec()), (1, b"to 1".to_vec()), (1, b"to 1 again".to_vec())]);
    }

    #[test]
    fn a_network_is_two_numbers() {
        assert_eq!("198.19".parse(), Ok(Network([198, 19])));
        assert!("198".parse::<Network>().is_err() && "198.300".parse::<Network>().is_err());
    }

    #[test]
    fn drops_are_read_from_the_kernels_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
                     1: 00000000:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 17\n";
        assert_eq!((drops_of(table, 8080), drops_of(table, 8081)), (17, 0));
    }
}
