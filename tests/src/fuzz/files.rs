//! Files that administrators write: units and the configuration.

use super::{Seen, magnitude};
use signaling_core::{ImportProblem, MAX_TIERS, MAX_UNITS, Unit, UnitTree};
use signaling_server::config::{Config, Problem};
use std::collections::HashMap;

/// Pieces of units files.
pub(super) const UNIT_WORDS: &[&[u8]] = &[
    b"\n",
    b",",
    b";",
    b"\"",
    b"\"\"",
    b"\n%%\n",
    b"code,name\n",
    b"code,name,kind,tier,parent,order,valid_from,valid_to,successors\n",
    b"2025-02-29",
    b"0000-01-01",
    b"\xEF\xBB\xBF",
    b"{\"tiers\":[",
    b"],\"units\":[",
    b"\"parent\":\"A\"",
    b"4294967296",
];

/// Mistakes listed of one file.
const PROBLEMS_MAX: usize = 50;

/// Parts the two files of one input.
const BETWEEN: &[u8] = b"\n%%\n";

/// Two CSV files. A tree that is read is one, and is the same however it is written; a mistake names a line that is there.
pub(super) fn units_csv(input: &[u8]) -> Seen {
    let at = input.windows(BETWEEN.len()).position(|window| window == BETWEEN).unwrap_or(input.len());
    let (tiers, rest) = input.split_at(at);
    let units = rest.get(BETWEEN.len()..).unwrap_or_default();
    match UnitTree::from_csv(tiers, units) {
        Ok(tree) => tree_holds(&tree),
        Err(problems) => {
            for ImportProblem { place, .. } in &problems {
                let file = match place.split_once(" line ") {
                    Some(("tiers", line)) => Some((tiers, line)),
                    Some(("units", line)) => Some((units, line)),
                    Some(_) => None,
                    None => (place == "file").then_some((input, "1")),
                };
                let line = file.and_then(|(text, line)| Some((text, line.parse::<usize>().ok()?)));
                let inside = line.is_some_and(|(text, line)| (1..=lines(text)).contains(&line));
                assert!(inside, "{place:?} is no place");
            }
            problems_hold(&problems)
        }
    }
}

/// One JSON file.
pub(super) fn units_json(input: &[u8]) -> Seen {
    match UnitTree::from_json(input) {
        Ok(tree) => tree_holds(&tree),
        Err(problems) => problems_hold(&problems),
    }
}

fn problems_hold(problems: &[ImportProblem]) -> Seen {
    assert!((1..=PROBLEMS_MAX).contains(&problems.len()), "{} problems", problems.len());
    assert!(problems.iter().all(|one| !one.place.is_empty() && !one.reason.is_empty()), "{problems:?}");
    let first = problems.first().map(|one| one.reason.split(':').next().unwrap_or_default().len());
    Seen::refused((first, magnitude(problems.len())))
}

/// Lines of a text, also one that has no end, and one that a line end opens.
fn lines(text: &[u8]) -> usize {
    1 + text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count()
}

fn tree_holds(tree: &UnitTree) -> Seen {
    assert!((1..=MAX_TIERS).contains(&tree.tiers().len()) && (1..=MAX_UNITS).contains(&tree.units().len()));
    let rank: HashMap<&str, usize> =
        tree.tiers().iter().enumerate().map(|(at, tier)| (tier.code.as_str(), at)).collect();
    assert_eq!(rank.len(), tree.tiers().len(), "a tier is there twice");
    let mut seen: HashMap<&str, &Unit> = HashMap::new();
    for unit in tree.units() {
        if let Some(parent) = &unit.parent {
            let above = seen.get(parent.as_str()).map(|above| above.tier.as_str());
            assert!(above.is_some(), "{} comes before its parent", unit.code);
            let falls = above.is_some_and(|above| rank.get(above) < rank.get(unit.tier.as_str()));
            assert!(falls, "{} is not below its parent", unit.code);
            assert!(tree.is_within(&unit.code, parent));
        }
        assert_eq!(tree.unit(&unit.code), Some(unit));
        assert!(seen.insert(unit.code.as_str(), unit).is_none(), "{} is there twice", unit.code);
    }
    for unit in tree.units() {
        assert!(unit.successors.iter().all(|code| seen.contains_key(code.as_str())), "{unit:?}");
    }
    let (tiers, units) = as_csv(tree);
    assert_eq!(UnitTree::from_csv(tiers.as_bytes(), units.as_bytes()).as_ref(), Ok(tree), "{tiers}\n{units}");
    let json = as_json(tree);
    assert_eq!(UnitTree::from_json(json.as_bytes()).as_ref(), Ok(tree), "{json}");
    Seen::taken((tree.tiers().len(), magnitude(tree.units().len())))
}

fn as_csv(tree: &UnitTree) -> (String, String) {
    let row = |cells: &[&str]| {
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        quoted.collect::<Vec<_>>().join(",") + "\n"
    };
    let mut tiers = row(&["code", "name"]);
    for tier in tree.tiers() {
        tiers.push_str(&row(&[tier.code.as_str(), &tier.name]));
    }
    let mut units =
        row(&["code", "name", "kind", "tier", "parent", "order", "valid_from", "valid_to", "successors"]);
    for unit in tree.units() {
        let Cells { parent, order, from, to, successors } = cells(unit);
        units.push_str(&row(&[
            unit.code.as_str(),
            &unit.name,
            &unit.kind,
            unit.tier.as_str(),
            &parent,
            &order,
            &from,
            &to,
            &successors.join(" "),
        ]));
    }
    (tiers, units)
}

fn as_json(tree: &UnitTree) -> String {
    let tiers: Vec<_> = tree
        .tiers()
        .iter()
        .map(|tier| serde_json::json!({ "code": tier.code.as_str(), "name": tier.name }))
        .collect();
    let units = tree.units().iter().map(|unit| {
        let Cells { parent, from, to, successors, .. } = cells(unit);
        serde_json::json!({
            "code": unit.code.as_str(), "name": unit.name, "kind": unit.kind, "tier": unit.tier.as_str(),
            "parent": parent, "order": unit.order, "validFrom": from, "validTo": to, "successors": successors,
        })
    });
    serde_json::json!({ "tiers": tiers, "units": units.collect::<Vec<_>>() }).to_string()
}

/// What of a unit is no text yet.
struct Cells {
    parent: String,
    order: String,
    from: String,
    to: String,
    successors: Vec<String>,
}

fn cells(unit: &Unit) -> Cells {
    Cells {
        parent: unit.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        order: unit.order.to_string(),
        from: unit.valid_from.map(|day| day.to_string()).unwrap_or_default(),
        to: unit.valid_to.map(|day| day.to_string()).unwrap_or_default(),
        successors: unit.successors.iter().map(ToString::to_string).collect(),
    }
}

/// Pieces of configurations.
pub(super) const CONFIG_WORDS: &[&[u8]] = &[
    b"[http]\n",
    b"[media]\n",
    b"[limits]\n",
    b"[security]\n",
    b"addresses = [\"0.0.0.0:8443\"]\n",
    b"plain_addresses = []\n",
    b"first_port = 65535\n",
    b"workers = 256\n",
    b"announced = [\"192.0.2.1\"]\n",
    b"0x10",
    b"9223372036854775808",
    b"\"\"\"",
    b"{ }",
    b"\n",
    b"\xC3\xA0",
];

/// What an unknown section is called here.
const UNKNOWN: &str = "no_such_section";

/// A configuration that is taken keeps every bound, and one line more that nobody knows is found where it stands; one that
/// is refused is so at lines that are there.
pub(super) fn config(input: &[u8]) -> Seen {
    let Ok(text) = std::str::from_utf8(input) else { return Seen::refused(0) };
    match Config::parse(text) {
        Ok(config) => {
            config_holds(&config);
            let longer = format!("{text}\n[{UNKNOWN}]\n");
            let problems = Config::parse(&longer).err().unwrap_or_default();
            let expected = text.bytes().filter(|byte| *byte == b'\n').count() + 2;
            let places: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
            assert_eq!(places, [expected], "{problems:?}");
            Seen::taken((config.http.addresses.len(), config.media.announced.len(), config.limits.peers))
        }
        Err(problems) => {
            assert!(!problems.is_empty() && problems.is_sorted(), "{problems:?}");
            for Problem { line, message } in &problems {
                assert!((1..=lines(input)).contains(line) && !message.is_empty(), "line {line}: {message}");
            }
            let first = problems.first().map(|one| one.message.split(':').next().unwrap_or_default().len());
            Seen::refused((first, magnitude(problems.len())))
        }
    }
}

fn config_holds(config: &Config) {
    let Config { http, media, security, limits, store, .. } = config;
    assert!(!http.addresses.is_empty() || !http.plain_addresses.is_empty());
    assert!(http.plain_addresses.iter().all(|address| address.ip().is_loopback()));
    for origin in http.allowed_origins.iter().chain(&http.public_address) {
        assert!(origin.starts_with("http") && !origin.contains(['"', ' ', '\n', ';']), "{origin:?}");
    }
    let listed = media.addresses.as_ref().map(Vec::len);
    assert_ne!(listed, Some(0));
    assert!(media.announced.is_empty() || listed == Some(media.announced.len()));
    let last = u32::from(media.first_port) + u32::from(media.workers.max(1)) - 1;
    assert!(media.first_port == 0 || last <= u32::from(u16::MAX), "ports to {last}");
    assert!(!store.path.as_os_str().is_empty());
    assert!(
        security.lock_first <= security.lock_longest && security.session_idle <= security.session_longest
    );
    assert!((10..=64).contains(&security.password_min_characters) && security.wrong_tries >= 3);
    assert!((2..=8_192).contains(&limits.seats_per_meeting) && limits.connections > 0 && limits.peers > 0);
}
