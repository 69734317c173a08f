//! The adapters against a server that we did not write. `scripts/compat-server-test.sh`
//! starts it, with the answers of `tests/third-party/fixtures.json`, and runs these tests.

use std::time::Duration;

use contracts::{
    Providers as _,
    providers::{ChatPart, FinishReason, GenerationRequest, ProviderErrorKind as Kind, Tool},
};
use futures_util::StreamExt as _;
use providers::Providers;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{Now as _, ask, assistant, providers, run, scope, user};

/// A model of each interface: Chat Completions twice, Responses, Messages, `generateContent`.
const MODELS: [&str; 5] = [
    "compatible/gpt-4o",
    "groq/openai/gpt-oss-120b",
    "openai/gpt-5.2",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
];

#[allow(clippy::disallowed_methods, reason = "the script hands the address over in the environment")]
fn server_with(models: serde_json::Value) -> Providers {
    let url = std::env::var("PARLANCE_TEST_SERVER").expect("run scripts/compat-server-test.sh");
    let account = json!({ "base_url": url, "api_key": "sk-test-key-1234" });
    providers(json!({
        "compatible": account, "anthropic": account, "gemini": account,
        "groq": { "base_url": format!("{url}/v1"), "api_key": "sk-test-key-1234" },
        "openai": { "base_url": url, "api_key": "sk-test-key-1234", "api": "responses" },
        "models": models,
    }))
}

fn server() -> Providers {
    server_with(json!({}))
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_streams_text_and_counts_tokens() {
    for model in MODELS {
        let outcome = run(&server(), ask(model, "say hello")).await;
        assert_eq!(outcome.text, "Xin chào, thế giới 👋! One, two, three.", "{model}: {outcome:?}");
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{model}");
        let usage = outcome.usage.expect(model);
        assert_eq!((usage.input, usage.output), (12, 9), "{model}");
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_answers_whole() {
    let whole = json!({ "stream": false });
    let models: serde_json::Map<_, _> = MODELS.iter().map(|model| ((*model).to_owned(), whole.clone())).collect();
    let configured = server_with(json!(models));
    for model in MODELS {
        let outcome = run(&configured, ask(model, "say hello")).await;
        assert_eq!(outcome.text, "Xin chào, thế giới 👋! One, two, three.", "{model}: {outcome:?}");
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{model}");
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_reasons_before_it_answers() {
    for model in ["openai/gpt-5.2", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"] {
        let outcome = run(&server(), ask(model, "think first")).await;
        assert_eq!(outcome.reasoning, "The person wants an answer.", "{model}: {outcome:?}");
        assert_eq!(outcome.text, "Forty-two.", "{model}");
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_calls_a_tool_and_reads_its_result() {
    for model in MODELS {
        let tool = Tool {
            name: "get_weather".to_owned(),
            description: "The weather of a city".to_owned(),
            parameters: json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
        };
        let request = GenerationRequest { tools: vec![tool], ..ask(model, "weather") };
        let outcome = run(&server(), request.clone()).await;
        assert_eq!(outcome.finish, Some(FinishReason::ToolCalls), "{model}: {outcome:?}");
        assert_eq!(outcome.calls[0].input, json!({ "city": "Huế" }), "{model}");
        let call = outcome.calls[0].clone();
        let result =
            ChatPart::ToolResult { tool_call_id: call.id.clone(), content: "31 °C".to_owned(), is_error: false };
        let mut messages = request.messages.clone();
        messages.extend([assistant(vec![ChatPart::ToolCall(call)]), user(vec![result])]);
        let outcome = run(&server(), GenerationRequest { messages, ..request }).await;
        assert_eq!(outcome.text, "It is warm.", "{model}: {outcome:?}");
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_limits_breaks_off_and_knows_no_answer() {
    for model in MODELS {
        for (prompt, kind) in
            [("be limited", Kind::RateLimited), ("break off", Kind::Protocol), ("nothing known", Kind::Overloaded)]
        {
            let outcome = run(&server(), ask(model, prompt)).await;
            assert_eq!(outcome.error_kind, Some(kind), "{model} {prompt}: {outcome:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_is_stopped_at_once() {
    for model in MODELS {
        let cancel = CancellationToken::new();
        let server = server();
        let mut generation = server.stream(&scope(), ask(model, "take long"), cancel.clone()).await.unwrap();
        generation.chunks.next().await.unwrap().unwrap();
        cancel.cancel();
        let rest: Vec<_> = tokio::time::timeout(Duration::from_secs(5), generation.chunks.collect()).await.unwrap();
        let last = rest.last().unwrap().as_ref().unwrap();
        assert_eq!(last, &contracts::providers::Chunk::Finish(FinishReason::Cancelled), "{model}");
    }
}

#[tokio::test]
#[ignore = "needs the server of scripts/compat-server-test.sh"]
async fn third_party_lists_its_models() {
    let server = server();
    server.start();
    for _ in 0..200 {
        if server.models_now().iter().any(|model| model.id == "compatible/gpt-4o") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("its models did not appear");
}
