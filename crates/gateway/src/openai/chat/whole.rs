//! A whole chat completion.

use contracts::providers::{FinishReason, TokenUsage};
use serde_json::{Value, json};

use crate::{collect::Collected, front::Answering, openai::shared};

pub(super) fn completion(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Vec<u8> {
    let calls: Vec<Value> = answer
        .calls
        .iter()
        .map(|call| {
            let function = json!({ "name": call.name, "arguments": call.input.to_string() });
            json!({ "id": call.id, "type": "function", "function": function })
        })
        .collect();
    let content = (calls.is_empty() || !answer.text.is_empty()).then_some(&answer.text);
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null, "annotations": [] });
    if !answer.reasoning.is_empty() {
        message["reasoning_content"] = answer.reasoning.as_str().into();
    }
    let called = !calls.is_empty();
    if called {
        message["tool_calls"] = calls.into();
    }
    let reason = finish_reason(answer.finish.unwrap_or(FinishReason::Stop), called);
    json!({
        "id": format!("chatcmpl-{}", answering.id),
        "object": "chat.completion",
        "created": answering.created,
        "model": answering.model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }],
        "usage": shared::chat_usage(usage),
        "system_fingerprint": null,
    })
    .to_string()
    .into_bytes()
}

pub(super) const fn finish_reason(reason: FinishReason, called: bool) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Stop | FinishReason::Cancelled | FinishReason::Error => {
            if called {
                "tool_calls"
            } else {
                "stop"
            }
        }
    }
}
