//! A response as events.
//!
//! The order is OpenAI's: created, in progress, then for each item that it is added, its parts
//! and their pieces, that they are done and that it is done; last the whole response.

use contracts::providers::{Chunk, FinishReason, TokenUsage, ToolCall};
use serde_json::{Value, json};

use super::whole;
use crate::{
    front::{Answering, Encoder, json as write},
    openai::error as errors,
    refusal::Refusal,
};

pub(crate) struct Events {
    answering: Answering,
    sequence: u64,
    response: Value,
    /// Items that are done, at their places; null: not yet.
    output: Vec<Value>,
    /// The text or the thoughts that are being written.
    open: Option<Open>,
    calls: Vec<Call>,
}

struct Open {
    index: usize,
    id: String,
    text: String,
    thinks: bool,
}

struct Call {
    index: usize,
    item: String,
    id: String,
    sent: bool,
}

/// An error in place of the next event.
pub(super) fn error(refusal: &Refusal, sequence: u64) -> Vec<u8> {
    let data = json!({
        "type": "error",
        "code": errors::code(refusal.reason),
        "message": refusal.message,
        "param": refusal.param,
        "sequence_number": sequence,
    });
    format!("event: error\ndata: {data}\n\n").into_bytes()
}

impl Events {
    pub fn new(answering: &Answering) -> Self {
        Self {
            response: whole::frame(answering),
            answering: answering.clone(),
            sequence: 0,
            output: Vec::new(),
            open: None,
            calls: Vec::new(),
        }
    }

    /// One event; `fields` is an object.
    fn event(&mut self, out: &mut Vec<u8>, kind: &str, fields: &Value) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: {\"type\":");
        write(out, kind);
        out.extend_from_slice(format!(",\"sequence_number\":{}", self.sequence).as_bytes());
        self.sequence += 1;
        let mut rest = Vec::new();
        write(&mut rest, fields);
        if rest.len() > 2 {
            out.push(b',');
            out.extend_from_slice(rest.get(1..).unwrap_or_default());
        } else {
            out.push(b'}');
        }
        out.extend_from_slice(b"\n\n");
    }

    /// Puts another item into the output.
    fn add(&mut self, prefix: &str) -> (usize, String) {
        let index = self.output.len();
        self.output.push(Value::Null);
        (index, whole::item_id(prefix, &self.answering, index))
    }

    fn say(&mut self, out: &mut Vec<u8>, text: &str, thinks: bool) {
        if self.open.as_ref().is_some_and(|open| open.thinks != thinks) {
            self.close(out);
        }
        if self.open.is_none() {
            let (index, id) = self.add(if thinks { "rs" } else { "msg" });
            let (item, part_kind, part) = if thinks {
                let item = json!({ "id": id, "type": "reasoning", "summary": [] });
                (item, "response.reasoning_summary_part.added", json!({ "type": "summary_text", "text": "" }))
            } else {
                let item = json!({
                    "id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": [],
                });
                (item, "response.content_part.added", whole::text_part(""))
            };
            self.event(out, "response.output_item.added", &json!({ "output_index": index, "item": item }));
            let at = if thinks { "summary_index" } else { "content_index" };
            self.event(out, part_kind, &json!({ "item_id": id, "output_index": index, at: 0, "part": part }));
            self.open = Some(Open { index, id, text: String::new(), thinks });
        }
        let Some(open) = &mut self.open else { return };
        open.text.push_str(text);
        let (index, id) = (open.index, open.id.clone());
        if thinks {
            let fields = json!({ "item_id": id, "output_index": index, "summary_index": 0, "delta": text });
            self.event(out, "response.reasoning_summary_text.delta", &fields);
        } else {
            let fields =
                json!({ "item_id": id, "output_index": index, "content_index": 0, "delta": text, "logprobs": [] });
            self.event(out, "response.output_text.delta", &fields);
        }
    }

    /// Ends the text or the thoughts.
    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(Open { index, id, text, thinks }) = self.open.take() else { return };
        let item = if thinks {
            let part = json!({ "type": "summary_text", "text": text });
            let fields = json!({ "item_id": id, "output_index": index, "summary_index": 0, "text": text });
            self.event(out, "response.reasoning_summary_text.done", &fields);
            let fields = json!({ "item_id": id, "output_index": index, "summary_index": 0, "part": part });
            self.event(out, "response.reasoning_summary_part.done", &fields);
            whole::reasoning(&id, &text)
        } else {
            let fields =
                json!({ "item_id": id, "output_index": index, "content_index": 0, "text": text, "logprobs": [] });
            self.event(out, "response.output_text.done", &fields);
            let part = whole::text_part(&text);
            let fields = json!({ "item_id": id, "output_index": index, "content_index": 0, "part": part });
            self.event(out, "response.content_part.done", &fields);
            whole::message(&id, "completed", &text)
        };
        self.done(out, index, item);
    }

    fn done(&mut self, out: &mut Vec<u8>, index: usize, item: Value) {
        self.event(out, "response.output_item.done", &json!({ "output_index": index, "item": item }));
        if let Some(place) = self.output.get_mut(index) {
            *place = item;
        }
    }

    fn start_call(&mut self, out: &mut Vec<u8>, id: String, name: &str) {
        self.close(out);
        let (index, item) = self.add("fc");
        let fields = json!({
            "id": item, "type": "function_call", "status": "in_progress", "arguments": "", "call_id": id, "name": name,
        });
        self.event(out, "response.output_item.added", &json!({ "output_index": index, "item": fields }));
        self.calls.push(Call { index, item, id, sent: false });
    }

    fn arguments(&mut self, out: &mut Vec<u8>, id: &str, delta: &str) {
        let Some(call) = self.calls.iter_mut().rfind(|call| call.id == id) else { return };
        call.sent = true;
        let fields = json!({ "item_id": call.item, "output_index": call.index, "delta": delta });
        self.event(out, "response.function_call_arguments.delta", &fields);
    }

    fn end_call(&mut self, out: &mut Vec<u8>, call: &ToolCall) {
        if !self.calls.iter().any(|known| known.id == call.id) {
            self.start_call(out, call.id.clone(), &call.name);
        }
        let arguments = call.input.to_string();
        if self.calls.iter().rfind(|known| known.id == call.id).is_some_and(|known| !known.sent) {
            self.arguments(out, &call.id, &arguments);
        }
        let Some(known) = self.calls.iter().rfind(|known| known.id == call.id) else { return };
        let (index, item) = (known.index, known.item.clone());
        let fields = json!({ "item_id": item, "output_index": index, "name": call.name, "arguments": arguments });
        self.event(out, "response.function_call_arguments.done", &fields);
        self.done(out, index, whole::function_call(&item, call));
    }
}

impl Encoder for Events {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let fields = json!({ "response": self.response });
        self.event(out, "response.created", &fields);
        self.event(out, "response.in_progress", &fields);
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>) {
        match chunk {
            Chunk::Text(text) => self.say(out, &text, false),
            Chunk::Reasoning(text) => self.say(out, &text, true),
            Chunk::ToolStart { id, name } => self.start_call(out, id, &name),
            Chunk::ToolInput { id, delta } => self.arguments(out, &id, &delta),
            Chunk::ToolCall(call) => self.end_call(out, &call),
            Chunk::Usage(_) | Chunk::Finish(_) => {}
        }
    }

    fn finish(&mut self, reason: FinishReason, usage: &TokenUsage, out: &mut Vec<u8>) {
        if self.output.is_empty() {
            // An answer without a word is still a message.
            self.say(out, "", false);
        }
        self.close(out);
        let mut response = std::mem::take(&mut self.response);
        let output = std::mem::take(&mut self.output).into_iter().filter(|item| !item.is_null()).collect();
        let kind = whole::finish(&mut response, output, reason, usage);
        self.event(out, kind, &json!({ "response": response }));
    }

    fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        out.extend_from_slice(&error(refusal, self.sequence));
        self.sequence += 1;
        let mut response = std::mem::take(&mut self.response);
        response["status"] = "failed".into();
        response["error"] = json!({ "code": "server_error", "message": refusal.message });
        self.event(out, "response.failed", &json!({ "response": response }));
    }
}
