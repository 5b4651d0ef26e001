use super::*;
use expect_test::expect;

fn parse(text: &str) -> Result<NodesFile, Vec<Problem>> {
    NodesFile::parse(Path::new("nodes.toml"), text)
}

fn told(text: &str) -> String {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

#[test]
fn every_ready_set_is_read_with_the_units_it_is_for() {
    for (set, sample, nodes, levels) in [
        ("relays", "three-tier", 4, 2),
        ("tiers", "five-tier", 7, 3),
        ("cluster", "two-tier", 3, 1),
        ("national", "national", 38, 3),
    ] {
        let config = crate::config::Config::load(&configs().join(set).join("node.toml")).unwrap();
        let choice = config.node.unwrap();
        let (file, own) = NodesFile::of(&choice).unwrap();
        assert_eq!(own.name, choice.name);
        assert_eq!(file.tree.nodes().len(), nodes, "{set}");
        let depth = file.tree.nodes().iter().filter_map(|node| file.tree.depth(&node.name)).max();
        assert_eq!(depth, Some(levels - 1), "{set}");
        let read = |name: &str| std::fs::read(configs().join("units").join(sample).join(name));
        let units = match read("units.json") {
            Ok(json) => UnitTree::from_json(&json),
            Err(_) => UnitTree::from_csv(&read("tiers.csv").unwrap(), &read("units.csv").unwrap()),
        };
        file.check_units(&units.unwrap()).unwrap();
    }
}

#[test]
fn every_key_is_in_the_explained_set() {
    let text = std::fs::read_to_string(configs().join("relays/nodes.toml")).unwrap();
    let source = include_str!("../nodes.rs");
    for key in source.split("section.").skip(1).filter_map(|call| call.split('"').nth(1)) {
        let written = text.lines().any(|line| line.starts_with(&format!("{key} = ")));
        assert!(written || key == "cluster", "{key} is not explained");
    }
    let cluster = std::fs::read_to_string(configs().join("cluster/nodes.toml")).unwrap();
    assert!(cluster.contains("cluster = "));
}

#[test]
fn every_mistake_of_a_table_is_named_with_its_line() {
    let text = r#"
[[node]]
name = "Goc"
address = ["https://goc.example.vn"]
cores = 0

[[node]]
parent = "goc"
branch = [""]
media = ["10.0.0.1"]

[[link]]
from = "a"
capacity_mbps = 0
cap_percent = 200
sites_at = "here"
rtt_ms = -1
"#;
    expect![[r#"
        line 3: node.name: a node's name has 1 to 32 small letters a-z, digits and '-'
        line 4: unknown key `node.address`
        line 5: node.cores: a whole number from 1 to 1024 is expected
        line 7: node.name: is missing
        line 9: node.branch: an id has 1 to 64 letters, digits, '-', '_' or '.'
        line 10: node.media: an address with port like "10.10.1.5:50000" is expected, not "10.0.0.1"
        line 12: link.to: is missing
        line 14: link.capacity_mbps: a number from 0.1 to 400000, in Mbit/s, is expected
        line 15: link.cap_percent: a whole number from 1 to 100 is expected
        line 16: link.sites_at: one of "local", "branch", "network" is expected, not "here"
        line 17: link.rtt_ms: a whole number from 0 to 10000 is expected"#]]
    .assert_eq(&told(text));
    expect![[r#"
        line 1: `node` must be a list of tables: [[node]]
        line 2: `link` must be a list of tables: [[link]]
        line 4: unknown section or key `other`"#]]
    .assert_eq(&told("node = 3\n[link]\nfrom = \"a\"\n[other]\n"));
    expect!["line 1: not valid TOML: unclosed array table, expected `]`"]
        .assert_eq(&told("[[node]\nname = \"a\"\n"));
    expect!["line 1: `node` must be a list of tables: [[node]]"].assert_eq(&told("node = [1]\n"));
    expect!["line 1: there is no [[node]]; describe at least one"].assert_eq(&told(""));
}

#[test]
fn mistakes_between_tables_are_named_with_the_line_of_their_key() {
    let text = r#"[[node]]
name = "goc"
addresses = ["https://goc.example.vn"]

[[node]]
name = "a"
branch = "10100"
parent = "gox"

[[node]]
name = "a"
parent = "goc"
branch = "10200"
"#;
    expect![[r#"
        line 8: node.parent: there is no node "gox" in this file; add it or correct the name
        line 11: node.name: two nodes are called "a"; give each a name of its own"#]]
    .assert_eq(&told(text));
    let text = r#"[[node]]
name = "goc"

[[node]]
name = "a"
parent = "goc"
branch = "10100"

[[link]]
from = "a"
capacity_mbps = 1.5
to = "b"
"#;
    expect![[r#"
        line 1: node.addresses: "a" dials this node, so it needs at least one address
        line 12: link.to: there is no node "b" in this file; add it or correct the name"#]]
    .assert_eq(&told(text));
}

#[test]
fn a_branch_that_is_not_in_the_units_is_named_with_its_line() {
    let text = "[[node]]\nname = \"goc\"\naddresses = [\"https://goc.vn\"]\n[[node]]\nname = \"a\"\nparent = \"goc\"\nbranch = \"9\"\n";
    let file = parse(text).unwrap();
    let told = file.check_units(&UnitTree::default()).unwrap_err().to_string();
    expect![[r#"
        nodes.toml has mistakes:
          line 7: node.branch: there is no unit 9 in the units file; correct the code or import the units first"#]].assert_eq(&told);
}

#[test]
fn a_node_that_is_not_in_its_file_is_refused() {
    let name = NodeName::parse("nobody").unwrap();
    let choice = NodeChoice { name, nodes: configs().join("cluster/nodes.toml") };
    let told = NodesFile::of(&choice).unwrap_err().to_string();
    assert!(told.ends_with("there is no node \"nobody\" here, as node.name of the configuration says; there are: hop-1, hop-2, hop-3"), "{told}");
}

#[test]
fn capacities_have_a_point_or_none() {
    let capacity = |text: &str| {
        let file = parse(&format!(
            "[[node]]\nname = \"a\"\n[[link]]\nfrom = \"a\"\nto = \"network\"\ncapacity_mbps = {text}\n"
        ));
        file.map(|file| file.tree.links()[0].capacity_kbps).map_err(|problems| problems[0].message.clone())
    };
    assert_eq!(capacity("200"), Ok(200_000));
    assert_eq!(capacity("1.5"), Ok(1_500));
    assert_eq!(capacity("0.1"), Ok(100));
    assert_eq!(capacity("400_000"), Ok(400_000_000));
    let expected = "link.capacity_mbps: a number from 0.1 to 400000, in Mbit/s, is expected";
    for wrong in ["0", "0.0", "-1", "0x10", "nan", "inf", "400001", "\"200\""] {
        assert_eq!(capacity(wrong), Err(expected.to_owned()), "{wrong}");
    }
}
