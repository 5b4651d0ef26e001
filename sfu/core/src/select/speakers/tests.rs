use super::*;
use proptest::prelude::*;
use sfu_control::SourceKind;
use std::collections::BTreeSet;

/// A room whose microphones send a packet every 20 ms.
struct Hall {
    now: Instant,
    speakers: Speakers,
    levels: Vec<Option<u8>>,
    told: Vec<Vec<u32>>,
}

fn voice(number: usize) -> Source {
    Source { peer: PeerId::new(u32::try_from(number).unwrap()), kind: SourceKind::Microphone }
}

impl Hall {
    fn new(levels: &[u8]) -> Self {
        let levels = levels.iter().copied().map(Some).collect();
        Self { now: crate::testing::epoch(), speakers: Speakers::default(), levels, told: Vec::new() }
    }

    /// Lets time pass and gives who was heard meanwhile.
    fn run(&mut self, millis: u64) -> BTreeSet<usize> {
        let mut heard = BTreeSet::new();
        for step in 0..millis / 20 {
            self.now += Duration::from_millis(20);
            for (number, level) in self.levels.iter().enumerate() {
                let Some(level) = level else { continue };
                if self.speakers.on_packet(self.now, voice(number), Some(*level)) != Heard::No {
                    heard.insert(number);
                }
            }
            if step % 5 == 0 {
                self.speakers.on_tick(self.now);
                if let Some(peers) = self.speakers.poll_speaking(self.now) {
                    self.told.push(peers.into_iter().map(PeerId::number).collect());
                }
            }
            self.assert_sound();
        }
        heard
    }

    fn assert_sound(&self) {
        let places: Vec<_> = self.speakers.places.iter().flatten().collect();
        let different: BTreeSet<_> = places.iter().collect();
        assert_eq!(places.len(), different.len(), "somebody holds two places");
        assert!(
            !places.iter().any(|source| self.speakers.floor() == Some(**source)),
            "the floor holds a place too"
        );
    }
}

#[test]
fn equal_voices_do_not_take_turns() {
    let mut hall = Hall::new(&[30, 30, 30, 29, 31]);
    let first = hall.run(1_000);
    for _ in 0..20 {
        assert_eq!(hall.run(500), first);
    }
}

#[test]
fn a_cough_does_not_take_a_place() {
    let mut hall = Hall::new(&[30, 30, 30]);
    hall.run(1_000);
    hall.levels.push(Some(5));
    assert_eq!(hall.run(200), BTreeSet::from([0, 1, 2]));
    hall.levels[3] = Some(127);
    assert_eq!(hall.run(2_000), BTreeSet::from([0, 1, 2]));
}

#[test]
fn a_pause_between_sentences_keeps_the_place() {
    let mut hall = Hall::new(&[30]);
    hall.run(500);
    hall.levels[0] = Some(127);
    hall.run(1_000);
    assert_eq!(hall.speakers.heard(0), Some(voice(0)));
    hall.run(1_500);
    assert_eq!(hall.speakers.heard(0), None);
}

#[test]
fn who_pauses_gives_way_to_who_speaks() {
    let mut hall = Hall::new(&[30, 30, 30]);
    hall.run(500);
    hall.levels[1] = Some(127);
    hall.levels.push(Some(45));
    hall.run(1_000);
    assert!(hall.run(200).contains(&3), "the fourth voice was not heard");
}

#[test]
fn a_closed_gate_frees_the_place_at_once() {
    let mut hall = Hall::new(&[30, 30, 30, 40]);
    hall.run(500);
    hall.speakers.remove(voice(0));
    hall.levels[0] = None;
    assert!(hall.run(100).contains(&3));
}

#[test]
fn the_floor_is_heard_however_quiet() {
    let mut hall = Hall::new(&[20, 20, 20, 60, 90]);
    hall.speakers.set_floor(Some(voice(4)));
    hall.run(500);
    assert_eq!(hall.run(500), BTreeSet::from([0, 1, 2, 4]));
}

#[test]
fn who_speaks_is_told_loudest_first_and_on_change_only() {
    let mut hall = Hall::new(&[40, 20, 30]);
    hall.run(3_000);
    assert_eq!(hall.told.last(), Some(&vec![1, 2, 0]));
    let told = hall.told.len();
    hall.run(3_000);
    assert_eq!(hall.told.len(), told);
    hall.levels = vec![Some(127); 3];
    hall.run(3_000);
    assert_eq!(hall.told.last(), Some(&vec![]));
    assert!(!hall.speakers.is_lively(hall.now), "ticks go on for nobody");
}

proptest! {
    #[test]
    fn places_are_sound_whatever_is_said(
        turns in prop::collection::vec((prop::collection::vec(prop::option::of(0..=127_u8), 6), 0..7_usize), 1..30),
    ) {
        let mut hall = Hall::new(&[127; 6]);
        for (levels, floor) in turns {
            hall.levels = levels;
            hall.speakers.set_floor((floor < 6).then(|| voice(floor)));
            hall.run(160);
        }
    }
}
