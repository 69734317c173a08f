//! A whole response, and its parts.

use contracts::providers::{FinishReason, TokenUsage, ToolCall};
use serde_json::{Map, Value, json};

use crate::{collect::Collected, front::Answering};

/// The response object without output: what the request said, echoed.
pub(super) fn frame(answering: &Answering) -> Value {
    let mut request: Map<String, Value> = serde_json::from_slice(&answering.body).unwrap_or_default();
    let mut echo =
        |field: &str, default: Value| request.remove(field).filter(|value| !value.is_null()).unwrap_or(default);
    json!({
        "id": format!("resp_{}", answering.id),
        "object": "response",
        "created_at": answering.created,
        "status": "in_progress",
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": echo("instructions", Value::Null),
        "max_output_tokens": echo("max_output_tokens", Value::Null),
        "model": answering.model,
        "output": [],
        "parallel_tool_calls": echo("parallel_tool_calls", true.into()),
        "previous_response_id": null,
        "reasoning": echo("reasoning", json!({ "effort": null, "summary": null })),
        "service_tier": "default",
        "store": false,
        "temperature": echo("temperature", 1.0.into()),
        "text": echo("text", json!({ "format": { "type": "text" } })),
        "tool_choice": echo("tool_choice", "auto".into()),
        "tools": echo("tools", json!([])),
        "top_p": echo("top_p", 1.0.into()),
        "truncation": "disabled",
        "usage": null,
        "user": echo("user", Value::Null),
        "metadata": echo("metadata", json!({})),
    })
}

pub(super) fn response(answering: &Answering, answer: &Collected, usage: &TokenUsage) -> Value {
    let mut output = Vec::new();
    if !answer.reasoning.is_empty() {
        output.push(reasoning(&item_id("rs", answering, output.len()), &answer.reasoning));
    }
    if !answer.text.is_empty() || answer.calls.is_empty() {
        output.push(message(&item_id("msg", answering, output.len()), "completed", &answer.text));
    }
    for call in &answer.calls {
        output.push(function_call(&item_id("fc", answering, output.len()), call));
    }
    let mut response = frame(answering);
    finish(&mut response, output, answer.finish.unwrap_or(FinishReason::Stop), usage);
    response
}

/// Ids of items: unique within the response, and across them.
pub(super) fn item_id(prefix: &str, answering: &Answering, index: usize) -> String {
    format!("{prefix}_{}{index:02}", answering.id)
}

/// Turns a frame into the final object; gives the name of its last event.
pub(super) fn finish(
    response: &mut Value,
    output: Vec<Value>,
    reason: FinishReason,
    usage: &TokenUsage,
) -> &'static str {
    let (status, why) = match reason {
        FinishReason::Length => ("incomplete", Some("max_output_tokens")),
        FinishReason::ContentFilter => ("incomplete", Some("content_filter")),
        _ => ("completed", None),
    };
    response["status"] = status.into();
    if let Some(why) = why {
        response["incomplete_details"] = json!({ "reason": why });
    }
    response["output"] = output.into();
    response["usage"] = json!({
        "input_tokens": usage.input,
        "input_tokens_details": { "cached_tokens": usage.cached_input },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input + usage.output,
    });
    if why.is_some() { "response.incomplete" } else { "response.completed" }
}

pub(super) fn reasoning(id: &str, text: &str) -> Value {
    json!({ "id": id, "type": "reasoning", "summary": [{ "type": "summary_text", "text": text }] })
}

pub(super) fn message(id: &str, status: &str, text: &str) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [text_part(text)],
    })
}

pub(super) fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text })
}

pub(super) fn function_call(id: &str, call: &ToolCall) -> Value {
    json!({
        "id": id,
        "type": "function_call",
        "status": "completed",
        "arguments": call.input.to_string(),
        "call_id": call.id,
        "name": call.name,
    })
}
