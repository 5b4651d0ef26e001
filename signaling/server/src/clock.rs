//! The one place of this crate that reads a clock.

use signaling_core::{Now, UtcMillis};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Both times, read together.
pub fn now() -> Now {
    Now { instant: instant(), wall: wall() }
}

/// Monotonic time, to wait by.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Wall time, to write down. A clock before 1970 reads as 1970.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
pub fn wall() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
