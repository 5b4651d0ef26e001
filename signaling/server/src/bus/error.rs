//! Why the bus did not do something. Every sentence says what whoever looks after the nodes should do.

use super::PAYLOAD_MAX_BYTES;
use super::state::AwayCause;

/// Why the bus did not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The bus is not there now. Nothing was sent, or it is not known whether it arrived.
    #[error("the bus is away: {cause}")]
    Away {
        /// Why.
        cause: AwayCause,
    },
    /// Nobody subscribes to what was asked.
    #[error("nobody answers on {subject}; is the node it belongs to running and connected?")]
    NobodyAnswers {
        /// What was asked.
        subject: String,
    },
    /// No answer came in time. What was asked for may still have happened.
    #[error("no answer in time; the other node or the line to it is overloaded or gone")]
    Timeout,
    /// The key or the log is not as expected; somebody else was first.
    #[error("somebody else changed it first")]
    Conflict,
    /// A payload is too large for the bus.
    #[error("a payload of {bytes} bytes is larger than the bus takes ({PAYLOAD_MAX_BYTES})")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The server forbids this node what it tried.
    #[error(
        "the bus refuses this node {what}; compare the permissions of its user in the server's configuration with \
         configs/nats/"
    )]
    Refused {
        /// What was tried, in the server's words.
        what: String,
    },
    /// Too much is waiting already.
    #[error("the bus has too much to do; look for a node that does not read, or a line that is too thin")]
    Busy,
    /// The server keeps no keys and logs.
    #[error(
        "the bus server keeps nothing: turn on JetStream in its configuration (jetstream {{ store_dir: … }})"
    )]
    NoStorage,
    /// What the server keeps has no more room.
    #[error("the bus server has no room left for {what}: give its JetStream a larger disk or limit")]
    Full {
        /// For what.
        what: String,
    },
    /// The server answered what this program cannot use.
    #[error("the bus server failed: {what}")]
    Failed {
        /// In its words.
        what: String,
    },
}

impl BusError {
    /// The cause as a label of a figure.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Away { .. } => "away",
            Self::NobodyAnswers { .. } => "nobody_answers",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::TooLarge { .. } => "too_large",
            Self::Refused { .. } => "refused",
            Self::Busy => "busy",
            Self::NoStorage => "no_storage",
            Self::Full { .. } => "full",
            Self::Failed { .. } => "failed",
        }
    }
}
