//! `GET /events`.

use axum::{extract::State, response::Response};
use contracts::tenancy::can;
use web::{Allowed, sse};

use super::Refused;
use crate::{Chat, ChatEvent};

/// Hear of one's conversations
///
/// For open tabs: what begins, changes and ends, as it happens. A tab that falls behind gets
/// `resync` and should read the state anew; so should one that has just connected.
#[utoipa::path(
    get, path = "/events", operation_id = "stream_events", tag = "Events",
    security(("bearer" = ["chat.read"])),
    responses(
        (status = 200, description = "Server-sent events, without end.", body = ChatEvent, content_type = "text/event-stream"),
        Refused,
    )
)]
pub(super) async fn stream_events(State(chat): State<Chat>, allowed: Allowed<can::ReadChat>) -> Response {
    sse::response(chat.listen((&allowed).into()))
}
