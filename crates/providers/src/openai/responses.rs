//! A request as OpenAI Responses wants it.
//!
//! Source: <https://platform.openai.com/docs/api-reference/responses>. Nothing is stored at
//! OpenAI (`store: false`): the conversation is ours. Summaries of the reasoning are asked
//! for; an organisation that may not have them gets its answer without.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{AnswerFormat, ChatMessage, ChatPart, ChatRole, GenerationRequest, ToolChoice, Tuning};
use serde_json::{Value, json};

use crate::{
    account::Account,
    adapter::Decoder,
    client::{Call, Fault},
    compatible::headers,
    registry::Entry,
};

pub(crate) fn prepare(
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<(Call, Box<dyn Decoder>), Fault> {
    let call = Call::json(format!("{}/responses", account.base_url), headers(account), &body(entry, request)?)?;
    Ok((call, super::decoder()))
}

/// The same call without asking for summaries, if `fault` says that they were what was wrong.
pub(crate) fn without_summaries(call: &Call, fault: &Fault) -> Option<Call> {
    let Fault::Status { status: 400, body, .. } = fault else { return None };
    if !body.contains("reasoning.summary") && !body.contains("reasoning summar") {
        return None;
    }
    let mut request: Value = serde_json::from_slice(&call.body).ok()?;
    request.pointer_mut("/reasoning")?.as_object_mut()?.remove("summary")?;
    Call::json(call.url.clone(), call.headers.clone(), &request).ok()
}

fn body(entry: &Entry, request: &GenerationRequest) -> Result<Value, Fault> {
    let model = &entry.model;
    let parameters = &request.parameters;
    let mut input = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        push(&mut input, message);
    }
    let mut body = json!({
        "model": entry.name,
        "input": input,
        "stream": entry.streams,
        "store": false,
    });
    if let Some(system) = &request.system {
        body["instructions"] = system.as_str().into();
    }
    if let Some(most) = parameters.max_output_tokens {
        // The least that the interface takes is 16.
        body["max_output_tokens"] = most.clamp(16, model.max_output_tokens.unwrap_or(u64::MAX).max(16)).into();
    }
    if model.capabilities.reasoning {
        body["reasoning"] = json!({ "summary": "auto" });
        let effort = parameters.reasoning_effort.as_ref();
        if let Some(effort) = effort.filter(|effort| model.reasoning_efforts.contains(effort)) {
            body["reasoning"]["effort"] = effort.as_str().into();
        }
    } else if let Some(temperature) = parameters.temperature {
        // Models that reason refuse a temperature.
        body["temperature"] = temperature.into();
    }
    if !request.tools.is_empty() {
        let tool = |tool: &contracts::providers::Tool| {
            json!({
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": false,
            })
        };
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    tune(&mut body, &request.tuning, !request.tools.is_empty())?;
    Ok(body)
}

/// The finer settings, as far as there is a field for them.
fn tune(body: &mut Value, tuning: &Tuning, tools: bool) -> Result<(), Fault> {
    let lacks = [
        ("top_k", tuning.top_k.is_some()),
        ("frequency_penalty", tuning.frequency_penalty.is_some()),
        ("presence_penalty", tuning.presence_penalty.is_some()),
        ("stop", !tuning.stop.is_empty()),
        ("seed", tuning.seed.is_some()),
    ];
    if let Some((name, _)) = lacks.into_iter().find(|(_, given)| *given) {
        return Err(Fault::Unsupported(format!("`{name}` for this model")));
    }
    if let Some(top_p) = tuning.top_p {
        body["top_p"] = top_p.into();
    }
    if let Some(user) = &tuning.end_user {
        body["safety_identifier"] = user.as_str().into();
    }
    if let Some(parallel) = tuning.parallel_tool_calls.filter(|_| tools) {
        body["parallel_tool_calls"] = parallel.into();
    }
    if tools {
        match &tuning.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::None => body["tool_choice"] = "none".into(),
            ToolChoice::Required => body["tool_choice"] = "required".into(),
            ToolChoice::Named(name) => body["tool_choice"] = json!({ "type": "function", "name": name }),
        }
    }
    match &tuning.format {
        AnswerFormat::Text => {}
        AnswerFormat::Json => body["text"] = json!({ "format": { "type": "json_object" } }),
        AnswerFormat::Schema { name, schema, strict } => {
            body["text"] = json!({
                "format": { "type": "json_schema", "name": name, "schema": schema, "strict": strict },
            });
        }
    }
    Ok(())
}

/// Appends a message as items: text and images together, each call and result by itself.
fn push(items: &mut Vec<Value>, message: &ChatMessage) {
    let (role, kind) = match message.role {
        ChatRole::User => ("user", "input_text"),
        ChatRole::Assistant => ("assistant", "output_text"),
    };
    let mut content = Vec::new();
    let mut after = Vec::new();
    for part in &message.parts {
        match part {
            ChatPart::Text(text) => content.push(json!({ "type": kind, "text": text })),
            ChatPart::Image { media_type, data } => content.push(json!({
                "type": "input_image",
                "detail": "auto",
                "image_url": format!("data:{media_type};base64,{}", STANDARD.encode(data)),
            })),
            ChatPart::ToolCall(call) => after.push(json!({
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": call.input.to_string(),
            })),
            ChatPart::ToolResult { tool_call_id, content, is_error } => items.push(json!({
                "type": "function_call_output",
                "call_id": tool_call_id,
                "output": if *is_error { format!("Error: {content}") } else { content.clone() },
            })),
        }
    }
    if !content.is_empty() {
        items.push(json!({ "role": role, "content": content }));
    }
    items.append(&mut after);
}
