//! `/api/v1/rtc`: the media offer and its answer, in the manner of WHIP and WHEP.

use super::App;
use super::body::SdpBody;
use super::error::Failure;
use super::meetings::unexpected;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signaling_core::Answer;
use signaling_protocol::{Refusal, ResumeToken};
use std::sync::Arc;

/// Where a media session is found again. The bearer says whose it is.
const LOCATION: &str = "/api/v1/rtc/session";

/// By what right a request comes: the resume token of the last welcome.
pub(super) struct Bearer(ResumeToken);

impl FromRequestParts<Arc<App>> for Bearer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
        bearer(&parts.headers).map(Self).ok_or(Refusal::TicketInvalid.into())
    }
}

/// The bearer's token in a request (RFC 6750 section 2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<ResumeToken> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    let token = scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())?;
    ResumeToken::parse(token).ok()
}

/// The first offer of a seat's connection.
pub(super) async fn offer(
    State(app): State<Arc<App>>,
    Bearer(bearer): Bearer,
    SdpBody(offer): SdpBody,
) -> Result<Response, Failure> {
    let answer = sdp_of(app.hub.offer(bearer, offer).await?)?;
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, LOCATION), (header::CONTENT_TYPE, "application/sdp")],
        answer,
    )
        .into_response())
}

/// A later offer: ICE restart, or more slots. Refused where the node does not know the media: after a restart the client
/// must begin anew.
pub(super) async fn offer_again(
    State(app): State<Arc<App>>,
    Bearer(bearer): Bearer,
    SdpBody(offer): SdpBody,
) -> Result<Response, Failure> {
    let answer = sdp_of(app.hub.offer_again(bearer, offer).await?)?;
    Ok(([(header::CONTENT_TYPE, "application/sdp")], answer).into_response())
}

/// Gives up media, not the seat.
pub(super) async fn hang_up(
    State(app): State<Arc<App>>,
    Bearer(bearer): Bearer,
) -> Result<StatusCode, Failure> {
    let answer = app.hub.hang_up(bearer).await?;
    if answer == Answer::Done { Ok(StatusCode::NO_CONTENT) } else { Err(unexpected(&answer)) }
}

fn sdp_of(answer: Answer) -> Result<String, Failure> {
    if let Answer::Media { answer } = answer { Ok(answer) } else { Err(unexpected(&answer)) }
}
