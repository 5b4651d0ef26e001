//! Frames of WebSockets: opened, read, answered, closed.

use super::{Cause, Hub, Standing};
use crate::connection::{Link, LinkState, Reading};
use crate::fact::Actor;
use crate::{ConnectionId, Now, Output};
use signaling_protocol::{
    ByeReason, ClientFrame, ClientMessage, FactNumber, MeetingId, Outcome, Refusal, RequestId, SeatId,
    ServerMessage, WIRE_LIMITS,
};

/// One request of one seat.
pub(super) struct Asked<'a> {
    pub(super) meeting: &'a MeetingId,
    pub(super) seat: &'a SeatId,
    pub(super) id: RequestId,
    pub(super) message: &'a ClientMessage,
}

/// What was made of a request.
enum Performed {
    /// It is done.
    Done(FactNumber),
    /// The home was asked.
    Asked,
}

impl Hub {
    pub(super) fn handle_opened(&mut self, now: Now, connection: ConnectionId) {
        let full = self.links.len() >= self.config.max_connections;
        self.links.insert(connection, Link::new(now.instant));
        if full {
            self.end_link(connection, ByeReason::Overrun, Some(10_000));
        }
    }

    pub(super) fn handle_frame(&mut self, now: Now, connection: ConnectionId, text: &str) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        self.counters.frames = self.counters.frames.saturating_add(1);
        match link.read(now.instant, text) {
            Reading::Frame(frame) => self.on_frame(now, connection, *frame),
            Reading::Refused(re, refusal) => {
                self.counters.on_refused_frame();
                self.reply(connection, re, Outcome::Refused { refusal });
            }
            Reading::Misbehaved => {
                self.counters.on_refused_frame();
                self.counters.misbehaved = self.counters.misbehaved.saturating_add(1);
                self.cut(now, connection, ByeReason::Misbehaved);
            }
        }
    }

    fn on_frame(&mut self, now: Now, connection: ConnectionId, frame: ClientFrame) {
        let place = match self.links.get(&connection).map(|link| &link.state) {
            Some(LinkState::Joined(seated)) => Some((seated.meeting.clone(), seated.seat.clone())),
            Some(LinkState::Opened) => None,
            None => return,
        };
        match (place, frame.message) {
            (None, ClientMessage::Hello(hello)) => {
                if let Err(refusal) = self.greet(now, connection, hello) {
                    self.counters.refused_requests = self.counters.refused_requests.saturating_add(1);
                    self.reply(connection, frame.id, Outcome::Refused { refusal });
                    self.links.remove(&connection);
                    self.outputs.push_back(Output::Close { connection });
                }
            }
            (None, _) | (Some(_), ClientMessage::Hello(_)) => {
                self.counters.on_refused_frame();
                self.reply(connection, frame.id, Outcome::Refused { refusal: Refusal::HelloExpected });
            }
            (Some(_), ClientMessage::Ping {}) => {
                self.send(connection, ServerMessage::Pong { server_time: now.wall.seconds() });
            }
            (Some((meeting, seat)), message) => {
                let asked = Asked { meeting: &meeting, seat: &seat, id: frame.id, message: &message };
                let outcome = self.on_request(now, &asked);
                // Who left has been said goodbye to, and hears nothing after that.
                if let Some(outcome) = outcome.filter(|_| self.links.contains_key(&connection)) {
                    self.reply(connection, frame.id, outcome);
                }
            }
        }
    }

    fn reply(&mut self, connection: ConnectionId, re: RequestId, outcome: Outcome) {
        self.send(connection, ServerMessage::Reply { re, outcome });
    }

    /// Does a request once, however often it comes. Nothing yet if the home was asked.
    pub(super) fn on_request(&mut self, now: Now, asked: &Asked<'_>) -> Option<Outcome> {
        let Asked { meeting, seat, id, .. } = *asked;
        if let Some(outcome) = self.earlier_outcome(meeting, seat, id) {
            self.counters.repeated = self.counters.repeated.saturating_add(1);
            return Some(outcome);
        }
        let outcome = match self.perform(now, asked) {
            Ok(Performed::Done(fact)) => Outcome::Done { fact },
            Ok(Performed::Asked) => return None,
            Err(refusal) => {
                self.counters.refused_requests = self.counters.refused_requests.saturating_add(1);
                Outcome::Refused { refusal }
            }
        };
        let presence = self.sessions.get_mut(meeting).and_then(|session| session.seats.get_mut(seat));
        if let Some(presence) = presence {
            presence.remember(id, &outcome);
        }
        Some(outcome)
    }

    fn earlier_outcome(&self, meeting: &MeetingId, seat: &SeatId, id: RequestId) -> Option<Outcome> {
        let session = self.sessions.get(meeting)?;
        let recent = session.seats.get(seat).and_then(|presence| {
            presence.recent.iter().find(|(known, _)| *known == id).map(|(_, outcome)| outcome.clone())
        });
        // After a restart only what became a fact is known, and that is all that must not happen twice.
        let stored = || {
            let (last, fact) = session.meeting.requests.get(seat)?;
            (id <= *last).then_some(Outcome::Done { fact: *fact })
        };
        recent.or_else(stored)
    }

    fn perform(&mut self, now: Now, asked: &Asked<'_>) -> Result<Performed, Refusal> {
        let Asked { meeting, seat, id, message } = *asked;
        if let ClientMessage::SetView(wish) = message {
            let slots = WIRE_LIMITS.mosaic_slots;
            let many = wish.mosaic.len() > usize::try_from(slots).unwrap_or(usize::MAX);
            if many || wish.mosaic.iter().any(|wish| u32::from(wish.index) >= slots) {
                return Err(Refusal::Malformed);
            }
            let session = self.sessions.get_mut(meeting).ok_or(Refusal::NoSuchMeeting)?;
            session.placement.wish(seat, wish.clone());
            self.dirty.insert(meeting.clone());
            return Ok(Performed::Done(FactNumber(0)));
        }
        let session = self.sessions.get(meeting).ok_or(Refusal::NoSuchMeeting)?;
        if !session.standing.decides() {
            return self.ask_above(meeting, seat, id, message).map(|()| Performed::Asked);
        }
        let island = session.standing == Standing::Island;
        let facts = session.meeting.apply(seat, message, self.around(now))?;
        // What is everybody's waits until everybody is there.
        if island && facts.iter().any(|(scope, _)| scope.is_plenary()) {
            return Err(Refusal::ParentAway);
        }
        let cause = Cause { by: Actor::Seat { seat: seat.clone() }, request: Some(id) };
        Ok(Performed::Done(self.record(now, meeting, &cause, facts)))
    }

    /// A WebSocket is gone. Its seat keeps everything, its media too.
    pub(super) fn on_closed(&mut self, now: Now, connection: ConnectionId) {
        let Some(link) = self.links.remove(&connection) else { return };
        let Some(seated) = link.seated() else { return };
        let (meeting, seat) = (seated.meeting.clone(), seated.seat.clone());
        let Some(session) = self.sessions.get_mut(&meeting) else { return };
        let Some(presence) = session.seats.get_mut(&seat) else { return };
        if presence.connection == Some(connection) {
            presence.connection = None;
            self.note_presence(now, &meeting, &seat, false);
        }
    }

    /// Ends a connection that broke the rules or fell silent.
    pub(super) fn cut(&mut self, now: Now, connection: ConnectionId, reason: ByeReason) {
        let retry = match reason {
            ByeReason::Silent | ByeReason::Misbehaved => Some(1_000),
            ByeReason::Replaced
            | ByeReason::Removed
            | ByeReason::Revoked
            | ByeReason::Ended
            | ByeReason::Left
            | ByeReason::Restarting
            | ByeReason::Overrun => None,
        };
        let link = self.links.get(&connection).cloned();
        self.end_link(connection, reason, retry);
        if let Some(link) = link {
            self.links.insert(connection, link);
            self.on_closed(now, connection);
        }
    }
}
