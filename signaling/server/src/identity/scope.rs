//! What a grant covers: its unit and everything below it.

use crate::units;
use signaling_core::UnitTree;
use signaling_protocol::{GrantRole, GrantView, UnitCode};

/// Whether one of the grants gives a role in a unit.
pub fn covers(tree: &UnitTree, grants: &[GrantView], role: GrantRole, unit: &UnitCode) -> bool {
    grants.iter().any(|grant| grant.role == role && units::is_within(tree, unit, &grant.unit))
}

/// Whether somebody administers anything at all.
pub fn administers_something(grants: &[GrantView]) -> bool {
    grants.iter().any(|grant| grant.role == GrantRole::Administrator)
}
