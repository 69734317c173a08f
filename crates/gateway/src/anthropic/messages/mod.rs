//! `POST /v1/messages`.

mod blocks;
pub(super) mod request;
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

/// Create a message
///
/// As Anthropic's [Messages](https://docs.anthropic.com/en/api/messages): point the official SDKs at this server with
/// `base_url` (without `/v1`) and an API key of yours. Models of any provider answer. A thinking budget becomes a
/// reasoning effort where the provider has only those. Models and headers are those of chat completions.
#[utoipa::path(
    post,
    path = "/messages",
    operation_id = "create_message",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    request_body(content = Value, example = json!({
        "model": "demo/parlance",
        "max_tokens": 1024,
        "messages": [{ "role": "user", "content": "Hello" }],
    })),
    responses(
        (status = 200, description = "The message, or its events as server-sent events", body = Value),
        (status = "4XX", description = "`{type: \"error\", error: {type, message}, request_id}`", body = Value),
        (status = "5XX", description = "The provider failed, or we did", body = Value),
    )
)]
pub(crate) async fn create_message(State(gateway): State<Gateway>, request: Request) -> Response {
    call::answer::<Messages>(gateway, request).await
}

pub(crate) struct Messages;

impl Front for Messages {
    const NAME: &'static str = "anthropic_messages";
    const SHAPE: Shape = Shape::AnthropicMessages;
    const TEXTS: &'static [&'static str] = &["\"text\":", "\"partial_json\":", "\"thinking\":"];
    type Encoder = stream::Events;

    fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
        request::head(body, true)
    }

    fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
        request::translate(body)
    }

    fn whole(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Vec<u8> {
        whole::message(answering, answer, usage).to_string().into_bytes()
    }

    fn encoder(answering: Answering) -> Self::Encoder {
        stream::Events::new(answering)
    }

    fn refuse(refusal: &Refusal, request_id: &str) -> Response {
        error::respond(refusal, request_id)
    }

    fn is_last(event: &[u8]) -> bool {
        event.starts_with(b"event: message_stop") || event.starts_with(b"event:message_stop")
    }

    fn last() -> &'static [u8] {
        b""
    }

    fn failed(refusal: &Refusal, request_id: &str) -> Vec<u8> {
        error::event(refusal, request_id)
    }

    fn ping() -> &'static [u8] {
        b"event: ping\ndata: {\"type\": \"ping\"}\n\n"
    }
}
