//! Breakers, fallbacks and the finer settings: what happens when a provider is down, hangs or
//! limits, and what each is asked.

use std::time::Duration;

use contracts::providers::{AnswerFormat, Attempt, GenerationRequest, ProviderErrorKind as Kind, ToolChoice, Tuning};
use providers::Providers;
use serde_json::{Value, json};
use testkit::fake::{ReplayServer, Script};

use crate::{
    harness::{Outcome, at, fixture, providers, rich, run},
    native::{chat, infer},
};

const MODEL: &str = "compatible/model";
const OTHER: &str = "groq/openai/gpt-oss-20b";

fn answer() -> Script {
    Script::json(200, &fixture("openai/chat.json"))
}

/// One that fails over to the other, whose breaker opens after four calls.
fn falling_back(first: &str, second: &ReplayServer) -> Providers {
    providers(json!({
        "compatible": { "base_url": first },
        "groq": { "base_url": second.url(), "api_key": "sk-test-key-1234" },
        "fallbacks": { MODEL: [OTHER] },
        "breaker": { "least_calls": 4 },
        // The answer comes whole, which takes five times as long.
        "timeouts": { "connect": 1, "first_byte": 1, "between_chunks": 1 },
    }))
}

fn attempt(model: &str, failed: Option<Kind>) -> Attempt {
    Attempt { model: model.to_owned(), failed }
}

#[tokio::test]
async fn acceptance_41_a_model_without_fallbacks_has_those_of_its_capability() {
    let settings = |first: &ReplayServer, second: &ReplayServer| {
        json!({
            "compatible": { "base_url": first.url() },
            "groq": { "base_url": second.url(), "api_key": "sk-test-key-1234" },
            "default_fallbacks": { "chat": [MODEL, OTHER], "vision": [] },
        })
    };
    let failing = || (0..8).map(|_| Script::new(400).body(r#"{"error":{"message":"no such model"}}"#));
    let down = || (0..8).map(|_| Script::new(500).header("retry-after-ms", "1").body("oops"));
    let (first, second) = (ReplayServer::start(down()).await, ReplayServer::start([answer()]).await);
    let inferred = infer(&providers(settings(&first, &second)), chat(MODEL, false)).await.unwrap();
    assert_eq!(inferred.model.id, OTHER);

    // With an image the list for images counts, which is empty; and so it does where it is forbidden.
    let (first, second) = (ReplayServer::start(down()).await, ReplayServer::start([]).await);
    let there = providers(settings(&first, &second));
    let image = json!({
        "model": MODEL,
        "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://a.example/b" } }] }],
    });
    let mut seeing = chat(MODEL, false);
    seeing.native.body = image.to_string().into();
    assert_eq!(infer(&there, seeing).await.err().unwrap().kind, Kind::Failed);
    let forbidden = contracts::providers::Inference { no_fallback: true, ..chat(MODEL, false) };
    infer(&there, forbidden).await.err().unwrap();
    assert!(second.requests().is_empty());

    // What the caller did wrong, and what nobody has, goes nowhere else.
    let first = ReplayServer::start(failing()).await;
    let there = providers(settings(&first, &second));
    assert_eq!(infer(&there, chat(MODEL, false)).await.err().unwrap().kind, Kind::InvalidRequest);
    assert_eq!(infer(&there, chat("openai/gpt-0", false)).await.err().unwrap().kind, Kind::UnknownModel);
    assert!(second.requests().is_empty());
}

#[tokio::test]
async fn acceptance_41_no_request_fails_while_the_first_provider_is_down() {
    let gone = ReplayServer::start([]).await;
    let url = gone.url().to_owned();
    drop(gone);
    let cases: [(&str, Option<Vec<Script>>, Kind); 3] = [
        ("dead", None, Kind::Unreachable),
        (
            "500s",
            Some((0..60).map(|_| Script::new(500).header("retry-after-ms", "1").body("oops")).collect()),
            Kind::Failed,
        ),
        (
            "429",
            Some((0..60).map(|_| Script::new(429).header("retry-after", "30").body("{}")).collect()),
            Kind::RateLimited,
        ),
    ];
    for (name, scripts, kind) in cases {
        let first = match scripts {
            Some(scripts) => Some(ReplayServer::start(scripts).await),
            None => None,
        };
        let second = ReplayServer::start((0..20).map(|_| answer())).await;
        let providers = falling_back(first.as_ref().map_or(&url, |first| first.url()), &second);
        let mut rested = false;
        for _ in 0..12 {
            let inferred =
                infer(&providers, chat(MODEL, false)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(inferred.model.id, OTHER, "{name}");
            let (last, before) = inferred.attempts.split_last().unwrap();
            assert_eq!(*last, attempt(OTHER, None), "{name}");
            assert!(before.iter().all(|it| it.failed == Some(kind) || it.failed == Some(Kind::Resting)), "{before:?}");
            rested |= before == [attempt(MODEL, Some(Kind::Resting))];
        }
        assert!(rested, "{name}: the breaker opened, and spared the calls");
        let asked = first.map_or(0, |first| first.requests().len());
        assert!(asked <= 6, "{name}: {asked} calls");
    }
}

#[tokio::test]
async fn acceptance_40_a_hanging_provider_costs_one_wait_and_a_fallback_answers() {
    let first = ReplayServer::start([Script::silence()]).await;
    let second = ReplayServer::start([Script::events([fixture("compatible/no_done.sse")])]).await;
    let inferred = infer(&falling_back(first.url(), &second), chat(MODEL, true)).await.unwrap();
    assert_eq!(inferred.attempts, [attempt(MODEL, Some(Kind::Timeout)), attempt(OTHER, None)]);
}

#[tokio::test]
async fn a_resting_provider_without_a_fallback_says_when_to_come_back() {
    let server = ReplayServer::start((0..9).map(|_| Script::new(500).header("retry-after-ms", "1").body(""))).await;
    let providers = providers(json!({ "compatible": { "base_url": server.url() }, "breaker": { "least_calls": 3 } }));
    let Err(first) = infer(&providers, chat(MODEL, false)).await else { panic!("it is down") };
    assert_eq!(first.kind, Kind::Failed);
    let Err(second) = infer(&providers, chat(MODEL, false)).await else { panic!("it rests") };
    assert_eq!((second.kind, server.requests().len()), (Kind::Resting, 3));
    assert!(second.retry_after.unwrap() <= Duration::from_secs(10), "{second:?}");
    assert!(second.message.starts_with("Compatible server is resting after failures."), "{}", second.message);
}

#[tokio::test]
async fn a_client_may_forbid_other_models() {
    let first = ReplayServer::start([Script::json(401, "{}")]).await;
    let second = ReplayServer::start([answer()]).await;
    let mut asked = chat(MODEL, false);
    asked.no_fallback = true;
    let Err(error) = infer(&falling_back(first.url(), &second), asked).await else { panic!("refused") };
    assert_eq!((error.kind, second.requests().len()), (Kind::Auth, 0));
}

fn tuned(model: &str, tuning: Tuning) -> GenerationRequest {
    GenerationRequest { tuning, ..rich(model) }
}

async fn body(provider: &str, model: &str, file: &str, tuning: Tuning) -> Value {
    let server = ReplayServer::start([Script::events([fixture(file)])]).await;
    let outcome = run(&at(provider, &server), tuned(model, tuning)).await;
    assert!(outcome.error.is_none(), "{outcome:?}");
    server.request().json()
}

async fn refused(provider: &str, model: &str, tuning: Tuning) -> Outcome {
    let server = ReplayServer::start([]).await;
    let outcome = run(&at(provider, &server), tuned(model, tuning)).await;
    assert!(server.requests().is_empty());
    assert_eq!(outcome.error_kind, Some(Kind::Unsupported), "{outcome:?}");
    outcome
}

fn everything() -> Tuning {
    Tuning {
        top_p: Some(0.5),
        top_k: None,
        frequency_penalty: Some(0.25),
        presence_penalty: Some(0.75),
        stop: vec!["END".to_owned()],
        seed: Some(7),
        tool_choice: ToolChoice::Named("get_weather".to_owned()),
        parallel_tool_calls: None,
        format: AnswerFormat::Schema { name: "answer".to_owned(), schema: json!({ "type": "object" }), strict: true },
        end_user: Some("user-1".to_owned()),
    }
}

#[tokio::test]
async fn finer_settings_are_asked_in_each_providers_words() {
    let chat = body("openai", "openai/gpt-4o", "openai/chat_text.sse", everything()).await;
    let format = json!({
        "type": "json_schema", "json_schema": { "name": "answer", "schema": { "type": "object" }, "strict": true },
    });
    assert_eq!((&chat["top_p"], &chat["seed"], &chat["stop"]), (&json!(0.5), &json!(7), &json!(["END"])));
    assert_eq!((&chat["frequency_penalty"], &chat["presence_penalty"]), (&json!(0.25), &json!(0.75)));
    assert_eq!(chat["tool_choice"], json!({ "type": "function", "function": { "name": "get_weather" } }));
    assert_eq!((&chat["response_format"], &chat["user"]), (&format, &json!("user-1")));

    let mistral = body("mistral", "mistral/mistral-medium-3-5", "compatible/mistral.sse", everything()).await;
    assert_eq!((&mistral["random_seed"], mistral.get("seed"), mistral.get("user")), (&json!(7), None, None));

    let gemini =
        body("gemini", "gemini/gemini-2.5-pro", "gemini/tool.sse", Tuning { top_k: Some(40), ..everything() }).await;
    let config = &gemini["generationConfig"];
    assert_eq!((&config["topP"], &config["topK"], &config["seed"]), (&json!(0.5), &json!(40), &json!(7)));
    assert_eq!((&config["stopSequences"], &config["responseMimeType"]), (&json!(["END"]), &json!("application/json")));
    assert_eq!(config["responseJsonSchema"], json!({ "type": "object" }));
    let calling = json!({ "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["get_weather"] } });
    assert_eq!(gemini["toolConfig"], calling);

    let plain = Tuning { frequency_penalty: None, presence_penalty: None, seed: None, ..everything() };
    let tuning = Tuning { top_k: Some(40), parallel_tool_calls: Some(false), ..plain.clone() };
    let claude = body("anthropic", "anthropic/claude-sonnet-4-5", "anthropic/tool.sse", tuning).await;
    assert_eq!(
        (&claude["top_p"], &claude["top_k"], &claude["stop_sequences"]),
        (&json!(0.5), &json!(40), &json!(["END"]))
    );
    let choice = json!({ "type": "tool", "name": "get_weather", "disable_parallel_tool_use": true });
    assert_eq!((&claude["tool_choice"], &claude["metadata"]["user_id"]), (&choice, &json!("user-1")));
    let format = json!({ "type": "json_schema", "schema": { "type": "object" } });
    assert_eq!(claude["output_config"]["format"], format);
}

#[tokio::test]
async fn what_a_provider_has_no_field_for_is_refused_by_name() {
    let seed = || Tuning { seed: Some(1), ..Tuning::default() };
    let top_k = || Tuning { top_k: Some(1), ..Tuning::default() };
    let one_call = || Tuning { parallel_tool_calls: Some(false), ..Tuning::default() };
    let json = || Tuning { format: AnswerFormat::Json, ..Tuning::default() };
    let stop = || Tuning { stop: vec!["x".to_owned()], ..Tuning::default() };
    for (provider, model, tuning, name) in [
        ("anthropic", "anthropic/claude-sonnet-4-5", seed(), "`seed`"),
        ("anthropic", "anthropic/claude-sonnet-4-5", json(), "a JSON mode without a schema"),
        ("openai", "openai/gpt-4o", top_k(), "`top_k`"),
        ("gemini", "gemini/gemini-2.5-pro", one_call(), "`parallel_tool_calls: false`"),
        ("groq", OTHER, top_k(), "`top_k`"),
        ("deepseek", "deepseek/deepseek-v4-pro", seed(), "`seed`"),
        ("perplexity", "perplexity/sonar", stop(), "`stop`"),
    ] {
        let outcome = refused(provider, model, tuning).await;
        assert!(outcome.error.as_ref().unwrap().contains(name), "{provider}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_demo_keeps_to_the_finer_settings() {
    let providers = providers(json!({ "demo": { "chunk_delay_ms": 0 } }));
    let ask = |tuning| tuned("demo/parlance", tuning);
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let format = AnswerFormat::Schema { name: "a".to_owned(), schema, strict: true };
    let mut asked = ask(Tuning { format, tool_choice: ToolChoice::None, ..Tuning::default() });
    asked.messages.truncate(1);
    let outcome = run(&providers, asked.clone()).await;
    assert!(serde_json::from_str::<Value>(&outcome.text).unwrap()["city"].is_string(), "{outcome:?}");
    asked.tuning = Tuning { tool_choice: ToolChoice::Required, ..Tuning::default() };
    assert_eq!(run(&providers, asked.clone()).await.calls[0].name, "get_weather");
    asked.messages =
        vec![crate::harness::user(vec![contracts::providers::ChatPart::Text("/echo one two three".into())])];
    asked.tuning = Tuning { stop: vec![" three".to_owned(), "two".to_owned()], ..Tuning::default() };
    assert_eq!(run(&providers, asked).await.text, "one ");
}
