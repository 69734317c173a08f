//! What an adapter is: a translator between the contract and one provider's wire format.
//!
//! An adapter does no IO. It turns a request into a [`Call`] and reads the answer, event by
//! event or whole, into chunks; [`crate::generate`] does the rest for all of them alike.

use std::collections::VecDeque;

use contracts::providers::{Chunk, FinishReason, GenerationRequest, Service};
use serde::Deserialize;

use crate::{
    account::{Account, Api},
    anthropic,
    client::{Call, Fault},
    compatible, gemini, openai,
    registry::Entry,
};

/// Reads one answer. Everything after [`Chunk::Finish`] is ignored.
pub(crate) trait Decoder: Send {
    /// Reads the data of one server-sent event.
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<(), Fault>;

    /// Reads an answer that came whole.
    fn whole(&mut self, body: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault>;

    /// The stream ended without saying so: that may be fine, or the answer is not whole.
    fn end(&mut self, out: &mut VecDeque<Chunk>) -> Result<(), Fault>;

    /// Whether all of the answer is there and only figures may follow.
    fn is_complete(&self) -> bool {
        false
    }
}

/// The call that asks for a generation, and what reads its answer.
pub(crate) fn prepare(
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<(Call, Box<dyn Decoder>), Fault> {
    match entry.api {
        Api::Responses => openai::responses::prepare(entry, account, request),
        Api::Messages => anthropic::prepare(entry, account, request),
        Api::Generate => gemini::prepare(entry, account, request),
        Api::Chat | Api::Demo => compatible::prepare(entry, account, request),
    }
}

/// Reads JSON that the provider documents.
pub(crate) fn json<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, Fault> {
    serde_json::from_slice(data).map_err(|error| {
        tracing::debug!(line = error.line(), column = error.column(), "a provider's JSON can't be read");
        Fault::Protocol("its answer is not the JSON it documents")
    })
}

/// The arguments of a tool call, once they are all there. Models write them, so they may be
/// anything; nothing at all means no arguments.
pub(crate) fn arguments(text: &str) -> serde_json::Value {
    if text.trim().is_empty() {
        return serde_json::Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
}

/// The reason, unless tools were called: some providers then say `stop` all the same.
pub(crate) fn finish(reason: FinishReason, called: bool) -> Chunk {
    Chunk::Finish(if called && reason == FinishReason::Stop { FinishReason::ToolCalls } else { reason })
}

/// Appends text unless it is empty.
pub(crate) fn push_text(out: &mut VecDeque<Chunk>, text: String) {
    if !text.is_empty() {
        out.push_back(Chunk::Text(text));
    }
}

/// Appends reasoning unless it is empty.
pub(crate) fn push_reasoning(out: &mut VecDeque<Chunk>, text: String) {
    if !text.is_empty() {
        out.push_back(Chunk::Reasoning(text));
    }
}

/// The service that a provider says it has answered with; what is no word is none.
pub(crate) fn service<'de, D: serde::Deserializer<'de>>(word: D) -> Result<Option<Service>, D::Error> {
    let word = Option::<serde_json::Value>::deserialize(word)?;
    Ok(word.and_then(|word| word.as_str().map(Service::named)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECORDED: &[(&str, Api)] = &[
        (include_str!("../tests/fixtures/openai/responses_tool.sse"), Api::Responses),
        (include_str!("../tests/fixtures/openai/responses_reasoning.sse"), Api::Responses),
        (include_str!("../tests/fixtures/openai/chat_tool.sse"), Api::Chat),
        (include_str!("../tests/fixtures/compatible/mistral.sse"), Api::Chat),
        (include_str!("../tests/fixtures/anthropic/tool.sse"), Api::Messages),
        (include_str!("../tests/fixtures/gemini/tool.sse"), Api::Generate),
    ];

    fn decoder(api: Api) -> Box<dyn Decoder> {
        match api {
            Api::Responses => openai::decoder(),
            Api::Messages => anthropic::decoder(),
            Api::Generate => gemini::decoder(),
            Api::Chat | Api::Demo => compatible::decoder(),
        }
    }

    proptest! {
        /// Events that are lost, doubled, out of order or cut are an answer or an error.
        #[test]
        fn acceptance_40_no_order_of_events_is_fatal(
            recording in 0..RECORDED.len(),
            order in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 0..60),
        ) {
            let (stream, api) = RECORDED[recording];
            let events: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
            let mut decoder = decoder(api);
            let mut out = VecDeque::new();
            for (which, at, cut) in order {
                let event = which.get(&events);
                let length = if cut == 0 { at.index(event.len() + 1) } else { event.len() };
                let event = String::from_utf8_lossy(&event.as_bytes()[..length]).into_owned();
                _ = decoder.event(&event, &mut out);
                _ = decoder.whole(event.as_bytes(), &mut out);
            }
            _ = decoder.end(&mut out);
        }
    }
}
