//! The unit tree as this crate uses it: to and from the store's rows, and the questions handlers ask.

use crate::store::{Store, StoreError, TierRow, UnitRow};
use serde_json::json;
use signaling_core::{Day, UnitTree, UtcMillis};
use signaling_protocol::{UnitCode, UnitList};

/// The tree in the store; empty before the first import.
pub async fn load(store: &Store) -> Result<UnitTree, StoreError> {
    let (tiers, units) = (store.tiers().await?, store.units().await?);
    if units.is_empty() {
        return Ok(UnitTree::default());
    }
    from_rows(&tiers, &units)
}

/// The tree of rows. They come from a checked import, and are checked again: somebody may have edited the file.
fn from_rows(tiers: &[TierRow], units: &[UnitRow]) -> Result<UnitTree, StoreError> {
    let tiers: Vec<_> = tiers.iter().map(|row| json!({ "code": row.code, "name": row.name })).collect();
    let units: Vec<_> = units
        .iter()
        .map(|row| {
            json!({
                "code": row.code,
                "name": row.name,
                "kind": row.kind,
                "tier": row.tier,
                "parent": row.parent.as_deref().unwrap_or_default(),
                "order": row.sort_order,
                "validFrom": row.valid_from.as_deref().unwrap_or_default(),
                "validTo": row.valid_to.as_deref().unwrap_or_default(),
                "successors": row.successors.split_whitespace().collect::<Vec<_>>(),
            })
        })
        .collect();
    let document = json!({ "tiers": tiers, "units": units }).to_string();
    UnitTree::from_json(document.as_bytes()).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        tracing::error!(first, "the stored units are not a tree");
        StoreError::Unreadable { what: "units".into() }
    })
}

/// The rows of a tree.
pub fn to_rows(tree: &UnitTree) -> (Vec<TierRow>, Vec<UnitRow>) {
    let tiers =
        tree.tiers().iter().map(|tier| TierRow { code: tier.code.to_string(), name: tier.name.clone() });
    let units = tree.units().iter().map(|unit| UnitRow {
        code: unit.code.to_string(),
        name: unit.name.clone(),
        kind: unit.kind.clone(),
        tier: unit.tier.to_string(),
        parent: unit.parent.as_ref().map(ToString::to_string),
        sort_order: unit.order.into(),
        valid_from: unit.valid_from.map(|day| day.to_string()),
        valid_to: unit.valid_to.map(|day| day.to_string()),
        successors: unit.successors.iter().map(UnitCode::as_str).collect::<Vec<_>>().join(" "),
    });
    (tiers.collect(), units.collect())
}

/// A unit's name; its code if it is not in the tree any more.
pub fn name_of(tree: &UnitTree, unit: &UnitCode) -> String {
    tree.unit(unit).map_or_else(|| unit.as_str().to_owned(), |found| found.name.clone())
}

/// Whether a unit is in the tree.
pub fn is_known(tree: &UnitTree, unit: &UnitCode) -> bool {
    tree.unit(unit).is_some()
}

/// Whether a unit is `top` or below it.
pub fn is_within(tree: &UnitTree, unit: &UnitCode, top: &UnitCode) -> bool {
    tree.is_within(unit, top)
}

/// Whether there are no units.
pub fn is_empty(tree: &UnitTree) -> bool {
    tree.is_empty()
}

/// The units valid at a moment, all or those that hold a text.
pub fn list(tree: &UnitTree, now: UtcMillis, search: Option<&str>) -> UnitList {
    tree.list(Day::of(now), search)
}

/// The units below one that are valid at a moment, without it.
pub fn below(tree: &UnitTree, now: UtcMillis, top: &UnitCode) -> Vec<UnitCode> {
    let day = Day::of(now);
    let units = tree.units().iter().filter(|unit| unit.is_valid(day) && unit.code != *top);
    units.filter(|unit| tree.is_within(&unit.code, top)).map(|unit| unit.code.clone()).collect()
}

/// The units at the top that are valid at a moment.
pub fn roots(tree: &UnitTree, now: UtcMillis) -> Vec<UnitCode> {
    let day = Day::of(now);
    let units = tree.units().iter().filter(|unit| unit.is_valid(day) && unit.parent.is_none());
    units.map(|unit| unit.code.clone()).collect()
}
