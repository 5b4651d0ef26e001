//! The hub's door: every way it can be woken and everything it can ask for.

use crate::neighbour::{Envelope, NeighbourNews, NodeLoad, NodeName};
use crate::{FactRecord, UnitTree};
use sfu_control::{SfuCommand, SfuEvent};
use signaling_protocol::{
    AccountId, AccountKind, CreateMeeting, GrantView, MeetingId, MeetingList, MeetingSummary, Refusal,
    ResumeToken, ServerMessage, TicketIssued, UnitCode,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// One WebSocket, named by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// One HTTP call that waits for an answer, named by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u32);

/// One sign-in of an account, named by the shell; the same over restarts, and no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SignInId(pub u64);

/// A signed-in account as the shell has checked it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Person or site.
    pub kind: AccountKind,
    /// The name to show.
    pub name: String,
    /// Its unit.
    pub unit: UnitCode,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
    /// By which of its sign-ins it comes.
    pub sign_in: SignInId,
}

/// By whose right a seat is held.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A person's account.
    Person {
        /// Which.
        account: AccountId,
    },
    /// A unit's meeting room.
    Site {
        /// Which unit.
        unit: UnitCode,
    },
}

/// What is left of a holder's right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// Nothing: it must sign in again, if it still can.
    SignedOut,
    /// It is signed in, and may do this now.
    Granted(Vec<GrantView>),
    /// The same, but of its sign-ins only these are left.
    GrantedTo(Vec<SignInId>, Vec<GrantView>),
}

/// What an HTTP call asks of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Makes a meeting; repeating it with the same id answers the same.
    CreateMeeting(CreateMeeting),
    /// Lists what the caller may join.
    ListMeetings,
    /// Asks for a ticket to one meeting.
    IssueTicket {
        /// Which.
        meeting: MeetingId,
    },
}

/// What the hub answers to an HTTP call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To `CreateMeeting`.
    Created(MeetingSummary),
    /// To `ListMeetings`.
    Meetings(MeetingList),
    /// To `IssueTicket`.
    Ticket(TicketIssued),
    /// To `Offer` and `OfferAgain`: the SDP answer.
    Media {
        /// The SDP.
        answer: String,
    },
    /// To `Hangup` and `Recheck`.
    Done,
}

/// Every way the hub can be woken.
#[derive(Debug, Clone)]
pub enum Input {
    /// The units changed (or are there for the first time).
    ReplaceUnits {
        /// The whole tree.
        units: Arc<UnitTree>,
    },
    /// At start: the stored facts of one meeting, in order.
    Restore {
        /// All of them.
        records: Vec<FactRecord>,
    },
    /// At start, after `Restore`: what this node did in a meeting while it was cut off from the meeting's home.
    RestoreApart {
        /// The name of the island.
        island: u64,
        /// All of it, in order.
        records: Vec<FactRecord>,
    },
    /// An HTTP call of a signed-in account.
    Call {
        /// Which call.
        call: CallId,
        /// Who.
        by: Account,
        /// What.
        what: Call,
    },
    /// A WebSocket opened.
    Opened {
        /// Which.
        connection: ConnectionId,
    },
    /// A text frame arrived.
    Frame {
        /// On which connection.
        connection: ConnectionId,
        /// The text as it came.
        text: String,
    },
    /// A WebSocket closed, by whatever cause.
    Closed {
        /// Which.
        connection: ConnectionId,
    },
    /// An SDP offer of a joined seat: makes its peer, or is a repetition of the one that made it.
    Offer {
        /// Which call.
        call: CallId,
        /// The resume token of the last welcome.
        bearer: ResumeToken,
        /// The SDP.
        offer: String,
    },
    /// An SDP offer on media that stands: restarts ICE or renegotiates. Never makes a peer: an offer that a living
    /// transport makes to a node which does not know it would be answered by a stranger.
    OfferAgain {
        /// Which call.
        call: CallId,
        /// The resume token of the last welcome.
        bearer: ResumeToken,
        /// The SDP.
        offer: String,
    },
    /// A seat gives up its media but not its seat.
    Hangup {
        /// Which call.
        call: CallId,
        /// The resume token of the last welcome.
        bearer: ResumeToken,
    },
    /// Rights have changed; whoever sits by a right that is gone is put out.
    Recheck {
        /// Which call is answered when it is done.
        call: CallId,
        /// Whose, and what is left of them.
        changed: HashMap<Holder, Rights>,
    },
    /// The SFU reports.
    Sfu(SfuEvent),
    /// Another node says something.
    Node {
        /// Which; the shell knows it by its credential, not by what is said.
        from: NodeName,
        /// What.
        envelope: Envelope,
    },
    /// The shell has measured how busy the machine is.
    Load {
        /// What it measured.
        load: NodeLoad,
    },
    /// The deadline of the last drain has come.
    Timeout,
    /// The node is being stopped: everybody is told to come back.
    Stop,
}

/// Everything the hub asks for. Outputs are carried out in order; whatever follows a `Store` waits until the
/// records are durable, so that a fact is stored before anybody is told of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Keep these records.
    Store(Vec<FactRecord>),
    /// Keep these records apart: they are not the home's, and their numbers may come again. Durable before anything that
    /// follows, like the others.
    StoreApart {
        /// The name of the island.
        island: u64,
        /// The records.
        records: Vec<FactRecord>,
    },
    /// What was kept apart of a meeting is in its log now.
    ForgetApart {
        /// Which.
        meeting: MeetingId,
    },
    /// Send a message.
    Send {
        /// On which connection.
        connection: ConnectionId,
        /// What.
        message: ServerMessage,
    },
    /// Send one message to many: it is written once.
    Broadcast {
        /// On which connections, each once.
        connections: Vec<ConnectionId>,
        /// What.
        message: ServerMessage,
    },
    /// Close a connection after what was sent on it.
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Answer an HTTP call.
    Answer {
        /// Which.
        call: CallId,
        /// With what.
        result: Result<Answer, Refusal>,
    },
    /// Tell the SFU.
    Sfu(SfuCommand),
    /// Carry this to another node.
    Node {
        /// Which.
        to: NodeName,
        /// What.
        envelope: Envelope,
    },
    /// Something happened between this node and another.
    Neighbour {
        /// Which.
        node: NodeName,
        /// What.
        news: NeighbourNews,
    },
    /// Nothing more: wait for an input, or until then.
    Timeout(Option<Instant>),
}
