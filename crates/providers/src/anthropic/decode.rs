//! Reads Messages: the events of a stream, or a whole message.

use std::collections::VecDeque;

use contracts::providers::{Chunk, ExtraUsage, FinishReason, Service, TokenUsage, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    adapter::{Decoder, arguments, json, push_reasoning, push_text, service},
    client::Fault,
    error,
};

pub(crate) fn decoder() -> Box<dyn Decoder> {
    Box::<Messages>::default()
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: Stop,
        usage: Option<Usage>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    /// `ping`, and whatever may come: the documentation asks to pass over it.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    /// Signatures and citations.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Whole {
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
    error: Option<Value>,
}

/// Cumulative; a field that is absent keeps what an earlier event said.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
pub(crate) struct Usage {
    /// Without what was read from and written to the cache.
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    /// Thinking included.
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
    cache_creation: Option<CacheCreation>,
    server_tool_use: Option<ServerTools>,
    #[serde(deserialize_with = "service")]
    service_tier: Option<Service>,
}

/// Writes by how long they are kept; the rest is for five minutes.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct CacheCreation {
    ephemeral_1h_input_tokens: u64,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct ServerTools {
    web_search_requests: u64,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: u64,
}

impl Usage {
    pub fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = later.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = later.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.output_tokens_details = later.output_tokens_details.or(self.output_tokens_details);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.server_tool_use = later.server_tool_use.or(self.server_tool_use);
        self.service_tier = later.service_tier.or(self.service_tier);
    }
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let read = usage.cache_read_input_tokens.unwrap_or(0);
        let written = usage.cache_creation_input_tokens.unwrap_or(0);
        let output = usage.output_tokens.unwrap_or(0);
        Self {
            input: usage.input_tokens.unwrap_or(0) + read + written,
            cached_input: read,
            cache_write: written,
            output,
            reasoning: usage.output_tokens_details.map_or(0, |details| details.thinking_tokens.min(output)),
            extra: ExtraUsage {
                service: usage.service_tier.unwrap_or_default(),
                cache_write_1h: usage.cache_creation.map_or(0, |writes| writes.ephemeral_1h_input_tokens.min(written)),
                searches: usage.server_tool_use.map_or(0, |tools| tools.web_search_requests),
                ..ExtraUsage::default()
            },
        }
    }
}

#[derive(Default)]
struct Messages {
    usage: Usage,
    /// Calls of tools that have begun, by the index of their block.
    calls: Vec<Call>,
    stop_reason: Option<String>,
}

struct Call {
    index: u64,
    id: String,
    name: String,
    /// What stood in the block's start, if the arguments don't come in pieces.
    input: Value,
    arguments: String,
}

impl Decoder for Messages {
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        match json::<Event>(data.as_bytes())? {
            Event::MessageStart { message } => self.count(message.usage, out),
            Event::ContentBlockStart { index, content_block } => self.block(index, content_block, out),
            Event::ContentBlockDelta { index, delta } => self.delta(index, delta, out),
            Event::ContentBlockStop { index } => self.call(index, out),
            Event::MessageDelta { delta, usage } => {
                self.stop_reason = delta.stop_reason.or(self.stop_reason.take());
                self.count(usage, out);
            }
            Event::MessageStop => out.push_back(Chunk::Finish(reason(self.stop_reason.as_deref()))),
            Event::Error { error } => return Err(reported(&error)),
            Event::Other => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &[u8], out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        let whole: Whole = json(body)?;
        if let Some(error) = whole.error {
            return Err(reported(&error));
        }
        let content = whole.content.ok_or(Fault::Protocol("its message has no content"))?;
        for (index, block) in (0..).zip(content) {
            self.block(index, block, out);
            self.call(index, out);
        }
        self.count(whole.usage, out);
        out.push_back(Chunk::Finish(reason(whole.stop_reason.as_deref())));
        Ok(())
    }

    fn end(&mut self, out: &mut VecDeque<Chunk>) -> Result<(), Fault> {
        let Some(stop) = &self.stop_reason else { return Err(Fault::BrokeOff) };
        out.push_back(Chunk::Finish(reason(Some(stop))));
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.stop_reason.is_some()
    }
}

impl Messages {
    fn count(&mut self, usage: Option<Usage>, out: &mut VecDeque<Chunk>) {
        if let Some(usage) = usage {
            self.usage.update(usage);
            out.push_back(Chunk::Usage(self.usage.into()));
        }
    }

    fn block(&mut self, index: u64, block: Block, out: &mut VecDeque<Chunk>) {
        match block {
            Block::Text { text } => push_text(out, text),
            Block::Thinking { thinking } => push_reasoning(out, thinking),
            Block::ToolUse { id, name, input } => {
                out.push_back(Chunk::ToolStart { id: id.clone(), name: name.clone() });
                self.calls.push(Call { index, id, name, input, arguments: String::new() });
            }
            Block::Other => {}
        }
    }

    fn delta(&mut self, index: u64, delta: Delta, out: &mut VecDeque<Chunk>) {
        match delta {
            Delta::Text { text } => push_text(out, text),
            Delta::Thinking { thinking } => push_reasoning(out, thinking),
            Delta::InputJson { partial_json } if !partial_json.is_empty() => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.index == index) {
                    call.arguments.push_str(&partial_json);
                    out.push_back(Chunk::ToolInput { id: call.id.clone(), delta: partial_json });
                }
            }
            Delta::InputJson { .. } | Delta::Other => {}
        }
    }

    /// The block is whole: if it was a call, its arguments are too.
    fn call(&mut self, index: u64, out: &mut VecDeque<Chunk>) {
        let Some(at) = self.calls.iter().position(|call| call.index == index) else { return };
        let call = self.calls.swap_remove(at);
        let given = call.arguments.is_empty() && call.input.is_object();
        let input = if given { call.input } else { arguments(&call.arguments) };
        out.push_back(Chunk::ToolCall(ToolCall { id: call.id, name: call.name, input }));
    }
}

fn reason(stop: Option<&str>) -> FinishReason {
    match stop {
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("tool_use") => FinishReason::ToolCalls,
        Some("refusal") => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

fn reported(error: &Value) -> Fault {
    let (code, message) = error::describe(error);
    Fault::Reported { code, message }
}
