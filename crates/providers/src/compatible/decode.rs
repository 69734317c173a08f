//! Reads Chat Completions: chunks of a stream, or a whole completion.

use std::collections::VecDeque;

use contracts::providers::{Chunk, ExtraUsage, FinishReason, Service, TokenUsage, ToolCall};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    adapter::{Decoder, arguments, finish, json, push_reasoning, push_text, service},
    client::Fault,
    error,
};

pub(crate) fn decoder() -> Box<dyn Decoder> {
    Box::<Completion>::default()
}

/// The chunk of a stream, or the whole of a completion: `delta` and `message` look the same.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    usage: Option<Usage>,
    /// Groq's own field, which has the usage in its last chunk.
    x_groq: Option<XGroq>,
    error: Option<serde_json::Value>,
    /// How OpenAI has answered.
    #[serde(default, deserialize_with = "service")]
    service_tier: Option<Service>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, alias = "message")]
    delta: Option<Delta<'a>>,
    finish_reason: Option<String>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    /// A string, or a list of parts.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolDelta>>,
}

#[derive(Deserialize)]
struct ToolDelta {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text {
        text: String,
    },
    Thinking {
        thinking: Vec<Part>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(crate) struct XGroq {
    pub usage: Option<Usage>,
    pub error: Option<String>,
}

/// `prompt_tokens` include cached ones; `completion_tokens` include reasoning, except with
/// xAI, whose total gives it away.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
pub(crate) struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for cached tokens.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    audio_tokens: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
    audio_tokens: Option<u64>,
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let input = usage.prompt_tokens.unwrap_or(0);
        let completion = usage.completion_tokens.unwrap_or(0);
        let details = usage.prompt_tokens_details.unwrap_or_default();
        let written = usage.completion_tokens_details.unwrap_or_default();
        let reasoning = written.reasoning_tokens.unwrap_or(0);
        let apart = reasoning > 0 && usage.total_tokens == Some(input + completion + reasoning);
        let output = if apart { completion + reasoning } else { completion };
        let cached = details.cached_tokens.or(usage.prompt_cache_hit_tokens).unwrap_or(0).min(input);
        let cache_write = details.cache_write_tokens.unwrap_or(0).min(input - cached);
        let reasoning = reasoning.min(output);
        Self {
            input,
            cached_input: cached,
            cache_write,
            output,
            reasoning,
            extra: ExtraUsage {
                audio_input: details.audio_tokens.unwrap_or(0).min(input - cached - cache_write),
                audio_output: written.audio_tokens.unwrap_or(0).min(output - reasoning),
                ..ExtraUsage::default()
            },
        }
    }
}

#[derive(Default)]
struct Completion {
    calls: Vec<Call>,
    usage: Option<TokenUsage>,
    service: Service,
    reason: Option<FinishReason>,
    finished: bool,
}

/// A call of a tool whose arguments come in.
struct Call {
    index: usize,
    id: String,
    name: String,
    arguments: String,
}

impl Decoder for Completion {
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        if data.trim() == "[DONE]" {
            self.finish(out);
            return Ok(());
        }
        self.read(data.as_bytes(), out)
    }

    fn whole(&mut self, body: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        self.read(body, out)?;
        if self.reason.is_none() {
            return Err(Fault::Protocol("its completion has no choices"));
        }
        self.finish(out);
        Ok(())
    }

    fn end(&mut self, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        if self.reason.is_none() && !self.finished {
            return Err(Fault::BrokeOff);
        }
        self.finish(out);
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.reason.is_some()
    }
}

impl Completion {
    fn read(&mut self, data: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        let body: Body = json(data)?;
        let groq = body.x_groq;
        self.service = body.service_tier.unwrap_or(self.service);
        let choice = body.choices.into_iter().next();
        let failed = body.error.or_else(|| choice.as_ref().and_then(|choice| choice.error.clone()));
        if let Some(failed) = failed.filter(|error| !error.is_null()) {
            let (code, message) = error::describe(&serde_json::json!({ "error": failed }));
            return Err(Fault::Reported { code, message });
        }
        if let Some(message) = groq.as_ref().and_then(|groq| groq.error.clone()) {
            return Err(Fault::Reported { code: String::new(), message });
        }
        if let Some(choice) = choice {
            if let Some(delta) = choice.delta {
                self.delta(delta, out)?;
            }
            if let Some(reason) = choice.finish_reason {
                self.reason = Some(reason_of(&reason));
            }
        }
        if let Some(usage) = body.usage.or_else(|| groq.and_then(|groq| groq.usage)) {
            let mut usage = TokenUsage::from(usage);
            usage.extra.service = self.service;
            if self.usage.replace(usage) != Some(usage) {
                out.push_back(Chunk::Usage(usage));
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        push_reasoning(out, delta.reasoning_content.or(delta.reasoning).unwrap_or_default());
        if let Some(content) = delta.content {
            let raw = content.get().as_bytes();
            match raw.first() {
                Some(b'"') => push_text(out, json(raw)?),
                Some(b'[') => {
                    for part in json::<Vec<Part>>(raw)? {
                        push_part(part, false, out);
                    }
                }
                _ => {}
            }
        }
        push_text(out, delta.refusal.unwrap_or_default());
        for (position, tool) in delta.tool_calls.unwrap_or_default().into_iter().enumerate() {
            self.tool(tool, position, out);
        }
        Ok(())
    }

    fn tool(&mut self, delta: ToolDelta, position: usize, out: &mut VecDeque<Chunk>) {
        let index = delta.index.unwrap_or(position);
        let id = delta.id.filter(|id| !id.is_empty());
        let function = delta.function.unwrap_or(FunctionDelta { name: None, arguments: None });
        // A new id begins a new call, even where a server counts all of them as the first.
        let known =
            self.calls.iter().rposition(|call| call.index == index && id.as_ref().is_none_or(|id| *id == call.id));
        let at = known.unwrap_or_else(|| {
            let id = id.unwrap_or_else(|| format!("call_{}", self.calls.len()));
            let name = function.name.unwrap_or_default();
            out.push_back(Chunk::ToolStart { id: id.clone(), name: name.clone() });
            self.calls.push(Call { index, id, name, arguments: String::new() });
            self.calls.len() - 1
        });
        if let (Some(call), Some(delta)) = (self.calls.get_mut(at), function.arguments.filter(|text| !text.is_empty()))
        {
            call.arguments.push_str(&delta);
            out.push_back(Chunk::ToolInput { id: call.id.clone(), delta });
        }
    }

    fn finish(&mut self, out: &mut VecDeque<Chunk>) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        let called = !self.calls.is_empty();
        for call in self.calls.drain(..) {
            let input = arguments(&call.arguments);
            out.push_back(Chunk::ToolCall(ToolCall { id: call.id, name: call.name, input }));
        }
        out.push_back(finish(self.reason.unwrap_or(FinishReason::Stop), called));
    }
}

/// Text of Mistral's content parts; what stands inside `thinking` is reasoning.
fn push_part(part: Part, thinks: bool, out: &mut VecDeque<Chunk>) {
    match part {
        Part::Text { text } if thinks => push_reasoning(out, text),
        Part::Text { text } => push_text(out, text),
        Part::Thinking { thinking } => thinking.into_iter().for_each(|part| push_part(part, true, out)),
        Part::Other => {}
    }
}

fn reason_of(reason: &str) -> FinishReason {
    match reason {
        "length" | "model_length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "error" => FinishReason::Error,
        _ => FinishReason::Stop,
    }
}
