//! `/api/v1/accounts`: persons' accounts, by administrators of their part of the tree.

use super::App;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::Failure;
use crate::clock;
use crate::identity::scope;
use crate::store::AccountRow;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signaling_protocol::{
    AccountId, AccountState, AccountView, CreateAccount, GrantRole, GrantView, IssuedSecret, Refusal,
    SetAccountState, UnitCode,
};
use std::sync::Arc;

/// Grants of one account. A person with more is two persons.
const GRANTS_MAX: usize = 32;

/// The accounts in the caller's part of the tree. Conveners see those that can sign in too: they name the staff of
/// meetings.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Vec<AccountView>>, Failure> {
    let tree = Arc::clone(&app.units.borrow());
    let roles = [GrantRole::Administrator, GrantRole::Convener];
    let has = |role, unit: &UnitCode| scope::covers(&tree, &caller.0.grants, role, unit);
    let sees = |row: &AccountRow| match row.state {
        AccountState::Active => roles.into_iter().any(|role| has(role, &row.unit)),
        AccountState::Disabled => has(GrantRole::Administrator, &row.unit),
    };
    if !caller.0.grants.iter().any(|grant| roles.contains(&grant.role)) {
        return Err(Refusal::NotAllowed.into());
    }
    let accounts = app.store.accounts().await?;
    Ok(Json(accounts.into_iter().filter(sees).map(view).collect()))
}

/// Makes an account.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<CreateAccount>,
) -> Result<(StatusCode, Json<IssuedSecret>), Failure> {
    known_unit(&app, &body.unit)?;
    administers(&app, &caller, &body.unit)?;
    may_give(&app, &caller, &body.grants, &[])?;
    let issued = app.identity.create_account(clock::now(), &body).await.map_err(|denied| {
        let failure = Failure::from(denied);
        if failure.refusal() == Refusal::Malformed {
            return failure.because("username: 3 to 64 of a-z 0-9 . _ -");
        }
        failure
    })?;
    audit(&caller, "account created", &issued.login);
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Replaces what an account may do. Grants outside of the caller's part of the tree stay as they are.
pub(super) async fn replace_grants(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    caller: Caller,
    JsonBody(grants): JsonBody<Vec<GrantView>>,
) -> Result<Json<AccountView>, Failure> {
    let mut row = administered(&app, &caller, account).await?;
    may_give(&app, &caller, &grants, &row.grants)?;
    let tree = Arc::clone(&app.units.borrow());
    let out_of_reach =
        |grant: &GrantView| !scope::covers(&tree, &caller.0.grants, GrantRole::Administrator, &grant.unit);
    let mut new: Vec<GrantView> = row.grants.iter().filter(|grant| out_of_reach(grant)).cloned().collect();
    new.extend(grants.into_iter().filter(|grant| !row.grants.contains(grant) || !out_of_reach(grant)));
    if !app.store.replace_grants(&row.account, &new).await? {
        return Err(Refusal::NoSuchAccount.into());
    }
    audit(&caller, "grants replaced", &row.username);
    app.rights().settle_or_log().await;
    row.grants = new;
    Ok(Json(view(row)))
}

/// Gives an account a new first password.
pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    caller: Caller,
) -> Result<Json<IssuedSecret>, Failure> {
    let row = administered(&app, &caller, account).await?;
    // Whoever may do more than the caller is not to be taken over by him.
    may_give(&app, &caller, &row.grants, &[])?;
    let issued = app.identity.reset_password(&row).await?;
    audit(&caller, "password reset", &row.username);
    app.rights().settle_or_log().await;
    Ok(Json(issued))
}

/// Lets an account sign in no more, or again with the password it had. Nobody disables himself: somebody must be
/// left to administer.
pub(super) async fn set_state(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    caller: Caller,
    JsonBody(wanted): JsonBody<SetAccountState>,
) -> Result<Json<AccountView>, Failure> {
    let mut row = administered(&app, &caller, account).await?;
    may_give(&app, &caller, &row.grants, &[])?;
    let what = match wanted.state {
        AccountState::Active => "account enabled",
        AccountState::Disabled if row.account == caller.0.account => {
            return Err(Failure::new(Refusal::NotAllowed).because("an account does not disable itself"));
        }
        AccountState::Disabled => "account disabled",
    };
    if app.store.set_account_state(&row.account, wanted.state).await? {
        audit(&caller, what, &row.username);
    }
    app.rights().settle_or_log().await;
    row.state = wanted.state;
    Ok(Json(view(row)))
}

async fn administered(app: &App, caller: &Caller, account: String) -> Result<AccountRow, Failure> {
    let account = AccountId::parse(account).map_err(|_| Refusal::NoSuchAccount)?;
    if !scope::administers_something(&caller.0.grants) {
        return Err(Refusal::NotAllowed.into());
    }
    let row = app.store.account(&account).await?.ok_or(Refusal::NoSuchAccount)?;
    administers(app, caller, &row.unit)?;
    Ok(row)
}

/// Refuses callers who do not administer a unit.
pub(super) fn administers(app: &App, caller: &Caller, unit: &UnitCode) -> Result<(), Failure> {
    if !scope::administers_something(&caller.0.grants) {
        return Err(Refusal::NotAllowed.into());
    }
    let tree = app.units.borrow();
    if scope::covers(&tree, &caller.0.grants, GrantRole::Administrator, unit) {
        Ok(())
    } else {
        Err(Refusal::OutsideScope.into())
    }
}

/// Refuses units that are not in the tree.
pub(super) fn known_unit(app: &App, unit: &UnitCode) -> Result<(), Failure> {
    if crate::units::is_known(&app.units.borrow(), unit) {
        Ok(())
    } else {
        Err(Failure::new(Refusal::NoSuchUnit).because(format!("no unit {unit}")))
    }
}

/// Refuses grants for units that the caller does not administer, but those the account has already.
fn may_give(app: &App, caller: &Caller, grants: &[GrantView], present: &[GrantView]) -> Result<(), Failure> {
    if grants.len() > GRANTS_MAX {
        return Err(Failure::new(Refusal::TooLarge).because(format!("more than {GRANTS_MAX} grants")));
    }
    for grant in grants.iter().filter(|grant| !present.contains(grant)) {
        known_unit(app, &grant.unit)?;
        administers(app, caller, &grant.unit)?;
    }
    Ok(())
}

fn view(row: AccountRow) -> AccountView {
    AccountView {
        account: row.account,
        username: row.username,
        name: row.name,
        unit: row.unit,
        state: row.state,
        grants: row.grants,
    }
}

pub(super) fn audit(caller: &Caller, what: &str, about: &str) {
    tracing::info!(target: "audit", account = caller.0.account.as_str(), login = caller.0.login, about, "{what}");
}
