//! Who signs in, with what, and for how long. Accounts of persons, accounts of sites, sessions of browsers.
//!
//! A name that does not exist answers like one that does: same refusals, same locks, same time.

mod denied;
pub mod password;
pub mod scope;
pub mod secret;
mod session;
mod throttle;

use crate::config::Security;
use crate::store::{AccountRow, NewAccount, Store, StoreError};
use password::Hasher;
use session::{milliseconds, person, room};
use signaling_core::{Holder, Now};
use signaling_protocol::{
    AccountId, AccountState, ChangePassword, CreateAccount, IssuedSecret, Refusal, UnitCode,
};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use throttle::{Memory, NameKey, Throttle};
use unicode_normalization::UnicodeNormalization;

pub use denied::Denied;
pub use session::{NewSession, SignedIn};

/// Longest sign-in name or site code looked at, bytes.
const LOGIN_MAX_BYTES: usize = 256;

/// Accounts and sessions.
pub struct Identity {
    store: Store,
    hasher: Hasher,
    throttle: Mutex<Throttle>,
    rules: Security,
}

impl Identity {
    /// Starts with what the store holds.
    pub async fn start(now: Now, store: Store, rules: Security) -> Result<Self, Denied> {
        let hasher = Hasher::start().await?;
        let mut throttle = Throttle::new(&rules);
        let since = now.wall.0.saturating_sub(milliseconds(throttle.memory()));
        for tries in store.tries_since(since).await? {
            throttle.restore(now, &tries);
        }
        let throttle = Mutex::new(throttle);
        Ok(Self { store, hasher, throttle, rules })
    }

    /// A person signs in.
    pub async fn sign_in_person(
        &self,
        now: Now,
        from: IpAddr,
        username: &str,
        typed: &str,
    ) -> Result<NewSession, Denied> {
        let username = login_form(username)?.to_lowercase();
        let key = NameKey::person(&username);
        self.may_try(now, from, key)?;
        let account = self.store.account_by_username(&username).await?;
        // A disabled account answers like a name that does not exist.
        let account = account.filter(|row| row.state == AccountState::Active);
        let hash = account.as_ref().map(|row| row.password_hash.clone());
        let right = self.hasher.verify(password::normalized(typed), hash).await?;
        let Some(account) = account.filter(|_| right) else { return Err(self.was_wrong(now, key).await) };
        self.was_right(key).await?;
        self.open_session(now, |session| person(account, session)).await
    }

    /// A meeting room signs in.
    pub async fn sign_in_site(
        &self,
        now: Now,
        from: IpAddr,
        code: &str,
        typed: &str,
    ) -> Result<NewSession, Denied> {
        let code = login_form(code)?;
        let key = NameKey::site(&code);
        self.may_try(now, from, key)?;
        let Ok(unit) = UnitCode::parse(code) else { return Err(self.was_wrong(now, key).await) };
        let site = self.store.site(&unit).await?;
        let given = secret::hash_site_secret(typed).unwrap_or_default();
        // A site that is unknown or revoked has no hash; the all-zero one has no known secret.
        let kept = site.as_ref().and_then(|row| row.secret_hash.clone());
        let right = secret::same(&given, kept.as_deref().unwrap_or(&[0xff; 32]));
        let Some(site) = site.filter(|_| right && kept.is_some()) else {
            return Err(self.was_wrong(now, key).await);
        };
        self.was_right(key).await?;
        self.open_session(now, |session| room(site.account, site.unit, session)).await
    }

    /// A person takes a new password. Its other sessions end.
    pub async fn change_password(
        &self,
        now: Now,
        from: IpAddr,
        who: &SignedIn,
        body: &ChangePassword,
    ) -> Result<(), Denied> {
        let Some(account) = self.store.account(&who.account).await? else {
            // A site has no password of its own.
            return Err(Denied::Refused(Refusal::NotAllowed));
        };
        let key = NameKey::person(&account.username);
        self.may_try(now, from, key)?;
        let current = password::normalized(&body.current);
        if !self.hasher.verify(current.clone(), Some(account.password_hash)).await? {
            return Err(self.was_wrong(now, key).await);
        }
        self.was_right(key).await?;
        let new = password::normalized(&body.new);
        password::check(&new, &account.username, self.rules.password_min_characters)?;
        if new == current {
            return Err(Denied::Refused(Refusal::WeakPassword));
        }
        let hash = self.hasher.hash(new).await?;
        self.store.set_password(&account.account, &hash, false, Some(&who.session)).await?;
        Ok(())
    }

    /// Makes a person's account and its first password.
    pub async fn create_account(&self, now: Now, body: &CreateAccount) -> Result<IssuedSecret, Denied> {
        let username = new_username(&body.username)?;
        let account =
            AccountId::parse(secret::generate_id('p')?).map_err(|_| Denied::Failed("an id is malformed"))?;
        let first = secret::generate_first_password()?;
        let hash = self.hasher.hash(first.clone()).await?;
        let new = NewAccount {
            account: &account,
            username: &username,
            name: body.name.as_str(),
            unit: &body.unit,
            password_hash: &hash,
            grants: &body.grants,
            created: now.wall.0,
        };
        match self.store.create_account(new).await {
            Ok(()) => Ok(IssuedSecret { login: username, secret: first, link: None, qr: None }),
            Err(error) if error.is_duplicate() => Err(Denied::Refused(Refusal::NameTaken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an account a new first password. All its sessions end.
    pub async fn reset_password(&self, account: &AccountRow) -> Result<IssuedSecret, Denied> {
        let first = secret::generate_first_password()?;
        let hash = self.hasher.hash(first.clone()).await?;
        self.store.set_password(&account.account, &hash, true, None).await?;
        self.was_right(NameKey::person(&account.username)).await?;
        Ok(IssuedSecret { login: account.username.clone(), secret: first, link: None, qr: None })
    }

    /// Gives a site a new secret; the one before is good no more.
    pub async fn issue_site_secret(&self, now: Now, unit: &UnitCode) -> Result<String, Denied> {
        let secret = secret::generate_site_secret()?;
        let hash = secret::hash_site_secret(&secret).ok_or(Denied::Failed("a new secret is malformed"))?;
        let fresh =
            AccountId::parse(secret::generate_id('s')?).map_err(|_| Denied::Failed("an id is malformed"))?;
        self.store.issue_site_secret(unit, &fresh, &hash, now.wall.0).await?;
        self.was_right(NameKey::site(unit.as_str())).await?;
        Ok(secret)
    }

    /// Names locked now, for metrics.
    pub fn locked_names(&self, now: Now) -> usize {
        self.with_throttle(|throttle| throttle.locked(now.instant))
    }

    fn may_try(&self, now: Now, from: IpAddr, key: NameKey) -> Result<(), Denied> {
        self.with_throttle(|throttle| {
            let wait = |refusal| move |wait| Denied::Wait { refusal, wait };
            throttle.address(now.instant, from).map_err(wait(Refusal::RateLimited))?;
            throttle.name(now.instant, key).map_err(wait(Refusal::LockedOut))
        })
    }

    /// Forgets the wrong tries of whoever has a new secret.
    pub(crate) async fn forgive(&self, holder: &Holder) -> Result<(), StoreError> {
        let key = match holder {
            Holder::Site { unit } => NameKey::site(unit.as_str()),
            Holder::Person { account } => match self.store.account(account).await? {
                Some(row) => NameKey::person(&row.username),
                None => return Ok(()),
            },
        };
        self.was_right(key).await
    }

    /// What a wrong try is answered, once it is written down: a restart is not to forgive it.
    async fn was_wrong(&self, now: Now, key: NameKey) -> Denied {
        if let Some(tries) = self.with_throttle(|throttle| throttle.kept(now, key))
            && let Err(error) = self.store.keep_tries(&tries).await
        {
            return error.into();
        }
        Denied::Refused(Refusal::WrongCredential)
    }

    async fn was_right(&self, key: NameKey) -> Result<(), StoreError> {
        match self.with_throttle(|throttle| throttle.succeeded(key)) {
            Memory::Fresh => Ok(()),
            Memory::Kept => self.store.forget_tries(key.bytes()).await,
        }
    }

    fn with_throttle<T>(&self, work: impl FnOnce(&mut Throttle) -> T) -> T {
        // Nothing in there panics between two writes, so a poisoned lock holds whole values all the same.
        work(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The form in which a sign-in name or site code is compared: NFC, no space around.
fn login_form(typed: &str) -> Result<String, Denied> {
    if typed.len() > LOGIN_MAX_BYTES {
        return Err(Denied::Refused(Refusal::WrongCredential));
    }
    Ok(typed.trim().nfc().collect())
}

/// Checks a new sign-in name: 3 to 64 of `a-z 0-9 . _ -`.
pub fn new_username(typed: &str) -> Result<String, Denied> {
    let username = login_form(typed)?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let fits = (3..=64).contains(&username.len()) && username.bytes().all(plain);
    if fits { Ok(username) } else { Err(Denied::Refused(Refusal::Malformed)) }
}

#[cfg(test)]
mod tests;
