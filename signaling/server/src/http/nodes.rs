//! `/api/v1/nodes`: the map of nodes, for those who look after them.

use super::App;
use super::caller::Caller;
use super::error::Failure;
use crate::clock;
use crate::node_map::{self, Heard, Sight};
use axum::Json;
use axum::extract::State;
use signaling_protocol::{NodeMap, Refusal};
use std::sync::Arc;

/// This node and those below it, as far as they are in the caller's part of the tree.
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<NodeMap>, Failure> {
    let grants = &caller.0.grants;
    if !node_map::may_look(grants) {
        return Err(Failure::new(Refusal::NotAllowed).because("for administrators and operators only"));
    }
    let heard = heard(&app).await.ok_or_else(|| {
        Failure::new(Refusal::Internal).because("the meetings' task does not answer; is the database away?")
    })?;
    let units = Arc::clone(&app.units.borrow());
    let map = node_map::draw(&app.placed, &heard, &units, Sight::Of(grants));
    if map.nodes.is_empty() {
        let here = app.placed.own.as_str();
        let why = format!("no node at or below \"{here}\" serves only units that you look after");
        return Err(Failure::new(Refusal::OutsideScope).because(why));
    }
    Ok(Json(map))
}

/// What the hub knows now.
pub(super) async fn heard(app: &App) -> Option<Heard> {
    let (statuses, own) = app.hub.nodes().await?;
    Some(Heard { statuses, own, at: clock::wall() })
}
