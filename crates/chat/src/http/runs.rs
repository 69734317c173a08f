//! `/conversations/{id}/runs` and `/runs`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use contracts::tenancy::can;
use garde::Validate;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Code, ConversationId, RunId};
use serde::Deserialize;
use web::{Allowed, Json, Path, Problem, ProblemBody, Query, idempotency};

use super::{Invalid, Refused, ui_stream};
use crate::{
    Chat, Position, StartRun, UiEvent,
    model::{Run, StartedRun},
};

/// Send a message, or have an answer given again
///
/// With `Accept: text/event-stream` the answer is streamed at once, as by `stream_run`; the
/// header `x-run-id` names the run. The answer is written whether or not anybody listens.
/// Repeating an `Idempotency-Key` re-attaches to the run that it began.
#[utoipa::path(
    post, path = "/conversations/{id}/runs", operation_id = "start_run", tag = "Runs",
    security(("bearer" = ["chat.write"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation."),
        ("Idempotency-Key" = Option<String>, Header, description = "Repeating it re-attaches to the same run."),
    ),
    request_body(content = StartRun, examples(
        ("send" = (summary = "Send a message", value = json!({"message": {"text": "How do suspension bridges work?"}}))),
        ("edit" = (summary = "Send an edited first message", value = json!({"message": {"text": "How do arch bridges work?"}, "parent_id": null}))),
        ("regenerate" = (summary = "Another answer", value = json!({"regenerate": "msg_01h455vb4pex5vsknk084sn02q", "model": "anthropic/claude-sonnet-4-5"}))),
    )),
    responses(
        (status = 201, description = "The run has begun.", body = StartedRun),
        (status = 200, description = "The run's stream: AI SDK UI message stream v1; `data: [DONE]` comes last.",
            body = UiEvent, content_type = "text/event-stream",
            headers(("x-run-id" = RunId, description = "The run."))),
        (status = 402, description = "A spend cap leaves no room for the answer; it is named, with when it resets.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "An answer is being written (`run_active`), or the key was used for another request.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        Refused, Invalid,
        (status = 503, description = "The server is shutting down, or its database is away.",
            body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn start_run(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<ConversationId>,
    headers: HeaderMap,
    Json(ask): Json<StartRun>,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let started = chat.start_run((&allowed).into(), id, ask, key.as_deref()).await?;
    if !wants_stream(&headers) {
        return Ok((StatusCode::CREATED, Json(started.started)).into_response());
    }
    let mut response = ui_stream(chat.follow_started(&started));
    if let Ok(value) = HeaderValue::from_str(&started.run_id().to_string()) {
        response.headers_mut().insert("x-run-id", value);
    }
    Ok(response)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Read a run
#[utoipa::path(
    get, path = "/runs/{id}", operation_id = "get_run", tag = "Runs",
    security(("bearer" = ["chat.read"])),
    params(("id" = RunId, Path, description = "The run.")),
    responses((status = 200, description = "The run.", body = Run), Refused)
)]
pub(super) async fn get_run(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<RunId>,
) -> Result<Json<Run>, Problem> {
    Ok(Json(chat.get_run((&allowed).into(), id).await?))
}

/// Stop a run
///
/// The provider's stream is closed; what had arrived is kept and paid for. A run that has
/// ended stays as it is.
#[utoipa::path(
    post, path = "/runs/{id}/cancel", operation_id = "cancel_run", tag = "Runs",
    security(("bearer" = ["chat.write"])),
    params(("id" = RunId, Path, description = "The run.")),
    responses((status = 200, description = "As it is now.", body = Run), Refused)
)]
pub(super) async fn cancel_run(
    State(chat): State<Chat>,
    allowed: Allowed<can::WriteChat>,
    Path(id): Path<RunId>,
) -> Result<Json<Run>, Problem> {
    Ok(Json(chat.cancel_run((&allowed).into(), id).await?))
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamRun {
    /// The id of the last event seen, where the header `Last-Event-ID` can't be set.
    #[garde(length(max = 64))]
    #[param(example = "1.204")]
    after: Option<String>,
}

/// Follow a run
///
/// The run's events from the first, or after the one that `Last-Event-ID` names: together
/// they are the same, byte for byte, however often the connection breaks.
#[utoipa::path(
    get, path = "/runs/{id}/stream", operation_id = "stream_run", tag = "Runs",
    security(("bearer" = ["chat.read"])),
    params(
        ("id" = RunId, Path, description = "The run."),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event seen.", example = "1.204"),
        StreamRun,
    ),
    responses(
        (status = 200, description = "AI SDK UI message stream v1; `data: [DONE]` comes last.",
            body = UiEvent, content_type = "text/event-stream"),
        Refused, Invalid,
    )
)]
pub(super) async fn stream_run(
    State(chat): State<Chat>,
    allowed: Allowed<can::ReadChat>,
    Path(id): Path<RunId>,
    Query(query): Query<StreamRun>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = match (query.after, headers.get("last-event-id")) {
        (Some(after), _) => position(&after).ok_or_else(|| invalid(Code::InvalidQuery, "after"))?,
        (None, Some(value)) => {
            value.to_str().ok().and_then(position).ok_or_else(|| invalid(Code::InvalidHeader, "Last-Event-ID"))?
        }
        (None, None) => Position::START,
    };
    Ok(ui_stream(chat.follow_run((&allowed).into(), id, after).await?))
}

/// An empty id is what a client has that saw none.
fn position(text: &str) -> Option<Position> {
    if text.is_empty() { Some(Position::START) } else { text.parse().ok() }
}

fn invalid(code: Code, name: &str) -> Problem {
    Problem::new(code).detail(format!("`{name}` takes the id of an event of this stream, such as `1.204`."))
}
