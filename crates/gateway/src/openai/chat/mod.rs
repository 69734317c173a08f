//! `POST /v1/chat/completions`.

mod messages;
mod request;
mod stream;
mod whole;

use axum::{
    extract::{Request, State},
    response::Response,
};
use contracts::providers::{GenerationRequest, Shape, TokenUsage};

use super::error;
use crate::{
    Gateway, call,
    collect::Collected,
    front::{Answering, Front, Head},
    refusal::Refusal,
};

/// Create a chat completion
///
/// As OpenAI's [Chat Completions](https://platform.openai.com/docs/api-reference/chat/create): point the official
/// SDKs at this server with `base_url` `…/v1` and an API key of yours. `model` is an id of `GET /v1/models`, a bare
/// model name where only one provider has it, or one of the workspace's routes. Fields that only the provider
/// knows pass through where it speaks this format; elsewhere what can't be translated is refused.
///
/// Headers of ours: `x-parlance-fallback: none` forbids other models, `x-parlance-on-disconnect: abort` ends the
/// call when the client leaves. The answer names the model that spoke (`x-parlance-model`), how often models were
/// tried (`x-parlance-attempts`) and, unless it is a stream, its cost (`x-parlance-cost-usd`).
#[utoipa::path(
    post,
    path = "/chat/completions",
    operation_id = "create_chat_completion",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    request_body(content = Value, example = json!({
        "model": "demo/parlance",
        "messages": [{ "role": "user", "content": "Hello" }],
    })),
    responses(
        (status = 200, description = "The completion, or its chunks as server-sent events", body = Value),
        (status = "4XX", description = "`{error: {message, type, param, code}}`", body = Value),
        (status = "5XX", description = "The provider failed, or we did", body = Value),
    )
)]
pub(crate) async fn create_chat_completion(State(gateway): State<Gateway>, request: Request) -> Response {
    call::answer::<Chat>(gateway, request).await
}

pub(crate) struct Chat;

impl Front for Chat {
    const NAME: &'static str = "openai_chat";
    const SHAPE: Shape = Shape::OpenAiChat;
    const TEXTS: &'static [&'static str] =
        &["\"content\":", "\"reasoning_content\":", "\"reasoning\":", "\"arguments\":"];
    type Encoder = stream::Chunks;

    fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
        request::head(body)
    }

    fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
        request::translate(body)
    }

    fn whole(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Vec<u8> {
        whole::completion(answering, answer, usage)
    }

    fn encoder(answering: Answering) -> Self::Encoder {
        stream::Chunks::new(&answering)
    }

    fn refuse(refusal: &Refusal, request_id: &str) -> Response {
        error::respond(refusal, request_id)
    }

    fn is_last(event: &[u8]) -> bool {
        event.starts_with(b"data: [DONE]") || event.starts_with(b"data:[DONE]")
    }

    fn last() -> &'static [u8] {
        stream::DONE
    }

    fn failed(refusal: &Refusal, _request_id: &str) -> Vec<u8> {
        error::event(refusal)
    }
}
