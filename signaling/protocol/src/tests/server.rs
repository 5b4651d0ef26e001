//! What a node says, one sample per variant.

use super::golden::{Golden, Variants, Writer, one_per_variant, plain_variants, variants};
use super::sample::{NOW, busy_meeting, clerk, clerk_seat, site, site_seat, waiting_meeting};
use crate::{
    Action, Bye, ByeReason, Change, Connection, FactNumber, LineQuality, Mid, Outcome, PROTOCOL_VERSION,
    PublishDemand, PublishSource, Refusal, RequestId, ResumeToken, Resumed, Role, ServerFrame, ServerMessage,
    SlotName, SlotState, Snapshot, WIRE_LIMITS, Welcome, You,
};

variants!(ServerMessage:
    Welcome, Snapshot, Changed, Reply, Slots, Publish, Speaking, Lines, Pong, Bye,
);
variants!(Change: Meeting, Seat, You);
variants!(Outcome: Done, Refused);
plain_variants!(ByeReason: Replaced, Removed, Revoked, Ended, Left, Restarting, Overrun, Misbehaved, Silent);
plain_variants!(Refusal:
    Malformed, TooLarge, RateLimited, HelloExpected, VersionMismatch,
    SignedOut, WrongCredential, LockedOut, PasswordChangeRequired, WeakPassword, TicketInvalid, NotInvited,
    Removed,
    NotAllowed, OutsideScope, MicrophoneLocked,
    NoSuchMeeting, NoSuchSeat, NoSuchUnit, NoSuchAccount, NameTaken, NotStarted, Ended, NotConnected,
    PresenterBusy, Apart, NotApart, NoSuchBranch, Full, OfferRejected, ParentAway, Internal,
);

pub(super) fn goldens() -> Vec<Golden> {
    let node = Writer::Node;
    let mut goldens = one_per_variant("server", "/message/type", node, messages(), frame);
    goldens.extend(one_per_variant("change", "/message/changes/0/kind", node, changes(), |change| {
        frame(ServerMessage::Changed { fact: FactNumber(43), changes: vec![change] })
    }));
    let outcomes =
        [Outcome::Done { fact: FactNumber(43) }, Outcome::Refused { refusal: Refusal::MicrophoneLocked }];
    goldens.extend(one_per_variant("outcome", "/message/outcome/result", node, outcomes, |outcome| {
        frame(ServerMessage::Reply { re: RequestId(7), outcome })
    }));
    let reasons = ByeReason::ALL.iter().copied();
    goldens.extend(one_per_variant("bye", "/message/reason", node, reasons, |reason| frame(bye(reason))));
    goldens.push(Golden::of("refusals.json", node, &Refusal::ALL.to_vec()));
    goldens
}

fn frame(message: ServerMessage) -> ServerFrame {
    ServerFrame { message }
}

/// Coming back helps after some ends and not after others.
fn bye(reason: ByeReason) -> ServerMessage {
    let retry_after_ms = match reason {
        ByeReason::Restarting | ByeReason::Overrun | ByeReason::Silent => Some(1_000),
        ByeReason::Replaced
        | ByeReason::Removed
        | ByeReason::Revoked
        | ByeReason::Ended
        | ByeReason::Left
        | ByeReason::Misbehaved => None,
    };
    ServerMessage::Bye(Bye { reason, retry_after_ms })
}

fn you() -> You {
    You {
        seat: site_seat(),
        role: Role::Site,
        actions: vec![Action::Speak, Action::ShowCamera, Action::Register],
    }
}

fn changes() -> Vec<Change> {
    vec![
        Change::Meeting { meeting: busy_meeting() },
        Change::Seat { seat: site(Connection::Removed { at: NOW }) },
        Change::You { you: you() },
    ]
}

fn messages() -> Vec<ServerMessage> {
    vec![
        welcome(),
        snapshot(),
        ServerMessage::Changed { fact: FactNumber(43), changes: changes() },
        ServerMessage::Reply { re: RequestId(7), outcome: Outcome::Done { fact: FactNumber(0) } },
        slots(),
        ServerMessage::Publish { source: PublishSource::Camera, demand: PublishDemand::Paused },
        ServerMessage::Speaking { seats: vec![clerk_seat(), site_seat()] },
        ServerMessage::Lines {
            lines: vec![(clerk_seat(), LineQuality::Good), (site_seat(), LineQuality::Lost)],
        },
        ServerMessage::Pong { server_time: NOW },
        bye(ByeReason::Ended),
    ]
}

fn welcome() -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        version: PROTOCOL_VERSION,
        you: you(),
        resumed: Resumed::Fresh,
        resume_token: ResumeToken::parse("golden-resume-token").unwrap(),
        last_request: RequestId(0),
        server_time: NOW,
        limits: WIRE_LIMITS,
    })
}

/// Its seats are connected in every way there is.
fn snapshot() -> ServerMessage {
    let connections = [
        Connection::Absent {},
        Connection::Connected { since: NOW },
        Connection::Lost { since: NOW },
        Connection::Left { at: NOW },
        Connection::Removed { at: NOW },
    ];
    let mut seats = vec![clerk()];
    seats.extend(connections.map(site));
    ServerMessage::Snapshot(Snapshot {
        fact: FactNumber(2),
        page: 1,
        of: 1,
        meeting: waiting_meeting(),
        seats,
    })
}

/// One slot of every name, the first one empty.
fn slots() -> ServerMessage {
    let mid = |text| Mid::parse(text).unwrap();
    let filled = |slot, text, source| SlotState {
        slot,
        mid: mid(text),
        seat: Some(site_seat()),
        source: Some(source),
        rtp_timestamp: u32::MAX,
    };
    ServerMessage::Slots {
        slots: vec![
            SlotState {
                slot: SlotName::Audio { index: 0 },
                mid: mid("4"),
                seat: None,
                source: None,
                rtp_timestamp: 0,
            },
            filled(SlotName::FloorAudio {}, "7", PublishSource::Microphone),
            filled(SlotName::Programme {}, "8", PublishSource::Camera),
            filled(SlotName::Slides {}, "9", PublishSource::Screen),
            filled(SlotName::Mosaic { index: 24 }, "34", PublishSource::Camera),
        ],
    }
}
