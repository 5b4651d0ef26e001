//! `giaoban export-facts` and `giaoban verify-facts`. Both only read, so both work beside a running node.

use super::{Place, print};
use anyhow::{Context, Result, ensure};
use signaling_core::{FactVersion, verify_chain};
use signaling_protocol::MeetingId;
use std::io::Write as _;

/// Writes a meeting's facts, one JSON object a line.
pub(super) async fn export(place: &Place, meeting: &str) -> Result<()> {
    let store = place.existing_store().await?;
    let id = MeetingId::parse(meeting).with_context(|| format!("meeting {meeting}"))?;
    let records = store.facts(&id).await?;
    ensure!(!records.is_empty(), "there is no meeting {id}; `giaoban verify-facts` names all");
    for record in &records {
        print(&serde_json::to_string(record)?)?;
    }
    Ok(())
}

/// What is said of a chain that is whole.
struct Checked {
    count: usize,
    /// The newest form in it.
    version: FactVersion,
}

/// Checks all meetings' chains. Every meeting has its line, and one broken chain fails the command.
pub(super) async fn verify(place: &Place) -> Result<()> {
    let store = place.existing_store().await?;
    let mut broken = 0_usize;
    for meeting in store.meetings().await? {
        let checked = match store.facts(&meeting).await {
            Ok(records) => verify_chain(&records)
                .map(|()| Checked {
                    count: records.len(),
                    version: records.last().map_or(FactVersion::FIRST, |record| record.version),
                })
                .map_err(anyhow::Error::from),
            Err(error) => Err(error.into()),
        };
        match checked {
            Ok(Checked { count, version }) => {
                print(&format!("{meeting}\t{count} facts\twhole\tform {}", version.0))?;
            }
            Err(error) => {
                broken += 1;
                // A closed standard error leaves nobody to tell; the exit code tells it.
                let _ = writeln!(std::io::stderr(), "{meeting}\tbroken: {error:#}");
            }
        }
    }
    ensure!(broken == 0, "{broken} meetings have facts that were changed, are not whole or cannot be read");
    Ok(())
}
