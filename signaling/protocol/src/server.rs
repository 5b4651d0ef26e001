//! What is so: one JSON object per WebSocket text frame.

use crate::{
    Action, FactNumber, Limits, LineQuality, MeetingView, Mid, PublishDemand, PublishSource, Refusal,
    RequestId, ResumeToken, Role, SeatId, SeatView, SlotName, UtcSeconds,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One frame from a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServerFrame {
    /// What is so.
    pub message: ServerMessage,
}

/// Who the client is in this meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct You {
    /// Its seat.
    pub seat: SeatId,
    /// Its role.
    pub role: Role,
    /// What it may do.
    pub actions: Vec<Action>,
}

/// Whether a returning client missed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Resumed {
    /// A new start: a snapshot follows.
    Fresh,
    /// The changes since the last seen fact follow.
    Caught,
}

/// The answer to a hello.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// The version both speak.
    pub version: u32,
    /// Who the client is.
    pub you: You,
    /// What follows.
    pub resumed: Resumed,
    /// For coming back; also the bearer of `POST /api/v1/rtc`.
    pub resume_token: ResumeToken,
    /// The highest request number already done for this seat's session; continue above it.
    pub last_request: RequestId,
    /// The node's clock.
    pub server_time: UtcSeconds,
    /// The wire's bounds.
    pub limits: Limits,
}

/// Part of a meeting's state; the parts of one snapshot carry the same fact number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The last fact in it.
    pub fact: FactNumber,
    /// This part, from 1.
    pub page: u32,
    /// How many parts.
    pub of: u32,
    /// The common part, the same in every page.
    pub meeting: MeetingView,
    /// Some seats.
    pub seats: Vec<SeatView>,
}

/// One thing that is different now; always the whole new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// The common part.
    Meeting {
        /// Its new value.
        meeting: MeetingView,
    },
    /// A seat is new or different.
    Seat {
        /// Its new value.
        seat: SeatView,
    },
    /// The client's own role or rights changed.
    You {
        /// The new value.
        you: You,
    },
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "result", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Done and kept; repeating it changes nothing.
    Done {
        /// The fact it became, 0 if there was nothing to do.
        fact: FactNumber,
    },
    /// Not done.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// What fills one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SlotState {
    /// The slot.
    pub slot: SlotName,
    /// The m-line that carries it.
    pub mid: Mid,
    /// Whose source fills it; absent while empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seat: Option<SeatId>,
    /// Which source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<PublishSource>,
    /// The slot's RTP timestamp from which this holds: the name plate flips with the picture.
    pub rtp_timestamp: u32,
}

/// Why the node ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ByeReason {
    /// The same seat was opened elsewhere.
    Replaced,
    /// A host removed the seat.
    Removed,
    /// The right to be here was taken away or changed: sign in or come in again, if that is still possible.
    Revoked,
    /// The meeting is over.
    Ended,
    /// The client left.
    Left,
    /// The node is being stopped; come back.
    Restarting,
    /// Too slow to read what it is sent; come back.
    Overrun,
    /// Broke the protocol too often.
    Misbehaved,
    /// Nothing heard for too long; come back.
    Silent,
}

/// The last message of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Bye {
    /// Why.
    pub reason: ByeReason,
    /// When to come back, milliseconds; absent if coming back is no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry_after_ms: Option<u32>,
}

/// What is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerMessage {
    /// The connection stands.
    Welcome(Welcome),
    /// The state, in pages.
    Snapshot(Snapshot),
    /// What is different since the fact before.
    Changed {
        /// The last fact that is wholly told with it: of a change too large for one frame, the parts before the
        /// last carry the number from before it.
        fact: FactNumber,
        /// The new values.
        changes: Vec<Change>,
    },
    /// The answer to a request.
    Reply {
        /// Which request.
        re: RequestId,
        /// How it ended.
        outcome: Outcome,
    },
    /// What fills the client's slots; only the changed ones after the first.
    Slots {
        /// The slots.
        slots: Vec<SlotState>,
    },
    /// Which encodings to send.
    Publish {
        /// Of which source.
        source: PublishSource,
        /// Which encodings.
        demand: PublishDemand,
    },
    /// Whose microphones are heard, loudest first; not a fact.
    Speaking {
        /// At most three seats.
        seats: Vec<SeatId>,
    },
    /// Lines in one word; only changed ones; not a fact.
    Lines {
        /// Seat and word.
        lines: Vec<(SeatId, LineQuality)>,
    },
    /// The answer to a ping.
    Pong {
        /// The node's clock.
        server_time: UtcSeconds,
    },
    /// The connection ends.
    Bye(Bye),
}
