//! What a participant says, without a network.

use super::*;
use signaling_protocol::{Role, TierCode, UtcSeconds};

fn seat_of(part: Part) -> Seat {
    Seat { id: SeatId::parse("seat-1").unwrap(), last_request: RequestId(41), fact: FactNumber(7), part }
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn view(code: &str, connection: Connection) -> SeatView {
    SeatView {
        seat: SeatId::parse(format!("seat-{code}")).unwrap(),
        occupant: Occupant::Site { unit: unit(code) },
        name: String::new(),
        detail: String::new(),
        tier: TierCode::parse("t").unwrap(),
        parent: None,
        role: Role::Site,
        order: 0,
        connection,
        microphone: Microphone::Locked,
        camera: false,
        may_present: false,
        branch: None,
    }
}

#[test]
fn requests_are_numbered_above_what_is_done_and_say_what_was_seen() {
    let mut seat = seat_of(Part::Receiver);
    assert_eq!(seat.frame(ClientMessage::Ping {}).id, RequestId(42));
    let frame = seat.frame(ClientMessage::Ping {});
    assert_eq!((frame.id, frame.seen), (RequestId(43), FactNumber(7)));
}

#[test]
fn only_a_publisher_says_that_it_has_a_camera() {
    let has_camera =
        |part| seat_of(part).arrival().iter().any(|m| matches!(m, ClientMessage::SetSource { .. }));
    assert!(has_camera(Part::Publisher));
    assert!(!has_camera(Part::Receiver));
    assert!(!has_camera(Part::Host { invite: unit("1") }));
}

#[test]
fn a_host_starts_the_meeting_and_invites_its_site_once_it_is_there() {
    let here = Connection::Connected { since: UtcSeconds(1) };
    let mut host = seat_of(Part::Host { invite: unit("2") });
    let first = host.on_seats(MeetingPhase::Waiting, &[view("1", here), view("2", Connection::Absent {})]);
    assert_eq!(first, [ClientMessage::StartMeeting {}]);
    assert_eq!(host.on_seats(MeetingPhase::Running, &[view("1", here)]), []);
    let invitation = ClientMessage::InviteToSpeak { seat: SeatId::parse("seat-2").unwrap() };
    assert_eq!(host.on_seats(MeetingPhase::Running, &[view("2", here)]), [invitation]);
    assert_eq!(host.on_seats(MeetingPhase::Running, &[view("2", here)]), []);
}

#[test]
fn nobody_else_directs_anything() {
    let here = Connection::Connected { since: UtcSeconds(1) };
    assert_eq!(seat_of(Part::Publisher).on_seats(MeetingPhase::Waiting, &[view("1", here)]), []);
}

#[test]
fn a_publishers_own_microphone_follows_its_own_seat() {
    let here = Connection::Connected { since: UtcSeconds(1) };
    let open = SeatView { microphone: Microphone::Open, ..view("1", here) };
    let publisher = seat_of(Part::Publisher);
    assert_eq!(publisher.own_microphone(&[view("2", here), open.clone()]), Some(Microphone::Open));
    assert_eq!(publisher.own_microphone(&[view("2", here)]), None);
    assert_eq!(seat_of(Part::Receiver).own_microphone(&[open]), None);
}
