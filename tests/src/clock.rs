//! The one place where this library reads a clock: virtual time begins somewhere, and a search has an end.

use std::time::Instant;

/// Now.
pub fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the one place")]
    Instant::now()
}
