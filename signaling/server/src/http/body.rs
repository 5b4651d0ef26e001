//! Request bodies: bounded in size and time, typed at once, refused with an `ApiError`.

use super::App;
use super::error::Failure;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use signaling_protocol::{
    ChangePassword, CreateAccount, CreateMeeting, GrantView, Refusal, SetAccountState, SignIn, WIRE_LIMITS,
};
use std::sync::Arc;
use std::time::Duration;

/// Largest JSON body, bytes: a meeting of 3,500 sites with the longest codes is a quarter of it.
const JSON_MAX_BYTES: usize = 1024 * 1024;

/// How long a body may take to arrive. An offer of 35 kB on a line of 32 kbit/s takes nine seconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// What a technician may be told about a body that was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// Field names and values may be quoted.
    Open,
    /// Only where it went wrong: what stands there may be a password.
    Secret,
}

/// A type that comes as a body.
pub(super) trait RequestBody: DeserializeOwned {
    /// Whether it holds secrets.
    const SECRECY: Secrecy;
}

impl RequestBody for SignIn {
    const SECRECY: Secrecy = Secrecy::Secret;
}

impl RequestBody for ChangePassword {
    const SECRECY: Secrecy = Secrecy::Secret;
}

impl RequestBody for CreateAccount {
    const SECRECY: Secrecy = Secrecy::Open;
}

impl RequestBody for SetAccountState {
    const SECRECY: Secrecy = Secrecy::Open;
}

impl RequestBody for CreateMeeting {
    const SECRECY: Secrecy = Secrecy::Open;
}

impl RequestBody for Vec<GrantView> {
    const SECRECY: Secrecy = Secrecy::Open;
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: RequestBody> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Failure> {
        expect_type(&request, "application/json")?;
        let bytes = read(request, JSON_MAX_BYTES).await?;
        parse(&bytes).map(Self).map_err(|detail| Failure::new(Refusal::Malformed).because(detail))
    }
}

/// Types a JSON body, or says what a technician may be told.
pub(super) fn parse<T: RequestBody>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| match T::SECRECY {
        Secrecy::Open => error.to_string(),
        Secrecy::Secret => {
            format!("not the expected JSON at line {} column {}", error.line(), error.column())
        }
    })
}

/// An SDP body.
pub(super) struct SdpBody(pub(super) String);

impl FromRequest<Arc<App>> for SdpBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Failure> {
        expect_type(&request, "application/sdp")?;
        let limit = usize::try_from(WIRE_LIMITS.offer_bytes).unwrap_or(usize::MAX);
        let bytes = read(request, limit).await?;
        let text = String::from_utf8(bytes.into()).map_err(|_| {
            Failure::new(Refusal::OfferRejected)
                .status(StatusCode::BAD_REQUEST)
                .because("the offer is not UTF-8")
        })?;
        Ok(Self(text))
    }
}

fn expect_type(request: &Request, expected: &str) -> Result<(), Failure> {
    let given =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Failure::new(Refusal::Malformed)
        .status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        .because(format!("Content-Type: {expected} is expected")))
}

/// Reads a whole body. The bound is on what comes out of decompression, so a small body that unpacks to a large
/// one is refused as well.
async fn read(request: Request, limit: usize) -> Result<axum::body::Bytes, Failure> {
    let too_large = || Failure::new(Refusal::TooLarge).because(format!("more than {limit} bytes"));
    let body = axum::body::to_bytes(request.into_body(), limit);
    let bytes = tokio::time::timeout(BODY_TIMEOUT, body).await.map_err(|_| {
        Failure::new(Refusal::Malformed)
            .status(StatusCode::REQUEST_TIMEOUT)
            .because("the body did not arrive")
    })?;
    bytes.map_err(|error| {
        let text = error_chain(&error);
        if text.contains("length limit") {
            too_large()
        } else {
            Failure::new(Refusal::Malformed).because("the body could not be read or unpacked")
        }
    })
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
