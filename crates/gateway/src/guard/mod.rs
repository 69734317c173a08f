//! What guardrails do to a request on its way, and to its answer.
//!
//! The rules and their policies are another's ([`contracts::guardrails`]); here is where the
//! texts of a request stand, in whichever front's shape. Where nothing is found and nothing
//! is limited, the request passes on byte for byte.

mod restore;

use std::sync::Arc;

use bytes::Bytes;
use contracts::{
    guardrails::{Blocked, Decision, Guard, NewDecisions, Text, Vault},
    providers::Shape,
};
use kernel::UsageId;
use serde_json::{Map, Value};
use web::Caller;

use crate::{
    Gateway,
    refusal::{Reason, Refusal},
};

pub(crate) use restore::{events, whole};

/// A request after the rules.
pub(crate) struct Guarded {
    /// As providers may see it.
    pub body: Bytes,
    /// What stands between that and what was asked.
    pub vault: Arc<Vault>,
    pub decisions: Vec<Decision>,
    /// The most tokens that may go in.
    pub max_input: Option<u64>,
}

impl Guarded {
    fn untouched(body: Bytes) -> Self {
        Self { body, vault: Arc::default(), decisions: Vec::new(), max_input: None }
    }
}

/// Fields whose texts are no prose.
const OTHER: &[&str] = &[
    "type",
    "role",
    "id",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "media_type",
    "data",
    "url",
    "image_url",
    "file_id",
    "detail",
];
/// Fields of a request that hold prose, and whether somebody says it: the rest are the developer's words.
const PROSE: &[(&str, bool)] = &[("messages", true), ("input", true), ("system", false), ("instructions", false)];
/// Roles whose words are the developer's or the model's own.
const TRUSTED: &[&str] = &["system", "developer", "assistant", "model"];

/// Holds a request to the rules of its caller.
pub(crate) async fn hold(gateway: &Gateway, caller: &Caller, shape: Shape, body: Bytes) -> Result<Guarded, Refusal> {
    let key = caller.key.as_ref();
    let guard = gateway.guardrails().guard(&caller.scope, key.map(|key| key.id), key.map(|key| key.epoch)).await;
    let Some(guard) = guard.map_err(web::Problem::from)? else { return Ok(Guarded::untouched(body)) };
    match apply(&*guard, shape, body) {
        Ok(guarded) => Ok(guarded),
        Err(blocked) => Err(refuse(gateway, caller, blocked).await),
    }
}

/// Notes what was blocked, and makes the refusal of it.
pub(crate) async fn refuse(gateway: &Gateway, caller: &Caller, blocked: Blocked) -> Refusal {
    note(gateway, caller, None, blocked.decisions).await;
    Refusal::new(Reason::Blocked, blocked.message)
}

/// Puts decisions into the record.
pub(crate) async fn note(gateway: &Gateway, caller: &Caller, usage: Option<UsageId>, decisions: Vec<Decision>) {
    if decisions.is_empty() {
        return;
    }
    let key = caller.key.as_ref().map(|key| key.id);
    let decisions = NewDecisions { user: caller.user, key, run: None, usage, decisions };
    gateway.guardrails().note(&caller.scope, decisions).await;
}

fn apply(guard: &dyn Guard, shape: Shape, body: Bytes) -> Result<Guarded, Blocked> {
    let max_input = guard.max_input_tokens();
    let most = guard.max_output_tokens().filter(|_| shape != Shape::OpenAiEmbeddings);
    if !guard.reads_texts() && most.is_none() {
        return Ok(Guarded { max_input, ..Guarded::untouched(body) });
    }
    // What is no JSON is refused elsewhere.
    let Ok(Value::Object(mut request)) = serde_json::from_slice::<Value>(&body) else {
        return Ok(Guarded::untouched(body));
    };
    let (mut vault, mut decisions) = (Arc::default(), Vec::new());
    if guard.reads_texts() {
        let mut texts = Vec::new();
        for (field, value) in &mut request {
            if let Some((_, said)) = PROSE.iter().find(|(name, _)| name == field) {
                collect(value, *said, false, &mut texts);
            }
        }
        let screened = guard.screen(&mut texts, &String::from_utf8_lossy(&body))?;
        (vault, decisions) = (screened.vault, screened.decisions);
    }
    let redacted = decisions.iter().any(|decision| decision.action == contracts::guardrails::Action::Redacted);
    let changed = most.and_then(|most| limit(&mut request, shape, most));
    decisions.extend(changed.map(|lowered| lowered.then(Decision::limited)).into_iter().flatten());
    let body = if redacted || changed.is_some() { Value::Object(request).to_string().into() } else { body };
    Ok(Guarded { body, vault, decisions, max_input })
}

/// All prose in a value. `free`: names say nothing here, as they are a tool's own.
fn collect<'a>(value: &'a mut Value, said: bool, free: bool, texts: &mut Vec<Text<'a>>) {
    match value {
        Value::String(text) => texts.push(Text { text, said }),
        Value::Array(list) => list.iter_mut().for_each(|value| collect(value, said, free, texts)),
        Value::Object(map) => {
            let is = |map: &Map<String, Value>, name: &str, values: &[&str]| {
                map.get(name).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
            };
            let said = said && !is(map, "role", TRUSTED) && !is(map, "type", &["function_call", "tool_use"]);
            let calls = is(map, "type", &["tool_use"]);
            for (name, value) in map.iter_mut() {
                if free || !OTHER.contains(&name.as_str()) {
                    collect(value, said, free || (calls && name == "input"), texts);
                }
            }
        }
        _ => {}
    }
}

/// Lowers what is asked for to `most` tokens of output. None: it is no more already. True: it
/// asked for more; false: it asked for nothing.
fn limit(request: &mut Map<String, Value>, shape: Shape, most: u64) -> Option<bool> {
    let fields: &[&str] = match shape {
        Shape::OpenAiChat => &["max_completion_tokens", "max_tokens"],
        Shape::OpenAiResponses => &["max_output_tokens"],
        Shape::AnthropicMessages => &["max_tokens"],
        Shape::OpenAiEmbeddings => &[],
    };
    let asked: Vec<&str> =
        fields.iter().copied().filter(|field| request.get(*field).is_some_and(|value| !value.is_null())).collect();
    if asked.is_empty() {
        // Anthropic's shape must say it: what is missing there is refused by its own words.
        let field = fields.first().filter(|_| shape != Shape::AnthropicMessages)?;
        request.insert((*field).to_owned(), most.into());
        return Some(false);
    }
    let mut lowered = false;
    for field in asked {
        // What is no number is refused elsewhere.
        if request.get(field).and_then(Value::as_u64).is_some_and(|wanted| wanted > most) {
            request.insert(field.to_owned(), most.into());
            lowered = true;
        }
    }
    lowered.then_some(true)
}

#[cfg(test)]
mod tests {
    use contracts::guardrails::Screened;
    use serde_json::json;

    use super::*;

    /// Writes down what it is shown, and puts a mark before each text.
    struct Marks {
        most: Option<u64>,
        seen: std::sync::Mutex<Vec<(String, bool)>>,
    }

    impl Marks {
        fn new(most: Option<u64>) -> Self {
            Self { most, seen: std::sync::Mutex::default() }
        }
    }

    impl Guard for Marks {
        fn screen(&self, texts: &mut [Text<'_>], _: &str) -> Result<Screened, Blocked> {
            let mut seen = self.seen.lock().unwrap();
            seen.extend(texts.iter().map(|text| (text.text.clone(), text.said)));
            Ok(Screened::default())
        }

        fn reads_texts(&self) -> bool {
            self.most.is_none()
        }

        fn max_input_tokens(&self) -> Option<u64> {
            None
        }

        fn max_output_tokens(&self) -> Option<u64> {
            self.most
        }
    }

    fn shown(request: Value) -> Vec<(String, bool)> {
        let guard = Marks::new(None);
        let body: Bytes = request.to_string().into();
        let guarded = apply(&guard, Shape::OpenAiChat, body.clone()).unwrap();
        assert_eq!(guarded.body, body, "nothing found changes no byte");
        let mut seen = guard.seen.into_inner().unwrap();
        seen.sort();
        seen
    }

    #[test]
    fn prose_is_shown_with_who_says_it() {
        let seen = shown(json!({
            "model": "m", "user": "somebody",
            "messages": [
                { "role": "system", "content": "a rule" },
                { "role": "user", "content": [
                    { "type": "text", "text": "b question" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA" } },
                ] },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "t1", "name": "c look", "input": { "data": "d data", "id": "e id" } },
                ] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "content": "f result" }] },
            ],
        }));
        let expected = [
            ("a rule", false),
            ("b question", true),
            ("c look", false),
            ("d data", false),
            ("e id", false),
            ("f result", true),
        ];
        assert_eq!(seen, expected.map(|(text, said)| (text.to_owned(), said)));
        assert_eq!(
            shown(json!({ "instructions": "a rule", "input": "b question" })),
            [("a rule".to_owned(), false), ("b question".to_owned(), true)]
        );
    }

    #[test]
    fn output_is_limited_in_each_shape() {
        for (shape, asked, sent, limited) in [
            (Shape::OpenAiChat, json!({}), json!({ "max_completion_tokens": 50 }), false),
            (Shape::OpenAiChat, json!({ "max_tokens": 80 }), json!({ "max_tokens": 50 }), true),
            (Shape::OpenAiChat, json!({ "max_tokens": 20 }), json!({ "max_tokens": 20 }), false),
            (Shape::OpenAiResponses, json!({ "max_output_tokens": 80 }), json!({ "max_output_tokens": 50 }), true),
            (Shape::AnthropicMessages, json!({ "max_tokens": 80 }), json!({ "max_tokens": 50 }), true),
            (Shape::AnthropicMessages, json!({}), json!({}), false),
            (Shape::OpenAiEmbeddings, json!({ "input": "x" }), json!({ "input": "x" }), false),
        ] {
            let guarded = apply(&Marks::new(Some(50)), shape, asked.to_string().into()).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&guarded.body).unwrap(), sent, "{shape:?} {asked}");
            assert_eq!(!guarded.decisions.is_empty(), limited, "{shape:?} {asked}");
        }
    }
}
