//! A request for a chat completion, read.

use contracts::providers::{AnswerFormat, GenerationRequest, Parameters, Tool, ToolChoice, Tuning};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::messages;
use crate::{fields::Fields, front::Head, openai::shared, refusal::Refusal};

#[derive(Deserialize)]
struct Known<'a> {
    model: String,
    #[serde(borrow)]
    messages: &'a RawValue,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: Option<u64>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

pub(super) fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
    let known: Known<'_> = shared::head(body)?;
    let messages = known.messages.get();
    if !messages.starts_with('[') {
        return Err(Refusal::malformed("messages", "expected an array of messages"));
    }
    if messages.trim_start_matches('[').trim_start().starts_with(']') {
        return Err(Refusal::malformed("messages", "expected at least one message"));
    }
    if known.n == Some(0) || known.n.is_some_and(|n| n > 128) {
        return Err(Refusal::malformed("n", "expected an integer from 1 to 128"));
    }
    let stream = known.stream.unwrap_or(false);
    Ok(Head {
        model: known.model,
        stream,
        include_usage: known.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
        max_output: known.max_completion_tokens.or(known.max_tokens),
        choices: known.n.unwrap_or(1),
        texts: vec![messages],
        verbatim: known.tools.into_iter().chain(known.response_format).map(RawValue::get).collect(),
        generates: true,
    })
}

/// The request in our own words.
pub(super) fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let model = fields.need_text("model")?;
    let (system, messages) = messages::read(&mut fields)?;
    let tools = tools(&mut fields)?;
    let tool_choice = shared::tool_choice(&mut fields, |choice| {
        let mut function = choice.object("function")?.ok_or_else(|| Refusal::missing(choice.name("function")))?;
        function.need_text("name")
    })?;
    if tools.is_empty() && !matches!(tool_choice, ToolChoice::Auto | ToolChoice::None) {
        return Err(Refusal::malformed("tool_choice", "there are no tools to choose from"));
    }
    let format = match fields.object("response_format")? {
        Some(format) => shared::format(format, |format| {
            let name = format.name("json_schema");
            format.object("json_schema")?.ok_or_else(|| Refusal::missing(name)).map(Some)
        })?,
        None => AnswerFormat::Text,
    };
    let most = fields.count("max_completion_tokens", 1)?;
    let request = GenerationRequest {
        model,
        system,
        messages,
        parameters: Parameters {
            temperature: fields.number("temperature", 0.0, 2.0)?,
            max_output_tokens: most.or(fields.count("max_tokens", 1)?),
            reasoning_effort: fields.text("reasoning_effort")?,
        },
        tools,
        tuning: Tuning {
            top_p: fields.number("top_p", 0.0, 1.0)?,
            top_k: fields.count("top_k", 1)?,
            frequency_penalty: fields.number("frequency_penalty", -2.0, 2.0)?,
            presence_penalty: fields.number("presence_penalty", -2.0, 2.0)?,
            stop: fields.texts("stop")?,
            seed: fields.integer("seed")?,
            tool_choice,
            parallel_tool_calls: fields.flag("parallel_tool_calls")?,
            format,
            end_user: fields.text("safety_identifier")?.or(fields.text("user")?),
        },
    };
    // A limit by its old name beside the new one, and what was read already.
    fields.ignore(&["max_tokens", "user", "stream", "stream_options"]);
    // Hints about speed and bookkeeping, which change nothing about the answer.
    fields.ignore(&["metadata", "prompt_cache_key", "prompt_cache_retention"]);
    for (field, harmless) in HARMLESS {
        let harmless: Vec<Value> = serde_json::from_str(harmless).unwrap_or_default();
        fields.only(field, &harmless)?;
    }
    fields.end()?;
    Ok(request)
}

/// Values that mean nothing special, of fields that else can't be translated.
const HARMLESS: &[(&str, &str)] = &[
    ("n", "[1]"),
    ("store", "[false]"),
    ("logprobs", "[false]"),
    ("logit_bias", "[{}]"),
    ("modalities", r#"[["text"]]"#),
    ("service_tier", r#"["auto", "default"]"#),
    ("verbosity", r#"["medium"]"#),
];

fn tools(fields: &mut Fields) -> Result<Vec<Tool>, Refusal> {
    let Some(list) = fields.objects("tools")? else { return Ok(Vec::new()) };
    list.into_iter()
        .map(|mut tool| {
            if tool.need_text("type")? != "function" {
                return Err(tool.untranslatable("type"));
            }
            let mut function = tool.object("function")?.ok_or_else(|| Refusal::missing(tool.name("function")))?;
            let read = Tool {
                name: function.need_text("name")?,
                description: function.text("description")?.unwrap_or_default(),
                parameters: function
                    .take("parameters")
                    .unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
            };
            // A promise about the arguments that other providers keep or don't, as they do for all.
            function.ignore(&["strict"]);
            function.end()?;
            tool.end()?;
            Ok(read)
        })
        .collect()
}
