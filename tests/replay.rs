//! The committed corpora, in every test run: each seed ends as its name says, and so many mutations of it hold.

use std::collections::BTreeSet;
use std::path::Path;
use tests::fuzz::corpus::{folder, seeds};
use tests::fuzz::mutate::{Chance, mutate};
use tests::fuzz::{TARGETS, Target, Verdict};

/// The seed of every run's mutations; a search takes others.
const SEED: u64 = 1;

fn names(below: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(below).unwrap_or_else(|error| panic!("{}: {error}", below.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn targets() -> BTreeSet<String> {
    TARGETS.iter().map(|target| target.name.to_owned()).collect()
}

fn replay(target: &Target) {
    let seeds = seeds(target).unwrap();
    let ends = |verdict| seeds.iter().any(|seed| seed.verdict == Some(verdict));
    assert!(ends(Verdict::Taken) && ends(Verdict::Refused), "{}: seeds of both kinds", target.name);
    for seed in &seeds {
        println!("{}/{}", target.name, seed.name);
        let seen = (target.hold)(&seed.bytes);
        assert_eq!(Some(seen.verdict), seed.verdict, "{}/{}", target.name, seed.name);
    }
    let mut chance = Chance::new(SEED);
    for number in 0..target.tries {
        let one = &seeds[chance.below(seeds.len())];
        let other = &seeds[chance.below(seeds.len())];
        let input = mutate(&mut chance, (&one.bytes, &other.bytes), target.words, target.longest);
        let held = std::panic::catch_unwind(|| (target.hold)(&input));
        assert!(held.is_ok(), "{}: mutation {number} of {}: {input:02X?}", target.name, one.name);
    }
}

/// One test for each target, so that one that breaks does not hide another.
macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(tests::fuzz::find(stringify!($target)).unwrap());
        })*

        #[test]
        fn every_target_is_replayed() {
            assert_eq!(targets(), [$(stringify!($target)),*].map(str::to_owned).into());
        }
    };
}

replayed! {
    rtp vp8 vp9 h264 av1 dependency red stun rtcp srtp offer connect engine link
    client_frame hub http_body http_head resume_token site_secret units_csv units_json config nodes words
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    assert_eq!(names(&folder().join("corpus")), targets());
}

#[test]
fn every_target_can_be_driven_by_libfuzzer() {
    let files = names(&folder().join("fuzz_targets"));
    assert_eq!(files, targets().iter().map(|name| format!("{name}.rs")).collect());
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in targets() {
        let source =
            std::fs::read_to_string(folder().join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(source.contains(&format!("tests::fuzz::hold(\"{name}\", input)")), "{name}: {source}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in the manifest");
    }
}

#[test]
fn the_engines_seeds_go_all_the_way() {
    let counters = |name: &str| {
        let input = std::fs::read(folder().join("corpus/engine").join(name)).unwrap();
        *tests::fuzz::hall::play(&input).unwrap().counters()
    };
    assert!(
        counters("taken-a-camera-is-watched").media_forwarded > 8,
        "a camera's pictures reach the other seat"
    );
    assert!(counters("taken-voices").media_forwarded > 8, "voices reach the other seat");
    assert!(counters("taken-watcher-reports-everything").keyframe_requests_in > 0);
    assert!(counters("taken-watcher-asks-for-all-again").resent > 0);
    assert!(counters("taken-screen-with-a-hole-and-its-repetition").upstream_recovered > 0);
    assert!(counters("taken-feedback-of-65535-lost").dropped_malformed > 0);
    assert_eq!(counters("taken-silence-until-everybody-is-lost").peers, 0);
    let strange = counters("refused-strangers");
    assert_eq!((strange.datagrams_in, strange.datagrams_out), (7, 0));
}

#[test]
fn mutations_are_repeatable_and_do_change() {
    let run = |seed| -> Vec<Vec<u8>> {
        let mut chance = Chance::new(seed);
        (0..200).map(|_| mutate(&mut chance, (b"a small input", b"another"), &[b"word"], 64)).collect()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let distinct: BTreeSet<Vec<u8>> = run(7).into_iter().collect();
    assert!(distinct.len() > 150, "{} of 200 are distinct", distinct.len());
    assert!(distinct.iter().all(|input| input.len() <= 64));
}
