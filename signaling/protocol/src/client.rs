//! What a client wants: one JSON object per WebSocket text frame.

use crate::{
    BoundedText, DetachingPolicy, FactNumber, MediaProfile, PublishSource, RequestId, ResumeToken, SeatId,
    Ticket, UnitCode,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One frame from a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientFrame {
    /// The request's number. A request repeated with the same number is answered again, not done again.
    pub id: RequestId,
    /// The last fact this client has seen.
    pub seen: FactNumber,
    /// What it wants.
    pub message: ClientMessage,
}

/// The first message of every connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hello {
    /// The protocol version the client speaks.
    pub version: u32,
    /// By what right it comes.
    pub credential: Credential,
    /// What kind of device it is.
    pub device: DeviceKind,
}

/// By what right a connection is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Credential {
    /// A fresh ticket from the HTTP API.
    Ticket {
        /// The ticket.
        ticket: Ticket,
    },
    /// Coming back to a seat after a broken connection.
    Resume {
        /// The token of the last welcome.
        token: ResumeToken,
        /// The last fact seen; what happened since is sent, or a fresh snapshot.
        seen: FactNumber,
    },
}

/// What kind of device a client runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DeviceKind {
    /// A meeting room's computer: one camera, many people.
    Room,
    /// A person's computer.
    Computer,
    /// A phone or tablet.
    Phone,
    /// A program: load tester, recorder.
    Program,
}

/// One slot's wish in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlotWish {
    /// Which mosaic slot.
    pub index: u8,
    /// Whose camera.
    pub seat: SeatId,
    /// How tall it is shown, device pixels.
    pub height: u16,
}

/// Everything a client wants to see, always whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViewWish {
    /// How much it wants to receive.
    pub profile: MediaProfile,
    /// Height of the programme picture in device pixels, 0 when it is not shown.
    pub programme_height: u16,
    /// Height of the slides in device pixels, 0 when they are not shown.
    pub slides_height: u16,
    /// The small pictures.
    pub mosaic: Vec<SlotWish>,
}

/// Whether a source is there to be seen or heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// The device is on.
    On,
    /// The device is off or missing.
    Off,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ClientMessage {
    /// Opens the connection.
    Hello(Hello),
    /// Keeps the connection alive and acknowledges facts; every 5 seconds.
    Ping {},
    /// Leaves the meeting for good; the seat becomes free.
    Leave {},

    /// Says what it wants to see.
    SetView(ViewWish),
    /// Says whether a camera, screen or screen sound is on. Microphones have their own requests.
    SetSource {
        /// Which source.
        source: PublishSource,
        /// On or off.
        presence: Presence,
    },
    /// Opens the own microphone, if it is not locked.
    OpenMicrophone {},
    /// Closes the own microphone.
    CloseMicrophone {},
    /// Registers to speak ("Đăng ký phát biểu").
    RegisterToSpeak {
        /// What about.
        topic: Option<BoundedText<120>>,
    },
    /// Takes the registration back.
    CancelRegistration {},
    /// Ends the own speech ("Kết thúc phát biểu").
    FinishSpeech {},
    /// Starts presenting the own screen ("Trình chiếu").
    StartPresenting {},
    /// Stops presenting.
    StopPresenting {},

    /// Opens the meeting ("Bắt đầu cuộc họp").
    StartMeeting {},
    /// Ends it for all ("Kết thúc cuộc họp").
    EndMeeting {},
    /// Shows a seat's picture to everybody ("Đưa lên màn hình chính"), without giving it the floor.
    PutOnStage {
        /// Whose picture.
        seat: SeatId,
    },
    /// Shows nobody.
    ClearStage {},
    /// Invites a seat to speak ("Mời phát biểu"): unlocks its microphone, gives it the floor and the stage.
    InviteToSpeak {
        /// Who.
        seat: SeatId,
    },
    /// Ends whoever's speech it is: the floor is free, the microphone locked again.
    EndSpeech {},
    /// Takes a registration off the queue ("Chưa mời").
    DismissRegistration {
        /// Whose.
        seat: SeatId,
    },
    /// Locks every microphone but the floor's and the hosts' ("Tắt micro toàn bộ"), late joiners included.
    LockAllMicrophones {},
    /// Lets sites open their own microphones ("Cho phép bật micro").
    AllowAllMicrophones {},
    /// Locks one seat's microphone.
    LockMicrophone {
        /// Whose.
        seat: SeatId,
    },
    /// Lets one seat open its microphone.
    AllowMicrophone {
        /// Whose.
        seat: SeatId,
    },
    /// Stops whoever is presenting.
    StopPresentation {},
    /// Lets one seat present its screen.
    AllowPresenting {
        /// Who.
        seat: SeatId,
    },
    /// Adds sites to the invited ones.
    InviteSites {
        /// Their units, in protocol order.
        units: Vec<UnitCode>,
    },
    /// Removes a seat's connection and keeps it out until it is invited again.
    RemoveSeat {
        /// Whose.
        seat: SeatId,
    },
    /// Lets a removed seat, of a site or of a person, come in again ("Mời lại").
    InviteBack {
        /// Whose.
        seat: SeatId,
    },

    /// Lets a branch sit apart ("Họp riêng"): a unit with all below it gets its own chair, stage, floor and queue, and
    /// neither sees nor hears the others until it returns.
    DetachBranch {
        /// Its unit.
        unit: UnitCode,
        /// Who chairs it; if nobody is named, the unit's own room, else whoever of it comes first and is here.
        chair: Option<SeatId>,
        /// Who stands in while the chair is not here; if nobody is named, the next after the chair.
        deputy: Option<SeatId>,
    },
    /// Ends a branch's own sitting ("Trở lại phiên toàn thể").
    ReturnBranch {
        /// Which.
        unit: UnitCode,
    },
    /// Names another chair of a branch that sits apart; the one before stands in.
    NameBranchChair {
        /// Which branch.
        unit: UnitCode,
        /// Who.
        seat: SeatId,
    },
    /// Says who may let branches sit apart.
    SetDetaching {
        /// Who.
        policy: DetachingPolicy,
    },
}
