//! What follows from new facts: the SFU is told, then the people, then those who have nothing left to do here.

use super::hello::{changes_since, you};
use super::{Hub, parts};
use crate::connection::LinkState;
use crate::{ConnectionId, Now, Output};
use sfu_control::SfuCommand;
use signaling_protocol::{ByeReason, Change, FactNumber, MeetingId, MeetingPhase, ServerMessage};
use std::collections::HashMap;

impl Hub {
    pub(super) fn settle(&mut self, _now: Now) {
        for meeting in std::mem::take(&mut self.dirty) {
            self.settle_media(&meeting);
            self.tell_changes(&meeting);
            self.close_if_ended(&meeting);
        }
    }

    fn settle_media(&mut self, meeting: &MeetingId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let commands = session.placement.settle(&session.meeting);
        self.outputs.extend(commands.into_iter().map(Output::Sfu));
    }

    /// Tells everybody what is different since the fact they know; those who know the same are told the same.
    fn tell_changes(&mut self, id: &MeetingId) {
        let Some(session) = self.sessions.get(id) else { return };
        let meeting = &session.meeting;
        let mut told: HashMap<FactNumber, Vec<Change>> = HashMap::new();
        let mut messages: Vec<(ConnectionId, ServerMessage)> = Vec::new();
        for presence in session.seats.values() {
            let Some(connection) = presence.connection else { continue };
            let Some(link) = self.links.get_mut(&connection) else { continue };
            let LinkState::Joined(seated) = &mut link.state else { continue };
            if seated.told >= meeting.last {
                continue;
            }
            let common = told.entry(seated.told).or_insert_with_key(|seen| changes_since(meeting, *seen));
            let mut changes = common.clone();
            if let Some(seat) = meeting.seat(&seated.seat) {
                let now = you(meeting, &seated.seat, seat);
                if now != seated.you {
                    seated.you = now.clone();
                    changes.push(Change::You { you: now });
                }
            }
            let parts = parts::changed(seated.told, meeting.last, changes);
            messages.extend(parts.into_iter().map(|message| (connection, message)));
            seated.told = meeting.last;
        }
        for (connection, message) in messages {
            self.send(connection, message);
        }
    }

    fn close_if_ended(&mut self, meeting: &MeetingId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        let room = session.placement.room();
        if session.meeting.phase != MeetingPhase::Ended || self.rooms.remove(&room).is_none() {
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
