//! The nodes above and below: what the hub says to them goes out, and how they are is kept for whoever asks.

use crate::clock;
use crate::metrics::Counter;
use signaling_core::{Envelope, LossCause, NeighbourNews, NodeName};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;

/// Envelopes that wait for the bus. When it is full the newest is dropped and counted: the two nodes notice the gap within
/// a second and begin anew.
const POST_MAX: usize = 4_096;

/// How another node is, seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// Nothing was heard of it yet.
    Never,
    /// Both hear each other, since then.
    Attached(Instant),
    /// Not any more, since then.
    Lost(Instant, LossCause),
}

/// All of them.
#[derive(Debug)]
pub struct Neighbours {
    post: Option<mpsc::Sender<(NodeName, Envelope)>>,
    contacts: Mutex<BTreeMap<NodeName, Contact>>,
    /// Envelopes dropped because the bus did not take them in time.
    pub dropped: Counter,
    /// Messages of other nodes that were not understood.
    pub malformed: Counter,
}

impl Neighbours {
    /// Of a node that stands alone.
    pub fn none() -> Self {
        Self {
            post: None,
            contacts: Mutex::default(),
            dropped: Counter::default(),
            malformed: Counter::default(),
        }
    }

    /// These, and what is to be carried to them.
    pub fn new(names: impl IntoIterator<Item = NodeName>) -> (Self, mpsc::Receiver<(NodeName, Envelope)>) {
        let (post, posted) = mpsc::channel(POST_MAX);
        let contacts = names.into_iter().map(|name| (name, Contact::Never)).collect();
        let contacts = Mutex::new(contacts);
        (Self { post: Some(post), contacts, ..Self::none() }, posted)
    }

    /// Carries something to another node, or drops and counts it.
    pub fn post(&self, to: NodeName, envelope: Envelope) {
        let posted = self.post.as_ref().is_some_and(|post| post.try_send((to, envelope)).is_ok());
        if !posted {
            self.dropped.add(1);
        }
    }

    /// Keeps what happened, and says it to whoever reads the log.
    pub fn on_news(&self, node: &NodeName, news: NeighbourNews) {
        let now = clock::instant();
        let contact = match news {
            NeighbourNews::Attached => {
                tracing::info!(%node, "hears us and is heard");
                Contact::Attached(now)
            }
            NeighbourNews::Lost(cause) => {
                match cause {
                    LossCause::Silent => {
                        tracing::warn!(%node, "is silent; meetings go on here, and it is tried again by itself");
                    }
                    LossCause::Missed | LossCause::Restarted => {
                        tracing::info!(%node, "begins anew: something was missed, or it was restarted");
                    }
                    LossCause::TurnedAway(why) => tracing::error!(%node, %why, "does not take this node"),
                }
                Contact::Lost(now, cause)
            }
            NeighbourNews::BadWord => {
                tracing::error!(%node, "said what it may not say; it was not done. Are two nodes of one name, or has it another nodes file?");
                return;
            }
        };
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        contacts.insert(node.clone(), contact);
    }

    /// How each is.
    pub fn contacts(&self) -> BTreeMap<NodeName, Contact> {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
