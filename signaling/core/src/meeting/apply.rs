//! `apply(who, command) -> facts`: the rules of a meeting (domain.md section 3). Nothing is changed here; an empty
//! answer means that it is so already.

mod branches;
mod seats;
mod share;

use super::{Meeting, Seat, Sitting};
use crate::fact::{Fact, Scope};
use crate::{UnitTree, units::Day};
pub(crate) use branches::CutEnd;
use branches::Going;
use signaling_protocol::{Action, ClientMessage, Microphone, MicrophonePolicy, Refusal, SeatId};

/// What a command is judged by besides the meeting itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The units.
    pub units: &'a UnitTree,
    /// Today.
    pub day: Day,
}

type Facts = Result<Vec<Fact>, Refusal>;

/// A seat and the sitting it is in: whoever asks for something asks it there.
#[derive(Debug, Clone, Copy)]
struct Here<'a> {
    meeting: &'a Meeting,
    sitting: &'a Sitting,
    scope: &'a Scope,
}

impl Meeting {
    /// What a command of a seat becomes.
    ///
    /// # Errors
    /// The reason it may or can not be done.
    pub(crate) fn apply(
        &self,
        who: &SeatId,
        message: &ClientMessage,
        around: Surroundings<'_>,
    ) -> branches::Scoped {
        if self.is_over() {
            return Err(Refusal::Ended);
        }
        let seat = self.seat(who).ok_or(Refusal::NoSuchSeat)?;
        let here = self.here(&seat.sits).ok_or(Refusal::Internal)?;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "what stays in one sitting is listed by `Here::apply`"
        )]
        match message {
            ClientMessage::Leave {} => Ok(self.departure(who, Fact::SeatLeft { seat: who.clone() })),
            ClientMessage::EndMeeting {} => self.may(seat, Action::Convene).map(|()| self.end_all()),
            ClientMessage::RemoveSeat { seat: target } => here.remove(seat, target),
            ClientMessage::InviteBack { seat: target } => here.invite_back(seat, target),
            ClientMessage::DetachBranch { unit, chair, deputy } => {
                let going = Going { unit, chair: chair.as_ref(), deputy: deputy.as_ref() };
                here.detach(seat, &going, around)
            }
            ClientMessage::ReturnBranch { unit } => here.bring_back(seat, unit, around),
            ClientMessage::NameBranchChair { unit, seat: named } => {
                here.name_chair(seat, unit, named, around)
            }
            ClientMessage::SetDetaching { policy } => here.set_detaching(seat, *policy),
            asked => here.apply(who, seat, asked, around).map(|facts| seat.sits.of(facts)),
        }
    }

    fn here<'a>(&'a self, scope: &'a Scope) -> Option<Here<'a>> {
        Some(Here { meeting: self, sitting: self.sitting(scope)?, scope })
    }

    /// What follows when a seat goes: whatever it held becomes free.
    pub(crate) fn departure(&self, who: &SeatId, gone: Fact) -> Vec<(Scope, Fact)> {
        let scope = self.scope_of(who);
        let mut facts = self.here(&scope).map(|here| here.release(who)).unwrap_or_default();
        facts.extend(self.succession(&scope, who));
        facts.push(gone);
        scope.of(facts)
    }
}

impl Here<'_> {
    fn apply(&self, who: &SeatId, seat: &Seat, message: &ClientMessage, around: Surroundings<'_>) -> Facts {
        let may = |action| self.meeting.may(seat, action);
        match message {
            // Of no sitting, or of more than one: answered before.
            ClientMessage::Hello(_)
            | ClientMessage::Ping {}
            | ClientMessage::Leave {}
            | ClientMessage::SetView(_)
            | ClientMessage::EndMeeting {}
            | ClientMessage::RemoveSeat { .. }
            | ClientMessage::InviteBack { .. }
            | ClientMessage::DetachBranch { .. }
            | ClientMessage::ReturnBranch { .. }
            | ClientMessage::NameBranchChair { .. }
            | ClientMessage::SetDetaching { .. } => Ok(Vec::new()),
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
                if self.sitting.floor_seat() == Some(who) {
                    Ok(self.end_floor())
                } else {
                    Ok(Vec::new())
                }
            }
            ClientMessage::StartPresenting {} => self.start_presenting(who, seat),
            ClientMessage::StopPresenting {} => Ok(self.stop_presenting(Some(who))),
            ClientMessage::StartMeeting {} => may(Action::Convene).map(|()| self.start()),
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
                may(Action::ControlPresenting).map(|()| self.stop_presenting(self.sitting.presenter.as_ref()))
            }
            ClientMessage::AllowPresenting { seat } => {
                may(Action::ControlPresenting).and_then(|()| self.allow_presenting(seat))
            }
            ClientMessage::InviteSites { units } => {
                may(Action::ManageSeats).and_then(|()| self.invite_sites(seat, units, around))
            }
        }
    }
}
