//! The embedded SFU as the hub's task sees it: commands to it, events from it.

use crate::config;
use crate::metrics::Counter;
use sfu_control::{ConnectRefusal, SfuCommand, SfuEvent};
use sfu_node::{Listen, ListenAddress, Node, NodeConfig, NodeError, NodeMetrics, Offload};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use tokio::sync::mpsc;

/// SFU events waiting for the hub.
const EVENT_QUEUE: usize = 16_384;

/// Below this much room in the event queue, what the next report repeats anyway (who speaks, how lines are) is
/// dropped, so that answers and disconnections still fit. An event that finds no room at all is dropped and
/// counted: media threads never wait for the hub.
const ROOM_FOR_WHAT_MATTERS: usize = EVENT_QUEUE / 4;

/// The running SFU.
pub struct Media {
    node: Node,
    /// Events that found no room.
    pub events_dropped: Arc<Counter>,
    /// Commands that found no room.
    pub commands_dropped: Counter,
}

impl Media {
    /// Opens the media ports and starts the workers.
    pub fn start(config: &config::Config) -> Result<(Self, mpsc::Receiver<SfuEvent>), NodeError> {
        let (sender, events) = mpsc::channel(EVENT_QUEUE);
        let events_dropped = Arc::new(Counter::default());
        let dropped = Arc::clone(&events_dropped);
        let node = Node::start(&node_config(config), move |event| on_event(&sender, &dropped, event))?;
        Ok((Self { node, events_dropped, commands_dropped: Counter::default() }, events))
    }

    /// Hands a command to the SFU. A connection that it cannot take now is answered as refused.
    pub fn send(&self, command: SfuCommand) -> Option<SfuEvent> {
        let refusal = ConnectRefusal::Full {};
        let refused = match &command {
            SfuCommand::Connect { peer, .. } | SfuCommand::Renegotiate { peer, .. } => {
                Some(SfuEvent::Refused { peer: *peer, refusal })
            }
            SfuCommand::DialLink { link, .. }
            | SfuCommand::AcceptLink { link, .. }
            | SfuCommand::CompleteLink { link, .. } => Some(SfuEvent::LinkRefused { link: *link, refusal }),
            SfuCommand::OpenRoom { .. }
            | SfuCommand::CloseRoom { .. }
            | SfuCommand::Disconnect { .. }
            | SfuCommand::SetGate { .. }
            | SfuCommand::SetProgramme { .. }
            | SfuCommand::SetSlides { .. }
            | SfuCommand::SetFloor { .. }
            | SfuCommand::MoveTo { .. }
            | SfuCommand::SetView { .. }
            | SfuCommand::SetLinkLimits { .. }
            | SfuCommand::CloseLink { .. }
            | SfuCommand::Span { .. }
            | SfuCommand::Unspan { .. } => None,
        };
        let Err(error) = self.node.send(command) else { return None };
        self.commands_dropped.add(1);
        tracing::error!(%error, "the SFU did not take a command");
        refused
    }

    /// Where media is received.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.node.addresses()
    }

    /// The SFU's figures.
    pub fn metrics(&self) -> NodeMetrics {
        self.node.metrics()
    }
}

fn on_event(sender: &mpsc::Sender<SfuEvent>, dropped: &Counter, event: SfuEvent) {
    let repeats =
        matches!(event, SfuEvent::Speaking { .. } | SfuEvent::Line { .. } | SfuEvent::LinkLine { .. });
    if repeats && sender.capacity() < ROOM_FOR_WHAT_MATTERS {
        dropped.add(1);
        return;
    }
    match sender.try_send(event) {
        Ok(()) => {}
        Err(mpsc::error::TrySendError::Full(_)) => {
            dropped.add(1);
            tracing::error!("the hub is too far behind; an SFU event was dropped");
        }
        // The hub has stopped; so will the SFU.
        Err(mpsc::error::TrySendError::Closed(_)) => {}
    }
}

fn node_config(config: &config::Config) -> NodeConfig {
    let media = &config.media;
    let listen = match &media.addresses {
        None => Listen::Automatic,
        Some(listed) => {
            let announced = media.announced.iter().copied().map(Some).chain(std::iter::repeat(None));
            let pair = |(bind, announced): (&std::net::IpAddr, Option<std::net::IpAddr>)| ListenAddress {
                bind: *bind,
                announce: announced.unwrap_or(*bind),
            };
            Listen::Addresses(listed.iter().zip(announced).map(pair).collect())
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let automatic = u16::try_from(processors.saturating_sub(1)).unwrap_or(u16::MAX);
    let workers = NonZeroU16::new(media.workers).or(NonZeroU16::new(automatic)).unwrap_or(NonZeroU16::MIN);
    let max_peers = usize::try_from(config.limits.peers).unwrap_or(usize::MAX);
    NodeConfig { listen, first_port: media.first_port, workers, max_peers, offload: Offload::Automatic }
}
