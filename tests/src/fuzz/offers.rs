//! Session descriptions: read by us for their layout, and negotiated by the library behind our door.

use super::{Seen, magnitude};
use crate::clock;
use sfu_control::{ConnectRefusal, PeerId, RoomId, SfuCommand, SfuEvent, SourceKind};
use sfu_core::fuzzing::{OfferedLine, offer as read};
use sfu_core::{Arena, Engine, EngineConfig, Input, Output};
use std::collections::BTreeSet;
use std::time::Instant;

/// Lines we look at.
pub(super) const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
    b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
    b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    b"a=mid:",
    b"a=sendonly\r\n",
    b"a=recvonly\r\n",
    b"a=inactive\r\n",
    b"a=rid:q send\r\n",
    b"a=simulcast:send q;h;f\r\n",
    b"a=ssrc:4294967295 cname:x\r\n",
    b"a=ssrc-group:FID 1 2\r\n",
    b"a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n",
    b"a=rtcp-fb:* nack\r\n",
    b"a=fmtp:96 ",
    b"a=extmap:1/sendrecv ",
    b"a=group:BUNDLE 0",
];

/// Media lines a client has: four sources, six fixed slots, and a mosaic.
const LINES: std::ops::RangeInclusive<usize> = 10..=35;
/// Longest explanation of a refusal: a refusal quotes nothing at length.
const DETAIL_MAX: usize = 200;
/// Outputs one negotiation may make.
const OUTPUTS_MAX: usize = 1_000;

/// A layout is one of ours, bounded in all its parts, and what is handed on reads the same once more.
pub(super) fn offer(input: &[u8]) -> Seen {
    let Ok(sdp) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let (lines, clean) = match read(sdp) {
        Ok(read) => read,
        Err(refusal) => return refused(&refusal),
    };
    assert!(LINES.contains(&lines.len()), "{} lines", lines.len());
    for (line, kind) in lines.iter().zip(SourceKind::ALL) {
        assert_eq!((line.source, line.slot), (Some(kind), None), "the sources come first");
    }
    let slots: BTreeSet<String> =
        lines.iter().filter_map(|line| line.slot).map(|slot| format!("{slot:?}")).collect();
    assert_eq!(slots.len(), lines.len() - SourceKind::ALL.len(), "a slot is there twice");
    let mids: BTreeSet<&str> = lines.iter().map(|line| line.mid.as_str()).collect();
    assert_eq!(mids.len(), lines.len(), "two lines have one mid");
    lines.iter().for_each(bounded);
    for text in clean.lines() {
        assert!(!text.starts_with("a=candidate:"), "a candidate is handed on");
    }
    // A line may gain a sign at its end, and the last one two.
    assert!(clean.len() <= sdp.len() + sdp.lines().count() + 1, "more is handed on than came");
    assert_eq!(read(&clean), Ok((lines.clone(), clean.clone())), "read again");
    let encodings: Vec<usize> = lines.iter().map(|line| line.encodings.len()).take(4).collect();
    let named: Vec<usize> = lines.iter().map(|line| line.named.len()).take(4).collect();
    Seen::taken((lines.len(), encodings, named))
}

fn bounded(line: &OfferedLine) {
    assert!((1..=16).contains(&line.mid.len()), "mid {:?}", line.mid);
    assert!(line.mid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "mid {:?}", line.mid);
    assert!(line.encodings.len() <= 3 && line.named.len() <= 6, "{line:?}");
    let rids: BTreeSet<&str> = line.encodings.iter().map(|(rid, _)| rid.as_str()).collect();
    assert_eq!(rids.len(), line.encodings.len(), "a rid is there twice");
    assert!(line.encodings.iter().is_sorted_by_key(|(_, layer)| *layer), "{line:?}");
    assert!(line.encodings.iter().all(|(rid, _)| (1..=8).contains(&rid.len())), "{line:?}");
    let named: BTreeSet<u32> = line.named.iter().map(|(ssrc, _)| *ssrc).collect();
    assert_eq!(named.len(), line.named.len(), "a stream is there twice");
    assert!(line.slot.is_none() || line.encodings.is_empty() && line.named.is_empty(), "{line:?}");
}

fn refused(refusal: &ConnectRefusal) -> Seen {
    match refusal {
        ConnectRefusal::MalformedOffer { detail } | ConnectRefusal::UnexpectedLayout { detail } => {
            assert!(!detail.is_empty() && detail.chars().count() <= DETAIL_MAX, "{detail}");
            Seen::refused(detail)
        }
        ConnectRefusal::NoCommonCodec { mid } => {
            assert!(mid.len() <= 16, "{mid}");
            Seen::refused(1)
        }
        ConnectRefusal::Full {} | ConnectRefusal::Unknown {} => Seen::refused(2),
    }
}

/// An offer is answered line by line or refused, once, and nothing is left of it when its peer goes.
pub(super) fn connect(input: &[u8]) -> Seen {
    let Ok(sdp) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let now = clock::now();
    let node = std::net::SocketAddr::from(([192, 0, 2, 1], 40_000));
    let config = EngineConfig { local_addresses: vec![node], max_peers: 1 };
    let engine = Engine::new(config, [1; 32], now);
    assert!(engine.is_ok(), "there is no engine: {engine:?}");
    let Ok(mut engine) = engine else { return Seen::refused(0) };
    let (room, peer) = (RoomId::new(1), PeerId::new(1));
    engine.handle_input(now, Input::Command(SfuCommand::OpenRoom { room }));
    engine.handle_input(now, Input::Command(SfuCommand::Connect { peer, room, offer: sdp.to_owned() }));
    let told = events(&mut engine, now);
    let answers = |event: &&SfuEvent| matches!(event, SfuEvent::Answered { .. } | SfuEvent::Refused { .. });
    assert_eq!(told.iter().filter(answers).count(), 1, "answered once: {told:?}");
    let seen = match told.iter().find(answers) {
        Some(SfuEvent::Answered { answer, slots, .. }) => {
            assert_eq!(engine.counters().peers, 1);
            let sections = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
            assert_eq!(sections(answer), sections(sdp), "every line is answered: {answer}");
            let mids: BTreeSet<&str> = slots.iter().map(|(_, mid)| mid.as_str()).collect();
            assert_eq!(mids.len(), slots.len(), "two slots on one line");
            engine.handle_input(now, Input::Command(SfuCommand::Disconnect { peer }));
            events(&mut engine, now);
            Seen::taken((slots.len(), magnitude(answer.len())))
        }
        Some(SfuEvent::Refused { refusal, .. }) => refused(refusal),
        Some(_) | None => Seen::refused(3),
    };
    assert_eq!(engine.counters().peers, 0, "a peer is left behind");
    assert_eq!(engine.counters().peers_panicked, 0, "a transport broke");
    seen
}

fn events(engine: &mut Engine, now: Instant) -> Vec<SfuEvent> {
    let mut arena = Arena::default();
    let mut events = Vec::new();
    let mut outputs = 0;
    loop {
        outputs += 1;
        assert!(outputs <= OUTPUTS_MAX, "the engine speaks without end");
        match engine.poll_output(&mut arena) {
            Output::Event(event) => events.push(event),
            Output::Transmit(_) | Output::Cross(_) => {}
            Output::Flush => arena.clear(),
            Output::Timeout(at) => {
                assert!(at >= now, "a deadline in the past");
                return events;
            }
        }
    }
}
