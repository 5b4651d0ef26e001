//! Session keys out of master keys (RFC 3711 section 4.3, RFC 7714 section 11). The key derivation rate is zero, so
//! they are derived once.

use super::Profile;
use super::cipher::{Cipher, CounterMode};

/// What a session key is for (RFC 3711 section 4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(pub(super) u8);

impl Label {
    const MEDIA_KEY: Self = Self(0);
    const MEDIA_AUTHENTICATION: Self = Self(1);
    const MEDIA_SALT: Self = Self(2);
    const REPORT_KEY: Self = Self(3);
    const REPORT_AUTHENTICATION: Self = Self(4);
    const REPORT_SALT: Self = Self(5);
}

/// Bytes of an HMAC-SHA1 key.
const AUTHENTICATION_BYTES: usize = 20;

/// A master key with its salt.
pub(super) struct Master<'a> {
    pub(super) profile: Profile,
    pub(super) key: &'a [u8],
    pub(super) salt: &'a [u8],
}

impl Master<'_> {
    /// The cipher of media packets.
    pub(super) fn media(&self) -> Option<Cipher> {
        self.cipher(Label::MEDIA_KEY, Label::MEDIA_AUTHENTICATION, Label::MEDIA_SALT)
    }

    /// The cipher of report packets.
    pub(super) fn reports(&self) -> Option<Cipher> {
        self.cipher(Label::REPORT_KEY, Label::REPORT_AUTHENTICATION, Label::REPORT_SALT)
    }

    fn cipher(&self, key: Label, authentication: Label, salt: Label) -> Option<Cipher> {
        let mut key_bytes = [0; 32];
        let key_bytes = key_bytes.get_mut(..self.profile.key_bytes())?;
        self.derive(key, key_bytes)?;
        let mut salt_bytes = [0; 14];
        let salt_bytes = salt_bytes.get_mut(..self.profile.salt_bytes())?;
        self.derive(salt, salt_bytes)?;
        let mut mac = [0; AUTHENTICATION_BYTES];
        self.derive(authentication, &mut mac)?;
        Cipher::new(self.profile, key_bytes, salt_bytes, &mac)
    }

    /// The keystream of the master key under the salt with the label in it.
    pub(super) fn derive(&self, label: Label, output: &mut [u8]) -> Option<()> {
        let mut counter = [0; 16];
        counter.get_mut(..self.salt.len())?.copy_from_slice(self.salt);
        // The label stands seven bytes from the left of the 112 bits that are the salt's place.
        *counter.get_mut(7)? ^= label.0;
        output.fill(0);
        CounterMode::new(self.key)?.apply(counter, output)
    }
}
