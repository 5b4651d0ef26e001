//! Resume tokens under a key everybody knows, for a fuzz target only: what stands behind the signature is read as well.

use crate::UtcMillis;
use crate::token::TokenKey;
use signaling_protocol::ResumeToken;

const KEY: TokenKey = TokenKey::new([7; 32]);

/// A token whose claims are these bytes, whatever they are; none when they are too many for a token.
pub fn token(claims: &[u8]) -> Option<ResumeToken> {
    KEY.sign_bytes(claims)
}

/// Reads a token; gives the one that would be given out for the same claims.
pub fn read_token(now: UtcMillis, token: &ResumeToken) -> Option<ResumeToken> {
    KEY.sign(&KEY.read(now, token)?)
}
