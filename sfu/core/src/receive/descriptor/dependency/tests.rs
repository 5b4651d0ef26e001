use super::*;
use proptest::prelude::*;

/// Bits as they are written down, spaces ignored, the last byte filled with zeros.
fn bits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter(|byte| matches!(byte, b'0' | b'1')).map(|byte| byte - b'0').collect();
    digits.chunks(8).map(|chunk| (0..8).fold(0, |byte, at| byte << 1 | chunk.get(at).unwrap_or(&0))).collect()
}

/// One spatial layer and two temporal ones, two decode targets, one chain: templates 5 (a keyframe), 6 (T0), 7 (T1).
const L1T2: &str = "
    000101 00001            offset 5, two targets
    00 01 11                T0, T0, T1
    10 10  10 10  00 10     what each template is to each target
    0  1 0001 0  1 0000 0   references: none, one two back, one just before
    10                      one chain
    0000 0010 0001          each template's distance in it
    1 00000001 01000000 00000000 10110100";

fn keyframe() -> Vec<u8> {
    bits(&without_words(&format!("10 000101 00010010 00110100  1 0 0 0 0 {L1T2}")))
}

/// The figures of a table, without what explains them.
fn without_words(text: &str) -> String {
    let figures = |line: &str| -> String {
        line.split_whitespace().filter(|word| word.bytes().all(|byte| matches!(byte, b'0' | b'1'))).collect()
    };
    text.lines().map(figures).collect()
}

fn read(value: &[u8], known: &mut Option<Structure>) -> Result<(bool, u8, u8, bool), DependencyError> {
    let found = Dependency::read(value, known)?;
    Ok((found.starts_keyframe(), found.template.spatial, found.template.temporal, found.template.reach > 0))
}

#[test]
fn a_keyframe_brings_the_templates_of_what_follows() {
    let mut known = None;
    assert_eq!(frame_number(&keyframe()), Some(0x1234));
    assert_eq!(read(&keyframe(), &mut known), Ok((true, 0, 0, false)));
    // Three bytes name the rest.
    assert_eq!(read(&bits("11 000110 00010010 00110101"), &mut known), Ok((false, 0, 0, true)));
    assert_eq!(read(&bits("11 000111 00010010 00110110"), &mut known), Ok((false, 0, 1, true)));
    assert_eq!(read(&bits("11 001000 00010010 00110110"), &mut known), Err(DependencyError::Unknown));
    assert_eq!(read(&bits("11 000100 00010010 00110110"), &mut known), Err(DependencyError::Unknown));
    // Numbers run round.
    let wrapped = L1T2.replacen("000101", "111111", 1);
    let first = bits(&without_words(&format!("10 111111 00000000 00000000 1 0 0 0 0 {wrapped}")));
    assert_eq!(read(&first, &mut known), Ok((true, 0, 0, false)));
    assert_eq!(read(&bits("11 000001 00000000 00000010"), &mut known), Ok((false, 0, 1, true)));
}

#[test]
fn a_frame_may_differ_from_its_template() {
    let mut known = None;
    read(&keyframe(), &mut known).unwrap();
    // A T0 frame without references, with targets of its own; it brings no templates, so nobody can begin here.
    let own = bits("10 000110 00000000 00000001  0 1 1 1 0  11  10 10  00");
    assert_eq!(read(&own, &mut known), Ok((false, 0, 0, false)));
    let own = bits("10 000101 00000000 00000001  0 0 0 1 0  01 0011 00");
    assert_eq!(read(&own, &mut known), Ok((false, 0, 0, true)));
    // The second packet of a keyframe repeats the templates at will, and still opens nothing.
    let mut second = keyframe();
    second[0] &= 0x7F;
    assert_eq!(read(&second, &mut known), Ok((false, 0, 0, false)));
}

#[test]
fn spatial_layers_are_told_apart() {
    // Two spatial layers, no chains, no sizes.
    let structure = "000000 00001  00 10 00 11  10 10 10 10 10 10 10 10  0 1 0001 0 1 0000 0 1 0001 0  00 0";
    let mut known = None;
    assert_eq!(
        read(&bits(&format!("10 000000 00000000 00000000 1 0 0 0 0 {structure}")), &mut known),
        Ok((true, 0, 0, false))
    );
    assert_eq!(read(&bits("10 000010 00000000 00000001"), &mut known), Ok((false, 1, 0, true)));
}

/// Spatial and temporal layer, whether it needs an earlier picture, up to which temporal layer one may go over with it.
type Layers = (u8, u8, bool, u8);
/// The highest spatial and temporal layer.
type Highest = (Option<u8>, u8);

/// What descriptors read one after the other say; the highest layers of all.
fn layers(values: &[&str]) -> (Vec<Option<Layers>>, Option<Highest>) {
    let (mut known, mut highest) = (None, None);
    let mut one = |value: &&str| {
        let (spatial, temporal) = Dependency::read(&bits(value), &mut known).unwrap().layers()?;
        highest = Some((spatial.highest, temporal.highest));
        Some((spatial.layer, temporal.layer, spatial.inter, temporal.opens))
    };
    (values.iter().map(&mut one).collect(), highest)
}

#[test]
fn templates_tell_layers_in_size_and_in_time() {
    // L2T2: four targets; S0T0 that begins, S0T0, S0T1, S1T0 that begins, S1T0, S1T1.
    let structure = "000000 00011  00 01 10 00 01 11
        10101010 10101111 00010011 00001010 00001010 00000001
        0  1 0011 0  1 0001 0  1 0000 0  1 0011 1 0000 0  1 0001 1 0000 0  00 0";
    let first = format!("10 000000 00000000 00000000 1 0 0 0 0 {structure}");
    let frame = |template: u8| format!("10 {template:06b} 00000000 00000001");
    let later: Vec<String> = (1..6).map(frame).collect();
    let values: Vec<&str> = [first.as_str()].into_iter().chain(later.iter().map(String::as_str)).collect();
    let expected = [
        (0, 0, false, OPENS_ALL),
        (0, 0, true, 1),
        // It is discardable, and nobody goes over with it.
        (0, 1, true, 0),
        // It needs the size below alone.
        (1, 0, false, OPENS_ALL),
        (1, 0, true, 1),
        (1, 1, true, 0),
    ];
    assert_eq!(layers(&values), (expected.map(Some).to_vec(), Some((Some(1), 1))));
}

#[test]
fn a_stream_of_one_layer_has_none_to_tell_apart() {
    let one = "10 000000 00000000 00000000 1 0 0 0 0 000000 00000 00 11 10 10 0 1 0000 0 0 0";
    assert_eq!(layers(&[one]), (vec![None], None));
}

#[test]
fn what_is_cut_is_refused_and_leaves_the_templates_alone() {
    let whole = keyframe();
    for length in 0..whole.len() {
        let mut known = None;
        assert!(read(&whole[..length], &mut known).is_err(), "{length} bytes were enough");
        assert_eq!(known, None);
    }
    assert_eq!(read(&[0x80, 0, 0], &mut None), Err(DependencyError::Unknown));
    let endless = bits(&format!("10 000000 00000000 00000000 1 0 0 0 0 000000 00000 {}", "00".repeat(70)));
    assert_eq!(read(&endless, &mut None), Err(DependencyError::TooMany));
}

#[test]
fn short_numbers_take_as_few_bits_as_they_need() {
    // Below five: 00, 01, 10, 110, 111.
    let text = bits("00 01 10 110 111");
    let mut reader = Bits { bytes: &text, position: 0 };
    let numbers: Vec<_> = (0..5).map(|_| reader.below(5).unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    assert_eq!(Bits { bytes: &[], position: 0 }.below(1), Ok(0));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..6)) {
        let mut known = None;
        for value in values {
            let _ = Dependency::read(&value, &mut known);
        }
    }
}
