//! Units files, read whole or refused whole: every mistake with its place (docs/units.md).

use super::{Day, Unit, UnitTree};
use serde::Deserialize;
use signaling_protocol::{BoundedText, TierCode, TierView, UnitCode};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Units of one tree. The country has 3,321 communes and perhaps 100,000 villages of which one system knows its own.
pub const MAX_UNITS: usize = 50_000;

/// Tiers of one tree.
pub const MAX_TIERS: usize = 32;

/// Mistakes listed of one file; the others are counted by nobody, since the first ones are to be mended first.
const MAX_PROBLEMS: usize = 50;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProblem {
    /// Where: a file's name and line, or a unit's position in a JSON list and its code.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// A line of a tiers file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierLine {
    code: String,
    name: String,
}

/// A line of a units file, or a unit of a JSON file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitLine<S: Default> {
    code: String,
    name: String,
    kind: String,
    tier: String,
    #[serde(default)]
    parent: String,
    order: u32,
    #[serde(default, alias = "validFrom")]
    valid_from: String,
    #[serde(default, alias = "validTo")]
    valid_to: String,
    /// In a CSV file one text with spaces, in JSON a list.
    #[serde(default)]
    successors: S,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tiers: Vec<TierLine>,
    units: Vec<UnitLine<Vec<String>>>,
}

/// A value and where it stands.
type Placed<T> = (String, T);

impl UnitTree {
    /// Reads the two CSV files.
    pub fn from_csv(tiers: &[u8], units: &[u8]) -> Result<Self, Vec<ImportProblem>> {
        let mut problems = Vec::new();
        let tiers = csv_lines::<TierLine>("tiers", tiers, &mut problems);
        let units = csv_lines::<UnitLine<String>>("units", units, &mut problems);
        let units = keep(
            units,
            |line| unit(line, |text| text.split_whitespace().map(str::to_owned).collect()),
            &mut problems,
        );
        check(tiers, units, problems)
    }

    /// Reads the one JSON file.
    pub fn from_json(text: &[u8]) -> Result<Self, Vec<ImportProblem>> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let document: Document = serde_json::from_slice(text).map_err(|error| {
            vec![ImportProblem { place: format!("line {}", error.line()), reason: error.to_string() }]
        })?;
        let tiers = (1..).zip(document.tiers).map(|(at, tier)| (format!("tier {at} ({})", tier.code), tier));
        let units = (1..).zip(document.units).map(|(at, unit)| (format!("unit {at} ({})", unit.code), unit));
        let mut problems = Vec::new();
        let units = keep(units.collect(), |line| unit(line, |list| list), &mut problems);
        check(tiers.collect(), units, problems)
    }
}

fn csv_lines<T: for<'a> Deserialize<'a>>(
    file: &str,
    text: &[u8],
    problems: &mut Vec<ImportProblem>,
) -> Vec<Placed<T>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let mut lines = Vec::new();
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            let reason = csv_reason(&error, &csv::StringRecord::new());
            problems.push(ImportProblem { place: format!("{file} line 1"), reason });
            return lines;
        }
    };
    if let Some(sign) = foreign_separator(&headers) {
        let reason = format!("columns are separated by {sign:?}; a comma is expected");
        problems.push(ImportProblem { place: format!("{file} line 1"), reason });
        return lines;
    }
    for record in reader.records() {
        let line = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        match record {
            Ok(record) => {
                let place = format!("{file} line {}", line(record.position()));
                match record.deserialize(Some(&headers)) {
                    Ok(value) => lines.push((place, value)),
                    Err(error) => {
                        problems.push(ImportProblem { place, reason: csv_reason(&error, &headers) });
                    }
                }
            }
            Err(error) => {
                let place = format!("{file} line {}", line(error.position()));
                problems.push(ImportProblem { place, reason: csv_reason(&error, &headers) });
            }
        }
        if problems.len() >= MAX_PROBLEMS {
            break;
        }
    }
    lines
}

/// What is wrong, in words of the file rather than of the reader.
fn csv_reason(error: &csv::Error, headers: &csv::StringRecord) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
            "{len} columns instead of {expected_len}: a comma is missing or too many, or a quotation mark is not closed"
        ),
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8; save the file as \"CSV UTF-8\"".to_owned(),
        csv::ErrorKind::Deserialize { err, .. } => {
            let at = err.field().and_then(|field| headers.get(usize::try_from(field).ok()?));
            match (at, err.kind()) {
                (Some(column), csv::DeserializeErrorKind::ParseInt(_)) => {
                    format!("{column}: a whole number from 0 to {} is expected", u32::MAX)
                }
                (Some(column), kind) => format!("{column}: {kind}"),
                (None, kind) => kind.to_string(),
            }
        }
        csv::ErrorKind::Io(_) | csv::ErrorKind::Seek | csv::ErrorKind::Serialize(_) | _ => error.to_string(),
    }
}

/// The sign that stands where commas are expected, as spreadsheets of some countries write it.
fn foreign_separator(headers: &csv::StringRecord) -> Option<char> {
    let only = headers.get(0).filter(|_| headers.len() == 1)?;
    only.chars().find(|sign| matches!(sign, ';' | '\t' | '|'))
}

/// Everything that makes lines a tree.
fn check(
    tiers: Vec<Placed<TierLine>>,
    units: Vec<Placed<Unit>>,
    mut problems: Vec<ImportProblem>,
) -> Result<UnitTree, Vec<ImportProblem>> {
    if tiers.len() > MAX_TIERS || units.len() > MAX_UNITS {
        let (t, u) = (tiers.len(), units.len());
        let reason = format!("{t} tiers and {u} units; at most {MAX_TIERS} and {MAX_UNITS} are taken");
        return Err(vec![ImportProblem { place: "file".to_owned(), reason }]);
    }
    if problems.is_empty() && (tiers.is_empty() || units.is_empty()) {
        let reason = "at least one tier and one unit are needed".to_owned();
        return Err(vec![ImportProblem { place: "file".to_owned(), reason }]);
    }
    let tiers = keep(tiers, tier, &mut problems);
    let rank: HashMap<TierCode, usize> =
        tiers.iter().enumerate().map(|(at, (_, t))| (t.code.clone(), at)).collect();
    once("tier", tiers.iter().map(|(place, tier)| (place, tier.code.as_str())), &mut problems);
    once("unit", units.iter().map(|(place, unit)| (place, unit.code.as_str())), &mut problems);
    let known: HashMap<&UnitCode, &Unit> = units.iter().map(|(_, unit)| (&unit.code, unit)).collect();
    for (place, unit) in &units {
        if let Err(reason) = relations(unit, &known, &rank) {
            problems.push(ImportProblem { place: place.clone(), reason });
        }
    }
    problems.truncate(MAX_PROBLEMS);
    if !problems.is_empty() {
        return Err(problems);
    }
    let tiers = tiers.into_iter().map(|(_, tier)| tier).collect();
    Ok(UnitTree::assemble(tiers, units.into_iter().map(|(_, unit)| unit).collect()))
}

fn keep<A, B>(
    lines: Vec<Placed<A>>,
    read: impl Fn(A) -> Result<B, String>,
    problems: &mut Vec<ImportProblem>,
) -> Vec<Placed<B>> {
    let mut kept = Vec::with_capacity(lines.len());
    for (place, line) in lines {
        match read(line) {
            Ok(value) => kept.push((place, value)),
            Err(reason) => problems.push(ImportProblem { place, reason }),
        }
    }
    kept
}

fn once<'a>(
    what: &str,
    codes: impl Iterator<Item = (&'a String, &'a str)>,
    problems: &mut Vec<ImportProblem>,
) {
    let mut seen = HashSet::new();
    for (place, code) in codes {
        if !seen.insert(code) {
            problems.push(ImportProblem {
                place: place.clone(),
                reason: format!("the {what} {code} is there twice"),
            });
        }
    }
}

fn tier(line: TierLine) -> Result<TierView, String> {
    let code = TierCode::parse(line.code).map_err(|error| format!("code: {error}"))?;
    let name = BoundedText::<120>::parse(&line.name).map_err(|error| format!("name: {error}"))?;
    Ok(TierView { code, name: name.into() })
}

fn unit<S: Default>(line: UnitLine<S>, split: impl Fn(S) -> Vec<String>) -> Result<Unit, String> {
    let code = UnitCode::parse(line.code).map_err(|error| format!("code: {error}"))?;
    let name = BoundedText::<120>::parse(&line.name).map_err(|error| format!("name: {error}"))?;
    let kind = BoundedText::<60>::parse(&line.kind).map_err(|error| format!("kind: {error}"))?;
    let tier = TierCode::parse(line.tier).map_err(|error| format!("tier: {error}"))?;
    let parent = match line.parent.as_str() {
        "" => None,
        text => Some(UnitCode::parse(text).map_err(|error| format!("parent: {error}"))?),
    };
    let valid_from = day("valid_from", &line.valid_from)?;
    let valid_to = day("valid_to", &line.valid_to)?;
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        return Err("valid_to is before valid_from".to_owned());
    }
    let successors = split(line.successors).into_iter().map(UnitCode::parse).collect::<Result<_, _>>();
    let successors = successors.map_err(|error| format!("successors: {error}"))?;
    Ok(Unit {
        code,
        name: name.into(),
        kind: kind.into(),
        tier,
        parent,
        order: line.order,
        valid_from,
        valid_to,
        successors,
    })
}

fn day(column: &str, text: &str) -> Result<Option<Day>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Day::parse(text).map(Some).ok_or_else(|| format!("{column}: a day is written YYYY-MM-DD, not \"{text}\""))
}

/// A parent is there and of a higher tier. Tiers fall strictly on every step, so there can be no circle.
fn relations(
    unit: &Unit,
    known: &HashMap<&UnitCode, &Unit>,
    rank: &HashMap<TierCode, usize>,
) -> Result<(), String> {
    let own = rank.get(&unit.tier).ok_or_else(|| format!("there is no tier {}", unit.tier))?;
    if let Some(parent) = &unit.parent {
        let above = known.get(parent).ok_or_else(|| format!("there is no parent {parent}"))?;
        if rank.get(&above.tier).is_some_and(|above| above >= own) {
            return Err(format!("the parent {parent} is not of a higher tier"));
        }
    }
    match unit.successors.iter().find(|code| !known.contains_key(code)) {
        Some(code) => Err(format!("there is no successor {code}")),
        None => Ok(()),
    }
}
