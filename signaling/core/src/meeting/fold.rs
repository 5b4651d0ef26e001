//! `fold(fact)`: how a fact changes the state. Nothing is decided here and nothing can fail; a fact about an unknown
//! seat changes nothing.

use super::{Meeting, Seat};
use crate::Actor;
use crate::fact::{Fact, FactRecord, SeatRecord};
use signaling_protocol::{
    Connection, FactNumber, MeetingPhase, Microphone, QueueEntry, Role, SeatId, UtcSeconds,
};

impl Meeting {
    /// Folds one record into the state.
    pub(crate) fn fold(&mut self, record: &FactRecord) {
        self.last = record.number;
        self.hash.clone_from(&record.hash);
        self.touched.push(record.fact.touches());
        if let (Actor::Seat { seat }, Some(request)) = (&record.by, record.request) {
            self.requests.insert(seat.clone(), (request, record.number));
        }
        self.fold_fact(&record.fact, record.at.seconds());
    }

    fn fold_fact(&mut self, fact: &Fact, at: UtcSeconds) {
        match fact {
            Fact::MeetingCreated(_) => {}
            // Waiting => Running
            Fact::MeetingStarted {} => {
                self.phase = MeetingPhase::Running;
                self.started = Some(at);
            }
            // Waiting | Running => Ended
            Fact::MeetingEnded {} => self.end(),
            Fact::SeatAdded { record } => self.add_seat(record),
            Fact::SeatInvited { seat } => self.connect(seat, Connection::Absent {}),
            Fact::SeatJoined { seat } => self.connect(seat, Connection::Connected { since: at }),
            Fact::SeatLost { seat } => self.connect(seat, Connection::Lost { since: at }),
            Fact::SeatLeft { seat } => self.vacate(seat, Connection::Left { at }),
            Fact::SeatRevoked { seat } => self.vacate(seat, Connection::Left { at }),
            Fact::SeatRemoved { seat } => self.vacate(seat, Connection::Removed { at }),
            Fact::RoleSet { seat, role } => self.recast(seat, *role),
            Fact::StageSet { seat } => self.stage.clone_from(seat),
            Fact::FloorGranted { seat } => self.floor = Some((seat.clone(), at)),
            Fact::FloorEnded {} => self.floor = None,
            Fact::SpeechRegistered { seat, topic } => {
                self.queue.push(QueueEntry { seat: seat.clone(), topic: topic.clone(), since: at });
            }
            Fact::SpeechUnregistered { seat } => self.queue.retain(|entry| entry.seat != *seat),
            Fact::MicrophonePolicySet { policy } => self.microphones = *policy,
            Fact::MicrophoneSet { seat, microphone } => self.change(seat, |s| s.microphone = *microphone),
            Fact::CameraSet { seat, on } => self.change(seat, |s| s.camera = *on),
            Fact::PresentingAllowed { seat } => self.change(seat, |s| s.may_present = true),
            Fact::PresenterSet { seat } => self.presenter.clone_from(seat),
        }
    }

    fn change(&mut self, seat: &SeatId, change: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.get_mut(seat) {
            change(seat);
            seat.measure();
        }
    }

    fn connect(&mut self, seat: &SeatId, connection: Connection) {
        self.change(seat, |s| s.connection = connection);
    }

    fn add_seat(&mut self, record: &SeatRecord) {
        let mut seat = Seat {
            record: record.clone(),
            connection: Connection::Absent {},
            microphone: self.default_microphone(record.role),
            camera: false,
            may_present: false,
            vacated: FactNumber(0),
            wire_bytes: 0,
        };
        seat.measure();
        self.seats.insert(record.seat.clone(), seat);
    }

    /// A seat that is gone holds nothing: its microphone is as for a newcomer.
    fn vacate(&mut self, id: &SeatId, connection: Connection) {
        let Some(role) = self.seats.get(id).map(|seat| seat.record.role) else { return };
        let microphone = self.default_microphone(role);
        let last = self.last;
        self.change(id, |seat| {
            seat.connection = connection;
            seat.vacated = last;
            seat.microphone = microphone;
            seat.camera = false;
            seat.may_present = false;
        });
    }

    /// In its new role a seat is like a newcomer.
    fn recast(&mut self, id: &SeatId, role: Role) {
        let microphone = self.default_microphone(role);
        self.change(id, |seat| {
            seat.record.role = role;
            seat.microphone = microphone;
            seat.may_present = false;
        });
    }

    fn end(&mut self) {
        self.phase = MeetingPhase::Ended;
        self.stage = None;
        self.floor = None;
        self.presenter = None;
        self.queue.clear();
        for seat in self.seats.values_mut() {
            seat.microphone = Microphone::Locked;
            seat.camera = false;
            seat.measure();
        }
    }
}
