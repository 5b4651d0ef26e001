//! Facts of two sittings commute: whatever a branch that sits apart, another one and the plenary wrote down meanwhile,
//! put together in any order that keeps each one's own it is the same meeting. That is what makes a merge after a cut a
//! mere concatenation. One seed decides a run; `SIM_SEED` replays it.

use super::harness::unit;
use crate::fact::{Detached, SeatRecord};
use crate::meeting::Meeting;
use crate::{Actor, Created, Fact, FactRecord, FactVersion, Scope, UtcMillis};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use signaling_protocol::{
    AccountId, BoundedText, FactNumber, MeetingId, MeetingKind, Microphone, MicrophonePolicy, Occupant,
    RequestId, Role, SeatId, TierCode, UnitCode, UtcSeconds,
};
use std::collections::BTreeMap;

/// Seats that there are before anybody goes: a third each of two branches and of the plenary.
const SEATS: u32 = 12;

/// Facts that each sitting writes.
const FACTS: usize = 40;

type Written = (Scope, Actor, Option<RequestId>, Fact);

fn seat(number: u32) -> SeatId {
    SeatId::parse(format!("s{number}")).unwrap()
}

fn branch(code: &str) -> Scope {
    Scope::Branch(unit(code))
}

fn record_of(seat: SeatId, role: Role) -> Box<SeatRecord> {
    Box::new(SeatRecord {
        occupant: Occupant::Site { unit: unit("X01") },
        name: seat.to_string(),
        detail: String::new(),
        tier: TierCode::parse("xa").unwrap(),
        parent: None,
        role,
        order: 1,
        seat,
    })
}

fn detached(code: &str, seats: std::ops::RangeInclusive<u32>) -> Fact {
    let (chair, deputy) = (Some(seat(*seats.start())), Some(seat(*seats.start() + 1)));
    let seats = seats.map(seat).collect();
    Fact::BranchDetached(Box::new(Detached {
        unit: unit(code),
        name: code.to_owned(),
        chair,
        deputy,
        seats,
        cut: false,
    }))
}

fn returned(code: &str) -> Written {
    (Scope::Plenary, Actor::Node {}, None, Fact::BranchReturned { unit: unit(code) })
}

fn created() -> Created {
    Created {
        title: BoundedText::parse("Họp giao ban").unwrap(),
        kind: MeetingKind::Briefing,
        convening_unit: unit("T1"),
        convening_name: "T1".to_owned(),
        starts: UtcSeconds(0),
        creator: AccountId::parse("c").unwrap(),
        staff: Vec::new(),
        home: None,
    }
}

/// Everybody is here, the meeting runs, two branches have gone.
fn before() -> Vec<Written> {
    let mut facts = vec![Fact::MeetingCreated(Box::new(created()))];
    for number in 1..=SEATS {
        let role = if number == SEATS { Role::Chair } else { Role::Site };
        facts.push(Fact::SeatAdded { record: record_of(seat(number), role) });
        facts.push(Fact::SeatJoined { seat: seat(number) });
        facts.push(Fact::SpeechRegistered { seat: seat(number), topic: None });
    }
    facts.extend([
        Fact::MeetingStarted {},
        Fact::FloorGranted { seat: seat(2) },
        Fact::PresenterSet { seat: Some(seat(6)) },
        detached("A", 1..=4),
        detached("B", 5..=8),
    ]);
    facts.into_iter().map(|fact| (Scope::Plenary, Actor::Node {}, None, fact)).collect()
}

/// Any fact about any seat, also about those that sit elsewhere.
fn any_fact(rng: &mut ChaCha8Rng, scope: &Scope, number: usize) -> Fact {
    let seat = seat(rng.random_range(1..=SEATS));
    let microphone = [Microphone::Locked, Microphone::Off, Microphone::Open][rng.random_range(0..3)];
    let policy = [MicrophonePolicy::Locked, MicrophonePolicy::Allowed][rng.random_range(0..2)];
    let role = [Role::Site, Role::Delegate, Role::Secretary][rng.random_range(0..3)];
    let some = rng.random_bool(0.7).then(|| seat.clone());
    match rng.random_range(0..22) {
        0 => Fact::SeatInvited { seat },
        1 => Fact::SeatJoined { seat },
        2 => Fact::SeatLost { seat },
        3 => Fact::SeatLeft { seat },
        4 | 5 => Fact::SeatRemoved { seat },
        6 => Fact::SeatRevoked { seat },
        7 => Fact::RoleSet { seat, role },
        8 => Fact::StageSet { seat: some },
        9 => Fact::FloorGranted { seat },
        10 => Fact::FloorEnded {},
        11 | 12 => Fact::SpeechRegistered { seat, topic: None },
        13 => Fact::SpeechUnregistered { seat },
        14 => Fact::MicrophonePolicySet { policy },
        15 | 16 => Fact::MicrophoneSet { seat, microphone },
        17 => Fact::CameraSet { seat, on: rng.random_bool(0.5) },
        18 => Fact::PresentingAllowed { seat },
        19 => Fact::PresenterSet { seat: some },
        20 => Fact::BranchChaired { chair: some, deputy: Some(seat) },
        _rest => {
            let sitting = Option::<UnitCode>::from(scope.clone());
            let name = format!("n{}.{number}", sitting.map_or("P".to_owned(), |unit| unit.to_string()));
            Fact::SeatAdded { record: record_of(SeatId::parse(name).unwrap(), Role::Site) }
        }
    }
}

/// What the three sittings wrote, each in its order. The chair of the meeting has a hand in all of them.
fn apart(rng: &mut ChaCha8Rng) -> [Vec<Written>; 3] {
    let mut request = 0;
    let mut all = [Scope::Plenary, branch("A"), branch("B")].map(|scope| (scope, Vec::new()));
    for number in 0..FACTS {
        for (scope, written) in &mut all {
            request += 1;
            let by = if rng.random_bool(0.3) { Actor::Seat { seat: seat(SEATS) } } else { Actor::Node {} };
            written.push((scope.clone(), by, Some(RequestId(request)), any_fact(rng, scope, number)));
        }
    }
    let [(_, mut plenary), (_, a), (_, b)] = all;
    // A third branch goes and comes back, and the meeting may end, as the two are away.
    let gone = (Scope::Plenary, Actor::Node {}, None, detached("C", 9..=10));
    plenary.insert(rng.random_range(0..10), gone);
    plenary.insert(rng.random_range(12..30), returned("C"));
    if rng.random_bool(0.3) {
        let ended = (Scope::Plenary, Actor::Node {}, None, Fact::MeetingEnded {});
        plenary.insert(rng.random_range(30..=FACTS), ended);
    }
    [plenary, a, b]
}

/// One order that keeps each sitting's own.
fn woven(rng: &mut ChaCha8Rng, lists: &[Vec<Written>]) -> Vec<Written> {
    let mut rest: Vec<_> = lists.iter().map(|list| list.iter()).collect();
    let mut woven = Vec::new();
    while rest.iter().any(|list| list.len() > 0) {
        let at = rng.random_range(0..rest.len());
        // Now and then a whole stretch: a link that was cut for long.
        let stretch = if rng.random_bool(0.1) { FACTS } else { 1 };
        woven.extend(rest[at].by_ref().take(stretch).cloned());
    }
    woven
}

/// The meeting after these, its log's numbers aside. What was written is dated by its own sitting.
fn folded(written: &[Written]) -> Meeting {
    let mut meeting = Meeting::begin(MeetingId::parse("m").unwrap(), created());
    let mut clocks = BTreeMap::<Scope, i64>::new();
    for (number, (scope, by, request, fact)) in (1..).zip(written.iter().cloned()) {
        let at = clocks.entry(scope.clone()).or_default();
        *at += 1_000;
        meeting.fold(&FactRecord {
            version: FactVersion::CURRENT,
            meeting: meeting.id.clone(),
            number: FactNumber(number),
            at: UtcMillis(*at),
            by,
            request,
            scope,
            fact,
            hash: String::new(),
        });
    }
    meeting.numbers_aside()
}

fn check(seed: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let lists = apart(rng);
    let mut results = Vec::new();
    for _ in 0..6 {
        let mut written = before();
        written.extend(woven(rng, &lists));
        let away = folded(&written);
        assert_eq!(away.apart.len(), 2);
        written.extend([returned("A"), returned("B")]);
        results.push((away, folded(&written)));
    }
    for other in &results[1..] {
        assert_eq!(other.0, results[0].0, "apart: replay with SIM_SEED={seed}");
        assert_eq!(other.1, results[0].1, "together: replay with SIM_SEED={seed}");
    }
}

#[test]
fn facts_of_sittings_commute() {
    let replay = std::env::var("SIM_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    for seed in replay.map_or(0..200, |seed| seed..seed + 1) {
        check(seed);
    }
}

#[test]
fn a_branch_that_returned_holds_nothing_of_its_own_sitting() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for _ in 0..50 {
        let mut written = before();
        let lists = apart(rng);
        written.extend(woven(rng, &lists));
        written.extend([returned("A"), returned("B")]);
        let meeting = folded(&written);
        assert!(meeting.apart.is_empty());
        for (id, there) in &meeting.seats {
            assert!(there.sits.is_plenary(), "{id}");
            if (1..=8).any(|number| *id == seat(number)) {
                assert_ne!(there.microphone, Microphone::Open, "{id} is heard where it did not ask to be");
                assert!(!there.may_present, "{id}");
            }
        }
    }
}
