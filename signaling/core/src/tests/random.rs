//! Any requests in any order: what must hold, holds. One seed decides a run; `SIM_SEED` replays it.

use super::harness::{Participant, World, convener, site, three_tier_briefing, three_tiers, unit};
use super::restart::meeting_of;
use crate::{Call, verify_chain};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfu_control::SourceKind;
use signaling_protocol::{
    ByeReason, ClientMessage, DetachingPolicy, FactNumber, MeetingPhase, Microphone, Presence, PublishSource,
    SeatId, ServerMessage,
};

/// Steps of one run.
const STEPS: usize = 150;

/// Says by which seed a failing run is replayed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with SIM_SEED={}", self.0);
        }
    }
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(bound).unwrap()).unwrap()
    }
}

fn message(chance: &mut Chance, seats: usize) -> ClientMessage {
    // One more than there are, so that some are unknown.
    let seat = SeatId::parse(format!("s{}", chance.below(seats + 1) + 1)).unwrap();
    let presence = if chance.below(2) == 0 { Presence::On } else { Presence::Off };
    let branch = unit(["D1", "D1", "D2", "D1A", "T1", "Z9"][chance.below(6)]);
    match chance.below(35) {
        0 | 1 => ClientMessage::OpenMicrophone {},
        2 => ClientMessage::CloseMicrophone {},
        3 | 4 => ClientMessage::RegisterToSpeak { topic: None },
        5 => ClientMessage::CancelRegistration {},
        6 => ClientMessage::FinishSpeech {},
        7 => ClientMessage::StartPresenting {},
        8 => ClientMessage::StopPresenting {},
        9 | 10 => ClientMessage::SetSource { source: PublishSource::Camera, presence },
        11 => ClientMessage::SetSource { source: PublishSource::Screen, presence },
        12 | 13 => ClientMessage::StartMeeting {},
        14 => ClientMessage::PutOnStage { seat },
        15 => ClientMessage::ClearStage {},
        16..=18 => ClientMessage::InviteToSpeak { seat },
        19 => ClientMessage::EndSpeech {},
        20 => ClientMessage::DismissRegistration { seat },
        21 => ClientMessage::LockAllMicrophones {},
        22 => ClientMessage::AllowAllMicrophones {},
        23 => ClientMessage::LockMicrophone { seat },
        24 => ClientMessage::AllowMicrophone { seat },
        25 => ClientMessage::AllowPresenting { seat },
        26 => ClientMessage::RemoveSeat { seat },
        27 => ClientMessage::InviteBack { seat },
        28..=30 => ClientMessage::DetachBranch { unit: branch, chair: None, deputy: None },
        31 | 32 => ClientMessage::ReturnBranch { unit: branch },
        33 => ClientMessage::NameBranchChair { unit: branch, seat },
        _rare => match chance.below(12) {
            0 => ClientMessage::EndMeeting {},
            1..=3 => ClientMessage::Leave {},
            4..=6 => ClientMessage::StopPresentation {},
            7 => ClientMessage::SetDetaching { policy: DetachingPolicy::OwnBranch },
            _often => ClientMessage::InviteSites {
                units: ["D1", "D1C", "D2C", "T2"]
                    .iter()
                    .take(chance.below(5))
                    .map(|code| unit(code))
                    .collect(),
            },
        },
    }
}

fn check(world: &World, people: &[Participant]) {
    assert_eq!(verify_chain(&world.stored), Ok(()));
    let meeting = meeting_of(&world.stored);
    for who in people.iter().filter(|who| world.sfu.peers.contains_key(&who.peer.unwrap())) {
        let passes = |kind| world.sfu.passes(who.peer.unwrap(), kind);
        let seat = meeting.seat(&who.seat).unwrap();
        let sitting = meeting.sitting(&seat.sits).unwrap();
        let running = sitting.phase == MeetingPhase::Running;
        assert_eq!(
            passes(SourceKind::Microphone),
            running && seat.microphone == Microphone::Open,
            "{seat:?}"
        );
        let presents = running && sitting.presenter.as_ref() == Some(&who.seat);
        assert_eq!(passes(SourceKind::Screen), presents, "{seat:?}");
        // Who sits together is together in the SFU, and nobody else is with them.
        for other in people.iter().filter(|other| world.sfu.peers.contains_key(&other.peer.unwrap())) {
            let room = |who: &Participant| world.sfu.peers[&who.peer.unwrap()];
            assert_eq!(room(who) == room(other), seat.sits == meeting.scope_of(&other.seat));
        }
    }
    for who in people.iter().filter(|who| !world.closed.contains(&who.connection)) {
        let scope = meeting.scope_of(&who.seat);
        let is = (
            meeting.view(&scope),
            meeting.seats.iter().map(|(id, s)| (id.clone(), s.view(&scope))).collect(),
        );
        let (mut seen, told) = world.picture(who.connection);
        seen.fact = is.0.fact;
        assert_eq!((seen, told), is, "as {} knows it", who.seat);
    }
}

/// A line breaks and its client comes back, knowing what it knew.
fn flap(world: &mut World, who: &mut Participant, chance: &mut Chance) {
    world.close(who.connection);
    let mut known = world.sent.remove(&who.connection).unwrap();
    let told = known.iter().map(|message| match message {
        ServerMessage::Snapshot(page) => page.fact,
        ServerMessage::Changed { fact, .. } => *fact,
        _other => FactNumber(0),
    });
    let told = told.max().unwrap();
    // Some have lost the last of what they were told, and hear it again.
    let forgotten = if chance.below(3) == 0 { chance.below(20) } else { 0 };
    let seen = FactNumber(told.0.saturating_sub(u32::try_from(forgotten).unwrap()));
    world.resume(who, seen).unwrap();
    known.append(world.sent.get_mut(&who.connection).unwrap());
    world.sent.insert(who.connection, known);
}

/// One run; its outputs.
fn run(seed: u64) -> Vec<String> {
    let _replay = Seed(seed);
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
    let mut world = World::with_units(three_tiers());
    world.call(convener(), Call::CreateMeeting(three_tier_briefing())).unwrap();
    let accounts: Vec<_> =
        std::iter::once(convener()).chain(["D1", "D1A", "D1B", "D2", "D2A"].map(site)).collect();
    let mut people: Vec<Participant> = accounts.iter().map(|account| world.join(account)).collect();
    people.iter_mut().for_each(|who| world.media(who));
    for _ in 0..STEPS {
        let at = if chance.below(2) == 0 { 0 } else { chance.below(people.len()) };
        let who = &mut people[at];
        let here = world.bye(who.connection).is_none() && !world.closed.contains(&who.connection);
        match chance.below(12) {
            _any if !here => {
                if world.ticket(&accounts[at]).is_ok() {
                    *who = world.join(&accounts[at]);
                    world.media(who);
                }
            }
            0 => flap(&mut world, who, &mut chance),
            1 => {
                let lasting = 1 + u32::try_from(chance.below(4)).unwrap();
                world.pass(lasting, &mut people.iter_mut().collect::<Vec<_>>());
            }
            _else => {
                let message = message(&mut chance, 7);
                let before = world.stored.len();
                who.request += 1;
                let leaving = message == ClientMessage::Leave {};
                if leaving {
                    world.frame(who.connection, who.request, message);
                    assert_eq!(world.bye(who.connection), Some(ByeReason::Left));
                } else if world.ask_as(who, who.request, message.clone()).is_err() {
                    assert_eq!(world.stored.len(), before, "refused, and yet a fact: {message:?}");
                }
            }
        }
        check(&world, &people);
    }
    world.trace
}

#[test]
fn whatever_is_asked_the_invariants_hold() {
    let replay = std::env::var("SIM_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    for seed in replay.map_or(0..40, |seed| seed..seed + 1) {
        run(seed);
    }
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    for seed in 0..4 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}
