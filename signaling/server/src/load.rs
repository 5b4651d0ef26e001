//! How busy this process keeps the machine.

use crate::clock;
use signaling_core::NodeLoad;
use std::fs;
use std::time::Instant;

/// The unit of the kernel's processor times: every Linux says hundredths of a second, whatever its own clock is.
const TICKS_PER_SECOND: u64 = 100;

/// Measures from one look to the next.
#[derive(Debug)]
pub(crate) struct LoadMeter {
    processors: u16,
    last: Option<(Instant, u64)>,
}

impl LoadMeter {
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { processors: u16::try_from(processors).unwrap_or(u16::MAX), last: None }
    }

    /// The load since the last look; nothing at the first, and on a system without `/proc`.
    pub(crate) fn look(&mut self) -> Option<NodeLoad> {
        let now = clock::instant();
        let ticks = ticks(&fs::read_to_string("/proc/self/stat").ok()?)?;
        let (before, known) = self.last.replace((now, ticks))?;
        let time_ms = now.saturating_duration_since(before).as_millis();
        Some(self.load(ticks.saturating_sub(known), u64::try_from(time_ms).unwrap_or(u64::MAX)))
    }

    fn load(&self, ticks: u64, time_ms: u64) -> NodeLoad {
        let used_ms = ticks.saturating_mul(1_000 / TICKS_PER_SECOND);
        let there_ms = time_ms.max(1).saturating_mul(u64::from(self.processors));
        let permille = (used_ms.saturating_mul(1_000) / there_ms).min(1_000);
        NodeLoad { processor_permille: u16::try_from(permille).unwrap_or(1_000), processors: self.processors }
    }
}

/// Time in user and kernel mode: the 14th and 15th field. The second is the program's name in parentheses, in which there may
/// be anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()?.saturating_add(times.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_whatever_the_program_is_called() {
        let stat = "7 (gi) ao ban) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 9 0 100 0";
        assert_eq!(ticks(stat), Some(200));
        assert_eq!(ticks("7 (giaoban) S 1"), None);
    }

    #[test]
    fn one_busy_processor_of_four_is_a_quarter() {
        let meter = LoadMeter { processors: 4, last: None };
        assert_eq!(meter.load(200, 2_000).processor_permille, 250);
        assert_eq!(meter.load(9_999, 2_000).processor_permille, 1_000);
    }

    #[test]
    fn the_first_look_knows_nothing_yet() {
        let mut meter = LoadMeter::new();
        assert_eq!(meter.look(), None);
        assert!(meter.look().is_some_and(|load| load.processor_permille <= 1_000));
    }
}
