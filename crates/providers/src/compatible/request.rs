//! A request as Chat Completions wants it.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{ChatMessage, ChatPart, ChatRole, GenerationRequest, Tool};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Dialect;
use crate::{client::Fault, registry::Entry};

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'a>>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    /// Null where an assistant only called tools.
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Serialize)]
struct Function<'a> {
    r#type: &'static str,
    function: Definition<'a>,
}

#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

pub(super) fn body<'a>(entry: &'a Entry, dialect: &Dialect, request: &'a GenerationRequest) -> Result<Body<'a>, Fault> {
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if let Some(system) = &request.system {
        messages.push(Message::plain("system", system));
    }
    for message in &request.messages {
        push(&mut messages, message);
    }
    let model = &entry.model;
    let parameters = &request.parameters;
    let mut more = Map::new();
    (dialect.always)(entry, &mut more);
    if let Some(most) = parameters.max_output_tokens {
        let most = most.min(model.max_output_tokens.unwrap_or(u64::MAX));
        more.insert(dialect.most_tokens.to_owned(), most.into());
    }
    let effort = parameters.reasoning_effort.as_deref();
    if let Some(effort) = effort.filter(|effort| model.reasoning_efforts.iter().any(|known| known == effort)) {
        (dialect.effort)(&mut more, effort);
    }
    super::tune::tune(&mut more, dialect, request)?;
    Ok(Body {
        model: &entry.name,
        messages,
        stream: entry.streams,
        stream_options: (entry.streams && dialect.asks_usage).then_some(StreamOptions { include_usage: true }),
        temperature: parameters.temperature,
        tools: request.tools.iter().map(Function::new).collect(),
        more,
    })
}

impl<'a> Message<'a> {
    fn plain(role: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { role, content: Some(Content::Text(text.into())), tool_calls: Vec::new(), tool_call_id: None }
    }
}

impl<'a> Function<'a> {
    fn new(tool: &'a Tool) -> Self {
        Self {
            r#type: "function",
            function: Definition { name: &tool.name, description: &tool.description, parameters: &tool.parameters },
        }
    }
}

/// Appends a message; results of tools become messages of their own, before the rest.
fn push<'a>(messages: &mut Vec<Message<'a>>, message: &'a ChatMessage) {
    let mut parts = Vec::new();
    let mut tool_calls = Vec::new();
    for part in &message.parts {
        match part {
            ChatPart::Text(text) => parts.push(Part::Text { text }),
            ChatPart::Image { media_type, data } => {
                let url = format!("data:{media_type};base64,{}", STANDARD.encode(data));
                parts.push(Part::ImageUrl { image_url: ImageUrl { url } });
            }
            ChatPart::ToolCall(call) => tool_calls.push(json!({
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.input.to_string() },
            })),
            ChatPart::ToolResult { tool_call_id, content, is_error } => {
                let content = if *is_error { Cow::Owned(format!("Error: {content}")) } else { content.into() };
                messages.push(Message { tool_call_id: Some(tool_call_id), ..Message::plain("tool", content) });
            }
        }
    }
    if parts.is_empty() && tool_calls.is_empty() {
        return;
    }
    let role = match message.role {
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    };
    messages.push(Message { role, content: content(parts), tool_calls, tool_call_id: None });
}

/// Plain text where there is only text: every imitator reads that.
fn content(parts: Vec<Part<'_>>) -> Option<Content<'_>> {
    let only_text: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => Some(*text),
            Part::ImageUrl { .. } => None,
        })
        .collect();
    match only_text.as_deref() {
        Some([]) => None,
        Some([text]) => Some(Content::Text((*text).into())),
        Some(texts) => Some(Content::Text(texts.join("\n\n").into())),
        None => Some(Content::Parts(parts)),
    }
}
