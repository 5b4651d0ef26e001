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
fn vp9_in_flexible_mode_names_its_references_and_its_structure() {
    // I, P, F, B: two references, the first of which says that another follows.
    let keyless = expect!["keyframe=false picture=Some((5, false, 1)) tl0=None key=None"];
    check(vp9, &[0xD8, 0x05, 0x03, 0x04, 0xAA], keyless);
    check(vp9, &[0xD8, 0x05, 0x03, 0x04], expect!["the payload is cut inside its descriptor"]);
    // I, L, F, B, V: two layers with their sizes and a group of two pictures, one with a reference.
    let structure = [0xBA, 0x05, 0x00, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x00, 0x54, 1];
    check(vp9, &structure, expect!["the payload is cut inside its descriptor"]);
    check(
        vp9,
        &[&structure[..], &[0xAA]].concat(),
        expect!["keyframe=true picture=Some((5, false, 1)) tl0=None key=None"],
    );
    // More layers than there are bytes.
    check(vp9, &[0x8A, 0x05, 0xF0, 0xAA], expect!["the payload is cut inside its descriptor"]);
}

#[test]
fn h264_units() {
    check(h264, &[0x67, 0x42], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x65, 0x42], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x41, 0x42], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 2, 0x67, 1, 0, 1, 0x68], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 2, 0x06, 1, 0, 1, 0x41], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x78, 0, 1, 0x67, 0, 9, 0x68], expect!["the payload is cut inside its descriptor"]);
    check(h264, &[0x7C, 0x87, 1], expect!["keyframe=true picture=None tl0=None key=None"]);
    check(h264, &[0x7C, 0x07, 1], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x7C, 0x85, 1], expect!["keyframe=false picture=None tl0=None key=None"]);
    check(h264, &[0x7C], expect!["the payload is cut inside its descriptor"]);
}

#[test]
fn av1_sequences() {
    let starts = |payload: &[u8]| av1(payload).map(|found| found.starts_keyframe);
    // One unit without a length, three of which the first has one, any number of which all have one.
    assert_eq!(starts(&[0x18, 0x0A, 1]), Ok(true));
    assert_eq!(starts(&[0x38, 0x02, 0x0A, 1, 0x32]), Ok(true));
    assert_eq!(starts(&[0x08, 0x82, 0x00, 0x0A, 1]), Ok(true));
    // Behind a delimiter.
    assert_eq!(starts(&[0x28, 0x01, 0x10, 0x0A, 1]), Ok(true));
    // A frame without its sequence; one that continues; one that begins none.
    assert_eq!(starts(&[0x18, 0x32, 1]), Ok(false));
    assert_eq!(starts(&[0x98, 0x0A, 1]), Ok(false));
    assert_eq!(starts(&[0x10, 0x32, 1]), Ok(false));
    assert_eq!(starts(&[0x08]), Err(DescriptorError::Cut));
    assert_eq!(starts(&[0x08, 0x80, 0x80, 0x80]), Err(DescriptorError::Cut));
    assert_eq!(starts(&[0x28, 0x01, 0x10]), Err(DescriptorError::Cut));
}

#[test]
fn temporal_layers_and_where_they_can_be_begun() {
    let told = |found: Result<Descriptor, DescriptorError>| {
        found.unwrap().temporal.map(|Temporal { layer, begins, opens, .. }| (layer, begins, opens))
    };
    // X, S; I, T: a picture number of seven bits, then TID and Y.
    let frame = |layer: u8| told(vp8(&[0x90, 0xA0, 0x05, layer, 0x01]));
    assert_eq!(frame(0b0100_0000), Some((1, true, 0)));
    assert_eq!(frame(0b1010_0000), Some((2, true, 2)));
    assert_eq!(told(vp8(&[0x80, 0xA0, 0x05, 0b0010_0000, 0x00])), Some((0, false, 0)));
    assert_eq!(told(vp8(&[0x90, 0xA0, 0x05, 0b0000_0000, 0x00])), Some((0, true, OPENS_ALL)));
    assert_eq!(told(vp8(&[0x90, 0x80, 0x05, 0x00])), None);
    // I, P, L, F, B, E with TID, U, SID, D.
    let frame = |flags: u8, layers: u8| told(vp9(&[flags, 0x05, layers, 0x02, 0xAA]));
    assert_eq!(frame(0xFC, 0b0100_0000), Some((2, true, 0)));
    assert_eq!(frame(0xFC, 0b0101_0010), Some((2, false, 2)));
    assert_eq!(frame(0xBC, 0b0000_0000), Some((0, true, OPENS_ALL)));
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
