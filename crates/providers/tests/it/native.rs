//! Requests that pass through to a provider which speaks their shape, and the answers back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contracts::{
    Routing as _,
    providers::{
        GenerationRequest, Inference, Inferred, InferredAnswer, NativeEvent, NativeRequest, ProviderError,
        ProviderErrorKind as Kind, Shape, TokenUsage,
    },
};
use futures_util::StreamExt as _;
use kernel::TenantScope;
use providers::Providers;
use serde_json::{Value, json};
use testkit::fake::{ReplayServer, Script};
use tokio_util::sync::CancellationToken;

use crate::harness::{ask, at, fixture, providers, scope};

const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";

pub fn inference(model: &str, shape: Shape, stream: bool, body: &str) -> Inference {
    let own = GenerationRequest { model: model.to_owned(), ..ask(model, "Hello") };
    Inference {
        model: model.to_owned(),
        stream,
        native: NativeRequest { shape, body: Bytes::from(body.to_owned()) },
        translated: Arc::new(move || Ok(own.clone())),
        no_fallback: false,
    }
}

/// A chat that is asked for as OpenAI's clients do.
pub fn chat(model: &str, stream: bool) -> Inference {
    let body = json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] });
    inference(model, Shape::OpenAiChat, stream, &body.to_string())
}

pub async fn infer(providers: &Providers, inference: Inference) -> Result<Inferred, ProviderError> {
    infer_in(providers, &scope(), inference).await
}

pub async fn infer_in(
    providers: &Providers,
    scope: &TenantScope,
    inference: Inference,
) -> Result<Inferred, ProviderError> {
    let inferring = providers.infer(scope, inference, CancellationToken::new());
    tokio::time::timeout(Duration::from_secs(9), inferring).await.expect("no request is ever stuck")
}

/// All events, and how the stream ended.
pub async fn events(inferred: Inferred) -> (Vec<NativeEvent>, Option<ProviderError>) {
    let InferredAnswer::NativeStream(mut stream) = inferred.answer else { panic!("it is a native stream") };
    let mut events = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(9), stream.next()).await.expect("no stream is stuck");
        match next {
            Some(Ok(event)) => events.push(event),
            Some(Err(error)) => return (events, Some(error)),
            None => return (events, None),
        }
    }
}

fn bytes(events: &[NativeEvent]) -> String {
    events.iter().map(|event| String::from_utf8(event.bytes.to_vec()).unwrap()).collect()
}

fn usage(events: &[NativeEvent]) -> Option<TokenUsage> {
    events.iter().rev().find_map(|event| event.usage)
}

#[tokio::test]
async fn every_shape_passes_whole_with_its_unknown_fields() {
    let cases = [
        ("openai", "gpt-4o", Shape::OpenAiChat, "/chat/completions", "openai/chat.json"),
        ("openai", "gpt-5.2", Shape::OpenAiResponses, "/responses", "openai/responses.json"),
        ("anthropic", "claude-sonnet-4-5", Shape::AnthropicMessages, "/messages", "anthropic/message.json"),
    ];
    for (provider, model, shape, path, file) in cases {
        let answer = fixture(file);
        let server = ReplayServer::start([Script::json(200, &answer)]).await;
        let api = (shape == Shape::OpenAiResponses).then_some("responses");
        let account = json!({ "api_key": "sk-test-key-1234", "base_url": format!("{}/v1", server.url()), "api": api });
        let body = format!("{{\"model\" : \"{model}\", \"future\": [1.50, {{\"x\":null}}],\n \"max_tokens\":5}}");
        let providers = providers(json!({ provider: account }));
        let inferred = infer(&providers, inference(model, shape, false, &body)).await.unwrap();
        assert_eq!(inferred.model.id, format!("{provider}/{model}"), "a bare name is enough");
        let InferredAnswer::Native { body: given, usage } = inferred.answer else { panic!("{provider}: native") };
        assert_eq!(given, answer.as_bytes(), "{provider}: the answer is the provider's own");
        assert!(usage.unwrap().output > 0, "{provider}: {usage:?}");
        let request = server.request();
        assert_eq!(String::from_utf8(request.body.clone()).unwrap(), body, "{provider}: nothing but the model changes");
        assert_eq!(request.path(), format!("/v1{path}"));
        let key = request.header("authorization").or(request.header("x-api-key"));
        assert!(key.is_some_and(|key| key.ends_with("sk-test-key-1234")), "{provider}");
    }
}

#[tokio::test]
async fn every_shape_streams_byte_for_byte_however_it_is_cut() {
    let cases = [
        ("openai", "openai/gpt-4o", Shape::OpenAiChat, "openai/chat_text.sse"),
        ("openai", "openai/gpt-4o", Shape::OpenAiChat, "openai/chat_tool.sse"),
        ("groq", "groq/qwen/qwen3.8-27b", Shape::OpenAiChat, "groq/reasoning.sse"),
        ("mistral", "mistral/mistral-medium-3-5", Shape::OpenAiChat, "compatible/mistral.sse"),
        ("xai", "xai/grok-4", Shape::OpenAiChat, "compatible/xai.sse"),
        ("openai", "openai/gpt-5.2", Shape::OpenAiResponses, "openai/responses_tool.sse"),
        ("anthropic", "anthropic/claude-sonnet-4-5", Shape::AnthropicMessages, "anthropic/tool.sse"),
        ("anthropic", "anthropic/claude-sonnet-4-5", Shape::AnthropicMessages, "anthropic/thinking.sse"),
    ];
    // From a client that did not ask for usage it is hidden.
    let body = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    for (provider, model, shape, file) in cases {
        let stream = fixture(file);
        for pieces in [vec![stream.as_bytes()], stream.as_bytes().chunks(7).collect()] {
            let server = ReplayServer::start([Script::events(pieces)]).await;
            let api = (shape == Shape::OpenAiResponses).then_some("responses");
            let account = json!({ "api_key": "sk-test-key-1234", "base_url": server.url(), "api": api });
            let models = json!({ model: { "reasoning": false } });
            let providers = providers(json!({ provider: account, "models": models }));
            let inferred = infer(&providers, inference(model, shape, true, body)).await;
            let (events, error) = events(inferred.unwrap_or_else(|error| panic!("{file}: {error}"))).await;
            assert!(error.is_none(), "{file}: {error:?}");
            assert_eq!(bytes(&events).trim_end(), stream.trim_end(), "{file}");
            let counted = usage(&events).unwrap_or_else(|| panic!("{file} tells its tokens"));
            assert!(counted.input > 0 && counted.output > 0, "{file}: {counted:?}");
        }
    }
}

#[tokio::test]
async fn usage_is_always_asked_for_and_marked_for_who_did_not_ask() {
    let figures = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
    let answer = || Script::events([HELLO, end, figures, "data: [DONE]\n\n"]);
    for (options, hidden) in [("", true), (",\"stream_options\":{\"include_usage\":true}", false)] {
        let server = ReplayServer::start([answer()]).await;
        let body = format!("{{\"model\":\"x\",\"stream\":true{options}}}");
        let asked = inference("openai/gpt-4o", Shape::OpenAiChat, true, &body);
        let (events, _) = events(infer(&at("openai", &server), asked).await.unwrap()).await;
        assert_eq!(server.request().json()["stream_options"], json!({ "include_usage": true }));
        assert_eq!(events.iter().filter(|event| event.only_usage).count(), usize::from(hidden));
        assert_eq!(events[2].only_usage, hidden);
        assert_eq!((usage(&events).unwrap().input, events.len()), (7, 4));
    }
}

#[tokio::test]
async fn who_ends_without_a_word_is_ended_properly() {
    let server = ReplayServer::start([Script::events([fixture("compatible/no_done.sse")])]).await;
    let (events, error) = events(infer(&at("compatible", &server), chat("compatible/m", true)).await.unwrap()).await;
    assert!(error.is_none() && bytes(&events).ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_stream_that_comes_whole_is_an_answer_all_the_same() {
    let server = ReplayServer::start([Script::json(200, &fixture("openai/chat.json"))]).await;
    let inferred = infer(&at("openai", &server), chat("openai/gpt-4o", true)).await.unwrap();
    let InferredAnswer::Translated(chunks) = inferred.answer else { panic!("in our own shape") };
    assert!(chunks.count().await > 1);
}

#[tokio::test]
async fn other_shapes_are_translated() {
    let server = ReplayServer::start([Script::events([fixture("anthropic/text.sse")])]).await;
    let inferred = infer(&at("anthropic", &server), chat("claude-sonnet-4-5", false)).await.unwrap();
    let InferredAnswer::Translated(chunks) = inferred.answer else { panic!("in our own shape") };
    assert!(chunks.collect::<Vec<_>>().await.iter().all(Result::is_ok));
    let demo = infer(&providers(json!({})), chat("demo/parlance", true)).await.unwrap();
    assert!(matches!(demo.answer, InferredAnswer::Translated(_)));
}

#[tokio::test]
async fn a_refusal_is_passed_on_with_the_providers_own_words() {
    let body = r#"{"error":{"message":"bad key sk-test-key-1234?","param":"messages","code":"odd"}}"#;
    let server = ReplayServer::start([Script::json(422, body)]).await;
    let Err(error) = infer(&at("openai", &server), chat("openai/gpt-4o", false)).await else { panic!("refused") };
    assert_eq!((error.kind, error.status), (Kind::InvalidRequest, Some(422)));
    assert_eq!(error.body.unwrap(), body.replace("sk-test-key-1234", "[key]"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn unknown_models_name_their_neighbours() {
    let providers = providers(json!({ "openai": { "api_key": "k" }, "anthropic": { "api_key": "k" } }));
    let Err(error) = infer(&providers, chat("claude-sonet-4-5", true)).await else { panic!("unknown") };
    assert_eq!(error.kind, Kind::UnknownModel);
    assert!(error.message.contains("claude-sonnet-4-5"), "{}", error.message);
    let Err(error) = infer(&providers, chat("openai/gpt-5.22", true)).await else { panic!("unknown") };
    assert!(error.message.contains("openai/gpt-5.2"), "{}", error.message);
    let Err(error) = infer(&providers, chat("mistral-medium-3-5", true)).await else { panic!("no key") };
    assert_eq!(error.kind, Kind::Unavailable, "{}", error.message);
}

#[tokio::test]
async fn acceptance_40_nasty_streams_end_with_an_error() {
    let stream = || Script::new(200).header("content-type", "text/event-stream");
    let reported = "data: {\"error\":{\"message\":\"the engine broke\",\"type\":\"server_error\"}}\n\n";
    let cases = [
        (stream().chunk(HELLO).chunk("data: {\"choi").end(), Kind::Protocol, "broke off"),
        (stream().chunk(HELLO).chunk("data: {\"choi").reset(), Kind::Protocol, "broke off"),
        (stream().chunk(HELLO).hang(), Kind::Timeout, "in time"),
        (stream().chunk(HELLO).chunk(b"data: {\"\xff\":1}\n\n").end(), Kind::Protocol, "UTF-8"),
        (stream().chunk(HELLO).chunk("data: <html>\n\n").end(), Kind::Protocol, "JSON"),
        (stream().chunk(HELLO).chunk(reported).end(), Kind::Failed, "the engine broke"),
    ];
    for (script, kind, words) in cases {
        let server = ReplayServer::start([script]).await;
        let inferred = infer(&at("compatible", &server), chat("compatible/m", true)).await.unwrap();
        let (events, error) = events(inferred).await;
        let error = error.expect("it failed");
        assert_eq!((error.kind, bytes(&events).as_str()), (kind, HELLO), "{}", error.message);
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!(server.requests().len(), 1, "acceptance 41: nothing is retried after a token");
    }
    let piece = "x".repeat(256 * 1024);
    let start = stream().chunk(HELLO).chunk("data: {\"choices\":[{\"delta\":{\"content\":\"");
    let server = ReplayServer::start([(0..40).fold(start, |script, _| script.chunk(&piece)).end()]).await;
    let (_, error) = events(infer(&at("compatible", &server), chat("compatible/m", true)).await.unwrap()).await;
    assert!(error.unwrap().message.contains("too large"));
}

#[tokio::test]
async fn acceptance_41_what_fails_before_the_first_token_is_tried_again() {
    let start =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}\n\n";
    let failed = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let answer = fixture("anthropic/text.sse");
    let server = ReplayServer::start([Script::events([start, failed]), Script::events([&answer])]).await;
    let asked = inference("claude-sonnet-4-5", Shape::AnthropicMessages, true, "{\"stream\":true}");
    let inferred = infer(&at("anthropic", &server), asked).await.unwrap();
    let failures: Vec<_> = inferred.attempts.iter().map(|attempt| attempt.failed).collect();
    assert_eq!(failures, [Some(Kind::Overloaded), None]);
    let (events, error) = events(inferred).await;
    assert!(error.is_none() && bytes(&events).trim_end() == answer.trim_end(), "nothing of the first try is left");
}

#[tokio::test]
async fn acceptance_42_cancelling_or_dropping_closes_the_providers_stream() {
    let stream = || Script::new(200).header("content-type", "text/event-stream").chunk(HELLO).hang();
    let server = ReplayServer::start([stream(), stream()]).await;
    let providers = at("compatible", &server);
    let cancel = CancellationToken::new();
    let inferred = providers.infer(&scope(), chat("compatible/m", true), cancel.clone()).await.unwrap();
    let InferredAnswer::NativeStream(mut events) = inferred.answer else { panic!("native") };
    assert!(events.next().await.unwrap().is_ok());
    cancel.cancel();
    assert!(events.next().await.is_none());
    server.wait_for_hang_ups(1).await;
    drop(providers.infer(&scope(), chat("compatible/m", true), CancellationToken::new()).await.unwrap());
    server.wait_for_hang_ups(2).await;
}

#[tokio::test]
async fn embeddings_pass_through_or_are_made() {
    let answer = json!({
        "object": "list", "model": "text-embedding-3-small", "data": [
            { "object": "embedding", "index": 1, "embedding": [0.0, 1.0] },
            { "object": "embedding", "index": 0, "embedding": [1.0, 0.0] },
        ], "usage": { "prompt_tokens": 4, "total_tokens": 4 },
    });
    let server =
        ReplayServer::start([Script::json(200, &answer.to_string()), Script::json(200, &answer.to_string())]).await;
    let providers = at("openai", &server);
    let body = r#"{"model":"text-embedding-3-small","input":["a","b"],"encoding_format":"float","z":1}"#;
    let asked = inference("text-embedding-3-small", Shape::OpenAiEmbeddings, false, body);
    let InferredAnswer::Native { body: given, usage } = infer(&providers, asked).await.unwrap().answer else {
        panic!("native")
    };
    assert_eq!((given, usage.unwrap().input), (Bytes::from(answer.to_string()), 4));
    let request = contracts::providers::EmbeddingRequest {
        model: "openai/text-embedding-3-small".to_owned(),
        inputs: vec!["a".to_owned(), "b".to_owned()],
        dimensions: Some(2),
    };
    let vectors = providers.embed(&scope(), request.clone()).await.unwrap();
    assert_eq!(vectors.vectors, [[1.0, 0.0], [0.0, 1.0]], "in the order of the texts");
    assert_eq!(server.requests()[1].json()["dimensions"], json!(2));

    let gemini =
        ReplayServer::start([Script::json(200, r#"{"embeddings":[{"values":[1,2]},{"values":[3,4]}]}"#)]).await;
    let asked = contracts::providers::EmbeddingRequest { model: "gemini-embedding-001".to_owned(), ..request.clone() };
    let vectors = at("gemini", &gemini).embed(&scope(), asked).await.unwrap();
    assert_eq!(vectors.vectors, [[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(gemini.request().json()["requests"][1]["content"]["parts"][0]["text"], json!("b"));

    let asked = contracts::providers::EmbeddingRequest { model: "demo/parlance-embedding".to_owned(), ..request };
    let made = providers.embed(&scope(), asked.clone()).await.unwrap();
    assert_eq!((made.vectors.len(), made.vectors[0].len()), (2, 2));
    let body = r#"{"model":"demo/parlance-embedding","input":"a","encoding_format":"base64"}"#;
    let asked = inference("demo/parlance-embedding", Shape::OpenAiEmbeddings, false, body);
    let InferredAnswer::Native { body, .. } = infer(&providers, asked).await.unwrap().answer else { panic!("native") };
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["data"][0]["embedding"].as_str().unwrap().len(), (256 * 4_usize).div_ceil(3) * 4);

    let asked = inference("openai/gpt-4o", Shape::OpenAiEmbeddings, false, body_of_chat());
    let Err(error) = infer(&at("openai", &server), asked).await else { panic!("it makes none") };
    assert_eq!(error.kind, Kind::UnknownModel);
}

const fn body_of_chat() -> &'static str {
    "{\"input\":\"a\"}"
}
