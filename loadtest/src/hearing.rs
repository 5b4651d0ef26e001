//! What a participant hears and sees of each other one: how much, how late, and where it was silent.

use crate::stamp::{Kind, Name, Stamp};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// A silence is told from so long on: five packets of a voice.
const GAP_MIN: Duration = Duration::from_millis(100);
/// Latencies kept of one voice until they are taken: ten seconds of it. More are left out.
const LATENCIES_MAX: usize = 500;
/// Silences kept until they are taken; more are left out.
const GAPS_MAX: usize = 1_000;

/// A silence of somebody, once it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gap {
    /// Who was silent.
    pub(crate) from: String,
    /// Of which source.
    pub(crate) kind: Kind,
    /// When the last packet before it came, milliseconds of wall time.
    pub(crate) began: u64,
    /// When the first one after it came.
    pub(crate) ended: u64,
}

/// What came of somebody so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Heard {
    /// Who.
    pub(crate) from: String,
    /// Of which source.
    pub(crate) kind: Kind,
    /// Packets so far.
    pub(crate) packets: u64,
    /// Their payload bytes.
    pub(crate) bytes: u64,
    /// When the last one came, milliseconds of wall time.
    pub(crate) last: u64,
    /// How long each packet of a voice was on its way since this was asked last, microseconds, with its number.
    pub(crate) latencies: Vec<(u32, u32)>,
}

#[derive(Debug, Default)]
struct Source {
    packets: u64,
    bytes: u64,
    last_nanos: u64,
    latencies: Vec<(u32, u32)>,
}

/// All that comes.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    sources: BTreeMap<(Name, Kind), Source>,
    gaps: Vec<Gap>,
}

impl Hearing {
    /// A packet came.
    pub(crate) fn on(&mut self, nanos: u64, stamp: &Stamp, bytes: usize) {
        let source = self.sources.entry((stamp.name, stamp.kind)).or_default();
        let silent = nanos.saturating_sub(source.last_nanos);
        if source.packets > 0 && Duration::from_nanos(silent) >= GAP_MIN && self.gaps.len() < GAPS_MAX {
            let (began, ended) = (millis(source.last_nanos), millis(nanos));
            self.gaps.push(Gap { from: stamp.name.to_string(), kind: stamp.kind, began, ended });
        }
        source.packets += 1;
        source.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        source.last_nanos = source.last_nanos.max(nanos);
        if stamp.kind == Kind::Voice && source.latencies.len() < LATENCIES_MAX {
            let micros = u32::try_from(nanos.saturating_sub(stamp.nanos) / 1_000).unwrap_or(u32::MAX);
            source.latencies.push((stamp.number, micros));
        }
    }

    /// What came so far of each.
    pub(crate) fn take(&mut self) -> Vec<Heard> {
        let heard = |((name, kind), source): (&(Name, Kind), &mut Source)| Heard {
            from: name.to_string(),
            kind: *kind,
            packets: source.packets,
            bytes: source.bytes,
            last: millis(source.last_nanos),
            latencies: std::mem::take(&mut source.latencies),
        };
        self.sources.iter_mut().map(heard).collect()
    }

    /// The silences that ended since this was asked last.
    pub(crate) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }
}

fn millis(nanos: u64) -> u64 {
    nanos / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn stamp(name: &str, at: u64) -> Stamp {
        Stamp { name: Name::new(name), kind: Kind::Voice, nanos: at * MS, number: 3 }
    }

    #[test]
    fn a_silence_is_told_once_it_ends_and_only_of_who_was_silent() {
        let mut hearing = Hearing::default();
        for at in [1_000, 1_020, 1_040, 1_400, 1_420] {
            hearing.on(at * MS + 500_000, &stamp("a", at), 80);
        }
        for at in (1_000..1_500).step_by(20) {
            hearing.on(at * MS, &stamp("b", at), 80);
        }
        let gap = Gap { from: "a".into(), kind: Kind::Voice, began: 1_040, ended: 1_400 };
        assert_eq!(hearing.take_gaps(), [gap]);
        assert_eq!(hearing.take_gaps(), []);
        let heard = hearing.take();
        assert_eq!((heard[0].from.as_str(), heard[0].packets, heard[0].bytes), ("a", 5, 400));
        assert_eq!(heard[0].latencies, vec![(3, 500); 5]);
        assert!(hearing.take()[0].latencies.is_empty());
    }
}
