//! `/api/v1/ws`: from HTTP to WebSocket. The right to come in is in the first frame, never in the address.

use super::App;
use super::error::Failure;
use crate::socket;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use signaling_protocol::{Refusal, WIRE_LIMITS};
use std::sync::Arc;
use std::time::Duration;

/// What is gathered before it is written to the line.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// When a client that found the node full is to try again.
const FULL_RETRY: Duration = Duration::from_secs(10);

/// Upgrades a connection.
pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let upgrade = upgrade.map_err(|error| Failure::new(Refusal::Malformed).because(error.body_text()))?;
    let upgrade = upgrade.protocols([socket::SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("offer the subprotocol {}", socket::SUBPROTOCOL);
        return Err(Failure::new(Refusal::VersionMismatch).because(detail));
    }
    if app.metrics.open_connections() >= u64::from(app.config.limits.connections) {
        app.metrics.connections_refused.add(1);
        return Err(Failure::new(Refusal::Full).after(FULL_RETRY));
    }
    let (hub, metrics) = (app.hub.clone(), Arc::clone(&app.metrics));
    let frame_bytes = usize::try_from(WIRE_LIMITS.frame_bytes).unwrap_or(usize::MAX);
    Ok(upgrade
        .max_message_size(frame_bytes)
        .max_frame_size(frame_bytes)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| socket::serve(socket, hub, metrics)))
}
