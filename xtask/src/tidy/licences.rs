//! deny.toml applied to what cargo resolves: licences, banned crates, more than one version of a crate. `cargo deny`
//! reads the same file and checks more (advisories, sources); it takes minutes to build, so it is not part of `test`.

use super::Violation;
use super::source::File;
use anyhow::{Context, Result};
use cargo_metadata::Metadata;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The parts of deny.toml that are checked here.
#[derive(Deserialize)]
pub(super) struct Policy {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Named>,
    skip: Vec<Named>,
}

/// A crate, alone or with a version: `name` or `name@version`.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "crate")]
    name: String,
}

/// One resolved package.
pub(super) struct Package {
    name: String,
    version: String,
    licence: Option<String>,
}

/// What deny.toml says.
pub(super) fn policy(files: &[File]) -> Result<Policy> {
    let file = files.iter().find(|file| file.path == "deny.toml").context("deny.toml is missing")?;
    toml::from_str(&file.text).context("deny.toml")
}

/// Every package that is resolved for our platform, tests included.
pub(super) fn packages(metadata: &Metadata) -> Vec<Package> {
    let resolved: BTreeSet<_> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| &node.id).collect();
    let chosen = metadata.packages.iter().filter(|package| resolved.contains(&package.id));
    let describe = |package: &cargo_metadata::Package| Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        licence: package.license.clone(),
    };
    chosen.map(describe).collect()
}

/// What breaks the policy, and entries of the policy that nothing needs any more.
pub(super) fn judge(packages: &[Package], policy: &Policy) -> Vec<Violation> {
    let place = "Cargo.lock";
    let mut violations = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let Package { name, version, licence } = package;
        versions.entry(name).or_default().insert(version);
        let licence = licence.as_deref().unwrap_or("none");
        if !satisfied(licence, &policy.licenses.allow) {
            violations
                .push(Violation::new(place, format!("{name} {version}: licence {licence} is not allowed")));
        }
        if policy.bans.deny.iter().any(|banned| banned.matches(name, version)) {
            violations.push(Violation::new(place, format!("{name} {version} is banned in deny.toml")));
        }
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        // All but one version must be listed: the list names the strays, not the crate.
        let strays =
            versions.iter().filter(|version| policy.bans.skip.iter().any(|skip| skip.matches(name, version)));
        if versions.len() - strays.count() > 1 {
            let list = versions.iter().copied().collect::<Vec<_>>().join(", ");
            violations.push(Violation::new(place, format!("{name} is there more than once: {list}")));
        }
    }
    for skip in &policy.bans.skip {
        let (name, _) = skip.parts();
        if versions.get(name).is_none_or(|versions| versions.len() < 2) {
            violations.push(Violation::new(
                "deny.toml",
                format!("{} is there only once: take it off `skip`", skip.name),
            ));
        }
    }
    violations
}

impl Named {
    fn parts(&self) -> (&str, Option<&str>) {
        self.name.split_once('@').map_or((self.name.as_str(), None), |(name, version)| (name, Some(version)))
    }

    fn matches(&self, name: &str, version: &str) -> bool {
        let (own, wanted) = self.parts();
        own == name && wanted.is_none_or(|wanted| wanted == version)
    }
}

/// Whether an SPDX expression can be met with the allowed licences. `/` is the old way to write OR.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any_of(&words, &mut at, allowed);
    met && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut met = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(words, at, allowed);
    }
    met
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut met = one_of(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one_of(words, at, allowed);
    }
    met
}

fn one_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = any_of(words, at, allowed);
        *at += 1;
        return met;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).copied().unwrap_or_default());
        *at += 2;
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, licence: &str) -> Package {
        Package { name: name.to_owned(), version: version.to_owned(), licence: Some(licence.to_owned()) }
    }

    fn deny(text: &str) -> Policy {
        toml::from_str(text).unwrap()
    }

    const PLAIN: &str = "[licenses]\nallow = ['MIT']\n[bans]\ndeny = [{ crate = 'openssl' }]\nskip = []\n";

    #[test]
    fn expressions_are_met_or_not() {
        let allowed = ["MIT".to_owned(), "ISC".to_owned()];
        for (expression, met) in [
            ("MIT", true),
            ("Apache-2.0/MIT", true),
            ("Apache-2.0 OR MIT", true),
            ("MIT AND ISC", true),
            ("MIT AND GPL-3.0", false),
            ("ISC AND (Apache-2.0 OR ISC)", true),
            ("(MIT OR GPL-3.0) AND GPL-3.0", false),
            ("MIT WITH exception", false),
            ("GPL-3.0", false),
            ("MIT ISC", false),
        ] {
            assert_eq!(satisfied(expression, &allowed), met, "{expression}");
        }
    }

    #[test]
    fn each_part_of_the_policy_can_fail() {
        assert_eq!(judge(&[package("a", "1.0.0", "MIT")], &deny(PLAIN)), []);
        assert_eq!(judge(&[package("a", "1.0.0", "GPL-3.0")], &deny(PLAIN)).len(), 1);
        assert_eq!(judge(&[package("openssl", "1.0.0", "MIT")], &deny(PLAIN)).len(), 1);
        let twice = [package("a", "1.0.0", "MIT"), package("a", "2.0.0", "MIT")];
        assert_eq!(judge(&twice, &deny(PLAIN)).len(), 1);
        let skipping = PLAIN.replace("skip = []", "skip = [{ crate = 'a@1.0.0' }]");
        assert_eq!(judge(&twice, &deny(&skipping)), []);
        assert_eq!(judge(&twice[1..], &deny(&skipping)).len(), 1, "a skip nobody needs");
    }
}
