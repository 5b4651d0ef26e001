use super::*;
use crate::config::NodesFile;
use crate::metrics::Exposition;
use expect_test::{Expect, expect};
use signaling_core::NodeLoad;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const NOW: UtcMillis = UtcMillis(1_790_000_000_000);

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

fn placed(own: &str) -> Placed {
    let tree = NodesFile::load(&configs().join("tiers/nodes.toml")).unwrap().tree;
    Placed { tree, own: node(own) }
}

fn units() -> UnitTree {
    UnitTree::from_json(&std::fs::read(configs().join("units/five-tier/units.json")).unwrap()).unwrap()
}

fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

fn figures(people: u32, lower: Option<LinkReport>) -> NodeFigures {
    NodeFigures {
        people,
        meetings: 1,
        peers: people,
        load: Some(NodeLoad { processor_permille: 421, processors: 4 }),
        version: "0.1.0".to_owned(),
        lower,
    }
}

fn status(name: &str, parent: &str, contact: Contact) -> NodeStatus {
    let (node, parent) = (node(name), Some(node(parent)));
    NodeStatus { node, parent, contact, media: false, upper: None, figures: None }
}

fn attached(name: &str, parent: &str) -> NodeStatus {
    status(name, parent, Contact::Attached { since: UtcMillis(NOW.0 - 60_000) })
}

fn lost(name: &str, parent: &str, cause: LossCause) -> NodeStatus {
    let heard = Some(UtcMillis(NOW.0 - 9_000));
    status(name, parent, Contact::Lost { since: UtcMillis(NOW.0 - 6_000), heard, cause })
}

/// What the node at the top hears: one branch whole, with a line under load, and one lost.
fn heard() -> Heard {
    let end = |out_kbps, in_kbps| LinkReport {
        in_kbps,
        out_kbps,
        out_estimate_kbps: 150_000,
        rtt_ms: 21,
        out_loss_permille: 2,
        in_streams: 3,
        out_streams: 9,
        denied: 1,
        ..LinkReport::default()
    };
    let own = figures(12, None);
    let top = NodeStatus {
        parent: None,
        figures: Some(own.clone()),
        ..status("dieu-hanh", "dieu-hanh", Contact::Top {})
    };
    let region = NodeStatus {
        media: true,
        upper: Some(end(40_000, 5_000)),
        figures: Some(figures(31, Some(LinkReport { out_estimate_kbps: 0, ..end(5_000, 39_000) }))),
        ..attached("thuong-du", "dieu-hanh")
    };
    let statuses = vec![
        top,
        region,
        attached("hai-hop", "thuong-du"),
        status("tuong-tin", "thuong-du", Contact::Never {}),
        lost("trung-chau", "dieu-hanh", LossCause::Silent),
        status("tho-sa", "trung-chau", Contact::Beyond {}),
    ];
    Heard { statuses, own, at: NOW }
}

fn grants(role: GrantRole, unit: &str) -> Vec<GrantView> {
    vec![GrantView { role, unit: UnitCode::parse(unit).unwrap() }]
}

/// A line for each node: where it hangs, and whether it is heard.
fn told(map: &NodeMap) -> String {
    let mut text = String::new();
    for node in &map.nodes {
        let parent = node.parent.as_ref().map(|parent| parent.as_str()).unwrap_or("-");
        let state = serde_json::to_string(&node.state).unwrap();
        let to = node.attached_to.as_ref().map(|to| format!(" (at {to})")).unwrap_or_default();
        writeln!(text, "{} < {parent}{to} {state}", node.name).unwrap();
    }
    text
}

fn check(heard: &Heard, own: &str, grants: &[GrantView], expected: &Expect) {
    expected.assert_eq(&told(&draw(&placed(own), heard, &units(), Sight::Of(grants))));
}

#[test]
fn who_looks_after_everything_sees_every_node_of_the_file() {
    let all = grants(GrantRole::Administrator, "50000");
    check(
        &heard(),
        "dieu-hanh",
        &all,
        &expect![[r#"
            dieu-hanh < - {"state":"top"}
            thuong-du < dieu-hanh {"state":"attached","since":1789999940}
            trung-chau < dieu-hanh {"state":"lost","since":1789999994,"heard":1789999991,"cause":{"cause":"silent"}}
            hai-hop < thuong-du {"state":"attached","since":1789999940}
            tuong-tin < thuong-du {"state":"never"}
            tho-sa < trung-chau {"state":"beyond"}
            hung-trang < trung-chau {"state":"beyond"}
        "#]],
    );
}

#[test]
fn who_looks_after_a_branch_sees_its_nodes_only() {
    let mut both = grants(GrantRole::Operator, "51200");
    both.extend(grants(GrantRole::Administrator, "52000"));
    check(
        &heard(),
        "dieu-hanh",
        &both,
        &expect![[r#"
            trung-chau < dieu-hanh {"state":"lost","since":1789999994,"heard":1789999991,"cause":{"cause":"silent"}}
            tuong-tin < thuong-du {"state":"never"}
            tho-sa < trung-chau {"state":"beyond"}
            hung-trang < trung-chau {"state":"beyond"}
        "#]],
    );
    check(&heard(), "dieu-hanh", &grants(GrantRole::Convener, "50000"), &expect![[""]]);
    assert!(may_look(&both) && !may_look(&grants(GrantRole::Convener, "50000")));
}

#[test]
fn a_node_that_hangs_on_its_standby_is_there_whatever_its_parent_hears() {
    let mut heard = heard();
    heard.statuses.push(attached("hai-hop", "dieu-hanh"));
    heard.statuses.insert(1, lost("hai-hop", "thuong-du", LossCause::Silent));
    heard.statuses.retain(|status| status != &attached("hai-hop", "thuong-du"));
    check(
        &heard,
        "dieu-hanh",
        &grants(GrantRole::Administrator, "51100"),
        &expect![[r#"
            hai-hop < thuong-du (at dieu-hanh) {"state":"attached","since":1789999940}
        "#]],
    );
}

#[test]
fn a_node_below_says_how_it_hears_the_one_above() {
    let clock = LossCause::TurnedAway(TurnedAway::Clock { apart_ms: -61_500 });
    let statuses = vec![lost("hai-hop", "thuong-du", clock)];
    check(
        &Heard { statuses, own: figures(3, None), at: NOW },
        "hai-hop",
        &grants(GrantRole::Administrator, "51000"),
        &expect![[r#"
            hai-hop < thuong-du {"state":"lost","since":1789999994,"heard":1789999991,"cause":{"cause":"clock","apartSeconds":-61}}
        "#]],
    );
}

#[test]
fn what_flows_is_told_by_the_end_that_sends_and_unknown_stays_unknown() {
    let map = draw(&placed("dieu-hanh"), &heard(), &units(), Sight::Everything);
    let line = |name: &str| {
        let node = map.nodes.iter().find(|node| node.name.as_str() == name).unwrap();
        serde_json::to_string(&node.line).unwrap()
    };
    expect![[r#"{"capacityKbps":200000,"capPercent":80,"class":"P-up","flow":{"down":{"kbps":40000,"estimateKbps":150000,"lostPermille":2,"streams":9,"denied":1},"up":{"kbps":5000,"lostPermille":2,"streams":9,"denied":1},"rttMs":21}}"#]]
        .assert_eq(&line("thuong-du"));
    expect![[r#"{"capacityKbps":50000,"capPercent":80,"class":"C1"}"#]].assert_eq(&line("hai-hop"));
    expect!["null"].assert_eq(&line("dieu-hanh"));
}

#[test]
fn a_node_that_stands_alone_is_its_own_map() {
    let placed = Placed::alone(node("giaoban"));
    let heard = Heard { statuses: Vec::new(), own: figures(4, None), at: NOW };
    let map = draw(&placed, &heard, &units(), Sight::Of(&grants(GrantRole::Administrator, "50000")));
    assert_eq!(told(&map), "giaoban < - {\"state\":\"top\"}\n");
    assert_eq!(map.nodes[0].figures.as_ref().unwrap().processor_percent, Some(43));
}

#[test]
fn monitoring_is_told_what_is_known_and_nothing_else() {
    let mut out = Exposition::default();
    let mut heard = heard();
    heard.statuses.retain(|status| ["dieu-hanh", "thuong-du", "trung-chau"].contains(&status.node.as_str()));
    write(&draw(&placed("dieu-hanh"), &heard, &units(), Sight::Everything), &mut out);
    let text = out.into_text();
    for sample in [
        "giaoban_node_up{node=\"dieu-hanh\",parent=\"\"} 1",
        "giaoban_node_up{node=\"thuong-du\",parent=\"dieu-hanh\"} 1",
        "giaoban_node_up{node=\"trung-chau\",parent=\"dieu-hanh\"} 0",
        "giaoban_node_people{node=\"thuong-du\"} 31",
        "giaoban_node_processor_percent{node=\"dieu-hanh\"} 43",
        "giaoban_node_line_cap_kbps{node=\"thuong-du\"} 160000",
        "giaoban_node_line_kbps{node=\"thuong-du\",way=\"down\"} 40000",
        "giaoban_node_line_kbps{node=\"thuong-du\",way=\"up\"} 5000",
        "giaoban_node_line_estimate_kbps{node=\"thuong-du\",way=\"down\"} 150000",
    ] {
        assert!(text.lines().any(|line| line == sample), "{sample} in:\n{text}");
    }
    // The lower end has no estimate, and who is lost tells nothing any more.
    assert!(!text.contains("estimate_kbps{node=\"thuong-du\",way=\"up\"}"), "{text}");
    assert!(!text.contains("people{node=\"trung-chau\"}"), "{text}");
}
