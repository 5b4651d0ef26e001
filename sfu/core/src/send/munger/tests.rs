use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// What may happen to the stream of the source shown.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The next packet, the first of its frame or not.
    Packet { new_frame: bool },
    /// Packets that never come.
    Lost { count: u8 },
    /// The next packet comes after the one behind it.
    Swapped,
    /// Padding, to be left out.
    Padding,
    /// A picture of so many packets, to be left out.
    LeftOut { packets: u8 },
    /// Another source, with numbers of its own.
    Switch { seq: u16, time: u32, picture: u16, long: bool, pause_ms: u16 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => any::<bool>().prop_map(|new_frame| Step::Packet { new_frame }),
        1 => (1..5_u8).prop_map(|count| Step::Lost { count }),
        1 => Just(Step::Swapped),
        1 => Just(Step::Padding),
        1 => (1..4_u8).prop_map(|packets| Step::LeftOut { packets }),
        1 => (any::<u16>(), any::<u32>(), any::<u16>(), any::<bool>(), any::<u16>())
            .prop_map(|(seq, time, picture, long, pause_ms)| Step::Switch { seq, time, picture, long, pause_ms }),
    ];
    prop::collection::vec(step, 1..200)
}

/// A publisher's stream.
#[derive(Debug, Clone, Copy)]
struct Source {
    seq: u64,
    time: u32,
    picture: u16,
    long: bool,
}

impl Source {
    fn arrival(&self, at: Instant) -> Arrival {
        let value = if self.long { self.picture & 0x7FFF } else { self.picture & 0x7F };
        let descriptor = Descriptor {
            picture_id: Some(PictureId { value, long: self.long, offset: 2 }),
            tl0_index: Some(SmallNumber { byte: self.picture.to_be_bytes()[1], offset: 4 }),
            ..Descriptor::default()
        };
        Arrival { at, seq: SeqNo::new(self.seq), time: MediaTime::new(self.time), marker: false, descriptor }
    }

    fn advance(&mut self, new_frame: bool) {
        self.seq += 1;
        if new_frame {
            self.time = self.time.wrapping_add(3_000);
            self.picture = self.picture.wrapping_add(1);
        }
    }
}

/// What a subscriber sees of a packet.
#[derive(Debug, Clone, Copy)]
struct Seen {
    time: u32,
    picture: u16,
    tl0: u8,
}

fn seen(place: &Place, long: bool) -> Seen {
    let mut payload = [0xFF; 8];
    place.patch.apply(&mut payload);
    let picture =
        if long { u16::from_be_bytes([payload[2], payload[3]]) & 0x7FFF } else { u16::from(payload[2]) };
    Seen { time: place.time.rtp(), picture, tl0: payload[4] }
}

/// Plays the steps and gives everything a subscriber gets, by sequence number, and how many were lost upstream.
fn play(steps: &[Step]) -> (BTreeMap<u64, Seen>, u64) {
    let mut now = crate::testing::epoch();
    let mut munger = Munger::new(ClockRate::VIDEO, 1_000, MediaTime::new(u32::MAX - 50_000));
    let mut source = Source { seq: 70_000, time: 5, picture: 9, long: true };
    let mut received = BTreeMap::new();
    let mut lost = 0;
    let mut keep = |place: Place, long: bool| {
        let before = received.insert(place.seq.extended(), seen(&place, long));
        assert!(before.is_none(), "a sequence number was used twice");
    };
    keep(munger.begin(&source.arrival(now)), source.long);
    // Losses at the very end of a stretch are not seen by anybody.
    let mut pending = 0;
    for step in steps {
        now += Duration::from_millis(11);
        match *step {
            Step::Packet { new_frame } => {
                source.advance(new_frame);
                lost += std::mem::take(&mut pending);
                keep(munger.pass(&source.arrival(now)).unwrap(), source.long);
            }
            Step::Lost { count } => {
                source.seq += u64::from(count);
                pending += u64::from(count);
            }
            Step::Swapped => {
                source.advance(false);
                let late = source.arrival(now);
                source.advance(false);
                lost += std::mem::take(&mut pending);
                keep(munger.pass(&source.arrival(now)).unwrap(), source.long);
                keep(munger.pass(&late).unwrap(), source.long);
            }
            Step::Padding => {
                source.advance(false);
                lost += std::mem::take(&mut pending);
                munger.skip(SeqNo::new(source.seq));
            }
            Step::LeftOut { packets } => {
                lost += std::mem::take(&mut pending);
                for packet in 0..packets {
                    source.advance(packet == 0);
                    munger.skip(SeqNo::new(source.seq));
                    assert_eq!(munger.pass(&source.arrival(now)), None, "a number for what was left out");
                    if packet == 0 {
                        munger.skip_picture();
                    }
                }
                // What follows is of the next picture, or the skipped one's number would be its own.
                source.advance(true);
                keep(munger.pass(&source.arrival(now)).unwrap(), source.long);
            }
            Step::Switch { seq, time, picture, long, pause_ms } => {
                now += Duration::from_millis(u64::from(pause_ms));
                source = Source { seq: u64::from(seq), time, picture, long };
                pending = 0;
                keep(munger.begin(&source.arrival(now)), long);
            }
        }
    }
    (received, lost)
}

proptest! {
    #[test]
    fn a_slot_is_one_unbroken_stream(steps in steps()) {
        let (received, lost) = play(&steps);
        let first = *received.keys().next().unwrap();
        let last = *received.keys().last().unwrap();
        prop_assert_eq!(first, 1_001);
        // Left-out packets at the end of a stretch leave nothing, so every gap is an upstream loss; losses right
        // before left-out padding may be closed by the next switch.
        let gaps = last - first + 1 - received.len() as u64;
        prop_assert!(gaps <= lost, "{gaps} gaps for {lost} lost packets");
    }

    #[test]
    fn time_never_runs_back_and_never_jumps_over_a_switch(steps in steps()) {
        let (received, _) = play(&steps);
        let frames: Vec<_> = received.values().collect();
        for pair in frames.windows(2) {
            let step = pair[1].time.wrapping_sub(pair[0].time);
            // The longest pause is 65 s and the frames of a stretch advance faster than its clock here.
            prop_assert!(step <= 90 * 66_000 + 3_000, "time moved by {step}");
        }
    }

    #[test]
    fn picture_numbers_run_on(steps in steps()) {
        // Seven-bit numbers cannot run on from fifteen-bit ones; browsers send fifteen.
        let long: Vec<_> = steps
            .into_iter()
            .map(|step| match step {
                Step::Switch { seq, time, picture, pause_ms, .. } => Step::Switch { seq, time, picture, long: true, pause_ms },
                Step::Packet { .. }
                | Step::Lost { .. }
                | Step::Swapped
                | Step::Padding
                | Step::LeftOut { .. } => step,
            })
            .collect();
        let (received, _) = play(&long);
        let frames: Vec<_> = received.values().collect();
        for pair in frames.windows(2) {
            let pictures = pair[1].picture.wrapping_sub(pair[0].picture) & 0x7FFF;
            prop_assert!(pictures <= 1, "pictures moved by {pictures}");
            // A picture that is left out has its place in the count of the lowest layer's.
            prop_assert!(pair[1].tl0.wrapping_sub(pair[0].tl0) <= 2);
        }
    }
}

fn arrival(at: Instant, seq: u64) -> Arrival {
    Source { seq, time: 0, picture: 0, long: true }.arrival(at)
}

#[test]
fn packets_from_before_the_switch_have_no_place() {
    let now = crate::testing::epoch();
    let mut munger = Munger::new(ClockRate::VIDEO, 10, MediaTime::new(0));
    assert_eq!(munger.pass(&arrival(now, 5)), None, "nothing began yet");
    munger.begin(&arrival(now, 100));
    assert_eq!(munger.pass(&arrival(now, 99)), None);
    assert_eq!(munger.pass(&arrival(now, 101)).map(|place| place.seq), Some(SeqNo::new(12)));
}

#[test]
fn a_late_packet_finds_its_place_across_left_out_ones() {
    let now = crate::testing::epoch();
    let mut munger = Munger::new(ClockRate::VIDEO, 10, MediaTime::new(0));
    munger.begin(&arrival(now, 100));
    munger.pass(&arrival(now, 102)).unwrap();
    munger.skip(SeqNo::new(103));
    assert_eq!(munger.pass(&arrival(now, 104)).map(|place| place.seq), Some(SeqNo::new(14)));
    assert_eq!(munger.pass(&arrival(now, 101)).map(|place| place.seq), Some(SeqNo::new(12)));
}

#[test]
fn a_sender_that_jumps_leaves_no_gap() {
    let now = crate::testing::epoch();
    let mut munger = Munger::new(ClockRate::VIDEO, 10, MediaTime::new(0));
    munger.begin(&arrival(now, 100));
    assert_eq!(munger.pass(&arrival(now, 100 + GAP_MAX + 1)).map(|place| place.seq), Some(SeqNo::new(12)));
    assert_eq!(munger.pass(&arrival(now, 100 + GAP_MAX + 2)).map(|place| place.seq), Some(SeqNo::new(13)));
}
