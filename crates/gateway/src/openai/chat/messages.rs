//! The messages of a chat, in our own words.

use contracts::providers::{ChatMessage, ChatPart, ChatRole, ToolCall};
use serde_json::Value;

use crate::{
    fields::Fields,
    openai::shared::{self, push},
    refusal::Refusal,
};

/// The system prompt (all system and developer messages, in order) and the messages.
pub(super) fn read(fields: &mut Fields) -> Result<(Option<String>, Vec<ChatMessage>), Refusal> {
    let list = fields.objects("messages")?.ok_or_else(|| Refusal::missing("messages"))?;
    let mut system: Vec<String> = Vec::new();
    let mut messages = Vec::with_capacity(list.len());
    for mut message in list {
        let role = message.need_text("role")?;
        match role.as_str() {
            "system" | "developer" => {
                system.push(text(&mut message, "content")?.ok_or_else(|| Refusal::missing(message.name("content")))?);
            }
            "user" => {
                let parts = content(&mut message)?;
                if parts.is_empty() {
                    return Err(Refusal::missing(message.name("content")));
                }
                push(&mut messages, ChatRole::User, parts);
            }
            "assistant" => {
                let parts = said(&mut message)?;
                push(&mut messages, ChatRole::Assistant, parts);
            }
            "tool" => {
                let result = ChatPart::ToolResult {
                    tool_call_id: message.need_text("tool_call_id")?,
                    content: text(&mut message, "content")?.unwrap_or_default(),
                    is_error: false,
                };
                push(&mut messages, ChatRole::User, vec![result]);
            }
            _ => {
                return Err(Refusal::malformed(
                    message.name("role"),
                    "expected `system`, `developer`, `user`, `assistant` or `tool`",
                ));
            }
        }
        // A name tells the model who speaks; there is no place for it elsewhere, and no harm.
        message.ignore(&["name"]);
        message.end()?;
    }
    Ok(((!system.is_empty()).then(|| system.join("\n\n")), messages))
}

/// Text, or parts that are all text.
fn text(message: &mut Fields, field: &str) -> Result<Option<String>, Refusal> {
    let path = message.name(field);
    match message.take(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Array(parts)) => {
            let mut joined = String::new();
            for (index, part) in parts.into_iter().enumerate() {
                let mut part = Fields::of(format!("{path}[{index}]"), part)?;
                match part.need_text("type")?.as_str() {
                    "text" => joined.push_str(&part.need_text("text")?),
                    _ => return Err(part.untranslatable("type")),
                }
            }
            Ok(Some(joined))
        }
        Some(_) => Err(Refusal::malformed(path, "expected a string or an array of parts")),
    }
}

fn content(message: &mut Fields) -> Result<Vec<ChatPart>, Refusal> {
    let path = message.name("content");
    match message.take("content") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![ChatPart::Text(text)]),
        Some(Value::Array(parts)) => parts
            .into_iter()
            .enumerate()
            .map(|(index, value)| part(Fields::of(format!("{path}[{index}]"), value)?))
            .collect(),
        Some(_) => Err(Refusal::malformed(path, "expected a string or an array of parts")),
    }
}

fn part(mut part: Fields) -> Result<ChatPart, Refusal> {
    match part.need_text("type")?.as_str() {
        "text" => part.need_text("text").map(ChatPart::Text),
        "image_url" => {
            let mut image = part.object("image_url")?.ok_or_else(|| Refusal::missing(part.name("image_url")))?;
            let url = image.need_text("url")?;
            image.ignore(&["detail"]);
            let name = image.name("url");
            image.end()?;
            shared::image(&name, &url)
        }
        "input_audio" | "file" => Err(part.untranslatable("type")),
        _ => Err(Refusal::malformed(part.name("type"), "expected `text` or `image_url`")),
    }
}

/// What an assistant said and called.
fn said(message: &mut Fields) -> Result<Vec<ChatPart>, Refusal> {
    let mut parts: Vec<ChatPart> =
        text(message, "content")?.filter(|text| !text.is_empty()).map(ChatPart::Text).into_iter().collect();
    if let Some(refusal) = message.text("refusal")? {
        parts.push(ChatPart::Text(refusal));
    }
    for mut call in message.objects("tool_calls")?.unwrap_or_default() {
        if call.text("type")?.is_some_and(|kind| kind != "function") {
            return Err(call.untranslatable("type"));
        }
        let id = call.need_text("id")?;
        let mut function = call.object("function")?.ok_or_else(|| Refusal::missing(call.name("function")))?;
        let arguments = function.text("arguments")?.unwrap_or_default();
        let input = shared::arguments(&function.name("arguments"), &arguments)?;
        parts.push(ChatPart::ToolCall(ToolCall { id, name: function.need_text("name")?, input }));
    }
    // Answers that come back whole hold these, empty or for show.
    message.ignore(&["annotations", "reasoning_content", "reasoning", "function_call", "audio"]);
    Ok(parts)
}
