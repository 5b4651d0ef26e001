//! What this node did in meetings of another node while it was cut off from that one, until it is taken in there.

use super::{Store, StoreError};
use signaling_core::FactRecord;
use signaling_protocol::MeetingId;

/// The facts of one meeting's island, by the island's name.
pub type Apart = (u64, Vec<FactRecord>);

impl Store {
    /// Keeps facts of an island. When this returns all of them survive a power cut, or none is there.
    pub async fn append_apart(&self, island: u64, records: &[FactRecord]) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin_append().await?;
            for record in records {
                let text = serde_json::to_string(record);
                let text = text.map_err(|_| StoreError::Unwritable { what: "a fact" })?;
                sqlx::query(
                    "INSERT INTO apart_facts (meeting, number, island, record) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (meeting, number) DO UPDATE SET island = excluded.island, record = excluded.record",
                )
                .bind(record.meeting.as_str())
                .bind(i64::from(record.number.0))
                .bind(island.to_string())
                .bind(text)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await?;
            Ok(())
        })
        .await
    }

    /// An island was taken in: its facts are in the meeting's log now.
    pub async fn forget_apart(&self, meeting: &MeetingId) -> Result<(), StoreError> {
        let forget = async {
            sqlx::query("DELETE FROM apart_facts WHERE meeting = $1")
                .bind(meeting.as_str())
                .execute(&self.pool())
                .await?;
            Ok(())
        };
        self.within(forget).await
    }

    /// The islands that are not taken in yet, one for each meeting.
    pub async fn apart(&self) -> Result<Vec<Apart>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT island, record FROM apart_facts ORDER BY meeting, number")
                .fetch_all(&self.pool())
                .await?;
        let mut islands: Vec<Apart> = Vec::new();
        for (island, record) in rows {
            let unreadable = || StoreError::Unreadable { what: "a fact that was kept apart".into() };
            let island: u64 = island.parse().map_err(|_| unreadable())?;
            let record: FactRecord = serde_json::from_str(&record).map_err(|_| unreadable())?;
            match islands.last_mut() {
                Some((name, records))
                    if *name == island
                        && records.last().is_some_and(|last| last.meeting == record.meeting) =>
                {
                    records.push(record);
                }
                Some(_) | None => islands.push((island, vec![record])),
            }
        }
        Ok(islands)
    }
}
