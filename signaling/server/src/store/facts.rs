//! The facts of all meetings: appended, read in order, never changed.

use super::{Store, StoreError};
use signaling_core::{FactRecord, FactVersion};
use signaling_protocol::MeetingId;

impl Store {
    /// Appends facts in one transaction: when this returns, all of them survive a power cut, or none is there.
    pub async fn append_facts(&self, records: &[FactRecord]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for record in records {
            let unwritable = StoreError::Unwritable { what: "a fact" };
            let Ok(text) = serde_json::to_string(record) else { return Err(unwritable) };
            let Some(hash) = bytes_of(&record.hash) else { return Err(unwritable) };
            sqlx::query("INSERT INTO facts (meeting, number, at, record, hash, version) VALUES ($1, $2, $3, $4, $5, $6)")
                .bind(record.meeting.as_str())
                .bind(i64::from(record.number.0))
                .bind(record.at.0)
                .bind(text)
                .bind(hash)
                .bind(i64::from(record.version.0))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The meetings that have facts.
    pub async fn meetings(&self) -> Result<Vec<MeetingId>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT meeting FROM facts ORDER BY meeting")
            .fetch_all(&self.pool)
            .await?;
        let parse = |(text,)| {
            MeetingId::parse(text).map_err(|_| StoreError::Unreadable { what: "a fact's meeting".into() })
        };
        rows.into_iter().map(parse).collect()
    }

    /// One meeting's facts in order. A row whose columns and record disagree is unreadable: somebody has been at
    /// the file.
    pub async fn facts(&self, meeting: &MeetingId) -> Result<Vec<FactRecord>, StoreError> {
        let rows: Vec<(i64, String, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT number, record, hash, version FROM facts WHERE meeting = $1 ORDER BY number",
        )
        .bind(meeting.as_str())
        .fetch_all(&self.pool)
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

#[cfg(test)]
mod tests {
    use super::bytes_of;

    #[test]
    fn only_pairs_of_lower_case_digits_are_bytes() {
        assert_eq!(bytes_of("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(bytes_of(""), Some(Vec::new()));
        for wrong in ["0", "0g", "FF", "000"] {
            assert_eq!(bytes_of(wrong), None, "{wrong}");
        }
    }
}
