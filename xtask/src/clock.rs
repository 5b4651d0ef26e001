//! The one place where this tool reads a clock.

use std::time::Instant;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the shell's one reading of the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
