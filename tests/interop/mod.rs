//! A stack that is not a browser, the `webrtc` crate, against a real node over loopback UDP. It shares no code with
//! the node: its own SDP, ICE, DTLS and SRTP.
//!
//! The load tester is the other foreign end here: against a door of a few lines instead of signaling, so that what
//! it measures is known beforehand.
//!
//! Time is real here. Nothing sleeps to wait for something; every wait is for the thing itself, and a deadline is
//! only reached by a test that fails.

mod client;
mod door;
mod load;
mod media;
mod room;
mod stories;
