//! Cuts what is said into frames that the wire takes, however long the names and however many the seats.

use crate::fact::Scope;
use crate::meeting::Meeting;
use serde::Serialize;
use signaling_protocol::{Change, FactNumber, LineQuality, SeatId, ServerMessage, Snapshot, WIRE_LIMITS};

/// Room left in a frame for what stands around a list: the message's own fields and the brackets.
const FRAME_MARGIN: usize = 512;

/// Lines in one message: with a seat's number and the longest word each has some 20 bytes.
const LINES_MAX: usize = 2_000;

/// Bytes a list may have in a frame.
fn room() -> usize {
    usize::try_from(WIRE_LIMITS.frame_bytes).unwrap_or(usize::MAX).saturating_sub(FRAME_MARGIN)
}

/// How long a value is on the wire. Values of ours are always written, so 0 never comes back.
fn length(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(0, |text| text.len())
}

/// Cuts a list of values and their lengths where its parts would outgrow a frame, or have more than `most` values; no
/// part is empty.
fn parts<T>(items: impl Iterator<Item = (T, usize)>, bytes: usize, most: usize) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut left = 0;
    for (item, length) in items {
        // The comma after it counts too.
        let needed = length.saturating_add(1);
        match parts.last_mut() {
            Some(part) if needed <= left && part.len() < most => {
                left -= needed;
                part.push(item);
            }
            Some(_) | None => {
                left = bytes.saturating_sub(needed);
                parts.push(vec![item]);
            }
        }
    }
    parts
}

/// The whole state in pages, as those of a sitting see it.
pub(super) fn snapshot(meeting: &Meeting, scope: &Scope) -> Vec<ServerMessage> {
    let view = meeting.view(scope);
    let seats = meeting.seats.values().map(|seat| (seat.view(scope), seat.wire_bytes));
    let most = usize::try_from(WIRE_LIMITS.page_seats).unwrap_or(usize::MAX);
    let mut pages = parts(seats, room().saturating_sub(length(&view)), most);
    if pages.is_empty() {
        pages.push(Vec::new());
    }
    let of = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    (1u32..)
        .zip(pages)
        .map(|(page, seats)| {
            ServerMessage::Snapshot(Snapshot { fact: meeting.last, page, of, meeting: view.clone(), seats })
        })
        .collect()
}

/// Changes in as many messages as they need. Only the last one carries the new number, so that a client cut off
/// in between comes back asking for all of them.
pub(super) fn changed(told: FactNumber, last: FactNumber, changes: Vec<Change>) -> Vec<ServerMessage> {
    let measured = changes.into_iter().map(|change| {
        let length = length(&change);
        (change, length)
    });
    let mut parts = parts(measured, room(), usize::MAX);
    let end = parts.pop().unwrap_or_default();
    let mut messages: Vec<ServerMessage> =
        parts.into_iter().map(|changes| ServerMessage::Changed { fact: told, changes }).collect();
    messages.push(ServerMessage::Changed { fact: last, changes: end });
    messages
}

/// Lines in as many messages as they need.
pub(super) fn lines(lines: &[(SeatId, LineQuality)]) -> impl Iterator<Item = ServerMessage> {
    lines.chunks(LINES_MAX).map(|lines| ServerMessage::Lines { lines: lines.to_vec() })
}
