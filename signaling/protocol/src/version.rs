//! Which versions can talk, and every bound of the wire in one place.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The version this build speaks. It changes when an older client would misunderstand.
pub const PROTOCOL_VERSION: u32 = 2;

/// Bounds a client must keep; a node refuses and counts what breaks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Largest client frame, bytes.
    pub frame_bytes: u32,
    /// Requests a second, sustained; twice that may come at once.
    pub requests_per_second: u32,
    /// A client that has been silent this long is taken for lost, milliseconds.
    pub silence_ms: u32,
    /// Largest SDP body, bytes.
    pub offer_bytes: u32,
    /// Mosaic slots in a view.
    pub mosaic_slots: u32,
    /// Seats in one page of a snapshot.
    pub page_seats: u32,
}

/// The bounds of this version. An offer of 30 m-lines from Chromium has about 35 kB; a snapshot page of 100
/// seats with 60-character names about 45 kB; a `SetView` of 25 slots 2 kB.
pub const WIRE_LIMITS: Limits = Limits {
    frame_bytes: 65_536,
    requests_per_second: 20,
    silence_ms: 15_000,
    offer_bytes: 262_144,
    mosaic_slots: 25,
    page_seats: 100,
};

const _: () = assert!(WIRE_LIMITS.offer_bytes > WIRE_LIMITS.frame_bytes);
