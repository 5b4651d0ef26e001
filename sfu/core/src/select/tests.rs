use super::*;
use expect_test::{Expect, expect};

fn flowing(layer: Layer, kbps: u64) -> PointState {
    PointState {
        point: OperatingPoint::all(layer),
        flowing: true,
        rate: Bitrate::kbps(kbps),
        nominal: nominal(layer),
    }
}

fn idle(layer: Layer) -> PointState {
    PointState {
        point: OperatingPoint::all(layer),
        flowing: false,
        rate: Bitrate::ZERO,
        nominal: nominal(layer),
    }
}

fn camera() -> Vec<PointState> {
    vec![flowing(Layer::Low, 120), flowing(Layer::Medium, 400), flowing(Layer::High, 1_200)]
}

fn wish(slot: Slot, height: u16, held: Option<Layer>, points: Vec<PointState>) -> PictureWish {
    PictureWish { slot, height, held: held.map(OperatingPoint::all), points }
}

/// As it is written below: all of a layer is called by its name alone.
fn told(point: Option<OperatingPoint>) -> String {
    match point {
        Some(OperatingPoint { layer, frames: Frames::Half }) => format!("half of {layer:?}"),
        Some(OperatingPoint { layer, frames: Frames::All }) => format!("Some({layer:?})"),
        None => "None".into(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a case reads as a line")]
fn check(wishes: &[PictureWish], profile: ReceiveProfile, kbps: u64, climb: Climb, expected: Expect) {
    let allocation = allocate(wishes, profile, Bitrate::kbps(kbps), climb, Bitrate::ZERO);
    let shares: Vec<_> = wishes
        .iter()
        .zip(&allocation.shares)
        .map(|(wish, share)| format!("{:?} {} shows {}\n", wish.slot, told(share.granted), told(share.shown)))
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
        Mosaic(0) Some(Low) shows half of Medium
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

/// A camera of which half of the frames can be left out: 240, 720 kbit/s of the larger two.
fn camera_with_halves(held: Option<OperatingPoint>) -> Vec<PointState> {
    let sizes = [(Layer::Low, 120), (Layer::Medium, 400), (Layer::High, 1_200)];
    let ways = sizes.into_iter().flat_map(|(layer, kbps)| {
        let rate = Bitrate::kbps(kbps);
        points(Choice { layer, flowing: true, rate, half: rate.percent(60) }, nominal(layer), true, held)
    });
    ways.collect()
}

#[test]
fn half_of_the_frames_are_a_step_between_sizes() {
    let granted = |kbps: u64, held: Option<OperatingPoint>, climb: Climb| {
        let wish = PictureWish { slot: Slot::Programme, height: 720, held, points: camera_with_halves(held) };
        let estimate = Bitrate::kbps(180 + kbps);
        let allocation = allocate(&[wish], ReceiveProfile::Full, estimate, climb, Bitrate::ZERO);
        (told(allocation.shares[0].granted), allocation.hungry)
    };
    let steps = [(100, "Some(Low)"), (240, "half of Medium"), (400, "Some(Medium)"), (720, "half of High")];
    for (kbps, expected) in steps {
        assert_eq!(granted(kbps, None, Climb::Allowed), (expected.into(), true), "{kbps} kbit/s");
    }
    assert_eq!(granted(1_200, None, Climb::Allowed), ("Some(High)".into(), false));
    // More frames are a climb like a larger size.
    let held = Some(OperatingPoint::half(Layer::Medium));
    assert_eq!(granted(410, held, Climb::Allowed).0, "half of Medium");
    assert_eq!(granted(480, held, Climb::Allowed).0, "Some(Medium)");
    assert_eq!(granted(480, held, Climb::Held).0, "half of Medium");
}

#[test]
fn a_small_picture_is_not_halved_unless_it_is_already() {
    let small = |held| {
        let rate = Bitrate::kbps(150);
        let choice = Choice { layer: Layer::Medium, flowing: true, rate, half: rate.percent(60) };
        points(choice, nominal(Layer::Medium), true, held).count()
    };
    assert_eq!(small(None), 1);
    assert_eq!(small(Some(OperatingPoint::half(Layer::Medium))), 2);
}
