use super::*;
use proptest::prelude::*;
use sfu_control::SourceKind;
use std::collections::BTreeSet;

/// A room whose microphones send a packet every 20 ms.
struct Hall {
    now: Instant,
    speakers: Speakers,
    levels: Vec<Option<u8>>,
    told: Vec<Vec<u64>>,
}

fn voice(number: usize) -> Source {
    Source { peer: PeerId::new(u64::try_from(number).unwrap()), kind: SourceKind::Microphone }
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

/// Who leads after a trace of levels, one for each voice and stretch.
fn leads(hall: &Hall) -> Option<usize> {
    let leader = hall.speakers.leader?;
    (0..hall.levels.len()).find(|number| voice(*number) == leader)
}

#[test]
fn a_cough_does_not_lead_over_speech_nor_over_silence() {
    let mut hall = Hall::new(&[30, 127]);
    hall.run(2_000);
    assert_eq!(leads(&hall), Some(0));
    hall.levels[1] = Some(5);
    hall.run(240);
    hall.levels[1] = Some(127);
    for _ in 0..10 {
        hall.run(100);
        assert_eq!(leads(&hall), Some(0), "a cough leads");
    }
    let mut hall = Hall::new(&[5]);
    hall.run(240);
    hall.levels[0] = Some(127);
    hall.run(2_000);
    assert_eq!(leads(&hall), None, "a cough leads where nobody spoke");
}

#[test]
fn who_goes_on_speaking_leads_within_a_second() {
    let mut hall = Hall::new(&[30, 127]);
    hall.run(5_000);
    hall.levels = vec![Some(127), Some(45)];
    hall.run(1_000);
    assert_eq!(leads(&hall), Some(1), "a quiet voice speaks alone");
    assert_eq!(hall.told.last().and_then(|told| told.first()), Some(&1), "it was not told");
}

#[test]
fn two_who_speak_in_turn_lead_in_turn_and_a_word_between_changes_nothing() {
    let mut hall = Hall::new(&[127, 127]);
    for turn in 0..8_usize {
        let (speaker, listener) = (turn % 2, (turn + 1) % 2);
        hall.levels[speaker] = Some(35);
        hall.levels[listener] = Some(127);
        hall.run(1_500);
        assert_eq!(leads(&hall), Some(speaker), "in turn {turn}");
        // Yes, says the other.
        hall.levels[listener] = Some(30);
        hall.run(300);
        hall.levels[listener] = Some(127);
        hall.run(700);
        assert_eq!(leads(&hall), Some(speaker), "a word took the lead in turn {turn}");
    }
}

#[test]
fn both_at_once_do_not_take_the_lead_from_each_other() {
    let mut hall = Hall::new(&[40, 127]);
    hall.run(2_000);
    hall.levels[1] = Some(25);
    for _ in 0..20 {
        hall.run(300);
        assert_eq!(leads(&hall), Some(0));
    }
    hall.speakers.remove(voice(0));
    hall.levels[0] = None;
    hall.run(700);
    assert_eq!(leads(&hall), Some(1));
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
