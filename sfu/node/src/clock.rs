//! The only place of this shell that reads a clock.

use std::time::{Duration, Instant, SystemTime};

/// The present moment, for the engine's `now`.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The wall clock since 1970, in which the kernel says when a datagram came; never used to wait by.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
