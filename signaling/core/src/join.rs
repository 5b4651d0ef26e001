//! Checked claims → a seat and a role, or a refusal.

use crate::fact::{Scope, SeatRecord};
use crate::meeting::{MAX_SEATS, Meeting, Seat, Surroundings};
use crate::permissions::is_host;
use crate::{Account, UnitTree};
use signaling_protocol::{
    AccountId, AccountKind, Connection, GrantRole, GrantView, Occupant, Refusal, Role, SeatId, TierCode,
    UnitCode,
};

/// The seat somebody comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// A seat that exists.
    Known {
        /// Which.
        seat: SeatId,
        /// What the account is there now; the seat may have been something else.
        role: Role,
    },
    /// A seat to be made.
    New {
        /// The seat.
        record: Box<SeatRecord>,
        /// In which sitting.
        scope: Scope,
    },
}

impl Admission {
    /// What the account is in the meeting.
    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Known { role, .. } => *role,
            Self::New { record, .. } => record.role,
        }
    }

    /// The seat, if it exists and is already what the account is now: nothing has to be decided.
    pub(crate) fn seat_with_its_role(&self, meeting: &Meeting) -> Option<SeatId> {
        match self {
            Self::Known { seat, role } => {
                meeting.seat(seat).filter(|known| known.record.role == *role).map(|_| seat.clone())
            }
            Self::New { .. } => None,
        }
    }
}

/// The unit somebody belongs to.
pub(crate) fn unit_of(occupant: &Occupant) -> &UnitCode {
    match occupant {
        Occupant::Site { unit } | Occupant::Person { unit, .. } => unit,
    }
}

/// In which sitting whoever comes anew from a unit takes a seat.
pub(crate) fn scope_of_unit(meeting: &Meeting, unit: &UnitCode, units: &UnitTree) -> Scope {
    // One that was cut off may sit around another one that was let go before.
    let around = meeting.apart.keys().filter(|branch| units.is_within(unit, branch));
    let nearest = around.reduce(|nearest, next| if units.is_within(next, nearest) { next } else { nearest });
    nearest.cloned().into()
}

/// The unit of a site's seat.
pub(crate) fn site_unit(occupant: &Occupant) -> Option<&UnitCode> {
    match occupant {
        Occupant::Site { unit } => Some(unit),
        Occupant::Person { .. } => None,
    }
}

/// Whether a seat is out of the meeting until it is invited again.
pub(crate) fn is_out(seat: &Seat) -> bool {
    matches!(seat.connection(), Connection::Removed { .. })
}

/// Which seat an account has in a meeting.
///
/// # Errors
/// `NotInvited`, `Removed` or `Ended`.
pub(crate) fn admit(meeting: &Meeting, account: &Account, units: &UnitTree) -> Result<Admission, Refusal> {
    let known = meeting.seats.iter().find(|(_, seat)| match &seat.record.occupant {
        Occupant::Site { unit } => account.kind == AccountKind::Site && *unit == account.unit,
        Occupant::Person { account: id, .. } => account.kind == AccountKind::Person && *id == account.id,
    });
    if known.is_some_and(|(_, seat)| is_out(seat)) {
        return Err(Refusal::Removed);
    }
    if account.kind == AccountKind::Site {
        let (id, seat) = known.ok_or(Refusal::NotInvited)?;
        return Ok(Admission::Known { seat: id.clone(), role: seat.record.role });
    }
    // A seat is kept, the right to it is asked for each time: grants may have changed since.
    let role = person_role(meeting, &account.id, &account.grants, units).ok_or(Refusal::NotInvited)?;
    if let Some((id, _)) = known {
        return Ok(Admission::Known { seat: id.clone(), role });
    }
    if meeting.seats.len() >= MAX_SEATS {
        return Err(Refusal::Full);
    }
    // Who directs the meeting sits in the plenary, wherever he belongs.
    let scope = if is_host(role) { Scope::Plenary } else { scope_of_unit(meeting, &account.unit, units) };
    let order = meeting.seats.len().saturating_add(1);
    let occupant = Occupant::Person { account: account.id.clone(), unit: account.unit.clone() };
    let unit = units.unit(&account.unit);
    let record = SeatRecord {
        seat: meeting.new_seat(&scope, 1)?,
        occupant,
        name: account.name.clone(),
        detail: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
        tier: unit
            .map_or_else(|| TierCode::parse("none"), |unit| Ok(unit.tier.clone()))
            .map_err(|_| Refusal::NoSuchUnit)?,
        parent: unit.and_then(|unit| unit.parent.clone()),
        role,
        order: u32::try_from(order).unwrap_or(u32::MAX),
    };
    Ok(Admission::New { record: Box::new(record), scope })
}

/// What a person is: named for the meeting, else by a grant. An administrator's grant implies no seat.
pub(crate) fn person_role(
    meeting: &Meeting,
    account: &AccountId,
    grants: &[GrantView],
    units: &UnitTree,
) -> Option<Role> {
    let created = &meeting.created;
    if let Some(staff) = created.staff.iter().find(|staff| staff.account == *account) {
        return Some(staff.role);
    }
    let has_chair = created.staff.iter().any(|staff| staff.role == Role::Chair);
    if created.creator == *account {
        return Some(if has_chair { Role::Secretary } else { Role::Chair });
    }
    let over_meeting = |role| {
        grants.iter().any(|grant| grant.role == role && units.is_within(&created.convening_unit, &grant.unit))
    };
    if over_meeting(GrantRole::Operator) {
        return Some(Role::Operator);
    }
    let invited = |unit: &UnitCode| {
        meeting
            .seats
            .values()
            .filter_map(|seat| site_unit(&seat.record.occupant))
            .any(|site| units.is_within(unit, site))
    };
    let delegate = grants.iter().any(|grant| grant.role == GrantRole::Delegate && invited(&grant.unit));
    if delegate {
        return Some(Role::Delegate);
    }
    over_meeting(GrantRole::Viewer).then_some(Role::Viewer)
}

/// A site's seat, with the names valid on the day.
///
/// # Errors
/// `NoSuchUnit` if there is no such unit on that day.
pub(crate) fn site_seat(
    around: Surroundings<'_>,
    code: &UnitCode,
    seat: SeatId,
    order: usize,
) -> Result<SeatRecord, Refusal> {
    let unit = around.units.unit(code).filter(|unit| unit.is_valid(around.day)).ok_or(Refusal::NoSuchUnit)?;
    let parent = unit.parent.as_ref().and_then(|parent| around.units.unit(parent));
    Ok(SeatRecord {
        seat,
        occupant: Occupant::Site { unit: code.clone() },
        name: unit.name.clone(),
        detail: parent.map(|parent| parent.name.clone()).unwrap_or_default(),
        tier: unit.tier.clone(),
        parent: unit.parent.clone(),
        role: Role::Site,
        order: u32::try_from(order).unwrap_or(u32::MAX),
    })
}

/// The name of a plenary's seat.
///
/// # Errors
/// Never, for a number.
pub(crate) fn seat_id(number: usize) -> Result<SeatId, Refusal> {
    SeatId::parse(format!("s{number}")).map_err(|_| Refusal::Internal)
}

/// Whether anybody can still come in.
///
/// # Errors
/// `Ended` once the meeting is over.
pub(crate) fn check_open(meeting: &Meeting) -> Result<(), Refusal> {
    if meeting.is_over() { Err(Refusal::Ended) } else { Ok(()) }
}
