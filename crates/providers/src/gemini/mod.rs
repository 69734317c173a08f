//! Gemini `generateContent`, streamed as server-sent events.
//!
//! Source: <https://ai.google.dev/api/generate-content>. Thoughts are counted apart from the
//! candidates, and cached tokens are part of the prompt's. A stream just ends: its last
//! response has a `finishReason`.

mod decode;
mod request;

pub(crate) use self::decode::decoder;
use contracts::providers::GenerationRequest;
use reqwest::header::{HeaderMap, HeaderName};

use crate::{
    account::Account,
    adapter::Decoder,
    client::{Call, Fault, secret},
    registry::Entry,
};

/// The key.
pub(crate) fn headers(account: &Account) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(key) = account.key() {
        secret(&mut headers, HeaderName::from_static("x-goog-api-key"), key);
    }
    headers
}

pub(crate) fn prepare(
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<(Call, Box<dyn Decoder>), Fault> {
    let method = if entry.streams { "streamGenerateContent?alt=sse" } else { "generateContent" };
    let url = format!("{}/models/{}:{method}", account.base_url, entry.name);
    Ok((Call::json(url, headers(account), &request::body(entry, request)?)?, decoder()))
}
