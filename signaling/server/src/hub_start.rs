//! Makes the hub as it was: its units, then every meeting from its stored facts.

use crate::clock;
use crate::config::Config;
use crate::store::Store;
use anyhow::{Context, Result};
use signaling_core::{Hub, HubConfig, Input, Place, UnitTree, verify_chain};
use std::sync::Arc;

/// A hub with its units and its meetings. What restoring asks for is still to be drained.
///
/// A meeting whose facts are not whole stops the start: going on without it would let its number be given again,
/// and going on with half of it would tell people what never was.
pub(crate) async fn start(
    config: &Config,
    store: &Store,
    (units, place): (Arc<UnitTree>, Place),
    resume_key: [u8; 32],
    seed: [u8; 32],
) -> Result<Hub> {
    let hub_config = HubConfig {
        resume_key,
        max_meetings: usize::try_from(config.limits.meetings).unwrap_or(usize::MAX),
        max_connections: usize::try_from(config.limits.connections).unwrap_or(usize::MAX),
    };
    let mut hub = Hub::new(hub_config, seed, clock::now()).at(clock::now(), place);
    hub.handle_input(clock::now(), Input::ReplaceUnits { units });
    let meetings = store.meetings().await?;
    let mut facts = 0_usize;
    for meeting in &meetings {
        let records = store.facts(meeting).await?;
        verify_chain(&records).with_context(|| {
            format!("the facts of meeting {meeting} were changed or are not whole; put back a copy of the data directory")
        })?;
        facts += records.len();
        hub.handle_input(clock::now(), Input::Restore { records });
    }
    for (island, records) in store.apart().await? {
        hub.handle_input(clock::now(), Input::RestoreApart { island, records });
    }
    tracing::info!(meetings = meetings.len(), facts, "restored meetings");
    Ok(hub)
}
