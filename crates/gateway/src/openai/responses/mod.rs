//! `POST /v1/responses`.

mod input;
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

/// Create a response
///
/// As OpenAI's [Responses](https://platform.openai.com/docs/api-reference/responses/create). Nothing is stored here:
/// `previous_response_id`, `conversation`, `store: true` and `background` need a model whose provider speaks this API
/// itself, as do OpenAI's own tools. Models, headers and keys are those of chat completions.
#[utoipa::path(
    post,
    path = "/responses",
    operation_id = "create_response",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    request_body(content = Value, example = json!({ "model": "demo/parlance", "input": "Hello" })),
    responses(
        (status = 200, description = "The response, or its events as server-sent events", body = Value),
        (status = "4XX", description = "`{error: {message, type, param, code}}`", body = Value),
        (status = "5XX", description = "The provider failed, or we did", body = Value),
    )
)]
pub(crate) async fn create_response(State(gateway): State<Gateway>, request: Request) -> Response {
    call::answer::<Responses>(gateway, request).await
}

pub(crate) struct Responses;

impl Front for Responses {
    const NAME: &'static str = "openai_responses";
    const SHAPE: Shape = Shape::OpenAiResponses;
    const TEXTS: &'static [&'static str] = &["\"delta\":"];
    type Encoder = stream::Events;

    fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
        request::head(body)
    }

    fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
        request::translate(body)
    }

    fn whole(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Vec<u8> {
        whole::response(answering, answer, usage).to_string().into_bytes()
    }

    fn encoder(answering: Answering) -> Self::Encoder {
        stream::Events::new(&answering)
    }

    fn refuse(refusal: &Refusal, request_id: &str) -> Response {
        error::respond(refusal, request_id)
    }

    fn is_last(event: &[u8]) -> bool {
        ["completed", "incomplete", "failed"].iter().any(|end| {
            event.strip_prefix(b"event: response.").is_some_and(|rest| rest.starts_with(end.as_bytes()))
                || memchr::memmem::find(
                    event.get(..96).unwrap_or(event),
                    format!("\"type\":\"response.{end}\"").as_bytes(),
                )
                .is_some()
        })
    }

    fn last() -> &'static [u8] {
        b""
    }

    fn failed(refusal: &Refusal, _request_id: &str) -> Vec<u8> {
        stream::error(refusal, 0)
    }
}
