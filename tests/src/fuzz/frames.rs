//! One frame of a client.

use super::{Seen, magnitude};
use signaling_protocol::{ClientFrame, ClientMessage, Credential};

/// Pieces of frames, and what a hub's input is made of.
pub(super) const WORDS: &[&[u8]] = &[
    b"{\"id\":1,\"seen\":0,\"message\":{\"type\":\"ping\"}}",
    b"\"message\":",
    b"\"type\":",
    b"\"seat\":",
    b"\"hello\"",
    b"\"startMeeting\"",
    b"\"registerToSpeak\"",
    b"\"inviteToSpeak\"",
    b"\"putOnStage\"",
    b"\"removeSeat\"",
    b"\"inviteBack\"",
    b"\"lockAllMicrophones\"",
    b"\"setView\"",
    b"4294967295",
    b"-1",
    b"1e9",
    b"null",
    b"\\u0000",
    b"\n",
    b"\n0 ",
    b"\n1 ",
    b"\n+1",
    b"\n~0",
    b"$TICKET",
    b"$TOKEN",
];

/// Shortest secret that is looked for in what is printed: a shorter one may stand there by chance.
const SECRET_MIN: usize = 8;

/// What is read is written and read the same, is no longer than it came, and shows no secret when it is logged.
pub(super) fn client_frame(input: &[u8]) -> Seen {
    let Ok(text) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let frame: ClientFrame = match serde_json::from_str(text) {
        Ok(frame) => frame,
        Err(error) => return Seen::refused((format!("{:?}", error.classify()), magnitude(error.column()))),
    };
    let written = serde_json::to_string(&frame).unwrap_or_default();
    assert_eq!(serde_json::from_str::<ClientFrame>(&written).ok().as_ref(), Some(&frame), "{written}");
    let secret = if let ClientMessage::Hello(hello) = &frame.message {
        Some(match &hello.credential {
            Credential::Ticket { ticket } => ticket.expose(),
            Credential::Resume { token, .. } => token.expose(),
        })
    } else {
        None
    };
    if let Some(secret) = secret.filter(|secret| secret.len() >= SECRET_MIN) {
        assert!(!format!("{frame:?}").contains(secret), "a secret is printed");
    }
    Seen::taken((std::mem::discriminant(&frame.message), magnitude(written.len())))
}
