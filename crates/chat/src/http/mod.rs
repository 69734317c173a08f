//! The endpoints of the chat.

mod conversations;
mod events;
mod files;
mod messages;
mod runs;
mod shares;

use axum::extract::DefaultBodyLimit;
use bytes::Bytes;
use futures_util::Stream;
use http::HeaderValue;
use utoipa::IntoResponses;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::ProblemBody;

use crate::{Chat, MAX_FILE};

/// Names the protocol of a run's stream, as the AI SDK's clients expect.
const UI_STREAM: (&str, HeaderValue) = ("x-vercel-ai-ui-message-stream", HeaderValue::from_static("v1"));
/// What a multipart body has around its file.
const MULTIPART: usize = 64 * 1024;
/// Bodies with a text of 200,000 characters, escaped at worst.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The routes, to be nested under `/api/v1`.
pub fn routes(chat: Chat) -> OpenApiRouter {
    let upload =
        OpenApiRouter::new().routes(routes!(files::upload_file)).layer(DefaultBodyLimit::max(MAX_FILE + MULTIPART));
    let runs = OpenApiRouter::new().routes(routes!(runs::start_run)).layer(DefaultBodyLimit::max(MAX_BODY));
    OpenApiRouter::new()
        .routes(routes!(conversations::list_conversations, conversations::create_conversation))
        .routes(routes!(
            conversations::get_conversation,
            conversations::update_conversation,
            conversations::delete_conversation
        ))
        .routes(routes!(conversations::restore_conversation))
        .routes(routes!(shares::list_shares))
        .routes(routes!(shares::share_conversation, shares::unshare_conversation))
        .routes(routes!(shares::list_participants))
        .routes(routes!(shares::copy_conversation))
        .routes(routes!(messages::list_messages))
        .routes(routes!(messages::select_branch))
        .routes(routes!(runs::get_run))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::stream_run))
        .routes(routes!(files::get_file))
        .routes(routes!(files::get_file_content))
        .routes(routes!(events::stream_events))
        .merge(runs)
        .merge(upload)
        .with_state(chat)
}

/// What every endpoint may answer instead.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only describes the responses")]
enum Refused {
    /// Not signed in, or the access token has expired.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The role does not allow it, or the conversation is shared with the caller to do less.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is none, or none that the caller may see.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// Too many requests.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
}

/// The same where a body or a query is read.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only describes the responses")]
enum Invalid {
    /// The body is not JSON, or the query is not valid.
    #[response(status = 400, content_type = "application/problem+json")]
    Unreadable(ProblemBody),
    /// Some fields are not valid; `errors` names them.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemBody),
}

/// A run's stream as a response.
fn ui_stream(frames: impl Stream<Item = Bytes> + Send + 'static) -> axum::response::Response {
    let mut response = web::sse::response(frames);
    response.headers_mut().insert(UI_STREAM.0, UI_STREAM.1);
    response
}
