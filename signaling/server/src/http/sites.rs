//! Site secrets: issued, listed and revoked by administrators of their part of the tree.

use super::App;
use super::accounts::{administers, audit, known_unit};
use super::caller::{Caller, From};
use super::error::Failure;
use crate::identity::scope;
use crate::{clock, site_link};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signaling_protocol::{GrantRole, IssuedSecret, Refusal, SiteAccountView, UnitCode, UtcSeconds};
use std::sync::Arc;

/// The sites in the caller's part of the tree that have a secret.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Vec<SiteAccountView>>, Failure> {
    if !scope::administers_something(&caller.0.grants) {
        return Err(Refusal::NotAllowed.into());
    }
    let tree = Arc::clone(&app.units.borrow());
    let sees = |unit: &UnitCode| scope::covers(&tree, &caller.0.grants, GrantRole::Administrator, unit);
    let sites = app.store.sites().await?;
    let views = sites.into_iter().filter(|row| sees(&row.unit)).map(|row| SiteAccountView {
        issued: UtcSeconds(u32::try_from(row.issued / 1_000).unwrap_or_default()),
        unit: row.unit,
    });
    Ok(Json(views.collect()))
}

/// Issues a new secret; the one before is good no more.
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    Path(unit): Path<String>,
    from: From,
    caller: Caller,
) -> Result<(StatusCode, Json<IssuedSecret>), Failure> {
    let unit = administered(&app, &caller, unit)?;
    let secret = app.identity.issue_site_secret(clock::now(), &unit).await?;
    audit(&caller, "site secret issued", unit.as_str());
    app.rights().settle_or_log().await;
    let base = site_link::base(&app.config.http, from.origin.as_deref());
    let link = site_link::link(&base, &unit, &secret);
    let qr = site_link::qr_svg(&link);
    Ok((
        StatusCode::CREATED,
        Json(IssuedSecret { login: unit.as_str().to_owned(), secret, link: Some(link), qr }),
    ))
}

/// Takes a secret away.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(unit): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Failure> {
    let unit = administered(&app, &caller, unit)?;
    if !app.store.revoke_site_secret(&unit, clock::wall().0).await? {
        return Err(Failure::new(Refusal::NoSuchAccount).because("the site has no secret"));
    }
    audit(&caller, "site secret revoked", unit.as_str());
    app.rights().settle_or_log().await;
    Ok(StatusCode::NO_CONTENT)
}

fn administered(app: &App, caller: &Caller, unit: String) -> Result<UnitCode, Failure> {
    let unit = UnitCode::parse(unit).map_err(|_| Refusal::NoSuchUnit)?;
    known_unit(app, &unit)?;
    administers(app, caller, &unit)?;
    Ok(unit)
}
