//! `giaoban account …` and `giaoban grant …`.

use super::{Place, print, stored_units};
use crate::clock;
use crate::identity::{Denied, Identity};
use crate::store::{AccountRow, Store, role_name};
use crate::units;
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use signaling_core::UnitTree;
use signaling_protocol::{
    AccountState, BoundedText, CreateAccount, GrantRole, GrantView, IssuedSecret, Refusal, UnitCode,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Makes an account and prints its first password
    Create {
        /// The sign-in name: 3 to 64 of a-z 0-9 . _ -
        username: String,
        /// The name to show, with position: "Nguyễn Văn A, Chánh Văn phòng"
        #[arg(long)]
        name: String,
        /// The code of the unit the person belongs to
        #[arg(long)]
        unit: String,
    },
    /// Gives an account a new first password and prints it; its sessions end
    ResetPassword {
        /// The sign-in name
        username: String,
    },
    /// Lets an account sign in no more; its sessions end, and it is put out of its meeting within seconds
    Disable {
        /// The sign-in name
        username: String,
    },
    /// Lets a disabled account sign in again, with the password it had
    Enable {
        /// The sign-in name
        username: String,
    },
    /// Lists all accounts with what they may do
    List,
}

#[derive(Args)]
pub(super) struct Grant {
    /// The sign-in name
    username: String,
    /// The role
    role: RoleName,
    /// The unit's code; everything below it is meant too
    unit: String,
    /// Takes the role away instead
    #[arg(long)]
    remove: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Administrator,
    Convener,
    Operator,
    Delegate,
    Viewer,
}

impl From<RoleName> for GrantRole {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Administrator => Self::Administrator,
            RoleName::Convener => Self::Convener,
            RoleName::Operator => Self::Operator,
            RoleName::Delegate => Self::Delegate,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

pub(super) async fn run(place: &Place, command: Command) -> Result<()> {
    let store = place.existing_store().await?;
    match command {
        Command::Create { username, name, unit } => {
            let tree = stored_units(&store).await?;
            let unit = known_unit(&tree, &unit)?;
            let name = BoundedText::<120>::parse(&name).context("--name")?;
            let new = CreateAccount { username, name, unit, grants: Vec::new() };
            let created = identity(place, &store).await?.create_account(clock::now(), &new).await;
            print_secret(&created.map_err(|denied| explain(denied, &new.username))?)
        }
        Command::ResetPassword { username } => {
            let account = existing(&store, &username).await?;
            print_secret(&identity(place, &store).await?.reset_password(&account).await?)
        }
        Command::Disable { username } => set_state(&store, &username, AccountState::Disabled).await,
        Command::Enable { username } => set_state(&store, &username, AccountState::Active).await,
        Command::List => {
            for account in store.accounts().await? {
                let grants: Vec<String> = account
                    .grants
                    .iter()
                    .map(|grant| format!("{}@{}", role_name(grant.role), grant.unit))
                    .collect();
                let (username, unit, name) = (&account.username, &account.unit, &account.name);
                let state = match account.state {
                    AccountState::Active => "",
                    AccountState::Disabled => "\tdisabled",
                };
                print(&format!("{username}\t{unit}\t{name}\t{}{state}", grants.join(" ")))?;
            }
            Ok(())
        }
    }
}

async fn set_state(store: &Store, username: &str, state: AccountState) -> Result<()> {
    let account = existing(store, username).await?;
    let word = match state {
        AccountState::Active => "enabled",
        AccountState::Disabled => "disabled",
    };
    let changed = store.set_account_state(&account.account, state).await?;
    print(&format!("{username} is {word}{}", if changed { "" } else { " already" }))
}

pub(super) async fn grant(place: &Place, grant: Grant) -> Result<()> {
    let store = place.existing_store().await?;
    let account = existing(&store, &grant.username).await?;
    let wanted = if grant.remove {
        // A unit that is gone from the tree can still be taken out of an account.
        let unit = UnitCode::parse(grant.unit.clone()).with_context(|| format!("unit {}", grant.unit))?;
        GrantView { role: grant.role.into(), unit }
    } else {
        let tree = stored_units(&store).await?;
        GrantView { role: grant.role.into(), unit: known_unit(&tree, &grant.unit)? }
    };
    let mut grants: Vec<GrantView> =
        account.grants.into_iter().filter(|present| *present != wanted).collect();
    if !grant.remove {
        grants.push(wanted);
    }
    store.replace_grants(&account.account, &grants).await?;
    print(&format!("{} has {} grants", account.username, grants.len()))
}

/// A unit's code that is in the tree.
pub(super) fn known_unit(tree: &UnitTree, code: &str) -> Result<UnitCode> {
    let unit = UnitCode::parse(code).with_context(|| format!("unit {code}"))?;
    if !units::is_known(tree, &unit) {
        bail!("there is no unit {unit}; its code stands in the units file");
    }
    Ok(unit)
}

async fn existing(store: &Store, username: &str) -> Result<AccountRow> {
    let account = store.account_by_username(username).await?;
    account.with_context(|| format!("there is no account {username}; `giaoban account list` shows all"))
}

async fn identity(place: &Place, store: &Store) -> Result<Identity> {
    Ok(Identity::start(clock::now(), store.clone(), place.config()?.security).await?)
}

fn explain(denied: Denied, username: &str) -> anyhow::Error {
    if matches!(denied, Denied::Refused(Refusal::Malformed)) {
        return anyhow!("{username} cannot be a sign-in name: 3 to 64 of a-z 0-9 . _ -");
    }
    if matches!(denied, Denied::Refused(Refusal::NameTaken)) {
        return anyhow!("there is an account {username} already");
    }
    denied.into()
}

fn print_secret(issued: &IssuedSecret) -> Result<()> {
    print(&format!("name:              {}", issued.login))?;
    print(&format!("one-time password: {}", issued.secret))
}
