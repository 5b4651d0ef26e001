//! The only place of this program that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Wall time, nanoseconds since 1970: the clock by which the kernel stamps what it receives.
#[expect(clippy::disallowed_methods, reason = "a shell reads the clock in its one clock.rs")]
pub(crate) fn wall_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
