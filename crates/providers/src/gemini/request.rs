//! A request as Gemini wants it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{AnswerFormat, ChatMessage, ChatPart, ChatRole, GenerationRequest, ToolChoice, Tuning};
use serde_json::{Map, Value, json};

use crate::{client::Fault, registry::Entry};

/// Stands for the signature of a thought that another model, or nobody, signed
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
const UNSIGNED: &str = "skip_thought_signature_validator";

pub(super) fn body(entry: &Entry, request: &GenerationRequest) -> Result<Value, Fault> {
    let parameters = &request.parameters;
    let model = &entry.model;
    let mut generation = Map::new();
    if let Some(temperature) = parameters.temperature {
        generation.insert("temperature".to_owned(), temperature.into());
    }
    if let Some(most) = parameters.max_output_tokens {
        let most = most.min(model.max_output_tokens.unwrap_or(u64::MAX));
        generation.insert("maxOutputTokens".to_owned(), most.into());
    }
    tune(&mut generation, &request.tuning)?;
    if model.capabilities.reasoning {
        let effort = parameters.reasoning_effort.as_ref();
        let effort = effort.filter(|effort| model.reasoning_efforts.contains(effort));
        generation.insert("thinkingConfig".to_owned(), thinking(&entry.name, effort.map(String::as_str)));
    }
    let contents: Vec<Value> =
        request.messages.iter().filter_map(|message| content(message, &request.messages)).collect();
    let mut body = json!({ "contents": contents });
    if !generation.is_empty() {
        body["generationConfig"] = generation.into();
    }
    if let Some(system) = request.system.as_ref().filter(|system| !system.is_empty()) {
        body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
    }
    if !request.tools.is_empty() {
        let declare = |tool: &contracts::providers::Tool| {
            json!({
                "name": tool.name,
                "description": tool.description,
                "parametersJsonSchema": tool.parameters,
            })
        };
        body["tools"] = json!([{ "functionDeclarations": request.tools.iter().map(declare).collect::<Vec<_>>() }]);
    }
    let calling = match &request.tuning.tool_choice {
        ToolChoice::Auto => return Ok(body),
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Named(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    body["toolConfig"] = json!({ "functionCallingConfig": calling });
    Ok(body)
}

/// The finer settings, as far as there is a field for them.
fn tune(generation: &mut Map<String, Value>, tuning: &Tuning) -> Result<(), Fault> {
    if tuning.parallel_tool_calls == Some(false) {
        return Err(Fault::Unsupported("`parallel_tool_calls: false`".to_owned()));
    }
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            generation.insert(name.to_owned(), value);
        }
    };
    set("topP", tuning.top_p.map(Value::from));
    set("topK", tuning.top_k.map(Value::from));
    set("frequencyPenalty", tuning.frequency_penalty.map(Value::from));
    set("presencePenalty", tuning.presence_penalty.map(Value::from));
    set("seed", tuning.seed.map(Value::from));
    set("stopSequences", (!tuning.stop.is_empty()).then(|| tuning.stop.clone().into()));
    match &tuning.format {
        AnswerFormat::Text => {}
        AnswerFormat::Json => set("responseMimeType", Some("application/json".into())),
        AnswerFormat::Schema { schema, .. } => {
            set("responseMimeType", Some("application/json".into()));
            set("responseJsonSchema", Some(schema.clone()));
        }
    }
    Ok(())
}

/// Gemini 2.5 takes a budget of tokens, later models a level.
fn thinking(name: &str, effort: Option<&str>) -> Value {
    let mut config = json!({ "includeThoughts": effort != Some("none") });
    let Some(effort) = effort else { return config };
    if name.contains("gemini-2.5") {
        config["thinkingBudget"] = match effort {
            "none" => 0,
            "low" => 1024,
            "medium" => 8192,
            _ => 24_576,
        }
        .into();
    } else {
        config["thinkingLevel"] = effort.to_uppercase().into();
    }
    config
}

fn content(message: &ChatMessage, all: &[ChatMessage]) -> Option<Value> {
    let parts: Vec<Value> = message.parts.iter().filter_map(|part| part_of(part, all)).collect();
    let role = match message.role {
        ChatRole::User => "user",
        ChatRole::Assistant => "model",
    };
    (!parts.is_empty()).then(|| json!({ "role": role, "parts": parts }))
}

fn part_of(part: &ChatPart, all: &[ChatMessage]) -> Option<Value> {
    Some(match part {
        ChatPart::Text(text) if text.is_empty() => return None,
        ChatPart::Text(text) => json!({ "text": text }),
        ChatPart::Image { media_type, data } => {
            json!({ "inlineData": { "mimeType": media_type, "data": STANDARD.encode(data) } })
        }
        ChatPart::ToolCall(call) => json!({
            "functionCall": {
                "name": call.name,
                "args": if call.input.is_object() { call.input.clone() } else { json!({}) },
            },
            "thoughtSignature": UNSIGNED,
        }),
        ChatPart::ToolResult { tool_call_id, content, is_error } => {
            let field = if *is_error { "error" } else { "output" };
            json!({ "functionResponse": { "name": called(tool_call_id, all), "response": { field: content } } })
        }
    })
}

/// The name of the function that a call's id belongs to: Gemini goes by names.
fn called<'a>(id: &'a str, all: &'a [ChatMessage]) -> &'a str {
    let calls = all.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        ChatPart::ToolCall(call) => Some(call),
        _ => None,
    });
    calls.filter(|call| call.id == id).map(|call| call.name.as_str()).next().unwrap_or(id)
}
