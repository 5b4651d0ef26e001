//! Rights that were taken away or changed while a meeting goes on: whoever sits by them is put out.
//!
//! The store says what is to be done. A request does it before it is answered; what a command line beside the node
//! has written is done at the next look, and what was written while no node ran at the next start.

use crate::clock;
use crate::driver::{CallError, HubHandle};
use crate::identity::{Identity, secret};
use crate::store::{RightsChange, RightsRow, Store, StoreError};
use signaling_core::{Holder, Rights};
use std::collections::HashMap;
use tokio::sync::Mutex;

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

/// What it takes to carry changes out.
pub(crate) struct Settling<'a> {
    /// Holds the changes, and what is granted now.
    pub(crate) store: &'a Store,
    /// Forgets wrong tries against a secret that is no more.
    pub(crate) identity: &'a Identity,
    /// Puts people out.
    pub(crate) hub: &'a HubHandle,
    /// Held by whoever is at it: a change that is carried out twice could put out somebody who has come in again since.
    pub(crate) alone: &'a Mutex<()>,
}

impl Settling<'_> {
    /// Carries out what the store holds.
    pub(crate) async fn settle(&self) -> Result<(), RightsError> {
        let _alone = self.alone.lock().await;
        let rows = self.store.rights_changes().await?;
        let Some(last) = rows.last().map(|row| row.number) else { return Ok(()) };
        for row in rows.iter().filter(|row| row.change == RightsChange::Reset) {
            self.identity.forgive(&row.holder).await?;
        }
        let changed = self.rights_now(&rows).await?;
        let holders = changed.len();
        self.hub.recheck(changed).await?;
        self.store.forget_rights_changes(last, clock::wall().0).await?;
        tracing::info!(target: "audit", holders, "took over changed rights");
        Ok(())
    }

    /// The same for a request that has changed something: it is done, and what is left of it is tried again later.
    pub(crate) async fn settle_or_log(&self) {
        if let Err(error) = self.settle().await
            && !self.store.is_away()
        {
            tracing::error!(%error, "changed rights are not taken over yet");
        }
    }

    /// What is left to each holder after all that happened to it. Whoever has signed in again meanwhile stays.
    async fn rights_now(&self, rows: &[RightsRow]) -> Result<HashMap<Holder, Rights>, StoreError> {
        let mut ended: HashMap<&Holder, bool> = HashMap::new();
        for row in rows {
            *ended.entry(&row.holder).or_default() |= row.change != RightsChange::Granted;
        }
        let mut changed = HashMap::new();
        for (holder, ended) in ended {
            changed.insert(holder.clone(), self.rights_of(holder, ended).await?);
        }
        Ok(changed)
    }

    /// What is left to a holder, some of whose sign-ins may have ended.
    async fn rights_of(&self, holder: &Holder, ended: bool) -> Result<Rights, StoreError> {
        let account = match holder {
            Holder::Person { account } => {
                self.store.account(account).await?.map(|row| (row.account, row.grants))
            }
            // A site has no grants: it may sit in its own seat.
            Holder::Site { unit } => self.store.site(unit).await?.map(|row| (row.account, Vec::new())),
        };
        let Some((account, grants)) = account else { return Ok(Rights::SignedOut) };
        if !ended {
            return Ok(Rights::Granted(grants));
        }
        let sessions = self.store.sessions_of(&account).await?;
        let left: Vec<_> = sessions.iter().map(secret::sign_in_id).collect();
        Ok(if left.is_empty() { Rights::SignedOut } else { Rights::GrantedTo(left, grants) })
    }
}
