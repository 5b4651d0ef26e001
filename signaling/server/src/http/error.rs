//! Every answer that is not a success: a status and an `ApiError`.

use crate::driver::CallError;
use crate::identity::Denied;
use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signaling_protocol::{ApiError, Refusal};
use std::time::Duration;

/// When to ask again while the database is away.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    error: ApiError,
}

/// Marks a response with its refusal, so that it is counted in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefusalMark(pub(super) Refusal);

impl Failure {
    /// A refusal with its usual status.
    pub(super) fn new(refusal: Refusal) -> Self {
        let error = ApiError { refusal, detail: None, retry_after_seconds: None };
        Self { status: status_of(refusal), error }
    }

    /// Says exactly what, in English and without secrets.
    pub(super) fn because(mut self, detail: impl Into<String>) -> Self {
        self.error.detail = Some(detail.into());
        self
    }

    /// With another status than the refusal's usual one.
    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Says when to try again, rounded up.
    pub(super) fn after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.error.retry_after_seconds = Some(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX));
        self
    }

    /// Something failed here. The log has the cause; the client does not need it.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(Refusal::Internal)
    }

    /// Why.
    pub(super) fn refusal(&self) -> Refusal {
        self.error.refusal
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_away() {
            // Told in the log once; a request each would fill it.
            return Self::new(Refusal::Internal)
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .because("the database is away")
                .after(STORE_RETRY);
        }
        Self::internal(&error)
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Refused(refusal) => Self::new(refusal),
            Denied::Weak(weakness) => Self::new(Refusal::WeakPassword).because(weakness.to_string()),
            Denied::Wait { refusal, wait } => Self::new(refusal).after(wait),
            Denied::Store(error) => error.into(),
            Denied::Failed(cause) => Self::internal(&cause),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => Self::new(refusal),
            CallError::Gone => Self::new(Refusal::Internal)
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .because("the node is stopping")
                .after(Duration::from_secs(2)),
            CallError::Late => Self::internal(&error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mark = RefusalMark(self.error.refusal);
        let retry_after = self.error.retry_after_seconds;
        let mut response = (self.status, Json(self.error)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(mark);
        response
    }
}

/// What is asked of the API at a path it does not have.
pub(super) async fn no_such_path() -> Failure {
    Failure::new(Refusal::Malformed).status(StatusCode::NOT_FOUND).because("no such API path")
}

/// A path the API has, with a method it has not.
pub(super) async fn method_not_allowed() -> Failure {
    Failure::new(Refusal::Malformed)
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .because("this path does not have this method")
}

fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed | Refusal::HelloExpected | Refusal::VersionMismatch => StatusCode::BAD_REQUEST,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::RateLimited | Refusal::LockedOut => StatusCode::TOO_MANY_REQUESTS,
        Refusal::SignedOut | Refusal::WrongCredential | Refusal::TicketInvalid => StatusCode::UNAUTHORIZED,
        Refusal::PasswordChangeRequired
        | Refusal::NotInvited
        | Refusal::Removed
        | Refusal::NotAllowed
        | Refusal::OutsideScope => StatusCode::FORBIDDEN,
        Refusal::WeakPassword | Refusal::OfferRejected => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::NoSuchMeeting
        | Refusal::NoSuchSeat
        | Refusal::NoSuchUnit
        | Refusal::NoSuchBranch
        | Refusal::NoSuchAccount => StatusCode::NOT_FOUND,
        Refusal::MicrophoneLocked
        | Refusal::NameTaken
        | Refusal::NotStarted
        | Refusal::Ended
        | Refusal::NotConnected
        | Refusal::PresenterBusy
        | Refusal::Apart
        | Refusal::NotApart => StatusCode::CONFLICT,
        Refusal::Full | Refusal::ParentAway => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
