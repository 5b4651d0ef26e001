//! What neighbours say to each other. Facts go down, what a branch does and wants goes up.

use super::status::NodeStatus;
use crate::{Account, FactRecord, UtcMillis};
use serde::{Deserialize, Serialize};
use sfu_control::{LinkId, PeerId};
use signaling_protocol::{
    ClientMessage, FactNumber, MeetingId, Outcome, Refusal, RequestId, SeatId, UnitCode,
};

/// The form of everything below. Nodes of another version are turned away: facts that one of them cannot read would be
/// lost to it.
pub const NEIGHBOUR_VERSION: u32 = 3;

/// What travels between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Envelope {
    /// The child begins anew.
    Attach {
        /// Chosen by the child at random; everything said under an older one is void.
        epoch: u64,
        /// What it speaks.
        version: u32,
        /// Its clock.
        wall: UtcMillis,
    },
    /// The parent has it.
    Attached {
        /// The child's.
        epoch: u64,
    },
    /// The parent will not have it.
    TurnedAway {
        /// The child's.
        epoch: u64,
        /// Why.
        why: TurnedAway,
    },
    /// Something said.
    Word {
        /// The child's.
        epoch: u64,
        /// From 1, without gaps, in each direction.
        number: u32,
        /// What.
        word: Box<Word>,
    },
    /// Said each second: still here, and so much was said.
    Beat {
        /// The child's.
        epoch: u64,
        /// The number of the last word.
        said: u32,
    },
    /// Something was missed, or the epoch is unknown: begin anew.
    Again {
        /// The child's.
        epoch: u64,
    },
}

/// Why a child is turned away; what IT staff must mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TurnedAway {
    /// The two are not of one version.
    #[error(
        "the parent speaks version {parent} of the language between nodes; install the same release on both"
    )]
    Version {
        /// The parent's.
        parent: u32,
    },
    /// The clocks are apart: facts would stand in a wrong order in the minutes, and tokens would expire early.
    #[error("the clocks of the two nodes are {apart_ms} ms apart; check the time service of both")]
    Clock {
        /// By how much, milliseconds; positive if the child's is ahead.
        apart_ms: i64,
    },
}

/// One thing said. Whoever hears it checks that the speaker may say it: a child speaks for its branch only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Word {
    /// Down: a meeting that concerns the branch.
    Meeting {
        /// Which.
        meeting: MeetingId,
    },
    /// Up: the branch goes along with a meeting.
    Follow {
        /// Which.
        meeting: MeetingId,
        /// The last fact it has; 0 if none.
        have: FactNumber,
        /// The hash of that fact, so that two histories are never mixed.
        hash: String,
    },
    /// Down: facts, in order and without gaps.
    Facts {
        /// All of one meeting.
        records: Vec<FactRecord>,
    },
    /// Up: who of the branch is connected.
    Presence(Presence),
    /// Down: a seat of the branch has come to another node and is to be put out here.
    Replaced {
        /// In which meeting.
        meeting: MeetingId,
        /// Which.
        seat: SeatId,
    },
    /// Both: by which peers seats beyond send their media.
    Peers(Peers),
    /// Up: a seat of the branch asks for something.
    Command(Command),
    /// Down: what became of it.
    Outcome {
        /// In which meeting.
        meeting: MeetingId,
        /// Who asked.
        seat: SeatId,
        /// By which request.
        request: RequestId,
        /// What became of it.
        outcome: Outcome,
    },
    /// Up: an account of the branch comes to a meeting in which it has no seat yet, or another role than before.
    Admit(Admit),
    /// Up: what a branch did while it was cut off.
    Island(IslandPart),
    /// Down: what comes from now on is of an island, and may be undone.
    Apart {
        /// In which meeting.
        meeting: MeetingId,
        /// The island.
        island: u64,
    },
    /// Down: whatever was of an island is undone; what it did comes again, as the home has it.
    Together {
        /// In which meeting.
        meeting: MeetingId,
    },
    /// Up: the child's SFU dials the parent's.
    LinkOffer {
        /// The speaker's number for it.
        dial: LinkId,
        /// Its SDP offer.
        offer: String,
    },
    /// Down: the parent's SFU answers.
    LinkAnswer {
        /// Which dial it answers.
        dial: LinkId,
        /// Its SDP answer.
        answer: String,
    },
    /// Up, every two seconds: how the speaker and those below it are.
    Status {
        /// Each of them.
        nodes: Vec<NodeStatus>,
    },
    /// Down: it has its seat, or not.
    Admitted {
        /// Which call.
        call: u32,
        /// Why not.
        refusal: Option<Refusal>,
    },
}

/// How much of all there is to say a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// What changed.
    News,
    /// A part of all; the rest follows.
    Part,
    /// The rest of all: for whoever was not named there is nothing to say.
    Whole,
}

/// Who of a branch is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Presence {
    /// In which meeting.
    pub meeting: MeetingId,
    /// These changed.
    pub seats: Vec<(SeatId, bool)>,
    /// Of how many there is more to say.
    pub extent: Extent,
}

/// By which peers seats beyond the speaker send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Peers {
    /// In which meeting.
    pub meeting: MeetingId,
    /// These changed.
    pub peers: Vec<(SeatId, Option<PeerId>)>,
    /// Of how many there is more to say.
    pub extent: Extent,
}

/// What a seat of a branch asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Command {
    /// In which meeting.
    pub meeting: MeetingId,
    /// Who.
    pub seat: SeatId,
    /// Its request, which makes a repetition harmless.
    pub request: RequestId,
    /// What.
    pub message: Box<ClientMessage>,
}

/// An account that comes to a meeting in which it has no seat yet, or another role than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Admit {
    /// Chosen by who says it.
    pub call: u32,
    /// To which meeting.
    pub meeting: MeetingId,
    /// Who.
    pub by: Box<Account>,
}

/// Facts of a branch that was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IslandPart {
    /// In which meeting.
    pub meeting: MeetingId,
    /// The name of the island.
    pub island: u64,
    /// The units whose branches were cut off.
    pub units: Vec<UnitCode>,
    /// The next facts of its own sitting, as they were made.
    pub records: Vec<FactRecord>,
    /// Whether there are no more.
    pub last: bool,
}
