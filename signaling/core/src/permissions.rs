//! May whoever stands there ask this, here in the tree? One exhaustive table.

use signaling_protocol::{Action, Refusal, Role};

/// Where what is asked about stands, seen from the unit that convened the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// In the own sitting itself; or a unit at or below the convening one, for who chairs a branch at or below its unit.
    Within,
    /// A unit elsewhere in the tree.
    Outside,
}

/// As what somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Office {
    /// In the plenary: by the role there.
    Plenary(Role),
    /// In a branch that sits apart: as who chairs it now. A host who sits there has no more say than others.
    Chairing,
    /// In a branch that sits apart: as one of it.
    Apart(Role),
}

/// All actions, in the order clients are told of them.
pub(crate) const ACTIONS: [Action; 12] = [
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
    Action::Detach,
    Action::DetachOwn,
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
/// `NotAllowed` if who stands so may never do this, `OutsideScope` if it may, but not there.
pub(crate) fn check(office: Office, action: Action, position: Position) -> Result<(), Refusal> {
    let may = match office {
        Office::Plenary(Role::Chair | Role::Secretary | Role::Operator) => match action {
            Action::DetachOwn => false,
            Action::Speak
            | Action::ShowCamera
            | Action::Register
            | Action::Present
            | Action::Convene
            | Action::Direct
            | Action::ControlMicrophones
            | Action::ControlPresenting
            | Action::ManageSeats
            | Action::Watch
            | Action::Detach => true,
        },
        Office::Chairing => match action {
            Action::Convene | Action::DetachOwn => false,
            Action::Speak
            | Action::ShowCamera
            | Action::Register
            | Action::Present
            | Action::Direct
            | Action::ControlMicrophones
            | Action::ControlPresenting
            | Action::ManageSeats
            | Action::Watch
            | Action::Detach => true,
        },
        Office::Plenary(Role::Site) => takes_part(action) || action == Action::DetachOwn,
        Office::Plenary(Role::Delegate)
        | Office::Apart(Role::Chair | Role::Secretary | Role::Operator | Role::Site | Role::Delegate) => {
            takes_part(action)
        }
        Office::Plenary(Role::Viewer) | Office::Apart(Role::Viewer) => false,
    };
    match (may, position) {
        (false, Position::Within | Position::Outside) => Err(Refusal::NotAllowed),
        (true, Position::Outside) => Err(Refusal::OutsideScope),
        (true, Position::Within) => Ok(()),
    }
}

/// What whoever takes part may do without directing anything.
fn takes_part(action: Action) -> bool {
    match action {
        Action::Speak | Action::ShowCamera | Action::Register | Action::Watch => true,
        Action::Present
        | Action::Convene
        | Action::Direct
        | Action::ControlMicrophones
        | Action::ControlPresenting
        | Action::ManageSeats
        | Action::Detach
        | Action::DetachOwn => false,
    }
}

/// What somebody may do in the own sitting.
pub(crate) fn actions(office: Office) -> Vec<Action> {
    ACTIONS.into_iter().filter(|action| check(office, *action, Position::Within).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::fmt::Write as _;

    #[test]
    fn the_whole_table() {
        let roles = [Role::Chair, Role::Secretary, Role::Operator, Role::Site, Role::Delegate, Role::Viewer];
        let plenary = roles.map(Office::Plenary).into_iter();
        let mut table = String::new();
        for office in plenary.chain([Office::Chairing]).chain(roles.map(Office::Apart)) {
            let row: Vec<String> = ACTIONS
                .iter()
                .map(|action| {
                    let mark = |position| match check(office, *action, position) {
                        Ok(()) => 'y',
                        Err(Refusal::OutsideScope) => 'o',
                        Err(_) => '-',
                    };
                    format!("{}{}", mark(Position::Within), mark(Position::Outside))
                })
                .collect();
            writeln!(table, "{office:?}: {}", row.join(" ")).unwrap();
        }
        expect![[r"
            Plenary(Chair): yo yo yo yo yo yo yo yo yo yo yo --
            Plenary(Secretary): yo yo yo yo yo yo yo yo yo yo yo --
            Plenary(Operator): yo yo yo yo yo yo yo yo yo yo yo --
            Plenary(Site): yo yo yo -- -- -- -- -- -- yo -- yo
            Plenary(Delegate): yo yo yo -- -- -- -- -- -- yo -- --
            Plenary(Viewer): -- -- -- -- -- -- -- -- -- -- -- --
            Chairing: yo yo yo yo -- yo yo yo yo yo yo --
            Apart(Chair): yo yo yo -- -- -- -- -- -- yo -- --
            Apart(Secretary): yo yo yo -- -- -- -- -- -- yo -- --
            Apart(Operator): yo yo yo -- -- -- -- -- -- yo -- --
            Apart(Site): yo yo yo -- -- -- -- -- -- yo -- --
            Apart(Delegate): yo yo yo -- -- -- -- -- -- yo -- --
            Apart(Viewer): -- -- -- -- -- -- -- -- -- -- -- --
        "]]
        .assert_eq(&table);
    }
}
