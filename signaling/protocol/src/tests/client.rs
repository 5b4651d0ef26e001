//! What a client says, one sample per variant.

use super::golden::{Golden, Variants, Writer, one_per_variant, variants};
use super::sample::{clerk_seat, commune, other_commune, site_seat};
use crate::{
    BoundedText, ClientFrame, ClientMessage, Credential, DetachingPolicy, DeviceKind, FactNumber, Hello,
    MediaProfile, PROTOCOL_VERSION, Presence, PublishSource, RequestId, ResumeToken, SlotWish, Ticket,
    ViewWish,
};

variants!(ClientMessage:
    Hello, Ping, Leave,
    SetView, SetSource, OpenMicrophone, CloseMicrophone, RegisterToSpeak, CancelRegistration, FinishSpeech,
    StartPresenting, StopPresenting,
    StartMeeting, EndMeeting, PutOnStage, ClearStage, InviteToSpeak, EndSpeech, DismissRegistration,
    LockAllMicrophones, AllowAllMicrophones, LockMicrophone, AllowMicrophone, StopPresentation,
    AllowPresenting, InviteSites, RemoveSeat, InviteBack,
    DetachBranch, ReturnBranch, NameBranchChair, SetDetaching,
);
variants!(Credential: Ticket, Resume);

pub(super) fn goldens() -> Vec<Golden> {
    let messages = connection().into_iter().chain(own()).chain(hosting());
    let mut goldens = one_per_variant("client", "/message/type", Writer::Client, messages, frame);
    goldens.extend(one_per_variant(
        "credential",
        "/message/credential/kind",
        Writer::Client,
        [ticket(), resume()],
        |credential| frame(hello(credential)),
    ));
    goldens
}

fn frame(message: ClientMessage) -> ClientFrame {
    ClientFrame { id: RequestId(7), seen: FactNumber(41), message }
}

fn hello(credential: Credential) -> ClientMessage {
    ClientMessage::Hello(Hello { version: PROTOCOL_VERSION, credential, device: DeviceKind::Room })
}

fn ticket() -> Credential {
    Credential::Ticket { ticket: Ticket::parse("golden-ticket").unwrap() }
}

fn resume() -> Credential {
    Credential::Resume { token: ResumeToken::parse("golden-resume-token").unwrap(), seen: FactNumber(41) }
}

fn connection() -> Vec<ClientMessage> {
    vec![hello(ticket()), ClientMessage::Ping {}, ClientMessage::Leave {}]
}

/// What a seat asks for itself.
fn own() -> Vec<ClientMessage> {
    let wish = |index, seat| SlotWish { index, seat, height: 180 };
    vec![
        ClientMessage::SetView(ViewWish {
            profile: MediaProfile::AudioStills,
            programme_height: 720,
            slides_height: 0,
            mosaic: vec![wish(0, site_seat()), wish(24, clerk_seat())],
        }),
        ClientMessage::SetSource { source: PublishSource::ScreenAudio, presence: Presence::On },
        ClientMessage::OpenMicrophone {},
        ClientMessage::CloseMicrophone {},
        ClientMessage::RegisterToSpeak {
            topic: Some(BoundedText::parse("Tiến độ trồng rừng").unwrap())
        },
        ClientMessage::CancelRegistration {},
        ClientMessage::FinishSpeech {},
        ClientMessage::StartPresenting {},
        ClientMessage::StopPresenting {},
    ]
}

/// What chair, secretary and operator ask.
fn hosting() -> Vec<ClientMessage> {
    let seat = site_seat();
    vec![
        ClientMessage::StartMeeting {},
        ClientMessage::EndMeeting {},
        ClientMessage::PutOnStage { seat: seat.clone() },
        ClientMessage::ClearStage {},
        ClientMessage::InviteToSpeak { seat: seat.clone() },
        ClientMessage::EndSpeech {},
        ClientMessage::DismissRegistration { seat: seat.clone() },
        ClientMessage::LockAllMicrophones {},
        ClientMessage::AllowAllMicrophones {},
        ClientMessage::LockMicrophone { seat: seat.clone() },
        ClientMessage::AllowMicrophone { seat: seat.clone() },
        ClientMessage::StopPresentation {},
        ClientMessage::AllowPresenting { seat: seat.clone() },
        ClientMessage::InviteSites { units: vec![commune(), other_commune()] },
        ClientMessage::RemoveSeat { seat: seat.clone() },
        ClientMessage::InviteBack { seat: seat.clone() },
        ClientMessage::DetachBranch {
            unit: commune(),
            chair: Some(seat.clone()),
            deputy: Some(clerk_seat()),
        },
        ClientMessage::ReturnBranch { unit: commune() },
        ClientMessage::NameBranchChair { unit: commune(), seat },
        ClientMessage::SetDetaching { policy: DetachingPolicy::OwnBranch },
    ]
}
