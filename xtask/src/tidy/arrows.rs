//! Which crate may depend on which, what a core may never reach, and dependencies that nobody uses.

use super::Violation;
use super::source::File;
use cargo_metadata::{DependencyKind, Metadata, PackageId};
use std::collections::{BTreeMap, BTreeSet};

/// The allowed arrows of ARCHITECTURE.md, development dependencies included. `None` means any.
const ARROWS: [(&str, Option<&[&str]>); 9] = [
    ("sfu-control", Some(&[])),
    ("sfu-core", Some(&["sfu-control"])),
    ("sfu-node", Some(&["sfu-core", "sfu-control"])),
    ("signaling-protocol", Some(&[])),
    ("signaling-core", Some(&["signaling-protocol", "sfu-control"])),
    ("signaling-server", Some(&["signaling-core", "signaling-protocol", "sfu-node", "sfu-control"])),
    ("loadtest", Some(&["signaling-protocol"])),
    ("tests", None),
    ("xtask", Some(&["signaling-protocol"])),
];

/// Crates that decide and touch nothing.
const CORES: [&str; 4] = ["sfu-control", "sfu-core", "signaling-protocol", "signaling-core"];

/// What brings sockets, threads, files, a clock or chance; no core may reach it, not even through others.
const RUNTIMES: [&str; 12] = [
    "tokio",
    "mio",
    "socket2",
    "async-std",
    "smol",
    "hyper",
    "axum",
    "reqwest",
    "ureq",
    "sqlx",
    "if-addrs",
    "rusqlite",
];

/// What no core may name itself. A dependency may have it inside: crypto draws its own randomness.
const NOT_IN_CORES: [&str; 5] = ["getrandom", "rustix", "tracing-subscriber", "fastrand", "chrono"];

/// The same wall in the standard library.
const NOT_IN_CORE_SOURCE: [&str; 13] = [
    "std::thread",
    "std::fs",
    "std::env",
    "std::process",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "Instant::now",
    "SystemTime::now",
    "thread_rng",
    "OsRng",
    "async fn",
    ".await",
];

/// One crate of the workspace.
pub(super) struct Crate {
    pub(super) name: String,
    /// The folder of its manifest, from the root, with a final `/`.
    pub(super) folder: String,
    /// Its crates of the workspace, of every kind of dependency.
    pub(super) ours: BTreeSet<String>,
    /// Its foreign dependencies except those for tests and build scripts.
    pub(super) foreign: BTreeSet<String>,
    /// Everything it reaches without tests and build scripts.
    pub(super) reached: BTreeSet<String>,
    /// Dependencies whose name its sources never mention.
    pub(super) unused: Vec<String>,
}

/// The crates of the workspace as cargo resolves them.
pub(super) fn crates(metadata: &Metadata, files: &[File]) -> Vec<Crate> {
    let members: BTreeSet<&str> =
        metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let links = links(metadata);
    let root = metadata.workspace_root.as_str();
    let mut crates = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().map_or("", |folder| folder.as_str());
        let folder = format!("{}/", folder.strip_prefix(root).unwrap_or(folder).trim_start_matches('/'));
        let names = |kinds: &[DependencyKind]| -> BTreeSet<String> {
            let chosen = package.dependencies.iter().filter(|dependency| kinds.contains(&dependency.kind));
            chosen.map(|dependency| dependency.name.clone()).collect()
        };
        let all = names(&[DependencyKind::Normal, DependencyKind::Development, DependencyKind::Build]);
        let normal = names(&[DependencyKind::Normal]);
        crates.push(Crate {
            name: package.name.to_string(),
            ours: all.iter().filter(|name| members.contains(name.as_str())).cloned().collect(),
            foreign: normal.iter().filter(|name| !members.contains(name.as_str())).cloned().collect(),
            reached: reach(&links, &package.id),
            unused: all.iter().filter(|name| !mentioned(name, &folder, files)).cloned().collect(),
            folder,
        });
    }
    crates
}

/// Package names by id, and for each package the ids it needs when it is not being tested.
struct Links<'a> {
    names: BTreeMap<&'a PackageId, String>,
    needs: BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
}

fn links(metadata: &Metadata) -> Links<'_> {
    let names = metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let mut needs = BTreeMap::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let normal =
            |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|k| k.kind == DependencyKind::Normal);
        let list = node.deps.iter().filter(|dep| normal(&dep.dep_kinds)).map(|dep| &dep.pkg).collect();
        needs.insert(&node.id, list);
    }
    Links { names, needs }
}

fn reach(links: &Links<'_>, from: &PackageId) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&PackageId> = links.needs.get(from).cloned().unwrap_or_default();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            waiting.extend(links.needs.get(id).into_iter().flatten().copied());
        }
    }
    seen.into_iter().filter_map(|id| links.names.get(id).cloned()).collect()
}

/// Whether any source of the crate names the dependency. Cheap and blind to feature-only dependencies, of which we
/// have none.
fn mentioned(dependency: &str, folder: &str, files: &[File]) -> bool {
    let name = dependency.replace('-', "_");
    let sources = files.iter().filter(|file| file.path.starts_with(folder) && file.extension() == "rs");
    sources
        .into_iter()
        .any(|file| file.text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name))
}

/// Arrows that are not allowed, and crates that nobody has drawn.
pub(super) fn inner(crates: &[Crate]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for one in crates {
        let place = format!("{}Cargo.toml", one.folder);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == one.name) else {
            violations
                .push(Violation::new(place, format!("{} has no place in the table of arrows", one.name)));
            continue;
        };
        let Some(allowed) = allowed else { continue };
        for target in one.ours.iter().filter(|target| !allowed.contains(&target.as_str())) {
            violations.push(Violation::new(&place, format!("{} may not depend on {target}", one.name)));
        }
    }
    violations
}

/// Cores that reach a socket, a thread, a clock or chance.
pub(super) fn walls(crates: &[Crate], files: &[File]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for core in crates.iter().filter(|one| CORES.contains(&one.name.as_str())) {
        let place = format!("{}Cargo.toml", core.folder);
        for name in core.reached.iter().filter(|name| RUNTIMES.contains(&name.as_str())) {
            violations.push(Violation::new(&place, format!("the core {} reaches {name}", core.name)));
        }
        for name in core.foreign.iter().filter(|name| NOT_IN_CORES.contains(&name.as_str())) {
            violations.push(Violation::new(&place, format!("the core {} may not use {name}", core.name)));
        }
        let source = format!("{}src/", core.folder);
        for file in
            files.iter().filter(|f| f.path.starts_with(&source) && f.extension() == "rs" && !f.is_test())
        {
            for (number, line) in file.code().lines().enumerate() {
                for word in NOT_IN_CORE_SOURCE.iter().filter(|word| line.contains(*word)) {
                    let place = format!("{}:{}", file.path, number + 1);
                    violations.push(Violation::new(place, format!("a core may not use {word}")));
                }
            }
        }
    }
    violations
}

/// Dependencies that no source of their crate names.
pub(super) fn unused(crates: &[Crate]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for one in crates {
        for name in &one.unused {
            let place = format!("{}Cargo.toml", one.folder);
            violations.push(Violation::new(place, format!("{} does not use {name}; take it out", one.name)));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(name: &str, ours: &[&str], reached: &[&str]) -> Crate {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        Crate {
            name: name.to_owned(),
            folder: format!("{}/", name.replacen('-', "/", 1)),
            ours: set(ours),
            foreign: set(reached),
            reached: set(reached),
            unused: Vec::new(),
        }
    }

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn allowed_arrows_pass_and_others_do_not() {
        assert_eq!(inner(&[krate("sfu-core", &["sfu-control"], &[])]), []);
        assert_eq!(inner(&[krate("tests", &["sfu-core", "signaling-core"], &[])]), []);
        for (name, target) in [
            ("sfu-core", "signaling-protocol"),
            ("signaling-core", "sfu-core"),
            ("loadtest", "signaling-core"),
            ("signaling-server", "tests"),
            ("xtask", "signaling-core"),
        ] {
            assert_eq!(inner(&[krate(name, &[target], &[])]).len(), 1, "{name} -> {target}");
        }
        assert_eq!(inner(&[krate("stranger", &[], &[])]).len(), 1);
    }

    #[test]
    fn a_core_reaches_no_runtime() {
        assert_eq!(walls(&[krate("signaling-core", &[], &["serde"])], &[]), []);
        assert_eq!(walls(&[krate("signaling-core", &[], &["tokio"])], &[]).len(), 1);
        assert_eq!(walls(&[krate("signaling-core", &[], &["getrandom"])], &[]).len(), 1);
        assert_eq!(walls(&[krate("signaling-server", &[], &["tokio"])], &[]), []);
    }

    #[test]
    fn a_core_names_no_clock_or_socket() {
        let core = [krate("sfu-core", &[], &[])];
        let bad = file("sfu/core/src/engine.rs", "// Instant::now is banned\nlet t = Instant::now();\n");
        let found = walls(&core, &[bad]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "sfu/core/src/engine.rs:2");
        let test = file("sfu/core/src/engine/tests.rs", "let t = Instant::now();\n");
        assert_eq!(walls(&core, &[test]), []);
    }

    #[test]
    fn a_dependency_is_used_or_goes() {
        let files = [file("a/b/src/lib.rs", "use tokio_tungstenite::connect_async;")];
        assert!(mentioned("tokio-tungstenite", "a/b/", &files));
        assert!(!mentioned("tokio", "a/b/", &files));
        let mut one = krate("sfu-core", &[], &[]);
        one.unused.push("rand".to_owned());
        assert_eq!(unused(&[one]).len(), 1);
    }
}
