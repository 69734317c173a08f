//! The input of a response, in our own words.

use contracts::providers::{ChatMessage, ChatPart, ChatRole, ToolCall};
use serde_json::Value;

use crate::{
    fields::Fields,
    openai::shared::{self, push},
    refusal::Refusal,
};

/// What system and developer messages say, and the messages.
pub(super) fn read(fields: &mut Fields) -> Result<(Vec<String>, Vec<ChatMessage>), Refusal> {
    let (mut system, mut messages) = (Vec::new(), Vec::new());
    let items = match fields.take("input") {
        None => return Err(Refusal::missing("input")),
        Some(Value::String(text)) => {
            push(&mut messages, ChatRole::User, vec![ChatPart::Text(text)]);
            Vec::new()
        }
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::malformed("input", "expected a string or an array of items")),
    };
    for (index, item) in items.into_iter().enumerate() {
        let mut item = Fields::of(format!("input[{index}]"), item)?;
        let kind = item.text("type")?.unwrap_or_else(|| "message".to_owned());
        match kind.as_str() {
            "message" => message(&mut item, &mut system, &mut messages)?,
            "function_call" => {
                let arguments = item.text("arguments")?.unwrap_or_default();
                let call = ToolCall {
                    id: item.need_text("call_id")?,
                    name: item.need_text("name")?,
                    input: shared::arguments(&item.name("arguments"), &arguments)?,
                };
                push(&mut messages, ChatRole::Assistant, vec![ChatPart::ToolCall(call)]);
            }
            "function_call_output" => {
                let result = ChatPart::ToolResult {
                    tool_call_id: item.need_text("call_id")?,
                    content: output(&mut item)?,
                    is_error: false,
                };
                push(&mut messages, ChatRole::User, vec![result]);
            }
            // Thoughts of an earlier answer: only the model that had them could read them.
            "reasoning" => item.ignore(&["summary", "content", "encrypted_content"]),
            "item_reference" => {
                return Err(Refusal::unsupported(
                    item.name("type"),
                    "items are not stored here; send the item itself instead of a reference to it",
                ));
            }
            _ => return Err(item.untranslatable("type")),
        }
        item.ignore(&["id", "status"]);
        item.end()?;
    }
    if messages.is_empty() {
        return Err(Refusal::malformed("input", "expected at least one message"));
    }
    Ok((system, messages))
}

fn message(item: &mut Fields, system: &mut Vec<String>, messages: &mut Vec<ChatMessage>) -> Result<(), Refusal> {
    let role = item.need_text("role")?;
    let parts = content(item)?;
    match role.as_str() {
        "user" => push(messages, ChatRole::User, parts),
        "assistant" => push(messages, ChatRole::Assistant, parts),
        "system" | "developer" => {
            for part in parts {
                match part {
                    ChatPart::Text(text) => system.push(text),
                    _ => return Err(Refusal::malformed(item.name("content"), "expected text only")),
                }
            }
        }
        _ => {
            return Err(Refusal::malformed(item.name("role"), "expected `user`, `assistant`, `system` or `developer`"));
        }
    }
    item.ignore(&["phase"]);
    Ok(())
}

fn content(item: &mut Fields) -> Result<Vec<ChatPart>, Refusal> {
    let path = item.name("content");
    match item.take("content") {
        None => Err(Refusal::missing(path)),
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
    let read = match part.need_text("type")?.as_str() {
        "input_text" | "output_text" | "text" => ChatPart::Text(part.need_text("text")?),
        "refusal" => ChatPart::Text(part.need_text("refusal")?),
        "input_image" => {
            let url = part.text("image_url")?.ok_or_else(|| part.untranslatable("file_id"))?;
            shared::image(&part.name("image_url"), &url)?
        }
        _ => return Err(part.untranslatable("type")),
    };
    part.ignore(&["annotations", "logprobs", "detail"]);
    part.end()?;
    Ok(read)
}

/// What a function gave: text, or parts that are all text.
fn output(item: &mut Fields) -> Result<String, Refusal> {
    let path = item.name("output");
    match item.take("output") {
        None => Err(Refusal::missing(path)),
        Some(Value::String(text)) => Ok(text),
        Some(Value::Array(parts)) => {
            let mut joined = String::new();
            for (index, value) in parts.into_iter().enumerate() {
                let place = format!("{path}[{index}]");
                match part(Fields::of(place.clone(), value)?)? {
                    ChatPart::Text(text) => joined.push_str(&text),
                    _ => return Err(Refusal::unsupported(place, "only text can be translated here")),
                }
            }
            Ok(joined)
        }
        Some(_) => Err(Refusal::malformed(path, "expected a string or an array of parts")),
    }
}
