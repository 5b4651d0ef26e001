//! What the node above says: facts, and what became of what our people asked.

use super::{Hub, extent};
use crate::hub::{Session, Standing};
use crate::meeting::Meeting;
use crate::neighbour::{Admit, Command, NodeName, Peers, Presence, Word};
use crate::{Account, CallId, FactRecord, Now};
use signaling_protocol::{
    ByeReason, ClientMessage, MeetingId, Outcome, Refusal, RequestId, SeatId, ServerMessage,
};

/// Requests of one seat that wait for the home; a client has at most a few unanswered. More are refused.
const ASKED_PER_SEAT_MAX: usize = 32;

/// Calls that wait for the home: people of a branch who come to a meeting for the first time, all at once. More are refused.
const CALLS_ABOVE_MAX: usize = 1_000;

/// Who waits for an answer from above.
#[derive(Debug, Clone)]
pub(in crate::hub) enum Waiting {
    /// A call here that asked for a ticket.
    Here {
        /// Which.
        call: CallId,
        /// Of whom.
        by: Box<Account>,
        /// To which meeting.
        meeting: MeetingId,
    },
    /// A node below.
    Below {
        /// Which.
        node: NodeName,
        /// Its number for it.
        call: u32,
    },
}

impl Hub {
    pub(super) fn on_word_from_above(&mut self, now: Now, parent: &NodeName, word: Word) {
        match word {
            Word::Meeting { meeting } => self.follow(parent, &meeting),
            Word::Facts { records } => {
                if !self.ingest(&records) {
                    self.on_bad_word(parent);
                }
            }
            Word::Replaced { meeting, seat } => self.on_replaced(&meeting, &seat),
            Word::Peers(said) => self.on_peers(parent, said),
            Word::Outcome { meeting, seat, request, outcome } => {
                // Before its facts are here it is no news: what was asked is asked again then.
                if self.sessions.get(&meeting).is_none_or(|session| !session.standing.is_apart()) {
                    self.give_outcome(&meeting, &seat, request, outcome);
                }
            }
            Word::Apart { meeting, island } => self.on_apart(&meeting, island),
            Word::Together { meeting } => self.on_together(parent, &meeting),
            Word::LinkAnswer { dial, answer } => self.on_link_answer(parent, dial, answer),
            Word::Admitted { call, refusal } => self.on_admitted(now, call, refusal),
            Word::Follow { .. }
            | Word::Presence(_)
            | Word::Command(_)
            | Word::Admit(_)
            | Word::LinkOffer { .. }
            | Word::Island(_)
            | Word::Status { .. } => {
                self.on_bad_word(parent);
            }
        }
    }

    /// Goes along with a meeting: says how far we are, who is here, and asks again what was not answered.
    pub(super) fn follow(&mut self, parent: &NodeName, meeting: &MeetingId) {
        let session = self.sessions.get(meeting);
        // A parent cannot have a meeting of ours: somebody copied a log, or two nodes have one name.
        if session.is_some_and(|session| session.standing == Standing::Home) {
            return self.on_bad_word(parent);
        }
        if session
            .is_some_and(|session| session.standing == Standing::Follower && session.island_name().is_some())
        {
            // Whether it is undone by now is told anew.
            self.on_together(parent, meeting);
        }
        if let Some(session) = self.sessions.get_mut(meeting) {
            // Told again from where our own begins.
            session.home.clear();
            session.above_apart = false;
        }
        let session = self.sessions.get(meeting);
        let (have, hash) = session.map(Session::base).unwrap_or_default();
        let mut words = vec![Word::Follow { meeting: meeting.clone(), have, hash }];
        if let Some(session) = session {
            words.extend(self.island_words(session));
            let seats: Vec<_> = session.here().map(|seat| (seat.clone(), true)).collect();
            words.extend(
                extent::of_all(&seats).into_iter().map(|(seats, extent)| {
                    Word::Presence(Presence { meeting: meeting.clone(), seats, extent })
                }),
            );
            let peers = session.placement.all_peers().into_iter();
            let peers = peers.filter(|moved| moved.beyond.as_ref() != Some(parent));
            let peers: Vec<_> = peers.map(|moved| (moved.seat, moved.peer)).collect();
            words.extend(
                extent::of_all(&peers)
                    .into_iter()
                    .map(|(peers, extent)| Word::Peers(Peers { meeting: meeting.clone(), peers, extent })),
            );
            words.extend(asked_words(session));
        }
        if let Some(parent) = self.neighbours.get_mut(parent) {
            parent.follows.insert(meeting.clone(), have);
            words.into_iter().for_each(|word| parent.channel.say(word));
        }
        if let Some(session) = self.sessions.get_mut(meeting)
            && session.standing == Standing::Island
        {
            session.standing = Standing::Landing;
        }
        self.hear_islands_again(meeting);
    }

    /// Facts of the home. Whether they continue what we have.
    fn ingest(&mut self, records: &[FactRecord]) -> bool {
        let Some(first) = records.first() else { return false };
        if !self.sessions.contains_key(&first.meeting) {
            let Some(meeting) = Meeting::founded(first) else { return false };
            if self.standing_in(&meeting.created) == Standing::Home {
                return false;
            }
            self.open_session(meeting);
        }
        if self.sessions.get(&first.meeting).is_some_and(|session| session.standing.is_apart()) {
            return self.receive_on_island(&first.meeting, records);
        }
        self.receive(&first.meeting, records)
    }

    /// Asks the home; the outcome comes later.
    pub(in crate::hub) fn ask_above(
        &mut self,
        meeting: &MeetingId,
        seat: &SeatId,
        request: RequestId,
        message: &ClientMessage,
    ) -> Result<(), Refusal> {
        let parent = self.place.parent.as_ref().and_then(|parent| self.neighbours.get(parent));
        // Who is away for longer than a moment is not waited for.
        if !parent.is_some_and(|parent| parent.channel.is_present()) {
            return Err(Refusal::ParentAway);
        }
        let session = self.sessions.get_mut(meeting).ok_or(Refusal::NoSuchMeeting)?;
        let waiting = session.asked.keys().filter(|(asker, _)| asker == seat).count();
        if waiting >= ASKED_PER_SEAT_MAX {
            return Err(Refusal::RateLimited);
        }
        if session.asked.insert((seat.clone(), request), message.clone()).is_none() {
            let (meeting, seat, message) = (meeting.clone(), seat.clone(), Box::new(message.clone()));
            self.say_up(Word::Command(Command { meeting, seat, request, message }));
        }
        Ok(())
    }

    /// Hands an outcome to who asked, here or below.
    pub(in crate::hub) fn give_outcome(
        &mut self,
        meeting: &MeetingId,
        seat: &SeatId,
        request: RequestId,
        outcome: Outcome,
    ) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        session.asked.remove(&(seat.clone(), request));
        let below = session.below.get(seat).cloned();
        let connection = session.seats.get_mut(seat).and_then(|presence| {
            presence.remember(request, &outcome);
            presence.connection
        });
        if let Some(node) = below {
            // What it did comes before what became of it. Who does not follow just now asks again when it does.
            self.tell_neighbours(meeting);
            if self.neighbours.get(&node).is_some_and(|n| n.follows.contains_key(meeting)) {
                let (meeting, seat) = (meeting.clone(), seat.clone());
                self.say(&node, Word::Outcome { meeting, seat, request, outcome });
            }
        } else if let Some(connection) = connection.filter(|connection| self.links.contains_key(connection)) {
            self.send(connection, ServerMessage::Reply { re: request, outcome });
        }
    }

    /// One of our seats has come to another node.
    fn on_replaced(&mut self, meeting: &MeetingId, seat: &SeatId) {
        let Some(session) = self.sessions.get_mut(meeting) else { return };
        if let Some(node) = session.below.remove(seat) {
            return self.say(&node, Word::Replaced { meeting: meeting.clone(), seat: seat.clone() });
        }
        let connection = session.seats.get_mut(seat).and_then(|presence| presence.connection.take());
        if let Some(connection) = connection {
            self.counters.replaced = self.counters.replaced.saturating_add(1);
            self.end_link(connection, ByeReason::Replaced, None);
        }
    }

    /// Asks the home for a seat for an account of ours; the call is answered with a ticket later.
    pub(in crate::hub) fn admit_here(
        &mut self,
        call: CallId,
        meeting: &MeetingId,
        by: &Account,
    ) -> Result<(), Refusal> {
        let waiting = Waiting::Here { call, by: Box::new(by.clone()), meeting: meeting.clone() };
        self.ask_admission(waiting, meeting, by.clone())
    }

    /// A node below asks; we are not the home either.
    pub(super) fn admit_above(&mut self, from: &NodeName, said: Admit) {
        let Admit { call, meeting, by } = said;
        let waiting = Waiting::Below { node: from.clone(), call };
        if let Err(refusal) = self.ask_admission(waiting, &meeting, *by) {
            self.say(from, Word::Admitted { call, refusal: Some(refusal) });
        }
    }

    fn ask_admission(&mut self, waiting: Waiting, meeting: &MeetingId, by: Account) -> Result<(), Refusal> {
        if !self.is_attached() {
            return Err(Refusal::ParentAway);
        }
        if self.waiting.len() >= CALLS_ABOVE_MAX {
            return Err(Refusal::Full);
        }
        let call = self.number();
        self.waiting.insert(call, waiting);
        self.say_up(Word::Admit(Admit { call, meeting: meeting.clone(), by: Box::new(by) }));
        Ok(())
    }

    fn on_admitted(&mut self, now: Now, call: u32, refusal: Option<Refusal>) {
        match self.waiting.remove(&call) {
            Some(Waiting::Below { node, call }) => self.say(&node, Word::Admitted { call, refusal }),
            Some(Waiting::Here { call, by, meeting }) => {
                let result = match refusal {
                    Some(refusal) => Err(refusal),
                    // Its facts came before this word, so that the seat is here now.
                    None => self.issue_ticket(now, *by, &meeting),
                };
                self.answer(call, result);
            }
            // Asked before the parent was lost; whoever waited was told so.
            None => {}
        }
    }

    /// The parent is away: who waits for it is told so.
    pub(super) fn give_up_waiting(&mut self) {
        for (_, waiting) in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::Here { call, .. } => self.answer(call, Err(Refusal::ParentAway)),
                Waiting::Below { node, call } => {
                    self.say(&node, Word::Admitted { call, refusal: Some(Refusal::ParentAway) });
                }
            }
        }
    }
}

/// Every request that waits for the home.
pub(super) fn asked_words(session: &Session) -> impl Iterator<Item = Word> {
    session.asked.iter().map(|((seat, request), message)| {
        Word::Command(Command {
            meeting: session.meeting.id.clone(),
            seat: seat.clone(),
            request: *request,
            message: Box::new(message.clone()),
        })
    })
}

impl Session {
    /// Whether a seat is connected here or below.
    pub(in crate::hub) fn is_here(&self, seat: &SeatId) -> bool {
        self.below.contains_key(seat)
            || self.seats.get(seat).is_some_and(|presence| presence.connection.is_some())
    }

    /// Who is connected here or below.
    fn here(&self) -> impl Iterator<Item = &SeatId> {
        let own = self.seats.iter().filter(|(_, presence)| presence.connection.is_some());
        own.map(|(seat, _)| seat).chain(self.below.keys())
    }
}
