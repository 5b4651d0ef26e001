//! Participants without a browser that join a real node the way browsers do, and a verdict on what they received.
//!
//! What it never does: share code with the node beyond the protocol's types. It is an independent end, so that a
//! misunderstanding on our side cannot cancel itself out.
//!
//! 1. `scenario`     what is asked for on the command line, and who takes part in it
//! 2. `participant`  one participant's life: sign in, join, receive, answer, leave
//! 3. `media`        its peer connection: one offer, what it sends, what it counts; `source` makes its packets
//! 4. `stamp`        what a packet says of itself; `hearing` what that tells of everybody else
//! 5. `network`      its HTTP requests and its WebSocket
//! 6. `report`       what all of them met, as a table or as JSON
//! 7. `attend`       participants that are told what to do, for the tests in network namespaces; `convene` makes them a meeting
//! 8. `emulator`     a line that delays, loses and is narrow
//! 9. `bench`        the other program: what forwarding costs a server, measured beside another one
//! 10. `clock`       the only reader of the clock

mod attend;
mod bench;
mod clock;
mod convene;
mod emulator;
mod hearing;
mod media;
mod network;
mod participant;
mod report;
mod scenario;
mod source;
mod stamp;

pub use attend::{Attend, attend};
pub use bench::{Bench, Latency, Row};
pub use convene::{Convene, convene};
pub use emulator::{Emulate, emulate};
pub use media::Tally;
pub use report::{Quantiles, Report};
pub use scenario::{Join, run};
