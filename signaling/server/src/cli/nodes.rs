//! `giaoban check-nodes` and `print-nodes`: the nodes file read, explained, and begun.

use super::{import, print};
use crate::config::NodesFile;
use anyhow::{Result, ensure};
use clap::Args;
use signaling_core::{Node, NodeTree, Unit, UnitTree};
use signaling_protocol::TierCode;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The node at the top of a beginning.
const TOP: &str = "top";

/// Units and nodes named in one line; beyond that only their number.
const NAMED: usize = 8;

#[derive(Args)]
pub(super) struct Check {
    /// The nodes file
    file: PathBuf,
    /// The units, as for import-units: then the branches are checked too
    #[arg(long, value_name = "PATH")]
    units: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Print {
    /// The units, as for import-units
    #[arg(long, value_name = "PATH")]
    units: PathBuf,
    /// Tiers whose units get a node each, by code, the higher ones first: --tiers region,city
    #[arg(long, value_name = "TIER", value_delimiter = ',', required = true)]
    tiers: Vec<String>,
    #[command(flatten)]
    lines: Lines,
}

/// What is known of every node alike; single ones are corrected in the file.
#[derive(Args, Clone, Copy)]
struct Lines {
    /// Capacity of the links between nodes, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 200)]
    link_mbps: u32,
    /// Capacity of the line by which the node at the top hangs on the network
    #[arg(long, value_name = "MBPS")]
    top_mbps: Option<u32>,
    /// Capacity of the line by which every other node does
    #[arg(long, value_name = "MBPS")]
    access_mbps: Option<u32>,
    /// Capacity of the line of a site
    #[arg(long, value_name = "MBPS")]
    site_mbps: Option<u32>,
    /// Processors of every node
    #[arg(long)]
    cores: Option<u16>,
}

/// Reads a nodes file and says of every node what it does.
pub(super) fn check(options: &Check) -> Result<()> {
    let file = NodesFile::load(&options.file)?;
    if let Some(path) = &options.units {
        file.check_units(&import::look(path)?)?;
    }
    let tree = &file.tree;
    print(&format!("{} has no mistakes", options.file.display()))?;
    print(&format!("{} nodes, {} lines", tree.nodes().len(), tree.links().len()))?;
    for node in tree.top_down() {
        let above = node.parent.as_ref().map_or("at the top".to_owned(), |parent| format!("below {parent}"));
        print(&format!("  {} ({}): {above}, {}", node.name, node.number, served(node)))?;
    }
    Ok(())
}

/// A node's place in words, a line each.
pub(super) fn place(tree: &NodeTree, own: &Node) -> Vec<String> {
    let level = tree.depth(&own.name).unwrap_or_default() + 1;
    let levels = tree.nodes().iter().filter_map(|node| tree.depth(&node.name)).max().unwrap_or_default() + 1;
    let named = |nodes: &mut dyn Iterator<Item = &Node>| listed(nodes.map(|node| node.name.to_string()));
    let mut lines = vec![format!("node {}, number {}: level {level} of {levels}", own.name, own.number)];
    match tree.parent_of(&own.name) {
        Some(_) => {
            let path: Vec<&str> = tree.path_up(&own.name).map(|node| node.name.as_str()).collect();
            lines.push(format!("  the way up: {}", path.join(" → ")));
        }
        None => lines.push("  at the top: it dials nobody".to_owned()),
    }
    if let Some(standby) = &own.standby {
        lines.push(format!("  while its parent does not answer it dials: {standby}"));
    }
    if let Some(cluster) = &own.cluster {
        lines.push(format!("  cluster {cluster}: {}", named(&mut tree.cluster_of(&own.name))));
    }
    lines.push(format!("  it {}", served(own)));
    lines.push(format!("  nodes that dial it: {}", named(&mut tree.children_of(&own.name))));
    if let Some(parent) = &own.parent {
        let link = tree.link_between(&own.name, parent);
        lines.push(link.map_or_else(
            || format!("  the link to {parent} is not in the link table: nothing limits what it carries"),
            |link| {
                let (capacity, cap) = (f64::from(link.capacity_kbps) / 1_000.0, link.cap_percent);
                format!("  the link to {parent}: {capacity} Mbit/s, of which meetings take at most {cap} %")
            },
        ));
    }
    lines
}

fn served(node: &Node) -> String {
    if node.branch.is_empty() {
        return "serves everybody whom no other node serves".to_owned();
    }
    format!("serves the units {} and all below", listed(node.branch.iter().map(ToString::to_string)))
}

/// The first few, and how many more there are.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match (names.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// Writes a nodes file to begin with.
pub(super) fn print_file(options: &Print) -> Result<()> {
    let units = import::look(&options.units)?;
    print(beginning(&units, &options.tiers, options.lines)?.trim_end())
}

/// One node at the top and one for each unit of some tiers, each below the nearest of them.
fn beginning(units: &UnitTree, tiers: &[String], lines: Lines) -> Result<String> {
    let known: Vec<&str> = units.tiers().iter().map(|tier| tier.code.as_str()).collect();
    for tier in tiers {
        ensure!(
            known.contains(&tier.as_str()),
            "there is no tier {tier} in the units; there are: {}",
            known.join(", ")
        );
    }
    let chosen = |tier: &TierCode| tiers.iter().any(|one| one == tier.as_str());
    let above = |unit: &Unit| {
        std::iter::successors(unit.parent.as_ref(), |code| units.unit(code)?.parent.as_ref())
            .filter_map(|code| units.unit(code))
            .find(|unit| chosen(&unit.tier))
    };
    let mut out = format!(
        "# One node at the top and one for each unit of the tiers {}, as `giaoban print-nodes` writes it. Correct\n\
         # addresses, processors and capacities of single nodes here; what each key means is told in docs/nodes.md.\n",
        tiers.join(", ")
    );
    out.push_str(&node(TOP, None, lines)?);
    if let Some(mbps) = lines.top_mbps {
        out.push_str(&line(TOP, "network", mbps));
    }
    for unit in units.units().iter().filter(|unit| chosen(&unit.tier)) {
        let name = node_name(unit);
        let parent = above(unit).map_or_else(|| TOP.to_owned(), node_name);
        write!(out, "\n# {}", unit.name)?;
        out.push_str(&node(&name, Some((&parent, unit)), lines)?);
        out.push_str(&line(&name, &parent, lines.link_mbps));
        if let Some(mbps) = lines.access_mbps {
            out.push_str(&line(&name, "network", mbps));
        }
        if let Some(mbps) = lines.site_mbps {
            out.push_str(&line("sites", &name, mbps));
        }
    }
    Ok(out)
}

fn node(name: &str, below: Option<(&str, &Unit)>, lines: Lines) -> Result<String, std::fmt::Error> {
    let mut out = format!("\n[[node]]\nname = \"{name}\"\n");
    if let Some((parent, unit)) = below {
        write!(out, "parent = \"{parent}\"\nbranch = \"{}\"\n", unit.code)?;
    }
    writeln!(out, "addresses = [\"https://{name}.example.vn:8443\"]")?;
    if let Some(cores) = lines.cores {
        writeln!(out, "cores = {cores}")?;
    }
    Ok(out)
}

fn line(from: &str, to: &str, mbps: u32) -> String {
    format!("\n[[link]]\nfrom = \"{from}\"\nto = \"{to}\"\ncapacity_mbps = {mbps}\n")
}

/// A unit's code as a node's name.
fn node_name(unit: &Unit) -> String {
    let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' };
    let code: String = unit.code.as_str().chars().take(31).map(plain).collect();
    format!("n{}", code.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signaling_core::NodeName;
    use std::path::Path;

    const LINES: Lines =
        Lines { link_mbps: 200, top_mbps: None, access_mbps: None, site_mbps: None, cores: None };

    fn sample(name: &str) -> UnitTree {
        import::look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/units").join(name)).unwrap()
    }

    #[test]
    fn a_beginning_is_a_tree_of_the_tiers_that_were_named() {
        let units = sample("five-tier");
        let text = beginning(&units, &["vung".into(), "xa".into()], LINES).unwrap();
        let file = NodesFile::parse(Path::new("nodes.toml"), &text).unwrap();
        file.check_units(&units).unwrap();
        let name = NodeName::parse("n51101").unwrap();
        let path: Vec<&str> = file.tree.path_up(&name).map(|node| node.name.as_str()).collect();
        assert_eq!(path, ["n51101", "n51000", "top"], "a level between is missing");
        let refused = beginning(&units, &["quoc-gia".into()], LINES).unwrap_err().to_string();
        assert!(refused.contains("quoc-gia") && refused.contains("vung"), "{refused}");
    }

    #[test]
    fn the_national_sample_is_as_it_is_written() {
        // giaoban print-nodes --units ../units/national --tiers vung,tinh --link-mbps 200 --top-mbps 10000
        //     --access-mbps 1000 --site-mbps 50 --cores 8
        let lines = Lines {
            link_mbps: 200,
            top_mbps: Some(10_000),
            access_mbps: Some(1_000),
            site_mbps: Some(50),
            cores: Some(8),
        };
        let text = beginning(&sample("national"), &["vung".into(), "tinh".into()], lines).unwrap();
        assert_eq!(text, include_str!("../../../../configs/national/nodes.toml"));
    }

    #[test]
    fn a_place_is_told_in_words() {
        let text = beginning(&sample("three-tier"), &["huyen".into()], LINES).unwrap();
        let tree = NodesFile::parse(Path::new("nodes.toml"), &text).unwrap().tree;
        let told = |name: &str| place(&tree, tree.node(&NodeName::parse(name).unwrap()).unwrap()).join("\n");
        expect_test::expect![[r#"
            node top, number 28720365: level 1 of 2
              at the top: it dials nobody
              it serves everybody whom no other node serves
              nodes that dial it: n10100, n10200, n10300, n10400, n10500, n10600, n10700, n10800 and 2 more"#]].assert_eq(&told("top"));
        expect_test::expect![[r#"
            node n10300, number 8c28bda4: level 2 of 2
              the way up: n10300 → top
              it serves the units 10300 and all below
              nodes that dial it: none
              the link to top: 200 Mbit/s, of which meetings take at most 100 %"#]]
        .assert_eq(&told("n10300"));
    }
}
