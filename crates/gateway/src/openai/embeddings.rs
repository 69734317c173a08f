//! `POST /v1/embeddings`.

use axum::{
    extract::{Request, State},
    response::Response,
};
use contracts::providers::{Chunk, FinishReason, GenerationRequest, Shape, TokenUsage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{error, shared};
use crate::{
    Gateway, call,
    collect::Collected,
    front::{Answering, Encoder, Front, Head},
    refusal::Refusal,
};

/// Create embeddings
///
/// As OpenAI's [Embeddings](https://platform.openai.com/docs/api-reference/embeddings/create), by any provider that
/// has them.
#[utoipa::path(
    post,
    path = "/embeddings",
    operation_id = "create_embeddings",
    tag = "Compatible",
    security(("bearer" = ["chat.write"])),
    request_body(content = Value, example = json!({ "model": "openai/text-embedding-3-small", "input": ["Hello"] })),
    responses(
        (status = 200, description = "A vector for each input", body = Value),
        (status = "4XX", description = "`{error: {message, type, param, code}}`", body = Value),
        (status = "5XX", description = "The provider failed, or we did", body = Value),
    )
)]
pub(crate) async fn create_embeddings(State(gateway): State<Gateway>, request: Request) -> Response {
    call::answer::<Embeddings>(gateway, request).await
}

pub(crate) struct Embeddings;

#[derive(Deserialize)]
struct Known<'a> {
    model: String,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    encoding_format: Option<&'a RawValue>,
    #[serde(borrow)]
    dimensions: Option<&'a RawValue>,
}

/// What an input may be.
#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only the form matters; the content passes on unread")]
enum Input {
    One(String),
    Many(Vec<String>),
    Tokens(Vec<u32>),
    ManyTokens(Vec<Vec<u32>>),
}

/// Never made: providers answer in this shape, or not at all.
pub(crate) struct NoEvents;

impl Encoder for NoEvents {
    fn begin(&mut self, _out: &mut Vec<u8>) {}
    fn chunk(&mut self, _chunk: Chunk, _out: &mut Vec<u8>) {}
    fn finish(&mut self, _reason: FinishReason, _usage: &TokenUsage, _out: &mut Vec<u8>) {}
    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        out.extend_from_slice(&error::event(refusal));
    }
}

impl Front for Embeddings {
    const NAME: &'static str = "openai_embeddings";
    const SHAPE: Shape = Shape::OpenAiEmbeddings;
    const TEXTS: &'static [&'static str] = &[];
    type Encoder = NoEvents;

    fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
        let known: Known<'_> = shared::head(body)?;
        let input: Input = serde_json::from_str(known.input.get())
            .map_err(|_| Refusal::malformed("input", "expected a string, or an array of strings"))?;
        let empty = match &input {
            Input::One(text) => text.is_empty(),
            Input::Many(list) => list.is_empty() || list.iter().any(String::is_empty),
            Input::Tokens(list) => list.is_empty(),
            Input::ManyTokens(list) => list.is_empty() || list.iter().any(Vec::is_empty),
        };
        if empty {
            return Err(Refusal::malformed("input", "expected at least one text, and none that is empty"));
        }
        if known.encoding_format.is_some_and(|format| !matches!(format.get(), "\"float\"" | "\"base64\"" | "null")) {
            return Err(Refusal::malformed("encoding_format", "expected `float` or `base64`"));
        }
        let positive = |raw: &RawValue| raw.get() == "null" || raw.get().parse::<u32>().is_ok_and(|count| count > 0);
        if known.dimensions.is_some_and(|count| !positive(count)) {
            return Err(Refusal::malformed("dimensions", "expected an integer, at least 1"));
        }
        Ok(Head {
            model: known.model,
            stream: false,
            include_usage: false,
            max_output: None,
            choices: 1,
            texts: vec![known.input.get()],
            verbatim: Vec::new(),
            generates: false,
        })
    }

    fn translate(_body: &[u8]) -> Result<GenerationRequest, Refusal> {
        Err(Refusal::unsupported("model", "this model makes no embeddings; choose one that does"))
    }

    fn whole(_answering: &Answering, _answer: &Collected, _usage: &TokenUsage) -> Vec<u8> {
        Vec::new()
    }

    fn encoder(_answering: Answering) -> NoEvents {
        NoEvents
    }

    fn refuse(refusal: &Refusal, request_id: &str) -> Response {
        error::respond(refusal, request_id)
    }

    fn is_last(_event: &[u8]) -> bool {
        false
    }

    fn last() -> &'static [u8] {
        b""
    }

    fn failed(refusal: &Refusal, _request_id: &str) -> Vec<u8> {
        error::event(refusal)
    }
}
