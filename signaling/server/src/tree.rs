//! This node's place in the tree of nodes: what the hub says goes over the bus to the nodes above and below, and what they
//! say comes in.
//!
//! Who said something is told by the subject it came on, which the bus lets only that node use; what is written in a
//! message says nothing about its sender.

mod directory;

use crate::bus::{Bus, BusError, NodeName as BusName, Pattern, Scope, Subject, Topic};
use crate::driver::{HubHandle, Request};
use crate::neighbours::Neighbours;
use crate::store::{Store, StoreError};
use signaling_core::{Envelope, NodeName, Place};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What hubs say to each other.
const HUB: Topic = Topic::new("hub");

/// What it takes to speak with other nodes.
pub struct Ways {
    /// Carries it.
    pub bus: Bus,
    /// Who may come in.
    pub store: Store,
    /// Who is told what others say.
    pub hub: HubHandle,
    /// How they are.
    pub neighbours: Arc<Neighbours>,
    /// What the hub says to them.
    pub posted: mpsc::Receiver<(NodeName, Envelope)>,
}

/// Carries what the hub says, and hears what others say, until it is dropped.
pub struct Tree {
    _tasks: JoinSet<()>,
}

impl Tree {
    /// Begins. A node that stands alone has nobody to hear.
    pub async fn start(place: &Place, ways: Ways) -> Result<Self, BusError> {
        let Ways { bus, store, hub, neighbours, posted } = ways;
        let mut tasks = JoinSet::new();
        let Some(own) = place.name.as_ref().map(BusName::from) else { return Ok(Self { _tasks: tasks }) };
        let above = place.parent.iter().map(|parent| (parent.clone(), Scope::Down(own.clone())));
        let below =
            place.children.iter().map(|child| (child.name.clone(), Scope::Up(BusName::from(&child.name))));
        for (from, scope) in above.chain(below) {
            let subscription = bus.subscribe(&Pattern::Exactly(Subject::new(scope, HUB))).await?;
            tasks.spawn(hear(subscription, from, Arc::clone(&neighbours), hub.clone()));
        }
        let reading = Arc::new(directory::Reading::default());
        for child in &place.children {
            let questions = directory::questions(&bus, &child.name).await?;
            let answering = (bus.clone(), store.clone(), Arc::clone(&reading));
            tasks.spawn(directory::answer_all(questions, answering, child.branch.clone()));
        }
        if place.parent.is_some() {
            tasks.spawn(directory::follow(bus.clone(), store, own.clone()));
        }
        tasks.spawn(say(bus, own, place.parent.clone(), posted));
        Ok(Self { _tasks: tasks })
    }
}

/// At the first start of a node below another: waits until it has the units and accounts of its branch.
pub async fn fill(bus: &Bus, store: &Store, place: &Place) -> Result<(), StoreError> {
    match &place.name {
        Some(own) if place.parent.is_some() && store.units().await?.is_empty() => {
            tracing::info!("waiting for the units and accounts of the node above");
            directory::first(bus, store, &BusName::from(own)).await
        }
        Some(_) | None => Ok(()),
    }
}

async fn say(
    bus: Bus,
    own: BusName,
    parent: Option<NodeName>,
    mut posted: mpsc::Receiver<(NodeName, Envelope)>,
) {
    while let Some((to, envelope)) = posted.recv().await {
        let scope = if parent.as_ref() == Some(&to) {
            Scope::Up(own.clone())
        } else {
            Scope::Down(BusName::from(&to))
        };
        // These types have no map with other keys than text and no failing serializer.
        let Ok(text) = serde_json::to_vec(&envelope) else { continue };
        // What the bus does not take is missed, and noticed within a second.
        let _ = bus.publish(&Subject::new(scope, HUB), text.into());
    }
}

async fn hear(
    mut heard: crate::bus::Subscription,
    from: NodeName,
    neighbours: Arc<Neighbours>,
    hub: HubHandle,
) {
    while let Some(message) = heard.next().await {
        match serde_json::from_slice::<Envelope>(&message.payload) {
            Ok(envelope) => {
                let request = Request::Node { from: from.clone(), envelope: Box::new(envelope) };
                if hub.send(request).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                neighbours.malformed.add(1);
                tracing::warn!(node = %from, %error, "said something that is not understood; is it of another release?");
            }
        }
    }
    tracing::error!(node = %from, cause = ?heard.ended(), "is heard no more: the subscription has ended");
}
