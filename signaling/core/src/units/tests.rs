use super::*;

const TIERS: &[u8] = b"code,name\ntinh,C\xe1\xba\xa5p t\xe1\xbb\x89nh\nxa,C\xe1\xba\xa5p x\xc3\xa3\n";
const HEAD: &str = "code,name,kind,tier,parent,order,valid_from,valid_to\n";

fn units(lines: &str) -> Result<UnitTree, Vec<ImportProblem>> {
    UnitTree::from_csv(TIERS, format!("{HEAD}{lines}").as_bytes())
}

fn code(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

#[test]
fn days_are_counted_from_1970() {
    assert_eq!(Day::parse("1970-01-01"), Some(Day(0)));
    assert_eq!(Day::parse("2000-03-01"), Some(Day(11_017)));
    assert_eq!(Day::parse("2026-11-23"), Some(Day(20_780)));
    for text in ["1970-01-01", "2000-02-29", "2025-12-31", "2026-03-01", "9999-12-31"] {
        assert_eq!(Day::parse(text).unwrap().to_string(), text);
    }
    for wrong in ["2025-02-29", "2025-13-01", "2025-1-1", "01-07-2025", "2025-07-01-01", ""] {
        assert_eq!(Day::parse(wrong), None, "{wrong}");
    }
    let midnight_in_hanoi = UtcMillis(20_780 * DAY_MS - ZONE_MS);
    assert_eq!(Day::of(midnight_in_hanoi), Day(20_780));
    assert_eq!(Day::of(UtcMillis(midnight_in_hanoi.0 - 1)), Day(20_779));
}

#[test]
fn a_tree_lists_parents_first_and_siblings_in_protocol_order() {
    let tree =
        units("X2,Xã Bình,Xã,xa,T1,2,,\nX1,Xã Tân An,Xã,xa,T1,1,,\nT1,Tỉnh Lam,Tỉnh,tinh,,1,2025-07-01,\n")
            .unwrap();
    let codes: Vec<&str> = tree.units().iter().map(|unit| unit.code.as_str()).collect();
    assert_eq!(codes, ["T1", "X1", "X2"]);
    assert!(tree.is_within(&code("X1"), &code("T1")));
    assert!(!tree.is_within(&code("T1"), &code("X1")));
    let day = Day::parse("2026-01-01").unwrap();
    let found = |text: &str| tree.list(day, Some(text)).units.len();
    assert_eq!((found("tan an"), found("TÂN AN"), found("x2"), found("không có")), (1, 1, 1, 0));
    assert_eq!(tree.list(Day::parse("2025-06-30").unwrap(), None).units.len(), 2, "T1 is not yet valid");
}

#[test]
fn every_mistake_is_named_and_nothing_is_taken() {
    let problems = units(
        "T1,Tỉnh Lam,Tỉnh,tinh,,1,,\nT1,Tỉnh Sơn,Tỉnh,tinh,,2,,\nX1,,Xã,xa,T1,1,,\nX2,Xã Hai,Xã,thon,T1,1,,\n\
         X3,Xã Ba,Xã,xa,T9,1,,\nT4,Tỉnh Bốn,Tỉnh,tinh,T1,1,,\nX5,Xã Năm,Xã,xa,T1,một,,\nX6,Xã Sáu,Xã,xa,T1,1,2025-02-30,\n\
         X7,Xã Bảy,Xã,xa,T1,1,2025-02-01,2024-01-01\nX8,Xã Tám,Xã,xa\n",
    )
    .unwrap_err();
    let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
    for line in [3, 4, 5, 6, 7, 8, 9, 10, 11] {
        let place = format!("units line {line}");
        assert!(places.contains(&place.as_str()), "{place} in {problems:#?}");
    }
    assert!(UnitTree::from_csv(TIERS, b"code,name\nT1,a\n").is_err(), "columns are missing");
    assert!(
        UnitTree::from_csv(TIERS, b"code,name,kind,tier,parent,order,colour\nT1,a,b,tinh,,1,red\n").is_err()
    );
    assert!(UnitTree::from_csv(b"", b"").is_err());
}

#[test]
fn json_and_csv_are_the_same_tree() {
    let json = r#"{"tiers":[{"code":"tinh","name":"Cấp tỉnh"},{"code":"xa","name":"Cấp xã"}],
        "units":[{"code":"T1","name":"Tỉnh Lam","kind":"Tỉnh","tier":"tinh","order":1},
                 {"code":"X1","name":"Xã Một","kind":"Xã","tier":"xa","parent":"T1","order":1,"validFrom":"2025-07-01"}]}"#;
    let csv = units("T1,Tỉnh Lam,Tỉnh,tinh,,1,,\nX1,Xã Một,Xã,xa,T1,1,2025-07-01,\n").unwrap();
    assert_eq!(UnitTree::from_json(json.as_bytes()).unwrap(), csv);
    let broken = UnitTree::from_json(b"{\n\"tiers\": [],\n").unwrap_err();
    assert!(broken[0].place.starts_with("line "), "{broken:?}");
}

#[test]
fn what_spreadsheets_write_is_read_or_refused_in_words_of_the_file() {
    let good = "T1,Tỉnh Lam,Tỉnh,tinh,,1,,\nX1,Xã Tân An,Xã,xa,T1,1,,\n";
    let plain = units(good).unwrap();
    let text = format!("{HEAD}{good}");
    let decomposed = text.replace('ỉ', "i\u{309}").replace('â', "a\u{302}").replace('ã', "a\u{303}");
    for variant in
        [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), text.replace('\n', "\r"), decomposed]
    {
        assert_eq!(UnitTree::from_csv(TIERS, variant.as_bytes()), Ok(plain.clone()), "{variant:?}");
    }
    let reason = |bytes: &[u8]| UnitTree::from_csv(TIERS, bytes).unwrap_err()[0].to_string();
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let quote = format!("{text}X2,\"Xã Hai,Xã,xa,T1,2,,\n");
    let number = format!("{text}X2,Xã Hai,Xã,xa,T1,-1,,\n");
    for (bytes, expected) in [
        (wide.as_slice(), "units line 1: the text is not UTF-8"),
        (
            text.replace(',', ";").as_bytes(),
            "units line 1: columns are separated by ';'; a comma is expected",
        ),
        (quote.as_bytes(), "units line 4: 2 columns instead of 8"),
        (number.as_bytes(), "units line 4: order: a whole number from 0 to 4294967295 is expected"),
    ] {
        let told = reason(bytes);
        assert!(told.starts_with(expected), "{told} instead of {expected}");
    }
}

#[test]
fn a_circle_and_a_tree_that_is_too_large_are_refused() {
    let circle = units("A,Một,Tỉnh,tinh,B,1,,\nB,Hai,Xã,xa,A,1,,\n").unwrap_err();
    assert_eq!(circle[0].to_string(), "units line 2: the parent B is not of a higher tier");
    let many: String = (0..=MAX_UNITS).map(|number| format!("X{number},Xã,Xã,xa,,1,,\n")).collect();
    let refused = units(&many).unwrap_err();
    assert_eq!(refused[0].reason, "2 tiers and 50001 units; at most 32 and 50000 are taken");
}
