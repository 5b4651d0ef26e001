//! `/healthz`, `/readyz` and `/metrics`: for supervisors and monitoring.

use super::App;
use super::error::Failure;
use super::guard::client_address;
use crate::clock;
use crate::config::MetricsAccess;
use crate::metrics::{EXPOSITION_TYPE, Exposition};
use crate::node_map::{self, Sight};
use crate::units;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use signaling_protocol::Refusal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Why a node takes no meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Unready {
    /// It has not finished starting.
    Starting = 1,
    /// It was told to stop.
    Stopping = 2,
    /// Facts cannot be stored.
    StoreFailed = 3,
}

/// Whether a node serves; clones share it.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicU8>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(Unready::Starting as u8)))
    }
}

impl Readiness {
    /// The node serves.
    pub fn is_ready(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The node does not serve.
    pub fn is_not(&self, reason: Unready) {
        self.0.store(reason as u8, Ordering::Relaxed);
    }

    fn reason(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            2 => Some("stopping"),
            3 => Some("facts cannot be stored"),
            _other => Some("starting"),
        }
    }
}

/// The process is alive.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The node takes meetings, or why it does not.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let mut reasons: Vec<String> = app.readiness.reason().into_iter().map(str::to_owned).collect();
    if units::is_empty(&app.units.borrow()) {
        reasons.push("no units: run `giaoban import-units`".to_owned());
    }
    if app.store.is_away() {
        // Then the hub's task waits and answers nobody, and a look would wait as well.
        reasons.push("the database is away; meetings wait, media goes on".to_owned());
    } else {
        if !app.hub.is_alive().await {
            reasons.push("the meetings' task does not answer".to_owned());
        }
        if let Err(error) = app.store.setting("units_version").await {
            reasons.push(format!("the database cannot be read: {error}"));
        }
    }
    if app.media.as_ref().is_some_and(|media| !media.metrics().is_whole()) {
        reasons.push("a media worker has failed".to_owned());
    }
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", reasons.join("; "))).into_response()
}

/// All figures.
pub(super) async fn metrics(State(app): State<Arc<App>>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let local = client_address(request.headers(), peer).is_loopback();
    if app.config.http.metrics == MetricsAccess::Local && !local {
        return Failure::new(Refusal::NotAllowed).because("http.metrics = \"local\"").into_response();
    }
    let mut out = Exposition::default();
    out.header("giaoban_build_info", "The running version.", "gauge");
    out.sample("giaoban_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    app.metrics.write(&mut out);
    out.gauge("giaoban_store_away", "1 while the database is away.", u64::from(app.store.is_away()));
    let counts = app.hub.counts().await;
    out.counters("giaoban_hub_total", "What the hub counts.", "what", counts.into_iter());
    let locked = u64::try_from(app.identity.locked_names(clock::now())).unwrap_or(u64::MAX);
    out.gauge("giaoban_locked_names", "Sign-in names locked now.", locked);
    if let Some(media) = &app.media {
        crate::media_metrics::write(media, &mut out);
    }
    if let Some(heard) = super::nodes::heard(&app).await {
        let units = Arc::clone(&app.units.borrow());
        let map = node_map::draw(&app.placed, &heard, &units, Sight::Everything);
        node_map::write(&map, &mut out);
    }
    let (dropped, malformed) = (app.neighbours.dropped.value(), app.neighbours.malformed.value());
    out.counter("giaoban_node_words_dropped_total", "Words for other nodes the bus did not take.", dropped);
    out.counter("giaoban_node_words_malformed_total", "Words of other nodes not understood.", malformed);
    app.bus.counters().write(&app.bus.state().borrow(), &mut out);
    crate::process_metrics::write(&mut out);
    ([(header::CONTENT_TYPE, EXPOSITION_TYPE)], out.into_text()).into_response()
}
