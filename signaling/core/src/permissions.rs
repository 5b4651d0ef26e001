//! May this role ask this, here in the tree? One exhaustive table.

use signaling_protocol::{Action, Refusal, Role};

/// Where what is asked about stands, seen from the unit that convened the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// In the meeting itself, or a unit at or below the convening one.
    Within,
    /// A unit elsewhere in the tree.
    Outside,
}

/// All actions, in the order clients are told of them.
pub(crate) const ACTIONS: [Action; 10] = [
    Action::Speak,
    Action::ShowCamera,
    Action::Register,
    Action::Present,
    Action::Convene,
    Action::Direct,
    Action::ControlMicrophones,
    Action::ControlPresenting,
    Action::ManageSeats,
    Action::Watch,
];

/// Whether the role directs the meeting: the chair, and those who carry out the chair's orders (domain.md 3.3).
pub(crate) fn is_host(role: Role) -> bool {
    match role {
        Role::Chair | Role::Secretary | Role::Operator => true,
        Role::Site | Role::Delegate | Role::Viewer => false,
    }
}

/// The table.
///
/// # Errors
/// `NotAllowed` if the role may never do this, `OutsideScope` if it may, but not there.
pub(crate) fn check(role: Role, action: Action, position: Position) -> Result<(), Refusal> {
    let may = match role {
        Role::Chair | Role::Secretary | Role::Operator => true,
        Role::Site | Role::Delegate => match action {
            Action::Speak | Action::ShowCamera | Action::Register | Action::Watch => true,
            Action::Present
            | Action::Convene
            | Action::Direct
            | Action::ControlMicrophones
            | Action::ControlPresenting
            | Action::ManageSeats => false,
        },
        Role::Viewer => false,
    };
    match (may, position) {
        (false, Position::Within | Position::Outside) => Err(Refusal::NotAllowed),
        (true, Position::Outside) => Err(Refusal::OutsideScope),
        (true, Position::Within) => Ok(()),
    }
}

/// What a role may do in its meeting.
pub(crate) fn actions(role: Role) -> Vec<Action> {
    ACTIONS.into_iter().filter(|action| check(role, *action, Position::Within).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::fmt::Write as _;

    #[test]
    fn the_whole_table() {
        let roles = [Role::Chair, Role::Secretary, Role::Operator, Role::Site, Role::Delegate, Role::Viewer];
        let mut table = String::new();
        for role in roles {
            let row: Vec<String> = ACTIONS
                .iter()
                .map(|action| {
                    let mark = |position| match check(role, *action, position) {
                        Ok(()) => 'y',
                        Err(Refusal::OutsideScope) => 'o',
                        Err(_) => '-',
                    };
                    format!("{}{}", mark(Position::Within), mark(Position::Outside))
                })
                .collect();
            writeln!(table, "{role:?}: {}", row.join(" ")).unwrap();
        }
        expect![[r"
            Chair: yo yo yo yo yo yo yo yo yo yo
            Secretary: yo yo yo yo yo yo yo yo yo yo
            Operator: yo yo yo yo yo yo yo yo yo yo
            Site: yo yo yo -- -- -- -- -- -- yo
            Delegate: yo yo yo -- -- -- -- -- -- yo
            Viewer: -- -- -- -- -- -- -- -- -- --
        "]]
        .assert_eq(&table);
    }
}
