//! The web client's files. In a debug build they are read from disk at each request, so that the client can be
//! rebuilt alone; in a release they are inside the binary.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web-client/dist"]
#[allow_missing = true]
struct Files;

/// The page that starts the client, whatever path the browser is at.
const INDEX: &str = "index.html";

/// Files below have a hash of their contents in their name and never change.
const HASHED: &str = "assets/";

/// A year.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Asked again each time, and answered in short if nothing changed.
const ASK_AGAIN: &str = "no-cache";

const NOT_BUILT: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Giao Ban</title>\
    <h1>Chưa có giao diện web</h1>\
    <p>Máy chủ đang chạy nhưng chưa có tệp giao diện. Chạy <code>npm ci &amp;&amp; npm run build</code> trong thư mục \
    <code>web-client</code> rồi tải lại trang này.</p>\
    <h1 lang=\"en\">The web client is not built</h1>\
    <p lang=\"en\">The server is running but has no client files. Run <code>npm ci &amp;&amp; npm run build</code> in \
    <code>web-client</code>, then reload this page.</p></html>";

/// Answers everything that is not the API.
pub(super) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, "only GET\n").into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return serve(path, file, &headers);
    }
    // A missing file is missing; a path without an extension is a place inside the client.
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with(HASHED) || last.contains('.') {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    }
    match Files::get(INDEX) {
        Some(index) => serve(INDEX, index, &headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn serve(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    // Weak: the same file goes out compressed and not.
    let tag = format!("W/\"{tag}\"");
    let caching = if path.starts_with(HASHED) { FOREVER } else { ASK_AGAIN };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

/// The types the client's build makes; anything else is only ever downloaded.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _other => "application/octet-stream",
    }
}
