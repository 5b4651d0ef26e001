//! `/api/v1/meetings`: making, listing, and tickets to come in.

use super::App;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::Failure;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signaling_core::{Answer, Call};
use signaling_protocol::{
    AccountState, CreateMeeting, MeetingId, MeetingList, MeetingSummary, Refusal, TicketIssued,
};
use std::sync::Arc;

/// What the caller may join.
pub(super) async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<MeetingList>, Failure> {
    let answer = app.hub.call(caller.account(&app), Call::ListMeetings).await?;
    if let Answer::Meetings(meetings) = answer { Ok(Json(meetings)) } else { Err(unexpected(&answer)) }
}

/// Makes a meeting.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<CreateMeeting>,
) -> Result<(StatusCode, Json<MeetingSummary>), Failure> {
    let seats = body.sites.len().saturating_add(body.staff.len());
    let limit = app.config.limits.seats_per_meeting;
    if u32::try_from(seats).is_ok_and(|seats| seats <= limit) {
        make(&app, &caller, body).await
    } else {
        Err(Failure::new(Refusal::Full)
            .because(format!("{seats} seats; limits.seats_per_meeting is {limit}")))
    }
}

async fn make(
    app: &App,
    caller: &Caller,
    body: CreateMeeting,
) -> Result<(StatusCode, Json<MeetingSummary>), Failure> {
    // The hub knows accounts only when they come; that those named exist is known here.
    for staff in &body.staff {
        let account = app.store.account(&staff.account).await?;
        if account.is_none_or(|row| row.state == AccountState::Disabled) {
            return Err(Failure::new(Refusal::NoSuchAccount).because(format!("no account {}", staff.account)));
        }
    }
    let meeting = body.meeting.clone();
    let answer = app.hub.call(caller.account(app), Call::CreateMeeting(body)).await?;
    let Answer::Created(summary) = answer else { return Err(unexpected(&answer)) };
    tracing::info!(target: "audit", account = caller.0.account.as_str(), meeting = meeting.as_str(), "meeting created");
    Ok((StatusCode::CREATED, Json(summary)))
}

/// A right to come in, good once and for a minute.
pub(super) async fn ticket(
    State(app): State<Arc<App>>,
    Path(meeting): Path<String>,
    caller: Caller,
) -> Result<Json<TicketIssued>, Failure> {
    let meeting = MeetingId::parse(meeting).map_err(|_| Refusal::NoSuchMeeting)?;
    let answer = app.hub.call(caller.account(&app), Call::IssueTicket { meeting }).await?;
    if let Answer::Ticket(ticket) = answer { Ok(Json(ticket)) } else { Err(unexpected(&answer)) }
}

/// The hub answered something else than was asked.
pub(super) fn unexpected(answer: &Answer) -> Failure {
    let kind = match answer {
        Answer::Created(_) => "created",
        Answer::Meetings(_) => "meetings",
        Answer::Ticket(_) => "ticket",
        Answer::Media { .. } => "media",
        Answer::Done => "done",
    };
    Failure::internal(&format!("the hub answered `{kind}` to something else"))
}
