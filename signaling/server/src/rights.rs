//! Rights that were taken away or changed while a meeting goes on: whoever sits by them is put out.
//!
//! The store says what is to be done. A request does it before it is answered; what a command line beside the node
//! has written is done at the next look, and what was written while no node ran at the next start.

use crate::driver::CallError;
use crate::http::App;
use crate::store::{RightsChange, RightsRow, StoreError};
use signaling_core::{Holder, Rights, SignInId};
use std::collections::HashMap;

/// Why changes are not carried out yet. They stay in the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RightsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub did not do it.
    #[error("the meetings' task did not put out whoever lost the right: {0}")]
    Hub(#[from] CallError),
}

/// Carries out what the store holds.
pub(crate) async fn settle(app: &App) -> Result<(), RightsError> {
    // One at a time: a change that is carried out twice could put out somebody who has come in again since.
    let _alone = app.settling.lock().await;
    let rows = app.store.rights_changes().await?;
    let Some(last) = rows.last().map(|row| row.number) else { return Ok(()) };
    for row in rows.iter().filter(|row| row.change == RightsChange::Reset) {
        app.identity.forgive(&row.holder).await?;
    }
    let changed = rights_now(app, &rows).await?;
    let holders = changed.len();
    app.hub.recheck(changed).await?;
    app.store.forget_rights_changes(last).await?;
    tracing::info!(target: "audit", holders, "took over changed rights");
    Ok(())
}

/// The same for a request that has changed something: it is done, and what is left of it is tried again later.
pub(crate) async fn settle_or_log(app: &App) {
    if let Err(error) = settle(app).await {
        tracing::error!(%error, "changed rights are not taken over yet");
    }
}

/// What is left to each holder after all that happened to it.
async fn rights_now(app: &App, rows: &[RightsRow]) -> Result<HashMap<Holder, Rights>, StoreError> {
    let mut left: HashMap<&Holder, Left> = HashMap::new();
    for row in rows {
        let left = left.entry(&row.holder).or_insert(Left::All);
        *left = left.after(row.change);
    }
    let mut changed = HashMap::new();
    for (holder, left) in left {
        let row = match holder {
            Holder::Person { account } => app.store.account(account).await?,
            // A site has no grants: nothing but the end of its sessions happens to it.
            Holder::Site { .. } => None,
        };
        let rights = match (left, row) {
            (Left::All, Some(row)) => Rights::Granted(row.grants),
            (Left::One(sign_in), Some(row)) => Rights::GrantedTo(sign_in, row.grants),
            (Left::None, _) | (_, None) => Rights::SignedOut,
        };
        changed.insert(holder.clone(), rights);
    }
    Ok(changed)
}

/// Which sign-ins are left to somebody.
#[derive(Clone, Copy)]
enum Left {
    All,
    One(SignInId),
    None,
}

impl Left {
    /// What is over stays over, whatever is granted after it.
    fn after(self, change: RightsChange) -> Self {
        match (self, change) {
            (Self::None, _) | (_, RightsChange::Reset | RightsChange::SignedOut) => Self::None,
            (Self::One(one), RightsChange::OwnPassword { kept }) if one != kept => Self::None,
            (_, RightsChange::OwnPassword { kept }) => Self::One(kept),
            (left, RightsChange::Granted) => left,
        }
    }
}
