use super::*;
use expect_test::{Expect, expect};

fn flowing(layer: Layer, kbps: u64) -> LayerState {
    LayerState { layer, flowing: true, rate: Bitrate::kbps(kbps), nominal: nominal(layer) }
}

fn idle(layer: Layer) -> LayerState {
    LayerState { layer, flowing: false, rate: Bitrate::ZERO, nominal: nominal(layer) }
}

fn camera() -> Vec<LayerState> {
    vec![flowing(Layer::Low, 120), flowing(Layer::Medium, 400), flowing(Layer::High, 1_200)]
}

fn wish(slot: Slot, height: u16, held: Option<Layer>, layers: Vec<LayerState>) -> PictureWish {
    PictureWish { slot, height, held, layers }
}

#[expect(clippy::needless_pass_by_value, reason = "a case reads as a line")]
fn check(wishes: &[PictureWish], profile: ReceiveProfile, kbps: u64, climb: Climb, expected: Expect) {
    let allocation = allocate(wishes, profile, Bitrate::kbps(kbps), climb, Bitrate::ZERO);
    let shares: Vec<_> = wishes
        .iter()
        .zip(&allocation.shares)
        .map(|(wish, share)| format!("{:?} {:?} shows {:?}\n", wish.slot, share.granted, share.shown))
        .collect();
    let flags = format!("{}fell={} hungry={}\n", shares.concat(), allocation.fell, allocation.hungry);
    expected.assert_eq(&flags);
}

#[test]
fn a_good_line_gives_every_wish_its_height() {
    let wishes = [
        wish(Slot::Mosaic(0), 90, None, camera()),
        wish(Slot::Programme, 720, None, camera()),
        wish(Slot::Slides, 400, None, camera()),
    ];
    check(
        &wishes,
        ReceiveProfile::Full,
        5_000,
        Climb::Allowed,
        expect![[r#"
        Mosaic(0) Some(Low) shows Some(Low)
        Programme Some(High) shows Some(High)
        Slides Some(Medium) shows Some(Medium)
        fell=false hungry=false
    "#]],
    );
}

#[test]
fn a_narrow_line_serves_programme_then_slides_then_mosaic() {
    let wishes = [
        wish(Slot::Mosaic(1), 90, None, camera()),
        wish(Slot::Mosaic(0), 90, None, camera()),
        wish(Slot::Slides, 720, None, camera()),
        wish(Slot::Programme, 400, None, camera()),
    ];
    check(
        &wishes,
        ReceiveProfile::Full,
        180 + 400 + 120 + 130,
        Climb::Allowed,
        expect![[r#"
        Mosaic(1) None shows None
        Mosaic(0) Some(Low) shows Some(Low)
        Slides Some(Low) shows Some(Low)
        Programme Some(Medium) shows Some(Medium)
        fell=false hungry=true
    "#]],
    );
}

#[test]
fn the_stage_stays_even_on_a_line_that_carries_nothing() {
    let wishes =
        [wish(Slot::Programme, 720, Some(Layer::High), camera()), wish(Slot::Slides, 720, None, camera())];
    check(
        &wishes,
        ReceiveProfile::Full,
        50,
        Climb::Allowed,
        expect![[r#"
        Programme Some(Low) shows Some(Low)
        Slides None shows None
        fell=true hungry=true
    "#]],
    );
}

#[test]
fn falling_is_at_once_and_climbing_needs_room_and_leave() {
    let held = |layer| [wish(Slot::Programme, 720, Some(layer), camera())];
    // 1,200 fits to be kept, but is too near the edge to be climbed to.
    let edge = 180 + 1_250;
    check(
        &held(Layer::High),
        ReceiveProfile::Full,
        edge,
        Climb::Held,
        expect![[r#"
        Programme Some(High) shows Some(High)
        fell=false hungry=false
    "#]],
    );
    check(
        &held(Layer::Medium),
        ReceiveProfile::Full,
        edge,
        Climb::Allowed,
        expect![[r#"
        Programme Some(Medium) shows Some(Medium)
        fell=false hungry=true
    "#]],
    );
    check(
        &held(Layer::Medium),
        ReceiveProfile::Full,
        5_000,
        Climb::Held,
        expect![[r#"
        Programme Some(Medium) shows Some(Medium)
        fell=false hungry=true
    "#]],
    );
    check(
        &held(Layer::Medium),
        ReceiveProfile::Full,
        5_000,
        Climb::Allowed,
        expect![[r#"
        Programme Some(High) shows Some(High)
        fell=false hungry=false
    "#]],
    );
    check(
        &held(Layer::High),
        ReceiveProfile::Full,
        700,
        Climb::Allowed,
        expect![[r#"
        Programme Some(Medium) shows Some(Medium)
        fell=true hungry=true
    "#]],
    );
}

#[test]
fn a_layer_that_does_not_flow_is_asked_for_but_another_is_shown_meanwhile() {
    let layers = vec![flowing(Layer::Low, 120), idle(Layer::Medium), idle(Layer::High)];
    let wishes = [wish(Slot::Programme, 720, None, layers)];
    check(
        &wishes,
        ReceiveProfile::Full,
        5_000,
        Climb::Allowed,
        expect![[r#"
        Programme Some(High) shows Some(Low)
        fell=false hungry=false
    "#]],
    );
    let wishes = [wish(Slot::Mosaic(0), 90, None, vec![idle(Layer::Low), flowing(Layer::Medium, 400)])];
    check(
        &wishes,
        ReceiveProfile::Full,
        5_000,
        Climb::Allowed,
        expect![[r#"
        Mosaic(0) Some(Low) shows Some(Medium)
        fell=false hungry=false
    "#]],
    );
}

#[test]
fn the_saver_profile_caps_every_slot() {
    let wishes = [
        wish(Slot::Programme, 1_080, None, camera()),
        wish(Slot::Slides, 1_080, None, camera()),
        wish(Slot::Mosaic(0), 720, None, camera()),
    ];
    check(
        &wishes,
        ReceiveProfile::Saver,
        9_000,
        Climb::Allowed,
        expect![[r#"
        Programme Some(Medium) shows Some(Medium)
        Slides Some(Low) shows Some(Low)
        Mosaic(0) Some(Low) shows Some(Low)
        fell=false hungry=false
    "#]],
    );
}

#[test]
fn slides_in_their_only_form_come_before_a_better_programme() {
    let slides = vec![flowing(Layer::Low, 600)];
    let wishes = [wish(Slot::Programme, 720, None, camera()), wish(Slot::Slides, 720, None, slides)];
    check(
        &wishes,
        ReceiveProfile::Full,
        180 + 1_100,
        Climb::Allowed,
        expect![[r#"
            Programme Some(Medium) shows Some(Medium)
            Slides Some(Low) shows Some(Low)
            fell=false hungry=true
        "#]],
    );
    check(
        &wishes,
        ReceiveProfile::Full,
        180 + 500,
        Climb::Allowed,
        expect![[r#"
            Programme Some(Low) shows Some(Low)
            Slides Some(Low) shows Some(Low)
            fell=false hungry=true
        "#]],
    );
    // But they do not drown a line that cannot bear them.
    check(
        &wishes,
        ReceiveProfile::Full,
        180 + 400,
        Climb::Allowed,
        expect![[r#"
            Programme Some(Medium) shows Some(Medium)
            Slides None shows None
            fell=false hungry=true
        "#]],
    );
}

#[test]
fn one_more_small_picture_is_a_climb_and_one_instead_of_another_is_none() {
    let alone = |kbps| vec![flowing(Layer::Low, kbps)];
    let shown = |held: [Option<Layer>; 3], kbps: u64, climb: Climb, before: u64| {
        let slots = (0..).map(Slot::Mosaic);
        let wishes: Vec<_> =
            slots.zip(held).map(|(slot, held)| wish(slot, 180, held, alone(1_000))).collect();
        let estimate = Bitrate::kbps(180 + kbps);
        let allocation =
            allocate(&wishes, ReceiveProfile::Full, estimate, climb, Bitrate::kbps(180 + before));
        (allocation.shares.iter().filter(|share| share.granted.is_some()).count(), allocation.rose)
    };
    let low = Some(Layer::Low);
    assert_eq!(shown([None; 3], 3_000, Climb::Allowed, 0), (3, false), "the first ones");
    assert_eq!(shown([low, low, None], 3_100, Climb::Allowed, 2_000), (2, false), "too near the edge");
    assert_eq!(shown([low, low, None], 3_600, Climb::Allowed, 2_000), (3, true));
    assert_eq!(shown([low, low, None], 3_600, Climb::Held, 2_000), (2, false));
    assert_eq!(shown([None; 3], 3_600, Climb::Held, 2_000), (2, false), "another page");
}
