//! The only place of this shell that reads a clock.

use std::time::Instant;

/// The present moment, for the engine's `now`.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
