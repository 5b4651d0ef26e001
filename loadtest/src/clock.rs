//! The only place of this program that reads a clock.

use std::time::Instant;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
