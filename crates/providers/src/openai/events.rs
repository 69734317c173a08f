//! Reads OpenAI Responses: the events of a stream, or a whole response.

use std::{borrow::Cow, collections::VecDeque};

use contracts::providers::{Chunk, ExtraUsage, FinishReason, Service, TokenUsage, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    adapter::{Decoder, arguments, finish, json, push_reasoning, push_text, service},
    client::Fault,
    error,
};

pub(crate) fn decoder() -> Box<dyn Decoder> {
    Box::<Responses>::default()
}

/// An event: its type says which of the other fields it has.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    delta: Option<Value>,
    item: Option<Item>,
    output_index: Option<u64>,
    summary_index: Option<u64>,
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type", default)]
    kind: String,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    #[serde(default)]
    content: Option<Vec<Part>>,
    #[serde(default)]
    summary: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: Option<String>,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
    usage: Option<Usage>,
    #[serde(default)]
    output: Vec<Item>,
    #[serde(default, deserialize_with = "service")]
    service_tier: Option<Service>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// `input_tokens` include cached ones and `output_tokens` include reasoning.
#[derive(Deserialize)]
pub(crate) struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    input_tokens_details: Option<InputDetails>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let input = usage.input_tokens_details.unwrap_or_default();
        let cached = input.cached_tokens.min(usage.input_tokens);
        Self {
            input: usage.input_tokens,
            cached_input: cached,
            cache_write: input.cache_write_tokens.min(usage.input_tokens - cached),
            output: usage.output_tokens,
            reasoning: usage.output_tokens_details.unwrap_or_default().reasoning_tokens.min(usage.output_tokens),
            extra: ExtraUsage::default(),
        }
    }
}

#[derive(Default)]
struct Responses {
    /// Calls of tools that have begun: the index of the item, and the id of the call.
    calls: Vec<(u64, String)>,
    called: bool,
}

impl Decoder for Responses {
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        // Imitators end with this; OpenAI itself just ends.
        if data.trim() == "[DONE]" {
            return Ok(());
        }
        let event: Event = json(data.as_bytes())?;
        match event.kind.as_ref() {
            "response.output_text.delta" | "response.refusal.delta" => push_text(out, text(event.delta)),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                push_reasoning(out, text(event.delta));
            }
            "response.reasoning_summary_part.added" if event.summary_index.unwrap_or(0) > 0 => {
                push_reasoning(out, "\n\n".to_owned());
            }
            "response.output_item.added" => self.begin(event.item, event.output_index.unwrap_or(0), out),
            "response.function_call_arguments.delta" => {
                let index = event.output_index.unwrap_or(0);
                if let Some((_, id)) = self.calls.iter().find(|(at, _)| *at == index) {
                    out.push_back(Chunk::ToolInput { id: id.clone(), delta: text(event.delta) });
                }
            }
            "response.output_item.done" => self.call(event.item, out),
            "response.completed" | "response.incomplete" | "response.failed" => {
                let response = event.response.ok_or(Fault::Protocol("its last event has no response"))?;
                self.last(response, out)?;
            }
            "error" => return Err(reported(&json(data.as_bytes())?)),
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        let mut response: Response = json(body)?;
        if response.status.is_none() && response.error.is_none() {
            return Err(Fault::Protocol("its answer is no response"));
        }
        for item in std::mem::take(&mut response.output) {
            let texts = |parts: Option<Vec<Part>>| {
                parts.unwrap_or_default().into_iter().filter_map(|part| part.text.or(part.refusal)).collect::<Vec<_>>()
            };
            match item.kind.as_str() {
                "message" => texts(item.content).into_iter().for_each(|text| push_text(out, text)),
                "reasoning" => push_reasoning(out, texts(item.summary).join("\n\n")),
                "function_call" => {
                    let (id, name) = (item.call_id.clone().unwrap_or_default(), item.name.clone().unwrap_or_default());
                    out.push_back(Chunk::ToolStart { id, name });
                    self.call(Some(item), out);
                }
                _ => {}
            }
        }
        self.last(response, out)
    }

    fn end(&mut self, _: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        Err(Fault::BrokeOff)
    }
}

impl Responses {
    fn begin(&mut self, item: Option<Item>, index: u64, out: &mut VecDeque<Chunk>) {
        let Some(item) = item.filter(|item| item.kind == "function_call") else { return };
        let id = item.call_id.unwrap_or_else(|| format!("call_{index}"));
        self.calls.push((index, id.clone()));
        out.push_back(Chunk::ToolStart { id, name: item.name.unwrap_or_default() });
    }

    fn call(&mut self, item: Option<Item>, out: &mut VecDeque<Chunk>) {
        let Some(item) = item.filter(|item| item.kind == "function_call") else { return };
        self.called = true;
        out.push_back(Chunk::ToolCall(ToolCall {
            id: item.call_id.unwrap_or_default(),
            name: item.name.unwrap_or_default(),
            input: arguments(&item.arguments.unwrap_or_default()),
        }));
    }

    fn last(&mut self, response: Response, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        if let Some(usage) = response.usage {
            let mut usage = TokenUsage::from(usage);
            usage.extra.service = response.service_tier.unwrap_or_default();
            out.push_back(Chunk::Usage(usage));
        }
        if let Some(failed) = response.error.filter(|error| !error.is_null()) {
            return Err(reported(&failed));
        }
        let incomplete = response.incomplete_details.and_then(|details| details.reason);
        let reason = match (response.status.as_deref(), incomplete.as_deref()) {
            (_, Some("content_filter")) => FinishReason::ContentFilter,
            (_, Some(_)) | (Some("incomplete"), None) => FinishReason::Length,
            (Some("failed"), None) => FinishReason::Error,
            (Some("cancelled"), None) => FinishReason::Cancelled,
            _ => FinishReason::Stop,
        };
        out.push_back(finish(reason, self.called));
        Ok(())
    }
}

fn text(delta: Option<Value>) -> String {
    match delta {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn reported(error: &Value) -> Fault {
    // The event's own `type` is `error`, which is no code.
    let (code, message) = error::describe(error);
    Fault::Reported { code, message }
}
