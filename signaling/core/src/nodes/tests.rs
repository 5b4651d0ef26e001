use super::*;
use crate::{NodeName, UnitTree};

fn name(text: &str) -> NodeName {
    NodeName::parse(text).unwrap()
}

fn code(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

/// `name`, `name<parent`, `name<parent|standby`, then `=branch+branch`, then `@cluster`.
fn entry(text: &str) -> NodeEntry {
    let (text, cluster) = text.split_once('@').map_or((text, None), |(text, name)| (text, Some(name)));
    let (text, branch) = text.split_once('=').unwrap_or((text, ""));
    let (own, above) = text.split_once('<').map_or((text, None), |(own, above)| (own, Some(above)));
    let (parent, standby) = match above.map(|above| above.split_once('|').unwrap_or((above, ""))) {
        Some((parent, standby)) => (Some(parent), (!standby.is_empty()).then_some(standby)),
        None => (None, None),
    };
    NodeEntry {
        name: name(own),
        parent: parent.map(name),
        standby: standby.map(name),
        cluster: cluster.map(name),
        branch: branch.split('+').filter(|unit| !unit.is_empty()).map(code).collect(),
        addresses: vec![format!("https://{own}.example.vn")],
        media: Vec::new(),
        cores: None,
    }
}

fn line(from: &str, to: &str) -> LinkEntry {
    let end = |text: &str| match text {
        "sites" => LinkEnd::Sites,
        "network" => LinkEnd::Network,
        node => LinkEnd::Node(name(node)),
    };
    let (from, to) = (end(from), end(to));
    LinkEntry { from, to, place: None, capacity_kbps: 1_000, cap_percent: 80, class: None, rtt_ms: None }
}

fn tree(nodes: &[&str]) -> NodeTree {
    NodeTree::build(nodes.iter().map(|text| entry(text)).collect(), Vec::new()).unwrap()
}

/// What is wrong, a line each: table, key and words.
fn wrong(nodes: &[&str], links: &[(&str, &str)]) -> Vec<String> {
    let links = links.iter().map(|(from, to)| line(from, to)).collect();
    let problems = NodeTree::build(nodes.iter().map(|text| entry(text)).collect(), links).unwrap_err();
    let place = |table| match table {
        NodeTable::File => "file".to_owned(),
        NodeTable::Node(at) => format!("node {at}"),
        NodeTable::Link(at) => format!("link {at}"),
    };
    problems.iter().map(|one| format!("{}.{}: {}", place(one.table), one.key, one.mistake)).collect()
}

fn units() -> UnitTree {
    let tiers = b"code,name\na,A\nb,B\nc,C\n";
    let units = "code,name,kind,tier,parent,order\n\
        T,T,t,a,,1\nH1,H1,h,b,T,1\nH2,H2,h,b,T,2\nH3,H3,h,b,T,3\n\
        X11,X11,x,c,H1,1\nX12,X12,x,c,H1,2\nX21,X21,x,c,H2,1\nX31,X31,x,c,H3,1\n";
    UnitTree::from_csv(tiers, units.as_bytes()).unwrap()
}

fn names<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<&'a str> {
    nodes.into_iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_tree_answers_who_is_above_and_below_whatever_order_the_file_has() {
    let tree = tree(&["c<b|a=H1", "d<c|b=X11", "a", "e<d=X11", "b<a=T"]);
    assert_eq!(names(tree.top_down()), ["a", "b", "c", "d", "e"]);
    assert_eq!(names(tree.path_up(&name("e"))), ["e", "d", "c", "b", "a"]);
    assert_eq!((tree.depth(&name("a")), tree.depth(&name("e"))), (Some(0), Some(4)));
    assert_eq!(tree.parent_of(&name("c")).map(|node| node.name.as_str()), Some("b"));
    assert_eq!(tree.standby_of(&name("c")).map(|node| node.name.as_str()), Some("a"));
    assert_eq!(tree.standby_of(&name("e")), None);
    assert_eq!(names(tree.children_of(&name("b"))), ["c"]);
    assert_eq!(names(tree.roots()), ["a"]);
    assert!(tree.is_within(&name("e"), &name("b")) && !tree.is_within(&name("b"), &name("e")));
    assert_eq!(tree.node(&name("nobody")), None);
    let number = NodeNumber::of(&name("d"));
    assert_eq!(tree.numbered(number).map(|node| node.name.as_str()), Some("d"));
}

#[test]
fn a_number_comes_from_the_name_alone() {
    // Written down: it must be the same in every version, or two of them cannot share a tree.
    assert_eq!(NodeNumber::of(&name("goc")).to_string(), "14d1368a");
    assert_ne!(NodeNumber::of(&name("goc")), NodeNumber::of(&name("goc-2")));
    assert_eq!(NodeNumber::ALONE.value(), 0);
    // Two names of one number, found by trying.
    let same = same_numbers();
    let problems = wrong(&["a", &format!("{}<a=T", same.0), &format!("{}<a=X", same.1)], &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("node 2.name: ") && problems[0].contains("rename one"), "{problems:?}");
}

/// Of 200,000 names some four pairs share 32 bits.
fn same_numbers() -> (String, String) {
    let mut seen = HashMap::new();
    for at in 0.. {
        let own = format!("n{at}");
        if let Some(other) = seen.insert(NodeNumber::of(&name(&own)), own.clone()) {
            return (other, own);
        }
    }
    unreachable!("names without end")
}

#[test]
fn the_nearest_named_unit_decides_who_serves() {
    let (units, tree) = (units(), tree(&["a", "b<a=H1", "c<a=H2+X12", "d<b=X11", "e<d=X11"]));
    let serving = |unit: &str| names(tree.serving(&units, &code(unit)));
    assert_eq!(serving("H1"), ["b"]);
    assert_eq!(serving("X11"), ["e"], "the deeper of two that name a unit");
    assert_eq!(serving("X12"), ["c"], "the network is not the org chart");
    assert_eq!(serving("X21"), ["c"]);
    assert_eq!((serving("X31"), serving("T")), (vec!["a"], vec!["a"]), "a level is missing");
    assert_eq!(serving("unknown"), ["a"]);
    assert_eq!(tree.check_units(&units), []);
}

#[test]
fn a_cluster_shares_its_units_and_each_has_its_own_order() {
    let tree = tree(&["a@top", "b@top", "c<a|b=H1@low", "d<b|a=H1@low"]);
    let units = units();
    let mut first: HashMap<&str, u32> = HashMap::new();
    let mut second: HashMap<&str, u32> = HashMap::new();
    for number in 0..1_000 {
        let order = names(tree.serving(&units, &code(&format!("U{number}"))));
        assert_eq!(order.len(), 2);
        *first.entry(order[0]).or_default() += 1;
        *second.entry(order[1]).or_default() += 1;
    }
    assert!(first.values().all(|count| (400..=600).contains(count)), "{first:?}");
    assert_eq!(first.get("a"), second.get("b"));
    let mut low = names(tree.serving(&units, &code("X11")));
    low.sort_unstable();
    assert_eq!(low, ["c", "d"]);
    assert_eq!(names(tree.cluster_of(&name("a"))), ["a", "b"]);
    assert_eq!(names(NodeTree::alone(name("x")).cluster_of(&name("x"))), ["x"]);
}

#[test]
fn what_is_no_tree_is_refused_in_words_to_act_on() {
    for (nodes, expected) in [
        (
            &["a", "b<z=T"][..],
            "node 1.parent: there is no node \"z\" in this file; add it or correct the name",
        ),
        (
            &["a", "b<a|z=T"],
            "node 1.standby: there is no node \"z\" in this file; add it or correct the name",
        ),
        (&["a", "b<c=T", "c<b=T"], "node 1.parent: a loop: b → c → b; one of them must have another parent"),
        (&["a<a=T"], "node 0.parent: a loop: a → a; one of them must have another parent"),
        (
            &["a", "b<a|c=H1", "c<a|b=H2"],
            "node 1.standby: a loop when standbys are dialled: b → c → b; choose a standby that is not reached \
             through this node",
        ),
        (
            &["a", "b<a|b=T"],
            "node 1.standby: a loop when standbys are dialled: b → b; choose a standby that is not \
             reached through this node",
        ),
        (
            &["a", "b<a|a=T"],
            "node 1.standby: the standby is the node's parent; name another node or leave it out",
        ),
        (&["a", "b<a=T", "b<a=X"], "node 2.name: two nodes are called \"b\"; give each a name of its own"),
        (
            &["a", "b"],
            "node 1.parent: \"a\" and \"b\" have no parent; name the parent of one, or give both the same cluster",
        ),
        (
            &["a@x", "b@y"],
            "node 1.parent: \"a\" and \"b\" have no parent; name the parent of one, or give both the \
             same cluster",
        ),
        (
            &["a", "b<a"],
            "node 1.branch: a node with a parent says which units it serves: branch = \"CODE\" or \
             [\"CODE\", …]",
        ),
        (
            &["a", "b<a=H1", "c<a=H2+H1"],
            "node 2.branch: unit H1 is served by \"b\" too; leave it to one, or give both the same cluster",
        ),
        (
            &["a", "b<a=H1@p", "c<b=H1@p"],
            "node 2.parent: the nodes of cluster \"p\" must have the same parent; \"b\" has another",
        ),
        (
            &["a", "b<a=H1@p", "c<a=H2@p"],
            "node 2.branch: the nodes of cluster \"p\" must have the same branch; \"b\" has another",
        ),
        (&[], "file.node: there is no [[node]]; describe at least one"),
    ] {
        assert_eq!(wrong(nodes, &[]), [expected], "{nodes:?}");
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let told = wrong(&["a", "b<y", "c<z=T", "a"], &[]);
    let places: Vec<&str> = told.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(places, ["node 1.parent", "node 1.branch", "node 2.parent", "node 3.name", "node 3.parent"]);
}

#[test]
fn a_tree_is_as_deep_and_as_large_as_its_bounds() {
    let chain = |levels: usize| -> Vec<NodeEntry> {
        let below = (1..levels).map(|at| entry(&format!("n{at}<n{}=X", at - 1)));
        std::iter::once(entry("n0")).chain(below).collect()
    };
    assert!(NodeTree::build(chain(MAX_DEPTH), Vec::new()).is_ok());
    let refused = NodeTree::build(chain(MAX_DEPTH + 1), Vec::new()).unwrap_err();
    assert_eq!(refused[0].mistake, NodeMistake::TooDeep { levels: MAX_DEPTH + 1 });
    let wide = |nodes: usize| {
        std::iter::once(entry("n0")).chain((1..nodes).map(|at| entry(&format!("n{at}<n0=X{at}")))).collect()
    };
    assert_eq!(NodeTree::build(wide(MAX_NODES), Vec::new()).unwrap().nodes().len(), MAX_NODES);
    assert!(NodeTree::build(wide(MAX_NODES + 1), Vec::new()).is_err());
}

#[test]
fn a_branch_is_of_the_units_and_of_the_parents_branch() {
    let units = units();
    let problems = |nodes: &[&str]| -> Vec<String> {
        tree(nodes).check_units(&units).iter().map(|one| one.mistake.to_string()).collect()
    };
    assert_eq!(problems(&["a", "b<a=H1", "c<b=X12"]), [""; 0]);
    assert_eq!(
        problems(&["a", "b<a=H9"]),
        ["there is no unit H9 in the units file; correct the code or import the units first"]
    );
    assert_eq!(
        problems(&["a", "b<a=H1", "c<b=X12+X21"]),
        ["unit X21 is not below a unit that the parent \"b\" serves; choose another parent or unit"]
    );
}

#[test]
fn lines_connect_neighbours_either_way_round_and_once() {
    let nodes = ["a@top", "z@top", "b<a|z=H1", "c<b=X11"];
    let links = [("b", "a"), ("z", "b"), ("b", "c"), ("z", "a"), ("a", "network"), ("sites", "b")];
    let links: Vec<LinkEntry> = links.iter().map(|(from, to)| line(from, to)).collect();
    let tree = NodeTree::build(nodes.iter().map(|text| entry(text)).collect(), links).unwrap();
    assert_eq!(tree.links().len(), 6);
    let link = tree.link_between(&name("a"), &name("b")).unwrap();
    assert_eq!(link.kind, LinkKind::Nodes { child: name("b"), parent: name("a") });
    assert_eq!(link.cap_kbps(), 800);
    assert!(tree.link_between(&name("c"), &name("a")).is_none());

    let told = wrong(
        &nodes,
        &[
            ("c", "a"),
            ("b", "x"),
            ("sites", "network"),
            ("a", "b"),
            ("b", "a"),
            ("a", "a"),
            ("z", "a"),
            ("a", "z"),
        ],
    );
    let neither = |from: &str, to: &str| {
        format!(
            "a line connects a node with its parent, its standby or a node of its cluster; \"{from}\" and \"{to}\" are \
             neither"
        )
    };
    assert_eq!(
        told,
        [
            format!("link 0.to: {}", neither("c", "a")),
            "link 1.to: there is no node \"x\" in this file; add it or correct the name".to_owned(),
            "link 2.from: a line connects two nodes, a node with \"network\", or \"sites\" with a node"
                .to_owned(),
            "link 4.from: this line is there twice; remove one".to_owned(),
            format!("link 5.to: {}", neither("a", "a")),
            "link 7.from: this line is there twice; remove one".to_owned(),
        ]
    );
}

#[test]
fn whoever_is_dialled_has_an_address() {
    let mut silent = entry("a");
    silent.addresses.clear();
    let refused = NodeTree::build(vec![silent.clone(), entry("b<a=T")], Vec::new()).unwrap_err();
    assert_eq!(refused[0].mistake, NodeMistake::NoAddress { child: name("b") });
    assert!(NodeTree::build(vec![silent], Vec::new()).is_ok());
}

#[test]
fn a_name_is_no_word_of_the_link_table() {
    assert_eq!(
        wrong(&["sites"], &[]),
        ["node 0.name: \"sites\" is a word of the link table; choose another name"]
    );
    assert_eq!(wrong(&["a", "network<a=T"], &[]).len(), 1);
}

#[test]
fn a_hub_is_told_where_its_node_stands() {
    let tree = tree(&["a", "b<a=H1", "c<b=X11", "d<b=X12"]);
    let place = tree.place_of(&name("b")).unwrap();
    assert_eq!((place.number, place.parent), (NodeNumber::of(&name("b")).value(), Some(name("a"))));
    let children: Vec<&str> = place.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!((place.branch, children), (vec![code("H1")], vec!["c", "d"]));
    assert_eq!(tree.place_of(&name("z")), None);
}
