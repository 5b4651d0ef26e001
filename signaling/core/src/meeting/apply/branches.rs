//! Branches that go and sit apart, come back, and who chairs them.
//!
//! A branch does not go out of a branch: whoever sits apart already, or has somebody below who does, is refused.

use super::{Here, Surroundings};
use crate::fact::{Detached, Fact, Scope};
use crate::join::unit_of;
use crate::meeting::{Meeting, Seat};
use crate::permissions::{Position, check};
use signaling_protocol::{
    Action, DetachingPolicy, MeetingPhase, Microphone, Refusal, Role, SeatId, UnitCode,
};

/// Branches that sit apart at once; the list of them is in every view, which must leave room for seats in a frame. A
/// nation's 34 provinces fit.
pub(crate) const MAX_APART: usize = 64;

/// Facts of more than one sitting.
pub(super) type Scoped = Result<Vec<(Scope, Fact)>, Refusal>;

/// A branch that is asked to go.
pub(super) struct Going<'a> {
    pub(super) unit: &'a UnitCode,
    pub(super) chair: Option<&'a SeatId>,
    pub(super) deputy: Option<&'a SeatId>,
}

impl Here<'_> {
    pub(super) fn detach(&self, seat: &Seat, going: &Going<'_>, around: Surroundings<'_>) -> Scoped {
        let unit = going.unit;
        self.may_detach(seat, unit, around)?;
        let name = around.units.unit(unit).ok_or(Refusal::NoSuchUnit)?.name.clone();
        if self.sitting.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        let touches =
            |apart: &UnitCode| around.units.is_within(unit, apart) || around.units.is_within(apart, unit);
        if !self.scope.is_plenary() || self.meeting.apart.keys().any(touches) {
            return Err(Refusal::Apart);
        }
        if self.meeting.apart.len() >= MAX_APART {
            return Err(Refusal::Full);
        }
        let of_branch = self.meeting.seats.values().filter(|seat| goes(seat, unit, around));
        let seats: Vec<&Seat> = of_branch.collect();
        let all_of_it = around.units.is_within(&self.meeting.created.convening_unit, unit);
        if seats.is_empty() || all_of_it {
            return Err(Refusal::NoSuchBranch);
        }
        let able = able(unit, &seats);
        let chair = chosen(&seats, going.chair)?.or_else(|| able.first().copied());
        let chair = chair.ok_or(Refusal::NotConnected)?.record.seat.clone();
        let next = able.iter().find(|seat| seat.record.seat != chair).copied();
        let deputy = chosen(&seats, going.deputy)?.or(next).map(|seat| seat.record.seat.clone());
        let detached = Detached {
            unit: unit.clone(),
            name,
            chair: Some(chair.clone()),
            deputy: deputy.filter(|deputy| *deputy != chair),
            seats: seats.iter().map(|seat| seat.record.seat.clone()).collect(),
            cut: false,
        };
        let unlocked = Fact::MicrophoneSet { seat: chair, microphone: Microphone::Off };
        Ok(vec![
            (Scope::Plenary, Fact::BranchDetached(Box::new(detached))),
            (Scope::Branch(unit.clone()), unlocked),
        ])
    }

    /// The hosts any branch, a room its own if they let it.
    fn may_detach(&self, seat: &Seat, unit: &UnitCode, around: Surroundings<'_>) -> Result<(), Refusal> {
        let office = self.meeting.office(seat);
        if check(office, Action::DetachOwn, Position::Within).is_err() {
            let within = around.units.is_within(unit, &self.meeting.created.convening_unit);
            let position = if within { Position::Within } else { Position::Outside };
            // An unknown unit is nowhere.
            if around.units.unit(unit).is_none() {
                return check(office, Action::Detach, Position::Within).and(Err(Refusal::NoSuchUnit));
            }
            return check(office, Action::Detach, position);
        }
        let own = unit_of(&seat.record.occupant) == unit;
        match self.meeting.detaching {
            DetachingPolicy::Hosts => Err(Refusal::NotAllowed),
            DetachingPolicy::OwnBranch if own => Ok(()),
            DetachingPolicy::OwnBranch => Err(Refusal::OutsideScope),
        }
    }

    pub(super) fn bring_back(&self, seat: &Seat, unit: &UnitCode, around: Surroundings<'_>) -> Scoped {
        self.check_branch(seat, unit, around)?;
        Ok(vec![(Scope::Plenary, Fact::BranchReturned { unit: unit.clone() })])
    }

    pub(super) fn name_chair(
        &self,
        seat: &Seat,
        unit: &UnitCode,
        named: &SeatId,
        around: Surroundings<'_>,
    ) -> Scoped {
        self.check_branch(seat, unit, around)?;
        let scope = Scope::Branch(unit.clone());
        let seats: Vec<&Seat> = self.meeting.seats.values().filter(|seat| seat.sits == scope).collect();
        chosen(&seats, Some(named))?;
        let before = self.meeting.apart.get(unit).and_then(|branch| branch.chair.clone());
        if before.as_ref() == Some(named) {
            return Ok(Vec::new());
        }
        Ok(scope.of(self.meeting.chaired(Some(named.clone()), before)))
    }

    /// Whether somebody may direct a branch that sits apart as such: a host from outside, or its chair from inside.
    fn check_branch(&self, seat: &Seat, unit: &UnitCode, around: Surroundings<'_>) -> Result<(), Refusal> {
        let position = match self.scope {
            Scope::Branch(own) if own != unit => Position::Outside,
            Scope::Plenary | Scope::Branch(_) => Position::Within,
        };
        check(self.meeting.office(seat), Action::Detach, position)?;
        if self.meeting.apart.contains_key(unit) {
            return Ok(());
        }
        Err(if around.units.unit(unit).is_some() { Refusal::NotApart } else { Refusal::NoSuchUnit })
    }

    pub(super) fn set_detaching(&self, seat: &Seat, policy: DetachingPolicy) -> Scoped {
        self.meeting.may(seat, Action::Convene)?;
        let changed = self.meeting.detaching != policy;
        Ok(Scope::Plenary.of(changed.then_some(Fact::DetachingSet { policy })))
    }
}

/// Which end of a line that was cut speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutEnd {
    /// The branch: it goes on by itself, and somebody of it takes the chair.
    Branch,
    /// The home: it only knows that the branch is not heard.
    Home,
}

impl Meeting {
    /// What follows when the line to a branch is cut, here at one of its ends. Nothing if none of it sits in the plenary.
    pub(crate) fn cut_off(
        &self,
        unit: &UnitCode,
        end: CutEnd,
        around: Surroundings<'_>,
    ) -> Vec<(Scope, Fact)> {
        // What sits apart below it goes on sitting there by itself.
        let apart = self.apart.keys().any(|apart| around.units.is_within(unit, apart));
        if self.plenary.phase != MeetingPhase::Running || apart {
            return Vec::new();
        }
        let seats: Vec<&Seat> = self.seats.values().filter(|seat| goes(seat, unit, around)).collect();
        if seats.is_empty() {
            return Vec::new();
        }
        let mut able = able(unit, &seats).into_iter().map(|seat| seat.record.seat.clone());
        let (chair, deputy) = match end {
            CutEnd::Branch => (able.next(), able.next()),
            CutEnd::Home => (None, None),
        };
        let detached = Detached {
            unit: unit.clone(),
            name: around.units.unit(unit).map(|unit| unit.name.clone()).unwrap_or_default(),
            chair: None,
            deputy: None,
            seats: seats.iter().map(|seat| seat.record.seat.clone()).collect(),
            cut: true,
        };
        let mut facts = vec![(Scope::Plenary, Fact::BranchDetached(Box::new(detached)))];
        if let Some(seat) = chair.clone() {
            let scope = Scope::Branch(unit.clone());
            facts.extend(scope.of([Fact::BranchChaired { chair, deputy }]));
            facts.extend(scope.of(self.going_on(&seat, &seats)));
        }
        facts
    }

    /// What a branch that is cut off keeps of the plenary: the cut is nobody's wish, so whoever of it speaks goes on
    /// speaking. Else its chair is shown and may speak.
    fn going_on(&self, chair: &SeatId, seats: &[&Seat]) -> Vec<Fact> {
        let of_branch = |id: &&SeatId| seats.iter().any(|seat| seat.record.seat == **id);
        let opened = |seat: &&&Seat| seat.microphone == Microphone::Open;
        let open = seats.iter().filter(opened).map(|seat| seat.record.seat.clone());
        let mut facts: Vec<Fact> =
            open.map(|seat| Fact::MicrophoneSet { seat, microphone: Microphone::Open }).collect();
        if !seats.iter().any(|seat| seat.record.seat == *chair && seat.microphone == Microphone::Open) {
            facts.push(Fact::MicrophoneSet { seat: chair.clone(), microphone: Microphone::Off });
        }
        let floor = self.plenary.floor_seat().filter(of_branch);
        let stage = self.plenary.stage.as_ref().filter(of_branch).or(floor).unwrap_or(chair);
        facts.extend(floor.map(|seat| Fact::FloorGranted { seat: seat.clone() }));
        facts.push(Fact::StageSet { seat: Some(stage.clone()) });
        facts
    }

    /// What makes somebody the chair of a branch: the right, and a microphone that is not locked.
    fn chaired(&self, chair: Option<SeatId>, deputy: Option<SeatId>) -> Vec<Fact> {
        let locked = chair
            .clone()
            .filter(|chair| self.seat(chair).is_some_and(|seat| seat.microphone == Microphone::Locked));
        let unlocked = locked.map(|seat| Fact::MicrophoneSet { seat, microphone: Microphone::Off });
        [Fact::BranchChaired { chair, deputy }].into_iter().chain(unlocked).collect()
    }

    /// Who chairs a branch after one of its seats has gone for good: the deputy, else the next who is here.
    pub(super) fn succession(&self, scope: &Scope, gone: &SeatId) -> Vec<Fact> {
        let Scope::Branch(unit) = scope else { return Vec::new() };
        let Some(branch) = self.apart.get(unit) else { return Vec::new() };
        let left = |named: &Option<SeatId>| named.as_ref() == Some(gone);
        if !left(&branch.chair) && !left(&branch.deputy) {
            return Vec::new();
        }
        let seats = self.seats.values().filter(|seat| seat.sits == *scope && seat.record.seat != *gone);
        let seats: Vec<&Seat> = seats.collect();
        let able = able(unit, &seats);
        let named = [&branch.chair, &branch.deputy].into_iter().flatten();
        let mut next =
            named.filter(|seat| *seat != gone).chain(able.iter().map(|seat| &seat.record.seat)).cloned();
        let chair = next.next();
        let deputy = next.find(|seat| Some(seat) != chair.as_ref());
        self.chaired(chair, deputy)
    }

    /// What follows when a seat is connected: a branch without a chair or a deputy takes whoever comes.
    pub(crate) fn arrival(&self, who: &SeatId) -> Vec<(Scope, Fact)> {
        let Some(seat) = self.seat(who) else { return Vec::new() };
        let mut facts = Vec::new();
        // Whoever was put out from the plenary and has a right again was let in by that right.
        if seat.barred.is_some() {
            facts.push((Scope::Plenary, Fact::SeatInvited { seat: who.clone() }));
        }
        facts.push((seat.sits.clone(), Fact::SeatJoined { seat: who.clone() }));
        if let Scope::Branch(unit) = &seat.sits
            && let Some(branch) = self.apart.get(unit)
            && seat.record.role != Role::Viewer
        {
            let named = match (&branch.chair, &branch.deputy) {
                (None, _) => Some((Some(who.clone()), None)),
                (Some(chair), None) if chair != who => Some((Some(chair.clone()), Some(who.clone()))),
                (Some(_), _) => None,
            };
            let named = named.map(|(chair, deputy)| self.chaired(chair, deputy)).unwrap_or_default();
            facts.extend(seat.sits.of(named));
        }
        facts
    }

    /// All that sit apart are together for the end.
    pub(super) fn end_all(&self) -> Vec<(Scope, Fact)> {
        let back = self.apart.keys().map(|unit| Fact::BranchReturned { unit: unit.clone() });
        Scope::Plenary.of(back.chain([Fact::MeetingEnded {}]))
    }
}

/// Whether a seat goes with a branch. Those who direct the meeting stay, wherever they belong.
fn goes(seat: &Seat, unit: &UnitCode, around: Surroundings<'_>) -> bool {
    let member = match seat.record.role {
        Role::Site | Role::Delegate | Role::Viewer => true,
        Role::Chair | Role::Secretary | Role::Operator => false,
    };
    let here = seat.sits.is_plenary() && !crate::join::is_out(seat);
    member && here && around.units.is_within(unit_of(&seat.record.occupant), unit)
}

/// Who can chair a branch, the first choice first: its unit's own room, others of that unit, the other rooms and people
/// in protocol order.
fn able<'a>(unit: &UnitCode, seats: &[&'a Seat]) -> Vec<&'a Seat> {
    let mut able: Vec<&Seat> = seats.iter().copied().filter(|seat| can_chair(seat).is_ok()).collect();
    able.sort_by_key(|seat| {
        let record = &seat.record;
        (unit_of(&record.occupant) != unit, record.role != Role::Site, record.order)
    });
    able
}

fn can_chair(seat: &Seat) -> Result<(), Refusal> {
    if seat.record.role == Role::Viewer {
        return Err(Refusal::NotAllowed);
    }
    if seat.is_connected() { Ok(()) } else { Err(Refusal::NotConnected) }
}

/// The seat that was named, if it is one of the branch and can chair it.
fn chosen<'a>(seats: &[&'a Seat], named: Option<&SeatId>) -> Result<Option<&'a Seat>, Refusal> {
    let Some(named) = named else { return Ok(None) };
    let seat = seats.iter().copied().find(|seat| seat.record.seat == *named).ok_or(Refusal::OutsideScope)?;
    can_chair(seat).map(|()| Some(seat))
}
