//! Fuzz targets: for each reader of foreign bytes, what must hold whatever it is given. A property is more than "does not
//! panic": what was read can be written and read again, lengths lie inside, a mistake is named with its place.
//!
//! - `media`, `reports`, `seal`, `hall`  the SFU: RTP, codec headers, STUN, RTCP, SRTP, a whole engine
//! - `branch`                            a whole engine with a link to another node
//! - `carried`                           redundant audio, AV1's dependency descriptors
//! - `offers`                            session descriptions, read and negotiated
//! - `frames`, `hub`                     signaling: frames, a whole hub
//! - `door`                              HTTP: bodies, headers, tokens, secrets
//! - `files`, `nodes`                    units and configuration, nodes
//! - `words`                             ids, texts, days
//! - `corpus`, `mutate`, `search`        seeds, changes to them, and as many tries as time allows
//!
//! libFuzzer drives the same targets (`tests/fuzz`), and a test replays every seed.

mod branch;
mod carried;
pub mod corpus;
mod door;
mod files;
mod frames;
pub mod hall;
mod hub;
mod media;
pub mod mutate;
mod nodes;
mod offers;
mod reports;
mod seal;
pub mod search;
mod words;

use std::hash::{DefaultHasher, Hash, Hasher as _};

/// How an input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It was read.
    Taken,
    /// It was refused.
    Refused,
}

/// What a target saw of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seen {
    /// How it ended.
    pub verdict: Verdict,
    /// Stands for what was in it, roughly: an input of a new shape is worth changing further.
    pub shape: u64,
}

impl Seen {
    /// It was read.
    fn taken(shape: impl Hash) -> Self {
        Self { verdict: Verdict::Taken, shape: digest((true, shape)) }
    }

    /// It was refused.
    fn refused(shape: impl Hash) -> Self {
        Self { verdict: Verdict::Refused, shape: digest((false, shape)) }
    }
}

fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How large a number is, for shapes: 0, 1, 2 to 3, 4 to 7, …
fn magnitude(number: usize) -> u32 {
    number.checked_ilog2().map_or(0, |power| power + 1)
}

/// One reader and what must hold of it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, also of its corpus.
    pub name: &'static str,
    /// Panics when what must hold does not.
    pub hold: fn(&[u8]) -> Seen,
    /// Words of its language, for the mutator.
    pub words: &'static [&'static [u8]],
    /// Mutations in every test run: as many as take a fraction of a second.
    pub tries: u32,
    /// Longest input worth trying, bytes.
    pub longest: usize,
}

/// Mutations of a target that is cheap.
const MANY: u32 = 3_000;
/// Longest datagram worth trying: what the engine reads, and a little.
const DATAGRAM: usize = 2_100;
/// Longest text worth trying.
const TEXT: usize = 32 * 1_024;

const fn target(
    name: &'static str,
    hold: fn(&[u8]) -> Seen,
    words: &'static [&'static [u8]],
    (tries, longest): (u32, usize),
) -> Target {
    Target { name, hold, words, tries, longest }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("rtp", media::rtp, &[], (MANY, DATAGRAM)),
    target("vp8", media::vp8, &[], (MANY, DATAGRAM)),
    target("vp9", media::vp9, &[], (MANY, DATAGRAM)),
    target("h264", media::h264, &[], (MANY, DATAGRAM)),
    target("av1", media::av1, &[], (MANY, DATAGRAM)),
    target("dependency", carried::dependency, carried::DEPENDENCY_WORDS, (MANY, 512)),
    target("red", carried::red, carried::RED_WORDS, (MANY, DATAGRAM)),
    target("stun", media::stun, media::STUN_WORDS, (MANY, DATAGRAM)),
    target("rtcp", reports::rtcp, reports::WORDS, (300, DATAGRAM)),
    target("srtp", seal::srtp, &[], (MANY, DATAGRAM)),
    target("offer", offers::offer, offers::WORDS, (500, TEXT)),
    target("connect", offers::connect, offers::WORDS, (20, TEXT)),
    target("engine", hall::engine, reports::WORDS, (20, 8 * 1_024)),
    target("link", branch::link, branch::WORDS, (20, 8 * 1_024)),
    target("client_frame", frames::client_frame, frames::WORDS, (MANY, TEXT)),
    target("hub", hub::hub, frames::WORDS, (100, TEXT)),
    target("http_body", door::body, door::BODY_WORDS, (MANY, TEXT)),
    target("http_head", door::head, door::HEAD_WORDS, (MANY, TEXT)),
    target("resume_token", door::resume_token, door::TOKEN_WORDS, (MANY, 1_024)),
    target("site_secret", door::site_secret, &[b"-", b" ", b"O", b"I", b"l"], (MANY, 256)),
    target("units_csv", files::units_csv, files::UNIT_WORDS, (MANY, TEXT)),
    target("units_json", files::units_json, files::UNIT_WORDS, (MANY, TEXT)),
    target("config", files::config, files::CONFIG_WORDS, (MANY, TEXT)),
    target("nodes", nodes::nodes, nodes::WORDS, (MANY, TEXT)),
    target("words", words::words, words::WORDS, (MANY, 1_024)),
];

/// A target by name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Holds one input against the target of a name: what a libFuzzer target calls.
pub fn hold(name: &str, input: &[u8]) {
    let target = find(name);
    assert!(target.is_some(), "there is no target {name}");
    if let Some(target) = target {
        (target.hold)(input);
    }
}
