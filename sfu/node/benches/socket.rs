//! What a datagram costs the socket module on loopback: thread CPU time per datagram of 1,200 bytes, sent to 64
//! destinations and received from one. Sending includes the delivery to the other socket, which on a network is
//! somebody else's work, so the differences count rather than the figures. `cargo bench -p sfu-node --bench socket`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table and stops at what fails"
)]

use rustix::time::{ClockId, clock_gettime};
use sfu_node::{
    Offload,
    measuring::{Probe, Room},
};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DATAGRAM_BYTES: usize = 1_200;
const DESTINATIONS: usize = 64;
/// Datagrams per destination of one window: all of them fit into every kernel's buffer, so none is lost.
const PER_DESTINATION: usize = 20;
const WINDOWS: usize = 200;
/// Windows before the first that counts: pages, caches, routes.
const WARM_UP: usize = 20;

/// CPU time of this thread so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// The time of something, and its result.
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = cpu();
    let result = work();
    (cpu() - before, result)
}

/// Times of many windows, nanoseconds per datagram.
#[derive(Default)]
struct Times(Vec<u128>);

impl Times {
    fn add(&mut self, time: Duration, datagrams: u64) {
        self.0.push(time.as_nanos() / u128::from(datagrams.max(1)));
    }

    /// Median and least.
    fn text(mut self) -> String {
        let mut counted = self.0.split_off(WARM_UP.min(self.0.len()));
        counted.sort_unstable();
        let at = |place: usize| counted.get(place).copied().unwrap_or_default();
        format!("{:>6} {:>6}", at(counted.len() / 2), at(0))
    }
}

fn main() {
    println!(
        "ns per datagram of {DATAGRAM_BYTES} bytes, thread CPU time, loopback: median and least of windows"
    );
    println!("{:<44} {:>13} {:>13}", "", "send", "receive");
    let (send, receive) = one_by_one();
    println!("{:<44} {send} {receive}", "one by one: sendto, recvfrom");
    for (sending, receiving, label) in [
        (Offload::Off, Offload::Off, "batches of single datagrams"),
        (Offload::Automatic, Offload::Off, "batches, cut by the kernel"),
        (Offload::Automatic, Offload::Automatic, "batches, passed on uncut and joined"),
    ] {
        for segments in [1, 2, 5, 10] {
            let (send, receive) = batched(sending, receiving, segments);
            println!("{:<44} {send} {receive}", format!("{label}, bursts of {segments}"));
        }
    }
}

/// As many calls as datagrams.
fn one_by_one() -> (String, String) {
    let sender = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    let receivers: Vec<_> = (0..DESTINATIONS).map(|_| UdpSocket::bind((LOOPBACK, 0)).unwrap()).collect();
    let addresses: Vec<_> = receivers.iter().map(|socket| socket.local_addr().unwrap()).collect();
    receivers.iter().for_each(|socket| socket.set_nonblocking(true).unwrap());
    let contents = [7; DATAGRAM_BYTES];
    let mut room = [0; 2_001];
    let (mut sent, mut received) = (Times::default(), Times::default());
    for _ in 0..WARM_UP + WINDOWS {
        let (time, count) = timed(|| {
            let each = (0..PER_DESTINATION).flat_map(|_| &addresses);
            each.map(|address| u64::from(sender.send_to(&contents, address).is_ok())).sum()
        });
        sent.add(time, count);
        let (time, count) = timed(|| receivers.iter().map(|socket| drain(socket, &mut room)).sum());
        received.add(time, count);
    }
    (sent.text(), received.text())
}

fn drain(socket: &UdpSocket, room: &mut [u8]) -> u64 {
    let mut count = 0;
    loop {
        match socket.recv_from(room) {
            Ok(_) => count += 1,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                return count;
            }
        }
    }
}

/// As the node does it.
fn batched(sending: Offload, receiving: Offload, segments: usize) -> (String, String) {
    let sender = Probe::bind(LOOPBACK, sending).unwrap();
    let receivers: Vec<_> = (0..DESTINATIONS).map(|_| Probe::bind(LOOPBACK, receiving).unwrap()).collect();
    let mut room = Room::new();
    let addresses: Vec<SocketAddr> = receivers.iter().map(Probe::address).collect();
    let contents = vec![7; segments * DATAGRAM_BYTES];
    let (mut sent, mut received) = (Times::default(), Times::default());
    for _ in 0..WARM_UP + WINDOWS {
        let rounds = PER_DESTINATION / segments;
        let (time, count) =
            timed(|| (0..rounds).map(|_| sender.send(&addresses, &contents, DATAGRAM_BYTES)).sum());
        sent.add(time, count);
        let (time, got) = timed(|| receivers.iter().map(|probe| drain_probe(probe, &mut room)).sum());
        received.add(time, got);
        assert_eq!(got, count, "some were lost; the figures would be of something else");
    }
    (sent.text(), received.text())
}

fn drain_probe(probe: &Probe, room: &mut Room) -> u64 {
    let mut count = 0;
    loop {
        match probe.receive(room) {
            0 => return count,
            got => count += got,
        }
    }
}
