//! Links that lose, are far away, or carry little.

use super::world::{ROOM, Tree, Wire};
use super::{SECOND, assert_shown, measure};
use sfu_control::{LinkId, LinkLimits, PeerId, SfuCommand, Slot, Source, SourceKind};
use std::collections::BTreeSet;
use std::time::Duration;

/// The longest time in which nothing of a voice came, and how long it was listened to.
fn longest_silence(tree: &Tree, listener: PeerId) -> Duration {
    let heard: Vec<_> = tree.client(listener).on(Slot::Audio(0)).iter().map(|frame| frame.at).collect();
    assert!(heard.len() > 100, "{} packets of a voice", heard.len());
    heard.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
}

#[test]
fn pictures_are_whole_and_voices_do_not_pause_on_a_far_line_that_loses() {
    let wire = Wire { delay: Duration::from_millis(150), loss_permille: 30, ..Wire::default() };
    let mut tree = Tree::chain(2, wire);
    tree.run(SECOND * 3);
    // Two packets a frame: the library of the viewer takes nothing that comes more than a hundred packets late.
    let sender = tree.join(1, 1);
    tree.client_mut(sender).sends_camera = true;
    tree.client_mut(sender).voice = Some(20);
    let viewer = tree.join(2, 0);
    tree.programme(Some(sender));
    tree.run(SECOND * 15);
    tree.forget_received();
    tree.run(SECOND * 20);
    // Let what is under way arrive.
    tree.client_mut(sender).sends_camera = false;
    tree.run(SECOND);
    let frames = tree.client(viewer).on(Slot::Programme);
    // What came late in the first second may be older than what was counted.
    let (early, rest) = frames.split_at(frames.partition_point(|frame| frame.at < frames[0].at + SECOND));
    let first = early.iter().map(|frame| frame.seq).max().unwrap();
    let later = rest.iter().map(|frame| frame.seq).filter(|seq| *seq > first);
    let numbers: BTreeSet<u64> = later.collect();
    let span = numbers.last().unwrap() - first;
    let missing = span - numbers.len() as u64;
    println!("{missing} of {span} missing for good");
    assert!(span > 1_000 && missing * 500 <= span, "{missing} of {span} packets are missing for good");
    let silence = longest_silence(&tree, viewer);
    assert!(silence < Duration::from_millis(200), "a voice paused for {silence:?}");
}

#[test]
fn a_cap_of_a_megabit_keeps_voices_whole_and_affords_what_fits() {
    let mut tree = Tree::of(&[1, 1]);
    let (_, parent) = tree.link(1, 0, Wire::default());
    tree.command(0, SfuCommand::SetLinkLimits { link: parent, limits: LinkLimits { cap_kbps: Some(1_000) } });
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let viewer = tree.join(2, 1);
    tree.programme(Some(sender));
    tree.run(SECOND * 6);
    tree.forget_received();
    let (_, ways) = measure(&mut tree, viewer, 10);
    let carried = ways.iter().find(|(way, _)| *way == (0, 1)).unwrap().1;
    let kbps = carried.bytes * 8 / 10 / 1_000;
    let report = tree.line(0, parent);
    println!("{kbps} kbit/s, {report:?}");
    assert!((400..=1_000).contains(&kbps), "{kbps} kbit/s of 1,000");
    assert_eq!((report.denied, report.out_cap_kbps), (1, 1_000));
    let frames = tree.client(viewer).on(Slot::Programme);
    assert!(frames.iter().all(|frame| frame.layer == 1), "the middle layer is what fits");
    assert_shown(&tree, viewer, 1, 550);
    assert!(longest_silence(&tree, viewer) < Duration::from_millis(100));
    // With the cap off the picture becomes large.
    tree.command(0, SfuCommand::SetLinkLimits { link: parent, limits: LinkLimits::default() });
    tree.run(SECOND * 10);
    let last = tree.client(viewer).on(Slot::Programme).last().map(|frame| frame.layer);
    assert_eq!(last, Some(2));
}

#[test]
fn a_line_of_a_megabit_is_found_to_carry_no_more() {
    let mut tree = Tree::of(&[1, 1]);
    tree.link(1, 0, Wire { capacity_bps: Some(1_000_000), ..Wire::default() });
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let viewer = tree.join(2, 1);
    tree.programme(Some(sender));
    tree.run(SECOND * 20);
    tree.forget_received();
    tree.run(SECOND * 20);
    println!("{:?}", tree.line(0, LinkId::new(1)));
    let silence = longest_silence(&tree, viewer);
    assert!(silence < Duration::from_millis(200), "a voice paused for {silence:?}");
    assert_shown(&tree, viewer, 1, 1_000);
}

#[test]
fn a_link_too_narrow_for_any_picture_carries_voices_and_nobody_waits() {
    let mut tree = Tree::of(&[1, 1]);
    let (_, parent) = tree.link(1, 0, Wire::default());
    tree.command(0, SfuCommand::SetLinkLimits { link: parent, limits: LinkLimits { cap_kbps: Some(200) } });
    tree.run(SECOND * 2);
    let sender = tree.join_camera(1, 0);
    tree.client_mut(sender).voice = Some(20);
    let viewer = tree.join(2, 1);
    let floor = Source { peer: sender, kind: SourceKind::Microphone };
    tree.tell_all(&SfuCommand::SetFloor { room: ROOM, source: Some(floor) });
    tree.programme(Some(sender));
    tree.run(SECOND * 5);
    tree.forget_received();
    let requests = tree.client(sender).keyframe_requests.len();
    tree.run(SECOND * 10);
    assert!(tree.client(viewer).on(Slot::FloorAudio).len() > 490);
    assert!(tree.client(viewer).on(Slot::Programme).is_empty());
    assert!(tree.client(sender).keyframe_requests.len() <= requests + 1, "somebody waits for a picture");
}
