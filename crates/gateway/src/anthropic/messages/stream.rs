//! A message as events.

use contracts::providers::{Chunk, FinishReason, TokenUsage};
use serde_json::{Value, json};

use super::whole;
use crate::{
    anthropic::error,
    front::{Answering, Encoder, json as write},
    refusal::Refusal,
};

pub(crate) struct Events {
    answering: Answering,
    /// How many blocks have begun.
    blocks: usize,
    /// The text or the thoughts that are being written: where, and which.
    open: Option<(usize, Kind)>,
    calls: Vec<Call>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
}

struct Call {
    index: usize,
    id: String,
    sent: bool,
    ended: bool,
}

fn event(out: &mut Vec<u8>, kind: &str, data: &Value) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    write(out, data);
    out.extend_from_slice(b"\n\n");
}

impl Events {
    pub fn new(answering: Answering) -> Self {
        Self { answering, blocks: 0, open: None, calls: Vec::new() }
    }

    fn start(&mut self, out: &mut Vec<u8>, block: &Value) -> usize {
        let index = self.blocks;
        self.blocks += 1;
        let data = json!({ "type": "content_block_start", "index": index, "content_block": block });
        event(out, "content_block_start", &data);
        index
    }

    fn say(&mut self, out: &mut Vec<u8>, kind: Kind, text: &str) {
        if self.open.is_some_and(|(_, open)| open != kind) {
            self.close(out);
        }
        let index = if let Some((index, _)) = self.open {
            index
        } else {
            let block = match kind {
                Kind::Text => json!({ "type": "text", "text": "" }),
                Kind::Thinking => json!({ "type": "thinking", "thinking": "", "signature": "" }),
            };
            let index = self.start(out, &block);
            self.open = Some((index, kind));
            index
        };
        // The common case, written by hand.
        let (name, field) = match kind {
            Kind::Text => ("text_delta", "text"),
            Kind::Thinking => ("thinking_delta", "thinking"),
        };
        out.extend_from_slice(
            format!(
                "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\
                 \"delta\":{{\"type\":\"{name}\",\"{field}\":"
            )
            .as_bytes(),
        );
        write(out, text);
        out.extend_from_slice(b"}}\n\n");
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some((index, _)) = self.open.take() {
            stop(out, index);
        }
    }

    fn start_call(&mut self, out: &mut Vec<u8>, id: String, name: &str) {
        self.close(out);
        let index = self.start(out, &json!({ "type": "tool_use", "id": id, "name": name, "input": {} }));
        self.calls.push(Call { index, id, sent: false, ended: false });
    }
}

fn stop(out: &mut Vec<u8>, index: usize) {
    event(out, "content_block_stop", &json!({ "type": "content_block_stop", "index": index }));
}

fn arguments(out: &mut Vec<u8>, call: &mut Call, piece: &str) {
    call.sent = true;
    let delta = json!({ "type": "input_json_delta", "partial_json": piece });
    event(out, "content_block_delta", &json!({ "type": "content_block_delta", "index": call.index, "delta": delta }));
}

impl Encoder for Events {
    fn begin(&mut self, out: &mut Vec<u8>) {
        // Counted by us; the last but one event corrects it.
        let usage = TokenUsage { input: self.answering.input, output: 0, ..TokenUsage::default() };
        let message = whole::frame(&self.answering, &usage);
        event(out, "message_start", &json!({ "type": "message_start", "message": message }));
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>) {
        match chunk {
            Chunk::Text(text) => self.say(out, Kind::Text, &text),
            Chunk::Reasoning(text) => self.say(out, Kind::Thinking, &text),
            Chunk::ToolStart { id, name } => self.start_call(out, id, &name),
            Chunk::ToolInput { id, delta } => {
                if let Some(call) = self.calls.iter_mut().rfind(|call| call.id == id && !call.ended) {
                    arguments(out, call, &delta);
                }
            }
            Chunk::ToolCall(call) => {
                if !self.calls.iter().any(|known| known.id == call.id) {
                    self.start_call(out, call.id.clone(), &call.name);
                }
                if let Some(known) = self.calls.iter_mut().rfind(|known| known.id == call.id && !known.ended) {
                    if !known.sent {
                        arguments(out, known, &call.input.to_string());
                    }
                    known.ended = true;
                    stop(out, known.index);
                }
            }
            Chunk::Usage(_) | Chunk::Finish(_) => {}
        }
    }

    fn finish(&mut self, reason: FinishReason, usage: &TokenUsage, out: &mut Vec<u8>) {
        self.close(out);
        for call in self.calls.iter().filter(|call| !call.ended) {
            stop(out, call.index);
        }
        let delta = json!({
            "stop_reason": whole::stop_reason(reason, !self.calls.is_empty()), "stop_sequence": null,
        });
        let data = json!({ "type": "message_delta", "delta": delta, "usage": whole::told(usage) });
        event(out, "message_delta", &data);
        event(out, "message_stop", &json!({ "type": "message_stop" }));
    }

    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        out.extend_from_slice(&error::event(refusal, &self.answering.request_id));
    }
}
