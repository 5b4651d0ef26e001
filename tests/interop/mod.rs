//! A stack that is not a browser, the `webrtc` crate, against a real node over loopback UDP. It shares no code with
//! the node: its own SDP, ICE, DTLS and SRTP.
//!
//! Time is real here. Nothing sleeps to wait for something; every wait is for the thing itself, and a deadline is
//! only reached by a test that fails.

mod client;
mod media;
mod room;
mod stories;
