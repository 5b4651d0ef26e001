//! The HTTP door: API, WebSocket upgrade, health, and the web client's files.
//!
//! | Method | Path | Who | Body → answer |
//! |---|---|---|---|
//! | POST | `/api/v1/session` | anybody | `SignIn` → `SessionView` and the cookie |
//! | GET | `/api/v1/session` | signed in | → `SessionView` |
//! | DELETE | `/api/v1/session` | anybody | → 204 |
//! | POST | `/api/v1/session/password` | person | `ChangePassword` → `SessionView` |
//! | GET | `/api/v1/units?search=` | signed in | → `UnitList` |
//! | GET, POST | `/api/v1/meetings` | signed in | `CreateMeeting` → `MeetingSummary`; → `MeetingList` |
//! | POST | `/api/v1/meetings/{meeting}/ticket` | signed in | → `TicketIssued` |
//! | GET | `/api/v1/accounts` | administrator, convener | → `AccountView[]` of the own part of the tree |
//! | POST | `/api/v1/accounts` | administrator | `CreateAccount` → `IssuedSecret` |
//! | PUT | `/api/v1/accounts/{account}/state` | administrator | `SetAccountState` → `AccountView` |
//! | PUT | `/api/v1/accounts/{account}/grants` | administrator | `GrantView[]` → `AccountView` |
//! | POST | `/api/v1/accounts/{account}/password` | administrator | → `IssuedSecret` |
//! | GET | `/api/v1/sites` | administrator | → `SiteAccountView[]` of the own part of the tree |
//! | POST, DELETE | `/api/v1/units/{unit}/site-secret` | administrator | → `IssuedSecret`; → 204 |
//! | GET | `/api/v1/nodes` | administrator, operator | → `NodeMap` of the own part of the tree |
//! | GET | `/api/v1/ws` | anybody | WebSocket, subprotocol `giaoban.v1` |
//! | POST | `/api/v1/rtc` | bearer: resume token | SDP offer → 201, SDP answer, `Location` |
//! | PATCH, DELETE | `/api/v1/rtc/session` | bearer: resume token | SDP offer → SDP answer; → 204 |
//! | GET | `/healthz`, `/readyz`, `/metrics` | see `health` | text |
//! | GET | everything else | anybody | the web client |

mod accounts;
mod body;
mod caller;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod health;
mod meetings;
mod nodes;
mod pages;
mod rtc;
mod session;
mod sites;
mod units;
mod websocket;

pub use guard::Scheme;
pub use health::{Readiness, Unready};

use crate::bus::Bus;
use crate::config::Config;
use crate::driver::HubHandle;
use crate::identity::Identity;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::node_map::Placed;
use crate::rights::Settling;
use crate::store::Store;
use crate::tls::CertificateOrigin;
use axum::Router;
use axum::handler::Handler as _;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use error::{method_not_allowed, no_such_path};
use signaling_core::UnitTree;
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

/// Who keeps the accounts of people and sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// This node.
    Here,
    /// The node above; here is a copy of those of the own branch.
    Above,
}

/// What every handler may use.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// What is kept.
    pub store: Store,
    /// Whose the accounts are.
    pub accounts: Keeper,
    /// Accounts and sessions.
    pub identity: Identity,
    /// The way to the hub.
    pub hub: HubHandle,
    /// Held by whoever carries out changed rights.
    pub settling: tokio::sync::Mutex<()>,
    /// The units of now.
    pub units: watch::Receiver<Arc<UnitTree>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The way to other nodes.
    pub bus: Bus,
    /// The SFU, for its figures. Absent where only the API is tested.
    pub media: Option<Arc<Media>>,
    /// Where this node stands among others.
    pub placed: Placed,
    /// How it gets on with those beside it.
    pub neighbours: Arc<Neighbours>,
    /// Whether the node serves.
    pub readiness: Readiness,
    /// Who made the certificate.
    pub certificate: CertificateOrigin,
}

impl App {
    /// What carries out changed rights.
    pub(crate) fn rights(&self) -> Settling<'_> {
        Settling { store: &self.store, identity: &self.identity, hub: &self.hub, alone: &self.settling }
    }
}

/// All routes, for one listener.
pub fn router(app: Arc<App>, scheme: Scheme) -> Router {
    let kept = Router::new()
        .route("/session/password", post(session::change_password))
        .route("/units/{unit}/site-secret", post(sites::issue).delete(sites::revoke))
        .route("/accounts", get(accounts::list).post(accounts::create))
        .route("/accounts/{account}/grants", put(accounts::replace_grants))
        .route("/accounts/{account}/state", put(accounts::set_state))
        .route("/accounts/{account}/password", post(accounts::reset_password))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), guard::kept_here));
    let api = Router::new()
        .route("/session", get(session::show).post(session::sign_in).delete(session::sign_out))
        .route("/units", get(units::list))
        .route("/sites", get(sites::list))
        .route("/nodes", get(nodes::list))
        .route("/meetings", get(meetings::list).post(meetings::create))
        .route("/meetings/{meeting}/ticket", post(meetings::ticket))
        .route("/rtc", post(rtc::offer))
        .route("/rtc/session", axum::routing::patch(rtc::offer_again).delete(rtc::hang_up))
        .route("/ws", get(websocket::upgrade))
        .merge(kept)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(no_such_path)
        .layer(from_fn_with_state(Arc::clone(&app), guard::same_origin))
        .layer(RequestDecompressionLayer::new());
    Router::new()
        .nest("/api/v1", api)
        .route("/api/{*rest}", axum::routing::any(no_such_path))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback_service(pages::page.with_state(()))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(&app), guard::observe))
        .layer(axum::Extension(scheme))
        .with_state(app)
}
