//! Persons' accounts and what they may do where.

use super::rights::{self, RightsChange};
use super::{Store, StoreError, Transaction};
use crate::identity::secret::SecretHash;
use signaling_core::Holder;
use signaling_protocol::{AccountId, AccountState, GrantRole, GrantView, UnitCode};

/// One person's account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
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
    pub state: AccountState,
    /// What it may do and where.
    pub grants: Vec<GrantView>,
}

/// An account to be made.
pub struct NewAccount<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// Its sign-in name.
    pub username: &'a str,
    /// The name to show.
    pub name: &'a str,
    /// Its unit.
    pub unit: &'a UnitCode,
    /// The first password's hash.
    pub password_hash: &'a str,
    /// What it may do and where.
    pub grants: &'a [GrantView],
    /// Now, UTC milliseconds.
    pub created: i64,
}

type Columns = (String, String, String, String, String, i64, i64);

impl Store {
    /// Makes an account whose password must be changed at the first sign-in.
    pub async fn create_account(&self, new: NewAccount<'_>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO accounts (account, username, name, unit, password_hash, must_change, created) \
             VALUES ($1, $2, $3, $4, $5, 1, $6)",
        )
        .bind(new.account.as_str())
        .bind(new.username)
        .bind(new.name)
        .bind(new.unit.as_str())
        .bind(new.password_hash)
        .bind(new.created)
        .execute(&mut *transaction)
        .await?;
        insert_grants(&mut transaction, new.account, new.grants).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Replaces what an account may do. False if there is no such account.
    pub async fn replace_grants(
        &self,
        account: &AccountId,
        grants: &[GrantView],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let known: Option<(String,)> = sqlx::query_as("SELECT account FROM accounts WHERE account = $1")
            .bind(account.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        if known.is_none() {
            return Ok(false);
        }
        sqlx::query("DELETE FROM grants WHERE account = $1")
            .bind(account.as_str())
            .execute(&mut *transaction)
            .await?;
        insert_grants(&mut transaction, account, grants).await?;
        rights::note(&mut transaction, &holder(account), RightsChange::Granted).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Lets an account sign in, or not any more; then its sessions end. False if that is so already.
    pub async fn set_account_state(
        &self,
        account: &AccountId,
        state: AccountState,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("UPDATE accounts SET disabled = $2 WHERE account = $1 AND disabled <> $2")
            .bind(account.as_str())
            .bind(i64::from(state == AccountState::Disabled))
            .execute(&mut *transaction)
            .await?;
        if state == AccountState::Disabled {
            sqlx::query("DELETE FROM sessions WHERE account = $1")
                .bind(account.as_str())
                .execute(&mut *transaction)
                .await?;
            rights::note(&mut transaction, &holder(account), RightsChange::SignedOut).await?;
        }
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Sets a password. All sessions of the account end, but for the one in which its owner did it.
    pub async fn set_password(
        &self,
        account: &AccountId,
        password_hash: &str,
        must_change: bool,
        own: Option<&SecretHash>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE accounts SET password_hash = $2, must_change = $3 WHERE account = $1")
            .bind(account.as_str())
            .bind(password_hash)
            .bind(i64::from(must_change))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE account = $1 AND token_hash <> $2")
            .bind(account.as_str())
            .bind(own.map_or(&[][..], |session| session.as_slice()))
            .execute(&mut *transaction)
            .await?;
        let change = if own.is_some() { RightsChange::SignedOut } else { RightsChange::Reset };
        rights::note(&mut transaction, &holder(account), change).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// An account by its sign-in name.
    pub async fn account_by_username(&self, username: &str) -> Result<Option<AccountRow>, StoreError> {
        let columns: Option<Columns> = sqlx::query_as(
            "SELECT account, username, name, unit, password_hash, must_change, disabled FROM accounts WHERE username = $1",
        )
        .bind(username)
        .fetch_optional(&self.pool())
        .await?;
        self.with_grants(columns).await
    }

    /// An account by its id.
    pub async fn account(&self, account: &AccountId) -> Result<Option<AccountRow>, StoreError> {
        let columns: Option<Columns> = sqlx::query_as(
            "SELECT account, username, name, unit, password_hash, must_change, disabled FROM accounts WHERE account = $1",
        )
        .bind(account.as_str())
        .fetch_optional(&self.pool())
        .await?;
        self.with_grants(columns).await
    }

    /// All accounts by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT account, username, name, unit, password_hash, must_change, disabled FROM accounts ORDER BY username",
        )
        .fetch_all(&self.pool())
        .await?;
        let mut accounts =
            rows.into_iter().map(|columns| row(columns, Vec::new())).collect::<Result<Vec<_>, _>>()?;
        let grants: Vec<(String, String, String)> =
            sqlx::query_as("SELECT account, role, unit FROM grants ORDER BY account, role, unit")
                .fetch_all(&self.pool())
                .await?;
        for (account, role, unit) in grants {
            let owner = accounts.iter_mut().find(|row| row.account.as_str() == account);
            if let Some(owner) = owner {
                owner.grants.push(grant(&role, unit)?);
            }
        }
        Ok(accounts)
    }

    async fn with_grants(&self, columns: Option<Columns>) -> Result<Option<AccountRow>, StoreError> {
        let Some(columns) = columns else { return Ok(None) };
        let grants: Vec<(String, String)> =
            sqlx::query_as("SELECT role, unit FROM grants WHERE account = $1 ORDER BY role, unit")
                .bind(&columns.0)
                .fetch_all(&self.pool())
                .await?;
        let grants = grants.into_iter().map(|(role, unit)| grant(&role, unit)).collect::<Result<_, _>>()?;
        row(columns, grants).map(Some)
    }
}

fn holder(account: &AccountId) -> Holder {
    Holder::Person { account: account.clone() }
}

pub(super) async fn insert_grants(
    transaction: &mut Transaction,
    account: &AccountId,
    grants: &[GrantView],
) -> Result<(), StoreError> {
    for grant in grants {
        sqlx::query("INSERT INTO grants (account, role, unit) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(account.as_str())
            .bind(role_name(grant.role))
            .bind(grant.unit.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn row(columns: Columns, grants: Vec<GrantView>) -> Result<AccountRow, StoreError> {
    let (account, username, name, unit, password_hash, must_change, disabled) = columns;
    let unreadable = |_| StoreError::Unreadable { what: "an account".into() };
    Ok(AccountRow {
        account: AccountId::parse(account).map_err(unreadable)?,
        username,
        name,
        unit: UnitCode::parse(unit).map_err(unreadable)?,
        password_hash,
        must_change: must_change != 0,
        state: if disabled == 0 { AccountState::Active } else { AccountState::Disabled },
        grants,
    })
}

fn grant(role: &str, unit: String) -> Result<GrantView, StoreError> {
    let unreadable = StoreError::Unreadable { what: "a grant".into() };
    let Some(role) = ROLES.into_iter().find(|known| role_name(*known) == role) else {
        return Err(unreadable);
    };
    Ok(GrantView { role, unit: UnitCode::parse(unit).map_err(|_| unreadable)? })
}

const ROLES: [GrantRole; 5] = [
    GrantRole::Administrator,
    GrantRole::Convener,
    GrantRole::Operator,
    GrantRole::Delegate,
    GrantRole::Viewer,
];

/// A grant's role in the database and on the command line.
pub(crate) const fn role_name(role: GrantRole) -> &'static str {
    match role {
        GrantRole::Administrator => "administrator",
        GrantRole::Convener => "convener",
        GrantRole::Operator => "operator",
        GrantRole::Delegate => "delegate",
        GrantRole::Viewer => "viewer",
    }
}
