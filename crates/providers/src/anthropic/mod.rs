//! Anthropic Messages.
//!
//! Source: <https://platform.claude.com/docs/en/api/messages> and
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>. `input_tokens` exclude
//! what was read from and written to the prompt cache. A conversation that has had an answer
//! is cached up to its last message, as the next question will send it again.

mod decode;
mod request;

pub(crate) use self::decode::{Usage, decoder};
use contracts::providers::GenerationRequest;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    account::Account,
    adapter::Decoder,
    client::{Call, Fault, secret},
    registry::Entry,
};

/// The key, and the version of the interface.
pub(crate) fn headers(account: &Account) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
    if let Some(key) = account.key() {
        secret(&mut headers, HeaderName::from_static("x-api-key"), key);
    }
    headers
}

pub(crate) fn prepare(
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<(Call, Box<dyn Decoder>), Fault> {
    let body = request::body(entry, request)?;
    Ok((Call::json(format!("{}/messages", account.base_url), headers(account), &body)?, decoder()))
}
