//! How the nodes at and below this one are.

use super::{Hub, MediaLink};
use crate::Now;
use crate::neighbour::{NodeName, NodeStatus, Word};
use std::time::{Duration, Instant};

/// How often a node tells its parent how it and those below it are. People look at a map for longer than that.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// Nodes that one word may tell of; a tree has no more.
const STATUS_MAX: usize = 4_096;

/// What is known of nodes below.
#[derive(Debug, Default)]
pub(in crate::hub) struct Statuses {
    /// As they were told, by the child that told them.
    told: Vec<(NodeName, Vec<NodeStatus>)>,
    next: Option<Instant>,
}

impl Hub {
    /// This node, and whatever is known of those below it.
    pub fn statuses(&self) -> Vec<NodeStatus> {
        let Some(name) = self.place.name.clone() else { return Vec::new() };
        let (meetings, people) = self.load();
        let parent = self.place.parent.as_ref();
        let link = parent.and_then(|parent| self.neighbours.get(parent)).map(|neighbour| &neighbour.media);
        let own = NodeStatus {
            node: name,
            parent: parent.cloned(),
            people: u32::try_from(people).unwrap_or(u32::MAX),
            meetings: u32::try_from(meetings).unwrap_or(u32::MAX),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            media: link.is_some_and(MediaLink::is_up),
            line: link.and_then(|link| link.report),
            heard: true,
        };
        let below = self.statuses.told.iter().flat_map(|(child, told)| {
            let heard = self.neighbours.get(child).is_some_and(|neighbour| neighbour.channel.is_attached());
            told.iter().map(move |status| NodeStatus { heard: status.heard && heard, ..status.clone() })
        });
        [own].into_iter().chain(below).collect()
    }

    /// Tells the parent now and then.
    pub(super) fn tell_status(&mut self, now: Now) {
        if self.place.parent.is_none() || self.statuses.next.is_some_and(|next| now.instant < next) {
            return;
        }
        self.statuses.next = Some(now.instant + STATUS_EVERY);
        let nodes = self.statuses();
        self.say_up(Word::Status { nodes });
    }

    /// A child tells.
    pub(super) fn on_status(&mut self, from: &NodeName, mut nodes: Vec<NodeStatus>) {
        nodes.truncate(STATUS_MAX);
        self.statuses.told.retain(|(child, _)| child != from);
        self.statuses.told.push((from.clone(), nodes));
    }
}
