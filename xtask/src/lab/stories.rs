//! What happens to the small country, and what is measured. Each story leaves everything as it found it.

mod bytes;
mod hops;
mod kills;
mod lines;

use super::Lab;
use super::log::{Kind, Span};
use super::row::Row;
use anyhow::Result;
use clap::ValueEnum;
use std::time::Duration;

/// What is left to itself between two measurements.
const REST: Duration = Duration::from_secs(5);

/// A story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Story {
    /// Bytes of each line beside one copy of each wanted stream, and beside the plan.
    Bytes,
    /// What a relay adds to the way of a packet.
    Hops,
    /// A line is cut and comes back.
    Cut,
    /// A line comes and goes.
    Flap,
    /// A line of 300 ms that loses three packets of a hundred.
    Bad,
    /// A line of 1 Mbit/s.
    Narrow,
    /// Nodes are killed and started again.
    Kills,
}

impl Story {
    pub(super) const ALL: [Self; 7] =
        [Self::Bytes, Self::Hops, Self::Bad, Self::Narrow, Self::Cut, Self::Flap, Self::Kills];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Bytes => "bytes of each line",
            Self::Hops => "added by a relay",
            Self::Cut => "cut and return",
            Self::Flap => "a line that comes and goes",
            Self::Bad => "300 ms and 3 % lost",
            Self::Narrow => "1 Mbit/s",
            Self::Kills => "nodes killed",
        }
    }

    pub(super) fn run(self, lab: &mut Lab) -> Result<Vec<Row>> {
        let title = self.title();
        match self {
            Self::Bytes => bytes::run(lab, title),
            Self::Hops => hops::run(lab, title),
            Self::Cut => lines::cut(lab, title),
            Self::Flap => lines::flap(lab, title),
            Self::Bad => lines::bad(lab, title),
            Self::Narrow => lines::narrow(lab, title),
            Self::Kills => kills::run(lab, title),
        }
    }
}

impl Lab {
    /// Listens for so long; gives the span.
    fn watch(&mut self, time: Duration) -> Result<Span> {
        let from = crate::clock::wall_millis();
        self.people.listen(time)?;
        Ok(Span { from, to: crate::clock::wall_millis() })
    }

    /// The longest silence that any of some heard of any of others; not a number if one heard nothing.
    fn worst_gap(&self, who: &[String], from: &[&str], kind: Kind, span: Span) -> f64 {
        let pairs = who.iter().flat_map(|who| from.iter().map(move |from| (who.as_str(), *from)));
        let gaps = pairs.filter(|(who, from)| who != from);
        let gaps = gaps.map(|pair| self.people.log.longest_gap(pair, kind, span));
        gaps.map(|gap| gap.map_or(f64::NAN, |gap| gap as f64)).fold(0.0, worse)
    }

    /// When the last of some had something of somebody again after a moment; not a number if one has it not.
    fn last_back(&self, who: &[String], from: &str, kind: Kind, moment: u64) -> f64 {
        let back = who.iter().map(|who| {
            let pair = (who.as_str(), from);
            match self.people.log.back_after(pair, kind, moment) {
                Some(after) => after as f64,
                None if self.people.log.hears(pair, kind, moment) => 0.0,
                None => f64::NAN,
            }
        });
        back.fold(0.0, worse)
    }
}

/// The larger of two; what is no number is the worst.
fn worse(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() { f64::NAN } else { one.max(other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_heard_is_the_worst() {
        assert_eq!([3.0, 7.0, 5.0].into_iter().fold(0.0, worse), 7.0);
        assert!([3.0, f64::NAN, 5.0].into_iter().fold(0.0, worse).is_nan());
    }
}
