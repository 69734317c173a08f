//! A chat completion as chunks.

use contracts::providers::{Chunk, FinishReason, TokenUsage};
use serde_json::{Value, json};

use super::whole::finish_reason;
use crate::{
    front::{Answering, Encoder, json as write},
    openai::{error, shared},
    refusal::Refusal,
};

pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

pub(crate) struct Chunks {
    /// All of a chunk before its choices.
    start: Vec<u8>,
    include_usage: bool,
    calls: Vec<Call>,
}

struct Call {
    id: String,
    /// Whether some of its arguments were sent.
    sent: bool,
}

impl Chunks {
    pub fn new(answering: &Answering) -> Self {
        let start = json!({
            "id": format!("chatcmpl-{}", answering.id),
            "object": "chat.completion.chunk",
            "created": answering.created,
            "model": answering.model,
            "system_fingerprint": null,
        });
        let mut text = start.to_string();
        text.truncate(text.len().saturating_sub(1));
        let start = format!("data: {text},\"choices\":[").into_bytes();
        Self { start, include_usage: answering.include_usage, calls: Vec::new() }
    }

    /// A chunk with one delta, which `write` writes.
    fn delta(&self, out: &mut Vec<u8>, finish: Option<&str>, write_delta: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(&self.start);
        out.extend_from_slice(b"{\"index\":0,\"delta\":{");
        write_delta(out);
        out.extend_from_slice(b"},\"logprobs\":null,\"finish_reason\":");
        write(out, &finish);
        out.extend_from_slice(b"}]");
        self.end(out, &Value::Null);
    }

    fn end(&self, out: &mut Vec<u8>, usage: &Value) {
        if self.include_usage {
            out.extend_from_slice(b",\"usage\":");
            write(out, usage);
        }
        out.extend_from_slice(b"}\n\n");
    }

    fn text(&self, out: &mut Vec<u8>, field: &[u8], text: &str) {
        self.delta(out, None, |out| {
            out.extend_from_slice(field);
            write(out, text);
        });
    }

    fn arguments(&self, out: &mut Vec<u8>, index: usize, arguments: &str) {
        self.delta(out, None, |out| {
            out.extend_from_slice(b"\"tool_calls\":");
            write(out, &json!([{ "index": index, "function": { "arguments": arguments } }]));
        });
    }

    fn start_call(&mut self, out: &mut Vec<u8>, id: String, name: &str) -> usize {
        let index = self.calls.len();
        self.delta(out, None, |out| {
            out.extend_from_slice(b"\"tool_calls\":");
            let function = json!({ "name": name, "arguments": "" });
            write(out, &json!([{ "index": index, "id": id, "type": "function", "function": function }]));
        });
        self.calls.push(Call { id, sent: false });
        index
    }
}

impl Encoder for Chunks {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.delta(out, None, |out| out.extend_from_slice(b"\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"));
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>) {
        match chunk {
            Chunk::Text(text) => self.text(out, b"\"content\":", &text),
            // OpenAI tells no reasoning here; its imitators do, by this name.
            Chunk::Reasoning(text) => self.text(out, b"\"reasoning_content\":", &text),
            Chunk::ToolStart { id, name } => _ = self.start_call(out, id, &name),
            Chunk::ToolInput { id, delta } => {
                if let Some(index) = self.calls.iter().rposition(|call| call.id == id) {
                    self.arguments(out, index, &delta);
                    if let Some(call) = self.calls.get_mut(index) {
                        call.sent = true;
                    }
                }
            }
            Chunk::ToolCall(call) => {
                let known = self.calls.iter().rposition(|known| known.id == call.id);
                let index = known.unwrap_or_else(|| self.start_call(out, call.id, &call.name));
                // Providers that give a call all at once send no pieces of it.
                if self.calls.get(index).is_some_and(|call| !call.sent) {
                    self.arguments(out, index, &call.input.to_string());
                }
            }
            Chunk::Usage(_) | Chunk::Finish(_) => {}
        }
    }

    fn finish(&mut self, reason: FinishReason, usage: &TokenUsage, out: &mut Vec<u8>) {
        self.delta(out, Some(finish_reason(reason, !self.calls.is_empty())), |_| {});
        if self.include_usage {
            out.extend_from_slice(&self.start);
            out.push(b']');
            self.end(out, &shared::chat_usage(usage));
        }
        out.extend_from_slice(DONE);
    }

    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        out.extend_from_slice(&error::event(refusal));
    }
}
