//! A whole node on loopback: real sockets, real threads, real time. Nothing sleeps; every wait is for the thing
//! itself, with a deadline that is only reached when the test fails.

mod client;
mod links;

use crate::{
    Listen, ListenAddress, Node, NodeConfig, NodeMetrics, Offload, SendError, SocketCounters, WorkerState,
    clock,
};
use client::Client;
use sfu_control::{DisconnectReason, Gate, PeerId, RoomId, SfuCommand, SfuEvent, Source, SourceKind};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
    num::NonZeroU16,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn config(addresses: &[IpAddr], workers: u16) -> NodeConfig {
    NodeConfig {
        listen: Listen::Addresses(addresses.iter().copied().map(ListenAddress::same).collect()),
        first_port: 0,
        workers: NonZeroU16::new(workers).unwrap(),
        max_peers: 100,
        offload: Offload::Automatic,
    }
}

fn start(addresses: &[IpAddr], workers: u16) -> (Node, Receiver<SfuEvent>) {
    let (sender, events) = channel();
    let on_event = move |event| sender.send(event).unwrap_or(());
    (Node::start(&config(addresses, workers), on_event).unwrap(), events)
}

/// Waits until the published figures are as wanted.
fn wait_for(node: &Node, what: &str, wanted: impl Fn(&NodeMetrics) -> bool) -> NodeMetrics {
    let deadline = clock::now() + PATIENCE;
    loop {
        let metrics = node.metrics();
        if wanted(&metrics) {
            return metrics;
        }
        assert!(clock::now() < deadline, "{what} did not happen: {metrics:#?}");
        thread::yield_now();
    }
}

#[test]
fn datagrams_of_nobody_are_counted_by_cause_on_every_address() {
    let (node, _events) = start(&[V4, V6], 1);
    assert_eq!(node.addresses().len(), 2);
    for address in node.addresses() {
        let stranger = UdpSocket::bind((address.ip(), 0)).unwrap();
        let too_large = vec![0x80; 4_000];
        let no_protocol = [0x40; 100];
        let rtp_of_nobody = [0x80; 100];
        for contents in [&too_large[..], &no_protocol, &rtp_of_nobody, &[]] {
            stranger.send_to(contents, address).unwrap();
        }
    }
    let metrics = wait_for(&node, "counting", |m| m.workers[0].sockets.received_datagrams == 8);
    let engine = metrics.workers[0].engine;
    assert_eq!((engine.dropped_size, engine.dropped_kind, engine.dropped_address), (4, 2, 2));
    assert_eq!(metrics.workers[0].sockets.sent_datagrams, 0, "strangers are not answered");
}

#[test]
fn every_worker_has_its_own_port_and_knows_every_room() {
    let (node, _events) = start(&[V4], 3);
    let mut ports: Vec<_> = node.addresses().iter().map(|address| address.port()).collect();
    ports.dedup();
    assert_eq!(ports.len(), 3);

    for room in 0..7 {
        node.send(SfuCommand::OpenRoom { room: RoomId::new(room) }).unwrap();
    }
    let metrics = wait_for(&node, "opening", |m| m.workers.iter().all(|w| w.commands == 7));
    assert!(metrics.workers.iter().all(|worker| worker.engine.rooms == 7));
}

#[test]
fn an_offer_that_is_none_is_refused_and_leaves_no_peer() {
    let (node, events) = start(&[V4], 2);
    let (room, peer) = (RoomId::new(1), PeerId::new(1));
    node.send(SfuCommand::OpenRoom { room }).unwrap();
    node.send(SfuCommand::Connect { peer, room, offer: "not an offer".to_owned() }).unwrap();
    let event = events.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(event, SfuEvent::Refused { peer: refused, .. } if refused == peer), "{event:?}");
    assert_eq!(node.metrics().peers, 0);
}

fn next_answer(events: &Receiver<SfuEvent>) -> String {
    loop {
        if let SfuEvent::Answered { answer, .. } = events.recv_timeout(PATIENCE).unwrap() {
            return answer;
        }
    }
}

/// Brings a client in, to where media flows.
fn join(node: &Node, events: &Receiver<SfuEvent>, peer: PeerId, address: IpAddr) -> Client {
    join_through(node, events, peer, (address, None))
}

fn join_through(
    node: &Node,
    events: &Receiver<SfuEvent>,
    peer: PeerId,
    (address, nat): (IpAddr, Option<(IpAddr, IpAddr)>),
) -> Client {
    let (mut client, offer) = Client::new(address);
    client.nat = nat;
    node.send(SfuCommand::Connect { peer, room: RoomId::new(1), offer }).unwrap();
    client.accept(&next_answer(events));
    let deadline = clock::now() + PATIENCE;
    while !client.connected {
        assert!(clock::now() < deadline, "no connection over {address}: {:#?}", node.metrics());
        client.step();
    }
    client
}

#[test]
fn sound_passes_over_both_families_and_between_them() {
    for (speaker, listener) in [(V4, V4), (V6, V6), (V4, V6)] {
        let (node, events) = start(&[V4, V6], 2);
        let (first, second) = (PeerId::new(1), PeerId::new(2));
        let room = RoomId::new(1);
        node.send(SfuCommand::OpenRoom { room }).unwrap();
        let mut speaker = join(&node, &events, first, speaker);
        while !matches!(events.recv_timeout(PATIENCE).unwrap(), SfuEvent::Connected { .. }) {}
        let mut listener = join(&node, &events, second, listener);

        let source = Source { peer: first, kind: SourceKind::Microphone };
        node.send(SfuCommand::SetGate { peer: first, kind: SourceKind::Microphone, gate: Gate::Open })
            .unwrap();
        node.send(SfuCommand::SetFloor { room, source: Some(source) }).unwrap();
        let deadline = clock::now() + PATIENCE;
        while listener.packets.len() < 10 {
            assert!(clock::now() < deadline, "not heard: {:#?}", node.metrics());
            speaker.speak(b"a word");
            speaker.step();
            listener.step();
        }
        assert!(listener.packets.iter().all(|packet| &*packet.payload == b"a word"));

        let metrics = wait_for(&node, "counting", |m| m.workers[1].engine.media_forwarded >= 10);
        assert_eq!((metrics.peers, metrics.workers[1].engine.peers), (2, 2));
        assert_eq!(
            metrics.workers[0].sockets,
            SocketCounters::default(),
            "the room lives on the other worker"
        );
        let sockets = metrics.workers[1].sockets;
        assert_eq!((sockets.send_full_drops, sockets.send_errors), (0, 0));
        let timed: u64 = metrics.workers[1].forwarding.counts.iter().sum();
        assert!((10..=sockets.received_datagrams).contains(&timed), "{metrics:#?}");
    }
}

#[test]
fn garbage_from_a_peers_own_address_is_survived() {
    let (node, events) = start(&[V4], 1);
    let (room, peer) = (RoomId::new(1), PeerId::new(1));
    node.send(SfuCommand::OpenRoom { room }).unwrap();
    let mut client = join(&node, &events, peer, V4);

    // A linear congruential generator: the same bytes in every run.
    let mut state = 41_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap()
    };
    let mut sent = 0;
    for _ in 0..200 {
        for first_byte in [0, 1, 22, 23, 63, 64, 128, 144, 191, 255] {
            let mut garbage: Vec<_> = (0..random()).map(|_| random()).collect();
            garbage.insert(0, first_byte);
            client.send_raw(&garbage, node.addresses()[0]);
            sent += 1;
        }
        // The kernel's buffer is small on some machines; what it drops proves nothing.
        wait_for(&node, "receiving", |m| m.workers[0].sockets.received_datagrams >= sent);
        client.step();
    }
    let metrics = node.metrics();
    assert!(metrics.is_whole());
    assert_eq!(
        (metrics.peers, metrics.workers[0].engine.peers_panicked),
        (1, 0),
        "nobody lost the connection"
    );

    let source = Source { peer, kind: SourceKind::Microphone };
    node.send(SfuCommand::SetGate { peer, kind: source.kind, gate: Gate::Open }).unwrap();
    let before = metrics.workers[0].engine.media_in;
    let deadline = clock::now() + PATIENCE;
    while node.metrics().workers[0].engine.media_in < before + 10 {
        assert!(clock::now() < deadline, "not received any more: {:#?}", node.metrics());
        client.speak(b"still here");
        client.step();
    }
}

#[test]
fn a_room_on_two_workers_is_one_room() {
    // Two peers on two workers: each worker takes one.
    let (sender, events) = channel();
    let config = NodeConfig { max_peers: 2, ..config(&[V4], 2) };
    let node = Node::start(&config, move |event| sender.send(event).unwrap_or(())).unwrap();
    let (first, second) = (PeerId::new(1), PeerId::new(2));
    node.send(SfuCommand::OpenRoom { room: RoomId::new(1) }).unwrap();
    let mut speaker = join(&node, &events, first, V4);
    let mut listener = join(&node, &events, second, V4);
    let workers = node.metrics().workers;
    assert!(workers.iter().all(|worker| worker.engine.peers == 1), "{workers:#?}");
    node.send(SfuCommand::SetGate { peer: first, kind: SourceKind::Microphone, gate: Gate::Open }).unwrap();
    let deadline = clock::now() + PATIENCE;
    while listener.packets.len() < 10 {
        assert!(clock::now() < deadline, "nothing crossed: {:#?}", node.metrics());
        speaker.speak(b"over there");
        speaker.step();
        listener.step();
    }
    assert!(listener.packets.iter().all(|packet| &*packet.payload == b"over there"));
}

#[test]
fn a_node_behind_a_one_to_one_nat_is_reached_where_it_says_it_is() {
    let outer = IpAddr::from([203, 0, 113, 7]);
    let listen = Listen::Addresses(vec![ListenAddress { bind: V4, announce: outer }]);
    let (sender, events) = channel();
    let config = NodeConfig { listen, ..config(&[], 1) };
    let node = Node::start(&config, move |event| sender.send(event).unwrap_or(())).unwrap();
    assert_eq!(node.addresses()[0].ip(), outer);
    node.send(SfuCommand::OpenRoom { room: RoomId::new(1) }).unwrap();
    let client = join_through(&node, &events, PeerId::new(1), (V4, Some((outer, V4))));
    assert!(client.connected);
}

#[test]
fn commands_for_a_worker_that_is_held_up_are_refused_and_the_others_are_kept() {
    let (hold, held) = channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(held));
    // Whoever embeds a node must not block here; this test does, until it lets go of `hold`.
    let on_event = move |_| held.lock().unwrap().recv().unwrap_or(());
    let node = Node::start(&config(&[V4], 1), on_event).unwrap();
    let (room, peer) = (RoomId::new(1), PeerId::new(1));
    node.send(SfuCommand::Connect { peer, room, offer: String::new() }).unwrap();
    let (mut taken, mut refused) = (1, 0);
    while refused < 3 {
        match node.send(SfuCommand::OpenRoom { room }) {
            Ok(()) => taken += 1,
            Err(SendError::Full) => refused += 1,
            Err(SendError::Gone) => panic!("the worker is only held up"),
        }
        assert!(taken < 100_000, "the queue has no bound");
    }
    assert_eq!(node.metrics().commands_refused_full, 3);

    drop(hold);
    let metrics = wait_for(&node, "catching up", |m| m.workers[0].commands == taken);
    assert!(metrics.is_whole());
    assert_eq!(node.send(SfuCommand::CloseRoom { room }), Ok(()));
}

#[test]
fn a_stopped_node_gives_its_ports_back() {
    let (node, _events) = start(&[V4, V6], 2);
    let addresses = node.addresses().to_vec();
    node.stop();
    for address in addresses {
        UdpSocket::bind(address).unwrap();
    }
}

#[test]
fn a_taken_port_stops_the_start() {
    let (node, _events) = start(&[V4], 1);
    let config = NodeConfig { first_port: node.addresses()[0].port(), ..config(&[V4], 1) };
    assert!(Node::start(&config, |_| {}).is_err());
}

#[test]
fn a_worker_that_panics_is_reported_and_its_peers_are_told() {
    let (sender, events) = channel();
    let first = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    // The engine cannot be made to panic from outside, so the panic comes from the event it reports.
    let on_event = move |event| {
        if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            panic!("a bug, on purpose");
        }
        sender.send(event).unwrap_or(());
    };
    let node = Node::start(&config(&[V4], 2), on_event).unwrap();
    let (room, peer, bystander) = (RoomId::new(0), PeerId::new(1), PeerId::new(2));
    node.send(SfuCommand::OpenRoom { room }).unwrap();
    node.send(SfuCommand::Connect { peer: bystander, room, offer: String::new() }).unwrap();
    // Whether this one is still taken depends on who is faster; it must not be left waiting either way.
    let taken = node.send(SfuCommand::Connect { peer, room, offer: String::new() });

    let metrics = wait_for(&node, "failing", |m| !m.is_whole());
    assert_eq!(metrics.workers[0].state, WorkerState::Failed);
    assert_eq!(metrics.workers[1].state, WorkerState::Running);
    if taken.is_ok() {
        let told = events.recv_timeout(PATIENCE).unwrap();
        assert_eq!(told, SfuEvent::Disconnected { peer, reason: DisconnectReason::Failed });
    }
    assert_eq!(node.send(SfuCommand::OpenRoom { room }), Ok(()), "one worker is left");
    assert_eq!(node.metrics().commands_refused_gone, u64::from(taken.is_err()));
    // Whoever comes now is served by the one that is left.
    let late = PeerId::new(3);
    node.send(SfuCommand::Connect { peer: late, room, offer: "not an offer".to_owned() }).unwrap();
    let told = events.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(told, SfuEvent::Refused { peer, .. } if peer == late), "{told:?}");
}
