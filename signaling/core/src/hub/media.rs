//! Offers of seats and reports of the SFU.

use super::Hub;
use crate::line::Line;
use crate::token::Claims;
use crate::{Answer, CallId, ConnectionId, Now, Output};
use sfu_control::{ConnectRefusal, NodeNumber, PeerId, RoomId, SfuCommand, SfuEvent};
use signaling_protocol::{LineQuality, MeetingId, Refusal, ResumeToken, SeatId, ServerMessage};

impl Hub {
    pub(super) fn handle_offer(&mut self, now: Now, call: CallId, bearer: &ResumeToken, offer: String) {
        let Claims { meeting, seat, .. } = match self.bearer(now, bearer) {
            Ok(claims) => claims,
            Err(refusal) => return self.answer(call, Err(refusal)),
        };
        let fresh = PeerId::at(NodeNumber::new(self.place.number), self.number());
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        self.counters.offers = self.counters.offers.saturating_add(1);
        let scope = session.meeting.scope_of(&seat);
        let (peer, commands) = session.placement.offer((&seat, &scope), fresh, offer);
        for command in &commands {
            if let SfuCommand::Disconnect { peer } = command {
                self.drop_peer(*peer);
            }
        }
        self.outputs.extend(commands.into_iter().map(Output::Sfu));
        self.peers.insert(peer, meeting.clone());
        // What the peer before it was shown as is shown no more.
        self.dirty.insert(meeting);
        self.owe_answer(peer, call);
    }

    pub(super) fn handle_offer_again(&mut self, now: Now, call: CallId, bearer: &ResumeToken, offer: String) {
        let Claims { meeting, seat, .. } = match self.bearer(now, bearer) {
            Ok(claims) => claims,
            Err(refusal) => return self.answer(call, Err(refusal)),
        };
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        let Some((peer, command)) = session.placement.offer_again(&seat, offer) else {
            return self.answer(call, Err(Refusal::NotConnected));
        };
        self.counters.offers = self.counters.offers.saturating_add(1);
        self.outputs.push_back(Output::Sfu(command));
        self.owe_answer(peer, call);
    }

    fn owe_answer(&mut self, peer: PeerId, call: CallId) {
        if let Some(earlier) = self.offers.insert(peer, call) {
            self.answer(earlier, Err(Refusal::OfferRejected));
        }
    }

    pub(super) fn handle_hangup(&mut self, now: Now, call: CallId, bearer: &ResumeToken) {
        let result = self.bearer(now, bearer).map(|Claims { meeting, seat, .. }| {
            let media = self.sessions.get_mut(&meeting).and_then(|session| session.placement.hang_up(&seat));
            if let Some(SfuCommand::Disconnect { peer }) = media {
                self.drop_peer(peer);
                self.outputs.push_back(Output::Sfu(SfuCommand::Disconnect { peer }));
            }
            self.dirty.insert(meeting);
            Answer::Done
        });
        self.answer(call, result);
    }

    /// Forgets a peer; whoever still waits for its answer gets a refusal.
    pub(super) fn drop_peer(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
        if let Some(call) = self.offers.remove(&peer) {
            self.answer(call, Err(Refusal::OfferRejected));
        }
    }

    pub(super) fn handle_sfu(&mut self, now: Now, event: SfuEvent) {
        match event {
            SfuEvent::Answered { peer, answer, slots } => {
                if let Some(call) = self.offers.remove(&peer) {
                    self.answer(call, Ok(Answer::Media { answer }));
                }
                let Some((meeting, seat)) = self.place_of(peer) else { return };
                let Some(session) = self.sessions.get_mut(&meeting) else { return };
                session.placement.answered(&seat, &slots);
                let pool =
                    session.placement.media(&seat).map(|media| media.slots.clone()).unwrap_or_default();
                self.tell(&meeting, &seat, ServerMessage::Slots { slots: pool });
                self.dirty.insert(meeting);
            }
            SfuEvent::Refused { peer, refusal } => self.on_refused(peer, &refusal),
            SfuEvent::Connected { peer } => self.on_line(peer, Line::on_connected),
            SfuEvent::Disconnected { peer, .. } => self.on_disconnected(peer),
            SfuEvent::SlotSwitched { peer, slot, source, rtp_timestamp } => {
                let Some((meeting, seat)) = self.place_of(peer) else { return };
                let session = self.sessions.get_mut(&meeting);
                let state = session.and_then(|s| s.placement.switched(&seat, slot, source, rtp_timestamp));
                if let Some(state) = state {
                    self.tell(&meeting, &seat, ServerMessage::Slots { slots: vec![state] });
                }
            }
            SfuEvent::Demanded { peer, kind, demand } => {
                let Some((meeting, seat)) = self.place_of(peer) else { return };
                let session = self.sessions.get_mut(&meeting);
                if let Some((source, demand)) =
                    session.and_then(|s| s.placement.demanded(&seat, kind, demand))
                {
                    self.tell(&meeting, &seat, ServerMessage::Publish { source, demand });
                }
            }
            SfuEvent::Speaking { room, peers } => self.on_speaking(room, &peers),
            SfuEvent::LinkOffered { link, offer } => self.on_link_offered(link, offer),
            SfuEvent::LinkAnswered { link, answer } => self.on_link_answered(link, answer),
            SfuEvent::LinkUp { link } => self.on_link_up(link),
            SfuEvent::LinkRefused { link, .. } | SfuEvent::LinkDown { link, .. } => {
                self.on_link_down(now, link);
            }
            SfuEvent::LinkLine { link, report } => self.on_link_line(link, report),
            SfuEvent::Line { peer, report } => {
                self.on_line(peer, |line| line.on_report(&report));
            }
        }
    }

    /// Something is known of a line; told if the word for it is another one now.
    fn on_line(&mut self, peer: PeerId, learn: impl FnOnce(&mut Line) -> Option<LineQuality>) {
        let Some((meeting, seat)) = self.place_of(peer) else { return };
        let presence = self.sessions.get_mut(&meeting).and_then(|s| s.seats.get_mut(&seat));
        if let Some(quality) = presence.and_then(|presence| learn(&mut presence.line)) {
            self.tell_line(&meeting, &seat, quality);
        }
    }

    fn on_refused(&mut self, peer: PeerId, refusal: &ConnectRefusal) {
        self.counters.refused_offers = self.counters.refused_offers.saturating_add(1);
        let told = match refusal {
            ConnectRefusal::Full {} => Refusal::Full,
            ConnectRefusal::MalformedOffer { .. }
            | ConnectRefusal::UnexpectedLayout { .. }
            | ConnectRefusal::NoCommonCodec { .. }
            | ConnectRefusal::Unknown {} => Refusal::OfferRejected,
        };
        if let Some(call) = self.offers.remove(&peer) {
            self.answer(call, Err(told));
        }
        // A refused second offer leaves the peer as it was, unless the SFU does not know it.
        let Some((meeting, seat)) = self.place_of(peer) else { return };
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        let lives = session.placement.media(&seat).is_some_and(|media| !media.slots.is_empty());
        if !lives || matches!(refusal, ConnectRefusal::Unknown {}) {
            session.placement.forget(&seat);
            self.peers.remove(&peer);
            self.dirty.insert(meeting);
        }
    }

    /// The transport is gone but not the seat: its client comes back with a new offer.
    fn on_disconnected(&mut self, peer: PeerId) {
        let Some((meeting, seat)) = self.place_of(peer) else { return };
        self.drop_peer(peer);
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        session.placement.forget(&seat);
        let quality = session.seats.get_mut(&seat).and_then(|presence| presence.line.on_lost());
        if let Some(quality) = quality {
            self.tell_line(&meeting, &seat, quality);
        }
        self.dirty.insert(meeting);
    }

    fn on_speaking(&mut self, room: RoomId, peers: &[PeerId]) {
        let Some(session) = self.rooms.get(&room).and_then(|meeting| self.sessions.get(meeting)) else {
            return;
        };
        let seats: Vec<SeatId> =
            peers.iter().filter_map(|peer| session.placement.seat_of(*peer).cloned()).collect();
        // Only those who can hear it.
        let there = |seat: &SeatId| session.placement.room_of(&session.meeting.scope_of(seat)) == Some(room);
        let heard: Vec<ConnectionId> = session
            .seats
            .iter()
            .filter(|(seat, _)| there(seat))
            .filter_map(|(_, presence)| presence.connection)
            .collect();
        self.outputs
            .push_back(Output::Broadcast { connections: heard, message: ServerMessage::Speaking { seats } });
    }

    fn tell_line(&mut self, meeting: &MeetingId, seat: &SeatId, quality: LineQuality) {
        let Some(session) = self.sessions.get(meeting) else { return };
        let concerns = |id: &SeatId| session.meeting.watches_line(id, seat);
        let told: Vec<ConnectionId> = session
            .seats
            .iter()
            .filter(|(id, _)| concerns(id))
            .filter_map(|(_, presence)| presence.connection)
            .collect();
        for connection in told {
            self.send(connection, ServerMessage::Lines { lines: vec![(seat.clone(), quality)] });
        }
    }

    fn tell(&mut self, meeting: &MeetingId, seat: &SeatId, message: ServerMessage) {
        let presence = self.sessions.get(meeting).and_then(|session| session.seats.get(seat));
        if let Some(connection) = presence.and_then(|presence| presence.connection) {
            self.send(connection, message);
        }
    }

    fn place_of(&self, peer: PeerId) -> Option<(MeetingId, SeatId)> {
        let meeting = self.peers.get(&peer)?;
        let seat = self.sessions.get(meeting)?.placement.seat_of(peer)?;
        Some((meeting.clone(), seat.clone()))
    }
}
