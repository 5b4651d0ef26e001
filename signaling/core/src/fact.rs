//! Every fact of a meeting, numbered and chained; the only history.
//!
//! A record's hash covers the hash before it and everything in the record, so that a log cannot be changed in the
//! middle without all later hashes being wrong.

use crate::UtcMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling_protocol::{
    AccountId, BoundedText, FactNumber, MeetingId, MeetingKind, MeetingStaff, Microphone, MicrophonePolicy,
    Occupant, RequestId, Role, SeatId, TierCode, UnitCode, UtcSeconds,
};
use std::fmt::Write as _;

/// In which form a record is written. A version is added when an older program could not read what is written, and
/// never taken away: facts are not rewritten.
///
/// - 1 had no version in the record, and none in its hash;
/// - 2 has it in both, and knows seats that lose their right or get another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactVersion(pub u32);

impl FactVersion {
    /// Of records without one.
    pub const FIRST: Self = Self(1);
    /// What this program writes; it reads all up to it.
    pub const CURRENT: Self = Self(2);

    fn first() -> Self {
        Self::FIRST
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field by reference")]
    fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

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

/// One line of a meeting's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FactRecord {
    /// In which form it is written; a record of the first version says nothing.
    #[serde(default = "FactVersion::first", skip_serializing_if = "FactVersion::is_first")]
    pub version: FactVersion,
    /// Whose log.
    pub meeting: MeetingId,
    /// Its place in it, from 1.
    pub number: FactNumber,
    /// When.
    pub at: UtcMillis,
    /// By whom.
    pub by: Actor,
    /// The client's request it came from; makes a repeated request harmless even after a restart.
    pub request: Option<RequestId>,
    /// What.
    pub fact: Fact,
    /// SHA-256 over the hash before and all of the above, lower-case hex.
    pub hash: String,
}

/// Why a stored log is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A number is missing or out of order.
    #[error("fact {found} stands where fact {expected} belongs")]
    Number {
        /// What should stand there.
        expected: u32,
        /// What stands there.
        found: u32,
    },
    /// The text was changed after it was written.
    #[error("fact {number} was changed after it was written: its hash does not match")]
    Hash {
        /// Which.
        number: u32,
    },
    /// A log that does not begin with its meeting's making.
    #[error("the log does not begin with the making of its meeting")]
    Beginning,
    /// A record this program cannot read, or an older form after a newer one.
    #[error("fact {number} is written in form {found}, where {least} to {most} can stand")]
    Version {
        /// Which fact.
        number: u32,
        /// Its form.
        found: u32,
        /// The form of the fact before it.
        least: u32,
        /// The newest form this program reads.
        most: u32,
    },
    /// Records of two meetings in one log.
    #[error("fact {number} belongs to another meeting")]
    Meeting {
        /// Which.
        number: u32,
    },
}

impl FactRecord {
    /// The hash this record must have after `before`; empty before the first.
    pub fn expected_hash(&self, before: &str) -> String {
        let body = (&self.meeting, self.number, self.at, &self.by, self.request, &self.fact);
        let body = if self.version == FactVersion::FIRST {
            serde_json::to_vec(&body)
        } else {
            serde_json::to_vec(&(self.version, body))
        };
        // These types have no map with non-text keys and no failing serializer, so this cannot fail; an empty
        // body would only make the hash wrong and thereby visible.
        let body = body.unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(before.as_bytes());
        hash.update(body);
        let mut text = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Checks one meeting's log from its first record.
///
/// # Errors
/// [`ChainError`] names the first record that is not as it was written.
pub fn verify_chain(records: &[FactRecord]) -> Result<(), ChainError> {
    let mut before = String::new();
    let mut least = FactVersion::FIRST;
    let Some(first) = records.first() else { return Err(ChainError::Beginning) };
    if !matches!(first.fact, Fact::MeetingCreated(_)) {
        return Err(ChainError::Beginning);
    }
    for (expected, record) in (1u32..).zip(records) {
        let found = record.number.0;
        if found != expected {
            return Err(ChainError::Number { expected, found });
        }
        if record.meeting != first.meeting {
            return Err(ChainError::Meeting { number: found });
        }
        if record.version < least || record.version > FactVersion::CURRENT {
            let (least, most) = (least.0, FactVersion::CURRENT.0);
            return Err(ChainError::Version { number: found, found: record.version.0, least, most });
        }
        least = record.version;
        if record.hash != record.expected_hash(&before) {
            return Err(ChainError::Hash { number: found });
        }
        before.clone_from(&record.hash);
    }
    Ok(())
}
