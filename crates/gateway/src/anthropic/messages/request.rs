//! A request for a message, read.

use contracts::providers::{AnswerFormat, GenerationRequest, Parameters, Tool, ToolChoice, Tuning};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::blocks;
use crate::{fields::Fields, front::Head, openai::head as read_head, refusal::Refusal};

/// Thinking budgets from which on an effort is called high, and medium.
const HIGH: u64 = 16_384;
const MEDIUM: u64 = 4096;

#[derive(Deserialize)]
struct Known<'a> {
    model: String,
    #[serde(borrow)]
    messages: &'a RawValue,
    max_tokens: Option<u64>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    stream: Option<bool>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

/// `generates`: a message is to be made of it, which needs to say how long it may be.
pub(crate) fn head(body: &[u8], generates: bool) -> Result<Head<'_>, Refusal> {
    let known: Known<'_> = read_head(body)?;
    let messages = known.messages.get();
    if !messages.starts_with('[') {
        return Err(Refusal::malformed("messages", "expected an array of messages"));
    }
    if messages.trim_start_matches('[').trim_start().starts_with(']') {
        return Err(Refusal::malformed("messages", "expected at least one message"));
    }
    if generates && known.max_tokens.is_none() {
        return Err(Refusal::missing("max_tokens"));
    }
    Ok(Head {
        model: known.model,
        stream: known.stream.unwrap_or(false),
        include_usage: true,
        max_output: known.max_tokens,
        choices: 1,
        texts: std::iter::once(messages).chain(known.system.map(RawValue::get)).collect(),
        verbatim: known.tools.into_iter().map(RawValue::get).collect(),
        generates,
    })
}

/// The request in our own words.
pub(super) fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let model = fields.need_text("model")?;
    let system = blocks::text(&mut fields, "system")?;
    let messages = blocks::messages(&mut fields)?;
    let tools = tools(&mut fields)?;
    let (tool_choice, parallel_tool_calls) = choice(&mut fields)?;
    if tools.is_empty() && !matches!(tool_choice, ToolChoice::Auto | ToolChoice::None) {
        return Err(Refusal::malformed("tool_choice", "there are no tools to choose from"));
    }
    let mut reasoning_effort = thinking(&mut fields)?;
    let mut format = AnswerFormat::Text;
    if let Some(mut output) = fields.object("output_config")? {
        reasoning_effort = output.text("effort")?.or(reasoning_effort);
        if let Some(inner) = output.object("format")? {
            format = schema(inner)?;
        }
        output.end()?;
    }
    let mut end_user = None;
    if let Some(mut metadata) = fields.object("metadata")? {
        end_user = metadata.text("user_id")?;
        metadata.end()?;
    }
    let request = GenerationRequest {
        model,
        system,
        messages,
        parameters: Parameters {
            temperature: fields.number("temperature", 0.0, 1.0)?,
            max_output_tokens: fields.count("max_tokens", 1)?,
            reasoning_effort,
        },
        tools,
        tuning: Tuning {
            top_p: fields.number("top_p", 0.0, 1.0)?,
            top_k: fields.count("top_k", 1)?,
            stop: fields.texts("stop_sequences")?,
            tool_choice,
            parallel_tool_calls,
            format,
            end_user,
            ..Tuning::default()
        },
    };
    // Where to keep a prompt for the next time is up to each provider.
    fields.ignore(&["stream", "cache_control"]);
    fields.only("service_tier", &["auto".into(), "standard_only".into()])?;
    fields.end()?;
    Ok(request)
}

/// A budget of thinking, as an effort.
fn thinking(fields: &mut Fields) -> Result<Option<String>, Refusal> {
    let Some(mut thinking) = fields.object("thinking")? else { return Ok(None) };
    let effort = match thinking.need_text("type")?.as_str() {
        "enabled" => {
            let budget = thinking.count("budget_tokens", 1024)?;
            let budget = budget.ok_or_else(|| Refusal::missing(thinking.name("budget_tokens")))?;
            let effort = if budget >= HIGH {
                "high"
            } else if budget >= MEDIUM {
                "medium"
            } else {
                "low"
            };
            Some(effort.to_owned())
        }
        // As much as the model finds right, which is what other providers do unless told.
        "adaptive" | "disabled" => None,
        _ => return Err(Refusal::malformed(thinking.name("type"), "expected `enabled`, `adaptive` or `disabled`")),
    };
    thinking.ignore(&["display"]);
    thinking.end()?;
    Ok(effort)
}

fn schema(mut format: Fields) -> Result<AnswerFormat, Refusal> {
    if format.need_text("type")? != "json_schema" {
        return Err(format.untranslatable("type"));
    }
    let path = format.name("schema");
    let schema = format.take("schema").filter(Value::is_object).ok_or_else(|| Refusal::missing(path))?;
    format.end()?;
    Ok(AnswerFormat::Schema { name: "answer".to_owned(), schema, strict: true })
}

/// What to choose, and whether several at once.
fn choice(fields: &mut Fields) -> Result<(ToolChoice, Option<bool>), Refusal> {
    let Some(mut choice) = fields.object("tool_choice")? else { return Ok((ToolChoice::Auto, None)) };
    let one = choice.flag("disable_parallel_tool_use")?;
    let chosen = match choice.need_text("type")?.as_str() {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" => ToolChoice::Required,
        "tool" => ToolChoice::Named(choice.need_text("name")?),
        _ => return Err(Refusal::malformed(choice.name("type"), "expected `auto`, `any`, `tool` or `none`")),
    };
    choice.end()?;
    Ok((chosen, one.map(|one| !one)))
}

fn tools(fields: &mut Fields) -> Result<Vec<Tool>, Refusal> {
    let Some(list) = fields.objects("tools")? else { return Ok(Vec::new()) };
    list.into_iter()
        .map(|mut tool| {
            if tool.text("type")?.is_some_and(|kind| kind != "custom") {
                return Err(tool.untranslatable("type"));
            }
            let read = Tool {
                name: tool.need_text("name")?,
                description: tool.text("description")?.unwrap_or_default(),
                parameters: tool.take("input_schema").unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
            };
            tool.ignore(&["cache_control", "strict", "eager_input_streaming"]);
            tool.end()?;
            Ok(read)
        })
        .collect()
}
