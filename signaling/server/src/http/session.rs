//! `/api/v1/session`: signing in and out, and the own password.

use super::App;
use super::body::JsonBody;
use super::caller::{self, AnyCaller, From};
use super::error::Failure;
use crate::clock;
use crate::identity::{Denied, SignedIn};
use crate::metrics::SignInResult;
use crate::units;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signaling_protocol::{ChangePassword, Refusal, SessionView, SignIn};
use std::sync::Arc;
use std::time::Duration;

/// Who is signed in.
pub(super) async fn show(State(app): State<Arc<App>>, AnyCaller(who): AnyCaller) -> Json<SessionView> {
    Json(view(&app, who))
}

/// Signs in.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    from: From,
    JsonBody(body): JsonBody<SignIn>,
) -> Result<Response, Failure> {
    let now = clock::now();
    let result = match &body {
        SignIn::Person { username, password } => {
            app.identity.sign_in_person(now, from.address, username, password).await
        }
        SignIn::Site { code, secret } => app.identity.sign_in_site(now, from.address, code, secret).await,
    };
    app.metrics.on_sign_in(outcome(result.as_ref().err()));
    let session = result.inspect_err(|denied| {
        // The name is not logged: people type passwords into the wrong field.
        tracing::info!(target: "audit", address = %from.address, reason = %denied, "sign-in refused");
    })?;
    let (account, login) = (session.who.account.as_str(), session.who.login.as_str());
    tracing::info!(target: "audit", address = %from.address, account, login, "signed in");
    let cookie = caller::cookie(session.token.expose(), session.longest, from.scheme)
        .ok_or_else(|| Failure::internal(&"a cookie is malformed"))?;
    Ok(([(header::SET_COOKIE, cookie)], Json(view(&app, session.who))).into_response())
}

/// Signs out. Whoever is not signed in is told the same.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    from: From,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(token) = caller::token(&headers) {
        app.identity.sign_out(&token).await?;
        app.rights().settle_or_log().await;
    }
    let cookie = caller::cookie("", Duration::ZERO, from.scheme)
        .ok_or_else(|| Failure::internal(&"a cookie is malformed"))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Takes a new password.
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    from: From,
    AnyCaller(mut who): AnyCaller,
    JsonBody(body): JsonBody<ChangePassword>,
) -> Result<Json<SessionView>, Failure> {
    app.identity.change_password(clock::now(), from.address, &who, &body).await?;
    tracing::info!(target: "audit", address = %from.address, account = who.account.as_str(), "password changed");
    app.rights().settle_or_log().await;
    who.must_change_password = false;
    Ok(Json(view(&app, who)))
}

fn view(app: &App, who: SignedIn) -> SessionView {
    let unit_name = units::name_of(&app.units.borrow(), &who.unit);
    SessionView {
        account: who.account,
        kind: who.kind,
        name: who.name.unwrap_or_else(|| unit_name.clone()),
        unit: who.unit,
        unit_name,
        grants: who.grants,
        must_change_password: who.must_change_password,
    }
}

fn outcome(denied: Option<&Denied>) -> SignInResult {
    match denied {
        None => SignInResult::Accepted,
        Some(Denied::Wait { refusal: Refusal::LockedOut, .. }) => SignInResult::Locked,
        Some(Denied::Wait { .. }) => SignInResult::Limited,
        Some(Denied::Refused(_) | Denied::Weak(_) | Denied::Store(_) | Denied::Failed(_)) => {
            SignInResult::Wrong
        }
    }
}
