//! Resume tokens: signed, not kept. A node that was restarted still knows its own.
//!
//! `base64url(claims) . base64url(HMAC-SHA256(key, claims))`. While the node lives a token is good until the next one
//! is given out for the same seat; after a restart until it expires or the seat is vacated.

use crate::{SignInId, UtcMillis};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signaling_protocol::{FactNumber, MeetingId, ResumeToken, SeatId};

/// How long a token is good: longer than any meeting, shorter than a day.
const LIFE_MS: i64 = 12 * 3_600_000;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The meeting.
    #[serde(rename = "m")]
    pub meeting: MeetingId,
    /// The seat.
    #[serde(rename = "s")]
    pub seat: SeatId,
    /// The meeting's last fact when it was given out; 0 in tokens from before this was written.
    #[serde(rename = "f", default)]
    pub fact: FactNumber,
    /// By which sign-in the seat was come to; none in tokens from before this was written.
    #[serde(rename = "a", default)]
    pub sign_in: Option<SignInId>,
    /// Tells the tokens of one seat apart.
    #[serde(rename = "n")]
    pub serial: u64,
    /// Until when it is good.
    #[serde(rename = "e")]
    pub expires: UtcMillis,
}

impl Claims {
    /// Until when a token given out now is good.
    pub(crate) fn expiry(now: UtcMillis) -> UtcMillis {
        UtcMillis(now.0.saturating_add(LIFE_MS))
    }
}

/// The key tokens are signed with.
#[derive(Clone)]
pub(crate) struct TokenKey([u8; 32]);

impl TokenKey {
    /// Wraps a key of 256 random bits.
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, claims: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length, so this never fails.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(claims);
        Some(mac)
    }

    /// Signs a token.
    pub(crate) fn sign(&self, claims: &Claims) -> Option<ResumeToken> {
        self.sign_bytes(&serde_json::to_vec(claims).ok()?)
    }

    /// Signs whatever stands where claims do.
    pub(crate) fn sign_bytes(&self, body: &[u8]) -> Option<ResumeToken> {
        let tag = self.mac(body)?.finalize().into_bytes();
        ResumeToken::parse(format!("{}.{}", URL_SAFE_NO_PAD.encode(body), URL_SAFE_NO_PAD.encode(tag))).ok()
    }

    /// Reads a token that this key signed and that is still good.
    pub(crate) fn read(&self, now: UtcMillis, token: &ResumeToken) -> Option<Claims> {
        let (body, tag) = token.expose().split_once('.')?;
        let body = URL_SAFE_NO_PAD.decode(body).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.mac(&body)?.verify_slice(&tag).ok()?;
        let claims: Claims = serde_json::from_slice(&body).ok()?;
        (claims.expires > now).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_it_expires_and_only_under_its_key() {
        let (meeting, seat) = (MeetingId::parse("m-1").unwrap(), SeatId::parse("s7").unwrap());
        let key = TokenKey::new([7; 32]);
        let expires = Claims::expiry(UtcMillis(1_000));
        let fact = FactNumber(5);
        let sign_in = Some(SignInId(u64::MAX));
        let given = Claims { meeting, seat, fact, sign_in, serial: 42, expires };
        let token = key.sign(&given).unwrap();
        let claims = key.read(UtcMillis(2_000), &token).unwrap();
        assert_eq!(claims, given);
        assert_eq!(key.read(UtcMillis(1_000 + LIFE_MS), &token), None);
        assert_eq!(TokenKey::new([8; 32]).read(UtcMillis(2_000), &token), None);
        for forged in
            ["", ".", "e30.e30", "%%%.%%%"].into_iter().filter_map(|text| ResumeToken::parse(text).ok())
        {
            assert_eq!(key.read(UtcMillis(2_000), &forged), None);
        }
        let mut changed = token.expose().to_owned();
        let first = if changed.remove(3) == 'A' { 'B' } else { 'A' };
        changed.insert(3, first);
        assert_eq!(key.read(UtcMillis(2_000), &ResumeToken::parse(changed).unwrap()), None);
    }
}
