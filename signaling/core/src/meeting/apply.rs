//! `apply(who, command) -> facts`: the rules of a meeting (domain.md section 3). Nothing is changed here; an empty
//! answer means that it is so already.

use super::{MAX_QUEUE, MAX_SEATS, Meeting, Seat};
use crate::fact::Fact;
use crate::permissions::{Position, check, is_host};
use crate::{UnitTree, join, units::Day};
use signaling_protocol::{
    Action, BoundedText, ClientMessage, MeetingPhase, Microphone, MicrophonePolicy, Presence, PublishSource,
    Refusal, SeatId, UnitCode,
};
use std::collections::HashSet;

/// What a command is judged by besides the meeting itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The units.
    pub units: &'a UnitTree,
    /// Today.
    pub day: Day,
}

type Facts = Result<Vec<Fact>, Refusal>;

impl Meeting {
    /// What a command of a seat becomes.
    ///
    /// # Errors
    /// The reason it may or can not be done.
    pub(crate) fn apply(&self, who: &SeatId, message: &ClientMessage, around: Surroundings<'_>) -> Facts {
        if self.phase == MeetingPhase::Ended {
            return Err(Refusal::Ended);
        }
        let seat = self.seat(who).ok_or(Refusal::NoSuchSeat)?;
        let may = |action| check(seat.record.role, action, Position::Within);
        match message {
            ClientMessage::Hello(_) | ClientMessage::Ping {} | ClientMessage::SetView(_) => Ok(Vec::new()),
            ClientMessage::Leave {} => Ok(self.departure(who, Fact::SeatLeft { seat: who.clone() })),
            ClientMessage::SetSource { source, presence } => self.set_source(who, *source, *presence),
            ClientMessage::OpenMicrophone {} => {
                may(Action::Speak).and_then(|()| self.open_microphone(who, seat))
            }
            ClientMessage::CloseMicrophone {} => Ok(self
                .turn(who, Microphone::Off)
                .filter(|_| seat.microphone == Microphone::Open)
                .into_iter()
                .collect()),
            ClientMessage::RegisterToSpeak { topic } => {
                may(Action::Register).and_then(|()| self.register(who, topic.as_ref()))
            }
            ClientMessage::CancelRegistration {} => Ok(self.unregister(who)),
            ClientMessage::FinishSpeech {} => {
                if self.floor_seat() == Some(who) {
                    Ok(self.end_floor())
                } else {
                    Ok(Vec::new())
                }
            }
            ClientMessage::StartPresenting {} => self.start_presenting(who, seat),
            ClientMessage::StopPresenting {} => Ok(self.stop_presenting(Some(who))),
            ClientMessage::StartMeeting {} => may(Action::Convene).map(|()| self.start()),
            ClientMessage::EndMeeting {} => may(Action::Convene).map(|()| vec![Fact::MeetingEnded {}]),
            ClientMessage::PutOnStage { seat } => may(Action::Direct).and_then(|()| self.put_on_stage(seat)),
            ClientMessage::ClearStage {} => may(Action::Direct).map(|()| self.set_stage(None)),
            ClientMessage::InviteToSpeak { seat } => may(Action::Direct).and_then(|()| self.invite(seat)),
            ClientMessage::EndSpeech {} => may(Action::Direct).map(|()| self.end_floor()),
            ClientMessage::DismissRegistration { seat } => {
                may(Action::Direct).map(|()| self.unregister(seat))
            }
            ClientMessage::LockAllMicrophones {} => {
                may(Action::ControlMicrophones).map(|()| self.set_policy(MicrophonePolicy::Locked))
            }
            ClientMessage::AllowAllMicrophones {} => {
                may(Action::ControlMicrophones).map(|()| self.set_policy(MicrophonePolicy::Allowed))
            }
            ClientMessage::LockMicrophone { seat } => {
                may(Action::ControlMicrophones).and_then(|()| self.control(seat, Microphone::Locked))
            }
            ClientMessage::AllowMicrophone { seat } => {
                may(Action::ControlMicrophones).and_then(|()| self.control(seat, Microphone::Off))
            }
            ClientMessage::StopPresentation {} => {
                may(Action::ControlPresenting).map(|()| self.stop_presenting(self.presenter.as_ref()))
            }
            ClientMessage::AllowPresenting { seat } => {
                may(Action::ControlPresenting).and_then(|()| self.allow_presenting(seat))
            }
            ClientMessage::InviteSites { units } => {
                may(Action::ManageSeats).and_then(|()| self.invite_sites(seat, units, around))
            }
            ClientMessage::RemoveSeat { seat: target } => {
                may(Action::ManageSeats).and_then(|()| self.remove(who, target))
            }
            ClientMessage::InviteBack { seat: target } => {
                may(Action::ManageSeats).and_then(|()| self.invite_back(target))
            }
        }
    }

    /// What follows when a seat goes: whatever it held becomes free.
    pub(crate) fn departure(&self, who: &SeatId, gone: Fact) -> Vec<Fact> {
        let mut facts = self.unregister(who);
        if self.floor_seat() == Some(who) {
            facts.push(Fact::FloorEnded {});
        }
        if self.stage.as_ref() == Some(who) {
            facts.push(Fact::StageSet { seat: None });
        }
        facts.extend(self.stop_presenting(Some(who)));
        facts.push(gone);
        facts
    }

    fn present(&self, seat: &SeatId) -> Result<&Seat, Refusal> {
        let found = self.seat(seat).ok_or(Refusal::NoSuchSeat)?;
        if found.is_connected() { Ok(found) } else { Err(Refusal::NotConnected) }
    }

    fn turn(&self, seat: &SeatId, microphone: Microphone) -> Option<Fact> {
        let now = self.seat(seat)?.microphone;
        (now != microphone).then(|| Fact::MicrophoneSet { seat: seat.clone(), microphone })
    }

    fn set_source(&self, who: &SeatId, source: PublishSource, presence: Presence) -> Facts {
        let seat = self.seat(who).ok_or(Refusal::NoSuchSeat)?;
        match source {
            PublishSource::Camera => {
                check(seat.record.role, Action::ShowCamera, Position::Within)?;
                let on = presence == Presence::On;
                Ok(if seat.camera == on {
                    Vec::new()
                } else {
                    vec![Fact::CameraSet { seat: who.clone(), on }]
                })
            }
            // A screen that is gone is no longer presented; one that is there waits for `StartPresenting`.
            PublishSource::Screen if presence == Presence::Off => Ok(self.stop_presenting(Some(who))),
            PublishSource::Screen | PublishSource::ScreenAudio | PublishSource::Microphone => Ok(Vec::new()),
        }
    }

    fn open_microphone(&self, who: &SeatId, seat: &Seat) -> Facts {
        if seat.microphone == Microphone::Locked {
            return Err(Refusal::MicrophoneLocked);
        }
        if self.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        Ok(self.turn(who, Microphone::Open).into_iter().collect())
    }

    fn register(&self, who: &SeatId, topic: Option<&BoundedText<120>>) -> Facts {
        if self.queue.iter().any(|entry| entry.seat == *who) {
            return Ok(Vec::new());
        }
        if self.queue.len() >= MAX_QUEUE {
            return Err(Refusal::Full);
        }
        Ok(vec![Fact::SpeechRegistered { seat: who.clone(), topic: topic.cloned() }])
    }

    fn unregister(&self, who: &SeatId) -> Vec<Fact> {
        let waiting = self.queue.iter().any(|entry| entry.seat == *who);
        if waiting { vec![Fact::SpeechUnregistered { seat: who.clone() }] } else { Vec::new() }
    }

    fn start(&self) -> Vec<Fact> {
        match self.phase {
            MeetingPhase::Waiting => {
                let mut facts = vec![Fact::MeetingStarted {}];
                // An open meeting shows somebody; until the host chooses, that is its chair.
                if self.stage.is_none()
                    && let Some(chair) = self.chair()
                {
                    facts.push(Fact::StageSet { seat: Some(chair.clone()) });
                }
                facts
            }
            MeetingPhase::Running | MeetingPhase::Ended => Vec::new(),
        }
    }

    fn set_stage(&self, seat: Option<&SeatId>) -> Vec<Fact> {
        if self.stage.as_ref() == seat { Vec::new() } else { vec![Fact::StageSet { seat: seat.cloned() }] }
    }

    fn put_on_stage(&self, seat: &SeatId) -> Facts {
        self.present(seat)?;
        Ok(self.set_stage(Some(seat)))
    }

    /// "Mời phát biểu": the floor, the stage and an unlocked microphone; the one before is locked again.
    fn invite(&self, seat: &SeatId) -> Facts {
        if self.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        let role = self.present(seat)?.record.role;
        check(role, Action::Speak, Position::Within)?;
        let mut facts = Vec::new();
        if self.floor_seat() != Some(seat) {
            facts.extend(self.lock_after_speech());
            facts.push(Fact::FloorGranted { seat: seat.clone() });
        }
        facts.extend(self.unregister(seat));
        facts.extend(self.set_stage(Some(seat)));
        if self.seat(seat).is_some_and(|s| s.microphone == Microphone::Locked) {
            facts.extend(self.turn(seat, Microphone::Off));
        }
        Ok(facts)
    }

    /// The speaker's microphone goes back to what it would be without the floor.
    fn lock_after_speech(&self) -> Option<Fact> {
        let speaker = self.floor_seat()?;
        let role = self.seat(speaker)?.record.role;
        if is_host(role) { None } else { self.turn(speaker, self.default_microphone(role)) }
    }

    fn end_floor(&self) -> Vec<Fact> {
        if self.floor.is_none() {
            return Vec::new();
        }
        self.lock_after_speech().into_iter().chain([Fact::FloorEnded {}]).collect()
    }

    /// "Tắt micro toàn bộ" and its opposite. The hosts and whoever has the floor keep theirs.
    fn set_policy(&self, policy: MicrophonePolicy) -> Vec<Fact> {
        let mut facts = Vec::new();
        if self.microphones != policy {
            facts.push(Fact::MicrophonePolicySet { policy });
        }
        for (id, seat) in &self.seats {
            let spared = is_host(seat.record.role) || self.floor_seat() == Some(id);
            if spared || seat.record.role == signaling_protocol::Role::Viewer {
                continue;
            }
            let change = match (policy, seat.microphone) {
                (MicrophonePolicy::Locked, Microphone::Off | Microphone::Open) => Some(Microphone::Locked),
                (MicrophonePolicy::Allowed, Microphone::Locked) => Some(Microphone::Off),
                (MicrophonePolicy::Locked, Microphone::Locked)
                | (MicrophonePolicy::Allowed, Microphone::Off | Microphone::Open) => None,
            };
            facts.extend(change.and_then(|microphone| self.turn(id, microphone)));
        }
        facts
    }

    fn control(&self, seat: &SeatId, microphone: Microphone) -> Facts {
        let target = self.seat(seat).ok_or(Refusal::NoSuchSeat)?;
        check(target.record.role, Action::Speak, Position::Within)?;
        let done = microphone == Microphone::Off && target.microphone == Microphone::Open;
        Ok(if done { Vec::new() } else { self.turn(seat, microphone).into_iter().collect() })
    }

    fn start_presenting(&self, who: &SeatId, seat: &Seat) -> Facts {
        if self.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        if !self.may_present(who, seat) {
            return Err(Refusal::NotAllowed);
        }
        match &self.presenter {
            Some(presenter) if presenter == who => Ok(Vec::new()),
            Some(_) if check(seat.record.role, Action::ControlPresenting, Position::Within).is_err() => {
                Err(Refusal::PresenterBusy)
            }
            Some(_) | None => Ok(vec![Fact::PresenterSet { seat: Some(who.clone()) }]),
        }
    }

    fn stop_presenting(&self, who: Option<&SeatId>) -> Vec<Fact> {
        let presents = self.presenter.is_some() && self.presenter.as_ref() == who;
        if presents { vec![Fact::PresenterSet { seat: None }] } else { Vec::new() }
    }

    fn allow_presenting(&self, seat: &SeatId) -> Facts {
        let target = self.present(seat)?;
        Ok(if target.may_present { Vec::new() } else { vec![Fact::PresentingAllowed { seat: seat.clone() }] })
    }

    fn invite_sites(&self, host: &Seat, units: &[UnitCode], around: Surroundings<'_>) -> Facts {
        let mut facts = Vec::new();
        let mut seen = HashSet::new();
        // Seats are numbered without gaps, or the number of a later one would be taken already.
        let mut number = self.seats.len();
        for code in units.iter().filter(|code| seen.insert(*code)) {
            if around.units.unit(code).is_none() {
                return Err(Refusal::NoSuchUnit);
            }
            let within = around.units.is_within(code, &self.created.convening_unit);
            let position = if within { Position::Within } else { Position::Outside };
            check(host.record.role, Action::ManageSeats, position)?;
            let known =
                self.seats.iter().find(|(_, seat)| join::site_unit(&seat.record.occupant) == Some(code));
            match known {
                Some((id, seat)) if join::is_out(seat) => facts.push(Fact::SeatInvited { seat: id.clone() }),
                Some(_) => {}
                None => {
                    number = number.saturating_add(1);
                    if number > MAX_SEATS {
                        return Err(Refusal::Full);
                    }
                    let record = join::site_seat(around, code, number)?;
                    facts.push(Fact::SeatAdded { record: Box::new(record) });
                }
            }
        }
        Ok(facts)
    }

    fn remove(&self, who: &SeatId, target: &SeatId) -> Facts {
        let seat = self.seat(target).ok_or(Refusal::NoSuchSeat)?;
        // A chair cannot be put out, and nobody removes themselves: that is leaving.
        if who == target || seat.record.role == signaling_protocol::Role::Chair {
            return Err(Refusal::NotAllowed);
        }
        if join::is_out(seat) {
            return Ok(Vec::new());
        }
        Ok(self.departure(target, Fact::SeatRemoved { seat: target.clone() }))
    }

    /// A seat that was removed may come again; any other is invited already.
    fn invite_back(&self, target: &SeatId) -> Facts {
        let seat = self.seat(target).ok_or(Refusal::NoSuchSeat)?;
        Ok(if join::is_out(seat) { vec![Fact::SeatInvited { seat: target.clone() }] } else { Vec::new() })
    }
}
