//! A golden file: where it lies, what it must say, and whether a changed copy of it is still read.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Setting this variable writes stale files again instead of failing.
const UPDATE: &str = "UPDATE_FIXTURES";

/// Who writes such a text. What a client writes is read strictly; what a node writes may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    Client,
    Node,
}

/// One file below `fixtures/`.
pub(super) struct Golden {
    /// Its path there.
    pub(super) path: String,
    pub(super) writer: Writer,
    /// The Rust type it is read as.
    pub(super) type_name: &'static str,
    pub(super) text: String,
    read: fn(&[u8]) -> Option<String>,
}

impl Golden {
    /// The file of one value, which must survive the way to text and back.
    pub(super) fn of<T>(path: impl Into<String>, writer: Writer, value: &T) -> Self
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let path = path.into();
        let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
        assert!(serde_json::from_str::<T>(&text).unwrap() == *value, "{path} reads as another value");
        Self { path, writer, type_name: short_name::<T>(), text, read: read::<T> }
    }

    /// The text as a tree, for changing it.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Whether bytes are read as a value of this file's type.
    pub(super) fn accepts(&self, bytes: &[u8]) -> bool {
        self.rewritten(bytes).is_some()
    }

    /// What is written when these bytes are read; nothing if they are refused.
    pub(super) fn rewritten(&self, bytes: &[u8]) -> Option<String> {
        (self.read)(bytes)
    }

    /// Whether these bytes are refused, or read as something that is then written and read the same for ever.
    pub(super) fn settles(&self, bytes: &[u8]) -> bool {
        self.rewritten(bytes).is_none_or(|once| self.rewritten(once.as_bytes()).as_ref() == Some(&once))
    }
}

fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<String> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    Some(serde_json::to_string(&value).unwrap())
}

/// The last part of a type's path: `Vec<…::AccountView>` is `AccountView` as well.
fn short_name<T>() -> &'static str {
    let path = std::any::type_name::<T>().trim_end_matches('>');
    path.rsplit("::").next().unwrap()
}

/// An enum all of whose variants have a golden file.
pub(super) trait Variants {
    /// The variants in the order of their declaration.
    const NAMES: &'static [&'static str];
    /// Which variant a value is.
    fn variant(&self) -> &'static str;
}

/// Lists an enum's variants once, for the names and for a match without a rest: a variant that is added to the
/// enum does not compile until it is listed here, and fails the tests until it has a sample.
macro_rules! variants {
    ($name:ident: $($variant:ident),+ $(,)?) => {
        impl Variants for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($variant)),+];
            fn variant(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }
        }
    };
}
pub(super) use variants;

/// The same for an enum without data, whose samples are its variants.
macro_rules! plain_variants {
    ($name:ident: $($variant:ident),+ $(,)?) => {
        variants!($name: $($variant),+);
        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}
pub(super) use plain_variants;

/// One file per variant in a folder, each value wrapped in the text it travels in. `tag` points at the place
/// where that text names the variant.
pub(super) fn one_per_variant<V, T>(
    folder: &str,
    tag: &str,
    writer: Writer,
    samples: impl IntoIterator<Item = V>,
    wrap: impl Fn(V) -> T,
) -> Vec<Golden>
where
    V: Variants,
    T: Serialize + DeserializeOwned + PartialEq,
{
    let mut names = Vec::new();
    let mut goldens = Vec::new();
    for sample in samples {
        let variant = sample.variant();
        let wire_name = camel_case(variant);
        let golden = Golden::of(format!("{folder}/{wire_name}.json"), writer, &wrap(sample));
        let said = golden.json().pointer(tag).and_then(Value::as_str).map(str::to_owned);
        assert_eq!(said, Some(wire_name), "{folder}: {variant} is named otherwise at {tag}");
        names.push(variant);
        goldens.push(golden);
    }
    assert_eq!(names, V::NAMES, "{folder}: one sample per variant, in their order");
    goldens
}

fn camel_case(variant: &str) -> String {
    let mut letters = variant.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Every golden file there must be.
pub(super) fn all() -> Vec<Golden> {
    let mut goldens = super::client::goldens();
    goldens.extend(super::server::goldens());
    goldens.extend(super::api::goldens());
    goldens
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The paths of the files below a folder, relative to the fixtures.
fn files(below: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(below).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let parts = path.strip_prefix(folder()).unwrap().iter();
            found.insert(parts.map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/"));
        }
    }
    found
}

#[test]
fn committed_files_are_fresh() {
    let mut stale = Vec::new();
    for Golden { path, text, .. } in all() {
        let place = folder().join(&path);
        if fs::read_to_string(&place).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        if std::env::var_os(UPDATE).is_some() {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(&place, text).unwrap();
        } else {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "missing or stale, write them with {UPDATE}=1 and look at the difference: {stale:#?}"
    );
}

#[test]
fn every_file_has_its_value_and_every_value_its_own_file() {
    let paths: Vec<String> = all().into_iter().map(|golden| golden.path).collect();
    let expected: BTreeSet<String> = paths.iter().cloned().collect();
    assert_eq!(paths.len(), expected.len(), "two values share a file");
    let surplus: Vec<String> = files(&folder()).difference(&expected).cloned().collect();
    assert!(surplus.is_empty(), "nothing is written as these any more, take them out: {surplus:#?}");
}
