//! A plan as tables that fit a terminal of 100 columns.

use super::words::{Words, fill};
use signaling_core::plan::{Compared, Fit, LinePlan, LineWhat, NodePlan, Plan, RelayPlan, RelayVerdict};

/// Rows of a table unless all are asked for.
const ROWS: usize = 15;

/// Longest first cell; the others take at most 70 columns.
const NAME_COLUMNS: usize = 28;

/// The whole plan.
pub(super) fn text(plan: &Plan, words: &Words, all: bool) -> String {
    let summary = [plan.meetings.to_string(), plan.sites.to_string(), number(plan.flat.mbps())];
    let summary: Vec<&str> = summary.iter().map(String::as_str).collect();
    let mut out = vec![fill(words.summary, &summary), String::new(), words.nodes.to_owned()];
    let nodes = ordered(&plan.nodes, all, |node| (node.fit, node.used_percent, node.sends().kbps));
    out.extend(table(&words.node_columns, nodes.iter().map(|node| node_row(node, words)).collect()));
    out.extend(more(plan.nodes.len(), nodes.len(), words));
    if !plan.lines.is_empty() {
        out.extend([String::new(), words.lines.to_owned()]);
        let lines = ordered(&plan.lines, all, |line| (line.fit, line.used_percent, line.down.kbps));
        out.extend(table(&words.line_columns, lines.iter().map(|line| line_row(line, words)).collect()));
        out.extend(more(plan.lines.len(), lines.len(), words));
        out.push(words.note.to_owned());
    }
    out.push(String::new());
    if plan.relays.is_empty() {
        out.push(words.no_relays.to_owned());
    } else {
        out.push(words.relays.to_owned());
        let relays = ordered(&plan.relays, all, |relay| {
            let worse = match relay.verdict {
                RelayVerdict::Harms => Fit::Over,
                RelayVerdict::NoGain => Fit::Tight,
                RelayVerdict::Helps => Fit::Fits,
            };
            (worse, relay.worst_with, relay.link_without.kbps)
        });
        out.extend(relays.iter().flat_map(|relay| relay_lines(relay, words)));
        out.extend(more(plan.relays.len(), relays.len(), words));
    }
    let fits = || plan.nodes.iter().map(|node| node.fit).chain(plan.lines.iter().map(|line| line.fit));
    out.push(String::new());
    if fits().any(|fit| fit == Fit::Unknown) {
        out.push(words.unknown.to_owned());
    }
    if fits().any(|fit| fit == Fit::Tight) {
        out.push(words.tight.to_owned());
    }
    out.join("\n")
}

/// Predictions beside counts.
pub(super) fn compared(all: &[Compared], words: &Words) -> String {
    let rows = all.iter().map(|one| {
        let differs = one.differs_percent.map_or("-".to_owned(), |percent| format!("{percent:+.1} %"));
        let [agrees, differs_word] = words.agrees;
        let verdict = if one.agrees { agrees } else { differs_word };
        let predicted = one.predicted_kbps.map_or("-".to_owned(), |kbps| format!("{:.3}", kbps / 1_000.0));
        let counted = format!("{:.3}", one.measured_kbps / 1_000.0);
        vec![format!("{} → {}", one.from, one.to), predicted, counted, differs, verdict.to_owned()]
    });
    let mut out = vec![words.compared.to_owned()];
    out.extend(table(&words.compared_columns, rows.collect()));
    out.join("\n")
}

/// The fullest first, unless all are asked for: then in the tree's order.
fn ordered<T>(all: &[T], whole: bool, key: impl Fn(&T) -> (Fit, Option<f64>, f64)) -> Vec<&T> {
    let mut rows: Vec<&T> = all.iter().collect();
    if whole || rows.len() <= ROWS {
        return rows;
    }
    rows.sort_by(|one, other| {
        let ((fit, used, load), (other_fit, other_used, other_load)) = (key(one), key(other));
        let (used, other_used) = (used.unwrap_or_default(), other_used.unwrap_or_default());
        other_fit.cmp(&fit).then(other_used.total_cmp(&used)).then(other_load.total_cmp(&load))
    });
    rows.truncate(ROWS);
    rows
}

fn more(all: usize, shown: usize, words: &Words) -> Option<String> {
    (all > shown).then(|| fill(words.more, &[&(all - shown).to_string()]))
}

fn node_row(node: &NodePlan, words: &Words) -> Vec<String> {
    vec![
        node.name.to_string(),
        node.sites.to_string(),
        number(node.receives().mbps()),
        number(node.sends().mbps()),
        format!("{:.0}", node.sends().packets),
        format!("{:.1}", node.cores_needed),
        node.cores.map_or("?".to_owned(), |cores| cores.to_string()),
        fit(node.fit, words),
    ]
}

fn line_row(line: &LinePlan, words: &Words) -> Vec<String> {
    let name = match &line.what {
        LineWhat::Nodes { child, parent } => format!("{child} – {parent}"),
        LineWhat::Access { node } => fill(words.network, &[node.as_str()]),
        LineWhat::Site { node } => fill(words.site_of, &[node.as_str()]),
    };
    vec![
        name,
        number(line.down.mbps()),
        format!("{:.0}", line.down.packets),
        number(line.up.mbps()),
        line.called.map_or("-".to_owned(), |load| number(load.mbps())),
        line.cap_kbps.map_or("?".to_owned(), |cap| number(cap as f64 / 1_000.0)),
        line.used_percent.map_or("?".to_owned(), percent),
        fit(line.fit, words),
    ]
}

fn relay_lines(relay: &RelayPlan, words: &Words) -> Vec<String> {
    let names: Vec<&str> = relay.nodes.iter().map(signaling_core::NodeName::as_str).collect();
    let [helps, no_gain, harms] = words.verdicts;
    let verdict = match relay.verdict {
        RelayVerdict::Helps => helps,
        RelayVerdict::NoGain => no_gain,
        RelayVerdict::Harms => harms,
    };
    let loads = [relay.link_with, relay.link_without, relay.own_line].map(|load| number(load.mbps()));
    let [with, without, own] = loads.each_ref().map(String::as_str);
    let mut lines = vec![
        format!("  {}: {verdict}", names.join(", ")),
        format!("      {}", fill(words.relay, &[relay.parent.as_str(), with, without, own])),
    ];
    if let (Some(with), Some(without)) = (relay.worst_with, relay.worst_without) {
        lines.push(format!("      {}", fill(words.fullest, &[&percent(with), &percent(without)])));
    }
    lines
}

fn fit(fit: Fit, words: &Words) -> String {
    let [unknown, fits, tight, over] = words.fits;
    match fit {
        Fit::Unknown => unknown,
        Fit::Fits => fits,
        Fit::Tight => tight,
        Fit::Over => over,
    }
    .to_owned()
}

/// Three figures: enough to plan by.
fn number(mbps: f64) -> String {
    if mbps >= 100.0 { format!("{mbps:.0}") } else { format!("{mbps:.1}") }
}

fn percent(share: f64) -> String {
    if share < 1.0 { format!("{share:.1} %") } else { format!("{share:.0} %") }
}

/// Rows below a head, the first column to the left, the others to the right.
fn table(head: &[&str], rows: Vec<Vec<String>>) -> Vec<String> {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let mut all = vec![head];
    all.extend(rows);
    for row in &mut all {
        if let Some(name) = row.first_mut().filter(|name| name.chars().count() > NAME_COLUMNS) {
            *name = name.chars().take(NAME_COLUMNS - 1).chain(['…']).collect();
        }
    }
    let columns = all.first().map_or(0, Vec::len);
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  "))
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
