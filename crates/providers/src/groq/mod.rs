//! Groq: Chat Completions with some words of its own.
//!
//! Source: <https://console.groq.com/docs/api-reference>, <https://console.groq.com/docs/reasoning>.
//! The usage of a stream stands in `x_groq.usage` of its last chunk, which the shared decoder
//! reads. Models other than gpt-oss put their thoughts between tags in the text, unless
//! `reasoning_format` asks for them apart.

use serde_json::{Map, Value};

use crate::{compatible::Dialect, registry::Entry};

pub(crate) const DIALECT: Dialect =
    Dialect { most_tokens: "max_completion_tokens", lacks: &["top_k"], always, ..Dialect::usual() };

fn always(entry: &Entry, body: &mut Map<String, Value>) {
    if entry.model.capabilities.reasoning && !entry.name.contains("gpt-oss") {
        body.insert("reasoning_format".to_owned(), "parsed".into());
    }
}
