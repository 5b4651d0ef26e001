//! Reading a TOML file key by key, so that every mistake of a file is found at once and named with its line.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const NOT_TOML: &str = "not valid TOML";

/// One mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A file being read: its sections that have not been asked for yet, and the mistakes found so far.
pub(super) struct Reader<'a> {
    text: &'a str,
    sections: BTreeMap<String, Spanned<DeValue<'a>>>,
    lines: BTreeMap<String, usize>,
    problems: Vec<Problem>,
    broken: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self {
            text,
            sections: BTreeMap::new(),
            lines: BTreeMap::new(),
            problems: Vec::new(),
            broken: false,
        };
        for error in errors {
            let offset = error.span().map_or(0, |span| span.start);
            reader.problem(line_of(text, offset), format!("{NOT_TOML}: {}", error.message()));
        }
        reader.broken = !reader.problems.is_empty();
        for (key, value) in document.into_inner() {
            let name = key.get_ref().to_string();
            reader.lines.insert(name.clone(), line_of(text, key.span().start));
            reader.sections.insert(name, value);
        }
        reader
    }

    /// Takes a section; one that is missing reads as empty, so that every key has its default.
    pub(super) fn section(&mut self, name: &'static str) -> Section<'a, '_> {
        let table = match self.sections.remove(name).map(Spanned::into_inner) {
            Some(DeValue::Table(table)) => table,
            Some(_) => {
                self.problem(self.line(name), format!("`{name}` must be a section: [{name}]"));
                DeTable::new()
            }
            None => DeTable::new(),
        };
        Section::new(self.text, name, self.line(name), table, &mut self.problems)
    }

    /// Reads every table of a list of tables, `[[name]]`; none if the list is missing. Beside what was read come the lines
    /// of its keys, for mistakes that show later.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Section<'a, '_>) -> T,
    ) -> Vec<(T, KeyLines)> {
        let tables = match self.sections.remove(name).map(Spanned::into_inner) {
            Some(DeValue::Array(tables)) => tables,
            Some(_) => {
                self.problem(self.line(name), format!("`{name}` must be a list of tables: [[{name}]]"));
                return Vec::new();
            }
            None => return Vec::new(),
        };
        let mut all = Vec::new();
        for table in tables {
            let line = line_of(self.text, table.span().start);
            let DeValue::Table(table) = table.into_inner() else {
                self.problem(line, format!("`{name}` must be a list of tables: [[{name}]]"));
                continue;
            };
            let mut section = Section::new(self.text, name, line, table, &mut self.problems);
            let value = read(&mut section);
            let lines = KeyLines { table: line, keys: section.lines.clone() };
            section.finish();
            all.push((value, lines));
        }
        all
    }

    /// Ends the reading: what nobody asked for is unknown. In a text that is not TOML, keys and values are guesses,
    /// so only that is reported.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.broken {
            self.problems.retain(|problem| problem.message.starts_with(NOT_TOML));
            self.problems.sort();
            return self.problems;
        }
        for name in std::mem::take(&mut self.sections).into_keys() {
            self.problem(self.line(&name), format!("unknown section or key `{name}`"));
        }
        self.problems.sort();
        self.problems
    }

    fn line(&self, name: &str) -> usize {
        self.lines.get(name).copied().unwrap_or(1)
    }

    fn problem(&mut self, line: usize, message: String) {
        self.problems.push(Problem { line, message });
    }
}

/// One section being read. Dropping it by [`Section::finish`] reports the keys that nobody asked for.
pub(super) struct Section<'a, 'r> {
    name: &'static str,
    entries: BTreeMap<String, (usize, Spanned<DeValue<'a>>)>,
    lines: BTreeMap<String, usize>,
    line: usize,
    problems: &'r mut Vec<Problem>,
}

/// Where the keys of a table stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyLines {
    table: usize,
    keys: BTreeMap<String, usize>,
}

impl KeyLines {
    /// The line of a key; that of its table if the key is not there.
    pub(super) fn of(&self, key: &str) -> usize {
        self.keys.get(key).copied().unwrap_or(self.table)
    }
}

impl<'a, 'r> Section<'a, 'r> {
    fn new(
        text: &str,
        name: &'static str,
        line: usize,
        table: DeTable<'a>,
        problems: &'r mut Vec<Problem>,
    ) -> Self {
        let place = |key: &Spanned<_>| line_of(text, key.span().start);
        let entries: BTreeMap<String, _> =
            table.into_iter().map(|(key, value)| (key.get_ref().to_string(), (place(&key), value))).collect();
        let lines = entries.iter().map(|(key, (line, _))| (key.clone(), *line)).collect();
        Self { name, entries, lines, line, problems }
    }

    /// Reads one key that must be there; `None` if it is missing or wrong, which is reported.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&DeValue<'_>) -> Result<T, String>,
    ) -> Option<T> {
        if !self.entries.contains_key(key) {
            self.refuse(key, "is missing");
        }
        self.optional(key, parse)
    }

    /// Reads one key that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&DeValue<'_>) -> Result<T, String>,
    ) -> Option<T> {
        self.read(key, None, |value| parse(value).map(Some))
    }

    /// Reads one key; a key that is missing or wrong has its default.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        default: T,
        parse: impl Fn(&DeValue<'_>) -> Result<T, String>,
    ) -> T {
        let Some((line, value)) = self.entries.remove(key) else { return default };
        match parse(value.get_ref()) {
            Ok(value) => value,
            Err(reason) => {
                let message = format!("{}.{key}: {reason}", self.name);
                self.problems.push(Problem { line, message });
                default
            }
        }
    }

    /// Reports a mistake in how keys go together, at the line of `key`.
    pub(super) fn refuse(&mut self, key: &'static str, reason: &str) {
        let line = self.lines.get(key).copied().unwrap_or(self.line);
        self.problems.push(Problem { line, message: format!("{}.{key}: {reason}", self.name) });
    }

    /// Ends the section.
    pub(super) fn finish(self) {
        for (key, (line, _)) in self.entries {
            self.problems.push(Problem { line, message: format!("unknown key `{}.{key}`", self.name) });
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A text.
pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("a text in quotes is expected, not {}", value.type_str()))
}

/// A whole number in a range.
pub(super) fn number<T>(range: RangeInclusive<T>) -> impl Fn(&DeValue<'_>) -> Result<T, String>
where
    T: Copy + Display + PartialOrd + TryFrom<i64>,
{
    move |value| {
        let expected = || format!("a whole number from {} to {} is expected", range.start(), range.end());
        let integer = value.as_integer().ok_or_else(expected)?;
        let wide = i64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| expected())?;
        T::try_from(wide).ok().filter(|number| range.contains(number)).ok_or_else(expected)
    }
}

/// A text of a form, `what` says which.
pub(super) fn parsed<T: FromStr>(what: &'static str) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let text = text(value)?;
        text.parse().map_err(|_| format!("{what} is expected, not \"{text}\""))
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let text = text(value)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("one of {} is expected, not \"{text}\"", known.join(", "))
        })
    }
}

/// A text that a fallible reader takes, with the reader's own reason.
pub(super) fn read_by<T, E: Display>(
    read: impl Fn(&str) -> Result<T, E>,
) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| read(&text(value)?).map_err(|error| error.to_string())
}

/// A capacity in Mbit/s, whole or with a point, as kbit/s.
pub(super) fn megabits(value: &DeValue<'_>) -> Result<u32, String> {
    const LARGEST: f64 = 400_000.0;
    let expected = || format!("a number from 0.1 to {LARGEST}, in Mbit/s, is expected");
    let whole = value.as_integer().filter(|integer| integer.radix() == 10).map(|integer| integer.as_str());
    let digits = whole.or_else(|| value.as_float().map(|float| float.as_str()));
    let number = digits.and_then(|digits| digits.parse::<f64>().ok());
    let megabits = number.filter(|number| (0.1..=LARGEST).contains(number)).ok_or_else(expected)?;
    // In range, so the text of the rounded number is one of a `u32`.
    format!("{:.0}", megabits * 1_000.0).parse().map_err(|_| expected())
}

/// A list.
pub(super) fn list<T>(
    item: impl Fn(&DeValue<'_>) -> Result<T, String>,
) -> impl Fn(&DeValue<'_>) -> Result<Vec<T>, String> {
    move |value| {
        let items = value.as_array().ok_or_else(|| "a list in [ ] is expected".to_owned())?;
        items.iter().map(|one| item(one.get_ref())).collect()
    }
}
