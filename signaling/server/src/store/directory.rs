//! What a node needs of its parent's store to let its own people in: the units around its branch, its sites' and persons'
//! accounts with the hashes of their secrets. It is the parent's to change; a node below holds a copy and goes on with it
//! when it is cut off.

use super::accounts::insert_grants;
use super::rights::{self, RightsChange};
use super::{AccountRow, Store, StoreError, TierRow, Transaction, UnitRow};
use serde::{Deserialize, Serialize};
use signaling_core::Holder;
use signaling_protocol::{AccountId, AccountState, GrantView, UnitCode};
use std::collections::BTreeMap;

/// A copy of a part of a store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Directory {
    /// All tiers.
    pub tiers: Vec<TierRow>,
    /// The units of the branch, and those above it.
    pub units: Vec<UnitRow>,
    /// The sites of the branch that have a secret.
    pub sites: Vec<SiteEntry>,
    /// The persons of the branch.
    pub accounts: Vec<AccountEntry>,
}

/// A site's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteEntry {
    /// The unit whose room it is.
    pub unit: UnitCode,
    /// Its account.
    pub account: AccountId,
    /// Hash of its secret.
    pub secret_hash: Vec<u8>,
    /// When it was issued, UTC milliseconds.
    pub issued: i64,
}

/// A person's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountEntry {
    /// The account.
    pub account: AccountId,
    /// Its sign-in name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// Its unit.
    pub unit: UnitCode,
    /// The password's hash with its parameters.
    pub password_hash: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Whether it can sign in.
    pub disabled: bool,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
}

impl Store {
    /// Everything a node below may need; who asks is given the part of its branch.
    pub async fn directory(&self) -> Result<Directory, StoreError> {
        let site = |row: super::SiteRow| {
            let secret_hash = row.secret_hash?;
            Some(SiteEntry { unit: row.unit, account: row.account, secret_hash, issued: row.issued })
        };
        let account = |row: AccountRow| AccountEntry {
            account: row.account,
            username: row.username,
            name: row.name,
            unit: row.unit,
            password_hash: row.password_hash,
            must_change: row.must_change,
            disabled: row.state == AccountState::Disabled,
            grants: row.grants,
        };
        Ok(Directory {
            tiers: self.tiers().await?,
            units: self.units().await?,
            sites: self.sites().await?.into_iter().filter_map(site).collect(),
            accounts: self.accounts().await?.into_iter().map(account).collect(),
        })
    }

    /// Makes this store's units and accounts those of a directory. Who loses a right by it is noted, like any other.
    pub async fn take_directory(&self, wanted: &Directory, now: i64) -> Result<(), StoreError> {
        if (self.tiers().await?, self.units().await?) != (wanted.tiers.clone(), wanted.units.clone()) {
            self.replace_units(&wanted.tiers, &wanted.units).await?;
        }
        let here = self.directory().await?;
        let mut transaction = self.begin().await?;
        take_sites(&mut transaction, &here, wanted, now).await?;
        take_accounts(&mut transaction, &here, wanted, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn take_sites(
    transaction: &mut Transaction,
    here: &Directory,
    wanted: &Directory,
    now: i64,
) -> Result<(), StoreError> {
    let known: BTreeMap<&UnitCode, &SiteEntry> = here.sites.iter().map(|site| (&site.unit, site)).collect();
    let kept: BTreeMap<&UnitCode, &SiteEntry> = wanted.sites.iter().map(|site| (&site.unit, site)).collect();
    for site in wanted.sites.iter().filter(|site| known.get(&site.unit) != Some(site)) {
        sqlx::query(
            "INSERT INTO sites (unit, account, secret_hash, issued) VALUES ($1, $2, $3, $4) ON CONFLICT (unit) DO UPDATE \
             SET account = excluded.account, secret_hash = excluded.secret_hash, issued = excluded.issued",
        )
        .bind(site.unit.as_str())
        .bind(site.account.as_str())
        .bind(site.secret_hash.as_slice())
        .bind(site.issued)
        .execute(&mut **transaction)
        .await?;
        end_sessions(transaction, &site.account, &Holder::Site { unit: site.unit.clone() }).await?;
    }
    for site in here.sites.iter().filter(|site| !kept.contains_key(&site.unit)) {
        sqlx::query("UPDATE sites SET secret_hash = NULL, issued = $2 WHERE unit = $1")
            .bind(site.unit.as_str())
            .bind(now)
            .execute(&mut **transaction)
            .await?;
        end_sessions(transaction, &site.account, &Holder::Site { unit: site.unit.clone() }).await?;
    }
    Ok(())
}

async fn take_accounts(
    transaction: &mut Transaction,
    here: &Directory,
    wanted: &Directory,
    now: i64,
) -> Result<(), StoreError> {
    let known: BTreeMap<&AccountId, &AccountEntry> =
        here.accounts.iter().map(|one| (&one.account, one)).collect();
    let kept: BTreeMap<&AccountId, &AccountEntry> =
        wanted.accounts.iter().map(|one| (&one.account, one)).collect();
    // A name that was taken from one and given to another must be free first.
    for gone in here.accounts.iter().filter(|one| !kept.contains_key(&one.account)) {
        let holder = Holder::Person { account: gone.account.clone() };
        end_sessions(transaction, &gone.account, &holder).await?;
        for statement in ["DELETE FROM grants WHERE account = $1", "DELETE FROM accounts WHERE account = $1"]
        {
            sqlx::query(statement).bind(gone.account.as_str()).execute(&mut **transaction).await?;
        }
    }
    for one in &wanted.accounts {
        let before = known.get(&one.account).copied();
        if before == Some(one) {
            continue;
        }
        sqlx::query(
            "INSERT INTO accounts (account, username, name, unit, password_hash, must_change, disabled, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account) DO UPDATE SET username = excluded.username, \
             name = excluded.name, unit = excluded.unit, password_hash = excluded.password_hash, \
             must_change = excluded.must_change, disabled = excluded.disabled",
        )
        .bind(one.account.as_str())
        .bind(&one.username)
        .bind(&one.name)
        .bind(one.unit.as_str())
        .bind(&one.password_hash)
        .bind(i64::from(one.must_change))
        .bind(i64::from(one.disabled))
        .bind(now)
        .execute(&mut **transaction)
        .await?;
        sqlx::query("DELETE FROM grants WHERE account = $1")
            .bind(one.account.as_str())
            .execute(&mut **transaction)
            .await?;
        insert_grants(transaction, &one.account, &one.grants).await?;
        let holder = Holder::Person { account: one.account.clone() };
        match before {
            Some(before) if before.password_hash != one.password_hash || before.disabled != one.disabled => {
                end_sessions(transaction, &one.account, &holder).await?;
            }
            Some(_) => rights::note(transaction, &holder, RightsChange::Granted).await?,
            None => {}
        }
    }
    Ok(())
}

async fn end_sessions(
    transaction: &mut Transaction,
    account: &AccountId,
    holder: &Holder,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE account = $1")
        .bind(account.as_str())
        .execute(&mut **transaction)
        .await?;
    rights::note(transaction, holder, RightsChange::Reset).await
}

impl Directory {
    /// The part that a node below needs: its branch, and the units above it.
    #[must_use]
    pub fn of_branch(&self, branch: &[UnitCode]) -> Self {
        let parents: BTreeMap<&str, Option<&str>> =
            self.units.iter().map(|unit| (unit.code.as_str(), unit.parent.as_deref())).collect();
        let up = |code: &str| {
            let mut path = vec![code.to_owned()];
            // A tree has no loop; a path is never longer than all units.
            while let Some(Some(parent)) = path.last().and_then(|last| parents.get(last.as_str())) {
                if path.len() > parents.len() {
                    break;
                }
                path.push((*parent).to_owned());
            }
            path
        };
        let within = |code: &str| up(code).iter().any(|above| branch.iter().any(|top| top.as_str() == above));
        let above: Vec<String> = branch.iter().flat_map(|top| up(top.as_str())).collect();
        let wanted = |code: &str| above.iter().any(|known| known == code) || within(code);
        Self {
            tiers: self.tiers.clone(),
            units: self.units.iter().filter(|unit| wanted(&unit.code)).cloned().collect(),
            sites: self.sites.iter().filter(|site| within(site.unit.as_str())).cloned().collect(),
            accounts: self.accounts.iter().filter(|account| within(account.unit.as_str())).cloned().collect(),
        }
    }
}
