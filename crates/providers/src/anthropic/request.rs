//! A request as Messages wants it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{AnswerFormat, ChatMessage, ChatPart, ChatRole, GenerationRequest, ToolChoice, Tuning};
use serde_json::{Value, json};

use crate::{catalogue::Can, client::Fault, registry::Entry};

/// The most output, where neither the person nor the catalogue says: the field is required.
const OUTPUT: u64 = 8192;
/// The least a thinking budget may be.
const LEAST_BUDGET: u64 = 1024;

pub(super) fn body(entry: &Entry, request: &GenerationRequest) -> Result<Value, Fault> {
    let model = &entry.model;
    let parameters = &request.parameters;
    let limit = model.max_output_tokens.unwrap_or(OUTPUT);
    let most = parameters.max_output_tokens.map_or(limit, |most| most.min(limit));
    let mut body = json!({
        "model": entry.name,
        "max_tokens": most,
        "messages": messages(request),
        "stream": entry.streams,
    });
    if let Some(system) = request.system.as_ref().filter(|system| !system.trim().is_empty()) {
        body["system"] = system.as_str().into();
    }
    let effort = parameters.reasoning_effort.as_ref();
    let thinking = effort
        .filter(|effort| model.reasoning_efforts.contains(effort))
        .is_some_and(|effort| think(&mut body, entry, effort, most));
    // The newest models take no temperature, and none takes one while it thinks.
    let takes_temperature = !entry.can.contains(&Can::AdaptiveThinking) || entry.can.contains(&Can::LegacyThinking);
    if let Some(temperature) = parameters.temperature.filter(|_| takes_temperature && !thinking) {
        body["temperature"] = temperature.min(1.0).into();
    }
    if !request.tools.is_empty() {
        let tool = |tool: &contracts::providers::Tool| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters });
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    tune(&mut body, entry, &request.tuning, !request.tools.is_empty())?;
    Ok(body)
}

/// The finer settings, as far as there is a field for them.
fn tune(body: &mut Value, entry: &Entry, tuning: &Tuning, tools: bool) -> Result<(), Fault> {
    let lacks = [
        ("`frequency_penalty`", tuning.frequency_penalty.is_some()),
        ("`presence_penalty`", tuning.presence_penalty.is_some()),
        ("`seed`", tuning.seed.is_some()),
        ("a JSON mode without a schema", tuning.format == AnswerFormat::Json),
    ];
    if let Some((what, _)) = lacks.into_iter().find(|(_, given)| *given) {
        return Err(Fault::Unsupported(what.to_owned()));
    }
    if let Some(top_p) = tuning.top_p {
        body["top_p"] = top_p.into();
    }
    if let Some(top_k) = tuning.top_k {
        body["top_k"] = top_k.into();
    }
    if !tuning.stop.is_empty() {
        body["stop_sequences"] = tuning.stop.clone().into();
    }
    if let Some(user) = &tuning.end_user {
        body["metadata"] = json!({ "user_id": user });
    }
    if let AnswerFormat::Schema { schema, .. } = &tuning.format {
        if !entry.model.capabilities.structured_output {
            return Err(Fault::Unsupported(format!("a JSON schema for the answer of {}", entry.model.name)));
        }
        body["output_config"]["format"] = json!({ "type": "json_schema", "schema": schema });
    }
    let mut choice = match &tuning.tool_choice {
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    };
    let parallel = tuning.parallel_tool_calls.filter(|_| tools && tuning.tool_choice != ToolChoice::None);
    if let Some(parallel) = parallel {
        choice["disable_parallel_tool_use"] = (!parallel).into();
    }
    if tools && (tuning.tool_choice != ToolChoice::Auto || parallel.is_some()) {
        body["tool_choice"] = choice;
    }
    Ok(())
}

/// Switches thinking on, the way the model knows; false if there is no room for it.
fn think(body: &mut Value, entry: &Entry, effort: &str, most: u64) -> bool {
    if entry.can.contains(&Can::Effort) {
        body["output_config"] = json!({ "effort": effort });
    }
    if entry.can.contains(&Can::AdaptiveThinking) {
        body["thinking"] = json!({ "type": "adaptive", "display": "summarized" });
        return true;
    }
    let wanted = match effort {
        "low" => 4096,
        "medium" => 16_384,
        _ => 32_768,
    };
    // The budget is part of the output and must leave room for the answer.
    let budget = wanted.min(most / 2);
    if budget < LEAST_BUDGET {
        return false;
    }
    body["thinking"] = json!({ "type": "enabled", "budget_tokens": budget });
    true
}

fn messages(request: &GenerationRequest) -> Vec<Value> {
    let mut messages: Vec<Value> = request.messages.iter().filter_map(message).collect();
    let has_answer = request.messages.iter().any(|message| message.role == ChatRole::Assistant);
    let last = messages.last_mut().filter(|_| has_answer);
    if let Some(block) = last.and_then(|message| message["content"].as_array_mut()?.last_mut()) {
        block["cache_control"] = json!({ "type": "ephemeral" });
    }
    messages
}

/// A message, results of tools first; none if nothing is in it, which the interface refuses.
fn message(message: &ChatMessage) -> Option<Value> {
    let mut results = Vec::new();
    let mut content = Vec::new();
    for part in &message.parts {
        match part {
            ChatPart::Text(text) if text.trim().is_empty() => {}
            ChatPart::Text(text) => content.push(json!({ "type": "text", "text": text })),
            ChatPart::Image { media_type, data } => content.push(json!({
                "type": "image",
                "source": { "type": "base64", "media_type": media_type, "data": STANDARD.encode(data) },
            })),
            ChatPart::ToolCall(call) => content.push(json!({
                "type": "tool_use", "id": call.id, "name": call.name,
                "input": if call.input.is_object() { call.input.clone() } else { json!({}) },
            })),
            ChatPart::ToolResult { tool_call_id, content, is_error } => results.push(json!({
                "type": "tool_result", "tool_use_id": tool_call_id, "content": content, "is_error": is_error,
            })),
        }
    }
    results.append(&mut content);
    let role = match message.role {
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    };
    (!results.is_empty()).then(|| json!({ "role": role, "content": results }))
}
