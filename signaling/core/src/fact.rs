//! What can happen in a meeting; `record` numbers and chains it.

mod record;
mod scope;

use crate::neighbour::NodeName;
use serde::{Deserialize, Serialize};
use signaling_protocol::{
    AccountId, BoundedText, DetachingPolicy, MeetingKind, MeetingStaff, Microphone, MicrophonePolicy,
    Occupant, Role, SeatId, TierCode, UnitCode, UtcSeconds,
};

pub use record::{ChainError, FactRecord, FactVersion, verify_chain};
pub use scope::Scope;

/// Who brought a fact about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Actor {
    /// The node: a line that broke, a restart.
    Node {},
    /// An account outside of a meeting.
    Account {
        /// Which.
        account: AccountId,
    },
    /// A seat.
    Seat {
        /// Which.
        seat: SeatId,
    },
}

/// A seat as it is made; names are those valid at the time of the meeting and never change afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeatRecord {
    /// The seat.
    pub seat: SeatId,
    /// Who sits there.
    pub occupant: Occupant,
    /// The name to show.
    pub name: String,
    /// The second line.
    pub detail: String,
    /// The unit's tier.
    pub tier: TierCode,
    /// The unit's parent.
    pub parent: Option<UnitCode>,
    /// What the seat is.
    pub role: Role,
    /// Protocol order.
    pub order: u32,
}

/// What a meeting is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Created {
    /// The title.
    pub title: BoundedText<200>,
    /// The kind.
    pub kind: MeetingKind,
    /// Which unit convenes.
    pub convening_unit: UnitCode,
    /// Its name then.
    pub convening_name: String,
    /// When it is planned to start.
    pub starts: UtcSeconds,
    /// Who made it.
    pub creator: AccountId,
    /// Persons with a role; they get a seat when they first come.
    pub staff: Vec<MeetingStaff>,
    /// The node that decides in it; none for a node that stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<NodeName>,
}

/// A branch begins to sit apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Detached {
    /// The branch: this unit and all below it.
    pub unit: UnitCode,
    /// The unit's name then.
    pub name: String,
    /// Who chairs it.
    pub chair: Option<SeatId>,
    /// Who chairs it while the chair is not here.
    pub deputy: Option<SeatId>,
    /// The seats that go. They are written down because the tree of units may be another one when the log is read.
    pub seats: Vec<SeatId>,
    /// Whether it was cut off, and nobody let it go.
    #[serde(default, skip_serializing_if = "is_let_go")]
    pub cut: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field by reference")]
fn is_let_go(cut: &bool) -> bool {
    !*cut
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fact {
    /// The meeting was convened.
    MeetingCreated(Box<Created>),
    /// It was opened.
    MeetingStarted {},
    /// It was closed.
    MeetingEnded {},
    /// A seat was made: a site was invited, or a person came for the first time.
    SeatAdded {
        /// The seat.
        record: Box<SeatRecord>,
    },
    /// A removed or departed seat was invited again.
    SeatInvited {
        /// Which.
        seat: SeatId,
    },
    /// A seat is connected.
    SeatJoined {
        /// Which.
        seat: SeatId,
    },
    /// A seat's line broke; the seat is kept.
    SeatLost {
        /// Which.
        seat: SeatId,
    },
    /// A seat left by its own choice, or stayed away too long.
    SeatLeft {
        /// Which.
        seat: SeatId,
    },
    /// A host removed a seat.
    SeatRemoved {
        /// Which.
        seat: SeatId,
    },
    /// A seat's account lost its right to sit there: its code was revoked, its password reset, its role taken.
    SeatRevoked {
        /// Which.
        seat: SeatId,
    },
    /// Whoever sits there came back as something else.
    RoleSet {
        /// Which.
        seat: SeatId,
        /// What it is now.
        role: Role,
    },
    /// Another picture, or none, is shown to everybody.
    StageSet {
        /// Whose.
        seat: Option<SeatId>,
    },
    /// A seat has the floor.
    FloorGranted {
        /// Which.
        seat: SeatId,
    },
    /// Nobody has the floor.
    FloorEnded {},
    /// A seat registered to speak.
    SpeechRegistered {
        /// Which.
        seat: SeatId,
        /// What about.
        topic: Option<BoundedText<120>>,
    },
    /// A registration is off the queue: taken back, dismissed, or called.
    SpeechUnregistered {
        /// Whose.
        seat: SeatId,
    },
    /// What microphones are by default changed.
    MicrophonePolicySet {
        /// The default.
        policy: MicrophonePolicy,
    },
    /// One microphone changed.
    MicrophoneSet {
        /// Whose.
        seat: SeatId,
        /// What it is now.
        microphone: Microphone,
    },
    /// A camera was switched.
    CameraSet {
        /// Whose.
        seat: SeatId,
        /// Whether it is on.
        on: bool,
    },
    /// A seat may present without being asked.
    PresentingAllowed {
        /// Which.
        seat: SeatId,
    },
    /// Somebody, or nobody, presents.
    PresenterSet {
        /// Who.
        seat: Option<SeatId>,
    },
    /// A branch sits apart; what its seats held in the plenary is free, but their places in its queue are kept. A fact
    /// of the plenary.
    BranchDetached(Box<Detached>),
    /// A branch sits with the plenary again, and its own sitting is over. A fact of the plenary; all facts of that
    /// sitting come before it.
    BranchReturned {
        /// Which.
        unit: UnitCode,
    },
    /// What a branch did while it was cut off stands before this fact. A fact of the plenary.
    IslandTaken {
        /// The name the branch gave to it: taken in once, however often it is told.
        island: u64,
        /// How many facts.
        facts: u32,
    },
    /// Who may let branches sit apart changed.
    DetachingSet {
        /// Who.
        policy: DetachingPolicy,
    },
    /// Who chairs a branch that sits apart. A fact of that branch.
    BranchChaired {
        /// Its chair.
        chair: Option<SeatId>,
        /// Who stands in for the chair.
        deputy: Option<SeatId>,
    },
}

/// Which parts of the state a fact changes; what a returning client must be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Touched {
    /// Whose common part changed.
    pub common: Reach,
    /// The seats that changed.
    pub seats: Vec<SeatId>,
    /// Who sees that they did.
    pub seen_by: Reach,
}

/// How many a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reach {
    /// Nobody.
    #[default]
    Nobody,
    /// Those of the sitting whose fact it is.
    Sitting,
    /// All sittings.
    Meeting,
}

impl Fact {
    /// What it changes, apart from the seats of a branch that returns: those the state knows.
    pub(crate) fn touches(&self) -> Touched {
        let common = |common| Touched { common, ..Touched::default() };
        let of =
            |seat: &SeatId, seen_by| Touched { seats: vec![seat.clone()], seen_by, ..Touched::default() };
        match self {
            Self::MeetingCreated(_) | Self::MeetingEnded {} => common(Reach::Meeting),
            Self::MeetingStarted {}
            | Self::StageSet { .. }
            | Self::FloorGranted { .. }
            | Self::FloorEnded {}
            | Self::SpeechRegistered { .. }
            | Self::SpeechUnregistered { .. }
            | Self::MicrophonePolicySet { .. }
            | Self::PresenterSet { .. } => common(Reach::Sitting),
            Self::SeatAdded { record } => of(&record.seat, Reach::Meeting),
            Self::SeatInvited { seat }
            | Self::SeatJoined { seat }
            | Self::SeatLost { seat }
            | Self::SeatLeft { seat }
            | Self::SeatRemoved { seat }
            | Self::SeatRevoked { seat }
            | Self::RoleSet { seat, .. } => of(seat, Reach::Meeting),
            Self::MicrophoneSet { seat, .. }
            | Self::CameraSet { seat, .. }
            | Self::PresentingAllowed { seat } => of(seat, Reach::Sitting),
            Self::BranchDetached(detached) => {
                let seats = detached.seats.clone();
                Touched { common: Reach::Meeting, seats, seen_by: Reach::Meeting }
            }
            Self::BranchReturned { .. } => Touched { seen_by: Reach::Meeting, ..common(Reach::Meeting) },
            Self::BranchChaired { .. } | Self::DetachingSet { .. } => common(Reach::Meeting),
            Self::IslandTaken { .. } => Touched::default(),
        }
    }
}
