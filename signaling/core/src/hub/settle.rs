//! What follows from new facts: the SFU is told, then the people, then those who have nothing left to do here.

use super::hello::{changes_since, you};
use super::news::Audience;
use super::{Hub, Presence, parts};
use crate::connection::LinkState;
use crate::meeting::{Meeting, Outlook};
use crate::{ConnectionId, Now, Output};
use sfu_control::SfuCommand;
use signaling_protocol::{ByeReason, Change, FactNumber, MeetingId, You};
use std::collections::BTreeMap;
use std::time::Instant;

impl Hub {
    pub(super) fn settle(&mut self, now: Now) {
        for meeting in std::mem::take(&mut self.dirty) {
            self.settle_media(&meeting);
            self.tell_neighbours(&meeting);
            self.tell_changes(now.instant, &meeting);
            self.close_if_ended(&meeting);
        }
        let due = self.rounds.iter().filter(|(_, round)| **round <= now.instant);
        let due: Vec<MeetingId> = due.map(|(meeting, _)| meeting.clone()).collect();
        for meeting in due {
            self.tell_changes(now.instant, &meeting);
        }
    }

    fn settle_media(&mut self, meeting: &MeetingId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let commands = session.placement.settle(&session.meeting);
        let mut closed = Vec::new();
        for command in &commands {
            match command {
                SfuCommand::OpenRoom { room } => drop(self.rooms.insert(*room, meeting.clone())),
                SfuCommand::CloseRoom { room } => {
                    self.rooms.remove(room);
                    closed.push(*room);
                }
                SfuCommand::Connect { .. }
                | SfuCommand::Renegotiate { .. }
                | SfuCommand::Disconnect { .. }
                | SfuCommand::MoveTo { .. }
                | SfuCommand::SetGate { .. }
                | SfuCommand::SetProgramme { .. }
                | SfuCommand::SetSlides { .. }
                | SfuCommand::SetFloor { .. }
                | SfuCommand::SetView { .. }
                | SfuCommand::DialLink { .. }
                | SfuCommand::AcceptLink { .. }
                | SfuCommand::CompleteLink { .. }
                | SfuCommand::SetLinkLimits { .. }
                | SfuCommand::CloseLink { .. }
                | SfuCommand::Span { .. }
                | SfuCommand::Unspan { .. } => {}
            }
        }
        self.outputs.extend(commands.into_iter().map(Output::Sfu));
        self.forget_rooms(&closed);
    }

    /// What the SFU should have been told and was not, in any meeting.
    #[cfg(test)]
    pub(crate) fn untold(&self) -> Vec<SfuCommand> {
        self.sessions.values().flat_map(|session| session.placement.left_untold(&session.meeting)).collect()
    }

    /// Tells whoever is to be told now what is different since the fact they know; those who know the same are told
    /// the same.
    fn tell_changes(&mut self, now: Instant, id: &MeetingId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let audience = session.news.audience(now, session.seats.len());
        match session.news.due() {
            Some(round) => self.rounds.insert(id.clone(), round),
            None => self.rounds.remove(id),
        };
        let meeting = &session.meeting;
        let listeners: Vec<&Presence> = match &audience {
            Audience::Everybody => session.seats.values().collect(),
            Audience::Seats(seats) => seats.iter().filter_map(|seat| session.seats.get(seat)).collect(),
        };
        let mut told: BTreeMap<Outlook, Telling> = BTreeMap::new();
        for connection in listeners.into_iter().filter_map(|presence| presence.connection) {
            let Some(link) = self.links.get_mut(&connection) else { continue };
            let LinkState::Joined(seated) = &mut link.state else { continue };
            if seated.told >= meeting.last {
                continue;
            }
            let outlook = meeting.outlook(&seated.seat, seated.told);
            let telling = told.entry(outlook).or_insert_with_key(|from| Telling::since(meeting, from));
            let now = meeting.seat(&seated.seat).map(|seat| you(meeting, &seated.seat, seat));
            match now.filter(|now| *now != seated.you) {
                None => telling.same.push(connection),
                Some(now) => {
                    seated.you = now.clone();
                    telling.own.push((connection, now));
                }
            }
            seated.told = meeting.last;
        }
        let last = meeting.last;
        for (outlook, telling) in told {
            self.outputs.extend(telling.messages(outlook.seen, last));
        }
    }

    fn close_if_ended(&mut self, meeting: &MeetingId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let room = session.placement.plenary();
        if !session.meeting.is_over() || self.rooms.remove(&room).is_none() {
            return;
        }
        let open: Vec<ConnectionId> =
            session.seats.values().filter_map(|presence| presence.connection).collect();
        session.seats.clear();
        session.placement = crate::placement::Placement::new(room);
        let peers: Vec<_> =
            self.peers.iter().filter(|(_, of)| *of == meeting).map(|(peer, _)| *peer).collect();
        for peer in peers {
            self.drop_peer(peer);
        }
        for connection in open {
            self.end_link(connection, ByeReason::Ended, None);
        }
        self.outputs.push_back(Output::Sfu(SfuCommand::CloseRoom { room }));
    }
}

/// What those are told who know the same.
struct Telling {
    changes: Vec<Change>,
    /// Who is told nothing but that.
    same: Vec<ConnectionId>,
    /// Whose own rights have changed as well.
    own: Vec<(ConnectionId, You)>,
}

impl Telling {
    fn since(meeting: &Meeting, outlook: &Outlook) -> Self {
        Self { changes: changes_since(meeting, outlook), same: Vec::new(), own: Vec::new() }
    }

    fn messages(self, seen: FactNumber, last: FactNumber) -> Vec<Output> {
        let Self { changes, same, own } = self;
        let mut outputs = Vec::new();
        for (connection, you) in own {
            let all: Vec<Change> = changes.iter().cloned().chain([Change::You { you }]).collect();
            let parts = parts::changed(seen, last, all).into_iter();
            outputs.extend(parts.map(|message| Output::Send { connection, message }));
        }
        // What went on in another sitting is nothing to tell.
        if !same.is_empty() && !changes.is_empty() {
            let parts = parts::changed(seen, last, changes).into_iter();
            outputs.extend(parts.map(|message| Output::Broadcast { connections: same.clone(), message }));
        }
        outputs
    }
}
