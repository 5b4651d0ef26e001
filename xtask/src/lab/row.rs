//! What was measured, beside what it may be, as a table and as JSON.

use serde::Serialize;
use std::fmt::Write as _;

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// In which story.
    pub(super) story: &'static str,
    /// Of what.
    pub(super) what: String,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    /// What it may be at most or must be at least; none if it is only told.
    pub(super) limit: Option<Limit>,
    pub(super) verdict: Verdict,
}

/// What a figure is held to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Limit {
    Most(f64),
    Least(f64),
    /// Between the two.
    Within(f64, f64),
}

/// How that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    Kept,
    Missed,
    Told,
}

impl Limit {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Most(most) => value <= most,
            Self::Least(least) => value >= least,
            Self::Within(least, most) => (least..=most).contains(&value),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Most(most) => format!("≤ {}", number(most)),
            Self::Least(least) => format!("≥ {}", number(least)),
            Self::Within(least, most) => format!("{} … {}", number(least), number(most)),
        }
    }
}

impl Row {
    /// A figure that is held to something.
    pub(super) fn held(
        story: &'static str,
        what: impl Into<String>,
        (value, unit): (f64, &'static str),
        limit: Limit,
    ) -> Self {
        // What was never measured is no number, and keeps nothing.
        let verdict = if limit.holds(value) { Verdict::Kept } else { Verdict::Missed };
        Self { story, what: what.into(), value, unit, limit: Some(limit), verdict }
    }

    /// A figure that is only told.
    pub(super) fn told(
        story: &'static str,
        what: impl Into<String>,
        (value, unit): (f64, &'static str),
    ) -> Self {
        Self { story, what: what.into(), value, unit, limit: None, verdict: Verdict::Told }
    }
}

/// The table: what, how much, of what is allowed, and the verdict.
pub(super) fn table(rows: &[Row]) -> String {
    let widest = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
    let (mut text, mut story) = (String::new(), "");
    for row in rows {
        if row.story != story {
            story = row.story;
            let _ = writeln!(text, "\n{story}");
        }
        let value = if row.value.is_nan() { "never".to_owned() } else { number(row.value) };
        let verdict = match row.verdict {
            Verdict::Kept => "kept",
            Verdict::Missed => "MISSED",
            Verdict::Told => "",
        };
        let limit = row.limit.map(Limit::text).unwrap_or_default();
        let value = format!("{value} {}", row.unit);
        let line = format!("  {:<widest$}  {value:>14}  {limit:<16} {verdict}", row.what);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// With as many digits as mean something.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// The smallest value that at least this share of some does not exceed; not a number if there are none.
pub(super) fn quantile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_keeps_its_limit_or_misses_it_and_what_was_never_measured_misses() {
        let verdict = |value, limit| Row::held("s", "w", (value, "ms"), limit).verdict;
        assert_eq!(verdict(5.0, Limit::Most(5.0)), Verdict::Kept);
        assert_eq!(verdict(5.1, Limit::Most(5.0)), Verdict::Missed);
        assert_eq!(verdict(4.9, Limit::Least(5.0)), Verdict::Missed);
        assert_eq!(verdict(1.0, Limit::Within(0.9, 1.1)), Verdict::Kept);
        assert_eq!(verdict(1.2, Limit::Within(0.9, 1.1)), Verdict::Missed);
        assert_eq!(verdict(f64::NAN, Limit::Most(5.0)), Verdict::Missed);
        assert_eq!(Row::told("s", "w", (1.0, "ms")).verdict, Verdict::Told);
    }

    #[test]
    fn the_table_names_each_story_once_and_says_what_was_missed() {
        let rows = [
            Row::held("cut", "longest silence", (180.0, "ms"), Limit::Most(200.0)),
            Row::held("cut", "back", (f64::NAN, "ms"), Limit::Most(5_000.0)),
            Row::told("hops", "p50", (0.25, "ms")),
        ];
        let text = table(&rows);
        assert_eq!(text.matches("cut\n").count(), 1, "{text}");
        assert!(text.contains("180 ms  ≤ 200") && text.contains("never ms") && text.contains("MISSED"));
        assert!(text.lines().any(|line| line.ends_with("0.25 ms")), "{text}");
    }

    #[test]
    fn a_quantile_is_a_value_that_occurred() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!((quantile(values.clone(), 50), quantile(values, 99)), (50.0, 99.0));
        assert!(quantile(Vec::new(), 50).is_nan());
    }
}
