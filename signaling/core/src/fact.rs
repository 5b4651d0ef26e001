//! What can happen in a meeting; `record` numbers and chains it.

mod record;

use crate::neighbour::NodeName;
use serde::{Deserialize, Serialize};
use signaling_protocol::{
    AccountId, BoundedText, MeetingKind, MeetingStaff, Microphone, MicrophonePolicy, Occupant, Role, SeatId,
    TierCode, UnitCode, UtcSeconds,
};

pub use record::{ChainError, FactRecord, FactVersion, verify_chain};

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
}

/// Which parts of the state a fact changes; what a returning client must be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Touched {
    /// Whether the common part changed.
    pub meeting: bool,
    /// The seat that changed.
    pub seat: Option<SeatId>,
}

impl Fact {
    /// What it changes.
    pub(crate) fn touches(&self) -> Touched {
        let common = Touched { meeting: true, seat: None };
        let of = |seat: &SeatId, meeting: bool| Touched { meeting, seat: Some(seat.clone()) };
        match self {
            Self::MeetingCreated(_)
            | Self::MeetingStarted {}
            | Self::MeetingEnded {}
            | Self::StageSet { .. }
            | Self::FloorGranted { .. }
            | Self::FloorEnded {}
            | Self::SpeechRegistered { .. }
            | Self::SpeechUnregistered { .. }
            | Self::MicrophonePolicySet { .. }
            | Self::PresenterSet { .. } => common,
            Self::SeatAdded { record } => of(&record.seat, false),
            Self::SeatInvited { seat }
            | Self::SeatJoined { seat }
            | Self::SeatLost { seat }
            | Self::SeatLeft { seat }
            | Self::SeatRemoved { seat }
            | Self::SeatRevoked { seat }
            | Self::RoleSet { seat, .. }
            | Self::MicrophoneSet { seat, .. }
            | Self::CameraSet { seat, .. }
            | Self::PresentingAllowed { seat } => of(seat, false),
        }
    }
}
