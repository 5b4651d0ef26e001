//! A meeting as a client sees it: small whole values, replaced when they change.

use crate::{AccountId, BoundedText, FactNumber, MeetingId, SeatId, TierCode, UnitCode, UtcSeconds};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What kind of meeting it is; the wording differs, the rules do not (domain.md section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MeetingKind {
    /// Họp giao ban.
    Briefing,
    /// Hội nghị triển khai, sơ kết, tổng kết.
    Conference,
    /// Họp chỉ đạo khẩn.
    Emergency,
    /// Kỳ họp Hội đồng nhân dân.
    CouncilSession,
    /// Tập huấn.
    Training,
    /// Phiên kết nối thử.
    Rehearsal,
}

/// Where a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MeetingPhase {
    /// Not started: sites may come in, nobody is heard ("Phòng chờ").
    Waiting,
    /// Going on ("Đang diễn ra").
    Running,
    /// Over ("Đã kết thúc").
    Ended,
}

/// What a seat is in its meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Chủ tọa, chủ trì.
    Chair,
    /// Thư ký.
    Secretary,
    /// Kỹ thuật viên điều hành.
    Operator,
    /// Điểm cầu: a room.
    Site,
    /// Đại biểu: a person of an invited unit.
    Delegate,
    /// Người theo dõi: receives only, listed like everybody.
    Viewer,
}

/// What an account may do in a unit and everything below it, outside of any one meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum GrantRole {
    /// Quản trị hệ thống: units, sites, accounts. Implies neither a seat nor listening.
    Administrator,
    /// May convene meetings of the unit and those below it.
    Convener,
    /// May be operator of any meeting convened in the subtree.
    Operator,
    /// May take part as a delegate when the unit is invited.
    Delegate,
    /// May watch meetings convened in the subtree.
    Viewer,
}

/// Who sits on a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Occupant {
    /// A room, known by its unit.
    Site {
        /// The unit whose room it is.
        unit: UnitCode,
    },
    /// A person.
    Person {
        /// The account.
        account: AccountId,
        /// The unit the person belongs to.
        unit: UnitCode,
    },
}

/// How a seat is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Connection {
    /// Not come yet ("Chưa vào").
    Absent {},
    /// Here ("Đã kết nối").
    Connected {
        /// Since when.
        since: UtcSeconds,
    },
    /// The line broke; the seat is kept ("Mất kết nối").
    Lost {
        /// Since when.
        since: UtcSeconds,
    },
    /// Left by its own choice.
    Left {
        /// When.
        at: UtcSeconds,
    },
    /// Removed by a host.
    Removed {
        /// When.
        at: UtcSeconds,
    },
}

/// A seat's microphone (domain.md section 3.4). Only `Open` passes the SFU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Microphone {
    /// Khóa micro: the seat cannot open it.
    Locked,
    /// Tắt: the seat may open it.
    Off,
    /// Đang phát.
    Open,
}

/// What a seat's microphone is when it joins or after "mute all".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MicrophonePolicy {
    /// Locked until invited; the default.
    Locked,
    /// Off, and the seat may open it.
    Allowed,
}

/// Who may let a branch sit apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DetachingPolicy {
    /// The hosts only; the default.
    #[default]
    Hosts,
    /// The hosts, and the room of a unit for its own branch.
    OwnBranch,
}

/// A branch that sits apart, a unit with all below it ("Đang họp riêng").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BranchView {
    /// Its unit.
    pub unit: UnitCode,
    /// The unit's name.
    pub name: String,
    /// Since when.
    pub since: UtcSeconds,
    /// Who chairs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub chair: Option<SeatId>,
    /// Who chairs it while the chair is not connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub deputy: Option<SeatId>,
    /// Whether its line was cut, and nobody let it go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub cut: bool,
}

/// One seat as everybody sees it. Of a seat that sits elsewhere the microphone, the camera and the leave to present are
/// not told: whatever stands there means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeatView {
    /// The seat.
    pub seat: SeatId,
    /// Who sits there.
    pub occupant: Occupant,
    /// The name to show: the unit's valid name, or the person's with position.
    pub name: String,
    /// A second line: for a site its parent's name, for a person the unit.
    pub detail: String,
    /// The unit's tier.
    pub tier: TierCode,
    /// The unit's parent, for showing seats as a tree.
    pub parent: Option<UnitCode>,
    /// The role.
    pub role: Role,
    /// Position in the invitation: protocol order.
    pub order: u32,
    /// How it is connected.
    pub connection: Connection,
    /// Its microphone.
    pub microphone: Microphone,
    /// Whether its camera is on.
    pub camera: bool,
    /// Whether it may present without being asked.
    pub may_present: bool,
    /// The branch it sits apart with; absent in the plenary.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub branch: Option<UnitCode>,
}

/// One registration to speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry {
    /// Who.
    pub seat: SeatId,
    /// What about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub topic: Option<BoundedText<120>>,
    /// Since when.
    pub since: UtcSeconds,
}

/// A meeting's common part as those who sit together see it: from the phase to the queue it is that of their sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingView {
    /// The meeting.
    pub meeting: MeetingId,
    /// Its title.
    pub title: BoundedText<200>,
    /// Its kind.
    pub kind: MeetingKind,
    /// The unit that convenes it.
    pub convening_unit: UnitCode,
    /// That unit's name.
    pub convening_name: String,
    /// When it is planned to start.
    pub starts: UtcSeconds,
    /// Where it stands.
    pub phase: MeetingPhase,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub started: Option<UtcSeconds>,
    /// What microphones are by default.
    pub microphones: MicrophonePolicy,
    /// Whose picture everybody is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub stage: Option<SeatId>,
    /// Who has the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub floor: Option<SeatId>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub floor_since: Option<UtcSeconds>,
    /// Who presents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub presenter: Option<SeatId>,
    /// Who wants to speak, first come first.
    pub queue: Vec<QueueEntry>,
    /// The branch that whoever sees this sits apart with; absent in the plenary.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub branch: Option<UnitCode>,
    /// The branches that sit apart, by their codes.
    pub apart: Vec<BranchView>,
    /// Who may let more of them go.
    pub detaching: DetachingPolicy,
    /// The last fact this view holds.
    pub fact: FactNumber,
}

/// What a seat may do right now. The server enforces it; the client shows only what is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Send a microphone.
    Speak,
    /// Send a camera.
    ShowCamera,
    /// Register to speak.
    Register,
    /// Present a screen without being allowed first.
    Present,
    /// Start and end the meeting.
    Convene,
    /// Choose the stage, invite to speak, end speeches, manage the queue.
    Direct,
    /// Lock and unlock microphones.
    ControlMicrophones,
    /// Stop or allow presenting.
    ControlPresenting,
    /// Invite and remove seats.
    ManageSeats,
    /// Ask for small pictures of seats.
    Watch,
    /// Let a branch sit apart, bring it back, name its chair. Who chairs a branch may do so with that branch only.
    Detach,
    /// Let the branch of the own unit sit apart.
    DetachOwn,
}
