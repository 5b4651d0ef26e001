//! The nodes above and below: what the hub says to them goes out, and what happens to them is said to whoever reads the log.

use crate::metrics::Counter;
use signaling_core::{Envelope, LossCause, NeighbourNews, NodeName};
use tokio::sync::mpsc;

/// Envelopes that wait for the bus. When it is full the newest is dropped and counted: the two nodes notice the gap within
/// a second and begin anew.
const POST_MAX: usize = 4_096;

/// All of them.
#[derive(Debug)]
pub struct Neighbours {
    post: Option<mpsc::Sender<(NodeName, Envelope)>>,
    /// Envelopes dropped because the bus did not take them in time.
    pub dropped: Counter,
    /// Messages of other nodes that were not understood.
    pub malformed: Counter,
}

impl Neighbours {
    /// Of a node that stands alone.
    pub fn none() -> Self {
        Self { post: None, dropped: Counter::default(), malformed: Counter::default() }
    }

    /// Of one among others, and what is to be carried to them.
    pub fn new() -> (Self, mpsc::Receiver<(NodeName, Envelope)>) {
        let (post, posted) = mpsc::channel(POST_MAX);
        (Self { post: Some(post), ..Self::none() }, posted)
    }

    /// Carries something to another node, or drops and counts it.
    pub fn post(&self, to: NodeName, envelope: Envelope) {
        let posted = self.post.as_ref().is_some_and(|post| post.try_send((to, envelope)).is_ok());
        if !posted {
            self.dropped.add(1);
        }
    }

    /// Says what happened to whoever reads the log.
    pub fn on_news(node: &NodeName, news: NeighbourNews) {
        match news {
            NeighbourNews::Attached => tracing::info!(%node, "hears us and is heard"),
            NeighbourNews::Lost(LossCause::Silent) => {
                tracing::warn!(%node, "is silent; meetings go on here, and it is tried again by itself");
            }
            NeighbourNews::Lost(LossCause::Missed | LossCause::Restarted) => {
                tracing::info!(%node, "begins anew: something was missed, or it was restarted");
            }
            NeighbourNews::Lost(LossCause::TurnedAway(why)) => {
                tracing::error!(%node, %why, "does not take this node");
            }
            NeighbourNews::TurnedAway(why) => {
                tracing::error!(%node, %why, "wanted to attach and was turned away");
            }
            NeighbourNews::BadWord => {
                tracing::error!(%node, "said what it may not say; it was not done. Are two nodes of one name, or has it another nodes file?");
            }
        }
    }
}
