//! How the rest of the process reaches the hub's task.

use super::outbox::OutboxSender;
use signaling_core::{
    Account, Answer, Call, ConnectionId, Envelope, Holder, NodeFigures, NodeLoad, NodeName, NodeStatus,
    Rights, UnitTree,
};
use signaling_protocol::{Refusal, ResumeToken};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long an HTTP call waits for its answer. An offer is answered after the SFU has made a transport, some
/// milliseconds; ten seconds mean that something is broken.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a look at the task waits, for its life or its counts.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// What the hub counts, by name.
pub type HubCounts = Vec<(&'static str, u64)>;

/// What others ask of the hub's task.
pub enum Request {
    /// An HTTP call of a signed-in account.
    Call {
        /// Who.
        by: Account,
        /// What.
        what: Call,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// An SDP offer.
    Offer {
        /// By what right.
        bearer: ResumeToken,
        /// The SDP.
        offer: String,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// An SDP offer on media that stands.
    OfferAgain {
        /// By what right.
        bearer: ResumeToken,
        /// The SDP.
        offer: String,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// A seat gives up its media.
    Hangup {
        /// By what right.
        bearer: ResumeToken,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// Rights have changed.
    Recheck {
        /// Whose, and what is left of them.
        changed: HashMap<Holder, Rights>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    /// A WebSocket opened.
    Opened {
        /// Which.
        connection: ConnectionId,
        /// What is sent on it.
        outbox: OutboxSender,
    },
    /// A text frame arrived.
    Frame {
        /// On which.
        connection: ConnectionId,
        /// The text.
        text: String,
    },
    /// A WebSocket closed.
    Closed {
        /// Which.
        connection: ConnectionId,
    },
    /// Another node said something.
    Node {
        /// Which.
        from: NodeName,
        /// What.
        envelope: Box<Envelope>,
    },
    /// The units changed.
    Units(Arc<UnitTree>),
    /// Asks whether the task is alive.
    Probe(oneshot::Sender<()>),
    /// Asks for the hub's counts.
    Counts(oneshot::Sender<HubCounts>),
    /// Asks how this node and those below it are, and what this one says of itself.
    Nodes(oneshot::Sender<(Vec<NodeStatus>, NodeFigures)>),
    /// How busy the machine is.
    Load(NodeLoad),
    /// The node is being stopped.
    Stop,
}

/// Why a call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The hub refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The node is stopping or has failed.
    #[error("the node is stopping")]
    Gone,
    /// No answer came.
    #[error("no answer in time")]
    Late,
}

/// A way to the hub's task; clones share it.
#[derive(Debug, Clone)]
pub struct HubHandle {
    requests: mpsc::Sender<Request>,
    next_connection: Arc<AtomicU32>,
}

impl HubHandle {
    pub(super) fn new(requests: mpsc::Sender<Request>) -> Self {
        Self { requests, next_connection: Arc::new(AtomicU32::new(1)) }
    }

    /// Asks something for an account.
    pub async fn call(&self, by: Account, what: Call) -> Result<Answer, CallError> {
        self.ask(|reply| Request::Call { by, what, reply }).await
    }

    /// Hands in an SDP offer.
    pub async fn offer(&self, bearer: ResumeToken, offer: String) -> Result<Answer, CallError> {
        self.ask(|reply| Request::Offer { bearer, offer, reply }).await
    }

    /// Hands in an SDP offer on media that stands.
    pub async fn offer_again(&self, bearer: ResumeToken, offer: String) -> Result<Answer, CallError> {
        self.ask(|reply| Request::OfferAgain { bearer, offer, reply }).await
    }

    /// Gives up a seat's media.
    pub async fn hang_up(&self, bearer: ResumeToken) -> Result<Answer, CallError> {
        self.ask(|reply| Request::Hangup { bearer, reply }).await
    }

    /// Puts out whoever sits by a right that is gone; answered when it is stored.
    pub async fn recheck(&self, changed: HashMap<Holder, Rights>) -> Result<Answer, CallError> {
        self.ask(|reply| Request::Recheck { changed, reply }).await
    }

    /// Announces a new WebSocket and names it.
    pub async fn open(&self, outbox: OutboxSender) -> Result<ConnectionId, CallError> {
        let connection = ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed));
        self.send(Request::Opened { connection, outbox }).await?;
        Ok(connection)
    }

    /// Hands in something that has no answer. Waits while the hub is behind.
    pub async fn send(&self, request: Request) -> Result<(), CallError> {
        self.requests.send(request).await.map_err(|_| CallError::Gone)
    }

    /// Whether the hub's task answers.
    pub async fn is_alive(&self) -> bool {
        self.look(Request::Probe).await.is_some()
    }

    /// What the hub counts. Nothing while its task does not answer.
    pub async fn counts(&self) -> HubCounts {
        self.look(Request::Counts).await.unwrap_or_default()
    }

    /// How this node and those below it are, and what this one says of itself. Nothing while its task does not answer.
    pub async fn nodes(&self) -> Option<(Vec<NodeStatus>, NodeFigures)> {
        self.look(Request::Nodes).await
    }

    async fn look<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let look = async {
            self.send(request(reply)).await.ok()?;
            answer.await.ok()
        };
        tokio::time::timeout(PROBE_TIMEOUT, look).await.ok().flatten()
    }

    async fn ask(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<Answer, Refusal>>) -> Request,
    ) -> Result<Answer, CallError> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.send(request(reply)).await?;
            answer.await.map_err(|_| CallError::Gone)?.map_err(CallError::Refused)
        };
        tokio::time::timeout(ANSWER_TIMEOUT, asked).await.unwrap_or(Err(CallError::Late))
    }
}
