//! Passwords: rules, and argon2id away from the threads that serve.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::Arc;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Hashes computed at a time. One takes about 20 ms of a processor and 19 MiB.
const HASHES_AT_ONCE: usize = 2;

/// Sign-ins that may wait for their hash; more are told to try again. 200 of them wait about 2 seconds.
const HASHES_WAITING: usize = 200;

/// Longest password, bytes: a hash's cost must not depend on its sender.
const PASSWORD_MAX_BYTES: usize = 256;

/// Passwords people take when they are forced to take one, in lower case. Digits at the end and repetition are
/// taken off before comparing, so each stands for a family.
const COMMON: [&str; 40] = [
    "password",
    "passw0rd",
    "matkhau",
    "mật khẩu",
    "mat khau",
    "quantri",
    "quản trị",
    "administrator",
    "admin",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "iloveyou",
    "letmein",
    "welcome",
    "changeme",
    "giaoban",
    "giao ban",
    "vietnam",
    "việt nam",
    "viet nam",
    "hanoi",
    "hà nội",
    "saigon",
    "ubnd",
    "uyban",
    "ủy ban",
    "phuongxa",
    "xaphuong",
    "tinhuy",
    "hoinghi",
    "truyenhinh",
    "abcdef",
    "abcdefgh",
    "abcdefghij",
    "abc",
    "a",
    "motconvit",
    "anhyeuem",
];

/// Why a new password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too few characters.
    #[error("the password has fewer than {minimum} characters")]
    Short {
        /// Characters asked for.
        minimum: u16,
    },
    /// Too many bytes.
    #[error("the password has more than {PASSWORD_MAX_BYTES} bytes")]
    Long,
    /// Holds the sign-in name, or the name holds it.
    #[error("the password is the sign-in name")]
    Username,
    /// One of those tried first.
    #[error("the password is one of the common ones")]
    Common,
}

/// Brings a typed password into the one form it is hashed in: keyboards differ in the Unicode form they send.
pub fn normalized(typed: &str) -> String {
    typed.chars().take(PASSWORD_MAX_BYTES).nfc().collect()
}

/// Checks a new password.
pub fn check(password: &str, username: &str, minimum: u16) -> Result<(), Weakness> {
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(Weakness::Long);
    }
    if password.chars().count() < usize::from(minimum) {
        return Err(Weakness::Short { minimum });
    }
    let lower = password.to_lowercase();
    let username = username.to_lowercase();
    let stem = lower.trim_matches(|c: char| !c.is_alphabetic());
    if !username.is_empty() && (lower == username || stem == username) {
        return Err(Weakness::Username);
    }
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let doubled = halves(stem);
    if distinct.len() < 4
        || stem.is_empty()
        || COMMON.contains(&stem)
        || COMMON.contains(&doubled)
        || is_run(&lower)
    {
        return Err(Weakness::Common);
    }
    Ok(())
}

/// The half of a text that is one text twice, else the text.
fn halves(text: &str) -> &str {
    match text.split_at_checked(text.len() / 2) {
        Some((first, second)) if first == second => first,
        Some(_) | None => text,
    }
}

/// Whether each character follows the one before in the alphabet or among digits.
fn is_run(text: &str) -> bool {
    let numbers: Vec<u32> = text.chars().map(u32::from).collect();
    numbers.windows(2).all(|pair| matches!(pair, [a, b] if b.abs_diff(*a) == 1))
}

/// Why a hash was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many sign-ins at once")]
    Busy,
    /// The hash function failed.
    #[error("hashing a password failed")]
    Failed,
}

/// Computes hashes, few at a time.
pub struct Hasher {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    decoy: Arc<str>,
}

impl Hasher {
    /// Makes a hasher and the hash that unknown names are compared with.
    pub async fn start() -> Result<Self, HashError> {
        let decoy =
            tokio::task::spawn_blocking(|| hash_now("decoy")).await.map_err(|_| HashError::Failed)??;
        let running = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        let waiting = Arc::new(Semaphore::new(HASHES_WAITING));
        Ok(Self { running, waiting, decoy: decoy.into() })
    }

    /// Hashes a password.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move || hash_now(&password)).await?
    }

    /// Compares a password with a hash. Without a hash the work is done all the same, so that the time of an
    /// answer does not tell whether the name exists.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let matches = self
            .run(move || {
                let hash = PasswordHash::new(&hash).map_err(|_| HashError::Failed)?;
                Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await??;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| HashError::Failed)?;
        let task = tokio::task::spawn_blocking(move || {
            // The permit is held by the work itself: a client that goes away must not free it early.
            let _running = running;
            work()
        });
        task.await.map_err(|_| HashError::Failed)
    }
}

/// Hashes with argon2id, 19 MiB, two passes.
fn hash_now(password: &str) -> Result<String, HashError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| HashError::Failed)?;
    Ok(hash.to_string())
}

/// Hashes for a command line, where nobody else waits.
pub fn hash_blocking(password: &str) -> Result<String, HashError> {
    hash_now(&normalized(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        for good in ["Sông Hương chiều tím", "tre-xanh-92-nui", "correct horse battery", "ắẳẵặấầẩẫậđ"]
        {
            assert_eq!(check(good, "van.a", 10), Ok(()), "{good}");
        }
        assert_eq!(check("ngắn", "van.a", 10), Err(Weakness::Short { minimum: 10 }));
        assert_eq!(check("nguyen.van.a", "nguyen.van.a", 10), Err(Weakness::Username));
        assert_eq!(check("Nguyen.van.A2026", "nguyen.van.a", 10), Err(Weakness::Username));
        assert_eq!(check(&"x".repeat(300), "van.a", 10), Err(Weakness::Long));
        for common in [
            "Matkhau123!",
            "1234567890",
            "aaaaaaaaaaaa",
            "Password2026",
            "abcdefghijklm",
            "qwertyuiop",
            "AdminAdmin1",
            "Việt Nam 2026",
        ] {
            assert_eq!(check(common, "van.a", 10), Err(Weakness::Common), "{common}");
        }
    }

    #[test]
    fn both_unicode_forms_are_one_password() {
        let decomposed: String = "Mật khẩu của tôi".nfd().collect();
        assert_eq!(normalized(&decomposed), normalized("Mật khẩu của tôi"));
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_only() {
        let hasher = Hasher::start().await.unwrap();
        let hash = hasher.hash("đúng mật khẩu".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert_eq!(hasher.verify("đúng mật khẩu".to_owned(), Some(hash.clone())).await, Ok(true));
        assert_eq!(hasher.verify("sai mật khẩu".to_owned(), Some(hash)).await, Ok(false));
        assert_eq!(hasher.verify("decoy".to_owned(), None).await, Ok(false), "an unknown name never matches");
    }
}
