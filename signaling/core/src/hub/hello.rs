//! The first message: by ticket or by resume token to a seat, and what a newcomer is sent.

use super::{Hub, Session, Standing, parts};
use crate::connection::{LinkState, Seated};
use crate::join;
use crate::meeting::{Meeting, Outlook, Seat};
use crate::permissions::actions;
use crate::token::Claims;
use crate::{ConnectionId, Now, SignInId};
use signaling_protocol::{
    Action, ByeReason, Change, Connection, Credential, DetachingPolicy, FactNumber, Hello, MeetingId,
    PROTOCOL_VERSION, Refusal, RequestId, Resumed, SeatId, ServerMessage, WIRE_LIMITS, Welcome, You,
};

/// Where a hello leads.
struct Arrival {
    meeting: MeetingId,
    seat: SeatId,
    sign_in: Option<SignInId>,
    seen: Option<FactNumber>,
}

impl Hub {
    pub(super) fn greet(&mut self, now: Now, connection: ConnectionId, hello: Hello) -> Result<(), Refusal> {
        if hello.version != PROTOCOL_VERSION {
            return Err(Refusal::VersionMismatch);
        }
        let arrival = match hello.credential {
            Credential::Ticket { ticket } => self.arrive_by_ticket(now, ticket.expose())?,
            Credential::Resume { token, seen } => {
                let claims = self.bearer(now, &token)?;
                self.counters.resumes = self.counters.resumes.saturating_add(1);
                let Claims { meeting, seat, sign_in, .. } = claims;
                Arrival { meeting, seat, sign_in, seen: Some(seen) }
            }
        };
        self.seat_connection(now, connection, &arrival)
    }

    fn arrive_by_ticket(&mut self, now: Now, ticket: &str) -> Result<Arrival, Refusal> {
        let entry = self.tickets.remove(ticket).filter(|entry| entry.expires > now.instant);
        let entry = entry.ok_or(Refusal::TicketInvalid)?;
        let session = self.sessions.get(&entry.meeting).ok_or(Refusal::NoSuchMeeting)?;
        let seat = match session.standing {
            Standing::Home => self.admit(now, &entry.meeting, &entry.account)?,
            // The home has given it its seat, or there would be no ticket.
            Standing::Follower | Standing::Island | Standing::Landing => {
                join::admit(&session.meeting, &entry.account, &self.units)?
                    .seat_with_its_role(&session.meeting)
                    .ok_or(Refusal::TicketInvalid)?
            }
        };
        let sign_in = Some(entry.account.sign_in);
        Ok(Arrival { meeting: entry.meeting, seat, sign_in, seen: None })
    }

    /// What a token says, if it is its seat's present one.
    pub(super) fn bearer(
        &self,
        now: Now,
        token: &signaling_protocol::ResumeToken,
    ) -> Result<Claims, Refusal> {
        let claims = self.key.read(now.wall, token).ok_or(Refusal::TicketInvalid)?;
        let session = self.sessions.get(&claims.meeting).ok_or(Refusal::NoSuchMeeting)?;
        join::check_open(&session.meeting)?;
        let seat = session.meeting.seat(&claims.seat).ok_or(Refusal::NoSuchSeat)?;
        match seat.connection() {
            Connection::Removed { .. } => return Err(Refusal::Removed),
            Connection::Left { .. } => return Err(Refusal::TicketInvalid),
            Connection::Absent {} | Connection::Connected { .. } | Connection::Lost { .. } => {}
        }
        // What was given out before the seat was last vacated is not good again because somebody sits there.
        if claims.fact < seat.vacated {
            return Err(Refusal::TicketInvalid);
        }
        // Since the start none was given out for this seat: then the signature decides alone.
        let serial = session.seats.get(&claims.seat).map_or(0, |presence| presence.serial);
        if serial != 0 && serial != claims.serial {
            return Err(Refusal::TicketInvalid);
        }
        Ok(claims)
    }

    fn seat_connection(
        &mut self,
        now: Now,
        connection: ConnectionId,
        arrival: &Arrival,
    ) -> Result<(), Refusal> {
        let serial = self.random_serial();
        let session = self.sessions.get_mut(&arrival.meeting).ok_or(Refusal::NoSuchMeeting)?;
        let (meeting, seat) = (arrival.meeting.clone(), arrival.seat.clone());
        let (fact, expires) = (session.meeting.last, Claims::expiry(now.wall));
        let claims = Claims { meeting, seat, fact, sign_in: arrival.sign_in, serial, expires };
        let token = self.key.sign(&claims).ok_or(Refusal::Internal)?;
        let presence = session.seats.entry(arrival.seat.clone()).or_default();
        let replaced = presence.connection.replace(connection);
        presence.serial = serial;
        presence.sign_in = arrival.sign_in;
        if arrival.seen.is_none() {
            // A page that was loaded anew counts its requests on from what it is told, so nothing of the old
            // page can come again.
            presence.recent.clear();
        }
        if let Some(old) = replaced {
            self.counters.replaced = self.counters.replaced.saturating_add(1);
            self.end_link(old, ByeReason::Replaced, None);
        }
        self.settle_in(now, &arrival.meeting, &arrival.seat);
        self.counters.joins = self.counters.joins.saturating_add(1);
        self.welcome(now, connection, arrival, token)
    }

    /// A seat is heard at this node from now on.
    fn settle_in(&mut self, now: Now, meeting: &MeetingId, seat: &SeatId) {
        let below = self.sessions.get_mut(meeting).and_then(|session| session.below.remove(seat));
        if let Some(node) = below {
            self.replace_below(&node, meeting, seat);
        }
        self.note_presence(now, meeting, seat, true);
    }

    fn welcome(
        &mut self,
        now: Now,
        connection: ConnectionId,
        arrival: &Arrival,
        resume_token: signaling_protocol::ResumeToken,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&arrival.meeting).ok_or(Refusal::NoSuchMeeting)?;
        let meeting = &session.meeting;
        let seat = meeting.seat(&arrival.seat).ok_or(Refusal::NoSuchSeat)?;
        let you = you(meeting, &arrival.seat, seat);
        let caught = arrival.seen.and_then(|seen| caught_up(meeting, &arrival.seat, seen));
        let resumed = if caught.is_some() { Resumed::Caught } else { Resumed::Fresh };
        let mut messages = vec![ServerMessage::Welcome(Welcome {
            version: PROTOCOL_VERSION,
            you: you.clone(),
            resumed,
            resume_token,
            last_request: last_request(session, &arrival.seat),
            server_time: now.wall.seconds(),
            limits: WIRE_LIMITS,
        })];
        messages.extend(caught.unwrap_or_else(|| parts::snapshot(meeting, &seat.sits)));
        messages.extend(media_state(session, &arrival.seat));
        let told = meeting.last;
        for message in messages {
            self.send(connection, message);
        }
        if let Some(link) = self.links.get_mut(&connection) {
            let (meeting, seat) = (arrival.meeting.clone(), arrival.seat.clone());
            link.state = LinkState::Joined(Seated { meeting, seat, told, you });
        }
        self.dirty.insert(arrival.meeting.clone());
        Ok(())
    }
}

/// What a seat is told about itself.
pub(in crate::hub) fn you(meeting: &Meeting, id: &SeatId, seat: &Seat) -> You {
    let mut actions = actions(meeting.office(seat));
    if meeting.may_present(id, seat) && !actions.contains(&Action::Present) {
        actions.push(Action::Present);
        actions.sort_unstable();
    }
    // What the hosts do not let rooms do, a room is not offered.
    actions.retain(|action| *action != Action::DetachOwn || meeting.detaching == DetachingPolicy::OwnBranch);
    You { seat: id.clone(), role: seat.record.role, actions }
}

fn last_request(session: &Session, seat: &SeatId) -> RequestId {
    let stored = session.meeting.requests.get(seat).map(|(id, _)| *id);
    let recent = session.seats.get(seat).and_then(|presence| presence.recent.iter().map(|(id, _)| *id).max());
    stored.max(recent).unwrap_or_default()
}

/// What a client missed, if that is less than a snapshot.
fn caught_up(meeting: &Meeting, seat: &SeatId, seen: FactNumber) -> Option<Vec<ServerMessage>> {
    if seen.0 == 0 || seen > meeting.last {
        return None;
    }
    let changes = changes_since(meeting, &meeting.outlook(seat, seen));
    let page = usize::try_from(WIRE_LIMITS.page_seats).unwrap_or(usize::MAX);
    let small = changes.len() <= page;
    small.then(|| parts::changed(seen, meeting.last, changes))
}

/// The present values of everything that changed, for who looks from there.
pub(super) fn changes_since(meeting: &Meeting, outlook: &Outlook) -> Vec<Change> {
    let (common, seats) = meeting.touched_since(outlook);
    let scope = &outlook.scope;
    let common = common.then(|| Change::Meeting { meeting: meeting.view(scope) });
    let seats = seats.iter().filter_map(|id| Some(Change::Seat { seat: meeting.seat(id)?.view(scope) }));
    common.into_iter().chain(seats).collect()
}

/// What a seat's transport is doing, for a client that may have missed it, and everybody's line for a host.
fn media_state(session: &Session, seat: &SeatId) -> Vec<ServerMessage> {
    let mut messages = Vec::new();
    if let Some(media) = session.placement.media(seat) {
        if !media.slots.is_empty() {
            messages.push(ServerMessage::Slots { slots: media.slots.clone() });
        }
        messages.extend(
            media
                .demands
                .iter()
                .map(|(source, demand)| ServerMessage::Publish { source: *source, demand: *demand }),
        );
    }
    // Most are told of their own only, and are not to look at thousands for that.
    let directs = session.meeting.seat(seat).is_some_and(|own| session.meeting.directs(own));
    let told = session
        .seats
        .iter()
        .filter(|(id, _)| *id == seat || directs && session.meeting.watches_line(seat, id));
    let lines: Vec<_> = told.map(|(seat, presence)| (seat.clone(), presence.line.shown())).collect();
    messages.extend(parts::lines(&lines));
    messages
}
