//! Making a round's facts durable, however long the database is away.

use super::{Driver, DriverError};
use crate::clock;
use signaling_core::{FactRecord, Now};
use std::time::{Duration, Instant};

/// How long to wait before the second try; each further wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait between two tries: so long after the database is back a meeting goes on at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

const _: () = assert!(FIRST_WAIT.as_millis() < LONGEST_WAIT.as_millis());

impl Driver {
    /// Stores facts, and tries again while the database is away: until it is back, or until the store's configuration
    /// says to give up. The same facts stored twice are stored once, so a commit whose answer was lost does no harm.
    pub(super) async fn make_durable(&mut self, records: &[FactRecord]) -> Result<(), DriverError> {
        let begun = clock::instant();
        let mut wait = FIRST_WAIT;
        let mut tries = 1_u32;
        loop {
            let error = match self.store.append_facts(records).await {
                Ok(()) => break,
                Err(error) if error.is_away() => error,
                Err(error) => return Err(error.into()),
            };
            let away = since(begun);
            match self.store.give_up_after() {
                Some(Duration::ZERO) => return Err(error.into()),
                Some(bound) if away >= bound => return Err(DriverError::GaveUp(bound)),
                Some(_) | None => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            tries = tries.saturating_add(1);
        }
        let took = since(begun);
        self.metrics.on_stored(records.len(), took);
        if tries > 1 {
            // Nobody was listened to meanwhile, so nobody is to be taken for silent.
            self.stood_still += took;
            let seconds = took.as_secs_f64();
            tracing::warn!(
                tries,
                seconds,
                facts = records.len(),
                "facts that waited for the database are stored"
            );
        }
        Ok(())
    }

    /// The hub's time: the clock's, without what was waited for the database.
    pub(super) fn hub_now(&self) -> Now {
        let now = clock::now();
        let instant = now.instant.checked_sub(self.stood_still).unwrap_or(now.instant);
        Now { instant, wall: now.wall }
    }
}

fn since(begun: Instant) -> Duration {
    clock::instant().saturating_duration_since(begun)
}
