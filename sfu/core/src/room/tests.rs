use super::*;
use expect_test::{Expect, expect};
use sfu_control::MosaicWish;

fn peer(number: u32) -> PeerId {
    PeerId::new(number.into())
}

fn camera(number: u32) -> Source {
    Source { peer: peer(number), kind: SourceKind::Camera }
}

/// Peers 1 to 3; peer 1 on stage and shown peer 2, who presents.
fn room() -> Room {
    Room {
        members: (1..=3).map(peer).collect(),
        programme: Some(camera(1)),
        reverse: Some(camera(2)),
        slides: Some(Source { peer: peer(2), kind: SourceKind::Screen }),
        ..Room::default()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a case reads as a line")]
fn check(room: &Room, view: &View, expected: Expect) {
    let mut text = String::new();
    for subscriber in 1..=3 {
        for slot in [Slot::Programme, Slot::Slides, Slot::Mosaic(0)] {
            let wish = room.wish(peer(subscriber), view, slot);
            let wish =
                wish.map_or("-".to_owned(), |source| format!("{} {:?}", source.peer.number(), source.kind));
            text.push_str(&format!("{subscriber} {slot:?}: {wish}\n"));
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn everybody_sees_the_stage_but_nobody_himself() {
    let view = View { mosaic: vec![MosaicWish { slot: 0, source: camera(3), height: 90 }], ..first_view() };
    check(
        &room(),
        &view,
        expect![[r#"
        1 Programme: 2 Camera
        1 Slides: 2 Screen
        1 Mosaic(0): 3 Camera
        2 Programme: 1 Camera
        2 Slides: -
        2 Mosaic(0): 3 Camera
        3 Programme: 1 Camera
        3 Slides: 2 Screen
        3 Mosaic(0): -
    "#]],
    );
}

#[test]
fn what_is_not_shown_is_not_wanted() {
    let view = View { programme_height: 0, slides_height: 0, ..first_view() };
    check(
        &room(),
        &view,
        expect![[r#"
        1 Programme: -
        1 Slides: -
        1 Mosaic(0): -
        2 Programme: -
        2 Slides: -
        2 Mosaic(0): -
        3 Programme: -
        3 Slides: -
        3 Mosaic(0): -
    "#]],
    );
}

#[test]
fn a_mosaic_shows_pictures_of_this_room_only() {
    let wish = |source| View { mosaic: vec![MosaicWish { slot: 0, source, height: 90 }], ..first_view() };
    let stranger = wish(camera(9));
    let sound = wish(Source { peer: peer(3), kind: SourceKind::Microphone });
    for view in [stranger, sound] {
        assert_eq!(room().wish(peer(1), &view, Slot::Mosaic(0)), None);
    }
}

#[test]
fn who_left_is_on_no_stage() {
    let mut room = room();
    room.remove(peer(1));
    room.remove(peer(2));
    assert_eq!((room.programme, room.reverse, room.slides), (None, None, None));
}
