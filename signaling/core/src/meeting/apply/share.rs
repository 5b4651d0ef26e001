//! What those of one sitting share: microphones, the queue, the floor, the stage, the slides.

use super::super::MAX_QUEUE;
use super::{Facts, Here};
use crate::fact::Fact;
use crate::meeting::Seat;
use signaling_protocol::{
    Action, BoundedText, MeetingPhase, Microphone, MicrophonePolicy, Presence, PublishSource, Refusal, Role,
    SeatId,
};

impl Here<'_> {
    /// What a seat holds here becomes free.
    pub(super) fn release(&self, who: &SeatId) -> Vec<Fact> {
        let mut facts = self.unregister(who);
        if self.sitting.floor_seat() == Some(who) {
            facts.push(Fact::FloorEnded {});
        }
        if self.sitting.stage.as_ref() == Some(who) {
            facts.push(Fact::StageSet { seat: None });
        }
        facts.extend(self.stop_presenting(Some(who)));
        facts
    }

    /// A seat of this sitting.
    pub(super) fn seat(&self, seat: &SeatId) -> Result<&Seat, Refusal> {
        let found = self.meeting.seat(seat).ok_or(Refusal::NoSuchSeat)?;
        if found.sits == *self.scope { Ok(found) } else { Err(Refusal::Apart) }
    }

    fn present(&self, seat: &SeatId) -> Result<&Seat, Refusal> {
        let found = self.seat(seat)?;
        if found.is_connected() { Ok(found) } else { Err(Refusal::NotConnected) }
    }

    pub(super) fn turn(&self, seat: &SeatId, microphone: Microphone) -> Option<Fact> {
        let now = self.seat(seat).ok()?.microphone;
        (now != microphone).then(|| Fact::MicrophoneSet { seat: seat.clone(), microphone })
    }

    pub(super) fn set_source(&self, who: &SeatId, source: PublishSource, presence: Presence) -> Facts {
        let seat = self.seat(who)?;
        match source {
            PublishSource::Camera => {
                self.meeting.may(seat, Action::ShowCamera)?;
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

    pub(super) fn open_microphone(&self, who: &SeatId, seat: &Seat) -> Facts {
        if seat.microphone == Microphone::Locked && !self.meeting.directs(seat) {
            return Err(Refusal::MicrophoneLocked);
        }
        if self.sitting.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        Ok(self.turn(who, Microphone::Open).into_iter().collect())
    }

    pub(super) fn register(&self, who: &SeatId, topic: Option<&BoundedText<120>>) -> Facts {
        if self.sitting.queue.iter().any(|entry| entry.seat == *who) {
            return Ok(Vec::new());
        }
        if self.sitting.queue.len() >= MAX_QUEUE {
            return Err(Refusal::Full);
        }
        Ok(vec![Fact::SpeechRegistered { seat: who.clone(), topic: topic.cloned() }])
    }

    pub(super) fn unregister(&self, who: &SeatId) -> Vec<Fact> {
        let waiting = self.sitting.queue.iter().any(|entry| entry.seat == *who);
        if waiting { vec![Fact::SpeechUnregistered { seat: who.clone() }] } else { Vec::new() }
    }

    pub(super) fn start(&self) -> Vec<Fact> {
        match self.sitting.phase {
            MeetingPhase::Waiting => {
                let mut facts = vec![Fact::MeetingStarted {}];
                // An open meeting shows somebody; until the host chooses, that is its chair.
                if self.sitting.stage.is_none()
                    && let Some(chair) = self.meeting.chair_of(self.scope)
                {
                    facts.push(Fact::StageSet { seat: Some(chair.clone()) });
                }
                facts
            }
            MeetingPhase::Running | MeetingPhase::Ended => Vec::new(),
        }
    }

    pub(super) fn set_stage(&self, seat: Option<&SeatId>) -> Vec<Fact> {
        if self.sitting.stage.as_ref() == seat {
            Vec::new()
        } else {
            vec![Fact::StageSet { seat: seat.cloned() }]
        }
    }

    pub(super) fn put_on_stage(&self, seat: &SeatId) -> Facts {
        self.present(seat)?;
        Ok(self.set_stage(Some(seat)))
    }

    /// "Mời phát biểu": the floor, the stage and an unlocked microphone; the one before is locked again.
    pub(super) fn invite(&self, seat: &SeatId) -> Facts {
        if self.sitting.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        self.meeting.may(self.present(seat)?, Action::Speak)?;
        let mut facts = Vec::new();
        if self.sitting.floor_seat() != Some(seat) {
            facts.extend(self.lock_after_speech());
            facts.push(Fact::FloorGranted { seat: seat.clone() });
        }
        facts.extend(self.unregister(seat));
        facts.extend(self.set_stage(Some(seat)));
        if self.seat(seat).is_ok_and(|s| s.microphone == Microphone::Locked) {
            facts.extend(self.turn(seat, Microphone::Off));
        }
        Ok(facts)
    }

    /// The speaker's microphone goes back to what it would be without the floor.
    fn lock_after_speech(&self) -> Option<Fact> {
        let speaker = self.sitting.floor_seat()?;
        let seat = self.seat(speaker).ok()?;
        let after = self.sitting.default_microphone(seat.record.role);
        if self.meeting.directs(seat) { None } else { self.turn(speaker, after) }
    }

    pub(super) fn end_floor(&self) -> Vec<Fact> {
        if self.sitting.floor.is_none() {
            return Vec::new();
        }
        self.lock_after_speech().into_iter().chain([Fact::FloorEnded {}]).collect()
    }

    /// "Tắt micro toàn bộ" and its opposite. The hosts and whoever has the floor keep theirs.
    pub(super) fn set_policy(&self, policy: MicrophonePolicy) -> Vec<Fact> {
        let mut facts = Vec::new();
        if self.sitting.microphones != policy {
            facts.push(Fact::MicrophonePolicySet { policy });
        }
        for (id, seat) in self.meeting.seats.iter().filter(|(_, seat)| seat.sits == *self.scope) {
            let spared = self.meeting.directs(seat) || self.sitting.floor_seat() == Some(id);
            if spared || seat.record.role == Role::Viewer {
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

    pub(super) fn control(&self, seat: &SeatId, microphone: Microphone) -> Facts {
        let target = self.seat(seat)?;
        self.meeting.may(target, Action::Speak)?;
        let done = microphone == Microphone::Off && target.microphone == Microphone::Open;
        Ok(if done { Vec::new() } else { self.turn(seat, microphone).into_iter().collect() })
    }

    pub(super) fn start_presenting(&self, who: &SeatId, seat: &Seat) -> Facts {
        if self.sitting.phase != MeetingPhase::Running {
            return Err(Refusal::NotStarted);
        }
        if !self.meeting.may_present(who, seat) {
            return Err(Refusal::NotAllowed);
        }
        match &self.sitting.presenter {
            Some(presenter) if presenter == who => Ok(Vec::new()),
            Some(_) if self.meeting.may(seat, Action::ControlPresenting).is_err() => {
                Err(Refusal::PresenterBusy)
            }
            Some(_) | None => Ok(vec![Fact::PresenterSet { seat: Some(who.clone()) }]),
        }
    }

    pub(super) fn stop_presenting(&self, who: Option<&SeatId>) -> Vec<Fact> {
        let presents = self.sitting.presenter.is_some() && self.sitting.presenter.as_ref() == who;
        if presents { vec![Fact::PresenterSet { seat: None }] } else { Vec::new() }
    }

    pub(super) fn allow_presenting(&self, seat: &SeatId) -> Facts {
        let target = self.present(seat)?;
        Ok(if target.may_present { Vec::new() } else { vec![Fact::PresentingAllowed { seat: seat.clone() }] })
    }
}
