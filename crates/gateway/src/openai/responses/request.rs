//! A request for a response, read.

use contracts::providers::{AnswerFormat, GenerationRequest, Parameters, Tool, ToolChoice, Tuning};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::input;
use crate::{fields::Fields, front::Head, openai::shared, refusal::Refusal};

#[derive(Deserialize)]
struct Known<'a> {
    model: String,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    stream: Option<bool>,
    max_output_tokens: Option<u64>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

pub(super) fn head(body: &[u8]) -> Result<Head<'_>, Refusal> {
    let known: Known<'_> = shared::head(body)?;
    if let Some(input) = known.input
        && !input.get().starts_with(['"', '[', 'n'])
    {
        return Err(Refusal::malformed("input", "expected a string or an array of items"));
    }
    Ok(Head {
        model: known.model,
        stream: known.stream.unwrap_or(false),
        // Here the last event always tells it.
        include_usage: true,
        max_output: known.max_output_tokens,
        choices: 1,
        texts: known.input.into_iter().chain(known.instructions).map(RawValue::get).collect(),
        verbatim: known.tools.into_iter().chain(known.text).map(RawValue::get).collect(),
        generates: true,
    })
}

/// The request in our own words.
pub(super) fn translate(body: &[u8]) -> Result<GenerationRequest, Refusal> {
    let mut fields = Fields::of_body(body)?;
    for field in ["previous_response_id", "conversation"] {
        if fields.take(field).is_some() {
            return Err(Refusal::unsupported(
                field,
                "earlier responses are not stored here; send them along in `input`, or choose a model whose provider \
                 speaks this API",
            ));
        }
    }
    if fields.flag("store")? == Some(true) {
        return Err(Refusal::unsupported("store", "responses are not stored here; leave it out or set it to false"));
    }
    let model = fields.need_text("model")?;
    let instructions = fields.text("instructions")?;
    let (system, messages) = input::read(&mut fields)?;
    let system: Vec<String> = instructions.into_iter().chain(system).collect();
    let tools = tools(&mut fields)?;
    let tool_choice = shared::tool_choice(&mut fields, |choice| choice.need_text("name"))?;
    if tools.is_empty() && !matches!(tool_choice, ToolChoice::Auto | ToolChoice::None) {
        return Err(Refusal::malformed("tool_choice", "there are no tools to choose from"));
    }
    let mut format = AnswerFormat::Text;
    if let Some(mut text) = fields.object("text")? {
        if let Some(inner) = text.object("format")? {
            format = shared::format(inner, |_| Ok(None))?;
        }
        text.only("verbosity", &["medium".into()])?;
        text.end()?;
    }
    let mut reasoning_effort = None;
    if let Some(mut reasoning) = fields.object("reasoning")? {
        reasoning_effort = reasoning.text("effort")?;
        // How much of the reasoning to tell: what the provider tells is passed on.
        reasoning.ignore(&["summary", "generate_summary"]);
        reasoning.end()?;
    }
    let request = GenerationRequest {
        model,
        system: (!system.is_empty()).then(|| system.join("\n\n")),
        messages,
        parameters: Parameters {
            temperature: fields.number("temperature", 0.0, 2.0)?,
            max_output_tokens: fields.count("max_output_tokens", 1)?,
            reasoning_effort,
        },
        tools,
        tuning: Tuning {
            top_p: fields.number("top_p", 0.0, 1.0)?,
            tool_choice,
            parallel_tool_calls: fields.flag("parallel_tool_calls")?,
            format,
            end_user: fields.text("safety_identifier")?.or(fields.text("user")?),
            ..Tuning::default()
        },
    };
    fields.ignore(&["stream", "user", "metadata", "prompt_cache_key", "prompt_cache_retention"]);
    include(&mut fields)?;
    for (field, harmless) in HARMLESS {
        let harmless: Vec<Value> = serde_json::from_str(harmless).unwrap_or_default();
        fields.only(field, &harmless)?;
    }
    fields.end()?;
    Ok(request)
}

/// Values that mean nothing special, of fields that else can't be translated.
const HARMLESS: &[(&str, &str)] = &[
    ("background", "[false]"),
    ("truncation", r#"["disabled"]"#),
    ("service_tier", r#"["auto", "default"]"#),
    ("top_logprobs", "[0]"),
    ("stream_options", r#"[{}, {"include_obfuscation": false}]"#),
];

/// What to add to the answer: other providers have no encrypted reasoning to give back.
fn include(fields: &mut Fields) -> Result<(), Refusal> {
    for (index, wanted) in fields.list("include")?.unwrap_or_default().iter().enumerate() {
        if wanted != "reasoning.encrypted_content" {
            return Err(fields.untranslatable(&format!("include[{index}]")));
        }
    }
    Ok(())
}

fn tools(fields: &mut Fields) -> Result<Vec<Tool>, Refusal> {
    let Some(list) = fields.objects("tools")? else { return Ok(Vec::new()) };
    list.into_iter()
        .map(|mut tool| {
            if tool.need_text("type")? != "function" {
                return Err(tool.untranslatable("type"));
            }
            let read = Tool {
                name: tool.need_text("name")?,
                description: tool.text("description")?.unwrap_or_default(),
                parameters: tool.take("parameters").unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
            };
            tool.ignore(&["strict"]);
            tool.end()?;
            Ok(read)
        })
        .collect()
}
