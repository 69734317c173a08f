//! The messages of a request and their blocks, in our own words.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{ChatMessage, ChatPart, ChatRole, ToolCall};
use serde_json::{Value, json};

use crate::{fields::Fields, openai::push, refusal::Refusal};

/// Text, or blocks that are all text.
pub(super) fn text(fields: &mut Fields, field: &str) -> Result<Option<String>, Refusal> {
    let path = fields.name(field);
    match fields.take(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Array(blocks)) => {
            let mut texts = Vec::with_capacity(blocks.len());
            for (index, block) in blocks.into_iter().enumerate() {
                let mut block = Fields::of(format!("{path}[{index}]"), block)?;
                if block.need_text("type")? != "text" {
                    return Err(block.untranslatable("type"));
                }
                texts.push(block.need_text("text")?);
                block.ignore(&["cache_control", "citations"]);
                block.end()?;
            }
            Ok((!texts.is_empty()).then(|| texts.join("\n\n")))
        }
        Some(_) => Err(Refusal::malformed(path, "expected a string or an array of blocks")),
    }
}

pub(super) fn messages(fields: &mut Fields) -> Result<Vec<ChatMessage>, Refusal> {
    let list = fields.objects("messages")?.ok_or_else(|| Refusal::missing("messages"))?;
    let mut messages = Vec::with_capacity(list.len());
    for mut message in list {
        let role = match message.need_text("role")?.as_str() {
            "user" => ChatRole::User,
            "assistant" => ChatRole::Assistant,
            _ => return Err(Refusal::malformed(message.name("role"), "expected `user` or `assistant`")),
        };
        let path = message.name("content");
        let parts = match message.take("content") {
            None => return Err(Refusal::missing(path)),
            Some(Value::String(text)) => vec![ChatPart::Text(text)],
            Some(Value::Array(blocks)) => {
                let mut parts = Vec::with_capacity(blocks.len());
                for (index, value) in blocks.into_iter().enumerate() {
                    parts.extend(block(Fields::of(format!("{path}[{index}]"), value)?)?);
                }
                parts
            }
            Some(_) => return Err(Refusal::malformed(path, "expected a string or an array of blocks")),
        };
        push(&mut messages, role, parts);
        message.end()?;
    }
    if messages.last().is_some_and(|message| message.role == ChatRole::Assistant) {
        return Err(Refusal::unsupported(
            "messages",
            "the last message must be the user's: the provider of this model can't go on with a beginning of the answer",
        ));
    }
    Ok(messages)
}

/// One block; none for what only its own provider can read.
fn block(mut block: Fields) -> Result<Option<ChatPart>, Refusal> {
    let part = match block.need_text("type")?.as_str() {
        "text" => ChatPart::Text(block.need_text("text")?),
        "image" => {
            let source = block.object("source")?.ok_or_else(|| Refusal::missing(block.name("source")))?;
            image(source)?
        }
        "tool_use" => ChatPart::ToolCall(ToolCall {
            id: block.need_text("id")?,
            name: block.need_text("name")?,
            input: block.take("input").unwrap_or_else(|| json!({})),
        }),
        "tool_result" => ChatPart::ToolResult {
            tool_call_id: block.need_text("tool_use_id")?,
            content: text(&mut block, "content")?.unwrap_or_default(),
            is_error: block.flag("is_error")?.unwrap_or(false),
        },
        // Thoughts are signed by the model that had them; another one can't use them.
        "thinking" | "redacted_thinking" => return Ok(None),
        _ => return Err(block.untranslatable("type")),
    };
    block.ignore(&["cache_control", "citations", "caller"]);
    block.end()?;
    Ok(Some(part))
}

fn image(mut source: Fields) -> Result<ChatPart, Refusal> {
    match source.need_text("type")?.as_str() {
        "base64" => {
            let media_type = source.need_text("media_type")?;
            if !media_type.starts_with("image/") {
                return Err(Refusal::malformed(source.name("media_type"), "expected `image/…`"));
            }
            let path = source.name("data");
            let data = STANDARD
                .decode(source.need_text("data")?.trim())
                .map_err(|_| Refusal::malformed(path, "expected base64"))?;
            source.end()?;
            Ok(ChatPart::Image { media_type, data: data.into() })
        }
        "url" => Err(Refusal::unsupported(
            source.name("type"),
            "the provider of this model can't be sent an address of an image; send the image itself",
        )),
        _ => Err(source.untranslatable("type")),
    }
}
