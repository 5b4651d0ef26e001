//! What must arrive: a server that costs little because it leaves packets out has gained nothing.

use super::ratios::Measured;
use serde::Deserialize;

/// The server that is held to it; others are there to be compared with.
const OURS: &str = "ours";
/// Beyond this share of a processor whatever is lost is lost to the processor.
const BUSY_PERCENT: f64 = 90.0;

/// What is committed.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    /// Of what was to be received so much is, in percent.
    least_percent: f64,
    /// In what was received so much may be missing, in percent.
    loss_percent: f64,
}

/// What a row says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Enough arrived.
    Kept,
    /// Too little arrived although everybody had time to spare.
    Broken,
    /// The server or the generator was at its limit, so nothing is said.
    Saturated,
}

impl Delivery {
    /// Judges what our server did; none for others.
    pub(super) fn judge(self, row: &Measured) -> Option<Verdict> {
        let busy = row.server_cpu_percent > BUSY_PERCENT || row.generator_cpu_percent > BUSY_PERCENT;
        let whole = row.delivery_percent >= self.least_percent && row.loss_percent <= self.loss_percent;
        (row.server == OURS).then_some(match whole {
            true => Verdict::Kept,
            false if busy || row.generator_dropped > 0 => Verdict::Saturated,
            false => Verdict::Broken,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Delivery = Delivery { least_percent: 99.0, loss_percent: 0.1 };

    fn verdict(change: impl FnOnce(&mut Measured)) -> Option<Verdict> {
        let mut row = Measured::whole("meeting-8", OURS);
        change(&mut row);
        LIMITS.judge(&row)
    }

    #[test]
    fn a_server_with_time_to_spare_delivers_or_fails() {
        assert_eq!(verdict(|_| {}), Some(Verdict::Kept));
        assert_eq!(verdict(|row| row.delivery_percent = 99.0), Some(Verdict::Kept));
        assert_eq!(verdict(|row| row.delivery_percent = 83.8), Some(Verdict::Broken));
        assert_eq!(verdict(|row| row.loss_percent = 0.2), Some(Verdict::Broken));
    }

    #[test]
    fn who_is_at_his_limit_proves_nothing() {
        let lossy = |row: &mut Measured| (row.delivery_percent, row.loss_percent) = (60.0, 16.2);
        let with = |change: fn(&mut Measured)| {
            verdict(|row| {
                lossy(row);
                change(row);
            })
        };
        assert_eq!(with(|row| row.server_cpu_percent = 98.0), Some(Verdict::Saturated));
        assert_eq!(with(|row| row.generator_cpu_percent = 98.0), Some(Verdict::Saturated));
        assert_eq!(with(|row| row.generator_dropped = 1), Some(Verdict::Saturated));
        assert_eq!(with(|row| "janus".clone_into(&mut row.server)), None);
    }
}
