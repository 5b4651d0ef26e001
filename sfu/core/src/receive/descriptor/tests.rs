use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[expect(clippy::needless_pass_by_value, reason = "a case reads as a line")]
fn check(read: fn(&[u8]) -> Result<Descriptor, DescriptorError>, payload: &[u8], expected: Expect) {
    let text = match read(payload) {
        Ok(found) => format!(
            "keyframe={} picture={:?} tl0={:?} key={:?}",
            found.starts_keyframe,
            found.picture_id.map(|id| (id.value, id.long, id.offset)),
            found.tl0_index.map(|number| (number.byte, number.offset)),
            found.key_index.map(|number| (number.byte & 0x1F, number.offset)),
        ),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&text);
}

#[test]
fn vp8_descriptors() {
    check(vp8, &[0x10, 0x00], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(vp8, &[0x10, 0x01], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(vp8, &[0x00, 0x00], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(vp8, &[0x11, 0x00], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(
        vp8,
        &[0x90, 0xF0, 0x91, 0x23, 0x45, 0x67, 0x00],
        expect!["keyframe=true picture=Some((4387, true, 2)) tl0=Some((69, 4)) key=Some((7, 5))"],
    );
    check(
        vp8,
        &[0x90, 0x80, 0x11, 0x01],
        expect!["keyframe=false picture=Some((17, false, 2)) tl0=None key=None"],
    );
    check(vp8, &[0x90, 0xF0, 0x91, 0x23, 0x45], expect!["the payload is cut inside its descriptor"]);
    check(vp8, &[], expect!["the payload is cut inside its descriptor"]);
}

#[test]
fn vp9_descriptors() {
    check(
        vp9,
        &[0x8C, 0x81, 0x02, 0xAA],
        expect!["keyframe=true picture=Some((258, true, 1)) tl0=None key=None"],
    );
    check(vp9, &[0xCC, 0x05, 0xAA], expect!["keyframe=false picture=Some((5, false, 1)) tl0=None key=None"]);
    check(
        vp9,
        &[0xAC, 0x05, 0x00, 0x09, 0xAA],
        expect!["keyframe=true picture=Some((5, false, 1)) tl0=Some((9, 3)) key=None"],
    );
    check(
        vp9,
        &[0xA8, 0x05, 0x02, 0x09, 0xAA],
        expect!["keyframe=false picture=Some((5, false, 1)) tl0=Some((9, 3)) key=None"],
    );
    check(vp9, &[0x8C, 0x81], expect!["the payload is cut inside its descriptor"]);
}

#[test]
fn h264_units() {
    check(h264, &[0x67, 0x42], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x41, 0x42], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 2, 0x67, 1, 0, 1, 0x68], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 2, 0x06, 1, 0, 1, 0x41], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 9, 0x67], expect!["the payload is cut inside its descriptor"]);
    check(h264, &[0x7C, 0x85, 1], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x7C, 0x05, 1], expect!["keyframe=false picture=None tl0=None key=None"]);
}

#[test]
fn av1_aggregation_headers() {
    check(av1, &[0x08, 1], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(av1, &[0x88, 1], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(av1, &[0x10, 1], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(av1, &[0x08], expect!["the payload is cut inside its descriptor"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(payload in prop::collection::vec(any::<u8>(), 0..64)) {
        for read in [vp8, vp9, h264, av1] {
            if let Ok(found) = read(&payload) {
                let inside = |offset: usize| offset < payload.len();
                prop_assert!(found.picture_id.is_none_or(|id| inside(id.offset + usize::from(id.long))));
                prop_assert!(found.tl0_index.is_none_or(|number| inside(number.offset)));
                prop_assert!(found.key_index.is_none_or(|number| inside(number.offset)));
            }
        }
    }
}
