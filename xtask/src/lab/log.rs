//! What participants told, and what follows from it: who heard whom, how late, and how long not.

use serde::Deserialize;
use signaling_protocol::{MeetingView, SeatId};

/// One line of a participant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    /// Milliseconds of wall time.
    pub(super) at: u64,
    pub(super) who: String,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What was met.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum What {
    Joined { seat: SeatId },
    Lost { why: String },
    Left {},
    Refused { why: String },
    Meeting { meeting: Box<MeetingView> },
    Second { heard: Vec<Heard> },
    Gap { from: String, kind: Kind, began: u64, ended: u64 },
}

/// Of which source packets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Voice,
    Camera,
    Screen,
}

/// What came of somebody so far.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Heard {
    pub(super) from: String,
    pub(super) kind: Kind,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) last: u64,
    pub(super) latencies: Vec<(u32, u32)>,
}

/// Everything that was told, in the order in which it came.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) lines: Vec<Line>,
}

/// A span of wall time, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Log {
    fn of<'a>(&'a self, who: &str) -> impl DoubleEndedIterator<Item = &'a Line> + use<'a> {
        let who = who.to_owned();
        self.lines.iter().filter(move |line| line.who == who)
    }

    /// The seat of somebody whose media flowed after a moment.
    pub(super) fn joined(&self, who: &str, after: u64) -> Option<(&SeatId, u64)> {
        self.of(who).filter(|line| line.at >= after).find_map(|line| match &line.what {
            What::Joined { seat } => Some((seat, line.at)),
            What::Lost { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Meeting { .. }
            | What::Second { .. }
            | What::Gap { .. } => None,
        })
    }

    /// Whose connection broke in a span, and why.
    pub(super) fn lost(&self, span: Span) -> Vec<(&str, &str)> {
        let within = self.lines.iter().filter(|line| span.holds(line.at));
        let lost = within.filter_map(|line| match &line.what {
            What::Lost { why } => Some((line.who.as_str(), why.as_str())),
            What::Joined { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Meeting { .. }
            | What::Second { .. }
            | What::Gap { .. } => None,
        });
        lost.collect()
    }

    /// The meeting as somebody saw it last.
    pub(super) fn meeting(&self, who: &str) -> Option<&MeetingView> {
        self.of(who).rev().find_map(|line| match &line.what {
            What::Meeting { meeting } => Some(&**meeting),
            What::Joined { .. }
            | What::Lost { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Second { .. }
            | What::Gap { .. } => None,
        })
    }

    /// What somebody told of somebody else in a span, with its moments.
    fn heard<'a>(
        &'a self,
        (who, from): (&'a str, &'a str),
        kind: Kind,
        span: Span,
    ) -> impl DoubleEndedIterator<Item = (u64, &'a Heard)> {
        let within = self.of(who).filter(move |line| span.holds(line.at));
        within.filter_map(move |line| match &line.what {
            What::Second { heard, .. } => {
                let of = heard.iter().find(|heard| heard.from == from && heard.kind == kind);
                of.map(|heard| (line.at, heard))
            }
            What::Joined { .. }
            | What::Lost { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Meeting { .. }
            | What::Gap { .. } => None,
        })
    }

    /// The longest silence that somebody heard of somebody else which ended in a span or went on at its end; of it what is
    /// within the span. None if nothing of it was ever heard.
    pub(super) fn longest_gap(&self, (who, from): (&str, &str), kind: Kind, span: Span) -> Option<u64> {
        let until_end = Span { from: 0, to: span.to + 1_500 };
        let (_, last) = self.heard((who, from), kind, until_end).next_back()?;
        let open = span.to.saturating_sub(last.last.max(span.from));
        let gaps = self.of(who).filter_map(|line| match &line.what {
            What::Gap { from: of, kind: one, began, ended } if of == from && *one == kind => {
                Some(ended.min(&span.to).saturating_sub(*began.max(&span.from)))
            }
            What::Gap { .. }
            | What::Joined { .. }
            | What::Lost { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Meeting { .. }
            | What::Second { .. } => None,
        });
        Some(gaps.chain([open]).max().unwrap_or_default())
    }

    /// How long after a moment something of somebody came again, if there was a silence around that moment.
    pub(super) fn back_after(&self, (who, from): (&str, &str), kind: Kind, moment: u64) -> Option<u64> {
        let mut gaps = self.of(who).filter_map(|line| match &line.what {
            What::Gap { from: of, kind: one, began, ended }
                if of == from && *one == kind && *began <= moment && *ended > moment =>
            {
                Some(ended - moment)
            }
            What::Gap { .. }
            | What::Joined { .. }
            | What::Lost { .. }
            | What::Left { .. }
            | What::Refused { .. }
            | What::Meeting { .. }
            | What::Second { .. } => None,
        });
        gaps.next()
    }

    /// Whether something of somebody came at or after a moment.
    pub(super) fn hears(&self, (who, from): (&str, &str), kind: Kind, moment: u64) -> bool {
        let all = Span { from: moment, to: u64::MAX };
        self.heard((who, from), kind, all).any(|(_, heard)| heard.last >= moment)
    }

    /// Packets and payload bytes that came of somebody, a second.
    pub(super) fn rate(&self, pair: (&str, &str), kind: Kind, span: Span) -> (f64, f64) {
        let mut heard = self.heard(pair, kind, span);
        let (Some((first_at, first)), Some((last_at, last))) = (heard.next(), heard.next_back()) else {
            return (0.0, 0.0);
        };
        let a_second = |first: u64, last: u64| per_second(last.saturating_sub(first), last_at - first_at);
        (a_second(first.packets, last.packets), a_second(first.bytes, last.bytes))
    }

    /// How long each packet of a voice was on its way: number and microseconds.
    pub(super) fn latencies(&self, pair: (&str, &str), span: Span) -> Vec<(u32, u32)> {
        self.heard(pair, Kind::Voice, span).flat_map(|(_, heard)| heard.latencies.iter().copied()).collect()
    }
}

impl Span {
    fn holds(self, at: u64) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

fn per_second(count: u64, milliseconds: u64) -> f64 {
    if milliseconds == 0 { 0.0 } else { count as f64 * 1_000.0 / milliseconds as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> Log {
        Log { lines: lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }

    fn second(at: u64, packets: u64, last: u64) -> String {
        let bytes = packets * 80;
        format!(
            r#"{{"at":{at},"who":"b","type":"second","sent":{{}},"heard":[{{"from":"a","kind":"voice",
            "packets":{packets},"bytes":{bytes},"last":{last},"latencies":[[{packets},150]]}}]}}"#
        )
    }

    const GAP: &str =
        r#"{"at":3000,"who":"b","type":"gap","from":"a","kind":"voice","began":1500,"ended":2700}"#;

    #[test]
    fn the_longest_silence_is_the_one_within_the_span() {
        let (one, two) = (second(1_000, 50, 990), second(5_000, 100, 3_500));
        let log = log(&[&one, GAP, &two]);
        let gap = |from, to| log.longest_gap(("b", "a"), Kind::Voice, Span { from, to });
        assert_eq!(gap(1_000, 4_000), Some(1_200));
        assert_eq!(gap(2_000, 4_000), Some(700));
        assert_eq!(gap(3_000, 5_000), Some(1_500), "the silence that goes on at the end");
        assert_eq!(log.longest_gap(("b", "c"), Kind::Voice, Span { from: 0, to: 9 }), None);
        assert_eq!(log.back_after(("b", "a"), Kind::Voice, 2_000), Some(700));
        assert_eq!(log.back_after(("b", "a"), Kind::Voice, 2_800), None);
        assert!(log.hears(("b", "a"), Kind::Voice, 3_500) && !log.hears(("b", "a"), Kind::Voice, 3_501));
    }

    #[test]
    fn rates_are_of_the_first_and_the_last_word_within_the_span() {
        let lines = [second(1_000, 50, 0), second(2_000, 100, 0), second(3_000, 150, 0)];
        let log = log(&[&lines[0], &lines[1], &lines[2]]);
        let span = Span { from: 900, to: 3_100 };
        assert_eq!(log.rate(("b", "a"), Kind::Voice, span), (50.0, 4_000.0));
        assert_eq!(log.rate(("b", "nobody"), Kind::Voice, span), (0.0, 0.0));
        assert_eq!(log.latencies(("b", "a"), span), [(50, 150), (100, 150), (150, 150)]);
    }

    #[test]
    fn who_was_lost_is_named() {
        let log = log(&[
            r#"{"at":5,"who":"b","type":"joined","seat":"s-1"}"#,
            r#"{"at":9,"who":"b","type":"lost","why":"gone"}"#,
        ]);
        assert_eq!(log.lost(Span { from: 0, to: 9 }), [("b", "gone")]);
        assert!(log.joined("b", 0).is_some() && log.joined("b", 6).is_none());
    }
}
