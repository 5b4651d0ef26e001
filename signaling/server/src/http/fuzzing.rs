//! What the HTTP door reads itself, for fuzz targets only: bodies, and what headers say of who asks.

use super::body::{RequestBody, parse};
use super::{Scheme, caller, guard, rtc};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde::Serialize;
use signaling_protocol::{ChangePassword, CreateAccount, CreateMeeting, GrantView, ResumeToken, SignIn};
use std::net::IpAddr;
use std::time::Duration;

/// The bodies a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// Somebody signs in.
    SignIn,
    /// Somebody takes a new password.
    ChangePassword,
    /// An account is made.
    CreateAccount,
    /// A meeting is made.
    CreateMeeting,
    /// An account's rights.
    Grants,
}

/// Reads a body; gives it as we would write it, or what a technician is told.
pub fn body(kind: Body, bytes: &[u8]) -> Result<String, String> {
    match kind {
        Body::SignIn => rewritten::<SignIn>(bytes),
        Body::ChangePassword => rewritten::<ChangePassword>(bytes),
        Body::CreateAccount => rewritten::<CreateAccount>(bytes),
        Body::CreateMeeting => rewritten::<CreateMeeting>(bytes),
        Body::Grants => rewritten::<Vec<GrantView>>(bytes),
    }
}

fn rewritten<T: RequestBody + Serialize>(bytes: &[u8]) -> Result<String, String> {
    serde_json::to_string(&parse::<T>(bytes)?).map_err(|error| error.to_string())
}

/// What the headers of a request say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The session's token.
    pub session: Option<String>,
    /// The bearer's token.
    pub bearer: Option<ResumeToken>,
    /// The host that was asked for.
    pub host: Option<String>,
    /// Who sent it, when the connection came from this machine.
    pub address: IpAddr,
    /// The scheme in the browser's address line.
    pub scheme: Scheme,
    /// The policy its answer carries.
    pub policy: String,
}

/// Reads headers, names and values; those that are none are left out as the HTTP library would refuse them.
pub fn head(headers: &[(&[u8], &[u8])]) -> Head {
    let pair = |(name, value): &(&[u8], &[u8])| {
        Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().filter_map(pair) {
        map.append(name, value);
    }
    let host = guard::host(&Uri::default(), &map);
    let scheme = guard::outer_scheme(&map, &axum::http::Extensions::new());
    Head {
        session: caller::token(&map),
        bearer: rtc::bearer(&map),
        address: guard::client_address(&map, None),
        policy: guard::content_security_policy(host.as_deref().unwrap_or_default(), scheme),
        scheme,
        host,
    }
}

/// The header value that keeps a session's token in the browser.
pub fn cookie(token: &str, scheme: Scheme) -> Option<Vec<u8>> {
    Some(caller::cookie(token, Duration::from_secs(60), scheme)?.as_bytes().to_vec())
}
