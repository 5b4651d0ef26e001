//! HTTP calls of signed-in accounts: make a meeting, list meetings, get a ticket.

use super::neighbours::is_of;
use super::{Cause, Hub, Session, Standing, TicketEntry};
use crate::fact::{Created, Fact, Scope};
use crate::join;
use crate::meeting::{MAX_SEATS, Meeting, Surroundings};
use crate::permissions::Position;
use crate::units::Day;
use crate::{Account, Answer, Call, CallId, Now, Output, UtcMillis};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use signaling_protocol::{
    AccountKind, CreateMeeting, GrantRole, MeetingId, MeetingList, MeetingPhase, MeetingSummary, Refusal,
    Role, Ticket, TicketIssued, UnitCode,
};
use std::collections::HashSet;
use std::time::Duration;

/// How long a ticket is good: a page needs seconds to open its WebSocket.
const TICKET_LIFE: Duration = Duration::from_secs(60);

/// Tickets held at once; each is some hundred bytes. Beyond it new ones are refused as `Full` until old ones expire.
const MAX_TICKETS: usize = 20_000;

/// Persons named for one meeting.
const MAX_STAFF: usize = 200;

/// Whether the home has to be asked first.
enum Asking {
    /// It was.
    Asked,
    /// It need not be.
    Needless,
}

impl Hub {
    pub(super) fn handle_call(&mut self, now: Now, call: CallId, by: Account, what: Call) {
        let result = match what {
            Call::CreateMeeting(wanted) => self.create_meeting(now, &by, &wanted),
            Call::ListMeetings => Ok(Answer::Meetings(self.list_meetings(&by))),
            Call::IssueTicket { meeting } => match self.ask_for_seat(call, &meeting, &by) {
                Ok(Asking::Asked) => return,
                Ok(Asking::Needless) => self.issue_ticket(now, by, &meeting),
                Err(refusal) => Err(refusal),
            },
        };
        self.answer(call, result);
    }

    pub(super) fn answer(&mut self, call: CallId, result: Result<Answer, Refusal>) {
        if result.is_err() {
            self.counters.refused_calls = self.counters.refused_calls.saturating_add(1);
        }
        self.outputs.push_back(Output::Answer { call, result });
    }

    fn create_meeting(&mut self, now: Now, by: &Account, wanted: &CreateMeeting) -> Result<Answer, Refusal> {
        if let Some(session) = self.sessions.get(&wanted.meeting) {
            if session.meeting.created.creator != by.id {
                return Err(Refusal::NameTaken);
            }
            let role = join::admit(&session.meeting, by, &self.units)?.role();
            return Ok(Answer::Created(summary(session, role)));
        }
        check_may_convene(by, self.may_convene(by, &wanted.convening_unit), wanted.no_state_secrets)?;
        // Whom a meeting may invite lies below this node, or it could not be its home.
        let branch = &self.place.branch;
        if !branch.is_empty() && !is_of(branch, &wanted.convening_unit, &self.units) {
            return Err(Refusal::OutsideScope);
        }
        let going_on = self.sessions.values().filter(|session| !session.meeting.is_over()).count();
        if going_on >= self.config.max_meetings {
            return Err(Refusal::Full);
        }
        let facts = self.founding_facts(by, wanted.clone())?;
        let Some(Fact::MeetingCreated(created)) = facts.first() else { return Err(Refusal::Internal) };
        self.open_session(Meeting::begin(wanted.meeting.clone(), (**created).clone()));
        self.counters.meetings = self.counters.meetings.saturating_add(1);
        self.record(now, &wanted.meeting, &Cause::account(&by.id), Scope::Plenary.of(facts));
        let session = self.sessions.get(&wanted.meeting).ok_or(Refusal::Internal)?;
        let role = join::admit(&session.meeting, by, &self.units)?.role();
        Ok(Answer::Created(summary(session, role)))
    }

    /// Where the unit stands for somebody who convenes; `None` if the account convenes nowhere.
    fn may_convene(&self, by: &Account, unit: &UnitCode) -> Option<Position> {
        let mut grants = by.grants.iter().filter(|grant| grant.role == GrantRole::Convener).peekable();
        grants.peek()?;
        let within = grants.any(|grant| self.units.is_within(unit, &grant.unit));
        Some(if within { Position::Within } else { Position::Outside })
    }

    fn founding_facts(&self, by: &Account, wanted: CreateMeeting) -> Result<Vec<Fact>, Refusal> {
        if wanted.staff.len() > MAX_STAFF || wanted.sites.len() > MAX_SEATS {
            return Err(Refusal::TooLarge);
        }
        // A site's seat comes from the invitation, never from a person's name.
        if wanted.staff.iter().any(|staff| staff.role == Role::Site) {
            return Err(Refusal::NotAllowed);
        }
        let day = Day::of(UtcMillis(i64::from(wanted.starts.0).saturating_mul(1_000)));
        let around = Surroundings { units: &self.units, day };
        let convening = self.units.unit(&wanted.convening_unit).filter(|unit| unit.is_valid(day));
        let convening_name = convening.ok_or(Refusal::NoSuchUnit)?.name.clone();
        let mut facts = vec![Fact::MeetingCreated(Box::new(Created {
            title: wanted.title,
            kind: wanted.kind,
            convening_unit: wanted.convening_unit.clone(),
            convening_name,
            starts: wanted.starts,
            creator: by.id.clone(),
            staff: wanted.staff,
            home: self.place.name.clone(),
        }))];
        let mut seen = HashSet::new();
        for code in wanted.sites.iter().filter(|code| seen.insert(*code)) {
            let record = join::site_seat(around, code, join::seat_id(facts.len())?, facts.len())?;
            if !self.units.is_within(code, &wanted.convening_unit) {
                return Err(Refusal::OutsideScope);
            }
            facts.push(Fact::SeatAdded { record: Box::new(record) });
        }
        Ok(facts)
    }

    fn list_meetings(&self, by: &Account) -> MeetingList {
        let mine = self.sessions.values().filter_map(|session| {
            let role = join::admit(&session.meeting, by, &self.units).ok()?.role();
            Some(summary(session, role))
        });
        let mut meetings: Vec<MeetingSummary> = mine.collect();
        // Whoever comes late looks for the meeting that is on.
        meetings.sort_by_key(|meeting| {
            let starts = i64::from(meeting.starts.0);
            match meeting.phase {
                MeetingPhase::Running => (0, starts),
                MeetingPhase::Waiting => (1, starts),
                MeetingPhase::Ended => (2, -starts),
            }
        });
        MeetingList { meetings }
    }

    /// Lets the home of a meeting give an account its seat before it gets a ticket here.
    fn ask_for_seat(&mut self, call: CallId, meeting: &MeetingId, by: &Account) -> Result<Asking, Refusal> {
        let session = self.sessions.get(meeting).ok_or(Refusal::NoSuchMeeting)?;
        let admission = join::admit(&session.meeting, by, &self.units)?;
        join::check_open(&session.meeting)?;
        if session.standing == Standing::Home || admission.seat_with_its_role(&session.meeting).is_some() {
            return Ok(Asking::Needless);
        }
        self.admit_here(call, meeting, by).map(|()| Asking::Asked)
    }

    pub(super) fn issue_ticket(
        &mut self,
        now: Now,
        by: Account,
        meeting: &MeetingId,
    ) -> Result<Answer, Refusal> {
        let session = self.sessions.get(meeting).ok_or(Refusal::NoSuchMeeting)?;
        let admission = join::admit(&session.meeting, &by, &self.units)?;
        join::check_open(&session.meeting)?;
        let replaces = match &admission {
            join::Admission::Known { seat, .. } => session.is_here(seat),
            join::Admission::New { .. } => false,
        };
        if self.tickets.len() >= MAX_TICKETS {
            return Err(Refusal::Full);
        }
        let mut secret = [0u8; 32];
        self.random.fill_bytes(&mut secret);
        let text = URL_SAFE_NO_PAD.encode(secret);
        let entry = TicketEntry { meeting: meeting.clone(), account: by, expires: now.instant + TICKET_LIFE };
        self.tickets.insert(text.clone(), entry);
        let ticket = Ticket::parse(text).map_err(|_| Refusal::Internal)?;
        Ok(Answer::Ticket(TicketIssued { ticket, replaces }))
    }
}

fn check_may_convene(
    by: &Account,
    position: Option<Position>,
    no_state_secrets: bool,
) -> Result<(), Refusal> {
    // A meeting with state secrets may not be held on an open network (domain.md section 7).
    if by.kind != AccountKind::Person || !no_state_secrets {
        return Err(Refusal::NotAllowed);
    }
    match position {
        None => Err(Refusal::NotAllowed),
        Some(Position::Outside) => Err(Refusal::OutsideScope),
        Some(Position::Within) => Ok(()),
    }
}

fn summary(session: &Session, role: Role) -> MeetingSummary {
    let meeting = &session.meeting;
    let sites = || meeting.seats.values().filter(|seat| join::site_unit(&seat.record.occupant).is_some());
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    MeetingSummary {
        meeting: meeting.id.clone(),
        title: meeting.created.title.clone(),
        kind: meeting.created.kind,
        convening_unit: meeting.created.convening_unit.clone(),
        convening_name: meeting.created.convening_name.clone(),
        starts: meeting.created.starts,
        phase: meeting.plenary.phase,
        role,
        sites: count(sites().count()),
        connected: count(sites().filter(|seat| seat.is_connected()).count()),
    }
}
