//! What every request passes: counting, security headers, and the check that pages of others cannot act.

use super::error::{Failure, RefusalMark};
use super::{App, Keeper};
use crate::tls::CertificateOrigin;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use signaling_protocol::Refusal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// By which listener a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The TLS listener.
    Https,
    /// The loopback listener: a browser on this machine, or a reverse proxy on it.
    Plain,
}

const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), \
     fullscreen=(self), screen-wake-lock=(self), autoplay=(self), picture-in-picture=(self), geolocation=(), \
     payment=(), usb=()";

/// A year. Sent only with a certificate that somebody issued: a browser that remembers it for a self-made one
/// would not let its user in any more after the certificate changed.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Counts a request and gives its response the security headers. A head that is malformed (400), too large (431) or has
/// too long an address (414) the HTTP library refuses by itself, before there is a request; it has no place to count
/// that, so these answers have neither.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let host = host(request.uri(), request.headers()).unwrap_or_default();
    let scheme = outer_scheme(request.headers(), request.extensions());
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    if let Some(RefusalMark(refusal)) = response.extensions().get() {
        app.metrics.on_refusal(*refusal);
    }
    let route = route.as_deref().unwrap_or("page");
    app.metrics.on_request(route, status);
    tracing::debug!(%method, route, status, "request");
    add_headers(response.headers_mut(), &host, scheme, app.certificate);
    response
}

/// Refuses to change accounts where only a copy of them is: the next copy would undo it.
pub(super) async fn kept_here(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if *request.method() != Method::GET && app.accounts == Keeper::Above {
        return Failure::new(Refusal::OutsideScope)
            .because("accounts and site codes are kept by the node above; change them there")
            .into_response();
    }
    next.run(request).await
}

/// Refuses requests that a page of somebody else made a browser send: they would carry the session's cookie in
/// browsers that do not honour `SameSite`. Programs that are not browsers send neither header.
pub(super) async fn same_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = request.headers().contains_key(header::UPGRADE);
    if (!reads || upgrades) && !comes_from_own_page(&app, &request) {
        return Failure::new(Refusal::NotAllowed)
            .because("the request comes from another site's page")
            .into_response();
    }
    next.run(request).await
}

fn comes_from_own_page(app: &App, request: &Request) -> bool {
    let headers = request.headers();
    if let Some(origin) = headers.get(header::ORIGIN) {
        let Ok(origin) = origin.to_str() else { return false };
        return is_own_origin(app, request, origin);
    }
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => true,
    }
}

fn is_own_origin(app: &App, request: &Request, origin: &str) -> bool {
    let listed = app.config.http.allowed_origins.iter().chain(&app.config.http.public_address);
    if listed.into_iter().any(|allowed| allowed == origin) {
        return true;
    }
    let Some(host) = host(request.uri(), request.headers()) else { return false };
    origin == format!("{}://{host}", scheme_name(outer_scheme(request.headers(), request.extensions())))
}

/// The host that the client asked for, if it has the form of one.
pub(super) fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let asked = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    (!asked.is_empty() && asked.bytes().all(plain)).then(|| asked.to_owned())
}

/// The scheme in the browser's address line: a reverse proxy on this machine may say that it was HTTPS.
pub(super) fn outer_scheme(headers: &HeaderMap, extensions: &Extensions) -> Scheme {
    let inner = extensions.get::<Scheme>().copied().unwrap_or(Scheme::Plain);
    let forwarded = headers.get("x-forwarded-proto").is_some_and(|value| value == "https");
    if forwarded { Scheme::Https } else { inner }
}

/// Its name in an address.
pub(super) const fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Https => "https",
        Scheme::Plain => "http",
    }
}

/// Who sent a request. Behind a reverse proxy on this machine it is the last address the proxy has written.
pub(super) fn client_address(request_headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> IpAddr {
    let peer =
        peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| address.ip().to_canonical());
    if !peer.is_loopback() {
        return peer;
    }
    let forwarded = request_headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

fn add_headers(headers: &mut HeaderMap, host: &str, scheme: Scheme, certificate: CertificateOrigin) {
    let fixed = [
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(host, scheme)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if scheme == Scheme::Https && certificate == CertificateOrigin::Configured {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT_SECURITY));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// `connect-src` names the own WebSocket address as well: older browsers do not count it as `'self'`.
pub(super) fn content_security_policy(host: &str, scheme: Scheme) -> String {
    let socket = match (host, scheme) {
        ("", _) => String::new(),
        (host, Scheme::Https) => format!(" wss://{host}"),
        (host, Scheme::Plain) => format!(" ws://{host}"),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
         media-src 'self' blob:; connect-src 'self'{socket}; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
         require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
    )
}
