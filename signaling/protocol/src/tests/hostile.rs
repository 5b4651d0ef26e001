//! Frames that no honest client sends: they are refused or read, and nothing else happens.

use super::golden::{Golden, Writer, all};
use crate::ClientFrame;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The fields a client may leave out.
const OPTIONAL: [&str; 3] = ["topic", "chair", "deputy"];

fn read(frame: &Value) -> Result<ClientFrame, serde_json::Error> {
    serde_json::from_slice(frame.to_string().as_bytes())
}

fn written_by(writer: Writer) -> Vec<Golden> {
    all().into_iter().filter(|golden| golden.writer == writer).collect()
}

/// JSON pointers to a value and everything in it.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (name.clone(), part)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (step, part) in parts {
        found.extend(pointers(part).into_iter().map(|rest| format!("/{step}{rest}")));
    }
    found
}

/// Every copy of a tree in which one of its objects was changed.
fn with_each_object(tree: &Value, change: impl Fn(&mut Map<String, Value>)) -> Vec<(String, Value)> {
    let mut copies = Vec::new();
    for pointer in pointers(tree) {
        let mut copy = tree.clone();
        if let Some(Value::Object(fields)) = copy.pointer_mut(&pointer) {
            change(fields);
            copies.push((pointer, copy));
        }
    }
    copies
}

/// Any JSON, nested a little.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-zA-Z]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let name = prop_oneof!["id|seen|message|type|kind|seat|topic|ticket", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[test]
fn a_field_left_out_is_refused() {
    for golden in written_by(Writer::Client) {
        let tree = golden.json();
        for pointer in pointers(&tree) {
            let Some((object, name)) = pointer.rsplit_once('/') else { continue };
            let mut copy = tree.clone();
            let Some(Value::Object(fields)) = copy.pointer_mut(object) else { continue };
            fields.remove(name);
            let accepted = golden.accepts(copy.to_string().as_bytes());
            assert_eq!(accepted, OPTIONAL.contains(&name), "{} without {pointer}", golden.path);
        }
    }
}

#[test]
fn a_text_cut_short_is_refused() {
    for golden in all() {
        let whole = golden.text.trim_end().as_bytes();
        assert!(golden.accepts(whole));
        for length in 0..whole.len() {
            assert!(!golden.accepts(&whole[..length]), "{} cut to {length} bytes", golden.path);
        }
    }
}

#[test]
fn the_order_of_fields_is_free() {
    // A tree of this library holds its fields by name, so a tag is seldom first.
    for golden in all() {
        let sorted = golden.rewritten(golden.json().to_string().as_bytes());
        assert_eq!(sorted, golden.rewritten(golden.text.as_bytes()), "{}", golden.path);
    }
}

#[test]
fn numbers_have_32_bits_and_nothing_else_is_a_number() {
    let frame = |id: Value| json!({ "id": id, "seen": 0, "message": { "type": "ping" } });
    for good in [json!(0), json!(u32::MAX)] {
        assert!(read(&frame(good.clone())).is_ok(), "{good}");
    }
    let bad = [json!(-1), json!(1_u64 << 32), json!(1.0), json!(1.5), json!("1"), json!(null), json!([1])];
    for bad in bad {
        assert!(read(&frame(bad.clone())).is_err(), "{bad}");
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    for twice in [
        r#"{"id":1,"id":1,"seen":0,"message":{"type":"ping"}}"#,
        r#"{"id":1,"seen":0,"message":{"type":"ping"},"message":{"type":"leave"}}"#,
        r#"{"id":1,"seen":0,"message":{"type":"ping","type":"leave"}}"#,
        r#"{"id":1,"seen":0,"message":{"type":"putOnStage","seat":"a","seat":"b"}}"#,
    ] {
        assert!(serde_json::from_str::<ClientFrame>(twice).is_err(), "{twice}");
    }
}

#[test]
fn a_list_in_place_of_an_object_has_no_room_for_more() {
    // The library reads an object's fields by position as well; that must not be a way around unknown fields.
    let frame = |message: Value| json!({ "id": 1, "seen": 0, "message": message });
    for whole in [json!(["ping"]), json!(["putOnStage", "a"])] {
        assert!(read(&frame(whole.clone())).is_ok(), "{whole}");
    }
    for surplus in [json!(["ping", 1]), json!(["leave", null]), json!(["putOnStage", "a", "b"]), json!([])] {
        assert!(read(&frame(surplus.clone())).is_err(), "{surplus}");
    }
}

#[test]
fn deep_nesting_is_refused_without_end_of_stack() {
    for opening in ["[", "{\"message\":", "{\"id\":1,\"seen\":0,\"message\":{\"type\":\"hello\",\"x\":"] {
        let deep = opening.repeat(20_000);
        assert!(all().iter().all(|golden| !golden.accepts(deep.as_bytes())), "{opening}");
    }
}

#[test]
fn a_node_may_say_more_than_this_client_knows() {
    let frames = all().into_iter().filter(|golden| golden.type_name == "ServerFrame");
    for golden in frames {
        for (pointer, copy) in with_each_object(&golden.json(), |fields| {
            fields.insert("later".to_owned(), json!({ "version": 2 }));
        }) {
            assert!(golden.accepts(copy.to_string().as_bytes()), "{} at {pointer}", golden.path);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unknown_field_is_refused_wherever_a_client_puts_it(name in "[a-zA-Z_]{1,12}|\\PC{0,6}", value in any_json()) {
        for golden in written_by(Writer::Client) {
            let tree = golden.json();
            for (pointer, copy) in with_each_object(&tree, |fields| {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }) {
                let known = copy == tree;
                let accepted = golden.accepts(copy.to_string().as_bytes());
                prop_assert_eq!(accepted, known, "{} with {:?} at {:?}", golden.path, name, pointer);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for golden in all() {
            // An empty list is the one short text that some bodies are.
            prop_assert!(!golden.accepts(&bytes) || bytes.trim_ascii() == b"[]", "{}", golden.path);
        }
    }

    #[test]
    fn arbitrary_json_is_read_or_refused(tree in any_json()) {
        let text = tree.to_string();
        for golden in all() {
            prop_assert!(golden.settles(text.as_bytes()), "{}", golden.path);
        }
    }

    #[test]
    fn what_is_read_from_a_changed_frame_is_written_and_read_the_same(
        pick in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let goldens = all();
        let golden = pick.get(&goldens);
        let mut tree = golden.json();
        let pointers = pointers(&tree);
        let pointer: &String = place.get(&pointers);
        *tree.pointer_mut(pointer).unwrap() = value;
        prop_assert!(golden.settles(tree.to_string().as_bytes()), "{}", golden.path);
    }

    #[test]
    fn a_frame_with_flipped_bytes_is_read_or_refused(
        pick in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let goldens = all();
        let golden = pick.get(&goldens);
        let mut bytes = golden.text.clone().into_bytes();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        prop_assert!(golden.settles(&bytes), "{}", golden.path);
    }
}
