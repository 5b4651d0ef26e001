//! Lines that lose, break, move and come back.

use super::stage::assert_unbroken;
use super::{Client, Link, World};
use sfu_control::{DisconnectReason, LineReport, PeerId, SfuCommand, SfuEvent, Slot};
use std::collections::BTreeMap;
use std::time::Duration;

fn pair(world: &mut World) -> (PeerId, PeerId) {
    let (sender, viewer) = (world.join(1, 0), world.join(2, 0));
    world.open(sender);
    world.client_mut(sender).sends_camera = true;
    world.programme(0, Some(sender));
    (sender, viewer)
}

#[test]
fn lost_packets_are_sent_again() {
    let mut world = World::new(1);
    let (_, viewer) = pair(&mut world);
    world.run(Duration::from_secs(2));
    world.link = Link { loss_permille: 20, jitter: Duration::from_millis(8), ..Link::default() };
    world.run(Duration::from_secs(10));
    world.link = Link::default();
    world.run(Duration::from_secs(2));
    let numbers: BTreeMap<u64, u32> =
        world.client(viewer).on(Slot::Programme).iter().map(|frame| (frame.seq, frame.number)).collect();
    let (first, last) = (numbers.keys().next().unwrap(), numbers.keys().last().unwrap());
    let span = usize::try_from(last - first + 1).unwrap();
    assert!(span > 500, "only {span} packets");
    let missing = span - numbers.len();
    // Two lossy hops at 2 %: 4 % would be missing without retransmission.
    assert!(missing * 200 <= span, "{missing} of {span} packets are missing for good");
    let counters = world.engine.counters();
    assert!(counters.nacks_sent > 10 && counters.nacks_received > 10, "{counters:?}");
    assert!(counters.upstream_missing > 10, "{counters:?}");
    assert!(counters.upstream_recovered * 10 >= counters.upstream_missing * 9, "{counters:?}");
}

#[test]
fn an_ice_restart_from_a_new_network_keeps_the_session() {
    let mut world = World::new(1);
    let (_, viewer) = pair(&mut world);
    world.run(Duration::from_secs(2));
    let before = world.client(viewer).on(Slot::Programme).last().map(|frame| frame.seq).unwrap();
    let offer = world.client_mut(viewer).restart_ice("203.0.113.77:6000".parse().unwrap());
    world.forget_received();
    world.command(SfuCommand::Renegotiate { peer: viewer, offer });
    world.run(Duration::from_secs(3));
    let frames = world.client(viewer).on(Slot::Programme);
    assert!(frames.len() > 100, "{} packets after the restart", frames.len());
    assert!(frames[0].seq > before, "the stream began anew");
    assert!(!world.saw(|event| matches!(event, SfuEvent::Disconnected { .. })));
    let connected =
        world.since(Duration::ZERO, |event| matches!(event, SfuEvent::Connected { .. }).then_some(()));
    assert_eq!(connected.len(), 2, "connected once each");
}

#[test]
fn a_client_may_ask_for_more_slots() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    world.run(Duration::from_secs(2));
    let offer = world.client_mut(viewer).grow(3);
    world.command(SfuCommand::Renegotiate { peer: viewer, offer });
    let mut view = super::stage::mosaic(sender, 180);
    view.mosaic[0].slot = 4;
    world.view(viewer, view);
    world.run(Duration::from_secs(3));
    assert_unbroken(&world.client(viewer).on(Slot::Mosaic(4)));
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
}

#[test]
fn a_silent_client_is_gone_after_a_while_and_not_before() {
    let mut world = World::new(1);
    let (sender, _) = pair(&mut world);
    let moment = world.elapsed();
    world.clients.remove(&sender);
    let gone = |event: &SfuEvent| match event {
        SfuEvent::Disconnected { peer, reason } => Some((*peer, *reason)),
        _ => None,
    };
    world.run(Duration::from_secs(15));
    assert_eq!(world.since(moment, gone), []);
    world.run(Duration::from_secs(10));
    assert_eq!(world.since(moment, gone), [(sender, DisconnectReason::Timeout)]);
}

#[test]
fn a_client_that_never_calls_fails() {
    let mut world = World::new(1);
    let client = Client::new(1, world.now);
    let peer = world.connect(1, 0, client);
    world.clients.clear();
    world.run(Duration::from_secs(31));
    assert!(world.saw(|event| *event == SfuEvent::Disconnected { peer, reason: DisconnectReason::Failed }));
    assert_eq!(world.engine.counters().peers, 0);
}

#[test]
fn a_disconnected_peer_is_told_and_its_id_is_free() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    world.run(Duration::from_secs(2));
    world.command(SfuCommand::Disconnect { peer: sender });
    world.run(Duration::from_secs(1));
    assert!(!world.saw(|event| matches!(event, SfuEvent::Disconnected { .. })), "no event follows a command");
    world.clients.remove(&sender);
    world.forget_received();
    let again = world.join(1, 0);
    world.open(again);
    world.client_mut(again).sends_camera = true;
    world.programme(0, Some(again));
    world.run(Duration::from_secs(2));
    assert_unbroken(&world.client(viewer).on(Slot::Programme));
}

#[test]
fn lines_are_reported_every_two_seconds() {
    let mut world = World::new(1);
    let (sender, viewer) = pair(&mut world);
    world.run(Duration::from_secs(6));
    let reports = |peer: PeerId| {
        world.since(Duration::ZERO, move |event| match event {
            SfuEvent::Line { peer: whose, report } if *whose == peer => Some(*report),
            _ => None,
        })
    };
    let (up, down): (Vec<LineReport>, Vec<LineReport>) = (reports(sender), reports(viewer));
    assert!((3..=5).contains(&up.len()), "{} reports in about nine seconds", up.len());
    let (up, down) = (up.last().unwrap(), down.last().unwrap());
    assert!(up.up_kbps > 500 && up.down_kbps == 0, "{up:?}");
    assert!(down.down_kbps > 300 && down.up_kbps == 0, "{down:?}");
    assert!((20..=60).contains(&down.rtt_ms), "two hops of 10 ms: {down:?}");
    assert!(down.down_estimate_kbps > 300, "{down:?}");
}

#[test]
fn one_seed_gives_one_run() {
    let run = |seed| {
        let mut world = World::seeded(1, seed);
        let (_, viewer) = pair(&mut world);
        world.run(Duration::from_secs(2));
        let first = world.client(viewer).on(Slot::Programme)[0].clone();
        (first.seq, first.time)
    };
    // The library draws keys and stream numbers itself; what is ours must repeat.
    assert_eq!(run(3).0, run(3).0);
    assert_ne!(run(3).0, run(4).0);
}
