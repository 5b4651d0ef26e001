//! Secrets the node makes: session tokens, first passwords, site secrets. Only their hashes are kept.

use crate::entropy;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use signaling_core::SignInId;
use subtle::ConstantTimeEq;

/// Digits and letters without I, L, O and U, so that nothing can be misread: 32 of them, 5 bits each.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a site's secret: 100 bits, so that its hash needs no slow function.
const SITE_SECRET_CHARACTERS: usize = 20;

/// Characters of a first password: 60 bits, and it is good for one sign-in.
const FIRST_PASSWORD_CHARACTERS: usize = 12;

/// Longest site secret looked at, bytes: what people add in typing is spaces and dashes.
const SITE_SECRET_MAX_BYTES: usize = 128;

const _: () = assert!(SITE_SECRET_CHARACTERS * 5 >= 80);

/// SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// A session's token, as the cookie holds it: 256 random bits.
pub struct SessionToken(String);

impl SessionToken {
    /// A new token.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self(URL_SAFE_NO_PAD.encode(entropy::bytes::<32>()?)))
    }

    /// For the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For the store.
    pub fn hash(&self) -> SecretHash {
        hash_session_token(&self.0)
    }
}

/// The hash of a token that came in a cookie.
pub fn hash_session_token(token: &str) -> SecretHash {
    hash("session", token)
}

/// Tells the sign-ins of one account apart in meetings: a piece of the token's hash, from which nobody finds the token.
pub fn sign_in_id(session: &SecretHash) -> SignInId {
    let (first, _) = session.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    SignInId(u64::from_be_bytes(*first))
}

/// A new secret for a site, in groups for reading aloud: `7F3QK-…`.
pub fn generate_site_secret() -> Result<String, getrandom::Error> {
    let characters = random_characters::<SITE_SECRET_CHARACTERS>()?;
    Ok(grouped(&characters, 5))
}

/// The hash of a site's secret, however it was typed: in small letters, with spaces, with O for 0 and I or L
/// for 1. `None` if it cannot be one.
pub fn hash_site_secret(typed: &str) -> Option<SecretHash> {
    if typed.len() > SITE_SECRET_MAX_BYTES {
        return None;
    }
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (plain.len() == SITE_SECRET_CHARACTERS).then(|| hash("site", &plain))
}

/// A password for the first sign-in.
pub fn generate_first_password() -> Result<String, getrandom::Error> {
    let characters = random_characters::<FIRST_PASSWORD_CHARACTERS>()?;
    Ok(grouped(&characters, 4).to_ascii_lowercase())
}

/// A random id that says nothing, for accounts.
pub fn generate_id(prefix: char) -> Result<String, getrandom::Error> {
    let characters = random_characters::<16>()?;
    Ok(format!("{prefix}-{}", String::from_utf8_lossy(&characters).to_ascii_lowercase()))
}

/// Compares in a time that does not depend on where two hashes differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

fn hash(purpose: &str, secret: &str) -> SecretHash {
    let mut digest = Sha256::new();
    digest.update(purpose.as_bytes());
    digest.update([0]);
    digest.update(secret.as_bytes());
    digest.finalize().into()
}

fn random_characters<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let random = entropy::bytes::<N>()?;
    Ok(random.map(|byte| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0')))
}

fn grouped(characters: &[u8], size: usize) -> String {
    characters.chunks(size).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_secret_is_understood_however_it_is_typed() {
        let secret = generate_site_secret().unwrap();
        let expected = hash_site_secret(&secret);
        assert!(expected.is_some());
        assert_eq!(hash_site_secret(&secret.to_lowercase()), expected);
        assert_eq!(hash_site_secret(&secret.replace('-', " ")), expected);
        assert_eq!(hash_site_secret(&secret.replace('0', "o").replace('1', "l")), expected);
        assert_eq!(hash_site_secret(&secret[1..]), None);
        assert_eq!(hash_site_secret(&"7".repeat(10_000)), None);
    }

    #[test]
    fn secrets_differ_and_purposes_do_not_mix() {
        assert_ne!(generate_first_password().unwrap(), generate_first_password().unwrap());
        assert_ne!(hash("site", "x"), hash("session", "x"));
        assert_eq!(SessionToken::generate().unwrap().expose().len(), 43);
        assert_eq!(generate_first_password().unwrap().len(), 14);
    }
}
