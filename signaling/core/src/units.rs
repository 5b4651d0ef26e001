//! The tree of tiers and units, as data. Nothing here knows what any tier is called.

mod import;

pub use import::{ImportProblem, MAX_TIERS, MAX_UNITS};

use crate::UtcMillis;
use signaling_protocol::{TierCode, TierView, UnitCode, UnitList, UnitView, fold};
use std::collections::HashMap;

/// Vietnam has had one time zone and no summer time since 1975; a unit's days are its days.
const ZONE_MS: i64 = 7 * 3_600_000;

const DAY_MS: i64 = 86_400_000;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its code, the site code of its room.
    pub code: UnitCode,
    /// Its name, with its type.
    pub name: String,
    /// Its type's name, a label.
    pub kind: String,
    /// Its tier.
    pub tier: TierCode,
    /// Its parent; absent at a root.
    pub parent: Option<UnitCode>,
    /// Position among its siblings.
    pub order: u32,
    /// Its first day.
    pub valid_from: Option<Day>,
    /// Its last day.
    pub valid_to: Option<Day>,
    /// What follows it when it is dissolved.
    pub successors: Vec<UnitCode>,
}

/// All units, parents before children, siblings in protocol order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitTree {
    tiers: Vec<TierView>,
    units: Vec<Unit>,
    folded: Vec<String>,
    places: HashMap<UnitCode, usize>,
}

impl Day {
    /// The day of a moment.
    pub fn of(moment: UtcMillis) -> Self {
        let days = moment.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        Self(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// A day of the Gregorian calendar, `YYYY-MM-DD`. `None` if there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let (year, month, day): (i32, i32, i32) =
            (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _other => return None,
        };
        if !(1..=length).contains(&day) {
            return None;
        }
        // Counting years from March puts the leap day last, so that every month's offset is a straight line.
        let from_march = year - i32::from(month <= 2);
        let era = from_march.div_euclid(400);
        let of_era = from_march.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        Some(Self(era * 146_097 + days - 719_468))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = self.0.saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + years + i32::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Unit {
    /// Whether it exists on a day.
    pub fn is_valid(&self, day: Day) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    fn view(&self) -> UnitView {
        UnitView {
            code: self.code.clone(),
            name: self.name.clone(),
            tier: self.tier.clone(),
            parent: self.parent.clone(),
            order: self.order,
        }
    }
}

impl UnitTree {
    /// Orders checked units. Whoever calls this has checked that parents exist and that there is no circle.
    fn assemble(tiers: Vec<TierView>, units: Vec<Unit>) -> Self {
        let mut children: HashMap<Option<UnitCode>, Vec<Unit>> = HashMap::new();
        for unit in units {
            children.entry(unit.parent.clone()).or_default().push(unit);
        }
        for siblings in children.values_mut() {
            siblings.sort_by(|a, b| (a.order, &a.code).cmp(&(b.order, &b.code)).reverse());
        }
        let mut tree = Self { tiers, ..Self::default() };
        let mut waiting = children.remove(&None).unwrap_or_default();
        while let Some(unit) = waiting.pop() {
            waiting.extend(children.remove(&Some(unit.code.clone())).unwrap_or_default());
            tree.places.insert(unit.code.clone(), tree.units.len());
            tree.folded.push(fold(&format!("{} {}", unit.name, unit.code)));
            tree.units.push(unit);
        }
        tree
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The tiers, highest first.
    pub fn tiers(&self) -> &[TierView] {
        &self.tiers
    }

    /// All units, whether they are valid today or not.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// One unit.
    pub fn unit(&self, code: &UnitCode) -> Option<&Unit> {
        self.units.get(*self.places.get(code)?)
    }

    /// Whether a unit is `top` or below it. An unknown unit is only within itself.
    pub fn is_within(&self, code: &UnitCode, top: &UnitCode) -> bool {
        let mut at = Some(code);
        while let Some(code) = at {
            if code == top {
                return true;
            }
            at = self.unit(code).and_then(|unit| unit.parent.as_ref());
        }
        false
    }

    /// The units valid on a day, those whose folded name or code holds the folded text, if there is one.
    pub fn list(&self, day: Day, search: Option<&str>) -> UnitList {
        let wanted = search.map(fold).unwrap_or_default();
        let hits =
            self.units.iter().zip(&self.folded).filter(|(unit, folded)| {
                unit.is_valid(day) && (wanted.is_empty() || folded.contains(&wanted))
            });
        UnitList { tiers: self.tiers.clone(), units: hits.map(|(unit, _)| unit.view()).collect() }
    }
}

#[cfg(test)]
mod tests;
