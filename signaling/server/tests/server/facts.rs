//! Facts that somebody has changed are noticed, by the commands and by a node that starts.

use crate::node::{Node, make_meeting, sites};

/// Whoever can write the data can take the guards away.
fn unguard(node: &Node) {
    node.sql(&node.either(
        ["DROP TRIGGER facts_are_not_changed", "DROP TRIGGER facts_are_not_deleted"],
        ["DROP TRIGGER facts_are_not_changed ON facts", "DROP TRIGGER facts_are_not_deleted ON facts"],
    ));
}

/// A node that has two meetings and is down.
fn node_with_meetings() -> Node {
    let mut node = Node::fresh();
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "mot", &sites()[..3]);
    make_meeting(&mut http, "hai", &sites()[..3]);
    assert!(node.terminate().success());
    node
}

#[test]
fn facts_are_exported_as_they_are_and_verified() {
    let node = node_with_meetings();
    let verified = node.command(&["verify-facts"]);
    assert!(verified.contains("mot\t") && verified.contains("hai\t"), "{verified}");
    let exported = node.command(&["export-facts", "mot"]);
    let first: serde_json::Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    assert_eq!((&first["meeting"], &first["number"]), (&"mot".into(), &1.into()));
    let (ok, error) = node.try_command(&["export-facts", "ba"]);
    assert!(!ok && error.contains("there is no meeting ba"), "{error}");
}

#[test]
fn a_changed_fact_is_named_and_stops_the_start() {
    let node = node_with_meetings();
    unguard(&node);
    node.sql(&["UPDATE facts SET record = replace(record, '\"at\":', '\"at\":1') WHERE meeting = 'mot'"]);
    let (ok, error) = node.try_command(&["verify-facts"]);
    assert!(!ok && error.contains("mot\tbroken") && !error.contains("hai"), "{error}");
    let error = node.start_in_vain();
    assert!(error.contains("the facts of meeting mot were changed or are not whole"), "{error}");
}

#[test]
fn a_fact_that_is_gone_or_no_fact_at_all_is_noticed() {
    let node = node_with_meetings();
    unguard(&node);
    node.sql(&[
        "UPDATE facts SET record = '{}' WHERE meeting = 'hai' AND number = 1",
        "DELETE FROM facts WHERE meeting = 'mot' AND number = 1",
        "INSERT INTO facts SELECT 'mot', 1000, at, record, hash, version FROM facts WHERE meeting = 'hai' AND number = 1",
    ]);
    let (ok, error) = node.try_command(&["verify-facts"]);
    assert!(!ok && error.contains("mot\tbroken") && error.contains("hai\tbroken"), "{error}");
    assert!(node.start_in_vain().contains("fact 1 of meeting hai"));
}

#[test]
fn facts_of_a_newer_program_are_told_apart_from_damage() {
    let node = node_with_meetings();
    assert!(node.command(&["verify-facts"]).contains("form 3"));
    unguard(&node);
    node.sql(&["UPDATE facts SET version = 4 WHERE meeting = 'hai' AND number = 2"]);
    let what_to_do = "is written in form 4 by a newer giaoban";
    let (ok, error) = node.try_command(&["verify-facts"]);
    assert!(!ok && error.contains(what_to_do) && !error.contains("mot"), "{error}");
    let (ok, error) = node.try_command(&["export-facts", "hai"]);
    assert!(!ok && error.contains(what_to_do), "{error}");
    assert!(node.start_in_vain().contains(what_to_do));
}
