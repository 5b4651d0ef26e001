//! Real sockets on loopback, both families, with the kernel cutting and joining and without.

use super::*;
use crate::metrics::SocketCounters;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sfu_core::DATAGRAM_MAX_BYTES;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const OFFLOADS: [Offload; 2] = [Offload::Automatic, Offload::Off];

fn bind(address: IpAddr, offload: Offload) -> MediaSocket {
    MediaSocket::bind(ListenAddress::same(address), 0, offload).unwrap()
}

/// Receives until so many datagrams are there. It waits for the socket itself; the limit is only reached when the test
/// fails.
fn receive(socket: &MediaSocket, datagrams: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut batch = ReceiveBatch::new();
    let mut received = Vec::new();
    while received.len() < datagrams {
        let limit = Timespec { tv_sec: 20, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::from_borrowed_fd(socket.descriptor(), PollFlags::IN)], Some(&limit));
        assert_eq!(ready, Ok(1), "only {} of {datagrams} came", received.len());
        assert!(matches!(batch.receive(socket), Received::Messages(1..)));
        received.extend(batch.datagrams().map(|one| (one.source, one.contents.to_vec())));
    }
    assert_eq!(batch.receive(socket), Received::Empty);
    assert_eq!(batch.datagrams().count(), 0);
    received
}

fn send(socket: &MediaSocket, bursts: &[Burst<'_>]) -> SocketCounters {
    let mut counters = SocketCounters::default();
    socket.send(bursts.iter().copied(), &mut counters);
    counters
}

fn single(destination: &MediaSocket, contents: &'static [u8]) -> Burst<'static> {
    Burst { destination: destination.announced(), contents, segment: contents.len() }
}

/// Bytes that differ from place to place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| u8::try_from((place * 31 + place / 251) % 256).unwrap()).collect()
}

#[test]
fn both_families_carry_datagrams_and_name_their_sender() {
    for (address, offload) in [V4, V6].into_iter().flat_map(|address| OFFLOADS.map(|o| (address, o))) {
        let (socket, other) = (bind(address, offload), bind(address, offload));
        assert_eq!(ReceiveBatch::new().receive(&socket), Received::Empty);
        let counters = send(&other, &[single(&socket, b"hello"), single(&socket, b"world!")]);
        assert_eq!((counters.sent_messages, counters.sent_datagrams, counters.sent_bytes), (2, 2, 11));
        let source = other.announced();
        assert_eq!(receive(&socket, 2), [(source, b"hello".to_vec()), (source, b"world!".to_vec())]);
    }
}

#[test]
fn receivers_see_no_difference_between_cut_and_single_datagrams() {
    let bytes = pattern(81_000);
    for address in [V4, V6] {
        let mut seen = Vec::new();
        for (sending, receiving) in OFFLOADS.into_iter().flat_map(|s| OFFLOADS.map(|r| (s, r))) {
            let sender = bind(address, sending);
            let receivers = [(); 3].map(|()| bind(address, receiving));
            // Whole bursts, a shorter last one, a single one, one byte, more segments and more bytes than one message
            // may have, and small ones that fill the batch.
            let mut sizes = vec![(6_000, 1_200), (6_001, 1_200), (1_150, 1_150), (1, 1_200), (90, 1)];
            sizes.extend([(80_000, 1_100), (2_000, 2_000), (1_999, 1_000)]);
            sizes.extend([(300, 100); 100]);
            let bursts: Vec<_> = sizes
                .into_iter()
                .zip(receivers.iter().cycle())
                .enumerate()
                .map(|(place, ((length, segment), receiver))| Burst {
                    destination: receiver.announced(),
                    contents: &bytes[place..place + length],
                    segment,
                })
                .collect();
            let counters = send(&sender, &bursts);
            let datagrams = bursts.iter().map(|burst| burst.contents.len().div_ceil(burst.segment));
            assert_eq!(counters.sent_datagrams, u64::try_from(datagrams.sum::<usize>()).unwrap());
            if sending == Offload::Off {
                assert_eq!(counters.sent_messages, counters.sent_datagrams);
            } else {
                assert!(counters.sent_messages < counters.sent_datagrams / 4, "{counters:?}");
            }
            let got = receivers.each_ref().map(|receiver| {
                let mine = bursts.iter().filter(|burst| burst.destination == receiver.announced());
                let sent: Vec<_> =
                    mine.flat_map(|b| b.contents.chunks(b.segment)).map(<[u8]>::to_vec).collect();
                let received = receive(receiver, sent.len());
                assert!(received.iter().all(|(source, _)| *source == sender.announced()));
                let received: Vec<_> = received.into_iter().map(|(_, contents)| contents).collect();
                assert!(received == sent, "what was sent is not what came");
                received
            });
            seen.push(got);
        }
        assert!(seen.iter().all(|got| *got == seen[0]));
    }
}

#[test]
fn a_joined_burst_is_one_message() {
    let bytes = pattern(12_000);
    let [(joined, _), (apart, _)] = OFFLOADS.map(|offload| {
        let (socket, sender) = (bind(V4, offload), bind(V4, Offload::Automatic));
        send(&sender, &[Burst { destination: socket.announced(), contents: &bytes, segment: 1_200 }]);
        let mut batch = ReceiveBatch::new();
        (batch.receive(&socket), batch.datagrams().count())
    });
    assert_eq!((joined, apart), (Received::Messages(1), Received::Messages(10)));
}

#[test]
fn a_datagram_that_is_too_large_is_seen_to_be_and_an_empty_one_is_one() {
    let socket = bind(V4, Offload::Automatic);
    let stranger = UdpSocket::bind((V4, 0)).unwrap();
    let sizes = [DATAGRAM_MAX_BYTES + 500, 0, DATAGRAM_MAX_BYTES, 60_000];
    for size in sizes {
        stranger.send_to(&pattern(size), socket.announced()).unwrap();
    }
    let received: Vec<_> = receive(&socket, 4).into_iter().map(|(_, contents)| contents.len()).collect();
    assert_eq!(received, sizes);
}

#[test]
fn what_fails_is_counted_and_holds_nobody_up() {
    let bytes = pattern(3_000);
    for offload in OFFLOADS {
        let (socket, sender) = (bind(V4, offload), bind(V4, offload));
        // An IPv4 socket has no way to IPv6, and port 0 is nobody's.
        let nowhere = [SocketAddr::new(V6, 9), SocketAddr::new(V4, 0)];
        let to = |destination| Burst { destination, contents: &bytes, segment: 1_000 };
        let bursts = [nowhere[0], socket.announced(), nowhere[1], nowhere[0], socket.announced(), nowhere[1]];
        let counters = send(&sender, &bursts.map(to));
        assert_eq!((counters.sent_datagrams, counters.send_errors), (6, 12), "{counters:?}");
        // What fails uncut as well says nothing about cutting.
        assert_eq!(counters.bursts_refused, 0);
        let received: Vec<_> = receive(&socket, 6).into_iter().flat_map(|(_, contents)| contents).collect();
        assert_eq!(received, [&bytes[..], &bytes].concat());
    }
}

/// A socket whose kernel refuses to cut: it does not without checksums.
fn bind_refusing() -> MediaSocket {
    let socket = bind(V4, Offload::Automatic);
    set_option(socket.descriptor(), libc::SOL_SOCKET, libc::SO_NO_CHECK, 1).unwrap();
    socket
}

#[test]
fn bursts_that_are_refused_are_sent_apart_and_soon_not_tried() {
    let bytes = pattern(3_000);
    let (socket, sender) = (bind(V4, Offload::Automatic), bind_refusing());
    let burst = Burst { destination: socket.announced(), contents: &bytes, segment: 1_000 };
    for round in 0..12 {
        let counters = send(&sender, &[burst]);
        assert_eq!((counters.sent_datagrams, counters.sent_messages), (3, 3));
        assert_eq!(counters.bursts_refused, u64::from(round < REFUSED_BURSTS_MAX), "round {round}");
        let received: Vec<_> = receive(&socket, 3).into_iter().flat_map(|(_, contents)| contents).collect();
        assert_eq!(received, bytes);
    }
}

#[test]
fn one_burst_that_is_taken_shows_that_the_kernel_cuts() {
    let bytes = pattern(3_000);
    let (socket, sender) = (bind(V4, Offload::Automatic), bind_refusing());
    let burst = Burst { destination: socket.announced(), contents: &bytes, segment: 1_000 };
    let mut messages = Vec::new();
    for no_check in [1, 0, 1, 0] {
        set_option(sender.descriptor(), libc::SOL_SOCKET, libc::SO_NO_CHECK, no_check).unwrap();
        messages.push(send(&sender, &[burst; 7]).sent_messages);
    }
    assert_eq!(messages, [21, 7, 21, 7]);
}

#[test]
fn a_taken_port_is_refused_by_name() {
    let first = bind(V4, Offload::Automatic);
    let listen = ListenAddress::same(V4);
    let refusal = MediaSocket::bind(listen, first.announced().port(), Offload::Automatic).unwrap_err();
    assert!(matches!(refusal, NodeError::Bind { address, .. } if address == first.announced()));
}

#[test]
fn the_announced_address_may_differ_from_the_bound_one() {
    let announce = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    let listen = ListenAddress { bind: V4, announce };
    let socket = MediaSocket::bind(listen, 0, Offload::Automatic).unwrap();
    assert_eq!(socket.announced().ip(), announce);
}
