//! The facts of all meetings: appended, read in order, never changed.
//!
//! Several nodes may hold the same meeting for a moment: one that owns it, and one that believes it still does. Both
//! cannot write. A fact is stored only behind the fact it was chained to, and the key (meeting, number) lets one of two
//! that arrive together in; the other is told [`StoreError::Overtaken`].

use super::{Store, StoreError, Transaction};
use signaling_core::{FactRecord, FactVersion};
use signaling_protocol::{FactNumber, MeetingId};
use sqlx::{Any, AssertSqlSafe, Executor};
use std::fmt::Write as _;

/// Facts written by one statement. Each has six values, and SQLite takes 32,766 in one statement.
const ROWS_AT_ONCE: usize = 32;

/// Passes over one append. A second one is needed when another node's commit comes between looking and writing: the
/// first says that it failed, the second by whom.
const PASSES: u32 = 2;

/// A fact as a row, and the record it is of.
struct Row<'a> {
    record: &'a FactRecord,
    text: String,
    hash: Vec<u8>,
}

impl Store {
    /// Appends facts in one transaction: when this returns, all of them survive a power cut, or none is there. Facts
    /// that are there already, to the last byte of their hash, count as appended: whoever heard nothing of a commit
    /// asks again.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] if another writer has gone on with one of the meetings, [`StoreError::Away`] if it is
    /// not known whether the facts are stored.
    pub async fn append_facts(&self, records: &[FactRecord]) -> Result<(), StoreError> {
        let rows: Vec<Row<'_>> = records.iter().map(Row::of).collect::<Result<_, _>>()?;
        self.within(async {
            let mut pass = 1;
            loop {
                match self.append(&rows).await {
                    Err(error) if error.is_duplicate() && pass < PASSES => pass += 1,
                    done => return done,
                }
            }
        })
        .await
    }

    async fn append(&self, rows: &[Row<'_>]) -> Result<(), StoreError> {
        let mut transaction = self.begin_append().await?;
        let mut missing: Vec<&Row<'_>> = Vec::with_capacity(rows.len());
        for log in by_meeting(rows) {
            let kept = kept_of(&mut transaction, &log).await?;
            missing.extend(log.into_iter().skip(kept));
        }
        for rows in missing.chunks(ROWS_AT_ONCE) {
            let mut insert = sqlx::query(AssertSqlSafe(insert_statement(rows.len())));
            for row in rows {
                insert = insert
                    .bind(row.record.meeting.as_str())
                    .bind(i64::from(row.record.number.0))
                    .bind(row.record.at.0)
                    .bind(row.text.as_str())
                    .bind(row.hash.as_slice())
                    .bind(i64::from(row.record.version.0));
            }
            insert.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The meetings that have facts.
    pub async fn meetings(&self) -> Result<Vec<MeetingId>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT meeting FROM facts ORDER BY meeting")
            .fetch_all(&self.pool())
            .await?;
        let parse = |(text,)| {
            MeetingId::parse(text).map_err(|_| StoreError::Unreadable { what: "a fact's meeting".into() })
        };
        rows.into_iter().map(parse).collect()
    }

    /// One meeting's facts in order.
    pub async fn facts(&self, meeting: &MeetingId) -> Result<Vec<FactRecord>, StoreError> {
        self.facts_since(meeting, FactNumber(0)).await
    }

    /// One meeting's facts behind a number, in order: what another node has written since. A row whose columns and
    /// record disagree is unreadable: somebody has been at the data.
    pub async fn facts_since(
        &self,
        meeting: &MeetingId,
        after: FactNumber,
    ) -> Result<Vec<FactRecord>, StoreError> {
        read_facts(&self.pool(), meeting, after).await
    }
}

/// Reads facts with whatever can, a transaction or a connection of the pool.
pub(super) async fn read_facts<'c>(
    executor: impl Executor<'c, Database = Any>,
    meeting: &MeetingId,
    after: FactNumber,
) -> Result<Vec<FactRecord>, StoreError> {
    let rows: Vec<(i64, String, Vec<u8>, i64)> = sqlx::query_as(
        "SELECT number, record, hash, version FROM facts WHERE meeting = $1 AND number > $2 ORDER BY number",
    )
    .bind(meeting.as_str())
    .bind(i64::from(after.0))
    .fetch_all(executor)
    .await?;
    let read = |(number, text, hash, version): (i64, String, Vec<u8>, i64)| {
        // Looked at first: what a newer form means is not for this program to guess.
        if version > i64::from(FactVersion::CURRENT.0) {
            return Err(StoreError::NewerFact { meeting: meeting.clone(), number, found: version });
        }
        let record: Option<FactRecord> = serde_json::from_str(&text).ok();
        record
            .filter(|record| {
                record.meeting == *meeting
                    && i64::from(record.number.0) == number
                    && i64::from(record.version.0) == version
                    && bytes_of(&record.hash).is_some_and(|bytes| bytes == hash)
            })
            .ok_or_else(|| StoreError::Unreadable {
                what: format!("fact {number} of meeting {meeting}").into(),
            })
    };
    rows.into_iter().map(read).collect()
}

impl<'a> Row<'a> {
    fn of(record: &'a FactRecord) -> Result<Self, StoreError> {
        let unwritable = StoreError::Unwritable { what: "a fact" };
        let Ok(text) = serde_json::to_string(record) else { return Err(unwritable) };
        let Some(hash) = bytes_of(&record.hash) else { return Err(unwritable) };
        Ok(Self { record, text, hash })
    }
}

/// Rows by meeting, each meeting's in its order.
fn by_meeting<'r, 'a>(rows: &'r [Row<'a>]) -> Vec<Vec<&'r Row<'a>>> {
    let mut logs: Vec<Vec<&Row<'_>>> = Vec::new();
    for row in rows {
        let of_row = |log: &&mut Vec<&Row<'_>>| {
            log.first().is_some_and(|first| first.record.meeting == row.record.meeting)
        };
        match logs.iter_mut().find(of_row) {
            Some(log) => log.push(row),
            None => logs.push(vec![row]),
        }
    }
    logs
}

/// How many of a meeting's rows are stored already. An error if what is stored is not what they were chained to.
async fn kept_of(transaction: &mut Transaction, log: &[&Row<'_>]) -> Result<usize, StoreError> {
    let Some(first) = log.first().map(|row| row.record) else { return Ok(0) };
    let overtaken = |number| StoreError::Overtaken { meeting: first.meeting.clone(), number };
    let number = first.number.0;
    let stored: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT number, hash FROM facts WHERE meeting = $1 AND number >= $2 ORDER BY number LIMIT $3",
    )
    .bind(first.meeting.as_str())
    .bind(i64::from(number) - 1)
    .bind(i64::try_from(log.len()).unwrap_or(i64::MAX).saturating_add(1))
    .fetch_all(&mut **transaction)
    .await?;
    let mut stored = stored.into_iter().peekable();
    let before = stored.next_if(|(found, _)| *found < i64::from(number)).map(|(_, hash)| hash);
    if before.is_none() && number > 1 {
        return Err(StoreError::Gap { meeting: first.meeting.clone(), number });
    }
    let before = before.map(|hash| digits_of(&hash)).unwrap_or_default();
    if first.hash != first.expected_hash(&before) {
        return Err(overtaken(number.saturating_sub(1)));
    }
    let mut kept = 0;
    for ((found, hash), row) in stored.zip(log) {
        if found != i64::from(row.record.number.0) || hash != row.hash {
            return Err(overtaken(row.record.number.0));
        }
        kept += 1;
    }
    Ok(kept)
}

/// The statement for so many rows.
fn insert_statement(rows: usize) -> String {
    let mut text = "INSERT INTO facts (meeting, number, at, record, hash, version) VALUES ".to_owned();
    for row in 0..rows {
        let first = row * 6;
        let places = [1, 2, 3, 4, 5, 6].map(|place| format!("${}", first + place)).join(", ");
        let comma = if row == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}({places})");
    }
    text
}

/// The bytes of lower-case hexadecimal digits.
pub(super) fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _other => None,
    };
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _odd => None,
    });
    pairs.collect()
}

/// Bytes as lower-case hexadecimal digits.
fn digits_of(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_lower_case_digits_are_bytes() {
        assert_eq!(bytes_of("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(digits_of(&[0, 255, 26]), "00ff1a");
        assert_eq!(bytes_of(""), Some(Vec::new()));
        for wrong in ["0", "0g", "FF", "000"] {
            assert_eq!(bytes_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_statement_has_a_place_for_every_value() {
        assert!(insert_statement(1).ends_with("VALUES ($1, $2, $3, $4, $5, $6)"));
        assert!(insert_statement(2).ends_with("($7, $8, $9, $10, $11, $12)"));
    }
}
