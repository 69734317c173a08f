//! A provider's answer, played back, and the generation that comes of it.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use contracts::{
    Providers as _,
    providers::{
        ChatMessage, ChatPart, ChatRole, Chunk, FinishReason, GenerationRequest, Model, Parameters, ProviderError,
        TokenUsage, Tool, ToolCall, Tuning,
    },
};
use futures_util::{FutureExt as _, StreamExt as _};
use kernel::{Tasks, TenantScope};
use providers::{Config, Providers};
use serde_json::{Value, json};
use testkit::fake::{ReplayServer, Request, Script};
use tokio_util::sync::CancellationToken;

/// Timeouts of a second, and nothing looked for on this machine.
pub fn config(extra: Value) -> Config {
    let mut config = json!({
        "discovery": { "enabled": false },
        "timeouts": { "connect": 1, "first_byte": 1, "between_chunks": 1 },
    });
    for (key, value) in extra.as_object().unwrap() {
        config[key] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

pub fn providers(extra: Value) -> Providers {
    Providers::new(testkit::env(), Tasks::new(), config(extra)).unwrap()
}

/// Providers whose `provider` is reached at the server.
pub fn at(provider: &str, server: &ReplayServer) -> Providers {
    providers(json!({ provider: { "api_key": "sk-test-key-1234", "base_url": server.url() } }))
}

/// Without a database nothing has to be waited for.
pub trait Now {
    fn models_now(&self) -> Arc<[Arc<Model>]>;
    fn model_now(&self, id: &str) -> Result<Arc<Model>, ProviderError>;
    fn default_now(&self) -> Result<Arc<Model>, ProviderError>;
}

impl Now for Providers {
    fn models_now(&self) -> Arc<[Arc<Model>]> {
        self.models(&scope()).now_or_never().unwrap()
    }

    fn model_now(&self, id: &str) -> Result<Arc<Model>, ProviderError> {
        self.model(&scope(), id).now_or_never().unwrap()
    }

    fn default_now(&self) -> Result<Arc<Model>, ProviderError> {
        self.default_model(&scope()).now_or_never().unwrap()
    }
}

pub fn scope() -> TenantScope {
    TenantScope::assume(testkit::env().id())
}

pub fn ask(model: &str, text: &str) -> GenerationRequest {
    GenerationRequest {
        model: model.to_owned(),
        system: None,
        messages: vec![user(vec![ChatPart::Text(text.to_owned())])],
        parameters: Parameters::default(),
        tools: Vec::new(),
        tuning: Tuning::default(),
    }
}

pub fn user(parts: Vec<ChatPart>) -> ChatMessage {
    ChatMessage { role: ChatRole::User, parts }
}

pub fn assistant(parts: Vec<ChatPart>) -> ChatMessage {
    ChatMessage { role: ChatRole::Assistant, parts }
}

/// A request that has everything: system prompt, image, call, result, tool, parameters.
pub fn rich(model: &str) -> GenerationRequest {
    let call = ToolCall { id: "call_1".to_owned(), name: "get_weather".to_owned(), input: json!({ "city": "Huế" }) };
    GenerationRequest {
        model: model.to_owned(),
        system: Some("Be brief.".to_owned()),
        messages: vec![
            user(vec![
                ChatPart::Text("What is this?".to_owned()),
                ChatPart::Image { media_type: "image/png".to_owned(), data: Bytes::from_static(b"\x89PNG") },
            ]),
            assistant(vec![ChatPart::Text("Let me look.".to_owned()), ChatPart::ToolCall(call)]),
            user(vec![
                ChatPart::ToolResult {
                    tool_call_id: "call_1".to_owned(),
                    content: "31 °C".to_owned(),
                    is_error: false,
                },
                ChatPart::Text("And now?".to_owned()),
            ]),
        ],
        parameters: Parameters {
            temperature: Some(0.5),
            max_output_tokens: Some(20_000),
            reasoning_effort: Some("low".to_owned()),
        },
        tools: vec![Tool {
            name: "get_weather".to_owned(),
            description: "The weather of a city".to_owned(),
            parameters: json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
        }],
        tuning: Tuning::default(),
    }
}

/// All that came of a generation.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<ToolCall>,
    pub usage: Option<TokenUsage>,
    pub finish: Option<FinishReason>,
    pub error: Option<String>,
    pub error_kind: Option<contracts::providers::ProviderErrorKind>,
    pub model: String,
}

/// Runs a request to its end.
pub async fn run(providers: &Providers, request: GenerationRequest) -> Outcome {
    run_cancellable(providers, request, CancellationToken::new()).await
}

pub async fn run_cancellable(providers: &Providers, request: GenerationRequest, cancel: CancellationToken) -> Outcome {
    let mut outcome = Outcome::default();
    let mut generation = match providers.stream(&scope(), request, cancel).await {
        Ok(generation) => generation,
        Err(error) => return failed(outcome, error),
    };
    outcome.model.clone_from(&generation.model.id);
    let mut inputs: Vec<(String, String)> = Vec::new();
    while let Some(chunk) = generation.chunks.next().await {
        assert!(outcome.finish.is_none(), "nothing follows the end: {chunk:?}");
        match chunk {
            Ok(Chunk::Text(text)) => outcome.text.push_str(&text),
            Ok(Chunk::Reasoning(text)) => outcome.reasoning.push_str(&text),
            Ok(Chunk::Usage(usage)) => outcome.usage = Some(usage),
            Ok(Chunk::Finish(reason)) => outcome.finish = Some(reason),
            Ok(Chunk::ToolStart { id, .. }) => inputs.push((id, String::new())),
            Ok(Chunk::ToolInput { id, delta }) => {
                let input = inputs.iter_mut().find(|(known, _)| *known == id).expect("the call has begun");
                input.1.push_str(&delta);
            }
            Ok(Chunk::ToolCall(call)) => {
                let (_, text) = inputs.iter().find(|(id, _)| *id == call.id).expect("the call has begun");
                if !text.is_empty() {
                    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), call.input, "pieces are the whole");
                }
                outcome.calls.push(call);
            }
            Err(error) => return failed(outcome, error),
        }
    }
    assert!(outcome.finish.is_some(), "every stream says why it ended");
    outcome
}

fn failed(mut outcome: Outcome, error: ProviderError) -> Outcome {
    assert!(!error.message.contains("sk-test-key-1234"), "{}", error.message);
    outcome.error = Some(error.message);
    outcome.error_kind = Some(error.kind);
    outcome
}

pub fn fixture(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Plays a stream in one piece, event by event, and byte by byte, which must come to the same.
pub async fn play(provider: &str, model: &str, path: &str) -> Outcome {
    let stream = fixture(path);
    let whole = played(provider, model, [stream.as_bytes()]).await;
    let events = stream.split_inclusive("\n\n").map(str::as_bytes);
    assert_eq!(played(provider, model, events).await, whole, "{path} event by event");
    // Seven bytes cut through characters, lines and events alike.
    assert_eq!(played(provider, model, stream.as_bytes().chunks(7)).await, whole, "{path} in pieces");
    whole
}

async fn played(provider: &str, model: &str, pieces: impl IntoIterator<Item = &[u8]>) -> Outcome {
    let server = ReplayServer::start([Script::events(pieces)]).await;
    run(&at(provider, &server), ask(model, "Hello")).await
}

/// What is sent for a rich request.
pub async fn sent(provider: &str, model: &str, path: &str) -> Request {
    let server = ReplayServer::start([Script::events([fixture(path)])]).await;
    run(&at(provider, &server), rich(model)).await;
    server.request()
}

/// What an outcome should have counted.
#[allow(clippy::unnecessary_wraps, reason = "compared with an outcome's usage")]
pub fn usage(input: u64, cached_input: u64, cache_write: u64, output: u64, reasoning: u64) -> Option<TokenUsage> {
    Some(TokenUsage {
        input,
        cached_input,
        cache_write,
        output,
        reasoning,
        extra: contracts::providers::ExtraUsage::default(),
    })
}
