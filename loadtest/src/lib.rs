//! Participants without a browser that join a real node the way browsers do, and a verdict on what they received.
//!
//! What it never does: share code with the node beyond the protocol's types. It is an independent end, so that a
//! misunderstanding on our side cannot cancel itself out.
//!
//! 1. `scenario`     what is asked for on the command line, and who takes part in it
//! 2. `participant`  one participant's life: sign in, join, receive, answer, leave
//! 3. `media`        its peer connection: one offer, what it sends, what it counts; `source` makes its packets
//! 4. `network`      its HTTP requests and its WebSocket
//! 5. `report`       what all of them met, as a table or as JSON
//! 6. `bench`        the other program: what forwarding costs a server, measured beside another one
//! 7. `clock`        the only reader of the clock

mod bench;
mod clock;
mod media;
mod network;
mod participant;
mod report;
mod scenario;
mod source;

pub use bench::{Bench, Latency, Row};
pub use media::Tally;
pub use report::{Quantiles, Report};
pub use scenario::{Join, run};
