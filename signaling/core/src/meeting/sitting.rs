//! One sitting of a meeting: those who see and hear each other, and what they share. The plenary is one for as long as
//! the meeting lives; each branch that sits apart has its own until it returns.

use super::{Meeting, Seat};
use crate::fact::Scope;
use crate::permissions::{Office, Position, check};
use signaling_protocol::{
    Action, BranchView, FactNumber, MeetingPhase, Microphone, MicrophonePolicy, QueueEntry, Refusal, Role,
    SeatId, UnitCode, UtcSeconds,
};

/// What those of one sitting share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sitting {
    /// Where it stands. A branch's is running from the beginning: it ends by returning.
    pub phase: MeetingPhase,
    /// When it was opened.
    pub started: Option<UtcSeconds>,
    /// What microphones are by default.
    pub microphones: MicrophonePolicy,
    /// Whose picture is shown.
    pub stage: Option<SeatId>,
    /// Who has the floor, and since when.
    pub floor: Option<(SeatId, UtcSeconds)>,
    /// Who presents.
    pub presenter: Option<SeatId>,
    /// Who wants to speak.
    pub queue: Vec<QueueEntry>,
}

/// A branch that sits apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Its unit's name when it went.
    pub name: String,
    /// The fact by which it went.
    pub detached: FactNumber,
    /// Who chairs it.
    pub chair: Option<SeatId>,
    /// Who stands in for the chair.
    pub deputy: Option<SeatId>,
    /// Whether it was cut off.
    pub cut: bool,
    /// Its own sitting.
    pub sitting: Sitting,
}

impl Branch {
    pub(super) fn view(&self, unit: &UnitCode) -> BranchView {
        BranchView {
            unit: unit.clone(),
            name: self.name.clone(),
            since: self.sitting.started.unwrap_or_default(),
            chair: self.chair.clone(),
            deputy: self.deputy.clone(),
            cut: self.cut,
        }
    }
}

impl Sitting {
    /// The plenary of a new meeting.
    pub(crate) fn waiting() -> Self {
        Self {
            phase: MeetingPhase::Waiting,
            started: None,
            microphones: MicrophonePolicy::Locked,
            stage: None,
            floor: None,
            presenter: None,
            queue: Vec::new(),
        }
    }

    /// The sitting of a branch that goes: it shows its chair, and microphones are locked as in any other.
    pub(crate) fn apart(at: UtcSeconds, chair: Option<SeatId>) -> Self {
        Self { phase: MeetingPhase::Running, started: Some(at), stage: chair, ..Self::waiting() }
    }

    /// Who has the floor.
    pub(crate) fn floor_seat(&self) -> Option<&SeatId> {
        self.floor.as_ref().map(|(seat, _)| seat)
    }

    /// What a seat's microphone is when nothing special holds for it.
    pub(crate) fn default_microphone(&self, role: Role) -> Microphone {
        if self.phase == MeetingPhase::Ended {
            return Microphone::Locked;
        }
        match role {
            Role::Chair | Role::Secretary | Role::Operator => Microphone::Off,
            Role::Viewer => Microphone::Locked,
            Role::Site | Role::Delegate => match self.microphones {
                MicrophonePolicy::Locked => Microphone::Locked,
                MicrophonePolicy::Allowed => Microphone::Off,
            },
        }
    }

    /// Takes away what these seats hold; a place in the queue is not held.
    pub(crate) fn release(&mut self, which: impl Fn(&SeatId) -> bool) {
        if self.floor_seat().is_some_and(&which) {
            self.floor = None;
        }
        for held in [&mut self.stage, &mut self.presenter] {
            if held.as_ref().is_some_and(&which) {
                *held = None;
            }
        }
    }
}

impl Meeting {
    /// A sitting that there is now.
    pub(crate) fn sitting(&self, scope: &Scope) -> Option<&Sitting> {
        match scope {
            Scope::Plenary => Some(&self.plenary),
            Scope::Branch(unit) => self.apart.get(unit).map(|branch| &branch.sitting),
        }
    }

    pub(super) fn sitting_mut(&mut self, scope: &Scope) -> Option<&mut Sitting> {
        match scope {
            Scope::Plenary => Some(&mut self.plenary),
            Scope::Branch(unit) => self.apart.get_mut(unit).map(|branch| &mut branch.sitting),
        }
    }

    /// As what a seat asks.
    pub(crate) fn office(&self, seat: &Seat) -> Office {
        match &seat.sits {
            Scope::Plenary => Office::Plenary(seat.record.role),
            Scope::Branch(unit) if self.chairs_branch(unit, &seat.record.seat) => Office::Chairing,
            Scope::Branch(_) => Office::Apart(seat.record.role),
        }
    }

    /// Whether a seat may do something in its sitting.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub(crate) fn may(&self, seat: &Seat, action: Action) -> Result<(), Refusal> {
        check(self.office(seat), action, Position::Within)
    }

    /// Whether a seat directs its sitting.
    pub(crate) fn directs(&self, seat: &Seat) -> bool {
        self.may(seat, Action::Direct).is_ok()
    }

    /// Where a seat sits; whoever has no seat yet comes to the plenary.
    pub(crate) fn scope_of(&self, seat: &SeatId) -> Scope {
        self.seat(seat).map(|seat| seat.sits.clone()).unwrap_or_default()
    }
}
