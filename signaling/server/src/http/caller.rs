//! Who sends a request, by its session's cookie.

use super::App;
use super::error::Failure;
use super::guard::{self, Scheme};
use crate::clock;
use crate::identity::SignedIn;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use signaling_core::Account;
use signaling_protocol::Refusal;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// The cookie over HTTPS. Browsers take a name that begins so only from a secure page, for this host alone.
const SECURE_COOKIE: &str = "__Host-giaoban";

/// The cookie over plain HTTP on loopback.
const PLAIN_COOKIE: &str = "giaoban";

/// Somebody who is signed in and has nothing else to do first.
pub(super) struct Caller(pub(super) SignedIn);

/// Somebody who is signed in, perhaps with a password that must be changed.
pub(super) struct AnyCaller(pub(super) SignedIn);

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(super) struct From {
    /// The client's address.
    pub(super) address: IpAddr,
    /// The scheme in the browser's address line.
    pub(super) scheme: Scheme,
    /// The node's address as the browser knows it.
    pub(super) origin: Option<String>,
}

impl Caller {
    /// The caller as the hub knows accounts.
    pub(super) fn account(&self, app: &App) -> Account {
        let who = &self.0;
        let name = who.name.clone().unwrap_or_else(|| crate::units::name_of(&app.units.borrow(), &who.unit));
        Account {
            id: who.account.clone(),
            kind: who.kind,
            name,
            unit: who.unit.clone(),
            grants: who.grants.clone(),
            sign_in: who.sign_in(),
        }
    }
}

impl FromRequestParts<Arc<App>> for AnyCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let token = token(&parts.headers).ok_or(Refusal::SignedOut)?;
        let who = app.identity.who(clock::now(), &token).await?;
        Ok(Self(who.ok_or(Refusal::SignedOut)?))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let AnyCaller(who) = AnyCaller::from_request_parts(parts, app).await?;
        if who.must_change_password { Err(Refusal::PasswordChangeRequired.into()) } else { Ok(Self(who)) }
    }
}

impl FromRequestParts<Arc<App>> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = guard::client_address(&parts.headers, peer);
        let scheme = guard::outer_scheme(&parts.headers, &parts.extensions);
        let host = guard::host(&parts.uri, &parts.headers);
        let origin = host.map(|host| format!("{}://{host}", guard::scheme_name(scheme)));
        Ok(Self { address, scheme, origin })
    }
}

/// The session's token in a request.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(name, _)| [SECURE_COOKIE, PLAIN_COOKIE].contains(name));
    tokens.next().map(|(_, value)| value.to_owned())
}

/// The header that keeps a token in the browser.
pub(super) fn cookie(token: &str, longest: Duration, scheme: Scheme) -> Option<HeaderValue> {
    let age = longest.as_secs();
    let text = match scheme {
        Scheme::Https => {
            format!("{SECURE_COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict; Secure")
        }
        Scheme::Plain => format!("{PLAIN_COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict"),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
