//! How the nodes at and below a node are, as it is told.

use super::forest::Forest;
use crate::tests::harness::site;
use crate::{Contact, Input, LossCause, NeighbourNews, NodeName, NodeStatus, TurnedAway, UtcMillis};
use std::time::Duration;

#[test]
fn the_top_sees_how_every_node_is() {
    let (mut forest, _) = Forest::meeting(10);
    forest.join("x1", &site("V1")).unwrap();
    forest.pass(5);
    assert_eq!(seen(&mut forest, "tw"), "t1 0 attached, t2 0 attached, tw 1 top, x1 1 attached");
    assert_eq!(seen(&mut forest, "t1"), "t1 0 attached, x1 1 attached");
    forest.cut.insert("t1");
    forest.pass(4);
    assert_eq!(seen(&mut forest, "tw"), "t1 0 lost, t2 0 attached, tw 1 top, x1 1 beyond");
    assert_eq!(seen(&mut forest, "t1"), "t1 0 lost, x1 1 attached");
    forest.cut.clear();
    forest.cut.insert("x1");
    forest.pass(8);
    assert_eq!(seen(&mut forest, "tw"), "t1 0 attached, t2 0 attached, tw 1 top, x1 1 lost");
}

#[test]
fn a_node_that_never_came_is_on_the_map_all_the_same() {
    let mut forest = Forest::new(11);
    forest.restart("t1");
    forest.cut.insert("x1");
    forest.pass(6);
    assert_eq!(seen(&mut forest, "tw"), "t1 0 attached, t2 0 attached, tw 0 top, x1 ? never");
}

#[test]
fn clocks_that_are_apart_are_named() {
    let mut forest = Forest::new(7);
    forest.cut.insert("t1");
    forest.pass(4);
    forest.cut.clear();
    for _ in 0..3 {
        forest.world("t1").now.wall = UtcMillis(forest.world("tw").now.wall.0 + 60_000);
        forest.world("t1").now.instant += Duration::from_millis(1_100);
        forest.world("t1").input(Input::Timeout);
        forest.carry();
    }
    let last = forest.world("t1").news.last().cloned();
    let Some((_, NeighbourNews::Lost(LossCause::TurnedAway(why)))) = last else { panic!("{last:?}") };
    assert!(matches!(why, TurnedAway::Clock { apart_ms: 59_000..=62_000 }), "{why:?}");

    // Both ends show it, and neither says it every second.
    let below =
        |news: &&(NodeName, NeighbourNews)| matches!(news.1, NeighbourNews::Lost(LossCause::TurnedAway(_)));
    let above = |news: &&(NodeName, NeighbourNews)| matches!(news.1, NeighbourNews::TurnedAway(_));
    assert_eq!(forest.world("t1").news.iter().filter(below).count(), 1);
    assert_eq!(forest.world("tw").news.iter().filter(above).count(), 1);
    assert!(seen(&mut forest, "tw").contains("t1 0 lost"));
    assert!(seen(&mut forest, "t1").contains("t1 0 lost"));
}

/// The nodes in a node's sight: people, and how each is heard.
fn seen(forest: &mut Forest, at: &str) -> String {
    let told = |status: NodeStatus| {
        let people = status.figures.map_or("?".to_owned(), |figures| figures.people.to_string());
        let heard = match status.contact {
            Contact::Top {} => "top",
            Contact::Never {} => "never",
            Contact::Attached { .. } => "attached",
            Contact::Lost { .. } => "lost",
            Contact::Beyond {} => "beyond",
        };
        format!("{} {people} {heard}", status.node)
    };
    let mut seen: Vec<String> = forest.world(at).hub.statuses().into_iter().map(told).collect();
    seen.sort();
    seen.join(", ")
}
