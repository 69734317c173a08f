//! What one compatible API has of its own: how it reads a request and how it writes an answer.

use axum::response::Response;
use bytes::Bytes;
use contracts::providers::{Chunk, FinishReason, GenerationRequest, Shape, TokenUsage};

use crate::{collect::Collected, refusal::Refusal};

/// What must be known of a request before it is sent on. Everything else stays unread.
pub(crate) struct Head<'a> {
    pub model: String,
    pub stream: bool,
    /// Whether the client wants to see usage in a stream.
    pub include_usage: bool,
    /// The most output that it asked for.
    pub max_output: Option<u64>,
    /// Answers to the same input.
    pub choices: u64,
    /// JSON whose texts the model reads.
    pub texts: Vec<&'a str>,
    /// Text that the model reads as it stands, such as the schemas of tools.
    pub verbatim: Vec<&'a str>,
    /// Whether there is output to pay for.
    pub generates: bool,
}

/// What an answer says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Answering {
    /// A random part for ids, without a prefix.
    pub id: String,
    /// Seconds since the epoch.
    pub created: i64,
    /// The model that speaks.
    pub model: String,
    pub include_usage: bool,
    /// Input tokens as counted before the call.
    pub input: u64,
    pub request_id: String,
    /// The request.
    pub body: Bytes,
}

/// A wire format that clients speak.
pub(crate) trait Front: Send + Sync + 'static {
    /// For metrics.
    const NAME: &'static str;
    const SHAPE: Shape;
    /// Names before the texts in the provider's own events.
    const TEXTS: &'static [&'static str];
    type Encoder: Encoder;

    fn head(body: &[u8]) -> Result<Head<'_>, Refusal>;
    /// The request in our own words, for a provider that speaks another format.
    fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal>;
    fn whole(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Vec<u8>;
    fn encoder(answering: Answering) -> Self::Encoder;
    fn refuse(refusal: &Refusal, request_id: &str) -> Response;

    /// Whether a provider's event is the last one of its stream.
    fn is_last(event: &[u8]) -> bool;
    /// What ends a provider's stream that ended without its last event; may be empty.
    fn last() -> &'static [u8];
    /// What ends a provider's stream that failed.
    fn failed(refusal: &Refusal, request_id: &str) -> Vec<u8>;
    /// What says in a silent stream that it is alive.
    fn ping() -> &'static [u8] {
        b": keep-alive\n\n"
    }
}

/// Writes the events of one streamed answer.
pub(crate) trait Encoder: Send + 'static {
    fn begin(&mut self, out: &mut Vec<u8>);
    /// Anything but usage and the end.
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>);
    fn finish(&mut self, reason: FinishReason, usage: &TokenUsage, out: &mut Vec<u8>);
    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>);
}

/// Appends a value as JSON.
pub(crate) fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Writing to memory, of values that are plain data, does not fail.
    let _ = serde_json::to_writer(out, value);
}
