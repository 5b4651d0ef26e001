//! What only time brings: silent links, old tickets, seats that stay away.

use super::{Cause, Hub, Session, Standing};
use crate::fact::Fact;
use crate::{ConnectionId, Now};
use signaling_protocol::{ByeReason, Connection, MeetingId, SeatId};

/// How long a lost seat keeps its place in the queue, the floor and its microphone's right (domain.md section 8,
/// row 3, asks for at least 10 minutes).
const SEAT_KEPT_SECONDS: u32 = 15 * 60;

impl Hub {
    pub(super) fn on_tick(&mut self, now: Now) {
        self.tickets.retain(|_, ticket| ticket.expires > now.instant);
        let silent: Vec<ConnectionId> =
            self.links.iter().filter(|(_, link)| link.is_silent(now.instant)).map(|(id, _)| *id).collect();
        for connection in silent {
            self.counters.silent = self.counters.silent.saturating_add(1);
            self.cut(now, connection, ByeReason::Silent);
        }
        for (meeting, seat) in self.long_lost(now) {
            let facts = self
                .sessions
                .get(&meeting)
                .map(|session| session.meeting.departure(&seat, Fact::SeatLeft { seat: seat.clone() }));
            self.record(now, &meeting, &Cause::node(), facts.unwrap_or_default());
        }
    }

    fn long_lost(&self, now: Now) -> Vec<(MeetingId, SeatId)> {
        let wall = now.wall.seconds().0;
        let mut lost = Vec::new();
        let ours = |s: &&Session| s.standing == Standing::Home && !s.meeting.is_over();
        for session in self.sessions.values().filter(ours) {
            for (id, seat) in &session.meeting.seats {
                if let Connection::Lost { since } = seat.connection()
                    && wall.saturating_sub(since.0) >= SEAT_KEPT_SECONDS
                {
                    lost.push((session.meeting.id.clone(), id.clone()));
                }
            }
        }
        lost
    }
}
