//! The closed set of reasons for "no". A client turns each into a sentence that says what to do; a server never
//! sends sentences.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    // The frame.
    /// Not JSON, not a known message, or a field is missing, unknown or out of range.
    #[error("the message is malformed")]
    Malformed,
    /// Larger than the wire allows.
    #[error("the message is too large")]
    TooLarge,
    /// More requests than the wire allows.
    #[error("too many requests")]
    RateLimited,
    /// The first message must be a hello, and only the first.
    #[error("a hello is expected first, and only once")]
    HelloExpected,
    /// No protocol version in common.
    #[error("the versions do not match; reload the page")]
    VersionMismatch,

    // The right to come in.
    /// Not signed in, or the session is over.
    #[error("sign in first")]
    SignedOut,
    /// User name, site code, password or secret do not match.
    #[error("the name or the secret is wrong")]
    WrongCredential,
    /// Too many wrong tries; wait.
    #[error("locked after too many wrong tries")]
    LockedOut,
    /// The first password must be changed before anything else.
    #[error("change the password first")]
    PasswordChangeRequired,
    /// The new password is too short or too common.
    #[error("the new password is too weak")]
    WeakPassword,
    /// The ticket or token is unknown, used or too old.
    #[error("the ticket is not valid any more")]
    TicketInvalid,
    /// The account has no seat in this meeting.
    #[error("not invited to this meeting")]
    NotInvited,
    /// A host removed the seat.
    #[error("removed from this meeting")]
    Removed,

    // The right to do it.
    /// The role does not allow it.
    #[error("the role does not allow this")]
    NotAllowed,
    /// The role allows it, but not in that part of the tree.
    #[error("outside of the own part of the tree")]
    OutsideScope,
    /// The microphone is locked.
    #[error("the microphone is locked")]
    MicrophoneLocked,

    // The state of things.
    /// No such meeting.
    #[error("no such meeting")]
    NoSuchMeeting,
    /// No such seat in this meeting.
    #[error("no such seat")]
    NoSuchSeat,
    /// No such unit, or it is not valid at that time.
    #[error("no such unit")]
    NoSuchUnit,
    /// No such account.
    #[error("no such account")]
    NoSuchAccount,
    /// An account of this name exists.
    #[error("the name is taken")]
    NameTaken,
    /// The meeting has not started.
    #[error("the meeting has not started")]
    NotStarted,
    /// The meeting is over.
    #[error("the meeting is over")]
    Ended,
    /// The seat is not connected.
    #[error("the seat is not connected")]
    NotConnected,
    /// Somebody else is presenting.
    #[error("somebody else is presenting")]
    PresenterBusy,
    /// The seat or branch sits apart; what is asked needs it in the same sitting.
    #[error("it sits apart; bring the branch back first, or ask its chair")]
    Apart,
    /// The branch does not sit apart.
    #[error("the branch does not sit apart")]
    NotApart,
    /// No seat of this unit or below it can sit apart: none was invited, or the unit is the one that convened.
    #[error("nobody of this unit can sit apart")]
    NoSuchBranch,
    /// As many seats, meetings or connections as this node is configured for.
    #[error("this node is full")]
    Full,
    /// The media offer was not understood.
    #[error("the media offer was not accepted")]
    OfferRejected,
    /// The node above, which decides in this, cannot be reached just now.
    #[error("the node above cannot be reached; try again later")]
    ParentAway,
    /// Something failed on the node; it is logged there.
    #[error("the node failed; try again")]
    Internal,
}
