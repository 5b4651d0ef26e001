//! How the nodes at and below this one are.
//!
//! A node passes on what it was told, but only what is new, and only so much at a time: whatever the tree, what is told of
//! it takes a line less than a voice does.

use super::{Hub, Neighbour};
use crate::neighbour::{
    Contact, LossCause, NeighbourNews, NodeFigures, NodeLoad, NodeName, NodeStatus, TurnedAway, Word,
};
use crate::{Now, Output};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a node tells its parent how it and those below it are. People look at a map for longer than that.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// Nodes that one child may tell of; a tree has no more. Further ones are not kept.
const STATUS_MAX: usize = 4_096;

/// Nodes in one word: some 20 kB, which is far below what a bus carries, and 80 kbit/s. What does not fit is told the next
/// time: 300 nodes that all change are told within ten seconds.
const NODES_PER_WORD: usize = 64;

/// What is known of nodes below, and what the parent knows of it.
#[derive(Debug, Default)]
pub(in crate::hub) struct Statuses {
    /// As they were told, by the child that told them.
    told: BTreeMap<NodeName, BTreeMap<NodeName, NodeStatus>>,
    /// What the parent was told since it hears us.
    known: BTreeMap<NodeName, NodeStatus>,
    /// Of whom it was told last, when not all found room.
    last: Option<NodeName>,
    /// What the shell measured.
    load: Option<NodeLoad>,
    next: Option<Instant>,
}

impl Hub {
    /// This node, and whatever is known of those below it.
    pub fn statuses(&self) -> Vec<NodeStatus> {
        let Some(name) = self.place.name.clone() else { return Vec::new() };
        let above = self.place.parent.as_ref().and_then(|parent| self.neighbours.get(parent));
        let own = NodeStatus {
            node: name.clone(),
            parent: self.place.parent.clone(),
            contact: above.map_or(Contact::Top {}, |above| above.contact),
            media: above.is_some_and(|above| above.media.is_up()),
            upper: None,
            figures: Some(self.figures()),
        };
        let children =
            self.place.children.iter().filter_map(|child| self.neighbours.get_key_value(&child.name));
        let below = children.flat_map(|(child, neighbour)| self.told_of(&name, child, neighbour));
        [own].into_iter().chain(below).collect()
    }

    /// What this node says of itself; also of one that stands alone.
    pub fn figures(&self) -> NodeFigures {
        let (meetings, people) = self.load();
        let above = self.place.parent.as_ref().and_then(|parent| self.neighbours.get(parent));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        NodeFigures {
            people: count(people),
            meetings: count(meetings),
            peers: count(self.peers.len()),
            load: self.statuses.load,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lower: above.and_then(|above| above.media.report),
        }
    }

    /// A child and all below it. What a child told before it was lost says how it was, not how it is.
    fn told_of(&self, own: &NodeName, child: &NodeName, neighbour: &Neighbour) -> Vec<NodeStatus> {
        let told = self.statuses.told.get(child);
        let first = NodeStatus {
            node: child.clone(),
            parent: Some(own.clone()),
            contact: neighbour.contact,
            media: neighbour.media.is_up(),
            upper: neighbour.media.report,
            figures: told.and_then(|told| told.get(child)).and_then(|status| status.figures.clone()),
        };
        let attached = neighbour.channel.is_attached();
        let further = told.into_iter().flat_map(BTreeMap::values).filter(|status| status.node != *child);
        let further = further.map(|status| {
            let contact = if attached { status.contact } else { Contact::Beyond {} };
            NodeStatus { contact, ..status.clone() }
        });
        [first].into_iter().chain(further).collect()
    }

    /// The shell has measured how busy the machine is.
    pub(in crate::hub) fn on_load(&mut self, load: NodeLoad) {
        self.statuses.load = Some(load);
    }

    /// Tells the parent now and then.
    pub(super) fn tell_status(&mut self, now: Now) {
        let due = self.statuses.next.is_none_or(|next| next <= now.instant);
        if !due || !self.is_attached() {
            return;
        }
        self.statuses.next = Some(now.instant + STATUS_EVERY);
        let all = self.statuses();
        let nodes = self.statuses.next_news(all);
        if !nodes.is_empty() {
            self.say_up(Word::Status { nodes });
        }
    }

    /// A child tells.
    pub(super) fn on_status(&mut self, from: &NodeName, nodes: Vec<NodeStatus>) {
        let told = self.statuses.told.entry(from.clone()).or_default();
        for status in nodes {
            if told.len() < STATUS_MAX || told.contains_key(&status.node) {
                told.insert(status.node.clone(), status);
            }
        }
    }

    /// A conversation begins: the parent may have forgotten everything.
    pub(super) fn note_attached(&mut self, now: Now, node: &NodeName) {
        if self.place.parent.as_ref() == Some(node) {
            self.statuses.known.clear();
        }
        self.set_contact(node, Contact::Attached { since: now.wall });
    }

    /// A conversation ended, or was not begun. Whether that is news: who is turned away tries again every second.
    pub(super) fn note_lost(&mut self, now: Now, node: &NodeName, cause: LossCause) -> bool {
        let Some(neighbour) = self.neighbours.get(node) else { return false };
        let turned_away = |cause| matches!(cause, LossCause::TurnedAway(_));
        let (since, news) = match neighbour.contact {
            Contact::Lost { since, cause: before, .. } if turned_away(before) && turned_away(cause) => {
                (since, false)
            }
            Contact::Top {}
            | Contact::Never {}
            | Contact::Attached { .. }
            | Contact::Lost { .. }
            | Contact::Beyond {} => (now.wall, true),
        };
        let heard = neighbour.heard;
        self.set_contact(node, Contact::Lost { since, heard, cause });
        news
    }

    /// A child was turned away.
    pub(super) fn on_turned_away(&mut self, now: Now, node: &NodeName, why: TurnedAway) {
        if self.note_lost(now, node, LossCause::TurnedAway(why)) {
            let news = NeighbourNews::TurnedAway(why);
            self.outputs.push_back(Output::Neighbour { node: node.clone(), news });
        }
    }

    fn set_contact(&mut self, node: &NodeName, contact: Contact) {
        if let Some(neighbour) = self.neighbours.get_mut(node) {
            neighbour.contact = contact;
        }
    }
}

impl Statuses {
    /// What the parent does not know yet, as much as may be told at once, beginning after whom it was told of last.
    fn next_news(&mut self, all: Vec<NodeStatus>) -> Vec<NodeStatus> {
        let mut new: Vec<NodeStatus> =
            all.into_iter().filter(|status| self.known.get(&status.node) != Some(status)).collect();
        new.sort_by(|one, other| one.node.cmp(&other.node));
        if let Some(last) = &self.last {
            let after = new.partition_point(|status| status.node <= *last);
            new.rotate_left(after);
        }
        // Who is there or not matters before how much is going on.
        let known = |status: &NodeStatus| {
            self.known.get(&status.node).is_some_and(|known| known.contact == status.contact)
        };
        new.sort_by_key(known);
        new.truncate(NODES_PER_WORD);
        self.last = new.last().map(|status| status.node.clone());
        for status in &new {
            self.known.insert(status.node.clone(), status.clone());
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(number: usize, meetings: u32) -> NodeStatus {
        let load = None;
        let version = String::new();
        let figures = NodeFigures { people: 0, meetings, peers: 0, load, version, lower: None };
        NodeStatus {
            node: NodeName::parse(format!("n{number:03}")).unwrap(),
            parent: None,
            contact: Contact::Never {},
            media: false,
            upper: None,
            figures: Some(figures),
        }
    }

    #[test]
    fn a_large_branch_is_told_in_turns_and_what_is_known_not_again() {
        let mut statuses = Statuses::default();
        let all = |meetings| (0..200).map(|number| status(number, meetings)).collect::<Vec<_>>();
        let told: Vec<usize> = (0..5).map(|_| statuses.next_news(all(0)).len()).collect();
        assert_eq!(told, [64, 64, 64, 8, 0]);
        // While everything changes all the time, everybody has a turn.
        let mut heard = std::collections::BTreeSet::new();
        for round in 1..5 {
            heard.extend(statuses.next_news(all(round)).into_iter().map(|status| status.node));
        }
        assert_eq!(heard.len(), 200);
    }

    #[test]
    fn who_is_lost_is_told_first() {
        let mut statuses = Statuses::default();
        let mut all: Vec<NodeStatus> = (0..64).map(|number| status(number, 0)).collect();
        statuses.next_news(all.clone());
        all.iter_mut().for_each(|status| status.figures = None);
        all[17].contact = Contact::Beyond {};
        assert_eq!(statuses.next_news(all)[0].node.as_str(), "n017");
    }
}
