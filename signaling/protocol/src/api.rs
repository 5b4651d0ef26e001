//! Bodies of the HTTP API. Requests refuse unknown fields; every error body is an [`ApiError`].

use crate::{
    AccountId, BoundedText, GrantRole, MeetingId, MeetingKind, MeetingPhase, Refusal, Role, Ticket, TierCode,
    UnitCode, UtcSeconds,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The body of every response that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// Why.
    pub refusal: Refusal,
    /// For technicians: what exactly, in English, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<String>,
    /// When to try again, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry_after_seconds: Option<u32>,
}

/// `POST /api/v1/session`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum SignIn {
    /// A person.
    Person {
        /// The account's name.
        username: String,
        /// The password.
        password: String,
    },
    /// A meeting room.
    Site {
        /// The site code: its unit's code.
        code: String,
        /// The secret issued for it.
        secret: String,
    },
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AccountKind {
    /// A person.
    Person,
    /// A meeting room.
    Site,
}

/// One grant: a role in a unit and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantView {
    /// What.
    pub role: GrantRole,
    /// Where.
    pub unit: UnitCode,
}

/// `GET /api/v1/session`: who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The account.
    pub account: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// The name to show.
    pub name: String,
    /// Its unit.
    pub unit: UnitCode,
    /// Its unit's name.
    pub unit_name: String,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// `POST /api/v1/session/password`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    pub current: String,
    /// The new one: at least 10 characters.
    pub new: String,
}

/// One tier, from the unit file. Depth and names are data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TierView {
    /// Its code.
    pub code: TierCode,
    /// Its name ("Cấp xã").
    pub name: String,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnitView {
    /// Its code.
    pub code: UnitCode,
    /// Its name, with its type ("Xã Tân An").
    pub name: String,
    /// Its tier.
    pub tier: TierCode,
    /// Its parent; absent at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<UnitCode>,
    /// Position among its siblings: protocol order.
    pub order: u32,
}

/// `GET /api/v1/units`: the units valid today, parents before children, siblings in protocol order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnitList {
    /// The tiers, highest first.
    pub tiers: Vec<TierView>,
    /// The units.
    pub units: Vec<UnitView>,
}

/// A person with a role in one meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetingStaff {
    /// Who.
    pub account: AccountId,
    /// Chair, secretary, operator, delegate or viewer.
    pub role: Role,
}

/// `POST /api/v1/meetings`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateMeeting {
    /// Chosen by the client, so that a repeated request makes one meeting.
    pub meeting: MeetingId,
    /// The title.
    pub title: BoundedText<200>,
    /// The kind.
    pub kind: MeetingKind,
    /// Which unit convenes.
    pub convening_unit: UnitCode,
    /// When it is planned to start.
    pub starts: UtcSeconds,
    /// The sites, in protocol order.
    pub sites: Vec<UnitCode>,
    /// The persons; the creator becomes chair if none is named.
    pub staff: Vec<MeetingStaff>,
    /// "Tôi xác nhận nội dung không thuộc bí mật nhà nước": must be true.
    pub no_state_secrets: bool,
}

/// One meeting in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingSummary {
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
    /// What the caller would be in it.
    pub role: Role,
    /// Invited sites.
    pub sites: u32,
    /// Sites connected now.
    pub connected: u32,
}

/// `GET /api/v1/meetings`: what the caller may join, soonest first, ended ones last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingList {
    /// The meetings.
    pub meetings: Vec<MeetingSummary>,
}

/// `POST /api/v1/meetings/{id}/ticket`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TicketIssued {
    /// For the hello.
    pub ticket: Ticket,
    /// Whether another device of the same seat is connected now and would be replaced.
    pub replaces: bool,
}

/// One account as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// The account.
    pub account: AccountId,
    /// Its sign-in name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// Its unit.
    pub unit: UnitCode,
    /// Whether it can sign in. Whoever does not administer the account sees it only while it can.
    pub state: AccountState,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
}

/// Whether an account can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AccountState {
    /// It can.
    Active,
    /// Not until it is enabled again; its sessions are over.
    Disabled,
}

/// `PUT /api/v1/accounts/{id}/state`: answered by the [`AccountView`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAccountState {
    /// What it is to be.
    pub state: AccountState,
}

/// `POST /api/v1/accounts`: answered by an [`IssuedSecret`] with the first password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAccount {
    /// The sign-in name: 3 to 64 of `a-z 0-9 . _ -`.
    pub username: String,
    /// The name to show, with position ("Nguyễn Văn A, Chánh Văn phòng").
    pub name: BoundedText<120>,
    /// The unit the person belongs to.
    pub unit: UnitCode,
    /// What the person may do and where.
    pub grants: Vec<GrantView>,
}

/// One site account as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SiteAccountView {
    /// The unit whose room it is; its code is the site code.
    pub unit: UnitCode,
    /// When the present secret was issued.
    pub issued: UtcSeconds,
}

/// A secret shown once: a first password, or a site's secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedSecret {
    /// The sign-in name or site code.
    pub login: String,
    /// The secret.
    pub secret: String,
    /// For sites: a link that signs in (the secret is in the fragment, which is never sent to a server).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub link: Option<String>,
    /// For sites: the link as a QR code, an SVG document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub qr: Option<String>,
}
