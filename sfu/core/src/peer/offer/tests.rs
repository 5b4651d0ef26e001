use super::*;
use expect_test::{Expect, expect};

const CHROMIUM: &str = include_str!("../../../tests/fixtures/sdp/chromium-156-delegate.sdp");
const PHONE: &str = include_str!("../../../tests/fixtures/sdp/chromium-156-phone.sdp");
const FIREFOX: &str = include_str!("../../../tests/fixtures/sdp/firefox-153-delegate.sdp");

#[expect(clippy::needless_pass_by_value, reason = "a case reads as a line")]
fn check(sdp: &str, expected: Expect) {
    let mut text = String::new();
    match Offer::parse(sdp) {
        Ok(offer) => {
            for line in offer.lines {
                let _ = writeln!(text, "{} {:?} {:?}", line.mid, line.role, line.encodings);
            }
        }
        Err(refusal) => {
            let _ = writeln!(text, "{refusal}");
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn chromium_offers_the_layout() {
    check(
        CHROMIUM,
        expect![[r#"
            0 Source(Microphone) []
            1 Source(Camera) [("q", Low), ("h", Medium), ("f", High)]
            2 Source(Screen) []
            3 Source(ScreenAudio) []
            4 Slot(Audio(0)) []
            5 Slot(Audio(1)) []
            6 Slot(Audio(2)) []
            7 Slot(FloorAudio) []
            8 Slot(Programme) []
            9 Slot(Slides) []
            10 Slot(Mosaic(0)) []
            11 Slot(Mosaic(1)) []
            12 Slot(Mosaic(2)) []
            13 Slot(Mosaic(3)) []
            14 Slot(Mosaic(4)) []
            15 Slot(Mosaic(5)) []
        "#]],
    );
}

#[test]
fn firefox_offers_the_same_layout() {
    let roles = |sdp| -> Vec<OfferLine> {
        let nameless = |line| OfferLine { named: Vec::new(), redundant: None, ..line };
        Offer::parse(sdp).unwrap().lines.into_iter().map(nameless).collect()
    };
    assert_eq!(roles(FIREFOX), roles(CHROMIUM));
    assert_eq!(roles(PHONE).len(), 12);
}

#[test]
fn only_chromium_has_redundant_audio() {
    let redundant = |sdp| -> Vec<Option<PayloadType>> {
        Offer::parse(sdp).unwrap().lines.into_iter().map(|line| line.redundant).collect()
    };
    let red = Some(PayloadType::new(63));
    assert_eq!(redundant(CHROMIUM)[..9], [red, None, None, red, red, red, red, red, None]);
    assert!(redundant(FIREFOX).iter().all(Option::is_none));
}

#[test]
fn streams_are_named_with_what_they_carry() {
    let named = |sdp, line: usize| Offer::parse(sdp).unwrap().lines[line].named.clone();
    let carries =
        |named: Vec<(Ssrc, Carries)>| named.into_iter().map(|(_, carries)| carries).collect::<Vec<_>>();
    assert_eq!(carries(named(CHROMIUM, 2)), [Carries::Media, Carries::Retransmissions]);
    assert_eq!(carries(named(CHROMIUM, 1)), [], "rids name the camera's");
    assert_eq!(carries(named(FIREFOX, 0)), [Carries::Media]);
}

#[test]
fn candidates_and_orphan_attributes_are_not_handed_on() {
    let orphaned = FIREFOX.replacen("a=rtcp-mux", "a=rtcp-fb:77 nack\r\na=fmtp:77 x=1\r\na=rtcp-mux", 1);
    let clean = Offer::parse(&orphaned).unwrap().sdp;
    assert!(!clean.contains("candidate"), "candidates stayed");
    assert!(!clean.contains(":77 "), "orphans stayed");
    assert!(clean.contains("a=rtcp-fb:109 transport-cc"), "a listed payload type lost its feedback");
}

#[test]
fn wrong_layouts_are_refused_with_the_first_difference() {
    check(
        &CHROMIUM.replacen("m=video", "m=audio", 1),
        expect![[r#"
        the offer's media lines are not in the expected order: media line 1 is audio instead of video
    "#]],
    );
    check(
        &CHROMIUM.replacen("a=sendonly", "a=recvonly", 1),
        expect![[r#"
        the offer's media lines are not in the expected order: media line 0 is recvonly instead of sendonly
    "#]],
    );
    check(
        "v=0\r\n",
        expect![[r#"
        the offer's media lines are not in the expected order: 0 media lines where at least 10 are expected
    "#]],
    );
    check(
        "hello",
        expect![[r#"
        the offer is not valid SDP: it does not start with v=0
    "#]],
    );
    check(
        &CHROMIUM.replacen("a=mid:3\r\n", "", 1),
        expect![[r#"
        the offer is not valid SDP: a media line has no mid
    "#]],
    );
    check(
        &CHROMIUM.replacen("a=mid:3\r\n", "a=mid:2\r\n", 1),
        expect![[r#"
        the offer is not valid SDP: two media lines have one mid
    "#]],
    );
    check(
        &CHROMIUM.replacen("a=rid:h send", "a=rid:q send", 1),
        expect![[r#"
        the offer is not valid SDP: a rid is repeated or not 1 to 8 bytes
    "#]],
    );
}

#[test]
fn the_mosaic_is_bounded() {
    let extra = CHROMIUM.rfind("m=video").unwrap();
    let end = CHROMIUM.rfind("m=application").unwrap();
    let section = CHROMIUM.get(extra..end).unwrap();
    let mut sdp = CHROMIUM.get(..end).unwrap().to_owned();
    for number in 16..35 {
        sdp.push_str(&section.replacen("a=mid:15", &format!("a=mid:{number}"), 1));
    }
    assert_eq!(Offer::parse(&sdp).unwrap().lines.len(), 35);
    sdp.push_str(&section.replacen("a=mid:15", "a=mid:35", 1));
    check(
        &sdp,
        expect![[r#"
        the offer's media lines are not in the expected order: more than 25 mosaic lines
    "#]],
    );
}
