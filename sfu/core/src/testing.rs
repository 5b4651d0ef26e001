//! The one place where tests of this crate take an instant from: cores never do.

use std::time::Instant;

/// Where virtual time starts.
pub(crate) fn epoch() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "an Instant cannot be made otherwise; tests only add to it"
    )]
    Instant::now()
}
