//! A whole message, and its parts.

use contracts::providers::{FinishReason, TokenUsage};
use serde_json::{Value, json};

use crate::{collect::Collected, front::Answering};

/// A message without content or end.
pub(super) fn frame(answering: &Answering, usage: &TokenUsage) -> Value {
    json!({
        "id": format!("msg_{}", answering.id),
        "type": "message",
        "role": "assistant",
        "model": answering.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": told(usage),
    })
}

pub(super) fn message(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Value {
    let mut content = Vec::new();
    if !answer.reasoning.is_empty() {
        // There is nobody to sign it: sent back, it is left out.
        content.push(json!({ "type": "thinking", "thinking": answer.reasoning, "signature": "" }));
    }
    if !answer.text.is_empty() {
        content.push(json!({ "type": "text", "text": answer.text, "citations": null }));
    }
    for call in &answer.calls {
        content.push(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": call.input }));
    }
    let called = !answer.calls.is_empty();
    let mut message = frame(answering, usage);
    message["content"] = content.into();
    message["stop_reason"] = stop_reason(answer.finish.unwrap_or(FinishReason::Stop), called).into();
    message
}

/// Tokens as Anthropic counts them: cached input apart from the rest.
pub(super) fn told(usage: &TokenUsage) -> Value {
    json!({
        "input_tokens": usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
    })
}

pub(super) const fn stop_reason(reason: FinishReason, called: bool) -> &'static str {
    match reason {
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        FinishReason::Stop | FinishReason::Cancelled | FinishReason::Error => {
            if called {
                "tool_use"
            } else {
                "end_turn"
            }
        }
    }
}
