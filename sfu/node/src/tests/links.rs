//! Two and three real nodes on loopback, joined by links.
#![expect(clippy::wildcard_enum_match_arm, reason = "a story waits for the events it is about")]

use super::{PATIENCE, V4, start};
use crate::{Node, clock};
use sfu_control::{
    Gate, LinkId, LinkLimits, NodeNumber, PeerId, RoomId, SfuCommand, SfuEvent, Source, SourceKind,
};
use std::sync::mpsc::Receiver;
use std::time::Duration;

const ROOM: RoomId = RoomId::new(1);

type Running = (Node, Receiver<SfuEvent>);

/// Waits for an event, letting others pass.
fn wait<T>(events: &Receiver<SfuEvent>, which: impl Fn(SfuEvent) -> Option<T>) -> T {
    loop {
        if let Some(found) = which(events.recv_timeout(PATIENCE).unwrap()) {
            return found;
        }
    }
}

fn is_up(event: &SfuEvent) -> bool {
    matches!(event, SfuEvent::LinkUp { .. })
}

/// Plays the signaling between two nodes: lets one dial the other and the room go on beyond.
fn link((child, below): &Running, (parent, above): &Running, number: u32) {
    let (down, up) = (LinkId::new(number), LinkId::new(number + 100));
    let limits = LinkLimits::default();
    child.send(SfuCommand::DialLink { link: down, limits }).unwrap();
    child.send(SfuCommand::Span { room: ROOM, link: down }).unwrap();
    let offer = wait(below, |event| match event {
        SfuEvent::LinkOffered { offer, .. } => Some(offer),
        _ => None,
    });
    parent.send(SfuCommand::AcceptLink { link: up, offer, limits }).unwrap();
    parent.send(SfuCommand::Span { room: ROOM, link: up }).unwrap();
    let answer = wait(above, |event| match event {
        SfuEvent::LinkAnswered { answer, .. } => Some(answer),
        _ => None,
    });
    child.send(SfuCommand::CompleteLink { link: down, answer }).unwrap();
    wait(below, |event| is_up(&event).then_some(()));
    wait(above, |event| is_up(&event).then_some(()));
}

fn node(workers: u16) -> Running {
    let running = start(&[V4], workers);
    running.0.send(SfuCommand::OpenRoom { room: ROOM }).unwrap();
    running
}

#[test]
fn sound_passes_over_a_relay_of_two_workers() {
    let nodes = [node(1), node(2), node(1)];
    link(&nodes[1], &nodes[0], 1);
    link(&nodes[2], &nodes[1], 2);
    let peer = |node: u32| PeerId::at(NodeNumber::new(node), 1);
    let (first, second) = (peer(1), peer(3));
    let mut speaker = super::join(&nodes[0].0, &nodes[0].1, first, V4);
    let mut listener = super::join(&nodes[2].0, &nodes[2].1, second, V4);
    let source = Source { peer: first, kind: SourceKind::Microphone };
    nodes[0].0.send(SfuCommand::SetGate { peer: first, kind: source.kind, gate: Gate::Open }).unwrap();
    for (node, _) in &nodes {
        node.send(SfuCommand::SetFloor { room: ROOM, source: Some(source) }).unwrap();
    }
    let deadline = clock::now() + PATIENCE;
    while listener.packets.len() < 10 {
        assert!(clock::now() < deadline, "not heard: {:#?}", nodes[1].0.metrics());
        speaker.speak(b"from afar");
        speaker.step();
        listener.step();
    }
    assert!(listener.packets.iter().all(|packet| &*packet.payload == b"from afar"));
    // Each of the relay's links lives at a worker of its own, and each tells its line.
    let links = super::wait_for(&nodes[1].0, "a line", |metrics| {
        let tells = |link: u32, which: fn(&sfu_control::LinkReport) -> u32| {
            metrics.links.iter().any(|(id, report)| id.number() == link && which(report) > 0)
        };
        tells(1, |report| report.in_kbps) && tells(102, |report| report.out_kbps)
    })
    .links;
    assert_eq!(links.len(), 2);
    let each = nodes[1].0.metrics().workers.iter().map(|worker| worker.engine.links).collect::<Vec<_>>();
    assert_eq!(each, [1, 1]);
}

#[test]
fn a_link_whose_other_node_is_gone_is_reported() {
    let (child, parent) = (node(1), node(1));
    link(&child, &parent, 1);
    parent.0.stop();
    let link = wait(&child.1, |event| match event {
        SfuEvent::LinkDown { link, .. } => Some(link),
        _ => None,
    });
    assert_eq!(link, LinkId::new(1));
    assert!(child.0.metrics().links.is_empty());
}

#[test]
fn an_offer_of_a_link_that_is_none_is_refused() {
    let (node, events) = node(2);
    let (link, limits) = (LinkId::new(1), LinkLimits::default());
    node.send(SfuCommand::AcceptLink { link, offer: "not an offer".to_owned(), limits }).unwrap();
    wait(&events, |event| matches!(event, SfuEvent::LinkRefused { .. }).then_some(()));
    node.send(SfuCommand::DialLink { link, limits }).unwrap();
    wait(&events, |event| matches!(event, SfuEvent::LinkOffered { .. }).then_some(()));
    node.send(SfuCommand::CompleteLink { link, answer: "not an answer".to_owned() }).unwrap();
    wait(&events, |event| matches!(event, SfuEvent::LinkRefused { .. }).then_some(()));
    assert!(node.metrics().links.is_empty());
}

/// How long a packet takes from a speaker to a listener over so many nodes, sorted.
fn ways_through(count: usize) -> Vec<Duration> {
    let nodes: Vec<Running> = (0..count).map(|_| node(1)).collect();
    for (number, pair) in (1..).zip(nodes.windows(2)) {
        link(&pair[1], &pair[0], number);
    }
    let peer = |node: usize, count| PeerId::at(NodeNumber::new(u32::try_from(node).unwrap() + 1), count);
    let first = peer(0, 1);
    let last = nodes.last().unwrap();
    let mut speaker = super::join(&nodes[0].0, &nodes[0].1, first, V4);
    let mut listener = super::join(&last.0, &last.1, peer(count - 1, 2), V4);
    let source = Source { peer: first, kind: SourceKind::Microphone };
    nodes[0].0.send(SfuCommand::SetGate { peer: first, kind: source.kind, gate: Gate::Open }).unwrap();
    for (node, _) in &nodes {
        node.send(SfuCommand::SetFloor { room: ROOM, source: Some(source) }).unwrap();
    }
    let mut ways = Vec::new();
    let deadline = clock::now() + PATIENCE * 2;
    while ways.len() < 300 {
        assert!(clock::now() < deadline, "not heard");
        let heard = listener.packets.len();
        speaker.speak(b"a word");
        speaker.flush();
        let sent = clock::now();
        listener.wait_for_packet();
        if listener.packets.len() > heard && heard > 20 {
            ways.push(clock::now() - sent);
        }
        speaker.step();
        listener.step();
    }
    ways.sort_unstable();
    ways
}

/// Prints what a hop adds. It is judged only so far that a stall shows: tests share their machine.
#[test]
fn a_hop_adds_little_delay() {
    let (one, three) = (ways_through(1), ways_through(3));
    let at = |ways: &[Duration], percent: usize| ways[ways.len() * percent / 100];
    for percent in [50, 90, 99] {
        let added = at(&three, percent).saturating_sub(at(&one, percent)) / 2;
        println!(
            "p{percent}: one node {:?}, three {:?}, a hop adds {added:?}",
            at(&one, percent),
            at(&three, percent)
        );
    }
    let median = at(&three, 50).saturating_sub(at(&one, 50)) / 2;
    assert!(median < Duration::from_millis(20), "a hop adds {median:?}");
}
