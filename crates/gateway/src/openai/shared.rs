//! What Chat Completions and Responses have in common.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contracts::providers::{AnswerFormat, ChatMessage, ChatPart, ChatRole, TokenUsage, ToolChoice};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    fields::Fields,
    refusal::{Reason, Refusal},
};

/// Reads the head of a body; a mistake names its field.
pub(crate) fn head<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        if !error.is_data() {
            return Refusal::new(Reason::Malformed, format!("The body is not valid JSON: {error}."));
        }
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or_default().to_owned();
        if text.starts_with("missing field")
            && let Some(name) = text.split('`').nth(1)
        {
            return Refusal::missing(name);
        }
        let path = place(body);
        if path.is_empty() { Refusal::new(Reason::Malformed, text) } else { Refusal::malformed(path, text) }
    })
}

/// Which of the fields that a head knows has the wrong type.
fn place(body: &[u8]) -> String {
    fn wrong<T: DeserializeOwned>(value: &Value) -> bool {
        !value.is_null() && serde_json::from_value::<T>(value.clone()).is_err()
    }
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let is_wrong = |name: &str, value: &Value| match name {
        "model" => wrong::<String>(value) || value.is_null(),
        "stream" => wrong::<bool>(value),
        "max_tokens" | "max_completion_tokens" | "max_output_tokens" | "n" => wrong::<u64>(value),
        "stream_options" => !value.is_null() && (!value.is_object() || wrong::<bool>(&value["include_usage"])),
        _ => false,
    };
    let place = map.iter().find(|(name, value)| is_wrong(name, value)).map(|(name, _)| name.clone());
    match place.as_deref() {
        Some("stream_options") if map["stream_options"].is_object() => "stream_options.include_usage".to_owned(),
        place => place.unwrap_or_default().to_owned(),
    }
}

/// The bytes of a picture in a `data:` URL. Other addresses are the provider's to fetch.
pub(crate) fn image(path: &str, url: &str) -> Result<ChatPart, Refusal> {
    let Some(data) = url.strip_prefix("data:") else {
        return Err(Refusal::unsupported(
            path,
            "the provider of this model can't be sent an address of an image; send the image itself as a `data:` URL",
        ));
    };
    let wrong = || Refusal::malformed(path, "expected `data:image/…;base64,…`");
    let (media_type, data) = data.split_once(";base64,").ok_or_else(wrong)?;
    if !media_type.starts_with("image/") {
        return Err(wrong());
    }
    let bytes = STANDARD.decode(data.trim()).map_err(|_| wrong())?;
    Ok(ChatPart::Image { media_type: media_type.to_owned(), data: bytes.into() })
}

/// Adds a message; several of one role in a row become one.
pub(crate) fn push(messages: &mut Vec<ChatMessage>, role: ChatRole, parts: Vec<ChatPart>) {
    if parts.is_empty() {
        return;
    }
    match messages.last_mut() {
        Some(last) if last.role == role => last.parts.extend(parts),
        _ => messages.push(ChatMessage { role, parts }),
    }
}

/// The arguments of a call, which stand as JSON in a text.
pub(crate) fn arguments(path: &str, text: &str) -> Result<Value, Refusal> {
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_str(text).map_err(|_| Refusal::malformed(path, "expected JSON in a string"))
}

/// `auto`, `none`, `required`, or an object that names a function.
pub(crate) fn tool_choice(
    fields: &mut Fields,
    named: impl FnOnce(&mut Fields) -> Result<String, Refusal>,
) -> Result<ToolChoice, Refusal> {
    let path = fields.name("tool_choice");
    match fields.take("tool_choice") {
        None => Ok(ToolChoice::Auto),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(Refusal::malformed(path, "expected `auto`, `none`, `required` or an object")),
        },
        Some(value) => {
            let mut choice = Fields::of(path, value)?;
            match choice.need_text("type")?.as_str() {
                "function" => {
                    let name = named(&mut choice)?;
                    choice.end()?;
                    Ok(ToolChoice::Named(name))
                }
                _ => Err(choice.untranslatable("type")),
            }
        }
    }
}

/// `{type: text | json_object | json_schema}`; `schema` finds the fields of a schema.
pub(crate) fn format(
    mut format: Fields,
    schema: impl FnOnce(&mut Fields) -> Result<Option<Fields>, Refusal>,
) -> Result<AnswerFormat, Refusal> {
    let answer = match format.need_text("type")?.as_str() {
        "text" => AnswerFormat::Text,
        "json_object" => AnswerFormat::Json,
        "json_schema" => match schema(&mut format)? {
            Some(mut inner) => {
                let answer = read_schema(&mut inner)?;
                inner.end()?;
                answer
            }
            None => read_schema(&mut format)?,
        },
        _ => {
            let name = format.name("type");
            return Err(Refusal::malformed(name, "expected `text`, `json_object` or `json_schema`"));
        }
    };
    format.end()?;
    Ok(answer)
}

fn read_schema(fields: &mut Fields) -> Result<AnswerFormat, Refusal> {
    let name = fields.need_text("name")?;
    let strict = fields.flag("strict")?.unwrap_or(false);
    let path = fields.name("schema");
    let schema = fields.take("schema").ok_or_else(|| Refusal::missing(path.clone()))?;
    fields.ignore(&["description"]);
    if !schema.is_object() {
        return Err(Refusal::malformed(path, "expected a JSON schema"));
    }
    Ok(AnswerFormat::Schema { name, schema, strict })
}

/// Usage as Chat Completions tells it.
pub(crate) fn chat_usage(usage: &TokenUsage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": { "cached_tokens": usage.cached_input, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
