//! One WebSocket task: frames from the client to the hub, frames from the hub to the client, both bounded.

use crate::driver::{End, Frames, HubHandle, Outbox, Request, outbox};
use crate::metrics::Metrics;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use signaling_core::ConnectionId;
use signaling_protocol::{Bye, ByeReason, ServerFrame, ServerMessage, WIRE_LIMITS};
use std::sync::Arc;
use std::time::Duration;

/// The subprotocol a client must offer.
pub(crate) const SUBPROTOCOL: &str = "giaoban.v1";

/// How long the last frames may take to leave.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// When a client that was too slow is to come back, milliseconds.
const OVERRUN_RETRY_MS: u32 = 1_000;

/// Frames a client may send in one second before it is not read for the rest of it. The hub answers and counts
/// what is above the wire's rate; this keeps one client from filling the hub's queue with what is refused.
const FRAMES_READ_PER_SECOND: u32 = WIRE_LIMITS.requests_per_second * 4;

/// Why the loop ended.
enum Ended {
    /// The client closed or its line broke.
    ByClient,
    /// The client sent what no client of ours sends.
    Misbehaved(u16),
    /// The hub is done with it.
    ByHub(End),
}

/// Serves one WebSocket until it ends.
pub(crate) async fn serve(mut socket: WebSocket, hub: HubHandle, metrics: Arc<Metrics>) {
    metrics.connections.add(1);
    let (sender, outbox) = outbox();
    if let Ok(connection) = hub.open(sender).await {
        let Outbox { mut frames, mut end } = outbox;
        let ended = tokio::select! {
            biased;
            ended = pump(&mut socket, &hub, &mut frames, connection, &metrics) => ended,
            end = &mut end => Ended::ByHub(end.unwrap_or(End::Finished)),
        };
        // The hub must not send to what is ending; if it ended this, it ignores it.
        let _stopping = hub.send(Request::Closed { connection }).await;
        let farewell = say_goodbye(&mut socket, frames, ended, &metrics);
        // A client that does not even read its goodbye loses it.
        let _late = tokio::time::timeout(FAREWELL_TIMEOUT, farewell).await;
    }
    metrics.connections_closed.add(1);
}

async fn pump(
    socket: &mut WebSocket,
    hub: &HubHandle,
    frames: &mut Frames,
    connection: ConnectionId,
    metrics: &Metrics,
) -> Ended {
    let mut pace = tokio::time::interval(Duration::from_secs(1));
    let mut read_in_this_second = 0;
    loop {
        tokio::select! {
            biased;
            _ = pace.tick() => read_in_this_second = 0,
            frame = frames.next() => {
                // The hub drops its end of the queue together with saying how the connection ends; the caller
                // hears of that.
                let Some(text) = frame else { return std::future::pending().await };
                if socket.send(Message::Text(text)).await.is_err() {
                    return Ended::ByClient;
                }
            }
            message = socket.recv(), if read_in_this_second < FRAMES_READ_PER_SECOND => {
                read_in_this_second += 1;
                match message {
                    Some(Ok(Message::Text(text))) => {
                        metrics.frames_in.add(1);
                        let text = text.as_str().to_owned();
                        if hub.send(Request::Frame { connection, text }).await.is_err() {
                            return Ended::ByHub(End::Finished);
                        }
                    }
                    Some(Ok(Message::Binary(_))) => {
                        metrics.frames_refused.add(1);
                        return Ended::Misbehaved(close_code::UNSUPPORTED);
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return Ended::ByClient,
                    Some(Err(error)) => return refused(&error, metrics),
                }
            }
        }
    }
}

/// A broken line reads as an error too; what tells a frame that breaks the wire's bounds is its cause.
fn refused(error: &axum::Error, metrics: &Metrics) -> Ended {
    let text = error.to_string();
    tracing::debug!(error = text, "a WebSocket failed");
    if text.contains("too long") || text.contains("too large") || text.contains("too big") {
        metrics.frames_refused.add(1);
        return Ended::Misbehaved(close_code::SIZE);
    }
    if text.contains("UTF-8") || text.contains("utf-8") {
        metrics.frames_refused.add(1);
        return Ended::Misbehaved(close_code::INVALID);
    }
    // A line that breaks without a close counts as a protocol error there; it is nobody's misbehaviour.
    if text.contains("protocol error") && !text.contains("without closing handshake") {
        metrics.frames_refused.add(1);
        return Ended::Misbehaved(close_code::PROTOCOL);
    }
    Ended::ByClient
}

async fn say_goodbye(socket: &mut WebSocket, mut frames: Frames, ended: Ended, metrics: &Metrics) {
    let code = match ended {
        Ended::ByClient => return,
        Ended::Misbehaved(code) => {
            send_bye(socket, metrics, ByeReason::Misbehaved, None).await;
            code
        }
        Ended::ByHub(End::Overrun) => {
            send_bye(socket, metrics, ByeReason::Overrun, Some(OVERRUN_RETRY_MS)).await;
            close_code::AGAIN
        }
        Ended::ByHub(End::Finished) => {
            while let Some(text) = frames.next().await {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            close_code::NORMAL
        }
    };
    let close = CloseFrame { code, reason: "".into() };
    // The client may have gone meanwhile; its answer to the close is not waited for longer than the farewell.
    if socket.send(Message::Close(Some(close))).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
    }
}

async fn send_bye(socket: &mut WebSocket, metrics: &Metrics, reason: ByeReason, retry_after_ms: Option<u32>) {
    metrics.on_bye(reason);
    let message = ServerMessage::Bye(Bye { reason, retry_after_ms });
    if let Ok(text) = serde_json::to_string(&ServerFrame { message }) {
        // What follows is the close, which finds out by itself if the line is gone.
        let _ = socket.send(Message::Text(text.into())).await;
    }
}
