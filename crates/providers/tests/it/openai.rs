use contracts::providers::{FinishReason, ProviderErrorKind};
use serde_json::json;
use testkit::fake::{ReplayServer, Script};

use crate::harness::{ask, at, fixture, play, providers, run, sent, usage};

const GREETING: &str = "Xin chào, thế giới 👋!";

/// The address is not OpenAI's own, so Responses must be asked for.
async fn responses(scripts: impl IntoIterator<Item = Script>) -> (ReplayServer, providers::Providers) {
    let server = ReplayServer::start(scripts).await;
    let providers = providers(json!({
        "openai": { "api_key": "sk-test-key-1234", "base_url": server.url(), "api": "responses" },
    }));
    (server, providers)
}

#[tokio::test]
async fn acceptance_22_responses_count_cached_written_and_reasoning_tokens_once() {
    let (server, providers) = responses([Script::events([fixture("openai/responses_reasoning.sse")])]).await;
    let outcome = run(&providers, ask("openai/gpt-5.2", "Hello")).await;
    assert_eq!(outcome.text, GREETING);
    assert_eq!(outcome.reasoning, "**Greeting**\n\nThe person says hello.\n\n**Answering**");
    assert_eq!(outcome.usage, usage(1536, 1024, 256, 87, 64));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
    assert_eq!(server.request().path(), "/v1/responses");
}

#[tokio::test]
async fn responses_come_whole_too() {
    let (_server, providers) = responses([Script::json(200, &fixture("openai/responses.json"))]).await;
    let outcome = run(&providers, ask("openai/gpt-5.2", "Hello")).await;
    assert_eq!(outcome.text, GREETING);
    assert_eq!(outcome.reasoning, "**Greeting**\n\nThe person says hello.\n\n**Answering**");
    assert_eq!(outcome.usage, usage(1536, 1024, 256, 87, 64));
}

#[tokio::test]
async fn responses_call_tools() {
    let (_server, providers) = responses([Script::events([fixture("openai/responses_tool.sse")])]).await;
    let outcome = run(&providers, ask("openai/gpt-5.2", "Weather?")).await;
    assert_eq!(outcome.calls.len(), 1);
    assert_eq!(outcome.calls[0].id, "call_a1B2c3D4e5F6");
    assert_eq!(outcome.calls[0].name, "get_weather");
    assert_eq!(outcome.calls[0].input, json!({ "city": "Hà Nội" }));
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn responses_end_early_or_fail() {
    for (path, finish, kind) in [
        ("openai/responses_incomplete.sse", Some(FinishReason::Length), None),
        ("openai/responses_failed.sse", None, Some(ProviderErrorKind::Failed)),
    ] {
        let (_server, providers) = responses([Script::events([fixture(path)])]).await;
        let outcome = run(&providers, ask("openai/gpt-5.2", "Hello")).await;
        assert_eq!((outcome.finish, outcome.error_kind), (finish, kind), "{path}: {outcome:?}");
        assert!(outcome.text.starts_with("It was"));
    }
}

#[tokio::test]
async fn an_error_event_before_the_first_chunk_is_retried() {
    let scripts = ["openai/responses_error.sse", "openai/responses_reasoning.sse"];
    let (server, providers) = responses(scripts.map(|path| Script::events([fixture(path)]))).await;
    let outcome = run(&providers, ask("openai/gpt-5.2", "Hello")).await;
    assert_eq!(outcome.text, GREETING);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_organisation_that_may_not_see_summaries_is_answered_without() {
    let refusal = r#"{"error":{"message":"Your organization must be verified to generate reasoning summaries.",
        "type":"invalid_request_error","param":"reasoning.summary","code":"unsupported_value"}}"#;
    let scripts = [Script::json(400, refusal), Script::events([fixture("openai/responses_reasoning.sse")])];
    let (server, providers) = responses(scripts).await;
    let outcome = run(&providers, ask("openai/gpt-5.2", "Hello")).await;
    assert_eq!(outcome.text, GREETING);
    let asked: Vec<_> = server.requests().iter().map(|request| request.json()["reasoning"].clone()).collect();
    assert_eq!(asked, [json!({ "summary": "auto" }), json!({})]);
}

#[tokio::test]
async fn responses_get_what_the_documentation_asks_for() {
    let (server, providers) = responses([Script::events([fixture("openai/responses_tool.sse")])]).await;
    run(&providers, crate::harness::rich("openai/gpt-5.2")).await;
    let request = server.request();
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-key-1234"));
    insta::assert_json_snapshot!(request.json());
}

#[tokio::test]
async fn acceptance_22_chat_completions_count_cached_tokens_once() {
    let outcome = play("openai", "openai/gpt-4o", "openai/chat_text.sse").await;
    assert_eq!(outcome.text, GREETING);
    assert_eq!(outcome.usage, usage(2006, 1920, 0, 10, 0));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
}

#[tokio::test]
async fn chat_completions_call_several_tools() {
    let outcome = play("openai", "openai/gpt-4o", "openai/chat_tool.sse").await;
    let calls: Vec<_> = outcome.calls.iter().map(|call| (call.name.as_str(), call.input.clone())).collect();
    assert_eq!(calls, [("get_weather", json!({ "city": "Huế" })), ("get_time", json!({}))]);
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn chat_completions_are_filtered_and_come_whole() {
    let outcome = play("openai", "openai/gpt-4o", "openai/chat_filtered.sse").await;
    assert_eq!(outcome.finish, Some(FinishReason::ContentFilter));

    let server = ReplayServer::start([Script::json(200, &fixture("openai/chat.json"))]).await;
    let outcome = run(&at("openai", &server), ask("openai/gpt-4o", "Hello")).await;
    assert_eq!((outcome.text.as_str(), outcome.usage), (GREETING, usage(19, 0, 0, 10, 0)));
}

#[tokio::test]
async fn chat_completions_get_what_the_documentation_asks_for() {
    let request = sent("openai", "openai/gpt-4o", "openai/chat_text.sse").await;
    assert_eq!(request.path(), "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-key-1234"));
    insta::assert_json_snapshot!(request.json());
}
