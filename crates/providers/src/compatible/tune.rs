//! The finer settings, in the words of Chat Completions and its imitators.

use contracts::providers::{AnswerFormat, GenerationRequest, ToolChoice};
use serde_json::{Map, Value, json};

use super::Dialect;
use crate::client::Fault;

/// Sets what was asked for, or says what the imitator has no field for.
pub(super) fn tune(body: &mut Map<String, Value>, dialect: &Dialect, request: &GenerationRequest) -> Result<(), Fault> {
    let tuning = &request.tuning;
    let mut set = |name: &'static str, value: Option<Value>| -> Result<(), Fault> {
        let Some(value) = value else { return Ok(()) };
        if dialect.lacks.contains(&name) {
            return Err(Fault::Unsupported(format!("`{name}`")));
        }
        let name = if name == "seed" { dialect.seed } else { name };
        body.insert(name.to_owned(), value);
        Ok(())
    };
    set("top_p", tuning.top_p.map(Value::from))?;
    set("top_k", tuning.top_k.map(Value::from))?;
    set("frequency_penalty", tuning.frequency_penalty.map(Value::from))?;
    set("presence_penalty", tuning.presence_penalty.map(Value::from))?;
    set("seed", tuning.seed.map(Value::from))?;
    set("stop", (!tuning.stop.is_empty()).then(|| tuning.stop.clone().into()))?;
    let tools = !request.tools.is_empty();
    set("parallel_tool_calls", tuning.parallel_tool_calls.filter(|_| tools).map(Value::from))?;
    let choice = match &tuning.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some("none".into()),
        ToolChoice::Required => Some("required".into()),
        ToolChoice::Named(name) => Some(json!({ "type": "function", "function": { "name": name } })),
    };
    set("tool_choice", choice.filter(|_| tools))?;
    match &tuning.format {
        AnswerFormat::Text => {}
        AnswerFormat::Json => set("response_format", Some(json!({ "type": "json_object" })))?,
        AnswerFormat::Schema { .. } if dialect.lacks.contains(&"json_schema") => {
            return Err(Fault::Unsupported("a JSON schema for the answer".to_owned()));
        }
        AnswerFormat::Schema { name, schema, strict } => {
            let format = json!({ "name": name, "schema": schema, "strict": strict });
            set("response_format", Some(json!({ "type": "json_schema", "json_schema": format })))?;
        }
    }
    if let Some(user) = tuning.end_user.as_ref().filter(|_| !dialect.lacks.contains(&"user")) {
        set("user", Some(user.as_str().into()))?;
    }
    Ok(())
}
