//! The media link to each neighbour, kept up by the SFUs of both: their descriptions go the way of the words, so that each
//! knows the other's certificate from somebody it trusts. The child dials, so a node behind an address translator works.
//!
//! A link outlives a cut of the words: media flows on while control is away.

use super::{Hub, is_of};
use crate::fact::Scope;
use crate::join::unit_of;
use crate::neighbour::{NodeName, Word};
use crate::{Now, Output};
use sfu_control::{LinkId, LinkLimits, LinkReport, RoomId, SfuCommand};
use signaling_protocol::{MeetingId, UnitCode};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long the two SFUs may take to reach each other before it is tried again: a handshake over a line of 300 ms with
/// losses takes three seconds.
const DIAL_MAX: Duration = Duration::from_secs(10);

/// How long a link that fell rests before it is dialled again; people wait for it.
const REDIAL_AFTER: Duration = Duration::from_millis(500);

/// Where a media link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none; it may be dialled from then on.
    Down(Instant),
    /// The SFUs are looking for each other, since then.
    Dialling(LinkId, Instant),
    /// Media flows.
    Up(LinkId),
}

/// A neighbour's media link.
#[derive(Debug)]
pub(super) struct MediaLink {
    stage: Stage,
    /// What the child that dialled calls the link, as long as the conversation lasts in which it said so.
    dial: Option<LinkId>,
    /// Rooms that go on beyond it.
    spanned: BTreeSet<RoomId>,
    /// What the SFU said of it last.
    pub(super) report: Option<LinkReport>,
}

impl MediaLink {
    pub(super) fn new(now: Instant) -> Self {
        Self { stage: Stage::Down(now), dial: None, spanned: BTreeSet::new(), report: None }
    }

    fn id(&self) -> Option<LinkId> {
        match self.stage {
            Stage::Down(_) => None,
            Stage::Dialling(link, _) | Stage::Up(link) => Some(link),
        }
    }

    // Dialling | Up => Down
    fn fall(&mut self, until: Instant) -> Option<LinkId> {
        let link = self.id();
        self.stage = Stage::Down(until);
        self.dial = None;
        self.spanned.clear();
        self.report = None;
        link
    }

    /// A child that starts anew counts its dials anew: an answer to one of before would be taken for another's.
    pub(super) fn forget_dial(&mut self) {
        self.dial = None;
    }

    /// Whether media flows.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up(_))
    }
}

impl Hub {
    /// Dials the parent if there is no link, and gives up on what takes too long.
    pub(super) fn tick_media(&mut self, now: Now) {
        let parent = self.place.parent.clone();
        for (name, neighbour) in &mut self.neighbours {
            if let Stage::Dialling(link, since) = neighbour.media.stage
                && now.instant.saturating_duration_since(since) >= DIAL_MAX
            {
                neighbour.media.fall(now.instant);
                self.outputs.push_back(Output::Sfu(SfuCommand::CloseLink { link }));
            }
            let due = matches!(neighbour.media.stage, Stage::Down(until) if until <= now.instant);
            if due && parent.as_ref() == Some(name) && neighbour.channel.is_attached() {
                let link = LinkId::new(self.next_number);
                self.next_number = self.next_number.wrapping_add(1);
                neighbour.media.stage = Stage::Dialling(link, now.instant);
                let limits = LinkLimits { cap_kbps: neighbour.cap_kbps };
                self.outputs.push_back(Output::Sfu(SfuCommand::DialLink { link, limits }));
            }
        }
    }

    /// Our SFU has described its end of the link to the parent.
    pub(in crate::hub) fn on_link_offered(&mut self, link: LinkId, offer: String) {
        if let Some(node) = self.linked(link) {
            self.say(&node, Word::LinkOffer { dial: link, offer });
        }
    }

    /// A child's SFU dials ours; whatever link there was is void.
    pub(super) fn on_link_offer(&mut self, now: Now, from: &NodeName, dial: LinkId, offer: String) {
        let link = LinkId::new(self.number());
        let Some(neighbour) = self.neighbours.get_mut(from) else { return };
        let old = neighbour.media.fall(now.instant);
        neighbour.media.stage = Stage::Dialling(link, now.instant);
        neighbour.media.dial = Some(dial);
        let limits = LinkLimits { cap_kbps: neighbour.cap_kbps };
        self.outputs.extend(old.map(|link| Output::Sfu(SfuCommand::CloseLink { link })));
        self.outputs.push_back(Output::Sfu(SfuCommand::AcceptLink { link, offer, limits }));
    }

    /// Our SFU has answered a child's.
    pub(in crate::hub) fn on_link_answered(&mut self, link: LinkId, answer: String) {
        let Some(node) = self.linked(link) else { return };
        if let Some(dial) = self.neighbours.get(&node).and_then(|neighbour| neighbour.media.dial) {
            self.say(&node, Word::LinkAnswer { dial, answer });
        }
    }

    /// The parent's SFU has answered ours; too late, if it was dialled anew meanwhile.
    pub(super) fn on_link_answer(&mut self, from: &NodeName, dial: LinkId, answer: String) {
        let stage = self.neighbours.get(from).map(|neighbour| neighbour.media.stage);
        if let Some(Stage::Dialling(link, _)) = stage
            && link == dial
        {
            self.outputs.push_back(Output::Sfu(SfuCommand::CompleteLink { link, answer }));
        }
    }

    /// Media flows to a neighbour.
    pub(in crate::hub) fn on_link_up(&mut self, link: LinkId) {
        let Some(node) = self.linked(link) else { return };
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.media.stage = Stage::Up(link);
        }
        self.span_all(&node);
    }

    /// Media does not flow any more, or never did.
    pub(in crate::hub) fn on_link_down(&mut self, now: Now, link: LinkId) {
        let Some(node) = self.linked(link) else { return };
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.media.fall(now.instant + REDIAL_AFTER);
        }
    }

    /// How a link is.
    pub(in crate::hub) fn on_link_line(&mut self, link: LinkId, report: LinkReport) {
        let node = self.linked(link);
        if let Some(neighbour) = node.and_then(|node| self.neighbours.get_mut(&node)) {
            neighbour.media.report = Some(report);
        }
    }

    fn linked(&self, link: LinkId) -> Option<NodeName> {
        let mut all = self.neighbours.iter();
        all.find(|(_, neighbour)| neighbour.media.id() == Some(link)).map(|(name, _)| name.clone())
    }

    fn span_all(&mut self, node: &NodeName) {
        let follows = self.neighbours.get(node).map(|n| n.follows.keys().cloned().collect::<Vec<_>>());
        for meeting in follows.unwrap_or_default() {
            self.span(node, &meeting);
        }
    }

    /// Lets the media of those sittings go on beyond a neighbour that have somebody beyond it, once there is a link. A
    /// branch that sits apart costs the line to everybody else nothing.
    pub(super) fn span(&mut self, node: &NodeName, meeting: &MeetingId) {
        // Media flows on while the words begin anew.
        if !self.neighbours.get(node).is_some_and(|neighbour| neighbour.follows.contains_key(meeting)) {
            return;
        }
        let rooms = self.rooms_beyond(node, meeting);
        let Some(session) = self.sessions.get(meeting) else { return };
        let here: BTreeSet<RoomId> = session.placement.rooms().map(|(_, room)| room).collect();
        let Some(neighbour) = self.neighbours.get_mut(node) else { return };
        let Stage::Up(link) = neighbour.media.stage else { return };
        let over = neighbour.media.spanned.difference(&rooms).filter(|room| here.contains(room));
        let over: Vec<RoomId> = over.copied().collect();
        for room in over {
            neighbour.media.spanned.remove(&room);
            self.outputs.push_back(Output::Sfu(SfuCommand::Unspan { room, link }));
        }
        for room in rooms {
            if neighbour.media.spanned.insert(room) {
                self.outputs.push_back(Output::Sfu(SfuCommand::Span { room, link }));
            }
        }
    }

    /// The rooms of those sittings that have a seat beyond a neighbour which goes along.
    fn rooms_beyond(&self, node: &NodeName, meeting: &MeetingId) -> BTreeSet<RoomId> {
        let Some(session) = self.sessions.get(meeting).filter(|session| !session.meeting.is_over()) else {
            return BTreeSet::new();
        };
        let Some(neighbour) = self.neighbours.get(node) else { return BTreeSet::new() };
        let above = self.place.parent.as_ref() == Some(node);
        let beyond = |unit: &UnitCode| {
            let branch = if above { &self.place.branch } else { &neighbour.branch };
            is_of(branch, unit, &self.units) != above
        };
        let seats = session.meeting.seats.values();
        let scopes: BTreeSet<&Scope> =
            seats.filter(|seat| beyond(unit_of(&seat.record.occupant))).map(|seat| &seat.sits).collect();
        session.placement.rooms().filter(|(scope, _)| scopes.contains(scope)).map(|(_, room)| room).collect()
    }

    /// Rooms that are closed go on nowhere.
    pub(in crate::hub) fn forget_rooms(&mut self, closed: &[RoomId]) {
        for neighbour in self.neighbours.values_mut() {
            neighbour.media.spanned.retain(|room| !closed.contains(room));
        }
    }
}
